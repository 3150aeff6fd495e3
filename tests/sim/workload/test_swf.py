"""Jobs of the Standard Workload Format: what is a task, what is none and why, and what is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from ballast.errors import WorkloadError
from ballast.sim.scenario import MAX_PERIODS, Scenario
from ballast.sim.workload import ANYBODY
from ballast.sim.workload.jobs import MAX_DIFFICULTY, MAX_MOMENT
from ballast.sim.workload.trace import read_trace
from tests.sim.workload import job, swf

NONE = {
    "lines_malformed": 0,
    "jobs_unusable": 0,
    "jobs_cancelled": 0,
    "jobs_partial": 0,
    "jobs_not_run": 0,
    "jobs_without_size": 0,
    "jobs_without_time": 0,
    "jobs_too_large": 0,
    "unit": 1,
    "unit_of": "processor-seconds",
    "work_left_out": 0.0,
}


def test_jobs_become_tasks(tmp_path: Path) -> None:
    path = swf(tmp_path, job(1, 100, 10, 4, 7) + job(2, 600, 20, 8, 9) + job(3, 1099, 30, 1, 7))
    workload = read_trace(path, Scenario(periods=2, operators=5))
    assert workload.period.tolist() == [0, 1, 1]
    assert workload.operator.tolist() == [0, 1, 0]
    assert workload.difficulty.tolist() == [40, 160, 30]
    assert workload.reward.tolist() == [400, 1_600, 300]
    assert workload.heavy.tolist() == [False, True, False]
    assert workload.notes == {**NONE, "jobs_read": 3, "users": 2}


def test_jobs_are_put_in_the_order_of_their_submit_times_and_fractions_are_rounded(tmp_path: Path) -> None:
    workload = read_trace(swf(tmp_path, job(2, 30, 2.4, 10) + job(1, 0.4, 1e2, 1)), Scenario(periods=31))
    assert workload.period.tolist() == [0, 30]
    assert workload.difficulty.tolist() == [100, 24]


def test_users_that_are_not_known_leave_the_choice_to_the_avs(tmp_path: Path) -> None:
    some = swf(tmp_path, job(1, user=3) + job(2, user=-1) + job(3, user=10**300), "some.swf")
    workload = read_trace(some, Scenario(periods=1, operators=9))
    assert workload.operator.tolist() == [0, ANYBODY, 1]
    assert workload.notes["users"] == 2
    nobody = read_trace(swf(tmp_path, job(1, user=-1) * 3), Scenario(periods=1))
    assert set(nobody.operator.tolist()) == {ANYBODY}
    assert nobody.notes["users"] == 0


def test_jobs_that_are_no_tasks_are_counted_by_kind_with_the_share_of_the_work(tmp_path: Path) -> None:
    lines = [
        job(1, 0, 90, 10),
        job(2, seconds=0, processors=-1, requested=64, status=5),
        job(3, seconds=-1, processors=-1, requested=64, status=5),
        job(4, seconds=0, processors=64, status=5),
        job(5, seconds=0, processors=0, requested=64, status=0),
        job(6, seconds=0, processors=-1, requested=64, status=-1),
        job(7, seconds=-1),
        job(8, processors=-1),
        job(9, submit=-1, seconds=10, processors=10),
        job(10, submit=MAX_MOMENT + 1, seconds=0, processors=1),
        job(11, seconds=1e200, processors=1e200),
    ]
    found = read_trace(swf(tmp_path, "".join(lines)), Scenario(periods=1))
    assert found.difficulty.tolist() == [900]
    assert found.notes == {
        **NONE,
        "jobs_read": 1,
        "jobs_unusable": 10,
        "jobs_cancelled": 3,
        "jobs_not_run": 2,
        "jobs_without_size": 2,
        "jobs_without_time": 2,
        "jobs_too_large": 1,
        "users": 1,
        "work_left_out": 0.1,
    }


def test_parts_of_jobs_are_not_counted_again(tmp_path: Path) -> None:
    summed_up = job(1, 0, 30, 10, status=1) + "".join(job(1, -1, 10, 10, status=status) for status in (2, 2, 3))
    killed = job(2, 5, 20, 10, status=0) + job(2, -1, 20, 10, status=4)
    found = read_trace(swf(tmp_path, summed_up + killed), Scenario(periods=1))
    assert found.difficulty.tolist() == [300, 200]
    assert (found.notes["jobs_partial"], found.notes["jobs_unusable"]) == (4, 4)
    assert found.notes["work_left_out"] == 0.0
    alone = read_trace(swf(tmp_path, killed + job(3, 9, 20, 30, status=2)), Scenario(periods=1))
    assert alone.notes["work_left_out"] == 0.75, "nothing sums job 3 up"


def test_a_job_of_no_time_that_ran_counts_one_unit(tmp_path: Path) -> None:
    allocated = job(1, 0, 0, 4, status=0)
    completed = job(2, 1, 0, -1, requested=4, status=1)
    cancelled_later = job(3, 2, 5, 4, status=5)
    found = read_trace(swf(tmp_path, allocated + completed + cancelled_later), Scenario(periods=1))
    assert found.difficulty.tolist() == [1, 1, 20]


def test_requested_processors_stand_in_for_allocated_ones(tmp_path: Path) -> None:
    found = read_trace(swf(tmp_path, job(1, 0, 10, -1, requested=3) + job(2, 0, 10, 0, requested=5)), Scenario())
    assert found.difficulty.tolist() == [30, 50]


@pytest.mark.parametrize("value", ["nan", "inf", "1_0", "0x10", "ten", "1,5", "٤", "1e999"])
def test_what_is_no_number_makes_a_line_malformed(value: str, tmp_path: Path) -> None:
    found = read_trace(swf(tmp_path, job(1) + job(2, processors=value)), Scenario())
    assert (found.notes["jobs_read"], found.notes["lines_malformed"]) == (1, 1)


def test_lines_of_other_lengths_are_malformed(tmp_path: Path) -> None:
    text = job(1) + "1 2 3\n" + job(2).strip() + " 7\n" + "not a job at all, though it has some words in it\n"
    assert read_trace(swf(tmp_path, text), Scenario()).notes["lines_malformed"] == 3


def test_the_latest_job_there_can_be(tmp_path: Path) -> None:
    path = swf(tmp_path, job(1, 0, MAX_DIFFICULTY, 1) + job(2, MAX_MOMENT, 1, 1))
    workload = read_trace(path, Scenario(periods=MAX_PERIODS))
    assert workload.period.tolist() == [0, MAX_PERIODS - 1]
    assert workload.difficulty.tolist() == [MAX_DIFFICULTY, 1]
    assert workload.reward.tolist() == [MAX_DIFFICULTY * 10, 100]


@pytest.mark.parametrize("text", ["", "1 2 3\n", job(1, 0, -1)])
def test_a_file_without_a_usable_job_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(
        WorkloadError, match=r"holds no usable job \(. malformed lines, . unusable jobs\): give a trace"
    ):
        read_trace(swf(tmp_path, text), Scenario())
