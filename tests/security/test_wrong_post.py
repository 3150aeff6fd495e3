"""A keeper posts wrong values, for itself or against a rival, and hopes that nobody can or will correct them.

Every value can be recomputed on chain, to the unit, for at least half an epoch before it holds. Finding a wrong one
pays half of its bond of 1,000; the rest is burned. Nothing has happened in epoch 1, so all values of its post must be
0.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books
from tests.support.chain import refused
from tests.support.contract_words import BURN, POOL, logits
from tests.support.protocol import Market

LIMIT = 8_000_000


@pytest.fixture
def forger(market: Market) -> tuple[str, int]:
    """Give a keeper with bond for one page, and a pool that can pay it."""
    market.token.mint(market.avs, 10**6)
    market.escrow.deposit(POOL, 10**6, sender=market.avs)
    who, number = market.account("forger")
    market.reputation.bond(8_000, sender=who)
    return who, number


@pytest.mark.parametrize("lie", [1, -1, LIMIT, -LIMIT, 2**23 - 1, -(2**23)])
def test_a_lie_is_corrected_to_the_unit(market: Market, forger: tuple[str, int], lie: int) -> None:
    """Off by one micro-logit or by all: the poster loses 1,000, the finder gets 500, 500 are burned."""
    who, number = forger
    market.reputation.post(1, 0, [logits(0, 0, 0, 0, lie)], sender=who)
    with refused("reputation: bond at risk"):
        market.reputation.unbond(1, sender=who)
    books = Books(market)
    market.reputation.challenge(1, market.coprocessor_account, market.rival_account)
    assert books.changes() == {number: (0, -1_000), market.rival_account: (500, 0), BURN: (500, 0)}
    with refused("reputation: value is right"):
        market.reputation.challenge(1, market.coprocessor_account, market.rival_account)
    with refused("reputation: value is right"):
        market.reputation.challenge(1, market.rival_account, market.rival_account)
    market.next_epoch()
    assert market.reputation.logit(market.coprocessor_account) == 0


def test_finding_its_own_lie_costs_the_forger(market: Market, forger: tuple[str, int]) -> None:
    """It gets half back, the other half is burned, and of eight values seven are paid."""
    who, number = forger
    market.reputation.post(1, 0, [logits(0, 0, 0, 0, LIMIT)], sender=who)
    books = Books(market)
    market.reputation.challenge(1, market.coprocessor_account, number, sender=who)
    market.next_epoch()
    market.reputation.collect(sender=who)
    assert books.changes() == {number: (500 + 70, -1_000), BURN: (500, 0), POOL: (-70, 0)}


def test_a_page_of_lies_costs_all_the_bond(market: Market, forger: tuple[str, int]) -> None:
    """Eight lies, eight corrections: 8,000 lost, and nothing to collect."""
    who, number = forger
    market.reputation.post(1, 0, [logits(*[LIMIT] * 8)], sender=who)
    books = Books(market)
    for account in range(8):
        market.reputation.challenge(1, account, market.rival_account)
    market.next_epoch()
    assert market.reputation.collect(sender=who) == 0
    assert books.changes() == {number: (0, -8_000), market.rival_account: (4_000, 0), BURN: (4_000, 0)}


def test_the_last_second_is_for_challengers(market: Market, forger: tuple[str, int]) -> None:
    """A lie told as late as can be told is corrected as late as can be, half an epoch later, before it holds."""
    who, _ = forger
    market.wait(1_799)
    market.reputation.post(1, 0, [logits(0, 0, 0, 0, LIMIT)], sender=who)
    market.wait(1_800)
    assert market.reputation.logit(market.coprocessor_account) == 0
    market.reputation.challenge(1, market.coprocessor_account, 0)
    market.wait(1)
    assert market.epoch == 3
    assert market.reputation.logit(market.coprocessor_account) == 0


def test_nobody_lies_in_the_last_second(market: Market, forger: tuple[str, int]) -> None:
    """Not even into a page that nobody has written; and poking it still is possible."""
    who, _ = forger
    market.wait(3_599)
    with refused("reputation: posting is over"):
        market.reputation.post(1, 0, [logits(0, 0, 0, 0, LIMIT)], sender=who)
    market.reputation.poke([0])
    market.next_epoch()
    assert market.reputation.logit(market.coprocessor_account) == 0
