"""Whoever slashes, overturns or challenges names an absurd account as finder, to misdirect a share or block a slash.

Number 0, the burn account's, means "none"; from 2**32 on the call is refused; a number nobody has opened yet gets its
share, which waits for whoever opens it.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books
from tests.support.chain import refused
from tests.support.contract_words import BURN, POOL, logits
from tests.support.protocol import Market

BEYOND = [2**32, 2**32 + 5, 2**160, 2**256 - 1]


def disputed(market: Market) -> int:
    """Make a task the court holds."""
    task = market.award()
    market.submit(task)
    market.registry.hold([task], True, sender=market.court)
    return task


def test_nobody_found_it(market: Market) -> None:
    """The share of 250 goes to the pool, not to the burn account; of an overturned task's 10,000 likewise."""
    task = market.late()
    books = Books(market)
    market.registry.slash([task], 0, True)
    changes = books.changes()
    assert (changes[BURN], changes[POOL]) == ((100, 0), (500, 0))
    held = market.open(slot=1)
    market.bid(held)
    market.wait(3)
    market.submit(held)
    market.registry.hold([held], True, sender=market.court)
    books = Books(market)
    market.registry.overturn([held], 0, True, sender=market.court)
    changes = books.changes()
    assert (changes[BURN], changes[POOL]) == ((1_000, 0), (5_000, 0))


@pytest.mark.parametrize("finder", BEYOND)
def test_numbers_of_no_account_are_refused(market: Market, finder: int) -> None:
    """2**32 + 5 must not become account 5; the fault is still there to be slashed properly."""
    task = market.late()
    for strict in (False, True):
        with refused("slasher: no such account"):
            market.registry.slash([task], finder, strict)
    books = Books(market)
    market.registry.slash([task], market.rival_account, True)
    assert books.changes()[market.rival_account] == (250, 0)


@pytest.mark.parametrize("finder", BEYOND)
def test_the_court_is_refused_as_well(market: Market, finder: int) -> None:
    """The task stays held, with all of its money."""
    task = disputed(market)
    books = Books(market)
    with refused("slasher: no such account"):
        market.registry.overturn([task], finder, False, sender=market.court)
    assert books.changes() == {}
    market.registry.overturn([task], market.rival_account, True, sender=market.court)
    assert books.changes()[market.rival_account] == (2_500, 0)


def test_a_challenge_without_finder_burns_all(market: Market) -> None:
    """And one beyond the accounts is refused, with the wrong value still open."""
    keeper, number = market.account("keeper")
    market.reputation.bond(8_000, sender=keeper)
    market.reputation.post(1, 0, [logits(0, 0, 0, 0, 1)], sender=keeper)
    for finder in BEYOND:
        with refused("reputation: no such account"):
            market.reputation.challenge(1, [0], finder)
    books = Books(market)
    market.reputation.challenge(1, [0], 0)
    assert books.changes() == {number: (0, -8_000), BURN: (8_000, 0)}


def test_a_share_waits_for_whoever_opens_the_account(market: Market) -> None:
    """The next account's number is named before it is opened: 250 wait, and the books still add up."""
    task = market.late()
    number = market.escrow.account_count()
    market.registry.slash([task], number, True)
    assert market.free(number) == 250
    assert market.account("finder", deposit=0)[1] == number
    assert market.free(number) == 250
    assert market.token.balanceOf(market.escrow.address) == market.total()


def test_the_largest_number_is_no_way_out(market: Market) -> None:
    """Account 2**32 - 1 will never be opened; the slash is the same for everybody else."""
    task = market.late()
    books = Books(market)
    market.registry.slash([task], 2**32 - 1, True)
    assert market.free(2**32 - 1) == 250
    assert books.changes() == {
        market.coprocessor_account: (9_000, -10_000),
        market.operator_account: (400, 0),
        BURN: (100, 0),
        POOL: (250, 0),
    }
