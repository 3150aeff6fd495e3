"""Capacity and stake: small cases by hand, and what the market makes of a plan."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from ballast.errors import UserError, WorkloadError
from ballast.model.constants import PPM
from ballast.sim.pace import pace_of
from ballast.sim.population import draw_coprocessors
from ballast.sim.scenario import Scenario
from ballast.sim.workload import Integers, Workload
from ballast.studies.planning.capacity import (
    Futures,
    Machines,
    Plan,
    at_pace,
    check,
    draw,
    largest_loads,
    make_plan,
    participants,
    placed,
)
from ballast.studies.planning.demand import Demand, demand_of

SCENARIO = Scenario(operators=10, coprocessors=20, periods=60, tasks_per_period=200)


def whole(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Array of whole numbers."""
    return np.array(numbers, dtype=np.int64)


@pytest.fixture(scope="module")
def demand() -> Demand:
    """Sixty periods of about 120 heavy tasks."""
    return demand_of(SCENARIO, 12, 48, np.random.default_rng(1))


@pytest.fixture(scope="module")
def arrivals(demand: Demand) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Futures that are the last 12 periods, whatever the draw: a forecaster that knows."""
    return np.repeat(demand.arrivals[48:, None].astype(float), 60, axis=1)


@pytest.fixture(scope="module")
def plan(demand: Demand, arrivals: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Plan:
    """Plan for the last 12 periods, from those before."""
    return make_plan(SCENARIO, demand.between(0, 48), arrivals, 0.97, np.random.default_rng(2))


def found(
    difficulty: Integers,
    lengths: list[float],
    wave: Integers,
    counts: list[int],
    limits: list[float],
    waves: int = 2,
    left_over: float = 0.0,
) -> list[int]:
    """Tasks that find room by period, on coprocessors of capacity 10; one run from the first task on."""
    starts = np.cumsum([0, *counts[:-1]])[:, None]
    machines = np.array(limits), np.ones(len(limits)), left_over
    of_tasks = difficulty, np.array(lengths), wave
    return [int(n) for n in placed(*of_tasks, starts, np.array(counts)[:, None], waves, 10.0, *machines)[:, 0]]


def test_tasks_go_to_the_least_loaded_with_room() -> None:
    zeros, long, limits = whole(0, 0, 0, 0), [9.0] * 4, [1.0, 0.5]
    # 5 to the first, 5 to the second up to its half, 5 to the first again, nothing for the fourth.
    assert found(whole(5, 5, 5, 1), long, zeros, [4], limits) == [3]
    assert found(whole(6, 6), long[:2], zeros[:2], [2], limits) == [1]  # the second is too small for it
    assert found(whole(11, 2), long[:2], zeros[:2], [2], limits) == [1]  # what fits nowhere stops nobody
    # 3 goes beside 4 and not on top of it, so that both 6 fit.
    assert found(whole(4, 3, 6, 6), long, zeros, [4], [1.0, 1.0]) == [4]


def test_room_is_taken_until_work_is_done_and_there_is_a_second_chance() -> None:
    # Two waves a period. The first takes 2.1 waves, so 3; what comes in the first wave fails in that and in the next.
    assert found(whole(6, 6), [2.1, 9.0], whole(0, 1), [2, 0], [1.0]) == [1, 0]
    assert found(whole(6, 6), [2.0, 9.0], whole(0, 1), [2, 0], [1.0]) == [2, 0]  # its second chance comes with room
    assert found(whole(6, 6), [9.0, 9.0], whole(0, 0), [1, 1], [1.0]) == [1, 0]  # work goes on in the next period
    assert found(whole(6, 6), [1.0, 9.0], whole(1, 0), [1, 1], [1.0]) == [1, 1]


def test_what_first_auctions_leave_finds_room_in_the_next_wave_only() -> None:
    # every second one is left, of each run from its first task on: the second and the fourth
    four = whole(4, 4, 4, 4), [9.0] * 4, whole(0, 0, 0, 1)
    assert found(*four, [4], [1.0, 1.0], left_over=0.5) == [3]  # the fourth comes in the last wave
    assert found(*four, [4], [1.0, 1.0]) == [4]
    # the second would have had the room that the third, as large, gets before it
    assert found(whole(5, 4, 5), [9.0] * 3, whole(0, 0, 0), [3], [1.0], left_over=0.5) == [2]


def test_fast_machines_are_free_sooner_and_runs_go_round() -> None:
    of_tasks = whole(6, 3, 6), np.array([3.0, 1.0, 3.0]), whole(0, 0, 1)
    starts, counts, limits = np.array([[2], [1]]), np.array([[1], [3]]), np.array([1.0])
    # 6 comes in wave 1 of period 0; then 3 and the first 6 in wave 0 of period 1, the other in wave 1.
    slow = placed(*of_tasks, starts, counts, 2, 10.0, limits, np.array([1.0]), 0.0)
    fast = placed(*of_tasks, starts, counts, 2, 10.0, limits, np.array([3.0]), 0.0)
    assert slow[:, 0].tolist() == [1, 1]
    assert fast[:, 0].tolist() == [1, 3]


def past_of(difficulty: Integers, pace: float = 0.0) -> Demand:
    """Tasks of one period, all in its first wave."""
    zeros = 0 * difficulty
    return Demand(Workload(zeros, zeros, zeros, difficulty, difficulty, zeros == 0, {}, zeros > 0, zeros), 1, pace)


def test_work_of_runs_is_their_sum() -> None:
    rng = np.random.default_rng(3)
    difficulty = rng.integers(1, 100, 17)
    starts, counts = rng.integers(0, 17, (4, 30)), rng.integers(0, 60, (4, 30))
    work = difficulty * 0.1 * np.sqrt(difficulty)
    expected = [
        [sum(work[j % 17] for j in range(s, s + n)) for s, n in zip(*row, strict=True)]
        for row in zip(starts, counts, strict=True)
    ]
    assert Futures(past_of(difficulty, 0.1), starts, counts, 1).work == pytest.approx(np.array(expected[1:]))


def test_each_future_counts_once_and_what_came_before_counts_as_load_alone() -> None:
    # Three futures: 1 of 1 + 1 find room, 4 of 4 + 16, and there is nothing to do in the third.
    starts, counts = np.array([[0, 0, 0], [1, 0, 0]]), np.array([[1, 4, 0], [1, 16, 0]])
    machines = Machines(np.array([1.0, 1.0]), np.array([1.0, 1.0]), 1)
    futures = Futures(past_of(whole(6, 11)), starts, counts, 0)
    # each takes one wave: two of 6 find room in it, and none of 11
    assert futures.share(10.0, machines) == pytest.approx((1 / 2 + (2 + 2) / 20 + 1) / 3)
    assert replace(futures, before=1).share(10.0, machines) == pytest.approx((0 + 2 / 16 + 1) / 3)


def test_drawn_periods_have_the_forecast_numbers(demand: Demand) -> None:
    arrivals = np.array([[1.0, 2.4, 7.6], [0.2, 3.0, 4.0]])
    futures = draw(demand, arrivals, 3, 5, np.random.default_rng(4))
    assert futures.counts[3:].tolist() == [[1, 2, 8], [0, 3, 4]]
    assert 0 <= futures.starts.min() <= futures.starts.max() < len(demand.tasks.difficulty)
    many = draw(demand, np.full((10, 1_000), 5_000.0), 0, 50, np.random.default_rng(4))
    assert many.counts.shape == (10, 2)  # as many draws of each of ten periods as five million placements allow


def test_what_came_last_goes_before(demand: Demand) -> None:
    futures = draw(demand, np.array([[1.0, 2.0]]), 3, 5, np.random.default_rng(4))
    for row, period in enumerate((57, 58, 59)):
        for future in range(2):
            first = futures.starts[row, future]
            those = demand.tasks.period[first : first + futures.counts[row, future]]
            assert (those == period).all()
            assert len(those) == demand.arrivals[period]


def test_capacity_is_the_smallest_that_keeps_the_promise(
    demand: Demand, plan: Plan, arrivals: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> None:
    past = demand.between(0, 48)
    futures = draw(past, arrivals, plan.start_up, SCENARIO.coprocessors, np.random.default_rng(2))
    people = participants(SCENARIO, past)[1]
    limits = largest_loads(SCENARIO, people)
    machines = Machines(limits, people.traits["speed"], SCENARIO.waves, SCENARIO.start_target)
    assert futures.share(plan.capacity, machines) >= 0.97
    # placing is not quite monotone in the capacity: a percent less may do as well by chance
    assert futures.share(0.98 * plan.capacity, machines) < 0.97
    assert plan.work == futures.work.mean()
    assert plan.work_quantile == np.quantile(futures.work, 0.97)
    assert plan.rule == math.ceil(plan.work_quantile / limits.mean())


def test_nobody_is_planned_beyond_the_kink_or_a_limit_of_their_own(demand: Demand) -> None:
    kink = SCENARIO.network().chosen_curve.f / 10_000
    assert (largest_loads(SCENARIO, participants(SCENARIO, demand)[1]) == kink).all()
    people = participants(replace(SCENARIO, fixed_limits=True), demand)[1]
    loads = largest_loads(SCENARIO, people)
    patience = people.traits["patience"]
    assert loads.max() == kink
    assert (loads[patience < 8_000] == patience[patience < 8_000] / 10_000).all()
    assert loads.min() < kink


def test_stake_covers_capacity_and_collateral(demand: Demand, plan: Plan) -> None:
    past = demand.between(0, 48)
    share = SCENARIO.task_class().collateral / PPM
    dearest = float((past.tasks.reward / past.tasks.difficulty).max())
    assert plan.stake == math.ceil(plan.capacity * dearest * share)
    assert plan.total_stake == 20 * plan.stake
    t = past.tasks
    unpaid = replace(past, tasks=replace(t, reward=t.difficulty))
    cheap = make_plan(SCENARIO, unpaid, np.full((3, 4), 50.0), 0.9, np.random.default_rng(1))
    assert cheap.stake == cheap.capacity * SCENARIO.network().stake_per_unit


def test_people_do_not_depend_on_the_demand_nor_the_demand_on_people(demand: Demand) -> None:
    other = demand_of(SCENARIO, 12, 48, np.random.default_rng(3))
    assert other.arrivals.tolist() != demand.arrivals.tolist()
    strangers = replace(SCENARIO, seed=SCENARIO.seed + 1)
    for people, still, others in zip(
        participants(SCENARIO, demand), participants(SCENARIO, other), participants(strangers, demand), strict=True
    ):
        assert (people.traits == still.traits).all()
        assert (people.traits["speed"] != others.traits["speed"]).all()
    again = demand_of(strangers, 12, 48, np.random.default_rng(1))
    assert again.tasks.difficulty.tolist() == demand.tasks.difficulty.tolist()


def test_the_market_keeps_the_promise_of_a_plan_and_not_of_a_part_of_it(demand: Demand, plan: Plan) -> None:
    came = demand.between(48 - plan.start_up, 60)
    assert 0.97 <= check(SCENARIO, plan, came) < 1
    assert check(SCENARIO, replace(plan, capacity=plan.capacity // 2), came) < 0.85
    assert check(SCENARIO, replace(plan, stake=plan.stake // 20), came) < 0.9


def test_a_window_is_checked_on_a_market_that_runs_already(demand: Demand, plan: Plan) -> None:
    """What is under way when it begins takes room; a market that begins with it sells more of what comes."""
    scarce = replace(plan, capacity=plan.capacity // 2)
    running = check(SCENARIO, scarce, demand.between(48 - plan.start_up, 49))
    idle = check(SCENARIO, replace(scarce, start_up=0), demand.between(48, 49))
    assert plan.start_up > 1
    assert idle > running + 0.03


def test_the_market_works_at_the_pace_of_the_plan(demand: Demand) -> None:
    for part in (demand.between(0, 48), demand.between(45, 60)):
        here = at_pace(SCENARIO, part)
        assert pace_of(here, part.tasks) == pytest.approx(demand.pace * SCENARIO.network().epoch_seconds)


def test_a_trace_is_planned_for_though_its_utilisation_cannot_be_had() -> None:
    """Sizes differ so much that no capacities would suit a run; the plan has its own."""
    rng = np.random.default_rng(1)
    difficulty = np.rint(rng.lognormal(3, 2, 600)).astype(np.int64) + 1
    difficulty[300] = 100_000
    zeros = 0 * difficulty
    of_trace = zeros, difficulty, 10 * difficulty, zeros == 0
    tasks = Workload(np.arange(600) // 10, zeros, *of_trace, {}, zeros > 0, zeros, traced=True)
    past = Demand.heavy(tasks, SCENARIO, 60)
    with pytest.raises(WorkloadError, match="less --utilisation"):
        draw_coprocessors(at_pace(SCENARIO, past), tasks, 20, rng)
    plan = make_plan(SCENARIO, past, np.full((3, 10), 10.0), 0.97, rng)
    # who fears for its record asks too much for the largest task, which takes a whole machine
    assert check(replace(SCENARIO, incentives=False), plan, past.between(57 - plan.start_up, 60)) >= 0.97


def test_no_tasks_are_all_sold(demand: Demand, plan: Plan) -> None:
    assert check(SCENARIO, plan, replace(demand.between(0, plan.start_up), periods=5)) == 1.0
    idle = make_plan(SCENARIO, demand, np.zeros((4, 10)), 0.99, np.random.default_rng(1))
    assert (idle.capacity, idle.queue.servers, idle.busiest) == (1, 0, 0.0)


def test_the_queue_is_that_of_the_busiest_period(demand: Demand, plan: Plan) -> None:
    arrivals = demand.arrivals[48:]
    assert plan.busiest == arrivals.max()
    assert plan.arrivals == pytest.approx(arrivals.mean())
    held = demand.between(0, 48).lengths + 0.5 / SCENARIO.waves
    assert plan.queue.offered == pytest.approx(arrivals.max() * held.mean())
    assert plan.queue.servers > plan.queue.offered
    assert abs(plan.queue.square_root - plan.queue.servers) < 1.6


def test_more_than_a_coprocessor_can_have_is_refused() -> None:
    giant = 2**30 - 1
    zeros, large = whole(*[0] * 9), whole(*[giant] * 9)
    tasks = Workload(zeros, zeros, zeros, large, large, np.ones(9, bool), {}, np.zeros(9, bool), zeros)
    lonely = replace(SCENARIO, coprocessors=1)
    with pytest.raises(UserError, match=r"more than 4294967295 .*: give more periods or participants"):
        make_plan(lonely, Demand(tasks, 1, 1e-4), np.full((2, 2), 9.0), 0.99, np.random.default_rng(1))
