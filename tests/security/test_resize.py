"""A participant changes its capacity to dodge a slash, or to look unloaded in an auction.

A change counts from the next epoch on. The room is the smaller of the present and the next capacity, both need stake,
and the load at which a task was won is frozen with the task.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books, check_skipped
from tests.support.chain import events, refused
from tests.support.contract_words import CAPACITY, progress
from tests.support.protocol import Market


def test_shrinking_dodges_no_slash(market: Market) -> None:
    """The capacity cannot fall below the load, and the stake it lets go is not the collateral."""
    task = market.award(difficulty=300)
    with refused("participants: load in flight"):
        market.participants.resize(299, sender=market.coprocessor_address)
    market.participants.resize(300, sender=market.coprocessor_address)
    market.wait(601)
    books = Books(market)
    market.registry.slash([task], 0, True)
    assert books.changes()[market.coprocessor_account] == (9_000, -10_000)


@pytest.mark.parametrize("capacity", [900, 100_000])
def test_growing_softens_no_slash(market: Market, capacity: int) -> None:
    """Won at 90 % of capacity, slashed at 90 % whatever the capacity is by then: 12.74 % of 10,000."""
    market.wait(3_500)
    task = market.award(difficulty=900)
    market.participants.resize(capacity, sender=market.coprocessor_address)
    market.wait(601)
    assert market.participants.load_of(market.coprocessor_account) == (900, capacity, capacity)
    market.registry.slash([task], 0, True)
    assert events(market.registry, "Slashed")[0][-1] == 1_274


def test_a_bid_counts_the_present_capacity(market: Market) -> None:
    """A hundredfold capacity announced a moment before the bid leaves x at 90 %."""
    market.participants.resize(100_000, sender=market.coprocessor_address)
    task = market.open(difficulty=900)
    market.bid(task)
    assert progress(market.registry.task_words(task)[1]).x == 9_000


def test_a_capacity_on_its_way_out_takes_no_work(market: Market) -> None:
    """Large now and small at the boundary: the smaller one is the room, so the stake can follow only then."""
    market.participants.resize(100, sender=market.coprocessor_address)
    task = market.open(difficulty=101)
    check_skipped(
        market,
        lambda strict: market.registry.bid([market.order(task)], strict, sender=market.coprocessor_address),
        task,
        CAPACITY,
    )
    assert market.escrow.spendable_of(market.coprocessor_account) == 10**9 - 10_000
    market.next_epoch()
    assert market.escrow.spendable_of(market.coprocessor_account) == 10**9 - 1_000


def test_capacity_beyond_the_stake_is_refused(market: Market) -> None:
    """The stake of 10**9 covers 10**8 units, and not one more."""
    market.participants.resize(10**8, sender=market.coprocessor_address)
    with refused("participants: stake too small"):
        market.participants.resize(10**8 + 1, sender=market.coprocessor_address)
