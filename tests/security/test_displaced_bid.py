"""A rival outbids a coprocessor again and again, to keep its collateral and capacity busy with tasks it does not get.

What a bid took comes back in the transaction that displaces it, to the unit, and can be used in the same second.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.books import Books, check_skipped
from tests.support.contract_words import NOT_LEADING
from tests.support.protocol import Market


@pytest.fixture
def outbid(market: Market) -> tuple[Market, list[int]]:
    """Give three tasks led by the coprocessor at loads of 10, 20 and 30 %, of rewards 10,000, 20,000 and 30,000."""
    tasks = [market.open(slot=slot, reward=10_000 * (slot + 1)) for slot in range(3)]
    for task in tasks:
        market.bid(task)
    return market, tasks


def test_collateral_and_load_come_back_at_once(outbid: tuple[Market, list[int]]) -> None:
    """The rival displaces the bid at 30 % with one at 10 %: 30,000 and 100 units return."""
    market, tasks = outbid
    books = Books(market)
    market.bid(tasks[2], market.rival)
    assert books.changes() == {
        market.coprocessor_account: (30_000, -30_000),
        market.rival_account: (-30_000, 30_000),
    }
    assert market.participants.load_of(market.coprocessor_account)[0] == 200
    assert market.participants.load_of(market.rival_account)[0] == 100


def test_what_came_back_can_be_used_in_the_same_second(market: Market) -> None:
    """A coprocessor with funds and capacity for exactly one task is displaced, and takes another."""
    victim, number = market.account("victim", deposit=10_000)
    market.participants.register(2, 100, 5, 0, sender=victim)
    market.next_epoch()
    wanted, other = market.open(difficulty=100), market.open(difficulty=100, slot=1)
    market.bid(wanted, victim)
    assert market.free(number) == 0
    market.bid(wanted, market.rival)
    market.bid(other, victim)
    assert (market.free(number), market.locked(number)) == (0, 10_000)
    assert market.participants.load_of(number) == (100, 100, 100)


def test_a_displaced_bidder_is_not_slashed(outbid: tuple[Market, list[int]]) -> None:
    """The rival is, if it only wanted to be in the way: a tenth of its collateral of 30,000."""
    market, tasks = outbid
    market.bid(tasks[2], market.rival)
    market.wait(10)
    for task in tasks[:2]:
        market.submit(task)
    market.wait(610)
    books = Books(market)
    market.registry.slash([tasks[2]], market.coprocessor_account, True)
    changes = books.changes()
    assert changes[market.rival_account] == (27_000, -30_000)
    assert changes[market.coprocessor_account] == (750, 0)


def test_a_bid_that_does_not_lead_takes_nothing(outbid: tuple[Market, list[int]]) -> None:
    """The victim's answer at a worse load is skipped and leaves its money alone."""
    market, tasks = outbid
    market.bid(tasks[2], market.rival)

    def answer(strict: bool) -> Any:
        return market.registry.bid([market.order(tasks[2])], strict, sender=market.coprocessor_address)

    check_skipped(market, answer, tasks[2], NOT_LEADING)
    assert market.participants.load_of(market.coprocessor_account)[0] == 200


def test_a_whole_batch_is_displaced_and_returned(market: Market) -> None:
    """Three tasks at once, by a rival so large that its load is always lower: 30,000 and 300 units return."""
    market.participants.resize(10**6, sender=market.rival)
    market.next_epoch()
    tasks = [market.open(slot=slot, reward=10_000) for slot in range(3)]
    books = Books(market)
    for task in tasks:
        market.bid(task)
    assert books.changes() == {market.coprocessor_account: (-30_000, 30_000)}
    market.registry.bid([market.order(task) for task in tasks], True, sender=market.rival)
    assert books.changes() == {market.rival_account: (-30_000, 30_000)}
    assert market.participants.load_of(market.coprocessor_account)[0] == 0
    assert market.participants.load_of(market.rival_account)[0] == 300
