"""A keeper posts wrong values, for itself or against a rival, and hopes that nobody can or will correct them.

Every page can be recomputed on chain, to the unit, for at least half an epoch before it holds. A wrong value costs all
the bond behind its page, 8,000: half goes to who finds it, the rest is burned. Nothing has happened in epoch 1, so all
values of its post must be 0.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books
from tests.support.chain import refused
from tests.support.contract_words import BURN, POOL, logits
from tests.support.protocol import Market
from tests.unit.reputation.test_post import set_account_count

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
    """Off by one micro-logit or by all: the poster loses 8,000, the finder gets 4,000, 4,000 are burned."""
    who, number = forger
    market.reputation.post(1, 0, [logits(0, 0, 0, 0, lie)], sender=who)
    with refused("reputation: bond at risk"):
        market.reputation.unbond(1, sender=who)
    books = Books(market)
    market.reputation.challenge(1, [0], market.rival_account)
    assert books.changes() == {number: (0, -8_000), market.rival_account: (4_000, 0), BURN: (4_000, 0)}
    with refused("reputation: nothing to correct"):
        market.reputation.challenge(1, [0], market.rival_account)
    market.next_epoch()
    assert market.reputation.logit(market.coprocessor_account) == 0


def test_finding_its_own_lie_costs_the_forger(market: Market, forger: tuple[str, int]) -> None:
    """It gets half back, the other half is burned, and none of the eight values is paid."""
    who, number = forger
    market.reputation.post(1, 0, [logits(0, 0, 0, 0, LIMIT)], sender=who)
    books = Books(market)
    market.reputation.challenge(1, [0], number, sender=who)
    market.next_epoch()
    assert market.reputation.collect(sender=who) == 0
    assert books.changes() == {number: (4_000, -8_000), BURN: (4_000, 0)}


def test_one_lie_costs_as_much_as_eight(market: Market, forger: tuple[str, int]) -> None:
    """So a finder that corrects one value has no reason to leave the others of the page wrong: they go with it."""
    who, number = forger
    market.reputation.post(1, 0, [logits(*[LIMIT] * 8)], sender=who)
    books = Books(market)
    market.reputation.challenge(1, [0], market.rival_account)
    market.next_epoch()
    assert market.reputation.collect(sender=who) == 0
    assert books.changes() == {number: (0, -8_000), market.rival_account: (4_000, 0), BURN: (4_000, 0)}
    assert {market.reputation.logit(account) for account in range(8)} == {0}


def test_a_friend_cannot_spoil_the_correction_of_a_list(market: Market, forger: tuple[str, int]) -> None:
    """It corrects one of many wrong pages in front of an honest challenger, whose list must not fail for that."""
    who, number = forger
    set_account_count(market, 256)
    market.token.mint(market.avs, 31 * 8_000)
    market.escrow.deposit(number, 31 * 8_000, sender=market.avs)
    market.reputation.bond(31 * 8_000, sender=who)
    market.reputation.post(1, 0, [logits(LIMIT)] * 32, sender=who)
    market.reputation.challenge(1, [17], 0, sender=who)
    market.reputation.challenge(1, list(range(32)), market.rival_account, sender=market.rival)
    market.next_epoch()
    assert {market.reputation.logit(8 * page) for page in range(32)} == {0}


def test_the_last_second_is_for_challengers(market: Market, forger: tuple[str, int]) -> None:
    """A lie told as late as can be told is corrected as late as can be, half an epoch later, before it holds."""
    who, _ = forger
    market.wait(1_799)
    market.reputation.post(1, 0, [logits(0, 0, 0, 0, LIMIT)], sender=who)
    market.wait(1_800)
    assert market.reputation.logit(market.coprocessor_account) == 0
    market.reputation.challenge(1, [0], 0)
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
