"""Making up workloads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ballast.errors import WorkloadError
from ballast.model.constants import MAX_TASK_SLOTS
from ballast.sim.scenario import ARRIVALS, Scenario
from ballast.sim.workload import ANYBODY
from ballast.sim.workload.synthetic import SEASON, arrivals, synthetic


def test_synthetic_tasks_are_what_was_asked_for() -> None:
    scenario = Scenario(operators=7, periods=5, tasks_per_period=2_000, heavy_share=0.3)
    workload = synthetic(scenario, np.random.default_rng(3))
    assert np.bincount(workload.period).tolist() == [2_000] * 5
    assert set(workload.operator.tolist()) == {ANYBODY}
    assert workload.difficulty.min() >= 1
    assert workload.heavy.mean() == pytest.approx(0.3, abs=0.02)
    heavy, light = workload.difficulty[workload.heavy].mean(), workload.difficulty[~workload.heavy].mean()
    assert heavy / light == pytest.approx(2, rel=0.05)
    rate = workload.reward / workload.difficulty
    assert (rate.min(), rate.max()) == (pytest.approx(900, rel=0.01), pytest.approx(1_100, rel=0.01))
    again = synthetic(scenario, np.random.default_rng(3))
    assert workload.reward.tolist() == again.reward.tolist()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_tasks_may_be_of_one_kind(share: float) -> None:
    workload = synthetic(Scenario(heavy_share=share, periods=2, tasks_per_period=9), np.random.default_rng(3))
    assert set(workload.heavy.tolist()) == {share == 1.0}


def counted(kind: str, seed: int = 5, **more: Any) -> Any:
    """Tasks by period that come in a way, 500 in the mean."""
    scenario = replace(Scenario(arrivals=kind, periods=6_000, tasks_per_period=500), **more)
    return arrivals(scenario, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", ARRIVALS)
def test_whatever_the_way_the_mean_is_the_same(kind: str) -> None:
    assert counted(kind).mean() == pytest.approx(500, rel=0.03)
    assert counted(kind).tolist() == counted(kind).tolist()


def test_ways_to_arrive_differ_as_they_say() -> None:
    assert counted("constant").std() == 0
    assert counted("poisson").var() == pytest.approx(500, rel=0.06)
    by_hour = counted("seasonal").reshape(-1, SEASON).mean(axis=0)
    assert by_hour.argmax() == SEASON // 4
    assert by_hour.argmin() == 3 * SEASON // 4
    assert by_hour.max() == pytest.approx(700, rel=0.03)
    assert by_hour.min() == pytest.approx(300, rel=0.05)
    bursty = counted("bursty")
    assert (bursty > 1_000).mean() == pytest.approx(0.05, abs=0.01)
    assert bursty[bursty > 1_000].mean() / bursty[bursty <= 1_000].mean() == pytest.approx(4, rel=0.02)
    tail = counted("heavy_tailed")
    assert tail.max() > 3_000
    assert tail.max() <= 5_000 + 6 * 71


@pytest.mark.parametrize("kind", [kind for kind in ARRIVALS if kind != "constant"])
def test_never_more_tasks_than_slots(kind: str) -> None:
    assert counted(kind, operators=1, tasks_per_period=1_000, periods=200).max() <= MAX_TASK_SLOTS


def test_workloads_without_a_task_or_with_too_many_are_refused() -> None:
    with pytest.raises(WorkloadError, match="no task arrives"):
        synthetic(Scenario(arrivals="poisson", periods=1, tasks_per_period=1), np.random.default_rng(2))
    most = Scenario(operators=10_000, tasks_per_period=10_000_000, periods=100_000)
    with pytest.raises(WorkloadError, match=r"^1000000000000 tasks are more than 40000000: give fewer"):
        synthetic(most, np.random.default_rng(1))
