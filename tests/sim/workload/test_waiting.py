"""Waiting for a slot: how many slots there are, and that nobody is lost who finds none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ballast.errors import WorkloadError
from ballast.model.constants import MAX_TASK_SLOTS
from ballast.sim.opening import retire
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.sim.workload import ANYBODY, Workload
from ballast.sim.workload.tasks import spread
from ballast.sim.workload.waiting import slots_needed

PERIODS, OPERATORS = 6, 3


def workload(tasks: list[tuple[int, int]]) -> Workload:
    """Tasks of periods and operators."""
    ordered = sorted(tasks, key=lambda task: task[0])
    period, operator = (np.array([task[i] for task in ordered], dtype=np.int64) for i in (0, 1))
    size, kind = np.full(len(ordered), 10), np.zeros(len(ordered), dtype=np.int64)
    none = np.zeros(len(ordered), dtype=np.bool_)
    return Workload(period, spread(period), operator, size, 1_000 * size, none, {}, none, kind, traced=True)


def test_slots_hold_what_comes_while_tasks_stay_up_to_their_bound() -> None:
    assert slots_needed(workload([(0, 1)] * 5 + [(1, 1)] * 3), OPERATORS, 0.0) == 5
    assert slots_needed(workload([(0, ANYBODY)] * 5), OPERATORS, 0.0) == 5
    assert slots_needed(workload([(0, 1)] * 5 + [(0, ANYBODY)] * 4), OPERATORS, 0.0) == 9
    assert slots_needed(workload([(0, 1)] * 5), OPERATORS, 1.3) == 12
    assert slots_needed(workload([(0, 1)] * 5_000), OPERATORS, 0.0) == MAX_TASK_SLOTS


def test_a_run_does_not_cut_tasks_that_cannot_wait() -> None:
    scenario = Scenario(operators=OPERATORS, coprocessors=2, periods=PERIODS, tasks_per_period=1)
    full = replace(workload([(0, 1)] * 1_024 + [(1, 1), (0, 2)]), traced=False)
    assert Run(scenario, workload=full).slots == 1_024
    over = replace(workload([(2, 1)] * 1_025), traced=False)
    with pytest.raises(WorkloadError) as refused:
        Run(scenario, workload=over)
    assert str(refused.value) == (
        "an operator gets 1,025 tasks of its own in a period, and can have 1,024 slots: spread them over more periods "
        "or operators"
    )


def test_who_finds_no_slot_waits_for_one_in_the_order_in_which_all_came() -> None:
    """More come at once than an operator has slots; numbers of tasks tell in which order they were opened."""
    came = workload([(0, 1)] * 3_000 + [(1, 2)] * 2)
    came = replace(came, moment=np.where(came.period == 0, 0, came.moment))
    scenario = Scenario(operators=OPERATORS, coprocessors=20, periods=PERIODS, tasks_per_period=1, work=1.5)
    run = run_on(scenario, workload=came)
    opened = run.summary["tasks_opened"]
    assert opened + run.summary["tasks_waiting"] == 3_002
    assert opened > run.slots == MAX_TASK_SLOTS
    assert run.periods["queued"][0] == 3_000 - run.periods["opened"][0] > 0
    assert run.summary["tasks_waited"] == np.count_nonzero(run.waited) > 0
    own = np.flatnonzero((came.operator == 1) & (np.arange(3_002) < opened))
    assert (np.diff(run.waited[own]) >= 0).all()


def test_all_that_waited_may_come_and_end_in_one_period() -> None:
    """Tasks fill all slots at once and for long; when they are done all hosts have retired, and what follows ends."""
    came = workload([(0, 0)] * MAX_TASK_SLOTS + [(1 + i // 900, 0) for i in range(5_400)])
    came = replace(came, heavy=~came.heavy, moment=np.where(came.period == 0, 0, came.moment))
    scenario = Scenario(operators=1, coprocessors=20, periods=9, work=4.0, utilisation=0.1)
    operators, coprocessors = Run(scenario, workload=came).people
    operators.traits["complexity"], coprocessors.traits["speed"] = 0, 1
    ended: list[int] = []
    most = 0

    def watch(run: Run) -> None:
        nonlocal most
        ended.extend(run.tasks["number"].tolist())
        most = max(most, len(run.tasks))
        if run.done == 2:
            for account in run.coprocessors().tolist():
                retire(run, account)

    run = run_on(scenario, workload=came, people=(operators, coprocessors), watch=watch)
    assert most > MAX_TASK_SLOTS + run.counts.max()
    assert len(set(ended)) == len(ended) == run.periods["opened"].sum() - run.periods["live"][-1]
    assert run.periods["opened"].sum() + run.periods["queued"][-1] == len(came.period)
    assert run.summary["conserved"]
