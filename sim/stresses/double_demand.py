"""``double_demand``: coprocessors have half the capacity that is asked for, throughout."""

from __future__ import annotations

from ballast.sim.stresses.stress import Stress


class DoubleDemand(Stress):
    """Acts before the run alone: `Scenario.demand` tells for what demand capacities are drawn."""
