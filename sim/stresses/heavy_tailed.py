"""``heavy_tailed``: the rate of a period is Pareto with tail index 2.5, at most ten times the mean, throughout."""

from __future__ import annotations

from ballast.sim.stresses.arriving import Arriving


class HeavyTailed(Arriving):
    """Arrivals as ``heavy_tailed`` tasks have them."""

    arrivals = "heavy_tailed"
