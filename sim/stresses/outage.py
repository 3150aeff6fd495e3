"""``outage``: a third of the coprocessors are out."""

from __future__ import annotations

from ballast.sim.state import RunState
from ballast.sim.stresses.stress import Stress


class Outage(Stress):
    """Those that are hit do not bid."""

    begins = ends = True

    def apply(self, period: int, state: RunState) -> None:
        """Take offline who is hit."""
        if self.inside(period):
            state.world.fortune["online"][state.first_coprocessor + self.hit] = 0
