"""A coprocessor holds a finished task unsettled, or an unfinished one beyond its time, so that it looks at work.

Load is set by the contracts and ends with the submission, or with the slash anyone can cause in the first second of
lateness. Without a settlement there is no fee, and without a fee no uptime reward.
"""

from __future__ import annotations

from tests.support.books import Books
from tests.support.chain import events
from tests.support.contract_words import POOL, activity
from tests.support.protocol import Market

IDLE, HALF = 19_999, 150_000  # f(0) and f(50 %), ppm


def test_load_ends_with_the_submission(market: Market) -> None:
    """Five seconds at half load, the rest of the epoch idle, though nobody ever settles."""
    task = market.open(difficulty=500)
    market.bid(task)
    market.wait(5)
    market.submit(task)
    assert market.participants.load_of(market.coprocessor_account)[0] == 0
    market.next_epoch()
    measured = activity(market.participants.activity_in(market.coprocessor_account, market.epoch - 1))
    assert (measured.load, measured.bonus, measured.overload) == (0, 5 * HALF + 3_595 * IDLE, 0)


def test_what_is_not_settled_earns_nothing(market: Market) -> None:
    """Ten minutes of real load, but no fee paid: the claim is skipped, however rich the pool."""
    patron, _ = market.account("patron", deposit=0)
    market.token.mint(patron, 10**9)
    market.escrow.deposit(POOL, 10**9, sender=patron)
    task = market.open(difficulty=500)
    market.bid(task)
    market.wait(602)
    market.submit(task)
    market.next_epoch()
    books = Books(market)
    market.claim([market.coprocessor_account])
    assert events(market.slasher, "UptimeSkipped") == [(market.coprocessor_account, market.epoch - 1)]
    assert books.changes() == {}


def test_holding_beyond_the_deadline_costs_more_than_it_earns(market: Market) -> None:
    """605 seconds at half load end with a slash of a tenth of the collateral, and no fee."""
    task = market.open(difficulty=500)
    market.bid(task)
    market.wait(605)
    books = Books(market)
    market.registry.slash([task], market.rival_account, True, sender=market.stranger)
    assert books.changes()[market.coprocessor_account] == (9_000, -10_000)
    market.next_epoch()
    measured = activity(market.participants.activity_in(market.coprocessor_account, market.epoch - 1))
    assert measured.bonus == 605 * HALF + 2_995 * IDLE
    books = Books(market)
    market.claim([market.coprocessor_account])
    assert books.changes() == {}
