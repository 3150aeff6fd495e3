"""Who comes and goes while a scenario runs, and how reliability drifts, without any stress."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.sim.opening import depart, enter, retire
from ballast.sim.population import draw_coprocessors
from ballast.sim.scenario import Scenario
from ballast.sim.state import RunState

SETTLING_IN: Final = 20
"""Periods after which participants that keep losing may leave."""


class Turnover:
    """Entries, exits and drift at a scenario's rates.

    Parameters
    ----------
    scenario : Scenario
        What is run.
    rng : numpy.random.Generator
        For everything drawn here.

    Attributes
    ----------
    most_entrants : int
        Accounts that may be opened while the run goes on.
    entered : int
        Those that were.
    """

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        self._scenario, self._rng = scenario, rng
        entrants = scenario.entry * scenario.periods
        self.most_entrants = int(entrants + 6 * np.sqrt(entrants) + 1) if entrants > 0 else 0
        self.entered = 0

    def come_and_go(self, period: int, state: RunState) -> None:
        """Let participants that keep losing retire, others come and go at the scenario's rates, and the idle leave."""
        scenario, fortune = self._scenario, state.world.fortune
        leaving: set[int] = set()
        if scenario.exits and period >= SETTLING_IN:
            leaving |= set(np.flatnonzero((fortune["active"] == 1) & (fortune["mood"] < 0)).tolist())
        if scenario.leaving > 0:
            coprocessors = state.coprocessors()
            tired = self._rng.random(len(coprocessors)) < scenario.leaving
            leaving |= set(coprocessors[tired & (fortune["active"][coprocessors] == 1)].tolist())
        for account in sorted(leaving):
            retire(state, account)
        depart(state)
        if scenario.entry > 0:
            number = min(int(self._rng.poisson(scenario.entry)), self.most_entrants - self.entered)
            self.entered += number
            if number:
                enter(state, draw_coprocessors(scenario, state.demand, number, self._rng))

    def drift(self, state: RunState) -> None:
        """Let the coprocessors' quality drift for a period."""
        if self._scenario.drift > 0:
            coprocessors = state.coprocessors()
            quality = state.world.quality[coprocessors]
            steps = self._rng.normal(0, self._scenario.drift, len(quality))
            odds = np.log(quality / np.maximum(1 - quality, 1e-9)) + steps
            state.world.quality[coprocessors] = 1 / (1 + np.exp(-odds))

    def memory(self) -> dict[str, Any]:
        """Return what changes while a run goes on, as JSON takes it."""
        return {"entered": self.entered}

    def recall(self, memory: dict[str, Any]) -> None:
        """Go on from a memory."""
        self.entered = memory["entered"]
