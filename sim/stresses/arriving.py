"""What stresses have in common under which tasks arrive otherwise, and the people stay those of the usual demand."""

from __future__ import annotations

import numpy as np

from ballast.sim.stresses.stress import Stress
from ballast.sim.workload import Workload
from ballast.sim.workload.more import resized
from ballast.sim.workload.synthetic import rates


class Arriving(Stress):
    """Tasks arrive at other rates.

    Attributes
    ----------
    arrivals : str
        As in a scenario.
    """

    changes_tasks = True
    arrivals = "poisson"

    def workload(self, workload: Workload) -> Workload:
        """Take tasks away, or add some like them, by the rate of each period."""
        usual = np.bincount(workload.period, minlength=self.scenario.periods)
        rate = rates(self.arrivals, self.scenario.periods, self.rng)
        counts = np.asarray(self.rng.poisson(usual * rate), dtype=np.int64)
        return resized(workload, counts, self.scenario.heavy_share, self.rng, self.scenario.classes)
