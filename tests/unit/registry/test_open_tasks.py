"""Opening tasks on a mandate.

With the plain class a reward of 10,000 asks 10,000 of collateral, and 500, a twentieth of it, as the operator's
penalty.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import boa
import pytest

from tests.support.books import Books, check_skipped
from tests.support.chain import events, refused
from tests.support.contract_words import (
    CAPACITY,
    COMPLEXITY,
    LIVE,
    MANDATE,
    REASONS,
    ROLE,
    SLOT,
    TASK_TERMS,
    WON,
    progress,
    task_number,
    terms,
)
from tests.support.protocol import PLAIN, Market


def open_all(market: Market, *orders: tuple[int, int, int, bool, int], strict: bool = True, class_id: int = 0) -> int:
    """Open tasks in one call."""
    entry = market.registry.open_tasks
    return int(entry(class_id or market.class_id, list(orders), strict, sender=market.operator_address))


class TestDelegated:
    """A task for the auction."""

    def test_number_tells_operator_slot_and_sequence(self, market: Market) -> None:
        """The sequence counts the tasks of the slot."""
        assert market.open(slot=3) == task_number(market.operator_account, 3, 1)

    def test_terms_are_stored_and_announced(self, market: Market) -> None:
        """Class, moment, difficulty, reward, complexity, start price and minimum, live and on the first clock."""
        market.wait(5)
        task = market.open(slot=3, min_reputation=370_000)
        announced = events(market.registry, "TaskOpened")
        word = market.registry.task_words(task)[0]
        expected = (1, market.class_id, market.now, 100, 10_000, LIVE, 0, market.terms.complexity, 980_000, 370_000)
        assert terms(word) == expected
        assert announced == [(task, market.class_id, 100, 10_000, 980_000, 370_000)]

    def test_nobody_executes_it_yet(self, market: Market) -> None:
        """The slot's progress is not the new task's."""
        market.open()
        assert events(market.registry, "TaskWon") == []
        task = market.award(slot=1)
        market.submit(task)
        market.wait(61)
        market.registry.settle([task], True)
        following = market.open(slot=1)
        assert progress(market.registry.task_words(following)[1]).sequence == 1
        market.bid(following)

    def test_penalty_is_locked_and_nothing_else_moves(self, market: Market) -> None:
        """The reward is in the pool account's locked balance since the mandate was funded."""
        books = Books(market)
        market.open()
        assert books.changes() == {market.operator_account: (-500, 500)}

    @pytest.mark.parametrize(
        ("reward", "collateral", "share", "penalty"),
        [
            (10_001, 1_000_000, 50_000, 501),
            (10_000, 980_001, 50_000, 491),
            (10_000, 1_000_000, 0, 0),
            (10, 4_000_000, 100, 1),
        ],
    )
    def test_penalty_is_rounded_up(
        self, market: Market, reward: int, collateral: int, share: int, penalty: int
    ) -> None:
        """A twentieth of 10,001 is 500.05, of 9,801 (9,800.01 rounded up) 490.05; a basis point of 40 is 0.004."""
        class_id = market.other_class(collateral=collateral, operator_share=share)
        books = Books(market)
        open_all(market, (0, 1, reward, False, 0), class_id=class_id)
        assert books.changes().get(market.operator_account, (0, 0)) == (-penalty, penalty)

    def test_mandate_is_drawn(self, market: Market) -> None:
        """By the reward."""
        before = market.registry.mandate_of(market.class_id, market.operator_account)
        market.open()
        assert market.registry.mandate_of(market.class_id, market.operator_account) == before - 10_000

    def test_load_does_not_rise(self, market: Market) -> None:
        """Nobody works yet."""
        market.open()
        assert market.participants.load_of(market.operator_account) == (0, 1_000, 1_000)

    def test_a_batch_locks_the_sum_and_returns_the_last(self, market: Market) -> None:
        """One call, several slots."""
        books = Books(market)
        last = open_all(market, (5, 100, 10_000, False, 0), (6, 100, 20_000, False, 0), (7, 100, 30_000, False, 0))
        opened = [task for task, *_ in events(market.registry, "TaskOpened")]
        assert opened == [task_number(market.operator_account, slot, 1) for slot in (5, 6, 7)]
        assert last == opened[-1]
        assert books.changes() == {market.operator_account: (-3_000, 3_000)}
        assert market.registry.mandate_of(market.class_id, market.operator_account) == 10**9 - 60_000

    def test_a_batch_takes_32(self, market: Market) -> None:
        """And not 33."""
        open_all(market, *((slot, 1, 10, False, 0) for slot in range(32)))
        with boa.reverts():
            open_all(market, *((slot, 1, 10, False, 0) for slot in range(32, 65)))

    def test_nothing_opened_returns_zero(self, market: Market) -> None:
        """For an empty batch, and where all were skipped."""
        assert open_all(market) == 0
        assert open_all(market, (0, 0, 10_000, False, 0), strict=False) == 0

    def test_a_slot_is_free_again_when_its_task_has_ended(self, market: Market) -> None:
        """With the next sequence number."""
        task = market.open(slot=9)
        market.wait(16)
        market.registry.expire([task], True, sender=market.operator_address)
        assert market.open(slot=9) == task_number(market.operator_account, 9, 2)

    def test_last_slot(self, market: Market) -> None:
        """The operator registered 64."""
        assert market.open(slot=63) == task_number(market.operator_account, 63, 1)


class TestOwn:
    """A task its operator executes itself from the start."""

    def test_operator_is_the_executor_at_once(self, market: Market) -> None:
        """Awarded now, due after the class's submit time, at the load the task brings."""
        market.wait(5)
        task = market.open(own=True)
        announced = events(market.registry, "TaskWon")
        word = market.registry.task_words(task)[1]
        expected = (1, market.operator_account, 0, WON, 1, 0, 1_000, 0, 980_000, market.now, 600, 100, 1_000)
        assert progress(word) == expected
        assert announced == [(task, market.operator_account, 0, 980_000, 1_000, market.now + 600)]

    def test_is_paid_the_cap_whatever_the_start_price(self, market: Market) -> None:
        """It has no auction, so it has no start price, and leaves the mandate's alone."""
        class_id = market.other_class(start=700_000, start_gain=100_000)
        task = market.open(own=True, class_id=class_id)
        assert events(market.registry, "TaskOpened") == [(task, class_id, 100, 10_000, 0, 0)]
        words = market.registry.task_words(task)
        assert (terms(words[0]).start, progress(words[1]).price) == (0, 980_000)
        assert terms(market.registry.task_words(market.open(slot=1, class_id=class_id))[0]).start == 700_000

    def test_collateral_by_capacity(self, market: Market) -> None:
        """A tenth of the stake behind its 1,000 units, and the penalty still by the reward."""
        class_id = market.other_class(stake_share=100_000)
        books = Books(market)
        market.open(1, 100, own=True, class_id=class_id)
        assert books.changes() == {market.operator_account: (-1_005, 1_005)}

    def test_penalty_and_collateral_are_locked(self, market: Market) -> None:
        """As operator and as executor."""
        books = Books(market)
        market.open(own=True)
        assert books.changes() == {market.operator_account: (-10_500, 10_500)}

    def test_load_rises(self, market: Market) -> None:
        """By the difficulty."""
        market.open(own=True)
        assert market.participants.load_of(market.operator_account)[0] == 100

    def test_later_ones_of_a_batch_see_the_load_of_earlier_ones(self, market: Market) -> None:
        """Difficulties 100, 200 and 300 of a capacity of 1,000, with a delegated task between that brings none."""
        orders = (
            (0, 100, 10_000, True, 0),
            (1, 200, 10_000, True, 0),
            (2, 500, 10_000, False, 0),
            (3, 300, 10_000, True, 0),
        )
        open_all(market, *orders)
        tasks = [task_number(market.operator_account, slot, 1) for slot in (0, 1, 3)]
        assert [progress(market.registry.task_words(task)[1]).x for task in tasks] == [1_000, 3_000, 6_000]
        assert market.participants.load_of(market.operator_account)[0] == 600

    def test_load_before_the_batch_counts(self, market: Market) -> None:
        """A second call goes on where the first ended."""
        market.open(own=True, difficulty=700)
        task = market.open(own=True, difficulty=300, slot=1)
        assert progress(market.registry.task_words(task)[1]).x == 10_000


class TestSkips:
    """What an order is skipped for, by its position in the batch."""

    @pytest.mark.parametrize(
        ("order", "code"),
        [
            ((64, 100, 10_000, False, 0), SLOT),
            ((2**16, 100, 10_000, False, 0), SLOT),
            ((2**256 - 1, 100, 10_000, False, 0), SLOT),
            ((0, 100, 10**9 + 1, False, 0), MANDATE),
            ((0, 100, 2**256 - 1, False, 0), MANDATE),
            ((0, 1, 9, False, 0), TASK_TERMS),
            ((0, 1, 0, False, 0), TASK_TERMS),
            ((0, 0, 10_000, False, 0), TASK_TERMS),
            ((0, 2**32, 10**6, False, 0), TASK_TERMS),
            ((0, 2**256 - 1, 10**6, False, 0), TASK_TERMS),
            ((0, 51, 100, False, 0), TASK_TERMS),
            ((0, 51, 101, False, 0), TASK_TERMS),
            ((0, 100, 10_000, False, 1), TASK_TERMS),
            ((0, 100, 10_000, False, 10_001), TASK_TERMS),
            ((0, 100, 10_000, False, 1_010_000), TASK_TERMS),
            ((0, 100, 10_000, False, 2**256 - 6_000), TASK_TERMS),
            ((0, 1_001, 10_000, True, 0), CAPACITY),
        ],
    )
    def test_one_order(self, market: Market, order: tuple[int, int, int, bool, int], code: int) -> None:
        """Slot not the operator's, mandate too small, terms out of bounds, fee above the lowest price, no capacity."""
        check_skipped(market, lambda strict: open_all(market, order, strict=strict), 0, code)

    @pytest.mark.parametrize(
        "order",
        [(0, 5, 10, False, 0), (0, 50, 100, False, 0), (0, 1_000, 10_000, True, 0), (0, 1, 10, False, 1_000_000)],
    )
    def test_bounds_themselves_are_allowed(self, market: Market, order: tuple[int, int, int, bool, int]) -> None:
        """The smallest reward; a fee of 50 at a lowest price of 50; all of the capacity; a perfect record."""
        open_all(market, order)

    @pytest.mark.parametrize("reward", [2**92 - 1, 2**92])
    def test_largest_reward(self, reward: int) -> None:
        """A task's word has 92 bits for it."""
        market = Market()
        market.token.mint(market.avs, 2**93)
        market.escrow.deposit(market.avs_account, 2**93, sender=market.avs)
        class_id = market.task_class(market.avs, replace(PLAIN, operator_share=0))
        market.classes.fund_mandate(class_id, market.operator_account, 2**93, sender=market.avs)
        order = (0, 100, reward, False, 0)
        if reward < 2**92:
            assert terms(market.registry.task_words(open_all(market, order, class_id=class_id))[0]).reward == reward
        else:
            check_skipped(
                market, lambda strict: open_all(market, order, strict=strict, class_id=class_id), 0, TASK_TERMS
            )

    def test_whole_mandate(self, market: Market) -> None:
        """To the last unit."""
        market.classes.reduce_mandate(market.class_id, market.operator_account, 10**9 - 10_000, sender=market.avs)
        market.open()
        assert market.registry.mandate_of(market.class_id, market.operator_account) == 0

    def test_mandate_exhausted_by_the_batch_itself(self, market: Market) -> None:
        """Two rewards of 600 do not fit into 1,000, one does."""
        market.classes.reduce_mandate(market.class_id, market.operator_account, 10**9 - 1_000, sender=market.avs)
        orders = ((0, 1, 600, False, 0), (1, 1, 600, False, 0), (2, 1, 400, False, 0))
        with refused(REASONS[MANDATE]):
            open_all(market, *orders)
        open_all(market, *orders, strict=False)
        assert events(market.registry, "Skipped") == [(1, MANDATE)]
        assert market.registry.mandate_of(market.class_id, market.operator_account) == 0

    def test_no_mandate(self, market: Market) -> None:
        """Another operator's does not help."""
        who, _ = market.operator("other")
        order = (0, 100, 10_000, False, 0)

        def call(strict: bool) -> None:
            market.registry.open_tasks(market.class_id, [order], strict, sender=who)

        check_skipped(market, call, 0, MANDATE)

    def test_no_such_class(self, market: Market) -> None:
        """Nobody can have a mandate for it."""
        order = (0, 100, 10_000, False, 0)
        check_skipped(market, lambda strict: open_all(market, order, strict=strict, class_id=99), 0, MANDATE)

    @pytest.mark.parametrize("class_id", [1, 99])
    def test_no_mandate_and_no_reward(self, class_id: int) -> None:
        """A task for nothing is refused even where no fee makes it cost something."""
        market = Market(fee_per_unit=0)
        who, _ = market.operator("other")
        market.next_epoch()
        for own in (False, True):
            with refused(REASONS[TASK_TERMS]):
                market.registry.open_tasks(class_id, [(0, 100, 0, own, 0)], True, sender=who)

    def test_slot_taken(self, market: Market) -> None:
        """By a live task in any state."""
        market.open()
        order = (0, 100, 10_000, False, 0)
        check_skipped(market, lambda strict: open_all(market, order, strict=strict), 0, SLOT)

    def test_slot_named_twice(self, market: Market) -> None:
        """The first order of the batch takes it."""
        orders = ((4, 100, 10_000, False, 0), (4, 100, 10_000, False, 0))
        with refused(REASONS[SLOT]):
            open_all(market, *orders)
        books = Books(market)
        assert open_all(market, *orders, strict=False) == task_number(market.operator_account, 4, 1)
        assert events(market.registry, "Skipped") == [(1, SLOT)]
        assert books.changes() == {market.operator_account: (-500, 500)}

    @pytest.mark.parametrize(("complexity", "code"), [(5, 0), (6, COMPLEXITY)])
    def test_complexity_of_own_tasks(self, market: Market, complexity: int, code: int) -> None:
        """The operator registered 5; delegated tasks may be beyond it."""
        class_id = market.other_class(complexity=complexity)
        open_all(market, (1, 100, 10_000, False, 0), class_id=class_id)
        order = (0, 100, 10_000, True, 0)
        if code:
            call = lambda strict: open_all(market, order, strict=strict, class_id=class_id)  # noqa: E731
            check_skipped(market, call, 0, code)
        else:
            open_all(market, order, class_id=class_id)

    def test_capacity_used_by_the_batch_itself(self, market: Market) -> None:
        """600 and 600 do not fit into 1,000; 400 still does."""
        orders = [(slot, difficulty, 10_000, True, 0) for slot, difficulty in enumerate((600, 600, 400))]
        with refused(REASONS[CAPACITY]):
            open_all(market, *orders)
        open_all(market, *orders, strict=False)
        assert events(market.registry, "Skipped") == [(1, CAPACITY)]
        assert market.participants.load_of(market.operator_account)[0] == 1_000

    def test_capacity_that_is_about_to_shrink(self, market: Market) -> None:
        """The room of the next epoch counts."""
        market.participants.resize(400, sender=market.operator_address)
        order = (0, 401, 10_000, True, 0)
        check_skipped(market, lambda strict: open_all(market, order, strict=strict), 0, CAPACITY)
        open_all(market, (0, 400, 10_000, True, 0))

    def test_the_rest_of_a_batch_goes_on(self, market: Market) -> None:
        """Bad orders first, in the middle and last, each reported by its position."""
        orders = (
            (64, 100, 10_000, False, 0),
            (0, 100, 10_000, False, 0),
            (1, 0, 10_000, False, 0),
            (2, 100, 10_000, True, 0),
            (3, 100, 2 * 10**9, False, 0),
        )
        books = Books(market)
        last = open_all(market, *orders, strict=False)
        assert events(market.registry, "Skipped") == [(0, SLOT), (2, TASK_TERMS), (4, MANDATE)]
        assert last == task_number(market.operator_account, 2, 1)
        assert books.changes() == {market.operator_account: (-11_000, 11_000)}


class TestStartPrice:
    """What a mandate learns from its tasks."""

    LEARNING: ClassVar = {"start": 700_000, "start_gain": 100_000, "start_target": 55_000, "step_seconds": 1}

    def start(self, market: Market, class_id: int, operator: int | None = None) -> int:
        """Start price in a mandate's word."""
        return int(market.registry.eval(f"self._mandates[{class_id}][{operator or market.operator_account}]")) >> 223

    def test_falls_by_the_target_with_each_task(self, market: Market) -> None:
        """0.0055 a task, within a batch too; each task keeps its own, rounded down to 0.001."""
        class_id = market.other_class(**self.LEARNING)
        open_all(market, *((slot, 100, 10_000, slot == 1, 0) for slot in range(4)), class_id=class_id)
        announced = [start for *_, start, _ in events(market.registry, "TaskOpened")]
        tasks = [task_number(market.operator_account, slot, 1) for slot in range(4)]
        starts = [terms(market.registry.task_words(task)[0]).start for task in tasks]
        assert starts == announced == [700_000, 0, 694_000, 689_000]
        assert self.start(market, class_id) == 683_500
        market.open(slot=5, class_id=class_id)
        assert self.start(market, class_id) == 678_000

    def test_does_not_fall_below_the_floor(self, market: Market) -> None:
        """Nor does a task's."""
        class_id = market.other_class(**self.LEARNING | {"floor": 695_000})
        for slot in range(3):
            task = market.open(slot=slot, class_id=class_id)
        assert self.start(market, class_id) == terms(market.registry.task_words(task)[0]).start == 695_000

    def test_a_skipped_order_moves_nothing(self, market: Market) -> None:
        """It opens no task."""
        class_id = market.other_class(**self.LEARNING)
        open_all(market, (0, 0, 10_000, False, 0), (64, 100, 10_000, False, 0), class_id=class_id, strict=False)
        assert self.start(market, class_id) == 700_000

    def test_is_kept_by_mandate(self, market: Market) -> None:
        """Another operator of the class has its own, and one that is funded again or later keeps what it has."""
        class_id = market.other_class(**self.LEARNING)
        _, number = market.operator("other")
        market.open(class_id=class_id)
        market.classes.fund_mandate(class_id, number, 10**6, sender=market.avs)
        assert [self.start(market, class_id, who) for who in (market.operator_account, number)] == [694_500, 700_000]
        market.classes.suspend_mandate(class_id, market.operator_account, sender=market.avs)
        assert self.start(market, class_id) == 694_500
        market.classes.reduce_mandate(class_id, market.operator_account, 10_000, sender=market.avs)
        market.classes.fund_mandate(class_id, market.operator_account, 10_000, sender=market.avs)
        assert self.start(market, class_id) == 694_500

    def test_without_gain_it_stays(self, market: Market) -> None:
        """As in the paper."""
        for slot in range(3):
            task = market.open(slot=slot)
        market.wait(16)
        market.registry.reopen(task, sender=market.operator_address)
        assert self.start(market, market.class_id) == 980_000

    @pytest.mark.parametrize("end", ["reopen", "self_execute", "expire"])
    def test_rises_by_the_gain_when_the_first_auction_is_left(self, market: Market, end: str) -> None:
        """One in about eighteen left is the target: 0.1 up, 0.0055 down."""
        class_id = market.other_class(**self.LEARNING)
        task = market.open(class_id=class_id)
        market.wait(8)
        left = [task] if end != "expire" else [[task], True]
        getattr(market.registry, end)(*left, sender=market.operator_address)
        assert self.start(market, class_id) == 794_500
        assert market.registry.mandate_of(class_id, market.operator_account) == 10**6 - (end != "expire") * 10_000

    @pytest.mark.parametrize("end", ["self_execute", "expire"])
    def test_rises_once(self, market: Market, end: str) -> None:
        """What the last call leaves was counted when it was reopened."""
        class_id = market.other_class(**self.LEARNING)
        task = market.open(class_id=class_id)
        market.wait(8)
        market.registry.reopen(task, sender=market.operator_address)
        market.wait(8)
        left = [task] if end != "expire" else [[task], True]
        getattr(market.registry, end)(*left, sender=market.operator_address)
        assert self.start(market, class_id) == 794_500

    def test_does_not_rise_beyond_the_cap(self, market: Market) -> None:
        """Four left tasks would lift it to 1.078."""
        class_id = market.other_class(**self.LEARNING)
        tasks = [market.open(slot=slot, class_id=class_id) for slot in range(4)]
        market.wait(8)
        market.registry.expire(tasks, True, sender=market.operator_address)
        assert self.start(market, class_id) == 980_000

    def test_a_live_task_keeps_its_own(self, market: Market) -> None:
        """Also in the last call, which rises from it."""
        class_id = market.other_class(**self.LEARNING)
        task = market.open(class_id=class_id)
        market.wait(8)
        market.registry.reopen(task, sender=market.operator_address)
        assert terms(market.registry.task_words(task)[0]).start == 700_000

    @pytest.mark.parametrize("end", ["reopen", "self_execute", "expire"])
    def test_a_suspended_mandate_learns_nothing(self, market: Market, end: str) -> None:
        """Its gain is unknown."""
        class_id = market.other_class(**self.LEARNING)
        task = market.open(class_id=class_id)
        market.classes.suspend_mandate(class_id, market.operator_account, sender=market.avs)
        market.wait(8)
        left = [task] if end != "expire" else [[task], True]
        getattr(market.registry, end)(*left, sender=market.operator_address)
        assert self.start(market, class_id) == 694_500


class TestRefused:
    """What no order of the batch could change."""

    def test_while_paused(self, market: Market) -> None:
        """The registry's own pause, and only that."""
        market.participants.pause(True, sender=market.owner)
        market.open()
        market.registry.pause(True, sender=market.owner)
        with refused("registry: paused"):
            market.open(slot=1)
        market.registry.pause(False, sender=market.owner)
        market.open(slot=1)

    @pytest.mark.parametrize("who", ["stranger", "avs", "coprocessor_address"])
    def test_for_others_than_operators(self, market: Market, who: str) -> None:
        """Nobody can bind another's collateral."""
        with refused(REASONS[ROLE]):
            market.registry.open_tasks(market.class_id, [], False, sender=getattr(market, who))

    def test_after_leaving(self, market: Market) -> None:
        """The mandate alone is not enough."""
        market.participants.leave(sender=market.operator_address)
        with refused(REASONS[ROLE]):
            market.open()

    @pytest.mark.parametrize(("minimum", "fits"), [(500_000, True), (501_000, False)])
    def test_below_the_reputation_of_the_class(self, market: Market, minimum: int, fits: bool) -> None:
        """A newcomer has one half."""
        class_id = market.other_class(min_operator_reputation=minimum)
        if fits:
            open_all(market, (0, 100, 10_000, False, 0), class_id=class_id)
        else:
            with refused("registry: reputation too low"):
                open_all(market, (0, 100, 10_000, False, 0), class_id=class_id, strict=False)

    @pytest.mark.parametrize(("own", "lock"), [(False, 500), (True, 10_500)])
    def test_without_funds_for_the_locks(self, market: Market, own: bool, lock: int) -> None:
        """One unit short is short, strict or not."""
        free = market.free(market.operator_account)
        market.reputation.bond(free - lock + 1, sender=market.operator_address)
        with refused("escrow: free out of range"):
            open_all(market, (0, 100, 10_000, own, 0), strict=False)
        market.reputation.unbond(1, sender=market.operator_address)
        open_all(market, (0, 100, 10_000, own, 0))
        assert market.free(market.operator_account) == 0
