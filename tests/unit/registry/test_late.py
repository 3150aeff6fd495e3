"""Late tasks: the slash, the rescue, the failure.

Collateral and reward 10,000, slash factor a tenth, lateness floor a twentieth. Of a slash two fifths go to the harmed
operator, a quarter to the finder, a tenth is burned, the rest goes to the pool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boa
import pytest

from tests.support.books import Books, check_skipped
from tests.support.chain import events, refused
from tests.support.contract_words import (
    BURN,
    CALLER,
    CAPACITY,
    COMPLEXITY,
    FAILED,
    LATE,
    LOAD_LIMIT,
    NO_TASK,
    POOL,
    REASONS,
    REPUTATION,
    ROLE,
    STATE,
    TOO_EARLY,
    TOO_LATE,
    WON,
    move,
    progress,
    terms,
)
from tests.support.keeper import ONE_QUARTER, give_logits
from tests.support.protocol import Market


@pytest.fixture
def finder(market: Market) -> int:
    """Give an account that finds late tasks."""
    return market.account("finder", deposit=0)[1]


def slashing(market: Market, *tasks: int) -> Callable[[bool], Any]:
    """Make a call that slashes tasks for nobody."""
    return lambda strict: market.registry.slash(list(tasks), 0, strict, sender=market.stranger)


def slashed(market: Market, **order: Any) -> int:
    """Make a late task and slash its executor in the first second possible, 603 s after opening."""
    task = market.open(**order)
    if not order.get("own"):
        market.bid(task)
        market.wait(2)
    market.wait(601)
    market.registry.slash([task], 0, True)
    return task


def rescue(market: Market, task: int, who: str | None = None) -> None:
    """Take a late task over."""
    market.registry.take_over([market.order(task)], True, sender=who or market.rival)


class TestSlash:
    """Slashing the executor of an overdue task."""

    def test_shares(self, market: Market, finder: int) -> None:
        """Of 1,000: 400 to the operator, 250 to the finder, 100 burned, 250 to the pool; 9,000 come back."""
        task = market.late()
        books = Books(market)
        market.registry.slash([task], finder, True, sender=market.stranger)
        assert books.changes() == {
            market.coprocessor_account: (9_000, -10_000),
            market.operator_account: (400, 0),
            finder: (250, 0),
            BURN: (100, 0),
            POOL: (250, 0),
        }

    def test_without_finder_its_share_goes_to_the_pool(self, market: Market) -> None:
        """Account 0 is nobody."""
        task = market.late()
        books = Books(market)
        market.registry.slash([task], 0, True, sender=market.stranger)
        assert books.changes() == {
            market.coprocessor_account: (9_000, -10_000),
            market.operator_account: (400, 0),
            BURN: (100, 0),
            POOL: (500, 0),
        }

    def test_own_task_harms_the_avs(self, market: Market, finder: int) -> None:
        """The operator is the executor, so the compensation goes to the AVS; the penalty stays locked."""
        task = market.open(own=True)
        market.wait(601)
        books = Books(market)
        market.registry.slash([task], finder, True)
        assert books.changes() == {
            market.operator_account: (9_000, -10_000),
            market.avs_account: (400, 0),
            finder: (250, 0),
            BURN: (100, 0),
            POOL: (250, 0),
        }

    def test_state_and_event(self, market: Market, finder: int) -> None:
        """The task waits for a rescuer; the event names executor, finder and amount."""
        task = market.late()
        before = progress(market.registry.task_words(task)[1])
        market.registry.slash([task], finder, True)
        announced = (task, market.coprocessor_account, finder, 1_000)
        assert events(market.registry, "Slashed") == [announced]
        assert progress(market.registry.task_words(task)[1]) == before._replace(status=LATE)

    def test_load_falls(self, market: Market) -> None:
        """The slashed executor is free for other work."""
        task = market.late(difficulty=300)
        assert market.participants.load_of(market.coprocessor_account)[0] == 300
        market.registry.slash([task], 0, True)
        assert market.participants.load_of(market.coprocessor_account)[0] == 0

    def test_records_wait(self, market: Market) -> None:
        """They suffer when the task goes on or ends."""
        task = market.late()
        market.registry.slash([task], 0, True)
        for account in (market.operator_account, market.coprocessor_account):
            assert market.registry.fees_in(account, market.epoch) == (0, 0)

    def test_capacity_is_held_to_the_stake(self, market: Market) -> None:
        """A coprocessor with 10,003 of stake for a capacity of 1,000 loses 1,000 and covers 900."""
        who, number = market.account("poor", deposit=10_003)
        market.participants.register(2, 1_000, 5, 0, sender=who)
        market.next_epoch()
        task = market.open()
        market.bid(task, who)
        market.wait(603)
        market.registry.slash([task], 0, True)
        assert events(market.registry, "CapacityCut") == [(number, 900)]
        assert market.participants.load_of(number) == (0, 900, 900)

    def test_not_before_the_task_is_overdue(self, market: Market) -> None:
        """Second 602 still belongs to the executor."""
        task = market.open()
        market.bid(task)
        market.wait(602)
        check_skipped(market, slashing(market, task), task, TOO_EARLY)
        market.wait(1)
        market.registry.slash([task], 0, True)

    def test_once(self, market: Market) -> None:
        """The same lateness is not punished twice."""
        task = slashed(market)
        check_skipped(market, slashing(market, task), task, STATE)

    def test_not_what_was_submitted(self, market: Market) -> None:
        """However long it waits for settlement."""
        task = market.award()
        market.submit(task)
        market.wait(10_000)
        check_skipped(market, slashing(market, task), task, STATE)

    def test_not_what_nobody_took(self, market: Market) -> None:
        """There is nobody to slash."""
        task = market.open()
        market.wait(10_000)
        check_skipped(market, slashing(market, task), task, STATE)

    @pytest.mark.parametrize("number", [0, 2**80, 2**256 - 1])
    def test_numbers_of_no_task(self, market: Market, number: int) -> None:
        """Reported like any other."""
        check_skipped(market, slashing(market, number), number, NO_TASK)

    @pytest.mark.parametrize("finder", [2**32, 2**255])
    def test_finder_is_an_account(self, market: Market, finder: int) -> None:
        """A number that does not fit would spill into the event and the moves."""
        task = market.late()
        with refused("slasher: no such account"):
            market.registry.slash([task], finder, False)

    def test_batch(self, market: Market, finder: int) -> None:
        """Two executors, loads and rounding apart: each slash is split by itself, what goes to all is summed."""
        tasks = [market.open(slot=slot, reward=reward) for slot, reward in enumerate((10_000, 10_030, 10_000, 10_000))]
        executors = (market.coprocessor_address, market.rival, market.rival, market.coprocessor_address)
        for task, who in zip(tasks, executors, strict=True):
            market.bid(task, who)
        market.wait(17)
        market.submit(tasks[3])
        market.wait(601)
        books = Books(market)
        market.registry.slash([*tasks, tasks[0]], finder, False)
        assert events(market.registry, "Skipped") == [(tasks[3], STATE), (tasks[0], STATE)]
        # slashes 1,000, 1,003 and 1,000: of 1,003 the shares are 401, 251 rounded up, 100 and the rest of 251
        assert books.changes() == {
            market.coprocessor_account: (9_000, -10_000),
            market.rival_account: (9_000 + 9_027, -20_030),
            market.operator_account: (400 + 401 + 400, 0),
            finder: (250 + 251 + 250, 0),
            BURN: (300, 0),
            POOL: (250 + 251 + 250, 0),
        }
        assert market.participants.load_of(market.rival_account)[0] == 0
        assert market.participants.load_of(market.coprocessor_account)[0] == 0

    def test_a_batch_frees_each_executors_own_load(self, market: Market) -> None:
        """Executors by turns, one with other work left."""
        tasks = [market.open(slot=slot, difficulty=2**slot) for slot in range(6)]
        executors = (market.coprocessor_address, market.rival)
        for place, task in enumerate(tasks):
            market.bid(task, executors[place % 2])
        market.wait(620)
        market.registry.slash(tasks[:5], 0, True)
        assert market.participants.load_of(market.coprocessor_account)[0] == 0
        assert market.participants.load_of(market.rival_account)[0] == 32

    def test_a_batch_takes_32(self, market: Market, finder: int) -> None:
        """And not 33."""
        orders = [(slot, 1, 1_000, False, 0) for slot in range(32)]
        market.registry.open_tasks(market.class_id, orders, True, sender=market.operator_address)
        tasks = [market.operator_account << 48 | slot << 32 | 1 for slot in range(32)]
        market.registry.bid([market.order(task) for task in tasks], True, sender=market.coprocessor_address)
        market.wait(620)
        with boa.reverts():
            market.registry.slash([*tasks, 0], finder, False)
        books = Books(market)
        market.registry.slash(tasks, finder, True)
        assert books.changes()[finder] == (32 * 25, 0)


class TestSlashAmounts:
    """max(lateness floor * reward, collateral * s * m(x)), at most the collateral."""

    def amount(self, market: Market, difficulty: int = 100, busy: int = 0, **changes: Any) -> int:
        """Slash a late task of a class, won by a coprocessor with some load; how much."""
        class_id = market.other_class(**changes)
        if busy:
            market.participants.change_load(market.coprocessor_account, busy, 0, sender=market.registry.address)
        task = market.open(difficulty, class_id=class_id)
        market.bid(task)
        market.wait(620)
        market.registry.slash([task], 0, True)
        return int(events(market.registry, "Slashed")[0][-1])

    @pytest.mark.parametrize(("difficulty", "expected"), [(800, 1_000), (850, 1_081), (900, 1_274), (1_000, 1_999)])
    def test_load_above_f_amplifies(self, market: Market, difficulty: int, expected: int) -> None:
        """M is 1 at 80 %, then 1.081249, 1.274999 and 1.999999; each product is rounded down."""
        assert self.amount(market, difficulty) == expected

    def test_load_when_the_task_was_won_counts(self, market: Market) -> None:
        """Also what the executor had in flight besides."""
        assert self.amount(market, difficulty=100, busy=800) == 1_274

    @pytest.mark.parametrize(("factor", "expected"), [(50_000, 500), (49_999, 500), (10_000, 500), (50_100, 501)])
    def test_lateness_floor(self, market: Market, factor: int, expected: int) -> None:
        """At least a twentieth of the reward."""
        assert self.amount(market, slash_factor=factor, operator_share=0) == expected

    def test_collateral_counts(self, market: Market) -> None:
        """Four times the reward, four times the slash."""
        assert self.amount(market, collateral=4_000_000) == 4_000

    @pytest.mark.parametrize("difficulty", [100, 1_000])
    def test_at_most_the_collateral(self, market: Market, difficulty: int) -> None:
        """With s = 1 all of it is lost, and no more under load."""
        assert self.amount(market, difficulty, slash_factor=1_000_000) == 10_000

    def test_load_of_a_rescuer_counts_for_its_own_slash(self, market: Market) -> None:
        """The winner was at 10 %, the rescuer is at 90 %."""
        task = slashed(market)
        market.participants.change_load(market.rival_account, 800, 0, sender=market.registry.address)
        rescue(market, task)
        market.wait(601)
        market.registry.slash([task], 0, True)
        assert events(market.registry, "Slashed")[0][-1] == 1_274

    def test_terms_and_curve_of_the_opening_count(self, market: Market) -> None:
        """Changed in the epoch of the opening, in force when the slash comes."""
        market.wait(3_500)
        task = market.open(difficulty=900)
        market.slasher.set_terms((500_000, 0, 0, 1_000_000, 0, 0, 0), sender=market.owner)
        gentle = (200_000_000, 5_000, 0, 200_000_000, -500_000_000, 9_000, 22_500_000, 900_000_000, 0)
        market.slasher.set_curve(gentle, sender=market.owner)
        market.bid(task)
        market.wait(700)
        books = Books(market)
        market.registry.slash([task], 0, True)
        assert events(market.registry, "Slashed")[0][-1] == 1_274
        assert books.changes()[BURN] == (127, 0)

    def test_terms_of_a_later_opening_are_the_new_ones(self, market: Market) -> None:
        """Half the reward is the floor, and all is burned."""
        market.slasher.set_terms((500_000, 0, 0, 1_000_000, 0, 0, 0), sender=market.owner)
        market.next_epoch()
        task = market.late()
        books = Books(market)
        market.registry.slash([task], 0, True)
        assert books.changes() == {market.coprocessor_account: (5_000, -10_000), BURN: (5_000, 0)}

    def test_terms_may_differ_within_a_batch(self, market: Market) -> None:
        """One task from before the boundary, one from after it."""
        market.wait(3_500)
        market.slasher.set_terms((500_000, 0, 0, 1_000_000, 0, 0, 0), sender=market.owner)
        old = market.open()
        market.bid(old)
        market.wait(100)
        new = market.open(slot=1)
        market.bid(new)
        market.wait(620)
        market.registry.slash([old, new], 0, True)
        assert [amount for *_, amount in events(market.registry, "Slashed")] == [1_000, 5_000]


class TestTakeOver:
    """Rescuing a late task."""

    def test_rescuer_becomes_the_executor(self, market: Market) -> None:
        """At its own load, record and capacity, due after the submit time and paid the cap; the step stays."""
        task = market.open()
        market.wait(6)
        market.bid(task)
        market.wait(610)
        market.registry.slash([task], 0, True)
        before = progress(market.registry.task_words(task)[1])
        market.participants.change_load(market.rival_account, 300, 0, sender=market.registry.address)
        rescue(market, task)
        announced = events(market.registry, "TaskTakenOver")
        word = market.registry.task_words(task)[1]
        expected = before._replace(
            executor=market.rival_account, status=WON, rescued=1, x=4_000, price=980_000, time=market.now
        )
        assert progress(word) == expected
        assert (expected.step, before.price) == (3, 800_000)
        assert announced == [(task, market.rival_account, 4_000, market.now + 600)]

    def test_takes_collateral_and_load(self, market: Market) -> None:
        """As of a bidder."""
        task = slashed(market)
        books = Books(market)
        rescue(market, task)
        assert books.changes() == {market.rival_account: (-10_000, 10_000)}
        assert market.participants.load_of(market.rival_account)[0] == 100

    def test_until_the_rescue_deadline(self, market: Market) -> None:
        """Due at 602, so the last second is 1,202, however late the slash came."""
        task = slashed(market)
        market.wait(599)
        with boa.env.anchor():
            rescue(market, task)
        market.wait(1)
        check_skipped(market, self.taking(market, task), task, TOO_LATE)

    def taking(self, market: Market, task: int, who: str | None = None, **limits: int) -> Callable[[bool], Any]:
        """Make a call that takes one task over."""
        order = market.order(task, **limits)
        return lambda strict: market.registry.take_over([order], strict, sender=who or market.rival)

    def test_not_before_the_slash(self, market: Market) -> None:
        """Overdue is not enough."""
        task = market.late()
        check_skipped(market, self.taking(market, task), task, STATE)

    def test_only_once(self, market: Market) -> None:
        """While a rescuer has it, and after the rescuer was late too."""
        third, _ = market.coprocessor("third")
        market.next_epoch()
        task = slashed(market)
        rescue(market, task)
        check_skipped(market, self.taking(market, task, who=third), task, STATE)
        market.wait(601)
        market.registry.slash([task], 0, True)
        check_skipped(market, self.taking(market, task, who=third), task, STATE)

    def test_not_by_the_slashed(self, market: Market) -> None:
        """It had its time."""
        task = slashed(market)
        check_skipped(market, self.taking(market, task, who=market.coprocessor_address), task, CALLER)

    @pytest.mark.parametrize("number", [0, 2**80, 2**256 - 1])
    def test_numbers_of_no_task(self, market: Market, number: int) -> None:
        """Reported like any other."""
        check_skipped(market, self.taking(market, number), number, NO_TASK)

    def test_capacity(self, market: Market) -> None:
        """To the unit."""
        task = slashed(market)
        market.participants.change_load(market.rival_account, 901, 0, sender=market.registry.address)
        check_skipped(market, self.taking(market, task), task, CAPACITY)
        market.participants.change_load(market.rival_account, 0, 1, sender=market.registry.address)
        rescue(market, task)

    def test_load_limit(self, market: Market) -> None:
        """The rescuer's own."""
        task = slashed(market)
        check_skipped(market, self.taking(market, task, max_load=999), task, LOAD_LIMIT)
        market.registry.take_over([market.order(task, max_load=1_000)], True, sender=market.rival)

    @pytest.mark.parametrize(("complexity", "code"), [(3, 0), (2, COMPLEXITY)])
    def test_complexity(self, market: Market, complexity: int, code: int) -> None:
        """What the rescuer registered with must reach the class's 3, and its room is asked for after that."""
        who, _ = market.coprocessor("rescuer", capacity=100, complexity=complexity)
        task = slashed(market)
        check_skipped(market, self.taking(market, task, who), task, code or CAPACITY)
        market.next_epoch()
        task = slashed(market, slot=1)
        if code == 0:
            market.registry.take_over([market.order(task)], True, sender=who)
        else:
            check_skipped(market, self.taking(market, task, who), task, code)

    @pytest.mark.parametrize(("minimum", "fits"), [(250_000, True), (251_000, False)])
    def test_reputation(self, market: Market, minimum: int, fits: bool) -> None:
        """The class's minimum holds for rescuers; this one has a quarter."""
        give_logits(market, {market.rival_account: ONE_QUARTER})
        task = slashed(market, class_id=market.other_class(min_executor_reputation=minimum))
        if fits:
            rescue(market, task)
        else:
            check_skipped(market, self.taking(market, task), task, REPUTATION)

    @pytest.mark.parametrize(("minimum", "fits"), [(250_000, True), (260_000, False)])
    def test_reputation_that_the_operator_asks_for(self, market: Market, minimum: int, fits: bool) -> None:
        """Of an own task too, of which nobody else had to show any."""
        give_logits(market, {market.rival_account: ONE_QUARTER})
        task = slashed(market, own=True, min_reputation=minimum)
        if fits:
            rescue(market, task)
            assert progress(market.registry.task_words(task)[1]).rho == 250_000
        else:
            check_skipped(market, self.taking(market, task), task, REPUTATION)

    def test_collateral_by_capacity(self, market: Market) -> None:
        """Each executor's own: 1,000 of the first, 500 of a rescuer half as large, of which each loses a tenth."""
        class_id = market.other_class(stake_share=100_000)
        who, number = market.coprocessor("small", capacity=500)
        market.next_epoch()
        books = Books(market)
        task = slashed(market, difficulty=1, reward=100, class_id=class_id)
        assert books.changes()[market.coprocessor_account] == (-100, 0)
        books = Books(market)
        rescue(market, task, who)
        assert books.changes() == {number: (-500, 500)}
        market.wait(601)
        market.registry.slash([task], 0, True)
        assert books.changes()[number] == (-50, 0)

    @pytest.mark.parametrize("who", ["stranger", "avs", "operator_address"])
    def test_role(self, market: Market, who: str) -> None:
        """Registered coprocessors only."""
        task = slashed(market)
        with refused(REASONS[ROLE]):
            self.taking(market, task, who=getattr(market, who))(False)

    @pytest.mark.parametrize("free", [9_999, 10_000])
    def test_free_funds(self, market: Market, free: int) -> None:
        """Collateral must be there, else the whole call reverts."""
        task = slashed(market)
        market.reputation.bond(market.free(market.rival_account) - free, sender=market.rival)
        if free == 10_000:
            rescue(market, task)
        else:
            with refused("escrow: free out of range"):
                self.taking(market, task)(False)

    def test_batch(self, market: Market) -> None:
        """The load of 150 and what the batch took before count in x; what does not apply is skipped."""
        tasks = [market.open(slot=slot, difficulty=difficulty) for slot, difficulty in enumerate((300, 200, 600, 400))]
        for task, who in zip(tasks, (None, None, market.rival, None), strict=True):
            market.bid(task, who)
        market.wait(620)
        market.registry.slash(tasks, 0, True)
        market.participants.change_load(market.rival_account, 150, 0, sender=market.registry.address)
        books = Books(market)
        market.registry.take_over([market.order(task) for task in tasks], False, sender=market.rival)
        assert events(market.registry, "Skipped") == [(tasks[2], CALLER), (tasks[3], CAPACITY)]
        assert [progress(market.registry.task_words(task)[1]).x for task in tasks[:2]] == [4_500, 6_500]
        assert books.changes() == {market.rival_account: (-20_000, 20_000)}

    def test_record_of_the_slashed_suffers(self, market: Market) -> None:
        """Its n rises by the fee at stake, its k does not; the operator's record waits for the end."""
        task = slashed(market)
        rescue(market, task)
        assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (196, 0)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (0, 0)
        assert market.registry.fees_in(market.rival_account, market.epoch) == (0, 0)

    def test_own_task(self, market: Market) -> None:
        """A coprocessor may rescue what its operator failed to execute."""
        task = slashed(market, own=True)
        rescue(market, task)
        assert progress(market.registry.task_words(task)[1])[1:6] == (market.rival_account, 0, WON, 1, 1)


class TestFail:
    """The end of a late task without rescue."""

    def failing(self, market: Market, task: int) -> Callable[[bool], Any]:
        """Make a call that ends one late task."""
        return lambda strict: market.registry.fail([task], strict, sender=market.stranger)

    def test_reward_returns_and_penalty_goes_to_the_avs(self, market: Market) -> None:
        """The reward to the mandate, 500 from the operator to the AVS."""
        mandate = market.registry.mandate_of(market.class_id, market.operator_account)
        task = slashed(market)
        market.wait(600)
        books = Books(market)
        market.registry.fail([task], True, sender=market.stranger)
        assert books.changes() == {market.operator_account: (0, -500), market.avs_account: (500, 0)}
        assert market.registry.mandate_of(market.class_id, market.operator_account) == mandate

    def test_outcome_is_stored_and_announced(self, market: Market) -> None:
        """And final."""
        task = slashed(market)
        market.wait(600)
        market.registry.fail([task], True)
        assert events(market.registry, "TaskClosed") == [(task, FAILED)]
        assert terms(market.registry.task_words(task)[0]).outcome == FAILED
        check_skipped(market, self.failing(market, task), task, NO_TASK)

    def test_records_suffer(self, market: Market) -> None:
        """The executor's n rises by the fee at stake, the operator's by a quarter of it, their k do not."""
        task = slashed(market)
        market.wait(600)
        market.registry.fail([task], True)
        assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (196, 0)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (49, 0)

    def test_the_operators_quarter_is_rounded_down(self, market: Market) -> None:
        """Of a fee of 199."""
        task = slashed(market, difficulty=199)
        market.wait(600)
        market.registry.fail([task], True)
        assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (199, 0)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (49, 0)

    def test_records_of_all_who_failed_suffer_once(self, market: Market) -> None:
        """The first executor's when it was taken over, the rescuer's and the operator's at the end."""
        task = slashed(market)
        rescue(market, task)
        market.wait(601)
        market.registry.slash([task], 0, True)
        market.registry.fail([task], True)
        for account in (market.coprocessor_account, market.rival_account):
            assert market.registry.fees_in(account, market.epoch) == (196, 0)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (49, 0)

    @pytest.mark.parametrize("rescued", [False, True])
    def test_record_of_an_own_task_suffers_once(self, market: Market, rescued: bool) -> None:
        """Operator and executor were one; who rescued and failed has a record of its own."""
        task = slashed(market, own=True)
        if rescued:
            rescue(market, task)
            market.wait(601)
            market.registry.slash([task], 0, True)
        else:
            market.wait(600)
        market.registry.fail([task], True)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (196, 0)
        assert market.registry.fees_in(market.rival_account, market.epoch) == ((196, 0) if rescued else (0, 0))

    def test_capacity_is_held_to_the_stake(self, market: Market) -> None:
        """The penalty took stake that backed the operator's capacity."""
        who, number = market.account("poor", deposit=10_499)
        market.participants.register(1, 1_000, 5, 1, sender=who)
        market.classes.fund_mandate(market.class_id, number, 10**5, sender=market.avs)
        market.next_epoch()
        order = (0, 100, 10_000, False, 0)
        task = market.registry.open_tasks(market.class_id, [order], True, sender=who)
        market.bid(task)
        market.wait(603)
        market.registry.slash([task], 0, True)
        # takes the compensation back, so that the penalty alone counts
        market.escrow.move([move(number, -400), move(BURN, 400)], sender=market.slasher.address)
        market.wait(600)
        market.registry.fail([task], True)
        assert events(market.registry, "CapacityCut") == [(number, 999)]

    def test_not_before_the_rescue_deadline(self, market: Market) -> None:
        """Due at 602, so 1,202 is too early and 1,203 is not."""
        task = slashed(market)
        market.wait(599)
        check_skipped(market, self.failing(market, task), task, TOO_EARLY)
        market.wait(1)
        market.registry.fail([task], True)

    def test_at_once_where_the_rescuer_was_late(self, market: Market) -> None:
        """Nobody else may take it over."""
        task = slashed(market)
        rescue(market, task)
        market.wait(601)
        market.registry.slash([task], 0, True)
        market.registry.fail([task], True)

    def test_not_while_somebody_works_on_it(self, market: Market) -> None:
        """Awarded, overdue but not slashed, rescued."""
        task = market.award()
        check_skipped(market, self.failing(market, task), task, STATE)
        market.wait(2_000)
        check_skipped(market, self.failing(market, task), task, STATE)
        task = slashed(market, slot=1)
        rescue(market, task)
        check_skipped(market, self.failing(market, task), task, STATE)

    @pytest.mark.parametrize("number", [0, 2**80, 2**256 - 1])
    def test_numbers_of_no_task(self, market: Market, number: int) -> None:
        """Reported like any other."""
        check_skipped(market, self.failing(market, number), number, NO_TASK)

    def test_batch(self, market: Market) -> None:
        """Two failed tasks and one that does not apply."""
        tasks = [market.open(slot=slot) for slot in range(3)]
        for task in tasks:
            market.bid(task)
        market.wait(604)
        market.registry.slash(tasks[:2], 0, True)
        market.wait(1_000)
        books = Books(market)
        market.registry.fail([tasks[0], tasks[2], tasks[1]], False)
        assert events(market.registry, "Skipped") == [(tasks[2], STATE)]
        assert books.changes() == {market.operator_account: (0, -1_000), market.avs_account: (1_000, 0)}

    def test_rescuers_collateral_is_slashed_too(self, market: Market, finder: int) -> None:
        """Each executor answers for its own time, the operator is compensated twice and pays its penalty once."""
        task = market.open()
        market.bid(task)
        market.wait(603)
        books = Books(market)
        market.registry.slash([task], finder, True)
        rescue(market, task)
        market.wait(601)
        market.registry.slash([task], finder, True)
        market.registry.fail([task], True)
        assert books.changes() == {
            market.coprocessor_account: (9_000, -10_000),
            market.rival_account: (-1_000, 0),
            market.operator_account: (800, -500),
            market.avs_account: (500, 0),
            finder: (500, 0),
            BURN: (200, 0),
            POOL: (500, 0),
        }
