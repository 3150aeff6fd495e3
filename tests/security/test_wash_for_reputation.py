"""A coprocessor has friends give it many tiny tasks, to outweigh one large failure.

A record counts fees, not tasks, and an epoch with fees below n0 (1,000) counts in proportion. One step from logit 0
without the load term: ``n / 1,000`` of ``20,000 + (k / n - 1 / 2) * 10**6``.
"""

from __future__ import annotations

import pytest

from tests.support.protocol import FILTER, Market

OMEGA = 20_000


@pytest.fixture
def plain() -> Market:
    """Give a market whose filter has no load term."""
    return Market(filter=(*FILTER[:3], 0, *FILTER[4:]))


def wash(market: Market, first_slot: int) -> None:
    """Let the coprocessor do 32 tasks for 98 each, with a fee of 2 each."""
    orders = [(first_slot + place, 1, 100, False, 0) for place in range(32)]
    market.registry.open_tasks(market.class_id, orders, True, sender=market.operator_address)
    tasks = [market.operator_account << 48 | order[0] << 32 | 1 for order in orders]
    market.registry.bid([market.order(task) for task in tasks], True, sender=market.coprocessor_address)
    market.wait(3)
    market.registry.submit([(task, 1) for task in tasks], True, sender=market.coprocessor_address)
    market.wait(61)
    market.registry.settle(tasks, True)


def disappoint(market: Market, who: str) -> None:
    """Let somebody fail a task of price 9,800 and fee 196."""
    task = market.open()
    market.bid(task, who)
    market.wait(603)
    market.registry.slash([task], 0, True)
    market.wait(600)
    market.registry.fail([task], True)


def test_many_tiny_successes_weigh_less_than_one_failure(plain: Market) -> None:
    """32 tasks with 64 of fees in all lift by 64 thousandths of 520,000; one failure of 196 lowers by more."""
    wash(plain, first_slot=1)
    disappoint(plain, plain.rival)
    plain.next_epoch()
    assert plain.reputation.computed(plain.coprocessor_account) == (OMEGA + 500_000) * 64 // 1_000
    assert plain.reputation.computed(plain.rival_account) == (OMEGA - 500_000) * 196 // 1_000


def test_washing_does_not_hide_a_failure_of_the_same_epoch(plain: Market) -> None:
    """Of 260 at stake 64 were good: the record falls by 260 thousandths of 253,846 less OMEGA."""
    wash(plain, first_slot=1)
    disappoint(plain, plain.coprocessor_address)
    plain.next_epoch()
    assert plain.registry.fees_in(plain.coprocessor_account, plain.epoch - 1) == (260, 64)
    assert plain.reputation.computed(plain.coprocessor_account) == -((253_846 - OMEGA) * 260 // 1_000)


def test_the_number_of_tasks_is_not_in_the_record(plain: Market) -> None:
    """One task of 64 fees does for its executor what 32 tasks of 2 do for theirs."""
    wash(plain, first_slot=1)
    task = plain.open(difficulty=64, reward=3_200)
    plain.bid(task, plain.rival)
    plain.wait(3)
    plain.submit(task, who=plain.rival)
    plain.wait(61)
    plain.registry.settle([task], True)
    plain.next_epoch()
    assert plain.reputation.computed(plain.rival_account) == plain.reputation.computed(plain.coprocessor_account)
