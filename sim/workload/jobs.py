"""Jobs of a trace, of whatever format, and the tasks they become."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ballast.errors import WorkloadError
from ballast.model.activity import MAX_UNITS
from ballast.model.constants import PPM
from ballast.sim.scenario import Scenario
from ballast.sim.workload.tasks import ANYBODY, MAX_REWARDS, Integers, Workload

Floats = npt.NDArray[np.float64]

MAX_MOMENT: Final = 2**40
"""Latest submit time of a trace, seconds: 34,000 years."""
MAX_WORK: Final = 2.0**62
"""Largest work of a job, processor-seconds or whatever else is counted."""
MAX_DIFFICULTY: Final = MAX_UNITS // 4
"""Largest difficulty of a task: a coprocessor that takes it needs more capacity, and others come with it."""
RATE, LEAST_REWARD = 10, 100
"""Token units a unit of difficulty earns, and those a task earns at least."""
SPARE: Final = 4
"""What all rewards of a trace may be of what a run may hold, as a divisor: a burst brings three times as many tasks."""
SPREAD: Final = 8
"""Largest capacity of an operator, as a multiple of its share of the work; what is free beside it is counted."""
LATEST: Final = 0.25
"""What the largest job takes at most, as a share of the run; others take the root of their works as long."""
SPARE_ROOM: Final = 2
"""Largest capacity of a coprocessor, as a multiple of what all jobs hold at a time."""
COARSE: Final = 10
"""Units below which the median job is not told well if jobs have fractions of a unit."""
FINEST: Final = -9
"""Power of ten of the smallest unit."""
FAR: Final = 10
"""Distance of a job from the others from which on it is told of, as a multiple of the time these span."""
CENTRAL: Final = 50
"""One in so many jobs at each end of a trace is not asked what the others span."""
FEW: Final = 5
"""Jobs below which none is told to be far from the others."""


@dataclass(frozen=True)
class Jobs:
    """Jobs of a trace, one entry a job, in the order of the file.

    Attributes
    ----------
    line : array of int
        Line of the file.
    submitted : array of int
        Seconds.
    work : array of float
        Processor-seconds, or costs.
    user : array of int
        Place among the users, in their order, or -1 where the user is not known.
    reward : array of int, optional
        Token units.
    heavy : array of bool, optional
        Whether a job is too complex for an operator.
    counted : str
        What work is counted in.
    notes : dict
        What was read and what was left out, by name.
    left_out : float
        Work of jobs left out, as far as it is known.
    """

    line: Integers
    submitted: Integers
    work: Floats
    user: Integers
    reward: Integers | None
    heavy: npt.NDArray[np.bool_] | None
    counted: str
    notes: dict[str, Any]
    left_out: float

    def workload(self, path: Path, scenario: Scenario) -> Workload:
        """Tasks of a scenario: submit times become periods, users operators, works difficulties.

        Parameters
        ----------
        path : Path
            File they were read from, for what is said.
        scenario : Scenario
            Gives the numbers of periods and operators.

        Raises
        ------
        WorkloadError
            If rewards given are more than a run may hold.
        """
        of_operator = SPREAD * float(self.work.sum()) / scenario.periods / scenario.operators
        held = LATEST * float((self.work * np.sqrt(self.work / max(self.work.max(), 1.0))).sum())
        power = self.power(max(of_operator, SPARE_ROOM * held / scenario.utilisation))
        difficulty = in_units(self.work, power)
        reward = rewards_of(difficulty) if self.reward is None else self.reward
        if int(reward.sum()) > MAX_REWARDS:
            raise WorkloadError(
                f"workload {path}: the rewards are {int(reward.sum())} token units, a run may hold {MAX_REWARDS}: "
                "divide them by a power of ten"
            )
        total = float(self.work.sum()) + self.left_out
        notes = {
            "jobs_read": len(self.line),
            **self.notes,
            "users": len(np.unique(self.user[self.user >= 0])),
            "unit": 10**power if power >= 0 else 10.0**power,
            "unit_of": self.counted,
            "work_left_out": round(self.left_out / total, 6) if total else 0.0,
        }
        first = int(self.submitted.min())
        span = int(self.submitted.max()) - first + 1
        since = (self.submitted - first) * scenario.periods
        tasks = Workload(
            period=since // span,
            moment=since % span * PPM // span,
            operator=np.where(self.user < 0, ANYBODY, self.user % scenario.operators),
            difficulty=difficulty,
            reward=reward,
            heavy=difficulty > int(np.median(difficulty)) if self.heavy is None else self.heavy,
            notes=notes,
            wash=np.zeros(len(self.line), dtype=np.bool_),
            kind=np.zeros(len(self.line), dtype=np.int64),
            traced=True,
        )
        return tasks.take(np.argsort(self.submitted, kind="stable"))

    def power(self, capacity: float = 0.0) -> int:
        """Power of ten of the unit of difficulty, in what work is counted in.

        One unit is 1, unless the largest task, a participant's capacity or the sum of all rewards would be too large:
        then it is the smallest power of ten that avoids it. Where jobs have fractions and half of them are below ten
        units, it is the largest power of ten with which that is not so.

        Parameters
        ----------
        capacity : float
            Largest capacity of a participant, in what work is counted in.
        """
        some = self.work[self.work > 0]
        power = 0
        if len(some) and np.median(some) < COARSE and (some % 1 != 0).any():
            power = max(int(np.floor(np.log10(np.median(some) / COARSE))), FINEST)
        while self._too_large(power, capacity):
            power += 1
        return power

    def _too_large(self, power: int, capacity: float) -> bool:
        """Whether difficulties, capacities or rewards are too large in units of a power of ten."""
        if float(self.work.max()) > MAX_DIFFICULTY * 10.0**power or capacity > MAX_UNITS * 10.0**power:
            return True
        return self.reward is None and int(rewards_of(in_units(self.work, power)).sum()) > MAX_REWARDS // SPARE

    def warnings(self, path: Path) -> list[str]:
        """Say what of the trace is probably a mistake and changes everything, one line each."""
        return [said for said in (self._far(path), self._huge(path)) if said]

    def _far(self, path: Path) -> str | None:
        """Say which jobs lie far from all others in time, if there are any."""
        count = len(self.submitted)
        if count < FEW:
            return None
        ordered = np.sort(self.submitted)
        ends = max(1, count // CENTRAL)
        low, high = int(ordered[ends]), int(ordered[count - 1 - ends])
        span = max(high - low, 1)
        away = np.maximum(self.submitted - high, low - self.submitted)
        far = np.flatnonzero(away > FAR * span)
        if not len(far):
            return None
        worst = far[np.argmax(away[far])]
        return (
            f"workload {path}, line {self.line[worst]}: submitted at {self.submitted[worst]} s, "
            f"{away[worst] // span} times as far from the others as these span{and_more(len(far))}; all periods are "
            "stretched for it: mend or leave out the line, or give more --periods"
        )

    def _huge(self, path: Path) -> str | None:
        """Say which job makes the unit so large that half of the others are less than one."""
        power, largest = self.power(), int(np.argmax(self.work))
        if power <= 0 or np.median(self.work) >= 10.0**power:
            return None
        return (
            f"workload {path}, line {self.line[largest]}: {self.work[largest]:.6g} {self.counted} make the unit of "
            f"difficulty {10**power}, and half of the jobs are less than one: mend the line if it is wrong"
        )


def and_more(number: int) -> str:
    """Words for the other lines of which the same is said."""
    return "" if number == 1 else f", and {number - 1} more like it"


def in_units(work: Floats, power: int) -> Integers:
    """Difficulties of works in units of a power of ten, rounded, at least 1."""
    scaled = work / 10.0**power if power >= 0 else work * 10.0**-power
    return np.asarray(np.maximum(np.rint(scaled), 1), dtype=np.int64)


def rewards_of(difficulty: Integers) -> Integers:
    """Rewards of tasks, by their difficulties."""
    return np.asarray(np.maximum(difficulty * RATE, LEAST_REWARD), dtype=np.int64)
