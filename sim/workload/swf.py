"""The Standard Workload Format, version 2.2: a job a line, 18 numbers, of which -1 is one that is not known.

A job that was swapped out or checkpointed has a line that sums it up, with status 0 or 1, and lines for its parts, with
status 2, 3 or 4: these are not counted again. A job cancelled before it began has status 5 and no run time.
"""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np

from ballast.errors import WorkloadError
from ballast.sim.workload.jobs import MAX_MOMENT, MAX_WORK, Jobs
from ballast.sim.workload.source import ACCEPTED
from ballast.table import number

FIELDS: Final = 18
NUMBER, SUBMIT, RUN_TIME, ALLOCATED, REQUESTED, STATUS, USER = 0, 1, 3, 4, 7, 10, 11
"""Places of the fields that are used, from 0."""
COMPLETED, CANCELLED, PARTS = 1, 5, (2, 3, 4)
KINDS: Final = {
    "jobs_cancelled": "cancelled before they began",
    "jobs_partial": "parts of jobs",
    "jobs_not_run": "jobs that never ran",
    "jobs_without_size": "jobs without a run time or processors",
    "jobs_without_time": "jobs without a submit time",
    "jobs_too_large": "jobs too large for any machine",
}
"""Why a job is unusable."""


def unusable(job: list[float]) -> str | None:
    """Say why a job is no task, by ``KINDS``."""
    seconds, allocated, status = job[RUN_TIME], job[ALLOCATED], job[STATUS]
    if status in PARTS:
        return "jobs_partial"
    if status == CANCELLED and seconds <= 0:
        return "jobs_cancelled"
    if seconds == 0 and allocated <= 0 and status != COMPLETED:
        return "jobs_not_run"
    if seconds < 0 or processors_of(job) <= 0:
        return "jobs_without_size"
    if not 0 <= job[SUBMIT] <= MAX_MOMENT:
        return "jobs_without_time"
    return "jobs_too_large" if work_of(job) > MAX_WORK else None


def processors_of(job: list[float]) -> float:
    """Processors of a job: allocated ones or, where these are not known, those asked for."""
    return job[ALLOCATED] if job[ALLOCATED] > 0 else job[REQUESTED]


def work_of(job: list[float]) -> float:
    """Processor-seconds of a job; 0 if they are not known."""
    return max(processors_of(job), 0.0) * max(job[RUN_TIME], 0.0)


def read(path: Path, text: str) -> Jobs:
    """Read the jobs of a trace. Lines that are not 18 numbers, and jobs that are no tasks, are counted by kind.

    Raises
    ------
    WorkloadError
        If there is no usable job.
    """
    lines: list[int] = []
    jobs: list[list[float]] = []
    malformed = 0
    kinds: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
    left_out = 0.0
    parts: dict[float, float] = {}
    whole: set[float] = set()
    for place, line in enumerate(io.StringIO(text, newline=None), start=1):
        fields = line.split()
        if not fields or fields[0].startswith(";"):
            continue
        job = [value for value in map(number, fields) if value is not None]
        if len(fields) != FIELDS or len(job) != FIELDS:
            malformed += 1
            continue
        kind = unusable(job)
        if kind is None:
            lines.append(place)
            jobs.append(job)
        else:
            kinds[kind] += 1
        if kind == "jobs_partial":
            parts[job[NUMBER]] = parts.get(job[NUMBER], 0.0) + work_of(job)
        else:
            whole.add(job[NUMBER])
            if kind not in (None, "jobs_too_large"):
                left_out += work_of(job)
    if not jobs:
        raise WorkloadError(
            f"workload {path} holds no usable job ({malformed} malformed lines, {kinds.total()} unusable jobs): "
            f"{ACCEPTED}"
        )
    left_out += sum(work for job, work in parts.items() if job not in whole)
    table = np.array(jobs)
    known = table[:, USER] >= 0
    users = {user: place for place, user in enumerate(sorted(set(np.rint(table[known, USER]).tolist())))}
    return Jobs(
        line=np.array(lines, dtype=np.int64),
        submitted=np.rint(table[:, SUBMIT]).astype(np.int64),
        work=np.array([work_of(job) for job in jobs]),
        user=np.array([users.get(user, -1) for user in np.rint(table[:, USER]).tolist()], dtype=np.int64),
        reward=None,
        heavy=None,
        counted="processor-seconds",
        notes={"lines_malformed": malformed, "jobs_unusable": kinds.total(), **kinds},
        left_out=left_out,
    )
