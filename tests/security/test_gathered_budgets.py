"""Somebody chooses who is first in a new epoch, to put what a slash brought the pool into another epoch's budget.

What slashes gather lies beside what is burned until the pool changes in a later epoch. Whatever comes first then, and
whoever sends it, the balance at the end of each epoch is the same, and so are the budgets made of it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.chain import refused
from tests.support.contract_words import POOL, move
from tests.support.protocol import EPOCH_SECONDS, Market

FIRST = ("settle", "slash", "give", "fund", "reduce", "flush", "close", "pay", "open an account")


@pytest.fixture
def steps(market: Market) -> dict[str, Callable[[], object]]:
    """Give what can be done in epoch 3, whose first second it is.

    In epoch 2 the pool got a gift of 1,000,000, and 500 of a slash in the epoch's last second. Epoch 3 brings it 196,
    500 and 7,000, and takes 10 from it.
    """
    late = [market.late(slot=slot) for slot in range(2)]
    done = market.award(slot=2)
    market.submit(done)
    market.token.mint(market.avs, 10**9)
    market.escrow.deposit(POOL, 1_000_000, sender=market.avs)
    market.wait(EPOCH_SECONDS - 1 - (market.now - market.genesis) % EPOCH_SECONDS)
    market.registry.slash(late[:1], 0, True)
    market.wait(1)
    mandate = (market.class_id, market.operator_account, 1_000)
    return {
        "settle": lambda: market.registry.settle([done], True),
        "slash": lambda: market.registry.slash(late[1:], 0, True),
        "give": lambda: market.escrow.deposit(POOL, 7_000, sender=market.avs),
        "fund": lambda: market.classes.fund_mandate(*mandate, sender=market.avs),
        "reduce": lambda: market.classes.reduce_mandate(*mandate, sender=market.avs),
        "flush": lambda: market.escrow.flush_burned(),
        "close": lambda: market.slasher.close_epochs(),
        "pay": lambda: market.slasher.pay_keeper(market.avs_account, 10, 1, sender=market.reputation.address),
        "open an account": lambda: market.account("newcomer", deposit=0),
    }


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("first", FIRST)
def test_budgets_are_those_of_the_boundary(
    market: Market, steps: dict[str, Callable[[], object]], first: str, direction: int
) -> None:
    """A tenth of 1,000,500, and of 1,008,186 less that; each step of the epoch is the first and the last of it once."""
    assert tuple(steps) == FIRST
    names = FIRST[::direction]
    place = names.index(first)
    for name in names[place:] + names[:place]:
        steps[name]()
        assert market.total() == market.token.balanceOf(market.escrow.address)
        assert market.escrow.pool_at_end_of(2) == 1_000_500
    assert market.free(POOL) == 1_008_186
    market.next_epoch()
    market.slasher.close_epochs()
    assert [market.slasher.budget_of(epoch) for epoch in (1, 2, 3)] == [(0, 0), (100_050, 0), (90_813, 0)]


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("quiet", [1, 4, 5, 9])
def test_budgets_after_quiet_epochs(
    market: Market, steps: dict[str, Callable[[], object]], first: str, quiet: int
) -> None:
    """Nothing happens for some epochs; the step that comes then changes none of those before it."""
    market.wait(quiet * EPOCH_SECONDS)
    steps[first]()
    market.slasher.close_epochs()
    present = market.epoch
    assert present == 3 + quiet
    ends = [market.escrow.pool_at_end_of(epoch) for epoch in range(max(2, present - 5), present)]
    assert ends == [1_000_500] * len(ends)
    # each a tenth of what those before it in the ring leave: 1,000,500, 900,450, 810,405, 729,365
    series = (100_050, 90_045, 81_040, 72_936)
    begin = max(2, present - 4)
    budgets = [market.slasher.budget_of(epoch)[0] for epoch in range(begin, present)]
    assert budgets == list(series[: len(budgets)])
    assert market.total() == market.token.balanceOf(market.escrow.address)


def test_what_this_epoch_gathers_is_nobodys_to_spend(market: Market, steps: dict[str, Callable[[], object]]) -> None:
    """Even a payment of all the pool had at the boundary leaves it, and a unit more is refused."""
    steps["slash"]()
    held, avs = 1_000_500, market.avs_account
    with refused("escrow: free out of range"):
        market.escrow.move([move(POOL, -held - 1), move(avs, held + 1)], sender=market.slasher.address)
    market.escrow.move([move(POOL, -held), move(avs, held)], sender=market.slasher.address)
    assert market.free(POOL) == 500
    assert market.escrow.pool_at_end_of(2) == held
