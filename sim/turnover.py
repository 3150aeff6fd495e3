"""Who comes and goes while a scenario runs, and how reliability drifts, without any stress."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.sim.opening import depart, enter, rejoin, retire
from ballast.sim.period.behaviour import WEIGHT_OF_NOW
from ballast.sim.population import draw_coprocessors
from ballast.sim.scenario import Scenario
from ballast.sim.state import RunState

SETTLING_IN: Final = 20
"""Periods that a participant tries before it judges whether staying is worth anything."""
DOUBT: Final = 2.0
"""Standard errors by which the mean profit of a period has to lie below nothing."""
AWAY: Final = 50.0
"""Periods that somebody who left stays away, on average, before it tries again."""


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
    since : dict
        By account, the period in which it began or came back, of those that did not begin with the run.
    returns : dict
        By account, the period in which somebody that left comes back.
    """

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        self._scenario, self._rng = scenario, rng
        entrants = scenario.entry * scenario.periods
        self.most_entrants = int(entrants + 6 * np.sqrt(entrants) + 1) if entrants > 0 else 0
        self.entered = 0
        self.since: dict[int, int] = {}
        self.returns: dict[int, int] = {}

    def come_and_go(self, period: int, state: RunState) -> None:
        """Let those retire who lose, others come and go at the scenario's rates, and the idle leave."""
        scenario, fortune = self._scenario, state.world.fortune
        leaving: set[int] = set()
        if scenario.exits:
            self._come_back(period, state)
            for account in self._losing(period, state):
                leaving.add(account)
                self.returns[account] = period + 1 + int(self._rng.geometric(1 / AWAY))
        if scenario.leaving > 0:
            coprocessors = state.coprocessors()
            tired = self._rng.random(len(coprocessors)) < scenario.leaving
            leaving |= set(coprocessors[tired & (fortune["active"][coprocessors] == 1)].tolist())
        for account in sorted(leaving):
            retire(state, account)
        depart(state)
        if scenario.entry > 0 and self._pays(period, state):
            number = min(int(self._rng.poisson(scenario.entry)), self.most_entrants - self.entered)
            self.entered += number
            if number:
                first = int(state.world.market.ledger[0]["accounts"])
                self.since |= dict.fromkeys(range(first, first + number), period)
                enter(state, draw_coprocessors(scenario, state.demand, number, self._rng))

    def _pays(self, period: int, state: RunState) -> bool:
        """Whether coprocessors earn on average, or it is too early to say: else nobody enters."""
        fortune = state.world.fortune[state.coprocessors()]
        return period < SETTLING_IN or bool(fortune["mood"][fortune["active"] == 1].sum() > 0)

    def _losing(self, period: int, state: RunState) -> list[int]:
        """Give those whose mean profit a period is below nothing by more than chance explains.

        The mean is a moving average, of which ``unrest`` estimates the variance of one period.
        """
        fortune = state.world.fortune
        error = np.sqrt(fortune["unrest"] * WEIGHT_OF_NOW / (2 - WEIGHT_OF_NOW))
        losing = np.flatnonzero((fortune["active"] == 1) & (fortune["mood"] + DOUBT * error < 0)).tolist()
        return [account for account in losing if period - self.since.get(account, 0) >= SETTLING_IN]

    def _come_back(self, period: int, state: RunState) -> None:
        """Let those try again who have been away for their time, and have left."""
        for account, due in sorted(self.returns.items()):
            if due <= period and state.world.fortune["left"][account] == 1:
                del self.returns[account]
                if rejoin(state, account):
                    self.since[account] = period

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
        pairs = {"since": list(self.since.items()), "returns": list(self.returns.items())}
        return {"entered": self.entered, **pairs}

    def recall(self, memory: dict[str, Any]) -> None:
        """Go on from a memory."""
        self.entered = memory["entered"]
        self.since, self.returns = dict(memory["since"]), dict(memory["returns"])
