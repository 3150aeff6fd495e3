"""What a stress is: the places at which it can interfere with a run. `Stress` itself interferes nowhere."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.sim.market.records import Integers
from ballast.sim.population import Population
from ballast.sim.scenario import Scenario
from ballast.sim.state import RunState
from ballast.sim.workload import Workload

HIT: Final = 1 / 3
"""Share of the coprocessors that a stress of the network hits."""
RING: Final = 0.2
"""Share of the coprocessors in a ring of attackers."""


def stressed_periods(scenario: Scenario) -> tuple[int, int]:
    """First period of a stress of the network, and the first after it: the middle third of a run."""
    return scenario.periods // 3, max(2 * scenario.periods // 3, scenario.periods // 3 + 1)


class Stress:
    """A stress of a run; its methods are called in the order in which they stand here.

    Parameters
    ----------
    scenario : Scenario
        What is run.
    rng : numpy.random.Generator
        For everything drawn here, and nothing else.

    Attributes
    ----------
    begins, ends : bool
        Whether it begins a third into the run rather than with it, and whether it ends two thirds into it.
    changes_tasks : bool
        Whether other tasks come.
    first, last : int
        First period of a stress of the network, and the first after it.
    hit : array of int
        Rows of the coprocessors that a stress of the network hits.
    ring : array of int
        Rows of the coprocessors that attack.
    most_entrants : int
        Accounts that may be opened for it while the run goes on.
    """

    begins = ends = changes_tasks = False
    most_entrants = 0

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        self.scenario, self.rng = scenario, rng
        self.first, self.last = stressed_periods(scenario)
        shuffled = rng.permutation(scenario.coprocessors)
        self.hit = shuffled[: max(1, round(HIT * scenario.coprocessors))]
        self.ring = shuffled[: max(1, round(RING * scenario.coprocessors))]

    def inside(self, period: int) -> bool:
        """Whether a period is one of a stress of the network."""
        return self.first <= period < self.last

    def workload(self, workload: Workload) -> Workload:
        """Change the tasks that come."""
        return workload

    def prepare(self, operators: Population, coprocessors: Population) -> None:
        """Give participants other traits and capacities, before the run."""

    def come_and_go(self, period: int, state: RunState) -> None:
        """Let participants come or go, at the beginning of a period."""

    def apply(self, period: int, state: RunState) -> None:
        """Change who is online and how reliable, after tasks came and before they are auctioned."""

    def strike(self, period: int, state: RunState) -> None:
        """Take offline who bids, and then fails."""

    def attackers(self, state: RunState) -> Integers:
        """Accounts of a ring of attackers so far; none in a stress of the network."""
        return state.coprocessors()[:0]

    def memory(self) -> dict[str, Any]:
        """Return what changes while a run goes on, as JSON takes it."""
        return {}

    def recall(self, memory: dict[str, Any]) -> None:
        """Go on from a memory."""
