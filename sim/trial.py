"""How large the coprocessors of a trace are: found by trying.

Jobs of a trace may differ so much that Little's law alone says too little: the largest are a good part of all load, and
find no room among machines of one size. So the jobs are placed, each on the machine that is then the least loaded, and
capacities are those with which the utilisation asked for comes out. Machines are as unequal as is needed for that, and
the largest of them are the most patient. Where no inequality helps, the utilisation cannot be had from these jobs.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ballast.errors import WorkloadError
from ballast.model.constants import BPS, PPM
from ballast.sim.bidders import Fractions
from ballast.sim.machines import place_all
from ballast.sim.market.records import Integers
from ballast.sim.pace import ABREAST, HELD, LATE, STRONGEST, fitted, gap_of, held, pace_of, start_up
from ballast.sim.scenario import Scenario
from ballast.sim.workload import Workload
from ballast.sim.workload.jobs import LATEST, SPARE_ROOM

FULL: Final = 0.85
"""Utilisation above which demand is meant rather than use: coprocessors bid up to this load, on average."""
POWERS: Final = (1, 2, 4, 8, 16, 32)
"""Powers to which the capacities drawn are taken, one after the other, until the jobs find room."""
STEP: Final = 0.97
"""What is left of a capacity in the next try."""
STEPS: Final = 100
"""Tries."""
LOST: Final = 0.15
"""Share of the load that may find no room."""
LEAST_ASKED: Final = 0.01
"""Smallest utilisation that a scenario may ask for."""
BARELY: Final = 1.01
"""Room of the largest machine, as a multiple of the largest task."""


def capacities(
    scenario: Scenario, demand: Workload, drawn: Fractions, patience: Integers, speed: Fractions
) -> Fractions:
    """Find capacities with which the utilisation asked for comes out of the heavy tasks of a trace.

    There are tasks so few that coprocessors would not have enough to do at a time if each took as long as it may, and
    demands beyond what coprocessors take: then capacities are by Little's law, and a tenth can take the largest task.

    Parameters
    ----------
    scenario : Scenario
        What is asked for.
    demand : Workload
        The tasks.
    drawn : array of shape (coprocessors,)
        Capacities by Little's law, ascending.
    patience : array of shape (coprocessors,)
        Largest loads at which they bid, basis points, ascending.
    speed : array of shape (coprocessors,)
        Speeds of their machines.

    Raises
    ------
    WorkloadError
        If there are none, with the largest utilisation that can be had.
    """
    scenario = fitted(scenario, demand)
    per_period, gap, due = scenario.played_waves(), gap_of(scenario), scenario.task_class().submit_seconds
    heavy = demand.heavy
    limit = patience / BPS
    strongest = slice(-max(1, scenario.coprocessors // STRONGEST), None)
    least = BARELY * int(demand.difficulty.max()) / limit[strongest]
    largest = float(least[-1])
    if LATEST * heavy.sum() < HELD * scenario.coprocessors or scenario.utilisation > FULL:
        sizes = drawn.copy()
        sizes[strongest] = np.maximum(sizes[strongest], least)
        return sizes
    difficulty = demand.difficulty[heavy]
    wave = demand.period[heavy] * per_period + demand.moment[heavy] * per_period // PPM
    seconds = pace_of(scenario, demand) * np.sqrt(difficulty)
    last, first = scenario.periods * per_period, start_up(scenario) * per_period
    most = max(SPARE_ROOM * held(scenario, demand, heavy) / scenario.utilisation, ABREAST * largest)
    best = 0.0
    for power in POWERS:
        shape = (drawn / drawn[-1]) ** power
        for step in range(STEPS):
            capacity: Fractions = np.maximum(shape * (most * STEP**step / shape.sum()), 1.0)
            capacity[-1] = max(capacity[-1], largest)
            used, lost = place_all(wave, seconds, difficulty, capacity, limit, speed, gap, due, LATE, last, first)
            if lost > LOST:
                break
            best = max(best, used)
            if used >= scenario.utilisation:
                return capacity
    less = "less --utilisation or " if best >= LEAST_ASKED else ""
    raise WorkloadError(
        f"utilisation is {scenario.utilisation}: of these tasks at most {floor(best)} can be had, since they differ "
        f"too much and somebody must have room for the largest, of {demand.difficulty.max()} units; give {less}fewer "
        "--periods, or leave out the largest"
    )


def floor(share: float) -> str:
    """Write a share with two digits that tell, rounded down."""
    digits = 2 - int(np.floor(np.log10(share))) - 1 if share > 0 else 2
    return f"{np.floor(share * 10**digits) / 10**digits:.{digits}f}"
