"""``hard_tasks``: nine in ten tasks are heavy."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ballast.sim.kinds import TaskKind
from ballast.sim.stresses.stress import Stress
from ballast.sim.workload import Workload
from ballast.sim.workload.more import more_like

HARD: Final = 0.9
"""Share of the tasks that are heavy meanwhile."""


class HardTasks(Stress):
    """Heavy tasks come in place of light ones."""

    begins = ends = changes_tasks = True

    def workload(self, workload: Workload) -> Workload:
        """Replace light tasks of the periods inside by heavy ones."""
        inside = (workload.period >= self.first) & (workload.period < self.last)
        light = np.flatnonzero(inside & ~workload.heavy)
        missing = round(HARD * np.count_nonzero(inside)) - np.count_nonzero(inside & workload.heavy)
        replaced = self.rng.permutation(light)[: max(missing, 0)]
        counts = np.bincount(workload.period[replaced], minlength=self.scenario.periods)
        kept = np.setdiff1d(np.arange(len(inside)), replaced)
        return workload.take(kept).joined(more_like(workload, counts, 1.0, self.rng, self._heavy()))

    def _heavy(self) -> tuple[TaskKind, ...]:
        """Classes with their shares of the heavy tasks."""
        kinds = self.scenario.classes
        total = sum(kind.share for kind in kinds if kind.heavy)
        total += (1 - sum(kind.share for kind in kinds)) * self.scenario.heavy_share
        return tuple(replace(kind, share=kind.share / total if kind.heavy else 0.0) for kind in kinds)
