"""Paying for submitted results.

Price 0.98 of 10,000 at step 0, fee 2 % of the price but at least 1 a unit of difficulty, collateral 10,000, penalty
500.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boa
import pytest

from tests.support.books import Books, check_skipped
from tests.support.chain import events, refused
from tests.support.contract_words import (
    NO_TASK,
    POOL,
    SETTLED,
    STATE,
    TOO_EARLY,
    terms,
)
from tests.support.protocol import DAY, PLAIN, Market


def settling(market: Market, *tasks: int) -> Callable[[bool], Any]:
    """Make a call that settles tasks."""
    return lambda strict: market.registry.settle(list(tasks), strict, sender=market.stranger)


def submitted(market: Market, who: str | None = None, wait: int = 61, at: int = 0, **order: Any) -> int:
    """Open a task, bid for it after some seconds, submit, and wait."""
    task = market.open(**order)
    executor = who or market.coprocessor_address
    if order.get("own"):
        executor = market.operator_address
    else:
        market.wait(at)
        market.bid(task, executor)
    market.wait(17)
    market.submit(task, who=executor)
    market.wait(wait)
    return task


class TestAmounts:
    """Who gets what, to the unit."""

    def check(
        self, market: Market, task: int, executor: int, price: int, fee: int, reward: int = 10_000, penalty: int = 500
    ) -> None:
        """Settle, and compare all balances with what price and fee say."""
        books = Books(market)
        market.registry.settle([task], True, sender=market.stranger)
        assert events(market.registry, "TaskSettled") == [(task, price, fee)]
        expected = {
            POOL: (fee, -reward),
            market.operator_account: (reward - price + penalty, -penalty),
            executor: (price - fee + reward, -reward),
        }
        if executor == market.operator_account:
            expected[executor] = (reward - fee + reward + penalty, -reward - penalty)
        assert books.changes() == expected

    def test_delegated(self, market: Market) -> None:
        """Executor 9,800 less 2 %, operator the 200 left of the reward."""
        task = submitted(market)
        self.check(market, task, market.coprocessor_account, price=9_800, fee=196)

    @pytest.mark.parametrize(
        ("step", "price", "fee"),
        [(1, 9_200, 184), (3, 8_000, 160), (6, 6_200, 124), (7, 5_600, 112)],
    )
    def test_price_of_the_winning_step(self, market: Market, step: int, price: int, fee: int) -> None:
        """0.06 of the reward less for each."""
        task = submitted(market, at=2 * step)
        self.check(market, task, market.coprocessor_account, price=price, fee=fee)

    def test_price_of_the_step_of_a_discount(self, market: Market) -> None:
        """A discount of 0.1 is two ticks; the fee is a unit for each of 800 of difficulty."""
        task = submitted(market, difficulty=800, class_id=market.other_class(idle_discount=100_000))
        self.check(market, task, market.coprocessor_account, price=8_600, fee=800)

    def test_price_of_the_last_call_less_a_discount(self, market: Market) -> None:
        """0.705714 of the reward in step 3 less 0.04."""
        task = market.open(800, class_id=market.other_class(start=500_000, idle_discount=40_000))
        market.wait(16)
        market.registry.reopen(task, sender=market.operator_address)
        market.bid(task, min_price=600_000)
        market.wait(17)
        market.submit(task)
        market.wait(61)
        self.check(market, task, market.coprocessor_account, price=6_657, fee=800)

    def test_collateral_by_capacity(self, market: Market) -> None:
        """What came in is what goes out, though the executor's capacity has changed; the penalty is by the reward."""
        task = submitted(market, reward=100, difficulty=1, class_id=market.other_class(stake_share=100_000))
        market.participants.resize(5, sender=market.coprocessor_address)
        market.next_epoch()
        books = Books(market)
        market.registry.settle([task], True)
        assert books.changes() == {
            POOL: (2, -100),
            market.operator_account: (2 + 5, -5),
            market.coprocessor_account: (96 + 1_000, -1_000),
        }

    @pytest.mark.parametrize(("difficulty", "fee"), [(196, 196), (197, 197), (195, 196)])
    def test_fee_is_at_least_a_unit_for_each_of_difficulty(self, market: Market, difficulty: int, fee: int) -> None:
        """2 % of 9,800 are 196."""
        task = submitted(market, difficulty=difficulty)
        self.check(market, task, market.coprocessor_account, price=9_800, fee=fee)

    def test_rounding(self, market: Market) -> None:
        """Price 9,806.86 is 9,806; fee 196.12 is 197; penalty 500.35 is 501."""
        task = submitted(market, reward=10_007)
        self.check(market, task, market.coprocessor_account, price=9_806, fee=197, reward=10_007, penalty=501)

    def test_own(self, market: Market) -> None:
        """The cap, to the operator itself; the fee all the same."""
        task = submitted(market, own=True)
        self.check(market, task, market.operator_account, price=9_800, fee=196)

    def test_own_whatever_the_start_price(self, market: Market) -> None:
        """The cap is the best price there is."""
        task = submitted(market, own=True, class_id=market.other_class(start=500_000))
        self.check(market, task, market.operator_account, price=9_800, fee=196)

    def test_self_executed_after_the_auction(self, market: Market) -> None:
        """Also the cap."""
        task = market.open()
        market.wait(16)
        market.registry.self_execute(task, sender=market.operator_address)
        market.wait(1)
        market.submit(task, who=market.operator_address)
        market.wait(61)
        self.check(market, task, market.operator_account, price=9_800, fee=196)

    @pytest.mark.parametrize(
        ("min_price", "price", "fee"), [(1, 5_000, 100), (568_571, 5_685, 114), (900_000, 9_114, 183)]
    )
    def test_reopened(self, market: Market, min_price: int, price: int, fee: int) -> None:
        """The rising clock pays 500,000 ppm first, 568,571 in step 1, 911,428 in step 6."""
        task = market.open(class_id=market.other_class(start=500_000))
        market.wait(16)
        market.registry.reopen(task, sender=market.operator_address)
        market.bid(task, min_price=min_price)
        market.wait(17)
        market.submit(task)
        market.wait(61)
        self.check(market, task, market.coprocessor_account, price=price, fee=fee)

    def test_rescued(self, market: Market) -> None:
        """The rescuer has the cap, at whatever price the task was won, and the collateral is its own."""
        task = market.open()
        market.wait(6)
        market.bid(task)
        market.wait(603)
        market.registry.slash([task], 0, True)
        market.registry.take_over([market.order(task)], True, sender=market.rival)
        market.wait(1)
        market.submit(task, who=market.rival)
        market.wait(61)
        self.check(market, task, market.rival_account, price=9_800, fee=196)

    def test_own_task_that_was_rescued(self, market: Market) -> None:
        """The cap goes to the rescuer."""
        task = market.open(own=True)
        market.wait(601)
        market.registry.slash([task], 0, True)
        market.registry.take_over([market.order(task)], True, sender=market.rival)
        market.wait(1)
        market.submit(task, who=market.rival)
        market.wait(61)
        self.check(market, task, market.rival_account, price=9_800, fee=196)


class TestRecords:
    """n and k: the fees of finished tasks, and of the good ones among them."""

    def test_delegated_counts_for_both(self, market: Market) -> None:
        """Operator and executor have a good task worth the fee."""
        market.registry.settle([submitted(market)], True)
        for account in (market.operator_account, market.coprocessor_account):
            assert market.registry.fees_in(account, market.epoch) == (196, 196)

    def test_own_counts_once(self, market: Market) -> None:
        """Operator and executor are one."""
        market.registry.settle([submitted(market, own=True)], True)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (196, 196)

    def test_own_that_was_rescued(self, market: Market) -> None:
        """Bad for the operator as the executor that was late, good for the rescuer, and good for the operator."""
        task = market.open(own=True)
        market.wait(601)
        market.registry.slash([task], 0, True)
        market.registry.take_over([market.order(task)], True, sender=market.rival)
        market.wait(1)
        market.submit(task, who=market.rival)
        market.wait(61)
        market.registry.settle([task], True)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (392, 196)
        assert market.registry.fees_in(market.rival_account, market.epoch) == (196, 196)

    def test_counts_in_the_epoch_of_settlement(self, market: Market) -> None:
        """Not in the one of execution."""
        task = submitted(market)
        market.next_epoch()
        market.registry.settle([task], True)
        assert market.registry.fees_in(market.coprocessor_account, market.epoch - 1) == (0, 0)
        assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (196, 196)

    def test_adds_up(self, market: Market) -> None:
        """Over calls and over a batch."""
        tasks = [submitted(market, slot=slot) for slot in range(3)]
        market.registry.settle(tasks[:2], True)
        market.registry.settle(tasks[2:], True)
        assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (588, 588)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (588, 588)

    def test_of_runs_within_a_batch(self, market: Market) -> None:
        """Two of one pair, an own task, one of another pair, one of the first again; fees differ by the reward."""
        executors = (None, None, None, market.rival, None)
        tasks = [
            submitted(market, who, slot=slot, reward=10_000 * (slot + 1), own=slot == 2)
            for slot, who in enumerate(executors)
        ]
        market.registry.settle(tasks, True)
        expected = {market.coprocessor_account: 1_568, market.rival_account: 784, market.operator_account: 2_940}
        for account, fees in expected.items():
            assert market.registry.fees_in(account, market.epoch) == (fees, fees)


class TestMoment:
    """When a task may be settled."""

    def test_after_the_challenge_window(self, market: Market) -> None:
        """60 s after submission it is still open, a second later it is over."""
        task = submitted(market, wait=60)
        check_skipped(market, settling(market, task), task, TOO_EARLY)
        market.wait(1)
        market.registry.settle([task], True)
        assert terms(market.registry.task_words(task)[0]).outcome == SETTLED

    def test_once(self, market: Market) -> None:
        """A task pays once."""
        task = submitted(market)
        market.registry.settle([task], True)
        check_skipped(market, settling(market, task), task, NO_TASK)

    def test_not_before_submission(self, market: Market) -> None:
        """Open, awarded, late."""
        task = market.open()
        check_skipped(market, settling(market, task), task, STATE)
        market.bid(task)
        check_skipped(market, settling(market, task), task, STATE)
        market.wait(603)
        market.registry.slash([task], 0, True)
        check_skipped(market, settling(market, task), task, STATE)

    @pytest.mark.parametrize("number", [0, 2**80, 2**256 - 1])
    def test_numbers_of_no_task(self, market: Market, number: int) -> None:
        """Reported like any other."""
        check_skipped(market, settling(market, number), number, NO_TASK)

    def test_held_and_left_undecided(self, market: Market) -> None:
        """Five days after the hold it settles as if nobody had asked."""
        task = submitted(market, wait=60)
        market.registry.hold([task], True, sender=market.court)
        market.wait(5 * DAY)
        check_skipped(market, settling(market, task), task, TOO_EARLY)
        market.wait(1)
        TestAmounts().check(market, task, market.coprocessor_account, price=9_800, fee=196)

    def test_upheld(self, market: Market) -> None:
        """At once."""
        task = submitted(market, wait=0)
        market.registry.hold([task], True, sender=market.court)
        market.registry.uphold([task], True, sender=market.court)
        TestAmounts().check(market, task, market.coprocessor_account, price=9_800, fee=196)


class TestBatches:
    """Several tasks in one call."""

    def test_runs_of_pairs_and_classes(self, market: Market) -> None:
        """Two executors by turns, two operators, two classes: every sum as if settled one by one."""
        other, other_account = market.operator("other")
        market.next_epoch()
        class_id = market.task_class(market.avs, replace(PLAIN, start=600_000, collateral=2_000_000))
        for number in (market.operator_account, other_account):
            market.classes.fund_mandate(class_id, number, 10**6, sender=market.avs)
        tasks = []
        plan = [
            (market.class_id, market.operator_address, 0, market.coprocessor_address),
            (market.class_id, market.operator_address, 1, market.coprocessor_address),
            (class_id, market.operator_address, 2, market.coprocessor_address),
            (class_id, market.operator_address, 3, market.rival),
            (class_id, other, 0, market.rival),
            (market.class_id, market.operator_address, 4, market.coprocessor_address),
        ]
        for which, operator, slot, executor in plan:
            task = market.registry.open_tasks(which, [(slot, 50, 10_000, False, 0)], True, sender=operator)
            market.bid(task, executor)
            tasks.append((task, executor))
        market.wait(17)
        for task, executor in tasks:
            market.submit(task, who=executor)
        market.wait(61)
        books = Books(market)
        market.registry.settle([task for task, _ in tasks], True)
        # first class: price 9,800, fee 196; second: price 6,000, fee 120, collateral 20,000, penalty 1,000
        assert books.changes() == {
            POOL: (3 * 196 + 3 * 120, -60_000),
            market.operator_account: (3 * 200 + 2 * 4_000 + 3 * 500 + 2 * 1_000, -3_500),
            other_account: (4_000 + 1_000, -1_000),
            market.coprocessor_account: (3 * 9_604 + 5_880 + 30_000 + 20_000, -50_000),
            market.rival_account: (2 * 5_880 + 40_000, -40_000),
        }
        fees = {
            market.operator_account: 3 * 196 + 2 * 120,
            other_account: 120,
            market.coprocessor_account: 3 * 196 + 120,
            market.rival_account: 2 * 120,
        }
        for account, fee in fees.items():
            assert market.registry.fees_in(account, market.epoch) == (fee, fee)

    def test_own_and_delegated_of_one_operator(self, market: Market) -> None:
        """The operator as executor and as operator within one batch."""
        tasks = [submitted(market, slot=0, own=True), submitted(market, slot=1)]
        books = Books(market)
        market.registry.settle(tasks, True)
        assert books.changes() == {
            POOL: (392, -20_000),
            market.operator_account: (9_804 + 10_000 + 500 + 200 + 500, -11_000),
            market.coprocessor_account: (19_604, -10_000),
        }

    def test_the_rest_goes_on(self, market: Market) -> None:
        """Unknown, open, settled and too early ones around a good one."""
        settled, good = (submitted(market, slot=slot) for slot in range(2))
        market.registry.settle([settled], True)
        opened = market.open(slot=2)
        early = submitted(market, slot=3, wait=0)
        books = Books(market)
        market.registry.settle([7, opened, good, settled, early, good], False)
        skipped = [(7, NO_TASK), (opened, STATE), (settled, NO_TASK), (early, TOO_EARLY), (good, NO_TASK)]
        assert events(market.registry, "Skipped") == skipped
        assert books.changes()[market.coprocessor_account] == (19_604, -10_000)

    def test_takes_32(self, market: Market) -> None:
        """32 different pairs' worth of moves fit into one call; 33 tasks do not."""
        orders = [(slot, 1, 100, False, 0) for slot in range(32)]
        market.registry.open_tasks(market.class_id, orders, True, sender=market.operator_address)
        tasks = [market.operator_account << 48 | slot << 32 | 1 for slot in range(32)]
        # executors by turns, so that no two consecutive tasks share their moves
        executors = (market.coprocessor_address, market.rival)
        for place, task in enumerate(tasks):
            market.bid(task, executors[place % 2])
        market.wait(17)
        for place, who in enumerate(executors):
            market.registry.submit([(task, 1) for task in tasks[place::2]], True, sender=who)
        market.wait(61)
        with boa.reverts():
            market.registry.settle([*tasks, 0], False)
        books = Books(market)
        market.registry.settle(tasks, True)
        # price 98, fee max(1.96, 1), so 2; collateral 100, penalty 5
        assert books.changes() == {
            POOL: (64, -3_200),
            market.operator_account: (32 * 7, -160),
            market.coprocessor_account: (16 * 196, -1_600),
            market.rival_account: (16 * 196, -1_600),
        }

    def test_strict_batch_is_all_or_nothing(self, market: Market) -> None:
        """The first item that does not apply takes the others with it."""
        task = submitted(market)
        books = Books(market)
        with refused("registry: no such task"):
            market.registry.settle([task, 7], True)
        assert books.changes() == {}

    def test_empty(self, market: Market) -> None:
        """Nothing to do is no error."""
        market.registry.settle([], True)
