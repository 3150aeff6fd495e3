"""``whitewashing``: shirkers come back under a new account when their reputation has gone."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.sim.opening import enter, retire
from ballast.sim.population import Population
from ballast.sim.scenario import Scenario
from ballast.sim.state import RunState
from ballast.sim.stresses.shirking import Shirking

GONE: Final = 500_000
"""Reputation below which a whitewasher starts anew, ppm."""
REST: Final = 10
"""Periods between two of its starts."""


class Whitewashing(Shirking):
    """A ring that shirks, and whose members change their accounts."""

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        super().__init__(scenario, rng)
        self.most_entrants = len(self.ring) * (scenario.periods // REST + 1)
        self._started = np.zeros(len(self.ring), dtype=np.int64)
        self._identity = self.ring.copy()

    def come_and_go(self, period: int, state: RunState) -> None:
        """Have members of the ring whose reputation is gone come back as somebody else."""
        people = state.people[1]
        known = state.world.market.accounts["reputation"]
        for place, row in enumerate(self.ring.tolist()):
            account = state.first_coprocessor + int(self._identity[place])
            if known[account] >= GONE or period - self._started[place] < REST:
                continue
            retire(state, account)
            self._identity[place] = int(state.world.market.ledger[0]["accounts"]) - state.first_coprocessor
            self._started[place] = period
            one = slice(row, row + 1)
            enter(state, Population(people.traits[one], people.capacity[one], people.funds[one]))

    def memory(self) -> dict[str, Any]:
        """Who is who now, and since when."""
        return {"started": self._started.tolist(), "identity": self._identity.tolist()}

    def recall(self, memory: dict[str, Any]) -> None:
        """Go on from a memory."""
        self._started[:], self._identity[:] = memory["started"], memory["identity"]
