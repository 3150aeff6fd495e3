"""A coprocessor that cannot do hard tasks bids for all of them, large and cheap, to keep them from those who can.

It registered with a complexity of its own, and no task above it can be its: not by a bid, not by a take-over.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books, check_skipped
from tests.support.contract_words import COMPLEXITY, TASK_TERMS, WON, progress
from tests.support.protocol import Market


@pytest.fixture
def weak(market: Market) -> tuple[str, int]:
    """Give a coprocessor a hundred times as large as the others, able to do complexity 3, not 4."""
    found = market.coprocessor("weak", capacity=100_000, complexity=3)
    market.next_epoch()
    return found


def test_it_leads_no_hard_task_and_delays_nobody(market: Market, weak: tuple[str, int]) -> None:
    """Of a batch it gets the easy task alone; the hard ones go at the first step to who can do them, and stay there."""
    who, number = weak
    hard = market.other_class(complexity=4)
    tasks = [market.open(slot=slot, class_id=hard if slot < 3 else market.class_id) for slot in range(4)]
    books = Books(market)
    market.registry.bid([market.order(task) for task in tasks], False, sender=who)
    assert books.changes() == {number: (-10_000, 10_000)}
    market.registry.bid([market.order(task) for task in tasks[:3]], True, sender=market.coprocessor_address)
    check_skipped(
        market, lambda strict: market.registry.bid([market.order(tasks[0])], strict, sender=who), tasks[0], COMPLEXITY
    )
    words = [progress(market.registry.task_words(task)[1]) for task in tasks]
    assert [(word.executor, word.step) for word in words] == [(market.coprocessor_account, 0)] * 3 + [(number, 0)]


def test_it_takes_no_hard_task_over(market: Market, weak: tuple[str, int]) -> None:
    """So the time to rescue is left to others, up to its last second."""
    who, _ = weak
    task = market.late(class_id=market.other_class(complexity=4))
    market.registry.slash([task], 0, True)
    check_skipped(
        market, lambda strict: market.registry.take_over([market.order(task)], strict, sender=who), task, COMPLEXITY
    )
    market.wait(584)
    market.registry.take_over([market.order(task)], True, sender=market.rival)
    assert progress(market.registry.task_words(task)[1]).status == WON


def test_another_class_in_the_order_does_not_help(market: Market, weak: tuple[str, int]) -> None:
    """The complexity is the task's, whatever the bid names."""
    who, _ = weak
    task = market.open(class_id=market.other_class(complexity=4))
    order = market.order(task)
    easy = (task, market.class_id, *order[2:])
    check_skipped(market, lambda strict: market.registry.bid([easy], strict, sender=who), task, TASK_TERMS)


def test_the_complexity_is_that_of_the_last_registration(market: Market, weak: tuple[str, int]) -> None:
    """Who learns leaves and comes back, and who unlearns likewise."""
    who, number = weak
    task = market.open(class_id=market.other_class(complexity=4))
    for complexity in (4, 3):
        market.participants.leave(sender=who)
        market.participants.register(2, 1_000, complexity, 0, sender=who)
    check_skipped(
        market, lambda strict: market.registry.bid([market.order(task)], strict, sender=who), task, COMPLEXITY
    )
    market.participants.leave(sender=who)
    market.participants.register(2, 1_000, 4, 0, sender=who)
    market.next_epoch()
    task = market.open(slot=1, class_id=market.other_class(complexity=4))
    market.bid(task, who)
    assert progress(market.registry.task_words(task)[1]).executor == number
