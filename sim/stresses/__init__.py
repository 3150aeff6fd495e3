"""Stresses and attacks, one file each: what they do to a run is said at the head of the file.

A stress of the network begins a third into the run and ends two thirds into it, unless its file says otherwise; one by
a ring of attackers lasts throughout. A new one is a file here, a row of the table below, and its name among
`ballast.sim.scenario.STRESSES`.
"""

from __future__ import annotations

from typing import Final

from ballast.sim.scenario import CALM
from ballast.sim.stresses.burst import Burst
from ballast.sim.stresses.collusion import Collusion
from ballast.sim.stresses.correlated_failure import CorrelatedFailure
from ballast.sim.stresses.double_demand import DoubleDemand
from ballast.sim.stresses.outage import Outage
from ballast.sim.stresses.quality_drift import QualityDrift
from ballast.sim.stresses.shirking import Shirking
from ballast.sim.stresses.stress import Stress
from ballast.sim.stresses.wash_trading import WashTrading
from ballast.sim.stresses.whitewashing import Whitewashing

STRESSES: Final[dict[str, type[Stress]]] = {
    CALM: Stress,
    "burst": Burst,
    "outage": Outage,
    "quality_drift": QualityDrift,
    "correlated_failure": CorrelatedFailure,
    "double_demand": DoubleDemand,
    "whitewashing": Whitewashing,
    "shirking": Shirking,
    "collusion": Collusion,
    "wash_trading": WashTrading,
}
"""By name."""
