"""Somebody slips one item that does not apply into a batch, or gets ahead of one of its items, to stop all the others.

Without ``strict`` the item is skipped with an event that says why, and the others go through to the unit.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import (
    BURN,
    CAPACITY,
    NO_TASK,
    NOT_LEADING,
    POOL,
    STATE,
    TOO_EARLY,
    TOO_LATE,
)
from tests.support.protocol import Market

POISON = [0, 1, 2**32 - 1, 2**80, 2**256 - 1]


@pytest.mark.parametrize("poison", POISON)
def test_slash(market: Market, poison: int) -> None:
    """Two late tasks with a number of no task, one that was delivered, and one of the two again."""
    tasks = [market.open(slot=slot, difficulty=10) for slot in range(3)]
    for task in tasks:
        market.bid(task)
    market.wait(3)
    market.submit(tasks[2])
    market.wait(600)
    books = Books(market)
    market.registry.slash([tasks[0], poison, tasks[2], tasks[0], tasks[1]], 0, False)
    assert events(market.registry, "Skipped") == [(poison, NO_TASK), (tasks[2], STATE), (tasks[0], STATE)]
    assert books.changes() == {
        market.coprocessor_account: (18_000, -20_000),
        market.operator_account: (800, 0),
        BURN: (200, 0),
        POOL: (1_000, 0),
    }
    assert market.participants.load_of(market.coprocessor_account)[0] == 0


@pytest.mark.parametrize("poison", POISON)
def test_settle(market: Market, poison: int) -> None:
    """A copycat settled the first task just before; another is still in its window."""
    tasks = [market.open(slot=slot, difficulty=10) for slot in range(4)]
    for task in tasks:
        market.bid(task)
    market.wait(3)
    for task in tasks[:3]:
        market.submit(task)
    market.wait(30)
    market.submit(tasks[3])
    market.wait(31)
    market.registry.settle([tasks[0]], True, sender=market.stranger)
    books = Books(market)
    market.registry.settle([tasks[0], tasks[1], poison, tasks[3], tasks[2], tasks[1]], False)
    skipped = [(tasks[0], NO_TASK), (poison, NO_TASK), (tasks[3], TOO_EARLY), (tasks[1], NO_TASK)]
    assert events(market.registry, "Skipped") == skipped
    assert books.changes() == {
        market.operator_account: (2 * 700, -1_000),
        market.coprocessor_account: (2 * 19_604, -20_000),
        POOL: (2 * 196, -20_000),
    }


@pytest.mark.parametrize("poison", POISON)
def test_expire(market: Market, poison: int) -> None:
    """One task was bought in the last second; the other two expire, and their reward is back in the mandate."""
    tasks = [market.open(slot=slot) for slot in range(3)]
    market.wait(15)
    market.bid(tasks[1])
    market.wait(1)
    drawn = market.registry.mandate_of(market.class_id, market.operator_account)
    books = Books(market)
    market.registry.expire([poison, *tasks, tasks[0]], False, sender=market.operator_address)
    assert events(market.registry, "Skipped") == [(poison, NO_TASK), (tasks[1], STATE), (tasks[0], NO_TASK)]
    assert books.changes() == {market.operator_account: (1_000, -1_000)}
    assert market.registry.mandate_of(market.class_id, market.operator_account) == drawn + 20_000


@pytest.mark.parametrize("poison", POISON)
def test_bid(market: Market, poison: int) -> None:
    """No task, one already over, one too large, one already led: the two good ones are won all the same."""
    over = market.open(slot=9)
    market.wait(16)
    tasks = [market.open(slot=slot, difficulty=difficulty) for slot, difficulty in enumerate((10, 1_001, 10, 10))]
    market.bid(tasks[3])
    books = Books(market)
    batch = [market.order(task) for task in (tasks[0], poison, over, tasks[1], tasks[3], tasks[2])]
    market.registry.bid(batch, False, sender=market.coprocessor_address)
    skipped = [(poison, NO_TASK), (over, TOO_LATE), (tasks[1], CAPACITY), (tasks[3], NOT_LEADING)]
    assert events(market.registry, "Skipped") == skipped
    assert books.changes() == {market.coprocessor_account: (-20_000, 20_000)}
    assert market.participants.load_of(market.coprocessor_account)[0] == 30


def test_strict_is_the_callers_own_wish(market: Market) -> None:
    """With it the poison stops the batch, and nothing of it remains."""
    task = market.late()
    books = Books(market)
    with refused("registry: no such task"):
        market.registry.slash([task, 2**256 - 1], 0, True)
    assert books.changes() == {}
    assert market.participants.load_of(market.coprocessor_account)[0] == 100
