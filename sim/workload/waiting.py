"""Tasks wait for a free slot of their operator, and are opened in the first period that has one.

All tasks of a period end in it, so an operator has all its slots free when the next one begins: when a task is opened
is known before the run.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ballast.errors import WorkloadError
from ballast.model.constants import MAX_TASK_SLOTS
from ballast.sim.workload.tasks import ANYBODY, Integers, Workload


def loads(workload: Workload, operators: int) -> tuple[Integers, Integers]:
    """Operators that get tasks of their own in a period, once for each period, and how many."""
    own = workload.operator != ANYBODY
    places, counts = np.unique(workload.period[own] * operators + workload.operator[own], return_counts=True)
    return places % operators, counts


def slots_needed(workload: Workload, operators: int) -> int:
    """Task slots of an operator: the most of its own in a period, and three times its even share of the others."""
    _, counts = loads(workload, operators)
    anybody = np.bincount(workload.period[workload.operator == ANYBODY], minlength=1).max()
    return int(np.clip(counts.max(initial=0) + -(-3 * anybody // operators), 1, MAX_TASK_SLOTS))


def check_room(workload: Workload, operators: int) -> None:
    """Refuse tasks that would have to wait, where they do not.

    Raises
    ------
    WorkloadError
        If an operator gets more tasks of its own in a period than it can have slots.
    """
    _, counts = loads(workload, operators)
    most = int(counts.max(initial=0))
    if most > MAX_TASK_SLOTS:
        raise WorkloadError(
            f"an operator gets {most:,} tasks of its own in a period, and can have {MAX_TASK_SLOTS:,} slots: spread "
            "them over more periods or operators"
        )


def put_off(workload: Workload, periods: int, operators: int, slots: int) -> tuple[Workload, Integers]:
    """Move tasks that find no free slot to later periods: first come, first served.

    Tasks of an operator wait for one of its slots; those for anybody get what slots the others leave.

    Parameters
    ----------
    workload : Workload
        Tasks by the periods they come in.
    periods, operators, slots : int
        Of the run; slots of each operator.

    Returns
    -------
    Workload
        Tasks by the periods they are opened in; those that still wait when the run ends have ``periods``.
    array of int
        Periods each has waited.
    """
    opened = workload.period.copy()
    busy, counts = loads(workload, operators)
    for operator in np.unique(busy[counts > slots]).tolist():
        own = np.flatnonzero(workload.operator == operator)
        opened[own] = in_turn(workload.period[own], slots)
    opened = np.minimum(opened, periods)
    free = workload.operator == ANYBODY
    taken = np.bincount(opened[~free], minlength=periods + 1)[:periods]
    opened[free] = as_room_allows(workload.period[free], operators * slots - taken)
    order = np.argsort(opened, kind="stable")
    moved = workload.take(order)
    return replace(moved, period=opened[order]), opened[order] - moved.period


def in_turn(came: Integers, slots: int) -> Integers:
    """Periods in which tasks are opened, of which as many as there are slots may be opened in each.

    A task waits for the one that came as many places before it: the period it is opened in is at least one more.
    """
    opened = came.copy()
    for first in range(min(slots, len(came))):
        lane = came[first::slots]
        steps = np.arange(len(lane))
        opened[first::slots] = np.maximum.accumulate(lane - steps) + steps
    return opened


def as_room_allows(came: Integers, room: Integers) -> Integers:
    """Periods in which tasks are opened, given how many may be opened in each; for tasks left over, their number."""
    counts = np.bincount(came, minlength=len(room))
    opened = np.zeros(len(room), dtype=np.int64)
    waiting = 0
    for period, (new, most) in enumerate(zip(counts.tolist(), room.tolist(), strict=True)):
        opened[period] = min(waiting + new, most)
        waiting += new - opened[period]
    return np.searchsorted(np.cumsum(opened), np.arange(len(came)), side="right").astype(np.int64)
