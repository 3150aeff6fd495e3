"""What is to be planned for: the heavy tasks of a workload, by period, and how long they take.

A task of difficulty d takes ``pace sqrt(d)`` periods on a machine of speed 1 (`ballast.sim.pace`). All plans and the
market that they are tried in have one pace, which is known before the first window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ballast.errors import PlanError
from ballast.sim.pace import pace_of
from ballast.sim.scenario import Scenario
from ballast.sim.workload import Integers, Workload
from ballast.sim.workload.synthetic import synthetic_tasks
from ballast.sim.workload.trace import read_trace

SWING = 0.5
"""Of a synthetic demand: the busiest moment of a season is exp(0.5) times, the quietest exp(-0.5) times the middle."""
PERSISTENCE, SHOCK = 0.95, 0.06
"""The level's logarithm wanders about its season as an autoregression; its innovations' standard deviation."""
DISPERSION = 0.02
"""Arrivals are negative binomial around the level, with variance m + 0.02 m^2."""


def seasonal(scenario: Scenario, season: int, rng: np.random.Generator) -> Workload:
    """Draw a synthetic workload whose arrivals come and go with a season, around a level that wanders.

    Parameters
    ----------
    scenario : Scenario
        Periods, mean number of tasks a period (at the middle of the season), operators.
    season : int
        Periods.
    rng : Generator
        Source of randomness.
    """
    drift = np.zeros(scenario.periods)
    for t, shock in enumerate(rng.normal(0.0, SHOCK, scenario.periods)):
        drift[t] = PERSISTENCE * drift[t - 1] + shock
    wave = SWING * np.cos(2.0 * np.pi * np.arange(scenario.periods) / season)
    mean = scenario.tasks_per_period * np.exp(wave + drift)
    counts = rng.poisson(mean * rng.gamma(1.0 / DISPERSION, DISPERSION, len(mean)))
    return synthetic_tasks(counts, scenario.heavy_share, rng, scenario.classes)


@dataclass(frozen=True)
class Demand:
    """Heavy tasks, those that go to the auction, in the order of their periods.

    Attributes
    ----------
    tasks : Workload
        The heavy tasks alone.
    periods : int
        Number of periods.
    pace : float
        Periods that a task of difficulty 1 takes on a machine of speed 1.
    """

    tasks: Workload
    periods: int
    pace: float

    @classmethod
    def heavy(cls, workload: Workload, scenario: Scenario, known: int) -> Demand:
        """Take the heavy tasks of a workload, at the pace of those of the first ``known`` periods in a scenario."""
        demand = cls(_chosen(workload, workload.heavy), scenario.periods, 0.0)
        past = demand.between(0, known).tasks if (demand.tasks.period < known).any() else demand.tasks
        seconds = pace_of(replace(scenario, periods=known), past)
        return replace(demand, pace=seconds / scenario.network().epoch_seconds)

    @property
    def arrivals(self) -> Integers:
        """Tasks by period."""
        return np.bincount(self.tasks.period, minlength=self.periods)

    @property
    def lengths(self) -> npt.NDArray[np.float64]:
        """Periods that each task takes on a machine of speed 1."""
        return np.asarray(self.pace * np.sqrt(self.tasks.difficulty))

    @property
    def work(self) -> npt.NDArray[np.float64]:
        """Room that the tasks of each period take for a period, resource units: difficulty times periods."""
        work = np.bincount(self.tasks.period, self.tasks.difficulty * self.lengths, self.periods)
        return np.asarray(work, dtype=np.float64)

    def between(self, first: int, last: int) -> Demand:
        """Demand of the periods from ``first`` to before ``last``, numbered from 0."""
        among = (self.tasks.period >= first) & (self.tasks.period < last)
        return replace(self, tasks=_chosen(self.tasks, among, first), periods=last - first)


def _chosen(workload: Workload, among: np.ndarray[tuple[int], np.dtype[np.bool_]], first: int = 0) -> Workload:
    """Choose some of the tasks of a workload; their periods are counted from ``first``."""
    chosen = workload.take(np.flatnonzero(among))
    return replace(chosen, period=chosen.period - first)


def demand_of(scenario: Scenario, season: int, known: int, rng: np.random.Generator) -> Demand:
    """Heavy tasks of a scenario's trace or, if it names none, of a synthetic seasonal workload.

    The first ``known`` periods decide how long tasks take.

    Raises
    ------
    WorkloadError
        If the trace cannot be used.
    PlanError
        If no task is heavy.
    """
    workload = seasonal(scenario, season, rng) if scenario.workload is None else read_trace(scenario.workload, scenario)
    if not workload.heavy.any():
        raise PlanError("no task of the workload is heavy, so there is nothing for coprocessors to do")
    return Demand.heavy(workload, scenario, known)
