"""``burst``: three times the tasks."""

from __future__ import annotations

from typing import Final

import numpy as np

from ballast.sim.stresses.stress import Stress
from ballast.sim.workload import Workload
from ballast.sim.workload.more import resized

TIMES: Final = 3
"""Demand meanwhile, as a multiple."""


class Burst(Stress):
    """New tasks like the others come beside them."""

    begins = ends = changes_tasks = True

    def workload(self, workload: Workload) -> Workload:
        """Add to the tasks of the periods inside."""
        counts = np.bincount(workload.period, minlength=self.scenario.periods)
        counts[self.first : self.last] *= TIMES
        return resized(workload, counts, self.scenario.heavy_share, self.rng, self.scenario.classes)
