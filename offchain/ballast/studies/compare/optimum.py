"""An upper bound of what any assignment is worth: the paper's section 2.3, over time, with operators as executors too.

Each task goes to one executor or to none, a coprocessor or its operator, and work on it begins in one of the waves in
which it may::

    maximise    sum of x value
    subject to  sum of x over executors and waves        <= 1       for each task
                sum of x d over tasks held in the wave   <= room    for each executor and wave
                x = 0 or 1

d is the difficulty; a task is held from the wave in which its work begins until it is done. What an assignment is
worth, and what is possible, `ballast.studies.compare.window` says.

**Why it is a bound.** Give room prices u >= 0, one for each executor and wave. For any assignment that keeps the
conditions, however it was found::

    worth <= sum of x (value - d u over the waves in which it is held) + sum of u room
          <= sum over tasks of the largest (value - d u ...), or 0     + sum of u room

The first line adds u times the room that is not used, which is not negative. In the second each task takes one option
at most. The last line is the bound. It holds for *any* prices, so it does not matter how they were found, nor how
exactly.

The best prices are the dual ones of the LP relaxation: by them the bound is the LP's optimum. The LP has an option for
each task, executor and beginning, some hundred thousand. So it is solved with few of them, at first any, and then those
worth most at the prices found before, until the bound is near enough (column generation). An assignment that shows how
near comes from the same prices: one task after the other takes the option with room that is worth most at them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse
from scipy.optimize import linprog

from ballast.errors import BallastError
from ballast.sim.compiled import allocating
from ballast.sim.market.records import Integers

Fractions = npt.NDArray[np.float64]
GAP: Final = 0.01
"""Distance of the bound from the LP's optimum that is near enough, as a share of the bound."""
ROUNDS: Final = 8
"""Times that prices are found, at most."""
AT_FIRST, LATER = 12, 4
"""Options of a task that join the programme, the first time and each time after it, at most."""


@dataclass(frozen=True)
class Instance:
    """Tasks, each with its options: by whom it is done, and when.

    Attributes
    ----------
    value : array of shape (tasks, options)
        What an option is worth, token units; minus infinity where it is impossible.
    machine, first, until : array of shape (tasks, options)
        Whose room it takes, from which wave on, and up to before which.
    difficulty : array of shape (tasks,)
        Resource units.
    room : array of shape (machines, waves)
        Resource units.
    """

    value: Fractions
    machine: Integers
    first: Integers
    until: Integers
    difficulty: Integers
    room: Integers

    def worth(self, chosen: Integers) -> float:
        """Sum of the values of an assignment: an option for each task, or -1."""
        tasks = np.flatnonzero(chosen >= 0)
        return float(self.value[tasks, chosen[tasks]].sum())

    def net(self, prices: Fractions) -> Fractions:
        """Values less the price of the room that is held, shape (tasks, options); of room by machine and wave."""
        paid = np.zeros((prices.shape[0], prices.shape[1] + 1))
        np.cumsum(prices, axis=1, out=paid[:, 1:])
        held = paid[self.machine, self.until] - paid[self.machine, self.first]
        return np.asarray(self.value - self.difficulty[:, None] * held)

    def bound(self, prices: Fractions) -> float:
        """Bound of every assignment's worth by some prices of room, none below 0."""
        best = self.net(prices).max(axis=1, initial=0.0)
        return float(best.sum() + (prices * self.room).sum())


@dataclass(frozen=True)
class Optimum:
    """What assignments can be worth.

    Attributes
    ----------
    bound : float
        No assignment is worth more, token units.
    prices : array of shape (machines, waves)
        Of room, by which it is proved; token units a resource unit.
    chosen : array of shape (tasks,)
        Options of an assignment, or -1.
    value : float
        What that is worth.
    """

    bound: float
    prices: Fractions
    chosen: Integers
    value: float

    @property
    def gap(self) -> float:
        """How far the bound may lie above the best assignment, as a share of it."""
        return 1 - self.value / self.bound if self.bound > 0 else 0.0


@allocating
def filled(net: Fractions, value: Fractions, instance_: Any, order: Integers) -> Integers:
    """Give one task after the other the option with room that has the largest net value, at first above zero.

    In a second round tasks without an option take room that is left, if that is worth anything.
    """
    machine, first, until, difficulty, room = instance_
    left = room.copy()
    chosen = np.full(len(difficulty), -1, dtype=np.int64)
    for again in range(2):
        for task in order:
            if chosen[task] >= 0:
                continue
            most = 0.0
            for option in range(net.shape[1]):
                gain = value[task, option] if again == 1 else net[task, option]
                if gain <= most:
                    continue
                fits = True
                for wave in range(first[task, option], until[task, option]):
                    if left[machine[task, option], wave] < difficulty[task]:
                        fits = False
                        break
                if fits:
                    most = gain
                    chosen[task] = option
            if chosen[task] >= 0:
                option = chosen[task]
                for wave in range(first[task, option], until[task, option]):
                    left[machine[task, option], wave] -= difficulty[task]
    return chosen


def relaxed(instance: Instance, task: Integers, option: Integers) -> tuple[float, Fractions]:
    """Solve the LP relaxation with some options alone: what it is worth, and the prices of room.

    Values are in units of the largest, and rooms in units of themselves, so that the solver's tolerances mean the same
    for all instances.

    Raises
    ------
    BallastError
        If HiGHS cannot.
    """
    tasks, (machines, waves) = len(instance.difficulty), instance.room.shape
    value = instance.value[task, option]
    scale = float(value.max())
    machine, first, until = (part[task, option] for part in (instance.machine, instance.first, instance.until))
    lengths = until - first
    column = np.repeat(np.arange(len(task)), lengths)
    wave = np.arange(len(column)) - np.repeat(np.cumsum(lengths) - lengths - first, lengths)
    room = np.maximum(instance.room, 1)
    held = instance.difficulty[task][column] / room[machine[column], wave]
    rows = np.concatenate((task, tasks + machine[column] * waves + wave))
    used, rows = np.unique(rows, return_inverse=True)
    matrix = scipy.sparse.csr_matrix(
        (np.concatenate((np.ones(len(task)), held)), (rows, np.concatenate((np.arange(len(task)), column)))),
        shape=(len(used), len(task)),
    )
    limits = np.concatenate((np.ones(tasks), (instance.room / room).ravel()))
    found = linprog(-value / scale, A_ub=matrix, b_ub=limits[used], bounds=(0, None), method="highs-ipm")
    if found.status != 0:
        raise BallastError(f"the optimum's LP relaxation was not solved: {found.message}")
    prices = np.zeros(tasks + machines * waves)
    prices[used] = np.maximum(-found.ineqlin.marginals, 0.0) * scale
    return -found.fun * scale, prices[tasks:].reshape(machines, waves) / room


def possible(instance: Instance) -> Instance:
    """Rule out options that would find no room even if nobody else took any."""
    fits = np.ones(instance.value.shape, dtype=np.bool_)
    for wave in range(instance.room.shape[1]):
        held = (instance.first <= wave) & (wave < instance.until)
        fits &= ~held | (instance.difficulty[:, None] <= instance.room[instance.machine, wave])
    return replace(instance, value=np.where(fits, instance.value, -np.inf))


def join(inside: npt.NDArray[np.bool_], net: Fractions, most: int) -> bool:
    """Let those options of each task join that are worth most and are not inside yet; whether there were any."""
    net = np.where(inside, -np.inf, net)
    options = net.shape[1]
    best = np.argpartition(net, max(options - most, 0), axis=1)[:, -most:] if net.size else np.zeros((0, 0), np.int64)
    tasks = np.repeat(np.arange(len(best)), best.shape[1]).reshape(best.shape)
    new = net[tasks, best] > 0
    inside[tasks[new], best[new]] = True
    return bool(new.any())


def optimum(instance: Instance, gap: float = GAP) -> Optimum:
    """Bound what assignments of an instance are worth, and find a good one.

    Parameters
    ----------
    instance : Instance
        The problem.
    gap : float
        Distance of the bound from the LP's optimum that is near enough, as a share of the bound.

    Raises
    ------
    BallastError
        If HiGHS cannot solve a programme.
    """
    instance = possible(instance)
    useful = instance.value > 0
    best, worth = np.zeros(instance.room.shape), 0.0
    bound = instance.bound(best)
    inside = np.zeros(useful.shape, dtype=np.bool_)
    # at first any options: so all machines have prices, and tasks do not all ask for the same ones
    net, most = np.random.default_rng(0).random(useful.shape), AT_FIRST
    for _ in range(ROUNDS):
        if bound - worth <= gap * bound or not join(inside, np.where(useful, net, -np.inf), most):
            break
        worth, prices = relaxed(instance, *np.nonzero(inside))
        if (found := instance.bound(prices)) < bound:
            bound, best = found, prices
        net, most = instance.net(prices), LATER
    net = instance.net(best)
    parts = (instance.machine, instance.first, instance.until, instance.difficulty, instance.room)
    chosen = filled(net, instance.value, parts, np.argsort(instance.first.min(axis=1, initial=0), kind="stable"))
    return Optimum(bound, best, chosen, instance.worth(chosen))
