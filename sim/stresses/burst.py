"""``burst``: three times the tasks."""

from __future__ import annotations

from typing import Final

import numpy as np

from ballast.sim.stresses.stress import Stress
from ballast.sim.workload import Workload

TIMES: Final = 3
"""Demand meanwhile, as a multiple."""


class Burst(Stress):
    """Each task comes three times."""

    def workload(self, workload: Workload) -> Workload:
        """Repeat the tasks of the periods inside."""
        inside = (workload.period >= self.first) & (workload.period < self.last)
        return workload.take(np.repeat(np.arange(len(inside)), np.where(inside, TIMES, 1)))
