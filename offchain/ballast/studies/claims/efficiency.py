"""How close the market's assignment comes to the optimum, over seeds (claim C5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from ballast.sim.known_populations import inhabited
from ballast.sim.scenario import Scenario, load
from ballast.studies.compare.comparison import spread
from ballast.studies.compare.window import watched
from ballast.studies.intervals import Samples
from ballast.studies.measures import ratio

WINDOW: Final = 2
"""Periods at the end of a run that are compared with the optimum."""


def efficiency(scenario: Scenario) -> float:
    """Efficiency of the market's assignment in the last periods of a run: share of the optimum's bound."""
    run = watched(scenario, min(WINDOW, scenario.periods))
    return ratio(run.market, run.bound)


def efficiencies(
    population: str, seeds: list[int], periods: int, workers: int, progress: Callable[[int, int], None]
) -> Samples:
    """Allocative efficiency of a population's market by seed: value expected of its assignment over the bound."""
    jobs = [replace(inhabited(load("paper"), population), seed=seed, periods=periods) for seed in seeds]
    found: dict[Scenario, float] = {}
    for job, share in spread(efficiency, jobs, workers):
        found[job] = share
        progress(len(found), len(jobs))
    return np.array([found[job] for job in jobs])
