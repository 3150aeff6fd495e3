"""From forecasts to capacity and stake, and what the market makes of them.

The heavy tasks of a period to come are drawn in two steps: how many from the forecast, and which as a run of that many
past tasks (a block bootstrap, so that big tasks keep their company). A task cannot be split, so whoever takes it must
have room for all of it: the tasks drawn are not compared with a total but placed, each on the coprocessor least loaded
with it, as the auction's handicap would have it, and none beyond its owner's patience or F, where the load curve starts
to amplify slashing. The capacity is the smallest with which the promised share of a future's tasks finds room, on
average over the futures. (Each future counts once: a few that explode must not decide because they have most tasks.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.random import Generator, SeedSequence

from ballast.errors import PlanError
from ballast.model.activity import MAX_UNITS
from ballast.model.constants import BPS, PPM
from ballast.sim.compiled import allocating
from ballast.sim.engines.twin import Twin
from ballast.sim.population import Population, draw_coprocessors, draw_operators
from ballast.sim.run import Run
from ballast.sim.scenario import LIGHT_COMPLEXITY, Scenario
from ballast.sim.workload import Integers, Workload
from ballast.studies.planning import erlang
from ballast.studies.planning.demand import Demand
from ballast.studies.planning.forecast import Array

PLACEMENTS: Final = 5_000_000
"""Tasks drawn times coprocessors for which a capacity is tried, about."""
PRECISION: Final = 500
"""A capacity is found to one part in this many."""


@allocating
def placed(difficulty: Integers, starts: Integers, lengths: Integers, capacity: float, limits: Array) -> Integers:
    """Count by period the tasks that find room on coprocessors that begin every period idle.

    Parameters
    ----------
    difficulty : array
        Of past tasks, in their order; a run that reaches their end goes on at the beginning.
    starts, lengths : array
        Runs of tasks, one a period.
    capacity : float
        Of each coprocessor, resource units.
    limits : array, shape (coprocessors,)
        Largest loads, as fractions.
    """
    found = np.zeros(len(starts), dtype=np.int64)
    rooms = limits * capacity
    load = np.empty(len(limits))
    for period in range(len(starts)):
        load[:] = 0.0
        for j in range(starts[period], starts[period] + lengths[period]):
            more = difficulty[j % len(difficulty)]
            least = -1
            for i in range(len(rooms)):
                if load[i] + more <= rooms[i] and (least < 0 or load[i] < load[least]):
                    least = i
            if least >= 0:
                load[least] += more
                found[period] += 1
    return found


@dataclass(frozen=True)
class Futures:
    """Drawn from a forecast: the tasks of each period are a run of past ones.

    Attributes
    ----------
    difficulty : array
        Of the past heavy tasks, in their order, resource units.
    starts, lengths : array, shape (horizon, futures)
        First task of each period's run, and how many.
    """

    difficulty: Integers
    starts: Integers
    lengths: Integers

    @property
    def work(self) -> Integers:
        """Difficulty of each period, resource units, shape (horizon, futures)."""
        edges = np.append(0, np.cumsum(self.difficulty))

        def until(task: Integers) -> Integers:
            rounds, rest = np.divmod(task, len(self.difficulty))
            return np.asarray(rounds * edges[-1] + edges[rest])

        return until(self.starts + self.lengths) - until(self.starts)

    def share(self, capacity: float, limits: Array) -> float:
        """Mean over the futures of the share of their tasks that find room, 1 for those without tasks; see `placed`."""
        found = placed(self.difficulty, self.starts.ravel(), self.lengths.ravel(), capacity, limits)
        without = self.lengths.sum(axis=0) - found.reshape(self.lengths.shape).sum(axis=0)
        return 1.0 - float((without / np.maximum(self.lengths.sum(axis=0), 1)).mean())


def draw(past: Demand, arrivals: Array, coprocessors: int, rng: Generator) -> Futures:
    """Draw tasks for forecast numbers of them.

    Parameters
    ----------
    past : Demand
        Where the tasks are taken from.
    arrivals : array, shape (horizon, draws)
        Of a forecast; as many draws are used as ``PLACEMENTS`` allow.
    coprocessors : int
        On how many the tasks will be placed.
    rng : Generator
        Source of randomness.
    """
    work = float(arrivals.mean(axis=1).sum()) * coprocessors
    used = min(max(int(PLACEMENTS / max(work, 1.0)), 1), arrivals.shape[1])
    lengths = np.rint(arrivals[:, :used]).astype(np.int64)
    starts = rng.integers(len(past.tasks.difficulty), size=lengths.shape)
    return Futures(past.tasks.difficulty, starts, lengths)


@dataclass(frozen=True)
class Queue:
    """What Erlang's formula asks for if tasks of mean size come one by one, at the rate of the busiest period.

    Attributes
    ----------
    offered : float
        Load, erlangs: tasks being worked on at a time.
    servers : int
        Tasks that must find room at a time, by `erlang.staffing`.
    square_root : float
        The same by `erlang.square_root`.
    capacity : int
        Room for that many tasks of mean size, resource units.
    """

    offered: float
    servers: int
    square_root: float
    capacity: int


@dataclass(frozen=True)
class Plan:
    """What the next periods need.

    Attributes
    ----------
    level : float
        Promised share of the heavy tasks that are sold in their period, on average over horizons.
    arrivals, busiest : float
        Heavy tasks a period, mean over all and in the period with the most.
    work, work_quantile : float
        Difficulty a period, resource units: mean, and the quantile at ``level``.
    coprocessors : int
        How many, equal in capacity.
    capacity, stake : int
        Of each, resource units and token units.
    rule : int
        Capacity of all by the rule of thumb that overlooks sizes: ``work_quantile`` over the mean of the largest loads.
    queue : Queue
        Cross-check.
    """

    level: float
    arrivals: float
    busiest: float
    work: float
    work_quantile: float
    coprocessors: int
    capacity: int
    stake: int
    rule: int
    queue: Queue

    @property
    def total_capacity(self) -> int:
        """Capacity of all coprocessors, resource units."""
        return self.coprocessors * self.capacity

    @property
    def total_stake(self) -> int:
        """Stake of all coprocessors, token units."""
        return self.coprocessors * self.stake


def make_plan(scenario: Scenario, past: Demand, arrivals: Array, level: float, rng: Generator) -> Plan:
    """Find the smallest capacity, equal for all coprocessors, that keeps the promise on average over the futures.

    The stake of a coprocessor covers both what its capacity needs and the collateral of all tasks it can hold, at the
    highest reward for a unit of difficulty seen. Earnings stay in the escrow and make up for slashes.

    Parameters
    ----------
    scenario : Scenario
        Participants and the parameters of the protocol.
    past : Demand
        Demand so far.
    arrivals : array, shape (horizon, draws)
        Forecast of the numbers of tasks.
    level : float
        Promised share of the tasks, between 0 and 1.
    rng : Generator
        Source of the tasks drawn.

    Raises
    ------
    PlanError
        If a coprocessor would need more capacity than one can have.
    """
    limits = largest_loads(scenario, participants(scenario, past)[1])
    futures = draw(past, arrivals, scenario.coprocessors, rng)
    capacity = _smallest(futures, level, limits)
    if capacity > MAX_UNITS:
        raise PlanError(f"a coprocessor would need a capacity of {capacity}, above {MAX_UNITS}: give more coprocessors")
    terms = scenario.task_class()
    collateral = float((past.tasks.reward / past.tasks.difficulty).max()) * terms.collateral / PPM
    quantile = float(np.quantile(futures.work, level))
    busiest = float(arrivals.mean(axis=1).max())
    return Plan(
        level=level,
        arrivals=float(arrivals.mean()),
        busiest=busiest,
        work=float(futures.work.mean()),
        work_quantile=quantile,
        coprocessors=scenario.coprocessors,
        capacity=capacity,
        stake=math.ceil(capacity * max(scenario.network().stake_per_unit, collateral)),
        rule=math.ceil(quantile / limits.mean()),
        queue=_queue(scenario, busiest, level, float(past.tasks.difficulty.mean()) / limits.mean()),
    )


def _smallest(futures: Futures, level: float, limits: Array) -> int:
    short, enough = 0, 1
    while futures.share(enough, limits) < level:
        short, enough = enough, 2 * enough
    while enough - short > max(1, enough // PRECISION):
        middle = (short + enough) // 2
        short, enough = (short, middle) if futures.share(middle, limits) >= level else (middle, enough)
    return enough


def _queue(scenario: Scenario, arrivals: float, level: float, room: float) -> Queue:
    """Arrivals in one period; room in resource units of capacity a task."""
    terms = scenario.task_class()
    service = scenario.network().epoch_seconds
    patience = 2 * terms.steps * terms.step_seconds  # both clocks
    offered = arrivals * service / scenario.network().epoch_seconds
    if offered == 0.0:
        return Queue(0.0, 0, 0.0, 0)
    servers = erlang.staffing(offered, level, patience, service)
    return Queue(offered, servers, erlang.square_root(offered, level, patience, service), math.ceil(servers * room))


def participants(scenario: Scenario, demand: Demand) -> tuple[Population, Population]:
    """Draw operators that auction everything, and coprocessors; traits depend on the seed alone, not on the demand."""
    rng = np.random.default_rng(SeedSequence(scenario.seed).spawn(1)[0])
    here = replace(scenario, periods=demand.periods, work=1.0)
    operators = draw_operators(here, demand.tasks, scenario.operators, rng)
    operators.traits["complexity"] = LIGHT_COMPLEXITY
    return operators, draw_coprocessors(here, demand.tasks, scenario.coprocessors, rng)


def largest_loads(scenario: Scenario, people: Population) -> Array:
    """Fractions of their capacity that coprocessors are planned to take: their patience, but none above F."""
    kink = scenario.network().chosen_curve.f
    return np.asarray(np.minimum(people.traits["patience"], kink) / BPS, dtype=np.float64)


def served(scenario: Scenario, workload: Workload, people: tuple[Population, Population]) -> float:
    """Share of a workload's tasks the market sells in the period they are opened in."""
    summary = Run(scenario, workload=workload, people=people).execute(Twin(scenario.network()))
    return 1.0 - float(summary["tasks_unsold"] / summary["tasks_opened"])


def check(scenario: Scenario, plan: Plan, came: Demand) -> float:
    """Run the market with a plan's capacity and stake on the demand that came.

    Parameters
    ----------
    scenario : Scenario
        Participants and the parameters of the protocol, as in the plan.
    plan : Plan
        Made before.
    came : Demand
        What came then.

    Returns
    -------
    float
        Share of the tasks sold in their period; 1 if none came.
    """
    if not came.tasks.period.size:
        return 1.0
    each = np.ones(scenario.coprocessors, dtype=np.int64)
    operators, coprocessors = participants(scenario, came)
    coprocessors = replace(coprocessors, capacity=each * plan.capacity, funds=each * plan.stake)
    here = replace(scenario, periods=came.periods, tasks_per_period=1, workload=None, work=1.0)
    return served(here, came.tasks, (operators, coprocessors))
