"""Traces: files of jobs, in either of two formats."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from ballast.errors import WorkloadError
from ballast.sim.scenario import Scenario
from ballast.sim.workload import swf, table
from ballast.sim.workload.jobs import Jobs
from ballast.sim.workload.source import ACCEPTED, text_of
from ballast.sim.workload.tasks import Workload

PACKED: Final = (".gz", ".xz", ".bz2")


def jobs_of(path: Path) -> Jobs:
    """Jobs of a trace; a file that has not changed is read once.

    Raises
    ------
    WorkloadError
        If the file cannot be read or is no trace.
    """
    try:
        known = path.stat()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise WorkloadError(f"workload {path} cannot be read: {why}") from error
    return _jobs(path, (known.st_ino, known.st_size, known.st_mtime_ns))


@lru_cache(maxsize=4)
def _jobs(path: Path, _: tuple[int, ...]) -> Jobs:
    text = text_of(path)
    head = next((line for line in text.splitlines() if line.strip()), None)
    if head is None:
        raise WorkloadError(f"workload {path} is empty: {ACCEPTED}")
    name = path.name.lower()
    for ending in PACKED:
        name = name.removesuffix(ending)
    return table.read(path, text) if table.looks_like_one(head, name) else swf.read(path, text)


def read_trace(path: Path, scenario: Scenario) -> Workload:
    """Workload of a scenario from a trace: in the Standard Workload Format or CSV, plain or gzip, xz or bzip2.

    Submit time becomes the period (the trace's span in equal parts), user the operator, work the difficulty. A job is
    heavy if its difficulty is above the median. A job of no work at all counts as one unit.

    Raises
    ------
    WorkloadError
        If the file cannot be read or holds no usable job.
    """
    return jobs_of(path).workload(path, scenario)


def check(path: Path | None) -> list[str]:
    """Read a trace, if there is one, before anything else is done; say what in it is probably a mistake.

    Raises
    ------
    WorkloadError
        If it cannot be used.
    """
    return [] if path is None else jobs_of(path).warnings(path)
