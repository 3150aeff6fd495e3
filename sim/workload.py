"""What there is to do: tasks by period, made up or read from a trace in the Standard Workload Format."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from offchain.errors import WorkloadError
from offchain.model.activity import MAX_UNITS
from sim.scenario import Scenario

Integers = npt.NDArray[np.int64]
SWF_FIELDS = 18
MEAN_DIFFICULTY = 100.0
HEAVY_SHARE = 0.6
UNIT_REWARD = 1_000
"""Token units a unit of difficulty earns on average in a made-up workload."""


@dataclass(frozen=True)
class Workload:
    """Tasks of a run, one entry a task, in the order of their periods.

    Attributes
    ----------
    period : array of shape (tasks,)
        Period a task is opened in, from 0.
    operator : array of shape (tasks,)
        Operator it is for, from 0.
    difficulty : array of shape (tasks,)
        Resource units.
    reward : array of shape (tasks,)
        Token units.
    heavy : array of shape (tasks,), bool
        Whether it is too complex for an operator.
    notes : dict
        What was read and what was left out, by name.
    """

    period: Integers
    operator: Integers
    difficulty: Integers
    reward: Integers
    heavy: npt.NDArray[np.bool_]
    notes: dict[str, int]


def synthetic(scenario: Scenario, rng: np.random.Generator) -> Workload:
    """Make up a workload: the same number of tasks each period, spread evenly over the operators.

    Difficulties are lognormal around ``MEAN_DIFFICULTY``; heavy tasks are twice as difficult as light ones on average.
    Rewards follow difficulties, a tenth up or down.
    """
    tasks = scenario.periods * scenario.tasks_per_period
    period = np.repeat(np.arange(scenario.periods), scenario.tasks_per_period)
    operator = np.tile(np.arange(scenario.tasks_per_period) % scenario.operators, scenario.periods)
    heavy = rng.random(tasks) < HEAVY_SHARE
    scale = np.where(heavy, 1.25, 0.625) * MEAN_DIFFICULTY
    difficulty = np.clip(np.rint(scale * rng.lognormal(-0.125, 0.5, tasks)), 1, 10 * MEAN_DIFFICULTY).astype(np.int64)
    reward = np.rint(difficulty * UNIT_REWARD * rng.uniform(0.9, 1.1, tasks)).astype(np.int64)
    return Workload(period, operator, difficulty, reward, heavy, {})


def read_swf(path: Path, scenario: Scenario) -> Workload:
    """Read a trace in the Standard Workload Format, plain or gzip.

    Submit time becomes the period (the trace's span in equal parts), user the operator, processors times run time the
    difficulty. A job is heavy if its difficulty is above the median. Lines that are not jobs of 18 numbers are counted
    as malformed; jobs without a number of processors or a run time, submitted before time zero, or too large for a
    word of 32 bits, as unusable. A job of no time at all counts as one unit.

    Raises
    ------
    WorkloadError
        If the file cannot be read or holds no usable job.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", errors="replace")
    except (OSError, EOFError, zlib.error) as error:
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
        difficulty = max(round(processors * seconds), 1)
        if submitted < 0 or processors <= 0 or seconds < 0 or difficulty > MAX_UNITS // 4:
            unusable += 1
            continue
        jobs.append((round(submitted), round(user), difficulty))
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
    )


def workload_of(scenario: Scenario, rng: np.random.Generator) -> Workload:
    """Workload of a scenario: its trace if it names one, else a made-up one."""
    return synthetic(scenario, rng) if scenario.workload is None else read_swf(scenario.workload, scenario)
