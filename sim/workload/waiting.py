"""Task slots of operators: how many each has, and when there would be too few."""

from __future__ import annotations

from typing import Final

import numpy as np

from ballast.errors import WorkloadError
from ballast.model.constants import MAX_TASK_SLOTS
from ballast.sim.workload.tasks import ANYBODY, Integers, Workload

SPARE: Final = 3
"""Slots of an operator, as a multiple of its even share of what is for anybody."""


def loads(workload: Workload, operators: int) -> Integers:
    """Count tasks that operators get of their own in a period, for each operator and period that has some."""
    own = workload.operator != ANYBODY
    counts: Integers = np.unique(workload.period[own] * operators + workload.operator[own], return_counts=True)[1]
    return counts


def slots_needed(workload: Workload, operators: int, stay: float) -> int:
    """Task slots of an operator.

    Parameters
    ----------
    workload : Workload
        The tasks.
    operators : int
        How many there are.
    stay : float
        Periods that a task lives after that in which it came, on average.
    """
    anybody = np.bincount(workload.period[workload.operator == ANYBODY], minlength=1).max()
    most = loads(workload, operators).max(initial=0) + SPARE * anybody / operators
    return int(np.clip(np.ceil(most * (1 + stay)), 1, MAX_TASK_SLOTS))


def check_room(workload: Workload, operators: int) -> None:
    """Refuse tasks that would have to wait, where they do not.

    Raises
    ------
    WorkloadError
        If an operator gets more tasks of its own in a period than it can have slots.
    """
    most = int(loads(workload, operators).max(initial=0))
    if most > MAX_TASK_SLOTS:
        raise WorkloadError(
            f"an operator gets {most:,} tasks of its own in a period, and can have {MAX_TASK_SLOTS:,} slots: spread "
            "them over more periods or operators"
        )
