"""Reading traces, and making up workloads."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import WorkloadError
from sim.scenario import Scenario
from sim.workload import read_swf, synthetic

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
    workload = read_swf(trace(tmp_path, bad + unusable + job(6, 0, 10, 4, 7)), Scenario(periods=1))
    assert workload.notes == {"jobs_read": 1, "lines_malformed": 3, "jobs_unusable": 4, "users": 1}


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


def test_made_up_tasks_are_what_was_asked_for() -> None:
    scenario = Scenario(operators=7, periods=5, tasks_per_period=20)
    workload = synthetic(scenario, np.random.default_rng(3))
    assert np.bincount(workload.period).tolist() == [20] * 5
    assert set(workload.operator.tolist()) == set(range(7))
    assert workload.difficulty.min() >= 1
    assert workload.difficulty[workload.heavy].mean() > 1.5 * workload.difficulty[~workload.heavy].mean()
    again = synthetic(scenario, np.random.default_rng(3))
    assert workload.reward.tolist() == again.reward.tolist()
