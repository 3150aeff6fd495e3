"""Tasks of a run, whatever they come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ballast.model.constants import PPM
from ballast.sim.scenario import HEAVY, LIGHT

Integers = npt.NDArray[np.int64]
ANYBODY: Final = -1
"""In place of an operator: the AVS gives the task to one by reputation."""
UNIT_REWARD: Final = 1_000
"""Token units a unit of difficulty earns on average in a synthetic workload."""
MAX_REWARDS: Final = 2**62 // 10**6
"""Bound of all rewards of a run, token units: keeps every product below 2**63."""
COLUMNS: Final = ("period", "moment", "operator", "difficulty", "reward", "heavy", "wash", "kind")


@dataclass(frozen=True)
class Workload:
    """Tasks of a run, one entry a task, in the order of their periods.

    Attributes
    ----------
    period : array of shape (tasks,)
        Period a task comes in, from 0.
    moment : array of shape (tasks,)
        When in the period it comes, ppm of the period; ascending within each.
    operator : array of shape (tasks,)
        Operator it is for, from 0, or ``ANYBODY``.
    difficulty : array of shape (tasks,)
        Resource units.
    reward : array of shape (tasks,)
        Token units.
    heavy : array of shape (tasks,), bool
        Whether it is too complex for half of the operators.
    notes : dict
        What was read and what was left out, by name.
    wash : array of shape (tasks,), bool
        Whether it is one a ring trades with itself.
    kind : array of shape (tasks,)
        Place of its class among the scenario's own, from 1; 0 for a light or heavy task.
    traced : bool
        Whether it was read from a trace: its tasks wait until their operator has a free slot, none is too dear for a
        mandate, and the largest coprocessor can take the largest of them.
    """

    period: Integers
    moment: Integers
    operator: Integers
    difficulty: Integers
    reward: Integers
    heavy: npt.NDArray[np.bool_]
    notes: dict[str, Any]
    wash: npt.NDArray[np.bool_]
    kind: Integers
    traced: bool = False

    def class_numbers(self, wash_class: int) -> Integers:
        """Numbers of the tasks' classes, if a ring's has this one."""
        numbers = np.where(self.kind > 0, HEAVY + self.kind, np.where(self.heavy, HEAVY, LIGHT))
        return np.where(self.wash, wash_class, numbers)

    def take(self, chosen: Integers) -> Workload:
        """Tasks at chosen places, which may repeat."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in COLUMNS})

    def at(self, period: Integers, moment: Integers) -> Workload:
        """Take the same tasks at other times."""
        return replace(self, period=period, moment=moment)

    def joined(self, other: Workload) -> Workload:
        """Tasks of two workloads, in the order in which they come."""
        both = {name: np.concatenate((getattr(self, name), getattr(other, name))) for name in COLUMNS}
        return replace(self, **both).take(np.lexsort((both["moment"], both["period"])))


def spread(period: Integers) -> Integers:
    """Moments of tasks that come evenly through their periods, which ascend."""
    counts = np.bincount(period)
    first = np.cumsum(counts) - counts
    return np.asarray((np.arange(len(period)) - first[period]) * PPM // np.maximum(counts[period], 1), dtype=np.int64)
