"""Synthetic demand, and demand cut into periods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ballast.sim.pace import pace_of
from ballast.sim.scenario import Scenario
from ballast.sim.workload import ANYBODY, Workload
from ballast.sim.workload.synthetic import synthetic_tasks
from ballast.studies.planning.demand import Demand, demand_of, seasonal


def test_synthetic_tasks_are_in_their_periods_and_operators_are_chosen_later() -> None:
    workload = synthetic_tasks(np.array([2, 0, 5, 1]), 1.0, np.random.default_rng(1))
    assert workload.period.tolist() == [0, 0, 2, 2, 2, 2, 2, 3]
    assert set(workload.operator.tolist()) == {ANYBODY}
    assert workload.heavy.all()


def test_a_synthetic_demand_swings_with_the_season() -> None:
    scenario = Scenario(periods=1_200, tasks_per_period=100)
    counts = np.bincount(seasonal(scenario, 24, np.random.default_rng(2)).period, minlength=1_200).reshape(-1, 24)
    profile = counts.mean(axis=0)
    assert profile.argmax() in (23, 0, 1)
    assert profile.argmin() in (11, 12, 13)
    assert 2.2 < profile[0] / profile[12] < 3.2  # e in the middle
    assert counts[:, 6].var() > 3.0 * profile[6]  # more than Poisson
    level = counts.mean(axis=1)
    assert np.corrcoef(level[1:], level[:-1])[0, 1] > 0.1  # the level wanders from season to season


def test_the_seed_decides() -> None:
    scenario = Scenario(periods=30, tasks_per_period=10)
    drawn = [demand_of(scenario, 6, 18, np.random.default_rng(seed)).tasks.difficulty.tolist() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_heavy_tasks_alone_count_and_periods_can_be_cut_out() -> None:
    period = np.array([0, 0, 1, 1, 3])
    heavy = np.array([True, False, True, True, True])
    difficulty = np.array([5, 7, 11, 13, 17])
    light = np.zeros(5, dtype=np.bool_)
    tasks = Workload(period, 0 * period, np.arange(5), difficulty, 10 * difficulty, heavy, {}, light, 0 * period)
    demand = Demand.heavy(tasks, Scenario(periods=4, work=2.0), 4)
    assert demand.arrivals.tolist() == [1, 2, 0, 1]
    # two periods for the mean of 5, 11, 13 and 17, others as the root of their difficulty
    assert demand.lengths == pytest.approx(2 * np.sqrt(np.array([5, 11, 13, 17]) / 11.5))
    lengths = demand.lengths
    assert demand.work == pytest.approx([5 * lengths[0], 11 * lengths[1] + 13 * lengths[2], 0, 17 * lengths[3]])
    part = demand.between(1, 4)
    assert part.periods == 3
    assert part.arrivals.tolist() == [2, 0, 1]
    assert part.lengths.tolist() == lengths[1:].tolist()
    assert part.tasks.operator.tolist() == [2, 3, 4]
    assert part.tasks.reward.tolist() == [110, 130, 170]


def test_the_pace_is_that_of_what_is_known() -> None:
    scenario = Scenario(periods=30, tasks_per_period=40)
    tasks = seasonal(scenario, 6, np.random.default_rng(3))
    known = tasks.take(np.flatnonzero(tasks.heavy & (tasks.period < 18)))
    seconds = pace_of(replace(scenario, periods=18), known)
    assert Demand.heavy(tasks, scenario, 18).pace == seconds / scenario.network().epoch_seconds
    later = tasks.take(np.flatnonzero(tasks.period < 24))
    assert Demand.heavy(later, scenario, 18).pace == Demand.heavy(tasks, scenario, 18).pace
    assert Demand.heavy(tasks, scenario, 30).pace != Demand.heavy(tasks, scenario, 18).pace
