"""Tasks so small that nobody is paid to slash them, and their executors are late for nothing.

The finder's share is rounded up, so the smallest slash there can be pays its finder; all shares still sum to the slash.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books
from tests.support.contract_words import POOL
from tests.support.protocol import Market


@pytest.mark.parametrize(
    ("reward", "slash", "harmed", "share", "pool"),
    [(10, 1, 0, 1, 0), (39, 3, 1, 1, 1), (40, 4, 1, 1, 2), (41, 4, 1, 1, 2)],
)
def test_a_small_slash_pays_its_finder(
    market: Market, reward: int, slash: int, harmed: int, share: int, pool: int
) -> None:
    """A tenth of the reward is slashed; of 1 the finder has all, of 3 and 4 one."""
    task = market.late(difficulty=1, reward=reward)
    books = Books(market)
    market.registry.slash([task], market.rival_account, True)
    changes = {account: sum(change) for account, change in books.changes().items()}
    expected = {
        market.coprocessor_account: -slash,
        market.operator_account: harmed,
        market.rival_account: share,
        POOL: pool,
    }
    assert changes == {account: change for account, change in expected.items() if change}


def test_without_a_finder_the_pool_has_it(market: Market) -> None:
    """Nobody is paid for a slash that names nobody."""
    task = market.late(difficulty=1, reward=10)
    books = Books(market)
    market.registry.slash([task], 0, True)
    assert {account: sum(change) for account, change in books.changes().items()} == {
        market.coprocessor_account: -1,
        POOL: 1,
    }
