"""More tasks like those of a workload, and workloads with other numbers of tasks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ballast.errors import WorkloadError
from ballast.model.constants import PPM
from ballast.sim.kinds import TaskKind
from ballast.sim.workload.synthetic import synthetic_tasks
from ballast.sim.workload.tasks import Integers, Workload


def more_like(
    workload: Workload,
    counts: Integers,
    heavy_share: float,
    rng: np.random.Generator,
    kinds: Sequence[TaskKind] = (),
) -> Workload:
    """Draw tasks like those of a workload: of a trace its own jobs, at other moments; else new ones.

    Parameters
    ----------
    workload : Workload
        What they are to be like.
    counts : array of shape (periods,)
        How many come in each period.
    heavy_share : float
        Share of new tasks that are heavy; of a trace's jobs any are drawn, or with 1 the heavy ones.
    rng : numpy.random.Generator
        For what is drawn.
    kinds : sequence of TaskKind
        Classes of new tasks.

    Raises
    ------
    WorkloadError
        If heavy ones are asked for of a trace that has none.
    """
    total = int(counts.sum())
    if not total:
        return workload.take(np.zeros(0, dtype=np.int64))
    if not workload.traced:
        return synthetic_tasks(counts, heavy_share, rng, kinds)
    among = np.flatnonzero(workload.heavy) if heavy_share == 1 else np.arange(len(workload.period))
    if not len(among):
        raise WorkloadError("stress: heavy tasks are asked for, and the workload has none: give another stress")
    period = np.repeat(np.arange(len(counts)), counts)
    moment = rng.integers(0, PPM, total)
    moment = moment[np.lexsort((moment, period))]
    return workload.take(rng.choice(among, total)).at(period, moment)


def resized(
    workload: Workload,
    counts: Integers,
    heavy_share: float,
    rng: np.random.Generator,
    kinds: Sequence[TaskKind] = (),
) -> Workload:
    """Have other numbers of tasks come: fewer of the workload's own, or all and some like them.

    Parameters are those of `more_like`; ``counts`` are of all tasks that are to come.
    """
    usual = np.bincount(workload.period, minlength=len(counts))
    shuffled = rng.permutation(len(workload.period))
    shuffled = shuffled[np.argsort(workload.period[shuffled], kind="stable")]
    place = np.arange(len(shuffled)) - np.repeat(np.cumsum(usual) - usual, usual)
    kept = np.sort(shuffled[place < counts[workload.period[shuffled]]])
    more = more_like(workload, np.maximum(counts - usual, 0), heavy_share, rng, kinds)
    return workload.take(kept).joined(more)
