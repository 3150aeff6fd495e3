"""The auction: who may bid, at which step a bid enters, which bid leads.

The plain clock falls from 0.98 of the reward by 0.06 in each of 8 steps of 2 seconds, alike for all; the last call
rises from the start price to 0.98. A newcomer's rho is 0.5. The load curve's f is 0.15 at 50% load, 0.075 at 65%, 0 at
80%, 0.275 at 90% and 1 at 100%.
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
from tests.support.keeper import ONE_QUARTER, ONE_TENTH, THREE_QUARTERS, give_logits
from tests.support.protocol import Market

FALLING = (980_000, 920_000, 860_000, 800_000, 740_000, 680_000, 620_000, 560_000)
RISING = (500_000, 568_571, 637_142, 705_714, 774_285, 842_857, 911_428, 980_000)
LIGHT_FIRST = {"idle_discount": 20_000, "load_bonus": 1_000_000}
"""Terms under which a nearly idle coprocessor enters at step 0, and one at 80% of its capacity at step 1."""
FINE = {"steps": 63, "tick": 10_000, "floor": 100_000}
"""Terms of a clock of small steps."""


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


def last_call(market: Market, difficulty: int = 100, slot: int = 0, **changes: Any) -> int:
    """Open a task of another class, whose mandate starts at half the reward, let its auction pass, and reopen it."""
    task = open_in(market, difficulty, slot, start=500_000, **changes)
    market.wait(16)
    market.registry.reopen(task, sender=market.operator_address)
    return task


def open_in(market: Market, difficulty: int = 100, slot: int = 0, **changes: Any) -> int:
    """Open a task of another class."""
    return market.open(difficulty, slot=slot, class_id=market.other_class(**changes))


class TestFirstBid:
    """A bid on a task nobody has bid for."""

    def test_is_stored_and_announced(self, market: Market) -> None:
        """At step 0 with x = 10 % and rho = 0.5, awarded when the step ends, with 600 s for the result."""
        task = market.open()
        opened = market.now
        market.wait(1)
        market.bid(task)
        announced = events(market.registry, "TaskWon")
        word = market.registry.task_words(task)[1]
        expected = (1, market.coprocessor_account, 0, WON, 0, 0, 1_000, 500_000, 980_000, opened + 2, 600, 100, 1_000)
        assert progress(word) == expected
        assert announced == [(task, market.coprocessor_account, 0, 980_000, 1_000, opened + 602)]

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

    @pytest.mark.parametrize(("share", "lock"), [(0, 500), (50_000, 500), (50_100, 501), (1_000_000, 10_000)])
    def test_collateral_by_capacity(self, market: Market, share: int, lock: int) -> None:
        """A stake of 10,000 backs 1,000 units of capacity; the reward asks for 500."""
        task = market.open(1, 500, class_id=market.other_class(stake_share=share))
        books = Books(market)
        market.bid(task)
        assert books.changes() == {market.coprocessor_account: (-lock, lock)}
        assert leader(market, task).capacity == 1_000

    @pytest.mark.parametrize(("difficulty", "x"), [(1, 10), (100, 1_000), (333, 3_330), (1_000, 10_000)])
    def test_x_includes_the_task(self, market: Market, difficulty: int, x: int) -> None:
        """The task's own share of the capacity counts."""
        task = market.open(difficulty=difficulty)
        market.bid(task)
        assert leader(market, task).x == x

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

    @pytest.mark.parametrize(("difficulty", "step"), [(500, 2), (650, 4), (800, 6), (900, 20), (1_000, 56)])
    def test_load_costs(self, market: Market, difficulty: int, step: int) -> None:
        """0.06 less 0.3 f is 0.015 at 50 %, 0.0375 at 65 %, 0.06 at 80 %; plus 0.5 f 0.1975 at 90 %, 0.56 at 100 %."""
        discounts = {"idle_discount": 60_000, "load_bonus": 300_000, "load_malus": 500_000}
        task = open_in(market, difficulty, **FINE, **discounts)
        opened = market.now
        market.bid(task)
        assert (leader(market, task).step, leader(market, task).price) == (step, 980_000 - 10_000 * step)
        assert leader(market, task).time == opened + 2 * (step + 1)
        assert leader(market, task).due == opened + 2 * (step + 1) + 600

    def test_load_costs_what_the_batch_has_taken(self, market: Market) -> None:
        """Half the capacity each: the first bid is paid 0.02 less, the second is at full load."""
        class_id = market.other_class(**FINE, idle_discount=60_000, load_bonus=300_000, load_malus=500_000)
        tasks = [market.open(500, slot=slot, class_id=class_id) for slot in range(2)]
        market.registry.bid([market.order(task) for task in tasks], True, sender=market.coprocessor_address)
        assert [leader(market, task).step for task in tasks] == [2, 56]

    @pytest.mark.parametrize(("logit", "rho", "step"), [(ONE_QUARTER, 250_000, 35), (THREE_QUARTERS, 750_000, 10)])
    def test_a_record_costs(self, market: Market, logit: int, rho: int, step: int) -> None:
        """Half of what is missing to 0.95: 0.35 and 0.1."""
        give_logits(market, {market.coprocessor_account: logit})
        task = open_in(market, **FINE, record_weight=500_000)
        market.bid(task)
        assert (leader(market, task).step, leader(market, task).rho) == (step, rho)

    def test_discounts_add_up_before_they_are_rounded(self, market: Market) -> None:
        """0.0375 for a load of 65 % and 0.225 for a newcomer's record are 27 ticks of 0.01, not 4 and 23."""
        task = open_in(market, 660, **FINE, idle_discount=60_000, load_bonus=300_000, record_weight=500_000)
        market.bid(task)
        assert leader(market, task).step == 27

    def test_a_discount_beyond_the_clock(self, market: Market) -> None:
        """At the eighth tick there is no step any more."""
        task = open_in(market, record_weight=1_000_000, record_level=921_000)
        check_skipped(market, bidding(market, task), task, PRICE)

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
        """Placed in the first second, awarded when its own step, the second, ends."""
        task = open_in(market, 800, **LIGHT_FIRST)
        market.bid(task)
        market.wait(4)
        with refused("registry: too early"):
            market.submit(task)
        market.wait(1)
        market.submit(task)

    @pytest.mark.parametrize(("seconds", "step"), [(0, 0), (2, 1), (6, 3), (14, 7)])
    def test_minimum_price(self, market: Market, seconds: int, step: int) -> None:
        """The price of the entry step is enough, one ppm more is out of reach for ever: the clock falls."""
        task = market.open()
        market.wait(seconds)
        check_skipped(market, bidding(market, task, min_price=FALLING[step] + 1), task, PRICE)
        market.bid(task, min_price=FALLING[step])
        assert leader(market, task).step == step

    def test_minimum_price_at_a_later_step(self, market: Market) -> None:
        """The price at the step of entry counts, not the present one."""
        task = open_in(market, 800, **LIGHT_FIRST)
        check_skipped(market, bidding(market, task, min_price=FALLING[1] + 1), task, PRICE)
        market.bid(task, min_price=FALLING[1])

    @pytest.mark.parametrize(("floor", "last"), [(560_000, 7), (561_000, 6), (980_000, 0)])
    def test_no_price_is_below_the_floor(self, market: Market, floor: int, last: int) -> None:
        """The last step that pays it still takes bids."""
        task = open_in(market, floor=floor)
        market.wait(2 * last)
        with boa.env.anchor():
            market.bid(task)
            assert leader(market, task).price == FALLING[last]
        if last < 7:
            market.wait(2)
            check_skipped(market, bidding(market, task), task, PRICE)

    def test_falls_from_the_start_price_of_the_task(self, market: Market) -> None:
        """Not from the cap."""
        task = open_in(market, start=700_000)
        market.wait(2)
        market.bid(task)
        assert (leader(market, task).step, leader(market, task).price) == (1, 640_000)

    @pytest.mark.parametrize("min_price", [2**255, 2**256 - 1])
    def test_a_minimum_that_overflows_is_out_of_reach(self, market: Market, min_price: int) -> None:
        """It is no way to stop a batch."""
        task = market.open()
        check_skipped(market, bidding(market, task, min_price=min_price), task, PRICE)
        task = last_call(market, slot=1)
        check_skipped(market, bidding(market, task, min_price=min_price), task, PRICE)


class TestLastCall:
    """The rising clock of a reopened task."""

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
        """It enters at the first step whose price is at least its minimum."""
        task = last_call(market, 1_000)
        reopened = market.now
        market.bid(task, min_price=min_price)
        assert (leader(market, task).step, leader(market, task).price) == (step, RISING[step])
        assert leader(market, task).time == reopened + 2 * (step + 1)

    def test_more_than_the_clock_ever_pays(self, market: Market) -> None:
        """One ppm above the cap."""
        task = last_call(market)
        check_skipped(market, bidding(market, task, min_price=980_001), task, PRICE)

    def test_not_before_the_present_step(self, market: Market) -> None:
        """Late is late here too."""
        task = last_call(market)
        market.wait(7)
        market.bid(task, min_price=500_000)
        assert (leader(market, task).step, leader(market, task).price) == (3, RISING[3])

    def test_the_cheaper_bid_leads_whatever_its_score(self, market: Market, giant: tuple[str, int]) -> None:
        """The giant's score is better, but it asks for a later step."""
        task = last_call(market)
        market.bid(task, giant[0], min_price=568_571)
        market.bid(task, min_price=500_000)
        assert leader(market, task).executor == market.coprocessor_account
        check_skipped(market, bidding(market, task, giant[0], min_price=568_571), task, NOT_LEADING)

    def test_discounts_postpone_and_are_kept_from_the_price(self, market: Market) -> None:
        """0.6 and 0.04 for a load of 80 % are reached in step 3, which pays 0.705714 less 0.04."""
        task = last_call(market, 800, idle_discount=40_000)
        market.bid(task, min_price=600_000)
        assert (leader(market, task).step, leader(market, task).price) == (3, 665_714)

    def test_nothing_is_left_for_a_discount_alone(self, market: Market) -> None:
        """Of 0.04 for the load 0.02 fit under the cap: the bid is paid its minimum in the last step."""
        task = last_call(market, 800, idle_discount=40_000)
        market.bid(task, min_price=960_000)
        assert (leader(market, task).step, leader(market, task).price) == (7, 960_000)

    def test_the_discount_for_load_gives_way_first(self, market: Market) -> None:
        """Of 0.04 for the load and 0.225 for the record 0.23 fit: ranked as one whose load costs 0.005."""
        task = last_call(market, 800, idle_discount=40_000, record_weight=500_000)
        market.bid(task, min_price=750_000)
        assert (leader(market, task).step, leader(market, task).price) == (7, 750_000)

    @pytest.mark.parametrize("hard", [0, 1])
    def test_quality_before_everything(self, market: Market, hard: int) -> None:
        """0.45 for a newcomer's record do not fit between 0.6 and the cap: taken all the same, unless it is hard."""
        task = last_call(market, record_weight=1_000_000, hard_quality=hard)
        if hard:
            check_skipped(market, bidding(market, task, min_price=600_000), task, PRICE)
            market.bid(task, min_price=530_000)
            assert leader(market, task).price == 530_000
        else:
            market.bid(task, min_price=600_000)
            assert (leader(market, task).step, leader(market, task).price) == (7, 600_000)


class TestDisplacement:
    """A better bid takes the lead, and what the former leader put up comes back at once."""

    def test_an_earlier_step_leads(self, market: Market, giant: tuple[str, int]) -> None:
        """A difficulty of 800 sends a coprocessor to step 1; for the giant it is 0.8 %."""
        task = open_in(market, 800, **LIGHT_FIRST)
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

    def test_collateral_of_a_capacity_that_has_changed_comes_back(self, market: Market, giant: tuple[str, int]) -> None:
        """The leader locked a tenth of the stake behind 1,000 units; it has 100,000 when it is displaced."""
        class_id = market.other_class(stake_share=100_000, step_seconds=3_600)
        market.wait(3_000)
        task = market.open(1, 100, class_id=class_id)
        books = Books(market)
        market.bid(task)
        assert books.changes() == {market.coprocessor_account: (-1_000, 1_000)}
        market.participants.resize(100_000, sender=market.coprocessor_address)
        market.next_epoch()
        books = Books(market)
        market.bid(task, giant[0])
        assert books.changes() == {market.coprocessor_account: (1_000, -1_000), giant[1]: (-100_000, 100_000)}

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
        """The giant, of bad record: step 0, score 0.992 * 0.1; the other, of good record: step 1, score 0.2 * 0.75."""
        give_logits(market, {giant[1]: ONE_TENTH, market.coprocessor_account: THREE_QUARTERS})
        task = open_in(market, 800, **LIGHT_FIRST)
        with boa.env.anchor():
            market.bid(task, giant[0])
            check_skipped(market, bidding(market, task), task, NOT_LEADING)
        market.bid(task)
        assert leader(market, task)[2:9] == (1, WON, 0, 0, 8_000, 750_000, 920_000)
        market.bid(task, giant[0])
        assert leader(market, task)[2:9] == (0, WON, 0, 0, 80, 100_000, 980_000)

    def test_present_step_after_the_leaders(self, market: Market, giant: tuple[str, int]) -> None:
        """A standing bid of step 1; in step 1 a better score still displaces it, and with it the same step."""
        task = open_in(market, 800, **LIGHT_FIRST)
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
        """A newcomer has one half."""
        task = open_in(market, min_executor_reputation=501_000)
        check_skipped(market, bidding(market, task), task, REPUTATION)

    def test_reputation_at_the_minimum(self, market: Market) -> None:
        """The bound itself is enough."""
        market.bid(open_in(market, min_executor_reputation=500_000))

    @pytest.mark.parametrize(
        ("by_class", "by_task", "fits"), [(0, 500_000, True), (0, 510_000, False), (501_000, 0, False)]
    )
    def test_reputation_that_the_operator_asks_for(
        self, market: Market, by_class: int, by_task: int, fits: bool
    ) -> None:
        """The larger of the class's minimum and the task's."""
        class_id = market.other_class(min_executor_reputation=by_class)
        task = market.open(class_id=class_id, min_reputation=by_task)
        if fits:
            market.bid(task)
        else:
            check_skipped(market, bidding(market, task), task, REPUTATION)

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
        task = open_in(market, 800, **LIGHT_FIRST)
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
        orders = [(slot, 1, 10, False, 0) for slot in range(33)]
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
