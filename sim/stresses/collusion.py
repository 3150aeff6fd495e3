"""``collusion``: a fifth of the coprocessors ask for a fifth of the reward more."""

from __future__ import annotations

from typing import Final

import numpy as np

from ballast.sim.market.records import Integers
from ballast.sim.population import Population
from ballast.sim.state import RunState
from ballast.sim.stresses.stress import Stress

MARKUP: Final = 200_000
"""What the ring adds to its asks, ppm of the reward."""


class Collusion(Stress):
    """A ring that asks for more."""

    def prepare(self, operators: Population, coprocessors: Population) -> None:  # noqa: ARG002
        """Raise the ring's asks."""
        coprocessors.traits["markup"][self.ring] = MARKUP

    def attackers(self, state: RunState) -> Integers:
        """Return the ring."""
        return state.coprocessors()[np.sort(self.ring)]
