"""Who comes and goes while a scenario runs, and how reliability drifts, without any stress."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.errors import ParameterError
from ballast.model.constants import COPROCESSOR, OPERATOR
from ballast.sim.bidders import Fractions
from ballast.sim.market.records import Integers
from ballast.sim.opening import depart, enter, enter_operators, rejoin, retire
from ballast.sim.pace import start_up
from ballast.sim.period.behaviour import WEIGHT_OF_NOW
from ballast.sim.population import draw_coprocessors
from ballast.sim.scenario import MAX_PARTICIPANTS, Scenario
from ballast.sim.state import FIRST_OPERATOR, RunState

SETTLING_IN: Final = 20
"""Periods that a participant tries before it judges whether staying is worth anything."""
DOUBT: Final = 2.0
"""Standard errors by which the mean profit of a period has to lie below nothing."""
AWAY: Final = 50.0
"""Periods that somebody who left stays away, on average, before it tries again."""
FASTEST: Final = 2.0
"""What a rate of entry is multiplied by where much is earned, at most: a bound for the accounts that a run may need."""


def most_of(rate: float, periods: int) -> int:
    """Give how many enter in a run, at most: the mean at the fastest, and six standard deviations."""
    mean = FASTEST * rate * periods
    return int(mean + 6 * np.sqrt(mean) + 1) if mean > 0 else 0


class Turnover:
    """Entries, exits and drift at a scenario's rates.

    Parameters
    ----------
    scenario : Scenario
        What is run.
    rng : numpy.random.Generator
        For everything drawn here.

    Raises
    ------
    ParameterError
        If more operators may enter than a run has places for.

    Attributes
    ----------
    most_entrants, most_operators : int
        Coprocessors and operators that may enter while the run goes on.
    entered, operators_entered : int
        Those that did.
    since : dict
        By account, the period in which it began or came back, of those that did not begin with the run.
    returns : dict
        By account, the period in which somebody that left comes back.
    usual : dict
        By role, what its participants earned a period when they had settled in, on average, token units.
    """

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        self._scenario, self._rng = scenario, rng
        self.most_entrants = most_of(scenario.entry, scenario.periods)
        self.most_operators = most_of(scenario.operator_entry, scenario.periods)
        if (places := scenario.operators + self.most_operators) > MAX_PARTICIPANTS:
            raise ParameterError(
                f"--operator-entry is {scenario.operator_entry}: up to {places} operators, and {MAX_PARTICIPANTS} is "
                "the most; give a smaller rate or fewer periods"
            )
        self.entered = self.operators_entered = 0
        self.since: dict[int, int] = {}
        self.returns: dict[int, int] = {}
        self.usual: dict[int, float] = {}

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
        if scenario.operator_entry > 0:
            self._let_operators_in(period, state)
        if scenario.entry > 0:
            self._let_coprocessors_in(period, state)

    def _let_operators_in(self, period: int, state: RunState) -> None:
        """Draw how many operators enter, and register them."""
        rate = self._scenario.operator_entry * self._attraction(period, state, OPERATOR, state.world.operators)
        number = min(int(self._rng.poisson(rate)), self.most_operators - self.operators_entered)
        if number:
            first = FIRST_OPERATOR + self._scenario.operators + self.operators_entered
            self.since |= dict.fromkeys(range(first, first + number), period)
            enter_operators(state, self.operators_entered, number)
            self.operators_entered += number

    def _let_coprocessors_in(self, period: int, state: RunState) -> None:
        """Draw how many coprocessors enter, and who they are."""
        rate = self._scenario.entry * self._attraction(period, state, COPROCESSOR, state.coprocessors())
        number = min(int(self._rng.poisson(rate)), self.most_entrants - self.entered)
        if number:
            first = int(state.world.market.ledger[0]["accounts"])
            self.since |= dict.fromkeys(range(first, first + number), period)
            enter(state, draw_coprocessors(self._scenario, state.demand, number, self._rng))
            self.entered += number

    def _attraction(self, period: int, state: RunState, role: int, accounts: Integers) -> float:
        """Give what a rate of entry is multiplied by: what is earned in a role, over what was when all had settled in.

        No more than ``FASTEST``, and nothing where nothing is earned; 1 as long as it is too early to say.
        """
        if period < SETTLING_IN:
            return 1.0
        earned = self._earned(period, state, accounts)
        if earned <= 0:
            return 0.0
        if role not in self.usual and period >= SETTLING_IN + start_up(self._scenario):
            self.usual[role] = earned
        return min(earned / self.usual.get(role, earned), FASTEST)

    def _earned(self, period: int, state: RunState, accounts: Integers) -> float:
        """Give what active participants earn a period on average, token units.

        A mood is a moving average that began at nothing: it is divided by the weight of the periods it has seen.
        """
        fortune = state.world.fortune[accounts]
        ages = self._ages(period, state)[accounts]
        here = (fortune["active"] == 1) & (ages > 0)
        seen = 1 - (1 - WEIGHT_OF_NOW) ** ages[here]
        return float((fortune["mood"][here] / seen).mean()) if here.any() else 0.0

    def _ages(self, period: int, state: RunState) -> Integers:
        """Periods for which everybody has taken part, by account."""
        ages = np.full(len(state.world.fortune), period)
        for account, began in self.since.items():
            ages[account] = period - began
        return ages

    def _losing(self, period: int, state: RunState) -> list[int]:
        """Give those whose mean profit a period is below nothing by more than chance explains.

        The mean is a moving average, of which ``unrest`` estimates the variance of one period.
        """
        fortune = state.world.fortune
        error: Fractions = np.sqrt(fortune["unrest"] * WEIGHT_OF_NOW / (2 - WEIGHT_OF_NOW))
        losing = (fortune["active"] == 1) & (fortune["mood"] + DOUBT * error < 0)
        found: list[int] = np.flatnonzero(losing & (self._ages(period, state) >= SETTLING_IN)).tolist()
        return found

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
        pairs = {name: list(getattr(self, name).items()) for name in ("since", "returns", "usual")}
        return {"entered": self.entered, "operators_entered": self.operators_entered, **pairs}

    def recall(self, memory: dict[str, Any]) -> None:
        """Go on from a memory."""
        self.entered, self.operators_entered = memory["entered"], memory["operators_entered"]
        self.since, self.returns, self.usual = (dict(memory[name]) for name in ("since", "returns", "usual"))
