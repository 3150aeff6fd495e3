"""Opening tasks on a mandate.

With the default class a reward of 10,000 asks 10,000 of collateral, and 500, a twentieth of it, as the operator's
penalty.
"""

from __future__ import annotations

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
from tests.support.protocol import Market


def open_all(market: Market, *orders: tuple[int, int, int, bool], strict: bool = True, class_id: int = 0) -> int:
    """Open tasks in one call."""
    entry = market.registry.open_tasks
    return int(entry(class_id or market.class_id, list(orders), strict, sender=market.operator_address))


class TestDelegated:
    """A task for the auction."""

    def test_number_tells_operator_slot_and_sequence(self, market: Market) -> None:
        """The sequence counts the tasks of the slot."""
        assert market.open(slot=3) == task_number(market.operator_account, 3, 1)

    def test_terms_are_stored_and_announced(self, market: Market) -> None:
        """Class, moment, difficulty, reward and complexity, live and on the first clock."""
        market.wait(5)
        task = market.open(slot=3)
        announced = events(market.registry, "TaskOpened")
        word = market.registry.task_words(task)[0]
        assert terms(word) == (1, market.class_id, market.now, 100, 10_000, LIVE, 0, market.terms.complexity)
        assert announced == [(task, market.class_id, 100, 10_000)]

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
            (10, 4_000_000, 1, 1),
        ],
    )
    def test_penalty_is_rounded_up(
        self, market: Market, reward: int, collateral: int, share: int, penalty: int
    ) -> None:
        """10,001 / 20 = 500.05; a collateral of 9,800.01 is 9,801, a twentieth of it 490.05; a millionth of 40 is 1."""
        class_id = market.other_class(collateral=collateral, operator_share=share)
        books = Books(market)
        open_all(market, (0, 1, reward, False), class_id=class_id)
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
        last = open_all(market, (5, 100, 10_000, False), (6, 100, 20_000, False), (7, 100, 30_000, False))
        opened = [task for task, *_ in events(market.registry, "TaskOpened")]
        assert opened == [task_number(market.operator_account, slot, 1) for slot in (5, 6, 7)]
        assert last == opened[-1]
        assert books.changes() == {market.operator_account: (-3_000, 3_000)}
        assert market.registry.mandate_of(market.class_id, market.operator_account) == 10**9 - 60_000

    def test_a_batch_takes_32(self, market: Market) -> None:
        """And not 33."""
        open_all(market, *((slot, 1, 10, False) for slot in range(32)))
        with boa.reverts():
            open_all(market, *((slot, 1, 10, False) for slot in range(32, 65)))

    def test_nothing_opened_returns_zero(self, market: Market) -> None:
        """For an empty batch, and where all were skipped."""
        assert open_all(market) == 0
        assert open_all(market, (0, 0, 10_000, False), strict=False) == 0

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
        expected = (1, market.operator_account, 0, WON, 1, 0, 1_000, 0, market.now, market.now + 600, 100)
        assert progress(word) == expected
        assert announced == [(task, market.operator_account, 0, 1_000, market.now + 600)]

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
        orders = ((0, 100, 10_000, True), (1, 200, 10_000, True), (2, 500, 10_000, False), (3, 300, 10_000, True))
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
            ((64, 100, 10_000, False), SLOT),
            ((2**16, 100, 10_000, False), SLOT),
            ((2**256 - 1, 100, 10_000, False), SLOT),
            ((0, 100, 10**9 + 1, False), MANDATE),
            ((0, 100, 2**256 - 1, False), MANDATE),
            ((0, 1, 9, False), TASK_TERMS),
            ((0, 1, 0, False), TASK_TERMS),
            ((0, 0, 10_000, False), TASK_TERMS),
            ((0, 2**32, 10**6, False), TASK_TERMS),
            ((0, 2**256 - 1, 10**6, False), TASK_TERMS),
            ((0, 51, 100, False), TASK_TERMS),
            ((0, 51, 101, False), TASK_TERMS),
            ((0, 1_001, 10_000, True), CAPACITY),
        ],
    )
    def test_one_order(self, market: Market, order: tuple[int, int, int, bool], code: int) -> None:
        """Slot not the operator's, mandate too small, terms out of bounds, fee above the lowest price, no capacity."""
        check_skipped(market, lambda strict: open_all(market, order, strict=strict), 0, code)

    @pytest.mark.parametrize("order", [(0, 5, 10, False), (0, 50, 100, False), (0, 1_000, 10_000, True)])
    def test_bounds_themselves_are_allowed(self, market: Market, order: tuple[int, int, int, bool]) -> None:
        """The smallest reward; a fee of 50 at a lowest price of 50; all of the capacity."""
        open_all(market, order)

    def test_whole_mandate(self, market: Market) -> None:
        """To the last unit."""
        market.classes.reduce_mandate(market.class_id, market.operator_account, 10**9 - 10_000, sender=market.avs)
        market.open()
        assert market.registry.mandate_of(market.class_id, market.operator_account) == 0

    def test_mandate_exhausted_by_the_batch_itself(self, market: Market) -> None:
        """Two rewards of 600 do not fit into 1,000, one does."""
        market.classes.reduce_mandate(market.class_id, market.operator_account, 10**9 - 1_000, sender=market.avs)
        orders = ((0, 1, 600, False), (1, 1, 600, False), (2, 1, 400, False))
        with refused(REASONS[MANDATE]):
            open_all(market, *orders)
        open_all(market, *orders, strict=False)
        assert events(market.registry, "Skipped") == [(1, MANDATE)]
        assert market.registry.mandate_of(market.class_id, market.operator_account) == 0

    def test_no_mandate(self, market: Market) -> None:
        """Another operator's does not help."""
        who, _ = market.operator("other")
        order = (0, 100, 10_000, False)

        def call(strict: bool) -> None:
            market.registry.open_tasks(market.class_id, [order], strict, sender=who)

        check_skipped(market, call, 0, MANDATE)

    def test_no_such_class(self, market: Market) -> None:
        """Nobody can have a mandate for it."""
        order = (0, 100, 10_000, False)
        check_skipped(market, lambda strict: open_all(market, order, strict=strict, class_id=99), 0, MANDATE)

    @pytest.mark.parametrize("class_id", [1, 99])
    def test_no_mandate_and_no_reward(self, class_id: int) -> None:
        """A task for nothing is refused even where no fee makes it cost something."""
        market = Market(fee_per_unit=0)
        who, _ = market.operator("other")
        market.next_epoch()
        for own in (False, True):
            with refused(REASONS[TASK_TERMS]):
                market.registry.open_tasks(class_id, [(0, 100, 0, own)], True, sender=who)

    def test_slot_taken(self, market: Market) -> None:
        """By a live task in any state."""
        market.open()
        order = (0, 100, 10_000, False)
        check_skipped(market, lambda strict: open_all(market, order, strict=strict), 0, SLOT)

    def test_slot_named_twice(self, market: Market) -> None:
        """The first order of the batch takes it."""
        orders = ((4, 100, 10_000, False), (4, 100, 10_000, False))
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
        open_all(market, (1, 100, 10_000, False), class_id=class_id)
        order = (0, 100, 10_000, True)
        if code:
            call = lambda strict: open_all(market, order, strict=strict, class_id=class_id)  # noqa: E731
            check_skipped(market, call, 0, code)
        else:
            open_all(market, order, class_id=class_id)

    def test_capacity_used_by_the_batch_itself(self, market: Market) -> None:
        """600 and 600 do not fit into 1,000; 400 still does."""
        orders = [(slot, difficulty, 10_000, True) for slot, difficulty in enumerate((600, 600, 400))]
        with refused(REASONS[CAPACITY]):
            open_all(market, *orders)
        open_all(market, *orders, strict=False)
        assert events(market.registry, "Skipped") == [(1, CAPACITY)]
        assert market.participants.load_of(market.operator_account)[0] == 1_000

    def test_capacity_that_is_about_to_shrink(self, market: Market) -> None:
        """The room of the next epoch counts."""
        market.participants.resize(400, sender=market.operator_address)
        order = (0, 401, 10_000, True)
        check_skipped(market, lambda strict: open_all(market, order, strict=strict), 0, CAPACITY)
        open_all(market, (0, 400, 10_000, True))

    def test_the_rest_of_a_batch_goes_on(self, market: Market) -> None:
        """Bad orders first, in the middle and last, each reported by its position."""
        orders = (
            (64, 100, 10_000, False),
            (0, 100, 10_000, False),
            (1, 0, 10_000, False),
            (2, 100, 10_000, True),
            (3, 100, 2 * 10**9, False),
        )
        books = Books(market)
        last = open_all(market, *orders, strict=False)
        assert events(market.registry, "Skipped") == [(0, SLOT), (2, TASK_TERMS), (4, MANDATE)]
        assert last == task_number(market.operator_account, 2, 1)
        assert books.changes() == {market.operator_account: (-11_000, 11_000)}


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

    @pytest.mark.parametrize(("minimum", "fits"), [(500_000, True), (500_001, False)])
    def test_below_the_reputation_of_the_class(self, market: Market, minimum: int, fits: bool) -> None:
        """A newcomer has one half."""
        class_id = market.other_class(min_operator_reputation=minimum)
        if fits:
            open_all(market, (0, 100, 10_000, False), class_id=class_id)
        else:
            with refused("registry: reputation too low"):
                open_all(market, (0, 100, 10_000, False), class_id=class_id, strict=False)

    @pytest.mark.parametrize(("own", "lock"), [(False, 500), (True, 10_500)])
    def test_without_funds_for_the_locks(self, market: Market, own: bool, lock: int) -> None:
        """One unit short is short, strict or not."""
        free = market.free(market.operator_account)
        market.reputation.bond(free - lock + 1, sender=market.operator_address)
        with refused("escrow: free out of range"):
            open_all(market, (0, 100, 10_000, own), strict=False)
        market.reputation.unbond(1, sender=market.operator_address)
        open_all(market, (0, 100, 10_000, own))
        assert market.free(market.operator_account) == 0
