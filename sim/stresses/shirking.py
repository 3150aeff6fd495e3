"""``shirking``: a fifth of the coprocessors never make an effort."""

from __future__ import annotations

import numpy as np

from ballast.sim.market.records import Integers
from ballast.sim.population import Population
from ballast.sim.state import RunState
from ballast.sim.stresses.stress import Stress


class Shirking(Stress):
    """A ring that takes tasks and does not do them."""

    def prepare(self, operators: Population, coprocessors: Population) -> None:  # noqa: ARG002
        """Make the ring shirk."""
        coprocessors.traits["shirks"][self.ring] = 1

    def attackers(self, state: RunState) -> Integers:
        """All who shirk by trait."""
        accounts = state.coprocessors()
        return accounts[np.flatnonzero(state.world.traits["shirks"][accounts])]
