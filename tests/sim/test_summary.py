"""What a summary says in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario
from ballast.sim.summary import at_a_time, room, unsold
from ballast.studies.report.front import findings

LACKING: dict[str, Any] = {
    "tasks_unsold": 599,
    "tasks_auctioned": 1_500,
    "at_a_time": 60,
    "room": 20,
    "parameters": {"workload": "trace.swf"},
}


def test_room_is_counted_coprocessor_by_coprocessor() -> None:
    assert room(np.array([9, 10, 25]), np.array([1, 10, 99])) == 3
    assert room(np.array([9, 10]), np.array([], dtype=np.int64)) == 19


def test_tasks_under_way_are_counted_over_the_periods_that_they_stay() -> None:
    auctioned = np.array([10, 40, 20, 0])
    assert at_a_time(auctioned, 0.25) == 10
    assert at_a_time(auctioned, 1.0) == 40
    assert at_a_time(auctioned, 2.0) == 60
    assert at_a_time(auctioned, 1.5) == 45
    assert at_a_time(auctioned, 9.0) == 70


def test_tasks_unsold_for_lack_of_room_are_explained() -> None:
    assert unsold(LACKING) == (
        "599 of 1,500 auctioned tasks found no coprocessor: there is room for 20 of the middle size, and up to 60 "
        "would have been under way at a time; more coprocessors or more periods would help"
    )
    assert unsold(LACKING | {"parameters": {"workload": None}}).endswith("; a lower utilisation would help")


@pytest.mark.parametrize("change", [{"room": 60}, {"tasks_unsold": 0}, {"room": None}])
def test_nothing_is_claimed_of_other_causes(change: dict[str, Any]) -> None:
    assert unsold(LACKING | change) == ""


def test_a_trace_with_many_small_coprocessors_says_so_at_the_front(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("submit,duration\n" + "".join(f"{10 * i},{60 + i}\n" for i in range(300)))
    trace = Scenario(operators=10, coprocessors=30, periods=10, workload=path)
    few, many = (run_on(s).summary for s in (trace, Scenario(**(vars(trace) | {"coprocessors": 300}))))
    assert few["room"] < few["at_a_time"]
    assert few["tasks_unsold"] > many["tasks_unsold"]
    names = ("opened", "unplaced", "settled", "unsold", "failed", "forfeited", "live")
    sums = {name: float(few[f"tasks_{name}"]) for name in names} | {"queued": float(few["tasks_waiting"])}
    assert unsold(few) in findings(sums, few["parameters"], few)[0].said
