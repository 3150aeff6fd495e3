"""What there is to do: tasks by period, made up or read from a trace in the Standard Workload Format."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from offchain.errors import WorkloadError
from offchain.model.activity import MAX_UNITS
from offchain.model.constants import MAX_TASK_SLOTS
from sim.scenario import Scenario

Integers = npt.NDArray[np.int64]
SWF_FIELDS = 18
MEAN_DIFFICULTY = 100.0
SEASON = 24
"""Periods of a made-up season."""
ANYBODY = -1
"""In place of an operator: the AVS gives the task to one by reputation."""
UNIT_REWARD = 1_000
"""Token units a unit of difficulty earns on average in a made-up workload."""
MAX_TASKS = 40_000_000
"""Tasks of a made-up workload: more would earn more than a run may hold (`sim.run.MAX_REWARDS`)."""
MAX_MOMENT = 2**40
"""Latest submit time of a trace, seconds: 34,000 years."""


@dataclass(frozen=True)
class Workload:
    """Tasks of a run, one entry a task, in the order of their periods.

    Attributes
    ----------
    period : array of shape (tasks,)
        Period a task is opened in, from 0.
    operator : array of shape (tasks,)
        Operator it is for, from 0, or ``ANYBODY``.
    difficulty : array of shape (tasks,)
        Resource units.
    reward : array of shape (tasks,)
        Token units.
    heavy : array of shape (tasks,), bool
        Whether it is too complex for an operator.
    notes : dict
        What was read and what was left out, by name.
    wash : array of shape (tasks,), bool
        Whether it is one a ring trades with itself.
    """

    period: Integers
    operator: Integers
    difficulty: Integers
    reward: Integers
    heavy: npt.NDArray[np.bool_]
    notes: dict[str, int]
    wash: npt.NDArray[np.bool_]

    def take(self, chosen: Integers) -> Workload:
        """Tasks at chosen places, which may repeat."""
        columns = ("period", "operator", "difficulty", "reward", "heavy", "wash")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    def joined(self, other: Workload) -> Workload:
        """Tasks of two workloads, in the order of their periods."""
        columns = ("period", "operator", "difficulty", "reward", "heavy", "wash")
        both = {name: np.concatenate((getattr(self, name), getattr(other, name))) for name in columns}
        return replace(self, **both).take(np.argsort(both["period"], kind="stable"))


def arrivals(scenario: Scenario, rng: np.random.Generator) -> Integers:
    """Tasks that arrive in each period.

    ``constant``: the mean, always. ``poisson``: Poisson. ``seasonal``: Poisson around a wave of two fifths up and down
    over 24 periods. ``bursty``: Poisson, in one period of twenty at four times the rate of the others.
    ``heavy_tailed``: Poisson around a Pareto rate with tail index 2.5, at most ten times the mean.
    """
    mean, periods = scenario.tasks_per_period, scenario.periods
    if scenario.arrivals == "constant":
        return np.full(periods, mean, dtype=np.int64)
    rate = np.full(periods, float(mean))
    if scenario.arrivals == "seasonal":
        rate *= 1 + 0.4 * np.sin(2 * np.pi * np.arange(periods) / SEASON)
    elif scenario.arrivals == "bursty":
        rate *= np.where(rng.random(periods) < 0.05, 4.0, 1.0) / 1.15
    elif scenario.arrivals == "heavy_tailed":
        rate *= np.minimum(0.6 * (1 + rng.pareto(2.5, periods)), 10.0)
    top = MAX_TASK_SLOTS * scenario.operators
    return np.asarray(np.minimum(rng.poisson(rate), top), dtype=np.int64)


def synthetic(scenario: Scenario, rng: np.random.Generator) -> Workload:
    """Make up a scenario's workload."""
    return made_up(arrivals(scenario, rng), scenario.heavy_share, rng)


def made_up(counts: Integers, heavy_share: float, rng: np.random.Generator) -> Workload:
    """Make up tasks, given how many there are in each period.

    Difficulties are lognormal around ``MEAN_DIFFICULTY``; heavy tasks are twice as difficult as light ones on average.
    Rewards follow difficulties, a tenth up or down. Which operator gets a task the AVS decides when the period comes.

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
    heavy = rng.random(tasks) < heavy_share
    scale = np.where(heavy, 1.25, 0.625) * MEAN_DIFFICULTY
    difficulty = np.clip(np.rint(scale * rng.lognormal(-0.125, 0.5, tasks)), 1, 10 * MEAN_DIFFICULTY).astype(np.int64)
    reward = np.rint(difficulty * UNIT_REWARD * rng.uniform(0.9, 1.1, tasks)).astype(np.int64)
    operator = np.full(tasks, ANYBODY)
    period = np.repeat(np.arange(len(counts)), counts)
    return Workload(period, operator, difficulty, reward, heavy, {}, np.zeros(tasks, dtype=np.bool_))


def read_swf(path: Path, scenario: Scenario) -> Workload:
    """Read a trace in the Standard Workload Format, plain or gzip.

    Submit time becomes the period (the trace's span in equal parts), user the operator, processors times run time the
    difficulty. A job is heavy if its difficulty is above the median. Lines that are not jobs of 18 numbers are counted
    as malformed; jobs without a number of processors or a run time, submitted before time zero or after ``MAX_MOMENT``,
    or larger than a quarter of a word of 32 bits, as unusable. A job of no time at all counts as one unit.

    Raises
    ------
    WorkloadError
        If the file cannot be read or holds no usable job.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", errors="replace")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise WorkloadError(f"workload {path} cannot be read: {why}") from error
    jobs: list[tuple[int, int, int]] = []
    malformed = unusable = 0
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith(";"):
            continue
        fields = line.split()
        try:
            numbers = [float(f) for f in fields]
        except ValueError:
            numbers = []
        if len(numbers) != SWF_FIELDS or not all(np.isfinite(numbers)):
            malformed += 1
            continue
        submitted, seconds, allocated, requested, user = (numbers[i] for i in (1, 3, 4, 7, 11))
        processors = allocated if allocated > 0 else requested
        work = processors * seconds
        if not 0 <= submitted <= MAX_MOMENT or processors <= 0 or seconds < 0 or work > MAX_UNITS // 4:
            unusable += 1
            continue
        jobs.append((round(submitted), round(user), max(round(work), 1)))
    if not jobs:
        raise WorkloadError(
            f"workload {path} holds no usable job ({malformed} malformed lines, {unusable} unusable jobs): "
            "give a file in the Standard Workload Format"
        )
    jobs.sort(key=lambda job: job[0])
    submitted_at = np.array([j[0] for j in jobs], dtype=np.int64)
    difficulty_of = np.array([j[2] for j in jobs], dtype=np.int64)
    span = int(submitted_at[-1] - submitted_at[0]) + 1
    users = {user: i for i, user in enumerate(sorted({j[1] for j in jobs}))}
    notes = {"jobs_read": len(jobs), "lines_malformed": malformed, "jobs_unusable": unusable, "users": len(users)}
    return Workload(
        period=(submitted_at - submitted_at[0]) * scenario.periods // span,
        operator=np.array([users[j[1]] % scenario.operators for j in jobs], dtype=np.int64),
        difficulty=difficulty_of,
        reward=np.maximum(difficulty_of * 10, 100),
        heavy=difficulty_of > int(np.median(difficulty_of)),
        notes=notes,
        wash=np.zeros(len(jobs), dtype=np.bool_),
    )


def workload_of(scenario: Scenario, rng: np.random.Generator) -> Workload:
    """Workload of a scenario: its trace if it names one, else a made-up one."""
    return synthetic(scenario, rng) if scenario.workload is None else read_swf(scenario.workload, scenario)
