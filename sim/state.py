"""What a run knows: the scenario, who and what was drawn for it, and everything that changes from period to period."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from ballast.model.parameters import NetworkParameters
from ballast.sim import digest
from ballast.sim.engines.engine import Engine
from ballast.sim.market import steps
from ballast.sim.market.records import Integers, Records
from ballast.sim.moments import Moments, moments_of_all
from ballast.sim.period.pool import DRAWS
from ballast.sim.period.world import TALLY, World
from ballast.sim.population import Population
from ballast.sim.scenario import Scenario
from ballast.sim.workload import Workload

AVS, KEEPER, FIRST_OPERATOR = 2, 3, 4
"""Escrow accounts: the AVS, the keeper, and the first of the operators, after whom the coprocessors come."""


class Memory(Protocol):
    """Something beside the state that changes while a run goes on."""

    def memory(self) -> dict[str, Any]:
        """Return what changes, as JSON takes it."""

    def recall(self, memory: dict[str, Any]) -> None:
        """Go on from a memory."""


@dataclass
class RunState:
    """The state of a run.

    What is drawn at the beginning follows from the scenario. What changes is written down by `ballast.sim.checkpoint`.

    Attributes
    ----------
    asked, scenario : Scenario
        What was asked for; and what is run, with the time for results that the tasks need.
    demand, workload : Workload
        Tasks that participants are drawn to fit; and those that come, under the scenario's stress.
    pace : float
        Seconds that a task of difficulty 1 takes.
    slots : int
        Tasks an operator can have open.
    people : tuple of Population
        Operators and coprocessors.
    reserve : Population
        Operators that may enter: their accounts, after those of the others, are there from the start.
    generators : tuple of Generator
        Sources of randomness that go on while the run does.
    memories : tuple of Memory
        What else changes, and is written down with the rest.
    parameters : NetworkParameters
        What the contracts are deployed with.
    moments : Moments
        When things happen in a period.
    waited : array of int
        Periods each task has waited for a slot, as far as it was opened.
    queue : array of int
        Places in the workload of tasks that wait for a slot.
    queue_draws : array of shape (queue, DRAWS)
        Their uniform random numbers.
    counts, borders : arrays of int
        Tasks of each period, and the place of its first in the workload.
    periods : array of records
        What happened in each period, as in ``ballast.sim.period.world.TALLY``.
    engine : Engine
        What carries the run out.
    world : World
        Accounts, tasks and everybody's traits.
    history : dict of array
        By name an array of shape (periods, accounts): profit and price received (token units), tasks done, and mean
        load (basis points); of operators the rewards of the tasks they were given, and the benefit expected and
        realised of them, by the period in which a task ended (token units); empty if that would be too much.
    edges : array of shape (operators, coprocessors)
        Settled tasks that somebody else executed, by who worked for whom; empty if that would be too much.
    by_class : array of shape (classes + 1, len(BY_CLASS))
        What became of the tasks of each class, see `ballast.sim.summary`; counted if the scenario has some of its own.
    tasks : array of records
        Those that ended in the present period.
    posted : int
        Accounts whose reputation the last post held.
    done : int
        Periods that are over.
    digest : bytes
        Of all that happened so far.
    summary : dict
        Of the run when it is over.
    """

    asked: Scenario
    scenario: Scenario
    demand: Workload
    workload: Workload
    pace: float
    slots: int
    people: tuple[Population, Population]
    reserve: Population
    generators: tuple[Generator, ...]
    memories: tuple[Memory, ...]
    parameters: NetworkParameters = field(init=False)
    moments: Moments = field(init=False)
    waited: Integers = field(init=False)
    queue: Integers = field(init=False)
    queue_draws: npt.NDArray[np.float64] = field(init=False)
    counts: Integers = field(init=False)
    borders: Integers = field(init=False)
    periods: Records = field(init=False)
    engine: Engine = field(init=False)
    world: World = field(init=False)
    history: dict[str, npt.NDArray[Any]] = field(init=False)
    edges: Integers = field(init=False)
    by_class: Integers = field(init=False)
    tasks: Records = field(init=False)
    posted: int = 0
    done: int = 0
    digest: bytes = digest.START
    summary: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note what the scenario says of the contracts, and count the tasks of each period."""
        self.parameters = self.scenario.network()
        self.moments = moments_of_all(self.scenario)
        periods = self.scenario.periods
        self.counts = np.bincount(self.workload.period, minlength=periods)
        self.borders = np.concatenate(([0], np.cumsum(self.counts)))
        self.waited = np.zeros(len(self.workload.period), dtype=np.int64)
        self.queue, self.queue_draws = np.zeros(0, dtype=np.int64), np.zeros((0, DRAWS))
        self.periods = np.zeros(periods, TALLY)

    @property
    def operator_places(self) -> int:
        """Operators that there may be, those of the reserve included."""
        return self.scenario.operators + len(self.reserve.capacity)

    @property
    def first_coprocessor(self) -> int:
        """Account of the first coprocessor."""
        return FIRST_OPERATOR + self.operator_places

    @property
    def now(self) -> int:
        """Present timestamp."""
        return int(self.world.market.ledger[0]["now"])

    def advance(self, seconds: int, since: int) -> None:
        """Advance the clock to some seconds after a timestamp."""
        steps.set_time(self.world.market, since + seconds)

    def coprocessors(self) -> Integers:
        """Accounts that are or were coprocessors."""
        return np.arange(self.first_coprocessor, int(self.world.market.ledger[0]["accounts"]))
