"""Slots are filled and kept full, so that an operator cannot open tasks.

Slots belong to one operator, and only it fills them; whatever lies in one can be ended by anybody in the end.
"""

from __future__ import annotations

from tests.support.books import Books, check_skipped
from tests.support.contract_words import POOL, SLOT, task_number
from tests.support.protocol import DAY, Market


def test_one_operator_cannot_fill_anothers_slots(market: Market) -> None:
    """A rival operator with all of its 64 slots taken leaves the other's free; each number names its owner."""
    rival, number = market.operator("rival operator")
    market.classes.fund_mandate(market.class_id, number, 64_000, sender=market.avs)
    for first in (0, 32):
        orders = [(first + place, 1, 1_000, False, 0) for place in range(32)]
        market.registry.open_tasks(market.class_id, orders, True, sender=rival)
    check_skipped(
        market,
        lambda strict: market.registry.open_tasks(market.class_id, [(0, 1, 1_000, False, 0)], strict, sender=rival),
        0,
        SLOT,
    )
    for slot in range(3):
        assert market.open(slot=slot) == task_number(market.operator_account, slot, 1)


def test_a_slot_number_does_not_reach_into_the_next_operator(market: Market) -> None:
    """Slot 2**16 of one operator would be slot 0 of the next account; it is skipped like any slot that is not there."""
    for slot in (64, 1_024, 2**16, 2**32, 2**255):
        orders = [(slot, 1, 1_000, False, 0)]

        def opening(strict: bool, orders: list[tuple[int, int, int, bool, int]] = orders) -> None:
            market.registry.open_tasks(market.class_id, orders, strict, sender=market.operator_address)

        check_skipped(market, opening, 0, SLOT)


def test_nobody_keeps_a_slot_by_doing_nothing(market: Market) -> None:
    """No bid, no submission, no rescue, no settlement, no verdict: five slots, freed by a stranger."""
    tasks = [market.open(slot=slot, difficulty=10) for slot in range(5)]
    for task in tasks[1:]:
        market.bid(task)
    market.wait(3)
    for task in tasks[3:]:
        market.submit(task)
    market.registry.hold([tasks[4]], True, sender=market.court)
    market.wait(620)
    books = Books(market)
    market.registry.expire([tasks[0]], True, sender=market.stranger)
    market.registry.slash(tasks[1:3], 0, True, sender=market.stranger)
    market.registry.settle([tasks[3]], True, sender=market.stranger)
    market.wait(600)
    market.registry.fail(tasks[1:3], True, sender=market.stranger)
    market.wait(5 * DAY)
    market.registry.settle([tasks[4]], True, sender=market.stranger)
    # operator: five penalties back but two, two margins, two compensations
    assert books.changes() == {
        market.operator_account: (3 * 500 + 2 * 200 + 2 * 400, -2_500),
        market.avs_account: (2 * 500, 0),
        market.coprocessor_account: (2 * 9_000 + 2 * 19_604, -40_000),
        0: (200, 0),
        POOL: (2 * 500 + 2 * 196, -20_000),
    }
    for slot in range(5):
        assert market.open(slot=slot) == task_number(market.operator_account, slot, 2)


def test_an_old_number_does_not_touch_the_slots_next_task(market: Market) -> None:
    """Whoever replays the number of an ended task ends nothing."""
    old = market.open()
    market.wait(16)
    market.registry.expire([old], True, sender=market.operator_address)
    new = market.open()
    market.wait(16)
    books = Books(market)
    market.registry.expire([old], False, sender=market.operator_address)
    assert books.changes() == {}
    market.registry.expire([new], True, sender=market.operator_address)
    assert books.changes() == {market.operator_account: (500, -500)}
