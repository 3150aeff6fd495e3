"""What changes while a scenario runs: reliability that drifts, those who come and go, and the stresses.

A stress of the network begins a third into the run and ends two thirds into it; one by a ring of attackers lasts
throughout:

======================  ==============================================================================================
``burst``               three times the tasks
``outage``              a third of the coprocessors are out
``quality_drift``       two in five results of a third of the coprocessors are wrong, from then on
``correlated_failure``  in every tenth period half of the coprocessors win tasks, and then fail together
``double_demand``       coprocessors have half the capacity that is asked for, throughout
``whitewashing``        a fifth of the coprocessors never make an effort, and come back under a new account when their
                        reputation has gone
``shirking``            the same, but they stay
``collusion``           a fifth of the coprocessors ask for a fifth of the reward more
``wash_trading``        a ring of two in a hundred operators and a fifth of the coprocessors trades with itself,
                        at prices that leave outsiders out; nothing is done for it
======================  ==============================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ballast.sim.opening import enter, leave
from ballast.sim.population import Population, draw_coprocessors
from ballast.sim.scenario import Scenario
from ballast.sim.workload import UNIT_REWARD, Workload

if TYPE_CHECKING:
    from ballast.sim.market.records import Integers, Records
    from ballast.sim.run import Run

BURST: Final = 3
"""Demand during a burst, as a multiple."""
OUT: Final = 1 / 3
"""Share of the coprocessors that are out, or drift."""
DRIFT_TO: Final = 0.6
"""Their quality then, as a multiple."""
SHARED_FATE, EVERY = 0.5, 10
"""Share of the coprocessors that fail together, and periods from one such failure to the next."""
RING: Final = 0.2
"""Share of the coprocessors in a ring of attackers."""
WASHING_OPERATORS: Final = 0.02
"""Share of the operators in the ring that trades with itself."""
WASH_TASKS, WASH_DIFFICULTY = 10, 100
"""Tasks an operator of that ring opens a period, and their difficulty."""
MARKUP: Final = 200_000
"""What a colluding ring adds to its asks, ppm of the reward."""
GONE, REST = 500_000, 10
"""Reputation below which a whitewasher starts anew, ppm, and periods between two of its starts."""
SETTLING_IN: Final = 20
"""Periods after which participants that keep losing may leave."""


def window(scenario: Scenario) -> tuple[int, int]:
    """First period of a stress, and the first after it."""
    return scenario.periods // 3, max(2 * scenario.periods // 3, scenario.periods // 3 + 1)


def stressed(scenario: Scenario, workload: Workload) -> Workload:
    """Workload under a scenario's stress: in a burst each task comes three times; a ring adds tasks of its own."""
    if scenario.stress == "burst":
        first, last = window(scenario)
        within = (workload.period >= first) & (workload.period < last)
        return workload.take(np.repeat(np.arange(len(within)), np.where(within, BURST, 1)))
    if scenario.stress == "wash_trading":
        operators = max(1, round(WASHING_OPERATORS * scenario.operators))
        tasks = scenario.periods * operators * WASH_TASKS
        wash = Workload(
            period=np.repeat(np.arange(scenario.periods), operators * WASH_TASKS),
            operator=np.tile(np.repeat(np.arange(operators), WASH_TASKS), scenario.periods),
            difficulty=np.full(tasks, WASH_DIFFICULTY),
            reward=np.full(tasks, WASH_DIFFICULTY * UNIT_REWARD),
            heavy=np.ones(tasks, dtype=np.bool_),
            notes={},
            wash=np.ones(tasks, dtype=np.bool_),
        )
        return workload.joined(wash)
    return workload


class Schedule:
    """What changes from period to period.

    Parameters
    ----------
    scenario : Scenario
        What is run.
    rng : numpy.random.Generator
        For everything drawn here.

    Attributes
    ----------
    ring : array of int
        Rows of the coprocessors that attack, if the stress is an attack.
    most_entrants : int
        Accounts that may be opened while the run goes on.
    """

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        self.scenario = scenario
        self.rng = rng
        self.first, self.last = window(scenario)
        shuffled = rng.permutation(scenario.coprocessors)
        self.hit = shuffled[: max(1, round(OUT * scenario.coprocessors))]
        self.ring = shuffled[: max(1, round(RING * scenario.coprocessors))]
        entrants = scenario.entry * scenario.periods
        self.most_entrants = int(entrants + 6 * np.sqrt(entrants) + 1) if entrants > 0 else 0
        if scenario.stress == "whitewashing":
            self.most_entrants += len(self.ring) * (scenario.periods // REST + 1)
        self.entered = 0
        self.started = np.zeros(len(self.ring), dtype=np.int64)
        self.identity = self.ring.copy()

    def state(self) -> dict[str, Any]:
        """Give what changes while a run goes on."""
        return {"entered": self.entered, "started": self.started.tolist(), "identity": self.identity.tolist()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.entered = state["entered"]
        self.started[:] = state["started"]
        self.identity[:] = state["identity"]

    def prepare(self, operators: Records, coprocessors: Records) -> None:
        """Give the participants the traits their stress asks for."""
        stress = self.scenario.stress
        if stress in ("shirking", "whitewashing"):
            coprocessors["shirks"][self.ring] = 1
        elif stress == "collusion":
            coprocessors["markup"][self.ring] = MARKUP
        elif stress == "wash_trading":
            coprocessors["ring"][self.ring] = 1
            operators["ring"][: max(1, round(WASHING_OPERATORS * len(operators)))] = 1

    def come_and_go(self, period: int, run: Run) -> None:
        """Let participants that keep losing leave, and others come and go at the scenario's rates."""
        scenario, fortune = self.scenario, run.w.fortune
        leaving: set[int] = set()
        if scenario.exits and period >= SETTLING_IN:
            leaving |= set(np.flatnonzero((fortune["active"] == 1) & (fortune["mood"] < 0)).tolist())
        if scenario.leaving > 0:
            coprocessors = run.coprocessors()
            tired = self.rng.random(len(coprocessors)) < scenario.leaving
            leaving |= set(coprocessors[tired & (fortune["active"][coprocessors] == 1)].tolist())
        for account in sorted(leaving):
            leave(run, account)
        if scenario.entry > 0:
            number = min(int(self.rng.poisson(scenario.entry)), self.most_entrants - self.entered)
            self.entered += number
            if number:
                enter(run, draw_coprocessors(scenario, run.demand, number, self.rng, run.parameters))
        if scenario.stress == "whitewashing":
            self._whitewash(period, run)

    def _whitewash(self, period: int, run: Run) -> None:
        """Have members of the ring whose reputation is gone come back as somebody else."""
        people = run.people[1]
        known = run.w.m.accounts["reputation"]
        for place, row in enumerate(self.ring.tolist()):
            account = run.first_coprocessor + int(self.identity[place])
            if known[account] >= GONE or period - self.started[place] < REST:
                continue
            if run.w.fortune[account]["active"]:
                leave(run, account)
            self.identity[place] = int(run.w.m.ledger[0]["accounts"]) - run.first_coprocessor
            self.started[place] = period
            one = slice(row, row + 1)
            enter(run, Population(people.traits[one], people.capacity[one], people.funds[one]))

    def apply(self, period: int, run: Run) -> None:
        """Set who is online, and everybody's reliability, for a period."""
        scenario, w, first = self.scenario, run.w, run.first_coprocessor
        inside = self.first <= period < self.last
        w.fortune["online"] = w.fortune["active"]
        if scenario.drift > 0:
            quality = w.quality[run.coprocessors()]
            odds = np.log(quality / np.maximum(1 - quality, 1e-9)) + self.rng.normal(0, scenario.drift, len(quality))
            w.quality[run.coprocessors()] = 1 / (1 + np.exp(-odds))
        if scenario.stress == "outage" and inside:
            w.fortune["online"][first + self.hit] = 0
        elif scenario.stress == "quality_drift" and period == self.first:
            w.quality[first + self.hit] *= DRIFT_TO

    def strike(self, period: int, run: Run) -> None:
        """Take offline who bids in a period and then fails together with others."""
        if (
            self.scenario.stress == "correlated_failure"
            and self.first <= period < self.last
            and (period - self.first) % EVERY == 0
        ):
            together = self.rng.permutation(self.scenario.coprocessors)
            together = together[: max(1, round(SHARED_FATE * self.scenario.coprocessors))]
            run.w.fortune["online"][run.first_coprocessor + together] = 0

    def attackers(self, run: Run) -> Integers:
        """Accounts of the ring so far, if the stress is an attack."""
        stress = self.scenario.stress
        accounts: Integers = run.coprocessors()
        ring: Integers = np.flatnonzero(run.w.traits["ring"] == 1)
        if stress in ("shirking", "whitewashing"):
            return accounts[np.flatnonzero(run.w.traits["shirks"][accounts])]
        if stress == "collusion":
            return accounts[np.sort(self.ring)]
        if stress == "wash_trading":
            return ring
        return accounts[:0]
