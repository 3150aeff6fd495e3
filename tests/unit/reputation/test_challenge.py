"""Correcting wrong posts, at the poster's cost.

What epoch 2 measured makes 102,442 of the operator (account 3), 102,446 of the coprocessor (4) and 0 of all others.
"""

from __future__ import annotations

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import BURN, logits, page
from tests.support.protocol import Market

from .conftest import Keeper
from .test_post import set_account_count

RIGHT = (0, 0, 0, 102_442, 102_446, 0, 0, 0)
WRONG = (0, 1, 0, 102_443, 102_446, 0, 0, -5)
NOTHING = "reputation: nothing to correct"


@pytest.fixture
def posted(worked: Market, keeper: Keeper) -> Market:
    """Give the market after a post with three wrong values: of accounts 1, 3 and 7."""
    worked.reputation.post(2, 0, [logits(*WRONG)], sender=keeper.address)
    return worked


@pytest.fixture
def several(worked: Market, keeper: Keeper) -> Market:
    """Give the market with 32 accounts, four pages, and a bond for all; accounts without tasks keep 0."""
    set_account_count(worked, 32)
    worked.reputation.bond(16_000, sender=keeper.address)
    return worked


def test_page_is_corrected_to_the_unit(posted: Market) -> None:
    """All its values, negative ones and those of accounts nobody opened too; it has no poster any more."""
    posted.reputation.challenge(2, [0], 0)
    assert page(posted.reputation.page_words(0, 1)[0]) == (RIGHT, 2, 0)


@pytest.mark.parametrize("place", range(8))
def test_one_wrong_value_is_enough(worked: Market, keeper: Keeper, place: int) -> None:
    """At any place of the page, by one micro-logit."""
    wrong = [value + (i == place) for i, value in enumerate(RIGHT)]
    worked.reputation.post(2, 0, [logits(*wrong)], sender=keeper.address)
    worked.reputation.challenge(2, [0], 0)
    assert page(worked.reputation.page_words(0, 1)[0]).logits == RIGHT


def test_corrected_page_holds(posted: Market) -> None:
    """From the next epoch on."""
    posted.reputation.challenge(2, [0], 0)
    assert posted.reputation.logit(3) == 0
    posted.next_epoch()
    assert tuple(posted.reputation.logit(account) for account in range(8)) == RIGHT


def test_the_bond_of_the_page_goes_half_to_the_finder(posted: Market, keeper: Keeper) -> None:
    """8,000 for the page: 4,000 to the finder, 4,000 burned; anyone may call."""
    books = Books(posted)
    posted.reputation.challenge(2, [0], posted.avs_account, sender=posted.stranger)
    assert books.changes() == {keeper.account: (0, -8_000), posted.avs_account: (4_000, 0), BURN: (4_000, 0)}


def test_without_finder_all_is_burned(posted: Market, keeper: Keeper) -> None:
    """Account 0 is nobody."""
    books = Books(posted)
    posted.reputation.challenge(2, [0], 0)
    assert books.changes() == {keeper.account: (0, -8_000), BURN: (8_000, 0)}


def test_is_announced(posted: Market, keeper: Keeper) -> None:
    """Who posted it, and what is right."""
    posted.reputation.challenge(2, [0], 0)
    assert events(posted.reputation, "Corrected") == [(2, 0, keeper.account, list(RIGHT))]


def test_a_list_finds_the_wrong_pages(several: Market, keeper: Keeper) -> None:
    """Of four pages two are wrong; one named twice is charged once, one beyond the post is left alone."""
    several.reputation.post(2, 0, [logits(*RIGHT), 1, 0, 1 << 168], sender=keeper.address)
    books = Books(several)
    several.reputation.challenge(2, [3, 0, 1, 2, 3, 7], several.avs_account)
    assert [number for _, number, *_ in events(several.reputation, "Corrected")] == [3, 1]
    assert books.changes() == {keeper.account: (0, -16_000), several.avs_account: (8_000, 0), BURN: (8_000, 0)}
    assert several.reputation.keeper(keeper.account) == (16_000, 3, 16, 0, 0)
    assert [page(word).poster for word in several.reputation.page_words(0, 4)[::2]] == [6, 0, 6, 0]


def test_a_list_charges_each_poster(several: Market, keeper: Keeper) -> None:
    """Pages of two posters, in turn: each loses what it put behind its own."""
    other, number = several.account("other", deposit=16_000)
    several.reputation.bond(16_000, sender=other)
    for first, who in ((0, keeper.address), (1, other), (2, keeper.address), (3, other)):
        several.reputation.post(2, first, [1], sender=who)
    books = Books(several)
    several.reputation.challenge(2, [0, 1, 2, 3], several.avs_account)
    assert books.changes() == {
        keeper.account: (0, -16_000),
        number: (0, -16_000),
        several.avs_account: (16_000, 0),
        BURN: (16_000, 0),
    }
    assert several.reputation.keeper(number) == (0, 3, 0, 0, 0)


def test_a_list_is_not_spoiled_by_a_page_corrected_before(several: Market, keeper: Keeper) -> None:
    """The rest of it is corrected, and only that is charged."""
    several.reputation.post(2, 0, [1, 1], sender=keeper.address)
    several.reputation.challenge(2, [0], 0)
    books = Books(several)
    several.reputation.challenge(2, [0, 1], 0)
    assert books.changes() == {keeper.account: (0, -8_000), BURN: (8_000, 0)}


def test_takes_32_pages(posted: Market) -> None:
    """And not 33."""
    with boa.reverts():
        posted.reputation.challenge(2, [0] * 33, 0)
    posted.reputation.challenge(2, [0] * 32, 0)


def test_the_corrected_page_is_no_longer_at_risk_nor_paid(posted: Market, keeper: Keeper) -> None:
    """Bond, risk and later the values to be paid shrink by eight."""
    posted.reputation.challenge(2, [0], 0)
    assert posted.reputation.keeper(keeper.account) == (8_000, 3, 0, 0, 0)
    posted.next_epoch()
    assert posted.reputation.collect(sender=keeper.address) == 0


def test_a_right_page_stands(worked: Market, keeper: Keeper) -> None:
    """And a corrected one cannot be corrected again."""
    worked.reputation.post(2, 0, [logits(*RIGHT)], sender=keeper.address)
    with refused(NOTHING):
        worked.reputation.challenge(2, [0], 0)
    worked.next_epoch()
    worked.reputation.post(3, 0, [1], sender=keeper.address)
    worked.reputation.challenge(3, [0], 0)
    with refused(NOTHING):
        worked.reputation.challenge(3, [0], 0)


def test_an_empty_list_corrects_nothing(posted: Market) -> None:
    """It says so."""
    with refused(NOTHING):
        posted.reputation.challenge(2, [], 0)


@pytest.mark.parametrize("value", [8_000_001, -8_000_001, 2**23 - 1, -(2**23)])
def test_values_out_of_range_can_be_corrected(worked: Market, keeper: Keeper, value: int) -> None:
    """Compared as posted, not as they would be read."""
    worked.reputation.post(2, 0, [logits(0, 0, 0, value)], sender=keeper.address)
    worked.reputation.challenge(2, [0], 0)
    assert page(worked.reputation.page_words(0, 1)[0]).logits[3] == 102_442


def test_until_the_end_of_the_epoch(posted: Market) -> None:
    """Then the value holds, and is final."""
    posted.wait(3_599)
    with boa.env.anchor():
        posted.reputation.challenge(2, [0], 0)
    posted.wait(1)
    with refused("reputation: not the last epoch"):
        posted.reputation.challenge(2, [0], 0)


@pytest.mark.parametrize("epoch", [0, 1, 3])
def test_only_the_last_epoch(posted: Market, epoch: int) -> None:
    """In epoch 3 that is 2."""
    with refused("reputation: not the last epoch"):
        posted.reputation.challenge(epoch, [0], 0)


def test_only_what_was_posted(worked: Market, keeper: Keeper) -> None:
    """Not an empty page, nor a poked one, nor one of an earlier epoch in the same place."""
    with refused(NOTHING):
        worked.reputation.challenge(2, [0], 0)
    with boa.env.anchor():
        worked.reputation.poke([0])
        with refused(NOTHING):
            worked.reputation.challenge(2, [0], 0)
    worked.reputation.post(2, 0, [logits(*WRONG)], sender=keeper.address)
    worked.next_epoch()
    worked.next_epoch()
    with refused(NOTHING):
        worked.reputation.challenge(4, [0], 0)


@pytest.mark.parametrize("finder", [2**32, 2**255])
def test_finder_is_an_account(posted: Market, finder: int) -> None:
    """A number that does not fit would name another account."""
    with refused("reputation: no such account"):
        posted.reputation.challenge(2, [0], finder)


def test_a_lost_bond_is_lost_stake(worked: Market) -> None:
    """A keeper that takes part itself loses the capacity its bond backed."""
    who, number = worked.account("both", deposit=16_000)
    worked.participants.register(2, 1_600, 0, 0, sender=who)
    worked.next_epoch()
    worked.reputation.bond(8_000, sender=who)
    worked.reputation.post(3, 0, [logits(1)], sender=who)
    worked.reputation.challenge(3, [0], 0)
    assert events(worked.reputation, "CapacityCut") == [(number, 800)]
    assert worked.participants.load_of(number) == (0, 800, 800)


def test_a_thief_may_not_profit_from_itself(posted: Market, keeper: Keeper) -> None:
    """Challenging one's own page costs half of the bond for it."""
    books = Books(posted)
    posted.reputation.challenge(2, [0], keeper.account, sender=keeper.address)
    assert books.changes() == {keeper.account: (4_000, -8_000), BURN: (4_000, 0)}
