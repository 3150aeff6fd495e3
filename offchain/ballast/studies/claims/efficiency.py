"""How close the market's assignment comes to the optimum, over seeds (claim C5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ballast.sim.scenario import Scenario, load
from ballast.studies.compare.comparison import spread
from ballast.studies.compare.optimum import watched
from ballast.studies.compare.settings import OptimumSettings
from ballast.studies.intervals import Samples
from ballast.studies.measures import ratio


def efficiency(scenario: Scenario) -> dict[str, float]:
    """Efficiency of the market's assignment in one period, two thirds into the run: shares of the LP's bounds."""
    run = watched(scenario, OptimumSettings(every=max(2 * scenario.periods // 3, 1), gap=1.0))
    return {"efficiency_lp": ratio(run.market, run.lp), "efficiency_patient": ratio(run.market, run.patient)}


def efficiencies(
    seeds: list[int], periods: int, workers: int, progress: Callable[[int, int], None]
) -> dict[str, Samples]:
    """Allocative efficiency of the market by seed: expected value of its assignment over the optimum's LP bound."""
    jobs = [replace(load("paper"), seed=seed, periods=periods) for seed in seeds]
    found: dict[Scenario, dict[str, float]] = {}
    for job, shares in spread(efficiency, jobs, workers):
        found[job] = shares
        progress(len(found), len(jobs))
    return {name: np.array([found[job][name] for job in jobs]) for name in found[jobs[0]]}
