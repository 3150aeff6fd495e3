"""Waiting for a slot: first come, first served, and nobody is lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, tuples

from ballast.errors import WorkloadError
from ballast.sim.run import Run
from ballast.sim.scenario import Scenario
from ballast.sim.workload import ANYBODY, Workload
from ballast.sim.workload.waiting import put_off, slots_needed

PERIODS, OPERATORS = 6, 3


def workload(tasks: list[tuple[int, int]]) -> Workload:
    """Tasks of periods and operators; their difficulties are their places, and their rewards large enough."""
    ordered = sorted(tasks, key=lambda task: task[0])
    period, operator = (np.array([task[i] for task in ordered], dtype=np.int64) for i in (0, 1))
    place = np.arange(len(ordered))
    none = np.zeros(len(ordered), dtype=np.bool_)
    return Workload(period, operator, place, 10 * place + 10, none, {}, none, traced=True)


def by_hand(tasks: Workload, slots: int) -> dict[int, int]:
    """Periods tasks are opened in, by their places, found by playing period by period."""
    opened = {}
    waiting: list[int] = []
    for period in range(PERIODS):
        waiting += np.flatnonzero(tasks.period == period).tolist()
        left = [slots] * OPERATORS
        for place in list(waiting):
            operator = int(tasks.operator[place])
            if operator != ANYBODY and left[operator] > 0:
                left[operator] -= 1
                opened[place] = period
                waiting.remove(place)
        room = sum(left)
        for place in [p for p in waiting if tasks.operator[p] == ANYBODY][:room]:
            opened[place] = period
            waiting.remove(place)
    return opened | dict.fromkeys(waiting, PERIODS)


@given(
    tasks=lists(tuples(integers(0, PERIODS - 1), integers(ANYBODY, OPERATORS - 1)), min_size=1, max_size=60),
    slots=integers(1, 4),
)
def test_tasks_are_opened_as_by_hand(tasks: list[tuple[int, int]], slots: int) -> None:
    came = workload(tasks)
    moved, waited = put_off(came, PERIODS, OPERATORS, slots)
    opened = by_hand(came, slots)
    assert dict(zip(moved.difficulty.tolist(), moved.period.tolist(), strict=True)) == opened
    assert waited.tolist() == [opened[p] - came.period[p] for p in moved.difficulty.tolist()]
    assert (np.diff(moved.period) >= 0).all()


def test_slots_hold_what_comes_up_to_their_bound() -> None:
    assert slots_needed(workload([(0, 1)] * 5 + [(1, 1)] * 3), OPERATORS) == 5
    assert slots_needed(workload([(0, ANYBODY)] * 5), OPERATORS) == 5
    assert slots_needed(workload([(0, 1)] * 5 + [(0, ANYBODY)] * 4), OPERATORS) == 9
    assert slots_needed(workload([(0, 1)] * 5_000), OPERATORS) == 1_024


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
    assert Run(scenario, workload=replace(over, traced=True)).periods["queued"].tolist() == [0, 0, 1, 0, 0, 0]
