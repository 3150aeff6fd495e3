"""Correcting wrong posts, at the poster's cost.

What epoch 2 measured makes 120,666 of the operator (account 3), 120,687 of the coprocessor (4) and 0 of all others.
"""

from __future__ import annotations

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import BURN, logits, page
from tests.support.protocol import Market

from .conftest import Keeper

RIGHT = (0, 0, 0, 102_442, 102_446, 0, 0, 0)
WRONG = (0, 1, 0, 120_667, 102_446, 0, 0, -5)


@pytest.fixture
def posted(worked: Market, keeper: Keeper) -> Market:
    """Give the market after a post with three wrong values: of accounts 1, 3 and 7."""
    worked.reputation.post(2, 0, [logits(*WRONG)], sender=keeper.address)
    return worked


def test_value_is_corrected_to_the_unit(posted: Market, keeper: Keeper) -> None:
    """The others of the page stay, wrong or right; the poster's name stays too."""
    posted.reputation.challenge(2, 3, 0)
    assert page(posted.reputation.page_words(0, 1)[0]) == ((0, 1, 0, 102_442, 102_446, 0, 0, -5), 2, keeper.account)


@pytest.mark.parametrize("account", [1, 3, 7])
def test_each_place_of_the_page(posted: Market, account: int) -> None:
    """Negative values, the highest place, accounts nobody opened."""
    posted.reputation.challenge(2, account, 0)
    assert page(posted.reputation.page_words(0, 1)[0]).logits[account] == RIGHT[account]


def test_corrected_value_holds(posted: Market) -> None:
    """From the next epoch on."""
    for account in (1, 3, 7):
        posted.reputation.challenge(2, account, 0)
    posted.next_epoch()
    assert tuple(posted.reputation.logit(account) for account in range(8)) == RIGHT


def test_bond_goes_half_to_the_finder(posted: Market, keeper: Keeper) -> None:
    """1,000 for the value: 500 to the finder, 500 burned; anyone may call."""
    books = Books(posted)
    posted.reputation.challenge(2, 3, posted.avs_account, sender=posted.stranger)
    assert books.changes() == {keeper.account: (0, -1_000), posted.avs_account: (500, 0), BURN: (500, 0)}


def test_without_finder_all_is_burned(posted: Market, keeper: Keeper) -> None:
    """Account 0 is nobody."""
    books = Books(posted)
    posted.reputation.challenge(2, 3, 0)
    assert books.changes() == {keeper.account: (0, -1_000), BURN: (1_000, 0)}


def test_an_odd_bond_is_halved_down(market: Market) -> None:
    """Of 1,001 the finder has 500."""
    odd = Market(bond_per_value=1_001)
    who, number = odd.account("keeper", deposit=8_008)
    odd.reputation.bond(8_008, sender=who)
    odd.reputation.post(1, 0, [logits(1)], sender=who)
    books = Books(odd)
    odd.reputation.challenge(1, 0, odd.avs_account)
    assert books.changes() == {number: (0, -1_001), odd.avs_account: (500, 0), BURN: (501, 0)}
    assert market.settings["bond_per_value"] == 1_000


def test_is_announced(posted: Market, keeper: Keeper) -> None:
    """What was posted and what is right."""
    posted.reputation.challenge(2, 7, 0)
    assert events(posted.reputation, "Corrected") == [(2, 7, keeper.account, -5, 0)]


def test_the_corrected_value_is_no_longer_at_risk_nor_paid(posted: Market, keeper: Keeper) -> None:
    """Bond, risk and later the values to be paid shrink by one."""
    posted.reputation.challenge(2, 3, 0)
    assert posted.reputation.keeper(keeper.account) == (15_000, 3, 7, 0)
    posted.next_epoch()
    assert posted.reputation.collect(sender=keeper.address) == 70


def test_the_whole_bond_can_be_lost(worked: Market) -> None:
    """Eight wrong values take a bond for eight."""
    who, number = worked.account("liar", deposit=8_000)
    worked.reputation.bond(8_000, sender=who)
    worked.reputation.post(2, 0, [logits(*(value + 1 for value in RIGHT))], sender=who)
    for account in range(8):
        worked.reputation.challenge(2, account, worked.avs_account)
    assert worked.reputation.keeper(number) == (0, 3, 0, 0)
    assert worked.escrow.balances(number)[:2] == (0, 0)


def test_a_right_value_stands(posted: Market) -> None:
    """Of account 4; and a corrected one cannot be corrected again."""
    with refused("reputation: value is right"):
        posted.reputation.challenge(2, 4, 0)
    posted.reputation.challenge(2, 3, 0)
    with refused("reputation: value is right"):
        posted.reputation.challenge(2, 3, 0)


@pytest.mark.parametrize("value", [8_000_001, -8_000_001, 2**23 - 1, -(2**23)])
def test_values_out_of_range_can_be_corrected(worked: Market, keeper: Keeper, value: int) -> None:
    """Compared as posted, not as they would be read."""
    worked.reputation.post(2, 0, [logits(0, 0, 0, value)], sender=keeper.address)
    worked.reputation.challenge(2, 3, 0)
    assert page(worked.reputation.page_words(0, 1)[0]).logits[3] == 102_442


def test_until_the_end_of_the_epoch(posted: Market) -> None:
    """Then the value holds, and is final."""
    posted.wait(3_599)
    with boa.env.anchor():
        posted.reputation.challenge(2, 3, 0)
    posted.wait(1)
    with refused("reputation: not the last epoch"):
        posted.reputation.challenge(2, 3, 0)


@pytest.mark.parametrize("epoch", [0, 1, 3])
def test_only_the_last_epoch(posted: Market, epoch: int) -> None:
    """In epoch 3 that is 2."""
    with refused("reputation: not the last epoch"):
        posted.reputation.challenge(epoch, 3, 0)


def test_only_what_was_posted(worked: Market, keeper: Keeper) -> None:
    """Not an empty page, nor a poked one, nor one of an earlier epoch in the same place."""
    with refused("reputation: not posted"):
        worked.reputation.challenge(2, 3, 0)
    with boa.env.anchor():
        worked.reputation.poke([0])
        with refused("reputation: not posted"):
            worked.reputation.challenge(2, 3, 0)
    worked.reputation.post(2, 0, [logits(*WRONG)], sender=keeper.address)
    worked.next_epoch()
    worked.next_epoch()
    with refused("reputation: not posted"):
        worked.reputation.challenge(4, 3, 0)


@pytest.mark.parametrize("finder", [2**32, 2**255])
def test_finder_is_an_account(posted: Market, finder: int) -> None:
    """A number that does not fit would name another account."""
    with refused("reputation: no such account"):
        posted.reputation.challenge(2, 3, finder)


def test_a_lost_bond_is_lost_stake(worked: Market) -> None:
    """A keeper that takes part itself loses the capacity its bond backed."""
    who, number = worked.account("both", deposit=8_000)
    worked.participants.register(2, 800, 0, 0, sender=who)
    worked.next_epoch()
    worked.reputation.bond(8_000, sender=who)
    worked.reputation.post(3, 0, [logits(1)], sender=who)
    worked.reputation.challenge(3, 0, 0)
    assert events(worked.reputation, "CapacityCut") == [(number, 700)]
    assert worked.participants.load_of(number) == (0, 700, 700)


def test_a_thief_may_not_profit_from_itself(posted: Market, keeper: Keeper) -> None:
    """Challenging one's own value costs half of the bond for it."""
    books = Books(posted)
    posted.reputation.challenge(2, 3, keeper.account, sender=keeper.address)
    assert books.changes() == {keeper.account: (500, -1_000), BURN: (500, 0)}
