"""``quality_drift``: two in five results of a third of the coprocessors are wrong, from then on."""

from __future__ import annotations

from typing import Final

from ballast.sim.state import RunState
from ballast.sim.stresses.stress import Stress

DRIFT_TO: Final = 0.6
"""Quality from then on, as a multiple."""


class QualityDrift(Stress):
    """The quality of those that are hit falls once, and stays low."""

    begins = True

    def apply(self, period: int, state: RunState) -> None:
        """Lower the quality of who is hit."""
        if period == self.first:
            state.world.quality[state.first_coprocessor + self.hit] *= DRIFT_TO
