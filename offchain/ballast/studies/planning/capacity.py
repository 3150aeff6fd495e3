"""From forecasts to capacity and stake, and what the market makes of them.

The heavy tasks of a period to come are drawn in two steps: how many from the forecast, and which as a run of that many
past tasks (a block bootstrap, so that big tasks keep their company). A task cannot be split, so whoever takes it must
have room for all of it, until its work is done: the tasks drawn are not compared with a total but placed, wave by wave,
each on the coprocessor least loaded with it, as if discounts for load alone decided, and none beyond F: from there on
results come late more often, slashes are amplified, and coprocessors ask for both, and are paid less. What finds no
room has a second chance a wave later.
Periods that came before are placed first, so that what is under way when the future begins is there. The capacity is
the smallest with which the promised share of a future's tasks finds room, on
average over the futures. (Each future counts once: a few that explode must not decide because they have most tasks.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.random import Generator

from ballast.errors import PlanError
from ballast.model.activity import MAX_UNITS
from ballast.model.constants import BPS, PPM
from ballast.sim.compiled import allocating, compiled
from ballast.sim.engines.twin import Twin
from ballast.sim.market.steps import EXPIRED
from ballast.sim.pace import fitted, start_up
from ballast.sim.population import Population, draw_coprocessors, draw_operators
from ballast.sim.run import Run, generators
from ballast.sim.scenario import LIGHT_COMPLEXITY, MAX_WORK, Scenario
from ballast.sim.workload import Integers
from ballast.studies.planning import erlang
from ballast.studies.planning.demand import Demand
from ballast.studies.planning.forecast import Array

PLACEMENTS: Final = 5_000_000
"""Tasks drawn times coprocessors for which a capacity is tried, about."""
PRECISION: Final = 500
"""A capacity is found to one part in this many."""


@compiled
def put(load: Array, ends: Array, rooms: Array, speeds: Array, difficulty: int, waves: float, now: int) -> bool:
    """Place a task that takes so many waves at speed 1 on the least loaded coprocessor that has room, if one has."""
    least = -1
    for i in range(len(rooms)):
        if load[i] + difficulty <= rooms[i] and (least < 0 or load[i] < load[least]):
            least = i
    if least < 0:
        return False
    load[least] += difficulty
    held = max(int(np.ceil(waves / speeds[least])), 1)
    ends[least, (now + held) % ends.shape[1]] += difficulty
    return True


@allocating
def placed(
    difficulty: Integers,
    lengths: Array,
    wave: Integers,
    starts: Integers,
    counts: Integers,
    waves: int,
    capacity: float,
    limits: Array,
    speeds: Array,
    left_over: float,
) -> Integers:
    """Count the tasks that find room in the wave in which they come or in the next, shape (periods, futures).

    Parameters
    ----------
    difficulty, lengths, wave : array
        Of past tasks, in their order: resource units, waves they take at speed 1, and wave of the period in which they
        come. A run that reaches their end goes on at the beginning.
    starts, counts : array, shape (periods, futures)
        Runs of tasks, one a period.
    waves : int
        Of a period.
    capacity : float
        Of each coprocessor, resource units.
    limits, speeds : array, shape (coprocessors,)
        Largest loads, as fractions, and speeds.
    left_over : float
        Share of the tasks, evenly chosen, that the first auction leaves whatever room there is: start prices fall until
        so many are left, and these find room in the next wave only.
    """
    found = np.zeros(starts.shape, dtype=np.int64)
    tasks, rooms = len(difficulty), limits * capacity
    load = np.empty(len(limits))
    ends = np.empty((len(limits), int(np.ceil(lengths.max() / speeds.min())) + 2))
    left = np.empty((2, counts.max() + 1), dtype=np.int64)
    for future in range(starts.shape[1]):
        load[:], ends[:], now, again = 0.0, 0.0, 0, 0
        for period in range(starts.shape[0]):
            begin, end = starts[period, future], starts[period, future] + counts[period, future]
            for each in range(waves):
                for i in range(len(load)):
                    load[i] -= ends[i, now % ends.shape[1]]
                    ends[i, now % ends.shape[1]] = 0.0
                for k in range(again):
                    j = left[0, k]
                    found[left[1, k], future] += put(load, ends, rooms, speeds, difficulty[j], lengths[j], now)
                again = 0
                for j in range(begin, end):
                    task = j % tasks
                    if wave[task] != each:
                        continue
                    tried = np.floor((j + 1) * left_over) == np.floor(j * left_over)
                    if tried and put(load, ends, rooms, speeds, difficulty[task], lengths[task], now):
                        found[period, future] += 1
                    else:
                        left[0, again], left[1, again] = task, period
                        again += 1
                now += 1
    return found


@dataclass(frozen=True)
class Machines:
    """Coprocessors, as they are planned for.

    Attributes
    ----------
    limits : array, shape (coprocessors,)
        Largest loads, as fractions of capacity.
    speeds : array, shape (coprocessors,)
        How fast they work, 1 is the mean.
    waves : int
        Of a period.
    left_over : float
        Share of the tasks that first auctions leave.
    """

    limits: Array
    speeds: Array
    waves: int
    left_over: float = 0.0


@dataclass(frozen=True)
class Futures:
    """Drawn from a forecast: the tasks of each period are a run of past ones. What came just before goes before them.

    Attributes
    ----------
    past : Demand
        Demand so far.
    starts, counts : array, shape (before + horizon, futures)
        First task of each period's run, and how many.
    before : int
        Periods that came before, the same in all futures.
    """

    past: Demand
    starts: Integers
    counts: Integers
    before: int

    @property
    def work(self) -> Array:
        """Room that the tasks of each period take for a period, resource units, shape (horizon, futures)."""
        edges = np.append(0.0, np.cumsum(self.past.tasks.difficulty * self.past.lengths))

        def until(task: Integers) -> Array:
            rounds, rest = np.divmod(task, len(self.past.tasks.difficulty))
            return np.asarray(rounds * edges[-1] + edges[rest])

        return (until(self.starts + self.counts) - until(self.starts))[self.before :]

    def share(self, capacity: float, machines: Machines) -> float:
        """Mean over the futures of the share of their tasks that find room, 1 for those without tasks; see `placed`."""
        tasks, waves = self.past.tasks, machines.waves
        of_tasks = tasks.difficulty, self.past.lengths * waves, tasks.moment * waves // PPM
        of_machines = machines.limits, machines.speeds, machines.left_over
        found = placed(*of_tasks, self.starts, self.counts, waves, capacity, *of_machines)
        came = self.counts[self.before :].sum(axis=0)
        without = came - found[self.before :].sum(axis=0)
        return 1.0 - float((without / np.maximum(came, 1)).mean())


def draw(past: Demand, arrivals: Array, before: int, coprocessors: int, rng: Generator) -> Futures:
    """Draw tasks for forecast numbers of them.

    Parameters
    ----------
    past : Demand
        Where the tasks are taken from.
    arrivals : array, shape (horizon, draws)
        Of a forecast; as many draws are used as ``PLACEMENTS`` allow.
    before : int
        Periods that go before: the last of the past.
    coprocessors : int
        On how many the tasks will be placed.
    rng : Generator
        Source of randomness.
    """
    lead = past.arrivals[past.periods - before :]
    work = float(lead.sum() + arrivals.mean(axis=1).sum()) * coprocessors
    used = min(max(int(PLACEMENTS / max(work, 1.0)), 1), arrivals.shape[1])
    counts = np.rint(arrivals[:, :used]).astype(np.int64)
    starts = rng.integers(len(past.tasks.difficulty), size=counts.shape)
    led = np.searchsorted(past.tasks.period, np.arange(past.periods - before, past.periods))
    return Futures(
        past=past,
        starts=np.vstack((np.repeat(led[:, None], used, axis=1), starts)),
        counts=np.vstack((np.repeat(lead[:, None], used, axis=1), counts)),
        before=before,
    )


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
        Promised share of the heavy tasks that are sold, on average over horizons.
    start_up : int
        Periods before the horizon that decide what is under way when it begins.
    arrivals, busiest : float
        Heavy tasks a period, mean over all and in the period with the most.
    work, work_quantile : float
        Room that a period's tasks take for a period, resource units: mean, and the quantile at ``level``.
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
    start_up: int
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
    people = participants(scenario, past)[1]
    limits = largest_loads(scenario, people)
    terms = scenario.task_class()
    left_over = terms.start_target / PPM if terms.start_gain > 0 else 0.0
    machines = Machines(limits, people.traits["speed"].copy(), scenario.played_waves(), left_over)
    before = start_up(fitted(at_pace(scenario, past), past.tasks))
    futures = draw(past, arrivals, before, scenario.coprocessors, rng)
    capacity = _smallest(futures, level, machines)
    if capacity > MAX_UNITS:
        raise PlanError(f"a coprocessor would need a capacity of {capacity}, above {MAX_UNITS}: give more coprocessors")
    terms = scenario.task_class()
    collateral = float((past.tasks.reward / past.tasks.difficulty).max()) * terms.collateral / PPM
    quantile = float(np.quantile(futures.work, level))
    busiest = float(arrivals.mean(axis=1).max())
    return Plan(
        level=level,
        start_up=before,
        arrivals=float(arrivals.mean()),
        busiest=busiest,
        work=float(futures.work.mean()),
        work_quantile=quantile,
        coprocessors=scenario.coprocessors,
        capacity=capacity,
        stake=math.ceil(capacity * max(scenario.network().stake_per_unit, collateral)),
        rule=math.ceil(quantile / limits.mean()),
        queue=_queue(scenario, past, busiest, level, limits),
    )


def _smallest(futures: Futures, level: float, machines: Machines) -> int:
    short, enough = 0, 1
    while futures.share(enough, machines) < level:
        short, enough = enough, 2 * enough
    while enough - short > max(1, enough // PRECISION):
        middle = (short + enough) // 2
        short, enough = (short, middle) if futures.share(middle, machines) >= level else (middle, enough)
    return enough


def _queue(scenario: Scenario, past: Demand, arrivals: float, level: float, limits: Array) -> Queue:
    """Arrivals in one period; a task waits for its second auction at most, and for half a wave when it is done."""
    terms, seconds, waves = scenario.task_class(), scenario.network().epoch_seconds, scenario.played_waves()
    patience = seconds / waves + terms.steps * terms.step_seconds
    held = past.lengths + 0.5 / waves
    offered = arrivals * float(held.mean())
    if offered == 0.0:
        return Queue(0.0, 0, 0.0, 0)
    service = float(held.mean()) * seconds
    servers = erlang.staffing(offered, level, patience, service)
    room = float((past.tasks.difficulty * held).sum() / held.sum() / limits.mean())
    return Queue(offered, servers, erlang.square_root(offered, level, patience, service), math.ceil(servers * room))


def at_pace(scenario: Scenario, demand: Demand) -> Scenario:
    """Scenario of a demand's length, in which tasks take as long as the demand says."""
    work = demand.pace * math.sqrt(float(demand.tasks.difficulty.mean()))
    return replace(scenario, periods=demand.periods, tasks_per_period=1, workload=None, work=min(work, MAX_WORK))


def participants(scenario: Scenario, demand: Demand) -> tuple[Population, Population]:
    """Draw operators that auction everything, and coprocessors; traits depend on the seed alone, not on the demand.

    They come from the stream that participants have in any run of the seed. The plan says how large coprocessors are,
    so that no capacities are looked for that would suit a trace.
    """
    _, rng, *_ = generators(scenario.seed)
    here = at_pace(scenario, demand)
    operators = draw_operators(here, demand.tasks, scenario.operators, rng)
    operators.traits["complexity"] = LIGHT_COMPLEXITY
    return operators, draw_coprocessors(here, replace(demand.tasks, traced=False), scenario.coprocessors, rng)


def largest_loads(scenario: Scenario, people: Population) -> Array:
    """Fractions of their capacity that coprocessors are planned to take: F, and no more than limits of their own."""
    kink = scenario.network().chosen_curve.f
    return np.asarray(np.minimum(people.traits["patience"], kink) / BPS, dtype=np.float64)


def served(scenario: Scenario, demand: Demand, people: tuple[Population, Population], before: int) -> float:
    """Share of a demand's tasks that the market sells, of those opened after the first ``before`` periods.

    One period more is played, in which nothing comes: then the last auctions are over.
    """
    opened, expired = 0, 0

    def watch(run: Run) -> None:
        nonlocal opened, expired
        if run.done >= before:
            opened += int(run.periods["opened"][run.done])
            rules = run.world.market.rules[0]
            begin = rules["genesis"] + (before + 1) * rules["epoch_seconds"]  # of epoch 1 participants enter
            unsold = run.tasks[run.tasks["outcome"] == EXPIRED]
            expired += int((unsold["opened"] - run.moments.gap >= begin).sum())  # opened anew a wave later

    here = replace(scenario, periods=demand.periods + 1)
    Run(here, workload=demand.tasks, people=people, watch=watch).execute(Twin(here.network()))
    return 1.0 - expired / max(opened, 1)


def check(scenario: Scenario, plan: Plan, came: Demand) -> float:
    """Run the market with a plan's capacity and stake on the demand that came.

    Parameters
    ----------
    scenario : Scenario
        Participants and the parameters of the protocol, as in the plan.
    plan : Plan
        Made before.
    came : Demand
        What came then, after the plan's ``start_up`` periods before it.

    Returns
    -------
    float
        Share of the tasks sold of those that came then; 1 if none did.
    """
    if not (came.tasks.period >= plan.start_up).any():
        return 1.0
    each = np.ones(scenario.coprocessors, dtype=np.int64)
    operators, coprocessors = participants(scenario, came)
    coprocessors = replace(coprocessors, capacity=each * plan.capacity, funds=each * plan.stake)
    return served(at_pace(scenario, came), came, (operators, coprocessors), plan.start_up)
