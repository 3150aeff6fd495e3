"""A stranger claims for a victim at a moment of its choice, so that the victim has less.

An epoch that is over does not change, so it does not matter who enters it when; the money goes to the account itself.
A share waits for three epochs. Not calling takes nothing from who calls for itself, and one call an epoch is enough.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books
from tests.support.chain import events
from tests.support.contract_words import POOL
from tests.support.protocol import Market

REWARD = 176  # nine tenths of the fee of 196


def work(market: Market) -> None:
    """Let the coprocessor earn something in this epoch; ends in the first second of the next."""
    task = market.award()
    market.submit(task)
    market.wait(61)
    market.registry.settle([task], True)
    market.next_epoch()


@pytest.fixture
def busy(market: Market) -> Market:
    """Give a market with a rich pool, whose coprocessor earned something in epoch 2; now is epoch 3."""
    market.token.mint(market.avs, 10**8)
    market.escrow.deposit(POOL, 10**8, sender=market.avs)
    work(market)
    return market


@pytest.mark.parametrize("moments", [(0,), (3_599,), (0, 1_800, 3_599)])
def test_the_moment_does_not_matter(busy: Market, moments: tuple[int, ...]) -> None:
    """Entered in the first second, in the last, or again and again: each epoch pays the same, once."""
    books = Books(busy)
    start = busy.now
    for epoch in range(3):
        for moment in moments:
            busy.wait(start + epoch * 3_600 + moment - busy.now)
            busy.slasher.claim([busy.coprocessor_account], sender=busy.stranger)
    assert books.changes() == {busy.coprocessor_account: (REWARD, 0), POOL: (-REWARD, 0)}


def test_one_call_an_epoch_is_enough(busy: Market) -> None:
    """Each pays what waits and enters the next: four epochs of work, five calls."""
    paid = []
    for worked in (True, True, True, False, False):
        busy.slasher.claim([busy.coprocessor_account], sender=busy.stranger)
        paid += events(busy.slasher, "UptimePaid")
        work(busy) if worked else busy.next_epoch()
    assert paid == [(busy.coprocessor_account, epoch, REWARD) for epoch in (2, 3, 4, 5)]


def test_an_idle_account_cannot_be_overwritten(busy: Market) -> None:
    """A call in an epoch after idleness pays what waits; it does not replace it by nothing."""
    busy.slasher.claim([busy.coprocessor_account], sender=busy.stranger)
    busy.wait(3 * 3_600)
    books = Books(busy)
    busy.slasher.claim([busy.coprocessor_account], sender=busy.stranger)
    assert events(busy.slasher, "UptimePaid") == [(busy.coprocessor_account, 2, REWARD)]
    assert books.changes() == {busy.coprocessor_account: (REWARD, 0), POOL: (-REWARD, 0)}


def test_claiming_before_there_is_anything_takes_nothing_away(market: Market) -> None:
    """An account that has done nothing is skipped, and leaves no share."""
    market.next_epoch()
    market.slasher.claim([market.coprocessor_account], sender=market.stranger)
    assert events(market.slasher, "UptimeSkipped") == [(market.coprocessor_account, market.epoch - 1)]
    assert market.slasher.share_of(market.coprocessor_account) == (0, 0, 0)
