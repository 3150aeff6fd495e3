"""What a summary says in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario
from ballast.sim.summary import room, unsold
from ballast.studies.report.front import findings

LACKING: dict[str, Any] = {
    "tasks_unsold": 599,
    "tasks_auctioned": 1_500,
    "auctioned_most": 60,
    "room": 20,
    "parameters": {"workload": "trace.swf"},
}


def test_room_is_counted_coprocessor_by_coprocessor() -> None:
    assert room(np.array([9, 10, 25]), np.array([1, 10, 99])) == 3
    assert room(np.array([9, 10]), np.array([], dtype=np.int64)) == 19


def test_tasks_unsold_for_lack_of_room_are_explained() -> None:
    assert unsold(LACKING) == (
        "599 of 1,500 auctioned tasks found no coprocessor: at a time there is room for 20 of the middle size, and up "
        "to 60 were auctioned in one period; more coprocessors or more periods would help"
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
    assert few["room"] < few["auctioned_most"]
    assert few["tasks_unsold"] > many["tasks_unsold"]
    names = ("opened", "unplaced", "settled", "unsold", "failed", "forfeited", "live")
    sums = {name: float(few[f"tasks_{name}"]) for name in names} | {"queued": float(few["tasks_waiting"])}
    assert unsold(few) in findings(sums, few["parameters"], few)[0].said
