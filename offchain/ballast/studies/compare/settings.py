"""What a comparison is given: seeds, workers, and how the optimum is looked for."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Final

from ballast.errors import ParameterError
from ballast.sim.scenario import Scenario

MAX_SEEDS: Final = 1_000


@dataclass(frozen=True)
class OptimumSettings:
    """How the optimum is looked for.

    Attributes
    ----------
    every : int
        Periods from one that is looked at to the next; the first is the last of as many. 0 looks at none.
    gap : float
        How far below the bound an assignment may stay, as a share of the bound.
    seconds : float
        How long HiGHS may look for a better one.
    """

    every: int = 0
    gap: float = 0.005
    seconds: float = 60.0


def check_seeds(scenario: Scenario, seeds: int) -> None:
    """Refuse a scenario or a number of seeds that gives no interval.

    Raises
    ------
    ParameterError
        With what would be right.
    """
    scenario.validate()
    if not 2 <= seeds <= MAX_SEEDS:
        raise ParameterError(f"--seeds is {seeds}: give a whole number from 2 to {MAX_SEEDS}")
    replace(scenario, seed=scenario.seed + seeds - 1).validate()


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
