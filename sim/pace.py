"""How long work takes, and how much capacity that asks for, so that the utilisation asked for comes out.

A task of difficulty d takes ``pace sqrt(d) / speed`` seconds: large tasks are wide as well as long. Unless a scenario
says how long the mean heavy task takes, it is as long as leaves a coprocessor ``HELD`` such tasks to do at a time. By
Little's law the load that is held at all times is the sum, over the tasks, of difficulty times seconds, over the
seconds of the run; capacity is that over the utilisation. Results wait half a wave, on average, until they are
submitted. In a trace the largest tasks may be a good part of the load, so that capacities of coprocessors are found by
trying: `ballast.sim.trial`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ballast.errors import ParameterError
from ballast.model.parameters import MAX_WINDOW
from ballast.sim.scenario import Scenario
from ballast.sim.workload import Workload
from ballast.sim.workload.jobs import LATEST

HELD: Final = 6.0
"""Heavy tasks of mean size that a coprocessor has to do at a time, on average."""
SLACK: Final = 1.25
"""Time for a result, as a multiple of what the largest task takes on a machine of speed 1."""
LATE: Final = 1 / 61
"""Share of the results that do not come, whose load is held until they are due."""
LONGEST: Final = 0.1
"""What the mean task takes at most, as a share of the run: else the run would be over before the market is full."""
STRONGEST: Final = 10
"""One in so many coprocessors can take the largest task of a synthetic workload."""
ROOM: Final = 1.25
"""Capacity of those, as a multiple of the largest task."""
ABREAST: Final = 25
"""Largest tasks of a trace for which there would be room at a time, if work may take as long as that asks for."""


def gap_of(scenario: Scenario) -> int:
    """Seconds from one wave to the next, at most."""
    return -(-scenario.network().epoch_seconds // scenario.played_waves())


def pace_of(scenario: Scenario, demand: Workload) -> float:
    """Seconds that a task of difficulty 1 takes on a machine of speed 1: no more than the time for a result allows."""
    return min(_wanted(scenario, demand), _allowed(scenario, demand))


def _wanted(scenario: Scenario, demand: Workload) -> float:
    difficulty = _measured(demand)
    mean, largest = float(difficulty.mean()), float(demand.difficulty.max())
    gap, run = gap_of(scenario), scenario.periods * scenario.network().epoch_seconds
    if scenario.work > 0:
        seconds = scenario.work * scenario.network().epoch_seconds
    else:
        seconds = HELD * scenario.coprocessors * run / len(difficulty)
        # twice what those have who must take the largest task leaves something to the others
        abreast = ABREAST if demand.traced else 2 * max(1, scenario.coprocessors // STRONGEST) * ROOM
        held = abreast * largest * scenario.utilisation * run - float(difficulty.sum()) * gap / 2
        seconds = max(seconds, held / float((difficulty * np.sqrt(difficulty / mean)).sum()))
        seconds = min(seconds, LONGEST * run, LATEST * run / np.sqrt(largest / mean))
    return float(max(seconds, 2 * gap) / np.sqrt(mean))


def _allowed(scenario: Scenario, demand: Workload) -> float:
    longest = max((scenario.submit_seconds or MAX_WINDOW) - 2 * gap_of(scenario), 1)
    return float(longest / (SLACK * np.sqrt(float(demand.difficulty.max()))))


def fitted(scenario: Scenario, demand: Workload) -> Scenario:
    """Scenario with as much time for results as its tasks need, unless it says how much.

    Raises
    ------
    ParameterError
        If work is given that takes longer than the scenario, or any class, has time for; with the time it takes.
    """
    pace, given = _wanted(scenario, demand), scenario.submit_seconds or MAX_WINDOW
    longest = SLACK * pace * np.sqrt(float(demand.difficulty.max()))
    needed = int(np.ceil(longest)) + 2 * gap_of(scenario)
    if scenario.work > 0 and needed > given and (scenario.contracts is None or scenario.contracts.terms is None):
        right = "less work" + (
            "" if given == MAX_WINDOW else f", or submit_seconds of {needed}, or of 0 for what it takes"
        )
        raise ParameterError(
            f"work is {scenario.work}: the result of the largest task may take {needed} seconds, and has {given}: "
            f"give {right}"
        )
    return scenario if scenario.submit_seconds else replace(scenario, submit_seconds=min(needed, MAX_WINDOW))


def held(scenario: Scenario, demand: Workload, chosen: npt.NDArray[np.bool_]) -> float:
    """Load held at all times if some of the tasks are all executed, resource units."""
    difficulty = demand.difficulty[chosen].astype(np.float64)
    seconds = pace_of(scenario, demand) * np.sqrt(difficulty) + gap_of(scenario) / 2
    seconds += LATE * (fitted(scenario, demand).submit_seconds - seconds)
    return float((difficulty * seconds).sum() / (scenario.periods * scenario.network().epoch_seconds))


def start_up(scenario: Scenario) -> int:
    """Periods until the market is as full as it will be: the time for a result; all but one of a short run."""
    return min(-(-scenario.task_class().submit_seconds // scenario.network().epoch_seconds), scenario.periods - 1)


def _measured(demand: Workload) -> npt.NDArray[np.float64]:
    """Difficulties of the heavy tasks, or of all if none is heavy."""
    return demand.difficulty[demand.heavy if demand.heavy.any() else slice(None)].astype(np.float64)
