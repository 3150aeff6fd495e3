"""Synthetic workloads, drawn from a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ballast.errors import WorkloadError
from ballast.model.constants import MAX_TASK_SLOTS
from ballast.sim.bidders import Fractions
from ballast.sim.kinds import TaskKind
from ballast.sim.scenario import Scenario
from ballast.sim.workload.tasks import ANYBODY, UNIT_REWARD, Integers, Workload, spread

MEAN_DIFFICULTY: Final = 100.0
SEASON: Final = 24
"""Periods of a synthetic season."""
MAX_TASKS: Final = 40_000_000
"""Tasks of a synthetic workload: more would earn more than a run may hold
(`ballast.sim.workload.tasks.MAX_REWARDS`)."""


def arrivals(scenario: Scenario, rng: np.random.Generator) -> Integers:
    """Tasks that arrive in each period.

    ``constant``: the mean, always. ``poisson``: Poisson. ``seasonal``: Poisson around a wave of two fifths up and down
    over 24 periods. ``bursty``: Poisson, in one period of twenty at four times the rate of the others.
    ``heavy_tailed``: Poisson around a Pareto rate with tail index 2.5, at most ten times the mean.
    """
    mean, periods = scenario.tasks_per_period, scenario.periods
    if scenario.arrivals == "constant":
        return np.full(periods, mean, dtype=np.int64)
    rate = mean * rates(scenario.arrivals, periods, rng)
    top = MAX_TASK_SLOTS * scenario.operators
    return np.asarray(np.minimum(rng.poisson(rate), top), dtype=np.int64)


def rates(arrivals: str, periods: int, rng: np.random.Generator) -> Fractions:
    """Give the rates at which tasks arrive in each period, as multiples of the mean."""
    if arrivals == "seasonal":
        return np.asarray(1 + 0.4 * np.sin(2 * np.pi * np.arange(periods) / SEASON))
    if arrivals == "bursty":
        return np.where(rng.random(periods) < 0.05, 4.0, 1.0) / 1.15
    if arrivals == "heavy_tailed":
        return np.minimum(0.6 * (1 + rng.pareto(2.5, periods)), 10.0)
    return np.ones(periods)


def synthetic(scenario: Scenario, rng: np.random.Generator) -> Workload:
    """Draw a scenario's synthetic workload."""
    return synthetic_tasks(arrivals(scenario, rng), scenario.heavy_share, rng, scenario.classes)


def synthetic_tasks(
    counts: Integers, heavy_share: float, rng: np.random.Generator, kinds: Sequence[TaskKind] = ()
) -> Workload:
    """Draw synthetic tasks, given how many there are in each period.

    They come evenly through the period. Difficulties are lognormal around ``MEAN_DIFFICULTY``; heavy tasks are twice as
    difficult as light ones on average. Rewards follow difficulties, a tenth up or down. Which operator gets a task the
    AVS decides when the period comes.

    Parameters
    ----------
    counts : array of shape (periods,)
        How many come in each period.
    heavy_share : float
        Share of the tasks of no class of its own that are heavy.
    rng : numpy.random.Generator
        For what is drawn.
    kinds : sequence of TaskKind
        Classes, whose tasks have a mean difficulty and a reward of their own.

    Raises
    ------
    WorkloadError
        If there are none, or too many.
    """
    tasks = int(counts.sum())
    if tasks == 0:
        raise WorkloadError("no task arrives in any period: give more --tasks-per-period or --periods")
    if tasks > MAX_TASKS:
        raise WorkloadError(f"{tasks} tasks are more than {MAX_TASKS}: give fewer --tasks-per-period or --periods")
    left, drawn = 1.0 - sum(kind.share for kind in kinds), rng.random(tasks)
    heavy, place = drawn < left * heavy_share, np.zeros(tasks, dtype=np.int64)
    scale = np.where(heavy, 1.25, 0.625) * MEAN_DIFFICULTY
    if kinds:
        place = np.searchsorted(np.cumsum([left, *(kind.share for kind in kinds[:-1])]), drawn, side="right")
        heavy |= np.array([False, *(kind.heavy for kind in kinds)])[place]
        means = np.array([0.0, *(kind.difficulty for kind in kinds)]) * MEAN_DIFFICULTY
        scale = np.where(place > 0, means[place], scale)
    difficulty = np.clip(np.rint(scale * rng.lognormal(-0.125, 0.5, tasks)), 1, 10 * MEAN_DIFFICULTY).astype(np.int64)
    earned = difficulty * UNIT_REWARD * rng.uniform(0.9, 1.1, tasks)
    if kinds:
        pay = np.array([1.0, *(kind.reward for kind in kinds)])[place]
        power = np.array([1.0, *(kind.reward_power for kind in kinds)])[place]
        earned = np.maximum(earned * pay * (difficulty / scale) ** (power - 1), 1)
    reward = np.rint(earned).astype(np.int64)
    operator = np.full(tasks, ANYBODY)
    period = np.repeat(np.arange(len(counts)), counts)
    calm = np.zeros(tasks, dtype=np.bool_)
    return Workload(period, spread(period), operator, difficulty, reward, heavy, {}, calm, place)
