"""Somebody moves the price at which tasks are auctioned, up to be paid more or down to pay less.

A start price belongs to one mandate and moves by its tasks alone: buying one's own moves nobody else's and costs the
fee, tasks nobody can take and waiting cost time and end at the cap, and what a live task pays is fixed when it opens.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books
from tests.support.contract_words import POOL, progress, terms
from tests.support.protocol import STAKE, Market

LEARNING = {"start": 700_000, "start_gain": 50_000, "start_target": 100_000}


@pytest.fixture
def learning(market: Market) -> tuple[Market, int, str, int]:
    """Give a class whose start price learns, with mandates of two operators; the class, and the other operator."""
    class_id = market.other_class(**LEARNING)
    other, number = market.operator("other")
    market.classes.fund_mandate(class_id, market.operator_account, STAKE, sender=market.avs)
    market.classes.fund_mandate(class_id, number, STAKE, sender=market.avs)
    market.next_epoch()
    return market, class_id, other, number


def start(market: Market, class_id: int, operator: int) -> int:
    """Start price of a mandate's next task."""
    return int(market.registry.eval(f"self._mandates[{class_id}][{operator}]")) >> 223


def test_wash_tasks_move_the_washers_own_mandate_and_cost_the_fee(learning: tuple[Market, int, str, int]) -> None:
    """An operator sells ten tasks to an accomplice: its own price falls by 0.05, and the ring pays ten fees."""
    market, class_id, _, number = learning
    books = Books(market)
    for _ in range(10):
        task = market.open(class_id=class_id)
        market.bid(task)
        market.wait(17)
        market.submit(task)
        market.wait(61)
        market.registry.settle([task], True)
    assert start(market, class_id, market.operator_account) == 650_000
    assert start(market, class_id, number) == 700_000
    changes = books.changes()
    ring = sum(sum(changes[who]) for who in (market.operator_account, market.coprocessor_account))
    assert ring == 10 * 10_000 - changes[POOL][0], "the rewards are the AVS's; the ring itself pays the fees"
    assert changes[POOL][0] >= 10 * 130


def test_tasks_nobody_can_take_lift_it_to_the_cap_and_no_further(learning: tuple[Market, int, str, int]) -> None:
    """Each costs a slot for a whole auction; own execution and rescue pay the cap anyway."""
    market, class_id, _, number = learning
    for _ in range(20):
        task = market.open(1_001, 20_000, class_id=class_id)  # beyond any coprocessor's capacity
        market.wait(16)
        market.registry.expire([task], True, sender=market.operator_address)
    assert start(market, class_id, market.operator_account) == 980_000
    assert start(market, class_id, number) == 700_000


def test_waiting_lifts_the_next_tasks_and_not_this_one(learning: tuple[Market, int, str, int]) -> None:
    """Coprocessors that withhold bids see the first auction pass; a rival takes the same task at its own price."""
    market, class_id, *_ = learning
    task = market.open(class_id=class_id)
    market.wait(6)
    market.bid(task, market.rival)
    assert progress(market.registry.task_words(task)[1]).price == 520_000
    later = market.open(slot=1, class_id=class_id)
    market.wait(16)
    market.registry.reopen(later, sender=market.operator_address)
    following = market.open(slot=2, class_id=class_id)
    first, second, third = (terms(market.registry.task_words(t)[0]).start for t in (task, later, following))
    assert (first, second, third) == (700_000, 695_000, 740_000)


def test_a_class_with_little_volume_keeps_what_it_learnt(learning: tuple[Market, int, str, int]) -> None:
    """Time alone moves nothing: a price is as far off after a year without tasks as before it."""
    market, class_id, *_ = learning
    market.open(class_id=class_id)
    market.wait(365 * 86_400)
    assert start(market, class_id, market.operator_account) == 695_000
