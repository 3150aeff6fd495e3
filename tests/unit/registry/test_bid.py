"""The auction: who may bid, at which step a bid enters, which bid leads.

The default clock falls from 0.98 to 0.5 of the reward in 8 steps of 2 seconds, 980000 - 480000 k // 7 ppm in step k. A
coprocessor may bid from step floor(7 (0.3 x + 0.1 (1 - rho))) on; a newcomer's rho is 0.5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boa
import pytest
from eth_utils.crypto import keccak

from tests.support.books import Books, check_skipped
from tests.support.chain import events, refused
from tests.support.contract_words import (
    CAPACITY,
    COMPLEXITY,
    LOAD_LIMIT,
    NO_TASK,
    NOT_LEADING,
    PRICE,
    REASONS,
    REPUTATION,
    ROLE,
    STATE,
    TOO_LATE,
    WON,
    TaskProgress,
    card,
    progress,
)
from tests.support.keeper import ONE_QUARTER, THREE_QUARTERS, give_logits
from tests.support.protocol import Market

FALLING = (980_000, 911_429, 842_858, 774_286, 705_715, 637_143, 568_572, 500_000)
RISING = (500_000, 568_571, 637_142, 705_714, 774_285, 842_857, 911_428, 980_000)
RISING_TERMS = {"start": 500_000, "floor": 980_000}


@pytest.fixture
def giant(market: Market) -> tuple[str, int]:
    """Give a coprocessor a hundred times as large as the others; the market starts in the next epoch."""
    who, number = market.coprocessor("giant", capacity=100_000)
    market.next_epoch()
    return who, number


def leader(market: Market, task: int) -> TaskProgress:
    """Progress of a task."""
    return progress(market.registry.task_words(task)[1])


def bidding(market: Market, task: int, who: str | None = None, **limits: int) -> Callable[[bool], Any]:
    """Make a call that bids for one task."""
    order = market.order(task, **limits)
    return lambda strict: market.registry.bid([order], strict, sender=who or market.coprocessor_address)


def open_in(market: Market, difficulty: int = 100, slot: int = 0, **changes: Any) -> int:
    """Open a task of another class."""
    return market.open(difficulty, slot=slot, class_id=market.other_class(**changes))


class TestFirstBid:
    """A bid on a task nobody has bid for."""

    def test_is_stored_and_announced(self, market: Market) -> None:
        """At step 0 with x = 10 %: score 0.9 * 0.5, awarded when the step ends, due 600 s later."""
        task = market.open()
        opened = market.now
        market.wait(1)
        market.bid(task)
        announced = events(market.registry, "TaskWon")
        word = market.registry.task_words(task)[1]
        score = 9_000 * 500_000
        expected = (1, market.coprocessor_account, 0, WON, 0, 0, 1_000, score, opened + 2, opened + 602, 100)
        assert progress(word) == expected
        assert announced == [(task, market.coprocessor_account, 0, 1_000, opened + 602)]

    def test_takes_collateral_and_load(self, market: Market) -> None:
        """The class asks the whole reward as collateral."""
        task = market.open()
        books = Books(market)
        market.bid(task)
        assert books.changes() == {market.coprocessor_account: (-10_000, 10_000)}
        assert market.participants.load_of(market.coprocessor_account)[0] == 100

    @pytest.mark.parametrize(
        ("collateral", "reward", "lock"), [(980_001, 10_000, 9_801), (4_000_000, 10_000, 40_000), (980_001, 10, 10)]
    )
    def test_collateral_is_rounded_up(self, market: Market, collateral: int, reward: int, lock: int) -> None:
        """9,800.01 is 9,801 and 9.80001 is 10."""
        task = market.open(1, reward, class_id=market.other_class(collateral=collateral))
        books = Books(market)
        market.bid(task)
        assert books.changes() == {market.coprocessor_account: (-lock, lock)}

    @pytest.mark.parametrize(("difficulty", "x"), [(1, 10), (100, 1_000), (333, 3_330), (1_000, 10_000)])
    def test_x_includes_the_task(self, market: Market, difficulty: int, x: int) -> None:
        """The task's own share of the capacity counts."""
        task = market.open(difficulty=difficulty)
        market.bid(task)
        assert leader(market, task).x == x
        assert leader(market, task).score == (10_000 - x) * 500_000

    def test_x_is_rounded_up(self, market: Market) -> None:
        """One of 3 units is 3,334 basis points."""
        who, _ = market.coprocessor("small", capacity=3)
        market.next_epoch()
        task = market.open(difficulty=1)
        market.bid(task, who)
        assert leader(market, task).x == 3_334

    def test_x_includes_what_is_in_flight(self, market: Market) -> None:
        """And what the batch has taken before."""
        tasks = [market.open(difficulty=difficulty, slot=slot) for slot, difficulty in enumerate((100, 200, 300))]
        market.bid(tasks[0])
        market.registry.bid([market.order(task) for task in tasks[1:]], True, sender=market.coprocessor_address)
        assert [leader(market, task).x for task in tasks] == [1_000, 3_000, 6_000]


class TestEntryStep:
    """The step at which a bid enters a falling clock."""

    @pytest.mark.parametrize(("difficulty", "step"), [(1, 0), (300, 0), (310, 1), (780, 1), (790, 2), (1_000, 2)])
    def test_load_postpones(self, market: Market, difficulty: int, step: int) -> None:
        """7 (0.3 x + 0.05) is 0.98 at 30 %, 1.001 at 31 %, 1.988 at 78 %, 2.009 at 79 % and 2.45 at 100 %."""
        task = market.open(difficulty=difficulty)
        opened = market.now
        market.bid(task)
        assert leader(market, task).step == step
        assert leader(market, task).time == opened + 2 * (step + 1)
        assert leader(market, task).due == opened + 2 * (step + 1) + 600

    @pytest.mark.parametrize(
        ("logit", "rho", "first", "later"), [(ONE_QUARTER, 250_000, 220, 230), (THREE_QUARTERS, 750_000, 390, 400)]
    )
    def test_reputation_postpones(self, market: Market, logit: int, rho: int, first: int, later: int) -> None:
        """7 (0.3 x + 0.1 (1 - rho)) passes 1 at x = 0.2262 for a rho of one quarter, at 0.3929 for three quarters."""
        give_logits(market, {market.coprocessor_account: logit})
        for difficulty, step in ((first, 0), (later, 1)):
            with boa.env.anchor():
                task = market.open(difficulty=difficulty)
                market.bid(task)
                assert leader(market, task).step == step
                assert leader(market, task).score == (10_000 - 10 * difficulty) * rho

    @pytest.mark.parametrize(("seconds", "step"), [(1, 0), (2, 1), (3, 1), (9, 4), (15, 7)])
    def test_not_before_the_present_step(self, market: Market, seconds: int, step: int) -> None:
        """A late bid takes what the clock says now."""
        task = market.open()
        opened = market.now
        market.wait(seconds)
        market.bid(task)
        assert leader(market, task).step == step
        assert leader(market, task).time == opened + 2 * (step + 1)

    def test_a_standing_bid_waits_for_its_step(self, market: Market) -> None:
        """Placed in the first second, awarded when its own step ends."""
        task = market.open(difficulty=1_000)
        market.bid(task)
        market.wait(5)
        with refused("registry: too early"):
            market.submit(task)
        market.wait(2)
        market.submit(task)

    @pytest.mark.parametrize(("seconds", "step"), [(0, 0), (2, 1), (6, 3), (14, 7)])
    def test_minimum_price(self, market: Market, seconds: int, step: int) -> None:
        """The price of the entry step is enough, one ppm more is out of reach for ever: the clock falls."""
        task = market.open()
        market.wait(seconds)
        check_skipped(market, bidding(market, task, min_price=FALLING[step] + 1), task, PRICE)
        market.bid(task, min_price=FALLING[step])
        assert leader(market, task).step == step

    def test_minimum_price_at_a_postponed_step(self, market: Market) -> None:
        """The price at the step of entry counts, not the present one."""
        task = market.open(difficulty=1_000)
        check_skipped(market, bidding(market, task, min_price=FALLING[2] + 1), task, PRICE)
        market.bid(task, min_price=FALLING[2])

    def test_one_price_for_all_steps(self, market: Market) -> None:
        """Start and floor may be equal: the handicap still orders the bids."""
        task = open_in(market, difficulty=790, start=500_000, floor=500_000)
        check_skipped(market, bidding(market, task, min_price=500_001), task, PRICE)
        market.bid(task, min_price=500_000)
        assert leader(market, task).step == 2


class TestRisingClock:
    """The usual direction: a class of its own, and the second chance of a reopened task."""

    @pytest.mark.parametrize(
        ("min_price", "step"),
        [
            (1, 0),
            (500_000, 0),
            (500_001, 1),
            (568_571, 1),
            (568_572, 2),
            (637_142, 2),
            (637_143, 3),
            (911_429, 7),
            (980_000, 7),
        ],
    )
    def test_a_bid_waits_for_its_price(self, market: Market, min_price: int, step: int) -> None:
        """It enters at the first step whose price is at least its minimum; load does not postpone it."""
        task = open_in(market, difficulty=1_000, **RISING_TERMS)
        market.bid(task, min_price=min_price)
        assert leader(market, task).step == step
        assert RISING[step] >= min_price > (RISING[step - 1] if step else 0)

    def test_more_than_the_clock_ever_pays(self, market: Market) -> None:
        """One ppm above the last price."""
        task = open_in(market, **RISING_TERMS)
        check_skipped(market, bidding(market, task, min_price=980_001), task, PRICE)

    def test_not_before_the_present_step(self, market: Market) -> None:
        """Late is late here too."""
        task = open_in(market, **RISING_TERMS)
        market.wait(7)
        market.bid(task, min_price=500_000)
        assert leader(market, task).step == 3

    def test_the_cheaper_bid_leads_whatever_its_score(self, market: Market, giant: tuple[str, int]) -> None:
        """The giant's score is better, but it asks for a later step."""
        task = open_in(market, **RISING_TERMS)
        market.bid(task, giant[0], min_price=568_571)
        market.bid(task, min_price=500_000)
        assert leader(market, task).executor == market.coprocessor_account
        check_skipped(market, bidding(market, task, giant[0], min_price=568_571), task, NOT_LEADING)

    def test_a_reopened_task_rises(self, market: Market) -> None:
        """From the lower price of its class to the higher one, counted from the reopening."""
        task = market.open(difficulty=1_000)
        market.wait(20)
        market.registry.reopen(task, sender=market.operator_address)
        reopened = market.now
        market.bid(task, min_price=568_571)
        assert (leader(market, task).step, leader(market, task).time) == (1, reopened + 4)

    def test_a_reopened_task_of_a_rising_class_rises_again(self, market: Market) -> None:
        """It does not turn round."""
        task = open_in(market, **RISING_TERMS)
        market.wait(20)
        market.registry.reopen(task, sender=market.operator_address)
        market.bid(task, min_price=568_571)
        assert leader(market, task).step == 1


class TestDisplacement:
    """A better bid takes the lead, and what the former leader put up comes back at once."""

    def test_an_earlier_step_leads(self, market: Market, giant: tuple[str, int]) -> None:
        """Difficulty 1,000 fills a coprocessor, which waits for step 2; for the giant it is 1 %."""
        task = market.open(difficulty=1_000)
        market.bid(task)
        market.bid(task, giant[0])
        assert leader(market, task)[:4] == (1, giant[1], 0, WON)

    def test_collateral_and_load_come_back_at_once(self, market: Market, giant: tuple[str, int]) -> None:
        """Nothing of the former leader stays bound."""
        task = market.open(difficulty=1_000)
        market.bid(task)
        books = Books(market)
        market.bid(task, giant[0])
        assert books.changes() == {market.coprocessor_account: (10_000, -10_000), giant[1]: (-10_000, 10_000)}
        assert market.participants.load_of(market.coprocessor_account)[0] == 0
        assert market.participants.load_of(giant[1])[0] == 1_000

    def test_a_displaced_leader_can_take_another_task(self, market: Market, giant: tuple[str, int]) -> None:
        """Its whole capacity is free again."""
        first, second = (market.open(difficulty=1_000, slot=slot) for slot in range(2))
        market.bid(first)
        market.bid(first, giant[0])
        market.bid(second)
        assert leader(market, second).executor == market.coprocessor_account

    def test_within_a_step_the_better_score_leads(self, market: Market, giant: tuple[str, int]) -> None:
        """Both at step 0, (1 - 0.1) against (1 - 0.001); and not the other way round."""
        task = market.open()
        market.bid(task)
        market.bid(task, giant[0])
        assert leader(market, task).executor == giant[1]
        check_skipped(market, bidding(market, task), task, NOT_LEADING)

    def test_reputation_counts_in_the_score(self, market: Market) -> None:
        """The same load, 0.75 against 0.25."""
        give_logits(market, {market.coprocessor_account: ONE_QUARTER, market.rival_account: THREE_QUARTERS})
        task = market.open()
        market.bid(task)
        market.bid(task, market.rival)
        assert leader(market, task).executor == market.rival_account
        check_skipped(market, bidding(market, task), task, NOT_LEADING)

    def test_the_step_comes_before_the_score(self, market: Market, giant: tuple[str, int]) -> None:
        """The giant, of bad record: step 0, score 0.996 * 0.25; the other, of good record: step 1, score 0.6 * 0.75."""
        give_logits(market, {giant[1]: ONE_QUARTER, market.coprocessor_account: THREE_QUARTERS})
        task = market.open(difficulty=400)
        with boa.env.anchor():
            market.bid(task, giant[0])
            check_skipped(market, bidding(market, task), task, NOT_LEADING)
        market.bid(task)
        assert (leader(market, task).step, leader(market, task).score) == (1, 6_000 * 750_000)
        market.bid(task, giant[0])
        assert (leader(market, task).step, leader(market, task).score) == (0, 9_960 * 250_000)

    def test_present_step_after_the_leaders(self, market: Market, giant: tuple[str, int]) -> None:
        """A standing bid of step 1; in step 1 a better score still displaces it, and with it the same step."""
        task = market.open(difficulty=310)
        market.bid(task)
        assert leader(market, task).step == 1
        market.wait(3)
        market.bid(task, giant[0])
        assert (leader(market, task).executor, leader(market, task).step) == (giant[1], 1)

    def test_ties_go_to_the_smaller_hash(self, market: Market) -> None:
        """Equal step, equal score: the hash of task and bidder decides, not who came first."""
        task = market.open()

        def digest(account: int) -> bytes:
            return bytes(keccak(task.to_bytes(32, "big") + account.to_bytes(32, "big")))

        bidders = {market.coprocessor_account: market.coprocessor_address, market.rival_account: market.rival}
        best, worst = sorted(bidders, key=digest)
        with boa.env.anchor():
            market.bid(task, bidders[worst])
            market.bid(task, bidders[best])
            assert leader(market, task).executor == best
        market.bid(task, bidders[best])
        check_skipped(market, bidding(market, task, bidders[worst]), task, NOT_LEADING)

    def test_ties_are_decided_anew_for_each_task(self, market: Market) -> None:
        """Among sixteen tasks neither of two equal bidders has all the luck."""
        tasks = [market.open(difficulty=1, slot=slot) for slot in range(16)]
        for task in tasks:
            for who in (market.coprocessor_address, market.rival):
                market.registry.bid([market.order(task)], False, sender=who)
        assert len({leader(market, task).executor for task in tasks}) == 2

    def test_nobody_improves_on_itself(self, market: Market) -> None:
        """A leader's own second bid does not lead, and takes nothing."""
        task = market.open()
        market.bid(task)
        check_skipped(market, bidding(market, task), task, NOT_LEADING)
        assert market.participants.load_of(market.coprocessor_account)[0] == 100

    def test_a_task_named_twice_is_taken_once(self, market: Market) -> None:
        """The second order of the batch does not lead."""
        task = market.open()
        books = Books(market)
        market.registry.bid([market.order(task)] * 2, False, sender=market.coprocessor_address)
        assert events(market.registry, "Skipped") == [(task, NOT_LEADING)]
        assert books.changes() == {market.coprocessor_account: (-10_000, 10_000)}
        assert market.participants.load_of(market.coprocessor_account)[0] == 100


class TestGates:
    """What keeps a bid out."""

    def test_capacity(self, market: Market) -> None:
        """Load with the task, at most the capacity; in a batch what it took before counts."""
        task = market.open(difficulty=1_001, reward=20_000)
        check_skipped(market, bidding(market, task), task, CAPACITY)
        tasks = [market.open(difficulty=difficulty, slot=slot) for slot, difficulty in ((1, 600), (2, 600), (3, 400))]
        orders = [market.order(task) for task in tasks]
        with refused(REASONS[CAPACITY]):
            market.registry.bid(orders, True, sender=market.coprocessor_address)
        market.registry.bid(orders, False, sender=market.coprocessor_address)
        assert events(market.registry, "Skipped") == [(tasks[1], CAPACITY)]
        assert market.participants.load_of(market.coprocessor_account)[0] == 1_000

    def test_capacity_that_is_about_to_shrink(self, market: Market) -> None:
        """The room of the next epoch counts, while x is measured against the present capacity."""
        market.participants.resize(400, sender=market.coprocessor_address)
        task = market.open(difficulty=401)
        check_skipped(market, bidding(market, task), task, CAPACITY)
        task = market.open(difficulty=400, slot=1)
        market.bid(task)
        assert leader(market, task).x == 4_000

    def test_capacity_not_yet_in_force(self, market: Market) -> None:
        """Who registered in this epoch waits for the next."""
        who, _ = market.coprocessor("late")
        task = market.open()
        check_skipped(market, bidding(market, task, who), task, CAPACITY)

    def test_load_limit(self, market: Market) -> None:
        """The bidder's own limit on x."""
        task = market.open()
        check_skipped(market, bidding(market, task, max_load=999), task, LOAD_LIMIT)
        market.bid(task, max_load=1_000)

    def test_complexity(self, market: Market) -> None:
        """A coprocessor registered with 5 does tasks of 5, not of 6; nor does room for more come before that."""
        market.bid(open_in(market, complexity=5))
        task = open_in(market, slot=1, complexity=6)
        check_skipped(market, bidding(market, task), task, COMPLEXITY)
        check_skipped(market, bidding(market, task, max_load=0), task, COMPLEXITY)
        task = open_in(market, difficulty=1_000, slot=2, complexity=6)
        check_skipped(market, bidding(market, task), task, COMPLEXITY)

    def test_the_state_comes_before_the_complexity(self, market: Market) -> None:
        """Of a task that takes no bids any more."""
        task = open_in(market, complexity=6)
        market.wait(16)
        check_skipped(market, bidding(market, task), task, TOO_LATE)

    def test_reputation(self, market: Market) -> None:
        """A newcomer has one half, to the ppm."""
        task = open_in(market, min_executor_reputation=500_001)
        check_skipped(market, bidding(market, task), task, REPUTATION)

    def test_reputation_at_the_minimum(self, market: Market) -> None:
        """The bound itself is enough."""
        market.bid(open_in(market, min_executor_reputation=500_000))

    def test_reputation_holds_for_an_epoch_and_no_longer(self, market: Market) -> None:
        """What is read once in an epoch counts until its end; a new post counts from the next."""
        market.bid(market.open())
        assert card(market.registry.card(market.coprocessor_address))[4:] == (500_000, market.epoch)
        give_logits(market, {market.coprocessor_account: THREE_QUARTERS})
        market.bid(open_in(market, slot=1, min_executor_reputation=750_000))
        assert card(market.registry.card(market.coprocessor_address))[4:] == (750_000, market.epoch)

    @pytest.mark.parametrize("free", [9_999, 10_000])
    def test_free_funds(self, market: Market, free: int) -> None:
        """Collateral must be there, else the whole call reverts, strict or not."""
        task = market.open()
        market.reputation.bond(market.free(market.coprocessor_account) - free, sender=market.coprocessor_address)
        if free == 10_000:
            market.bid(task)
        else:
            with refused("escrow: free out of range"):
                bidding(market, task)(False)

    @pytest.mark.parametrize("who", ["stranger", "avs", "operator_address"])
    def test_role(self, market: Market, who: str) -> None:
        """Registered coprocessors only."""
        task = market.open()
        with refused(REASONS[ROLE]):
            bidding(market, task, getattr(market, who))(False)

    def test_after_leaving(self, market: Market) -> None:
        """The role is gone with the capacity."""
        task = market.open()
        market.participants.leave(sender=market.coprocessor_address)
        with refused(REASONS[ROLE]):
            bidding(market, task)(False)

    def test_pause_of_bidding(self, market: Market) -> None:
        """It is the participant registry's; the task registry's pause does not stop bids."""
        task = market.open()
        market.participants.pause(True, sender=market.owner)
        with refused("participants: paused"):
            bidding(market, task)(False)
        market.participants.pause(False, sender=market.owner)
        market.registry.pause(True, sender=market.owner)
        market.bid(task)


class TestTooLate:
    """When the auction of a task is over."""

    def test_after_the_last_step(self, market: Market) -> None:
        """At second 16 of 16."""
        task = market.open()
        market.wait(15)
        with boa.env.anchor():
            market.bid(task)
        market.wait(1)
        check_skipped(market, bidding(market, task), task, TOO_LATE)

    def test_after_the_leaders_step(self, market: Market, giant: tuple[str, int]) -> None:
        """A leader of step 1 can be displaced until second 4 and has won from then on."""
        task = market.open(difficulty=310)
        market.bid(task)
        market.wait(3)
        with boa.env.anchor():
            market.bid(task, giant[0])
        market.wait(1)
        check_skipped(market, bidding(market, task, giant[0]), task, TOO_LATE)

    def test_comes_before_other_reasons(self, market: Market) -> None:
        """A bid that would not fit either is told that the auction is over."""
        task = market.open(difficulty=1_001, reward=20_000)
        market.wait(16)
        check_skipped(market, bidding(market, task), task, TOO_LATE)


class TestStates:
    """Tasks that are in no auction."""

    @pytest.mark.parametrize("number", [0, 1, 2**80, 2**256 - 1])
    def test_numbers_of_no_task(self, market: Market, number: int) -> None:
        """Numbers that could not be tasks are reported like any other, not a way to stop a batch."""
        check_skipped(market, bidding(market, number), number, NO_TASK)

    def test_other_sequence(self, market: Market) -> None:
        """The next task of a slot does not exist yet."""
        task = market.open()
        check_skipped(market, bidding(market, task + 1), task + 1, NO_TASK)

    def test_ended_task(self, market: Market) -> None:
        """An outcome is final."""
        task = market.open()
        market.wait(16)
        market.registry.expire([task], True, sender=market.operator_address)
        check_skipped(market, bidding(market, task), task, NO_TASK)

    def test_own_task(self, market: Market) -> None:
        """Its operator executes it, so there is no auction, not even within the seconds one would have had."""
        task = market.open(own=True)
        check_skipped(market, bidding(market, task), task, STATE)

    def test_submitted_task(self, market: Market) -> None:
        """Within the clock or not."""
        task = market.open()
        market.bid(task)
        market.wait(3)
        market.submit(task)
        check_skipped(market, bidding(market, task, market.rival), task, STATE)

    def test_late_and_rescued_task(self, market: Market) -> None:
        """A rescuer cannot be displaced."""
        task = market.late()
        market.registry.slash([task], 0, True)
        check_skipped(market, bidding(market, task, market.rival), task, STATE)
        market.registry.take_over([market.order(task)], True, sender=market.rival)
        check_skipped(market, bidding(market, task), task, STATE)


class TestBatches:
    """Several bids in one call."""

    def test_the_rest_goes_on(self, market: Market, giant: tuple[str, int]) -> None:
        """One task won by displacement, one skipped, one new: moves are netted into one sum."""
        tasks = [market.open(slot=slot, reward=10_000 * (slot + 1)) for slot in range(3)]
        market.bid(tasks[0])
        books = Books(market)
        orders = [market.order(tasks[0]), market.order(tasks[1], 980_001), market.order(tasks[2])]
        market.registry.bid(orders, False, sender=giant[0])
        assert events(market.registry, "Skipped") == [(tasks[1], PRICE)]
        assert books.changes() == {market.coprocessor_account: (10_000, -10_000), giant[1]: (-40_000, 40_000)}

    def test_tasks_of_several_classes(self, market: Market) -> None:
        """Each by its own terms."""
        first = market.open(slot=1)
        second = open_in(market, collateral=2_000_000, submit_seconds=50)
        third = market.open(slot=2)
        books = Books(market)
        orders = [market.order(task) for task in (first, second, third)]
        market.registry.bid(orders, True, sender=market.coprocessor_address)
        assert books.changes() == {market.coprocessor_account: (-40_000, 40_000)}
        dues = [leader(market, task).due - leader(market, task).time for task in (first, second, third)]
        assert dues == [600, 50, 600]

    def test_takes_32(self, market: Market) -> None:
        """All of them displacing somebody; and not 33."""
        orders = [(slot, 1, 10, False) for slot in range(33)]
        market.registry.open_tasks(market.class_id, orders[:32], True, sender=market.operator_address)
        market.registry.open_tasks(market.class_id, orders[32:], True, sender=market.operator_address)
        tasks = [market.operator_account << 48 | slot << 32 | 1 for slot in range(33)]
        bids = [market.order(task) for task in tasks]
        market.registry.bid(bids[:32], True, sender=market.coprocessor_address)
        with boa.reverts():
            market.registry.bid(bids, False, sender=market.rival)
        market.registry.bid(bids[:32], False, sender=market.rival)
        won = len(events(market.registry, "TaskWon"))
        assert won + len(events(market.registry, "Skipped")) == 32
        assert market.participants.load_of(market.rival_account)[0] == won

    def test_empty(self, market: Market) -> None:
        """Nothing to do is no error."""
        books = Books(market)
        market.registry.bid([], True, sender=market.coprocessor_address)
        assert books.changes() == {}
