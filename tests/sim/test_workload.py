"""Reading traces, and making up workloads."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from offchain.errors import WorkloadError
from offchain.model.activity import MAX_UNITS
from offchain.model.constants import MAX_TASK_SLOTS
from sim.scenario import ARRIVALS, MAX_PERIODS, Scenario
from sim.workload import ANYBODY, MAX_MOMENT, SEASON, arrivals, read_swf, synthetic

HEADER = "; Version: 2\n; a comment\n\n"


def job(number: int, submit: int, seconds: int, processors: int, user: int, requested: int = -1) -> str:
    """Line of a trace."""
    fields = [number, submit, 0, seconds, processors, -1, -1, requested, -1, -1, 1, user, 1, -1, -1, -1, -1, -1]
    return " ".join(map(str, fields)) + "\n"


def trace(folder: Path, text: str) -> Path:
    """Trace file."""
    path = folder / "trace.swf"
    path.write_text(HEADER + text)
    return path


def test_jobs_become_tasks(tmp_path: Path) -> None:
    path = trace(tmp_path, job(1, 100, 10, 4, 7) + job(2, 600, 20, 8, 9) + job(3, 1099, 30, 1, 7))
    workload = read_swf(path, Scenario(periods=2, operators=5))
    assert workload.period.tolist() == [0, 1, 1]
    assert workload.operator.tolist() == [0, 1, 0]
    assert workload.difficulty.tolist() == [40, 160, 30]
    assert workload.heavy.tolist() == [False, True, False]
    assert workload.notes == {"jobs_read": 3, "lines_malformed": 0, "jobs_unusable": 0, "users": 2}


def test_gzip_reads_the_same(tmp_path: Path) -> None:
    path = trace(tmp_path, job(1, 0, 10, 4, 7) + job(2, 5, 20, 8, 9))
    packed = tmp_path / "trace.swf.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    scenario = Scenario(periods=1)
    assert read_swf(packed, scenario).difficulty.tolist() == read_swf(path, scenario).difficulty.tolist()


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    bad = "1 2 3\nnot a job at all, though it has some words in it\n" + job(1, 0, 10, 4, 7).replace(" 4 ", " nan ", 1)
    unusable = job(2, 0, -1, 4, 7) + job(3, 0, 10, -1, 7) + job(4, -5, 10, 4, 7) + job(5, 0, 2**30, 2, 7)
    huge = job(7, 0, 10, 4, 7).replace(" 10 4 ", " 1e200 1e200 ") + job(8, 10**300, 10, 4, 7)
    workload = read_swf(trace(tmp_path, bad + unusable + huge + job(6, 0, 10, 4, 7)), Scenario(periods=1))
    assert workload.notes == {"jobs_read": 1, "lines_malformed": 3, "jobs_unusable": 6, "users": 1}


def test_the_largest_and_the_latest_job_there_can_be(tmp_path: Path) -> None:
    path = trace(tmp_path, job(1, 0, MAX_UNITS // 4, 1, 7) + job(2, MAX_MOMENT, 1, 1, 10**300))
    workload = read_swf(path, Scenario(periods=MAX_PERIODS))
    assert workload.period.tolist() == [0, MAX_PERIODS - 1]
    assert workload.difficulty.tolist() == [MAX_UNITS // 4, 1]
    assert workload.reward.tolist() == [MAX_UNITS // 4 * 10, 100]


def test_requested_processors_and_empty_jobs(tmp_path: Path) -> None:
    path = trace(tmp_path, job(1, 0, 10, -1, 7, requested=3) + job(2, 1, 0, 4, 7))
    assert read_swf(path, Scenario(periods=1)).difficulty.tolist() == [30, 1]


@pytest.mark.parametrize("text", ["", "1 2 3\n", job(1, 0, -1, 4, 7)])
def test_a_file_without_a_usable_job_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(WorkloadError, match="holds no usable job"):
        read_swf(trace(tmp_path, text), Scenario())


@pytest.mark.parametrize("content", [b"\x1f\x8b broken", None])
def test_an_unreadable_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "trace.swf.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkloadError, match="cannot be read"):
        read_swf(path, Scenario())


def test_a_path_no_system_has_is_refused() -> None:
    with pytest.raises(WorkloadError, match="cannot be read"):
        read_swf(Path("trace\0.swf"), Scenario())


def test_made_up_tasks_are_what_was_asked_for() -> None:
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
