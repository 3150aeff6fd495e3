"""Carrying out a sweep: what is not finished is run, kept as it comes, and made into tables in the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ballast.sim.run import Progress, get_ready
from ballast.studies.sweep import cluster
from ballast.studies.sweep.folder import SCRATCH, Folder


@dataclass(frozen=True)
class SweepOutcome:
    """What a sweep came to.

    Attributes
    ----------
    folder : Folder
        Where the tables are.
    kept, carried_out : int
        Runs that were there before, and those carried out now.
    seconds : float
        How long that took.
    """

    folder: Folder
    kept: int
    carried_out: int
    seconds: float


def sweep(
    folder: Folder, scheduler: str | None, workers: int, progress: Progress, tell: Callable[[str], None]
) -> SweepOutcome:
    """Carry out what is not finished in a folder, and write its tables.

    Parameters
    ----------
    folder : Folder
        What is run.
    scheduler : str, optional
        Address of a Dask scheduler; workers of its own without it.
    workers : int
        Number of these.
    progress : callable
        Called with the runs finished and all runs.
    tell : callable
        Called with what the user should know.

    Raises
    ------
    ClusterError, UserError
        As `cluster.results`, and for a folder that cannot be used.
    OSError
        If something cannot be written.
    """
    started = time.perf_counter()
    with folder.held():
        finished = folder.finished()
        waiting = [job for place, job in folder.jobs.items() if place not in finished]
        done = len(finished)
        if waiting:
            progress(done, len(folder.jobs))
            if scheduler:
                connected = cluster.remote(scheduler, tell)
            else:
                get_ready()  # or each worker would compile for itself
                connected = cluster.own(workers, folder.path / SCRATCH)
            with connected as client:
                for job, part in cluster.results(client, waiting):
                    folder.keep(job, part)
                    done += 1
                    progress(done, len(folder.jobs))
        if not folder.complete:
            folder.merge()
        folder.clear()
    return SweepOutcome(folder, len(finished), len(waiting), time.perf_counter() - started)
