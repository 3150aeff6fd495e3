"""``correlated_failure``: in every tenth period half of the coprocessors win tasks, and then fail together."""

from __future__ import annotations

from typing import Final

from ballast.sim.state import RunState
from ballast.sim.stresses.stress import Stress

SHARED_FATE: Final = 0.5
"""Share of the coprocessors that fail together."""
EVERY: Final = 10
"""Periods from one such failure to the next."""


class CorrelatedFailure(Stress):
    """Who fails together is drawn anew each time."""

    begins = ends = True

    def strike(self, period: int, state: RunState) -> None:
        """Take half of the coprocessors offline after they bid."""
        if self.inside(period) and (period - self.first) % EVERY == 0:
            together = self.rng.permutation(self.scenario.coprocessors)
            together = together[: max(1, round(SHARED_FATE * self.scenario.coprocessors))]
            state.world.fortune["online"][state.first_coprocessor + together] = 0
