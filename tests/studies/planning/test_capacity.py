"""Capacity and stake: small cases by hand, and what the market makes of a plan."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from ballast.errors import UserError
from ballast.model.constants import PPM
from ballast.sim.scenario import Scenario
from ballast.sim.workload import Workload
from ballast.studies.planning.capacity import Futures, Plan, check, draw, largest_loads, make_plan, participants, placed
from ballast.studies.planning.demand import Demand, demand_of

SCENARIO = Scenario(operators=10, coprocessors=20, periods=60, tasks_per_period=200)


def whole(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Array of whole numbers."""
    return np.array(numbers, dtype=np.int64)


@pytest.fixture(scope="module")
def demand() -> Demand:
    """Sixty periods of about 120 heavy tasks."""
    return demand_of(SCENARIO, 12, np.random.default_rng(1))


@pytest.fixture(scope="module")
def arrivals(demand: Demand) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Futures that are the last 12 periods, whatever the draw: a forecaster that knows."""
    return np.repeat(demand.arrivals[48:, None].astype(float), 60, axis=1)


@pytest.fixture(scope="module")
def plan(demand: Demand, arrivals: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Plan:
    """Plan for the last 12 periods, from those before."""
    return make_plan(SCENARIO, demand.between(0, 48), arrivals, 0.97, np.random.default_rng(2))


def test_tasks_go_to_the_least_loaded_with_room() -> None:
    limits = np.array([1.0, 0.5])
    # 5 to the first, 5 to the second up to its half, 5 to the first again, nothing for the fourth.
    assert placed(whole(5, 5, 5, 1), whole(0), whole(4), 10.0, limits).tolist() == [3]
    assert placed(whole(6, 6), whole(0), whole(2), 10.0, limits).tolist() == [1]  # the second is too small for it
    assert placed(whole(11, 2), whole(0), whole(2), 10.0, limits).tolist() == [1]  # what fits nowhere stops nobody
    # 3 goes beside 4 and not on top of it, so that both 6 fit.
    assert placed(whole(4, 3, 6, 6), whole(0), whole(4), 10.0, np.array([1.0, 1.0])).tolist() == [4]


def test_periods_begin_idle_and_runs_go_round() -> None:
    limits = np.array([1.0])
    assert placed(whole(6, 3, 6), whole(0, 0), whole(2, 2), 10.0, limits).tolist() == [2, 2]
    assert placed(whole(6, 3, 6), whole(2), whole(3), 10.0, limits).tolist() == [
        2
    ]  # 6, no room for the first 6, then 3


def test_work_of_runs_is_their_sum() -> None:
    rng = np.random.default_rng(3)
    difficulty = rng.integers(1, 100, 17)
    starts, lengths = rng.integers(0, 17, 30), rng.integers(0, 60, 30)
    expected = [sum(int(difficulty[j % 17]) for j in range(s, s + n)) for s, n in zip(starts, lengths, strict=True)]
    assert Futures(difficulty, starts, lengths).work.tolist() == expected


def test_each_future_counts_once() -> None:
    # Two periods, three futures: 1 of 1 + 1 find room, 4 of 4 + 16, and there is nothing to do in the third.
    futures = Futures(whole(6, 11), np.array([[0, 0, 0], [1, 0, 0]]), np.array([[1, 4, 0], [1, 16, 0]]))
    assert futures.share(10.0, np.array([1.0, 1.0])) == pytest.approx((1 / 2 + 4 / 20 + 1) / 3)


def test_drawn_periods_have_the_forecast_numbers(demand: Demand) -> None:
    arrivals = np.array([[1.0, 2.4, 7.6], [0.2, 3.0, 4.0]])
    futures = draw(demand, arrivals, 5, np.random.default_rng(4))
    assert futures.lengths.tolist() == [[1, 2, 8], [0, 3, 4]]
    assert 0 <= futures.starts.min() <= futures.starts.max() < len(demand.tasks.difficulty)
    many = draw(demand, np.full((10, 1_000), 5_000.0), 50, np.random.default_rng(4))
    assert many.lengths.shape == (10, 2)  # as many draws of each of ten periods as five million placements allow


def test_capacity_is_the_smallest_that_keeps_the_promise(
    demand: Demand, plan: Plan, arrivals: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> None:
    past = demand.between(0, 48)
    futures = draw(past, arrivals, SCENARIO.coprocessors, np.random.default_rng(2))
    limits = largest_loads(SCENARIO, participants(SCENARIO, past)[1])
    assert futures.share(plan.capacity, limits) >= 0.97
    assert futures.share(0.99 * plan.capacity, limits) < 0.97
    assert plan.work == futures.work.mean()
    assert plan.work_quantile == np.quantile(futures.work, 0.97)
    assert plan.rule == math.ceil(plan.work_quantile / limits.mean())


def test_nobody_is_planned_beyond_the_kink_or_their_patience(demand: Demand) -> None:
    people = participants(SCENARIO, demand)[1]
    loads = largest_loads(SCENARIO, people)
    patience = people.traits["patience"]
    kink = SCENARIO.network().chosen_curve.f / 10_000
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
    unpaid = Demand(replace(t, reward=t.difficulty), past.periods)
    cheap = make_plan(SCENARIO, unpaid, np.full((3, 4), 50.0), 0.9, np.random.default_rng(1))
    assert cheap.stake == cheap.capacity * SCENARIO.network().stake_per_unit


def test_the_market_keeps_the_promise_of_a_plan_and_not_of_a_part_of_it(demand: Demand, plan: Plan) -> None:
    came = demand.between(48, 60)
    assert check(SCENARIO, plan, came) >= 0.97
    assert check(SCENARIO, replace(plan, capacity=plan.capacity // 2), came) < 0.85
    assert check(SCENARIO, replace(plan, stake=plan.stake // 4), came) < 0.9


def test_no_tasks_are_all_sold(demand: Demand, plan: Plan) -> None:
    nothing = Demand(demand.between(0, 0).tasks, 5)
    assert check(SCENARIO, plan, nothing) == 1.0
    idle = make_plan(SCENARIO, demand, np.zeros((4, 10)), 0.99, np.random.default_rng(1))
    assert (idle.capacity, idle.queue.servers, idle.busiest) == (1, 0, 0.0)


def test_the_queue_is_that_of_the_busiest_period(demand: Demand, plan: Plan) -> None:
    arrivals = demand.arrivals[48:]
    assert plan.busiest == arrivals.max()
    assert plan.arrivals == pytest.approx(arrivals.mean())
    # 148 of 270 seconds from the bids to the results
    assert plan.queue.offered == pytest.approx(arrivals.max() * 148 / 270)
    assert plan.queue.servers > plan.queue.offered
    assert abs(plan.queue.square_root - plan.queue.servers) < 1.6


def test_more_than_a_coprocessor_can_have_is_refused() -> None:
    giant = 2**30 - 1
    zeros, large = whole(*[0] * 9), whole(*[giant] * 9)
    tasks = Workload(zeros, zeros, large, large, np.ones(9, bool), {}, np.zeros(9, bool))
    lonely = replace(SCENARIO, coprocessors=1)
    with pytest.raises(UserError, match=r"more than 4294967295 .*: give more periods or participants"):
        make_plan(lonely, Demand(tasks, 1), np.full((2, 2), 9.0), 0.99, np.random.default_rng(1))
