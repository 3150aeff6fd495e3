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
LEFT: Final = ("of 0 for what it takes", "none for what it takes")
"""How a scenario, and a class, leave the time for a result to the simulation."""
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
    gap = gap_of(scenario)
    return min(
        float(max((given or MAX_WINDOW) - 2 * gap, 1) / (slack * root))
        for root, slack, given in _limits(scenario, demand)
    )


def _limits(scenario: Scenario, demand: Workload) -> list[tuple[float, float, int]]:
    """Give what bounds the time for results: of light and heavy tasks together, and then of each class.

    The root of the largest difficulty; how many times as long as that takes, and how many seconds, 0 if not given.
    """
    said = [(SLACK, scenario.submit_seconds)]
    said += [(kind.slack or SLACK, kind.submit_seconds or 0) for kind in scenario.classes]
    roots = []
    for number in range(len(said)):
        own = demand.difficulty[demand.kind == number]
        roots.append(np.sqrt(float((own if len(own) else demand.difficulty).max())))
    return [(root, *rest) for root, rest in zip(roots, said, strict=True)]


def fitted(scenario: Scenario, demand: Workload) -> Scenario:
    """Scenario with as much time for results as its tasks need, unless it says how much.

    Raises
    ------
    ParameterError
        If work is given that takes longer than the scenario, or any class, has time for; with the time it takes.
    """
    wanted, gap, limits = _wanted(scenario, demand), gap_of(scenario), _limits(scenario, demand)
    names = ["", *(f" of class {kind.name}" for kind in scenario.classes)]
    for name, (root, slack, said) in zip(names, limits, strict=True):
        needed, given = int(np.ceil(slack * wanted * root)) + 2 * gap, said or MAX_WINDOW
        told = not name and scenario.contracts is not None and scenario.contracts.terms is not None
        if scenario.work > 0 and needed > given and not told:
            right = "less work" + ("" if not said else f", or submit_seconds of {needed}, or {LEFT[bool(name)]}")
            raise ParameterError(
                f"work is {scenario.work}: the result of the largest task{name} may take {needed} seconds, and has "
                f"{given}: give {right}"
            )
    pace = pace_of(scenario, demand)
    usual, *own = (said or min(int(np.ceil(slack * pace * root)) + 2 * gap, MAX_WINDOW) for root, slack, said in limits)
    kinds = zip(scenario.classes, own, strict=True)
    return replace(
        scenario,
        submit_seconds=usual,
        classes=tuple(replace(kind, submit_seconds=seconds) for kind, seconds in kinds),
    )


def held(scenario: Scenario, demand: Workload, chosen: npt.NDArray[np.bool_]) -> float:
    """Load held at all times if some of the tasks are all executed, resource units."""
    difficulty = demand.difficulty[chosen].astype(np.float64)
    seconds = pace_of(scenario, demand) * np.sqrt(difficulty) + gap_of(scenario) / 2
    ready = fitted(scenario, demand)
    limits = np.array([ready.submit_seconds, *(kind.submit_seconds or 0 for kind in ready.classes)])
    seconds += LATE * (limits[demand.kind[chosen]] - seconds)
    return float((difficulty * seconds).sum() / (scenario.periods * scenario.network().epoch_seconds))


def start_up(scenario: Scenario) -> int:
    """Periods until the market is as full as it will be: the time for a result; all but one of a short run."""
    longest = max(terms.submit_seconds for terms in scenario.class_terms().values())
    return min(-(-longest // scenario.network().epoch_seconds), scenario.periods - 1)


def _measured(demand: Workload) -> npt.NDArray[np.float64]:
    """Difficulties of the heavy tasks, or of all if none is heavy."""
    return demand.difficulty[demand.heavy if demand.heavy.any() else slice(None)].astype(np.float64)
