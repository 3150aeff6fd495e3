"""The optimum of the paper's section 2.3, period by period: a generalised assignment problem.

Of the tasks auctioned in a period each goes to one coprocessor or to none::

    maximise    sum of x (r p - s (1 - p) - b)
    subject to  sum of x over coprocessors      <= 1            for each task
                sum of x d over tasks           <= room         for each coprocessor
                sum of x l over tasks           <= free funds   for each coprocessor
                x = 0 or 1

r is the reward, d the difficulty, l the collateral, b the coprocessor's cost at no load, p its true chance of a right
result in time when it makes an effort, and s (1 - p) what is expected to be lost when it has none: the late executor's
slash without amplification, the wrong one's collateral, and the operator's penalty. Costs that grow with load,
amplified slashes and rescues are left out, of the optimum and of what the market's own assignment is worth alike: with
them the sum would not be linear. The paper's minimum collateral is a condition for any assignment; its capacity is
missing there and added here.

The programme has a binary for each task and coprocessor, 60,000 for 600 and 100. Its LP relaxation bounds the optimum.
An assignment near it is found by knapsacks: the LP's dual prices of tasks are subtracted from their values, and one
coprocessor after the other, the scarcest first, fills its room in the best way (dynamic programming). Only if that
stays too far below the bound the mixed-integer programme itself is given to HiGHS, for a limited time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from ballast.errors import BallastError
from ballast.model.constants import PPM
from ballast.sim.compiled import allocating
from ballast.sim.engines.twin import Twin
from ballast.sim.market.records import Integers, Market, Records
from ballast.sim.market.rules import collateral_of, late_amount, penalty_of
from ballast.sim.market.steps import capacity_of, room_of
from ballast.sim.period.world import SELF
from ballast.sim.run import Run
from ballast.sim.scenario import Scenario
from ballast.studies.compare.settings import OptimumSettings
from ballast.studies.measures import warmed_up

Fractions = npt.NDArray[np.float64]
CELLS: Final = 4_096
"""Cells of a knapsack; rooms above it are cut into as many, and weights rounded up to them."""
EXACT: Final = 1e-9


@dataclass(frozen=True)
class Instance:
    """One period's assignment problem.

    Attributes
    ----------
    value : array of shape (tasks, coprocessors)
        What an assignment is worth, token units; not a number where the rules forbid it.
    difficulty, collateral : array of shape (tasks,)
        Resource and token units.
    room, free : array of shape (coprocessors,)
        Resource and token units.
    """

    value: Fractions
    difficulty: Integers
    collateral: Integers
    room: Integers
    free: Integers

    @property
    def useful(self) -> Fractions:
        """Values of assignments that are possible by themselves and worth more than nothing; zero for all others."""
        possible = np.less_equal.outer(self.difficulty, self.room) & np.less_equal.outer(self.collateral, self.free)
        return np.where(possible & (self.value > 0), self.value, 0.0)

    def worth(self, chosen: Integers) -> float:
        """Sum of the values of an assignment: a coprocessor for each task, or -1."""
        tasks = np.flatnonzero(chosen >= 0)
        return float(self.value[tasks, chosen[tasks]].sum())


@dataclass(frozen=True)
class Optimum:
    """Best assignment found.

    Attributes
    ----------
    chosen : array of shape (tasks,)
        Coprocessors, or -1.
    value : float
        What it is worth, token units.
    bound : float
        Proven upper bound of the optimum.
    lp : float
        The bound by the LP relaxation.
    """

    chosen: Integers
    value: float
    bound: float
    lp: float

    @property
    def gap(self) -> float:
        """How far the value may stay below the optimum, as a share of the bound."""
        return 1 - self.value / self.bound if self.bound > 0 else 0.0


class _Programme:
    """An instance in the solver's form, useful assignments only.

    Values are in units of the largest one, so that the solver's tolerances mean the same for all instances.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        tasks, self.coprocessors = instance.value.shape
        useful = instance.useful
        self.scale = float(useful.max(initial=1.0))
        self.task, self.who = np.nonzero(useful)
        self.gain = useful[self.task, self.who] / self.scale
        columns = np.arange(len(self.gain))
        tight = np.flatnonzero(instance.collateral.sum() > instance.free)
        row_of = np.full(self.coprocessors, -1)
        row_of[tight] = tasks + self.coprocessors + np.arange(len(tight))
        posted = np.flatnonzero(row_of[self.who] >= 0)
        rows = (self.task, tasks + self.who, row_of[self.who[posted]])
        entries = (
            np.ones(len(columns)),
            instance.difficulty[self.task] / instance.room[self.who],
            instance.collateral[self.task[posted]] / instance.free[self.who[posted]],
        )
        self.rows = tasks + self.coprocessors + len(tight)
        self.matrix = scipy.sparse.csr_matrix(
            (np.concatenate(entries), (np.concatenate(rows), np.concatenate((columns, columns, posted)))),
            shape=(self.rows, len(columns)),
        )

    def relaxed(self) -> tuple[float, Fractions, Fractions]:
        """Solve the LP relaxation: its value, and the dual prices of the tasks and of the rooms, all scaled."""
        found = linprog(-self.gain, A_ub=self.matrix, b_ub=np.ones(self.rows), bounds=(0, None), method="highs-ipm")
        if found.status != 0:
            raise BallastError(f"the optimum's LP relaxation was not solved: {found.message}")
        prices = -found.ineqlin.marginals
        tasks = len(self.instance.difficulty)
        return -found.fun, prices[:tasks], prices[tasks : tasks + self.coprocessors]

    def whole(self, gap: float, seconds: float) -> tuple[Integers, float]:
        """Give the integer programme to HiGHS: the best assignment it finds, and its bound, token units."""
        found = milp(
            -self.gain,
            constraints=LinearConstraint(self.matrix, ub=np.ones(self.rows)),
            bounds=Bounds(0, 1),
            integrality=np.ones(len(self.gain)),
            options={"mip_rel_gap": gap, "time_limit": seconds},
        )
        chosen = np.full(len(self.instance.difficulty), -1)
        if found.x is not None:
            taken = found.x > 0.5
            chosen[self.task[taken]] = self.who[taken]
        bound = found.mip_dual_bound
        return chosen, float("inf") if bound is None else -bound * self.scale


@allocating
def pack(profit: Fractions, weight: Integers, size: int) -> npt.NDArray[np.bool_]:
    """Fill a knapsack in the best way.

    Parameters
    ----------
    profit : array of shape (things,)
        Things without a profit stay out.
    weight : array of shape (things,)
        Whole numbers.
    size : int
        Largest sum of weights.

    Returns
    -------
    array of shape (things,)
        What is in it.
    """
    things = len(profit)
    best = np.zeros(size + 1)
    taken = np.zeros((things, size + 1), dtype=np.bool_)
    for thing in range(things):
        if profit[thing] <= 0:
            continue
        for room in range(size, weight[thing] - 1, -1):
            with_it = best[room - weight[thing]] + profit[thing]
            if with_it > best[room]:
                best[room] = with_it
                taken[thing, room] = True
    inside = np.zeros(things, dtype=np.bool_)
    room = size
    for thing in range(things - 1, -1, -1):
        if taken[thing, room]:
            inside[thing] = True
            room -= weight[thing]
    return inside


def packed(instance: Instance, task_prices: Fractions, room_prices: Fractions) -> Integers:
    """Assign tasks by knapsacks, the coprocessors with the dearest room first.

    Prices are the LP's, in token units and for a whole room. Where room is worth nothing, the tasks' prices are not
    subtracted: there is no better use of the room.
    """
    tasks = len(instance.difficulty)
    value = instance.useful
    chosen = np.full(tasks, -1)
    best = np.max(value / instance.difficulty[:, None], axis=0, initial=0.0)
    for place in np.lexsort((-best, -room_prices)):
        size = int(min(instance.room[place], CELLS))
        if size == 0:
            continue
        cells = size / instance.room[place]
        weight = np.ceil(instance.difficulty * cells - EXACT).astype(np.int64)
        profit = value[:, place] - (task_prices if room_prices[place] > EXACT * best[place] * size else 0.0)
        profit[(chosen >= 0) | (value[:, place] == 0)] = 0.0
        inside = np.flatnonzero(pack(profit, weight, size))
        inside = inside[np.argsort(-profit[inside], kind="stable")]
        chosen[inside[np.cumsum(instance.collateral[inside]) <= instance.free[place]]] = place
    return chosen


def optimum(instance: Instance, gap: float = 0.0, seconds: float = 60.0) -> Optimum:
    """Best assignment of an instance.

    Parameters
    ----------
    instance : Instance
        The problem.
    gap : float
        How far below the bound it may stay, as a share of the bound; 0 is exact if time allows.
    seconds : float
        How long HiGHS may work on the integer programme, if the knapsacks do not come near enough.

    Raises
    ------
    BallastError
        If HiGHS cannot solve the LP relaxation.
    """
    programme = _Programme(instance)
    if len(programme.gain) == 0:
        return Optimum(np.full(len(instance.difficulty), -1), 0.0, 0.0, 0.0)
    relaxed, task_prices, room_prices = programme.relaxed()
    lp = bound = relaxed * programme.scale
    chosen = packed(instance, task_prices * programme.scale, room_prices * programme.scale)
    if instance.worth(chosen) < (1 - gap) * bound:
        other, proven = programme.whole(gap, seconds)
        bound = min(bound, proven)
        chosen = max(chosen, other, key=instance.worth)
    value = instance.worth(chosen)
    return Optimum(chosen, value, max(bound, value), max(lp, value))


@dataclass(frozen=True)
class Seen:
    """What the coprocessors have when a period's auctions begin, one entry each.

    Attributes
    ----------
    account, load, capacity, room, free, reputation : array of int
        As in ``ballast.sim.market.records.ACCOUNT``; loads and capacities in resource units.
    punctuality, quality : array
        True chances of a result in time, given an effort, and of a right one.
    """

    account: Integers
    load: Integers
    capacity: Integers
    room: Integers
    free: Integers
    reputation: Integers
    punctuality: Fractions
    quality: Fractions


def instance_of(market: Market, traits: Records, tasks: Records, seen: Seen) -> tuple[Instance, Integers]:
    """Build a period's problem, and the market's own answer to it.

    Parameters
    ----------
    market : Market
        The market, for its classes and rules.
    traits : array of records
        By account.
    tasks : array of records
        All tasks of the period, at its end.
    seen : Seen
        The coprocessors.

    Returns
    -------
    Instance
        The problem.
    array of shape (auctioned tasks,)
        Who won, by place in ``seen``, or -1: also where the operator did the task itself in the end.
    """
    auctioned = tasks[(tasks["status"] >= 0) & ((tasks["own"] == 0) | (tasks["second_chance"] == SELF))]
    who = traits[seen.account]
    in_time = np.where(who["shirks"] == 1, who["careless"], seen.punctuality)
    cost = np.maximum(who["cost"] - np.where(who["shirks"] == 1, who["effort"] * PPM, 0.0), 0.0) / PPM
    right = in_time * seen.quality
    lowest = int(market.rules[0]["lateness_floor"])
    terms: list[tuple[int, int, int, int, int]] = []
    for task in auctioned:
        task_class, reward = market.classes[task["class_id"]], int(task["reward"])
        collateral = collateral_of(task_class, reward)
        late = late_amount(reward, collateral, int(task_class["slash_factor"]), PPM, lowest)
        gates = int(task_class["complexity"]), int(task_class["min_reputation"])
        terms.append((collateral, late, penalty_of(task_class, collateral), *gates))
    collateral, late, penalty, complexity, least = np.array(terms, dtype=np.int64).reshape(-1, 5).T
    reward, difficulty = auctioned["reward"], auctioned["difficulty"]
    value = np.outer(reward, right - cost) - np.outer(late, 1 - in_time) - np.outer(penalty, 1 - right)
    value -= np.outer(collateral, in_time * (1 - seen.quality))
    value[np.greater.outer(complexity, who["complexity"])] = np.nan
    value[np.greater.outer(least, seen.reputation)] = np.nan
    place = np.full(len(traits), -1)
    place[seen.account] = np.arange(len(seen.account))
    winner = np.where(auctioned["rescued"] == 1, auctioned["culprit"], auctioned["executor"])
    won = place[np.where(auctioned["own"] == 1, 0, winner)]
    return Instance(value, difficulty, collateral, seen.room - seen.load, seen.free), won


class Watched(Run):
    """A run that is compared with the optimum in some of its periods.

    Parameters
    ----------
    scenario : Scenario
        What to run.
    settings : OptimumSettings
        In which periods, and how closely.

    Attributes
    ----------
    market, best, bound, lp, patient : float
        Sums over these periods, token units: what the market's assignment is worth, what the best one found is, its
        bounds, and the LP's bound if nobody is loaded beyond what it accepts.
    worst : float
        Largest gap of a period.
    """

    def __init__(self, scenario: Scenario, settings: OptimumSettings) -> None:
        super().__init__(scenario)
        self.settings = settings
        self.watch = self._look if settings.every else None
        self.market = self.best = self.bound = self.lp = self.patient = self.worst = 0.0

    def _bidders(self) -> Integers:
        order = super()._bidders()
        market = self.world.market
        rows = market.accounts[order]
        self._seen = Seen(
            account=order,
            load=rows["load"],
            capacity=np.array([capacity_of(market, i) for i in order], dtype=np.int64),
            room=np.array([room_of(market, i) for i in order], dtype=np.int64),
            free=rows["free"],
            reputation=rows["reputation"],
            punctuality=self.world.punctuality[order],
            quality=self.world.quality[order],
        )
        return order

    def _look(self, run: Run) -> None:
        if (run.done + 1) % self.settings.every or run.done < warmed_up(self.scenario):
            return
        instance, won = instance_of(self.world.market, self.world.traits, self.tasks, self._seen)
        found = optimum(instance, self.settings.gap, self.settings.seconds)
        patience = self.world.traits["patience"][self._seen.account]
        accepted = np.minimum(instance.room, self._seen.capacity * patience // 10_000 - self._seen.load)
        self.market += instance.worth(won)
        self.best += found.value
        self.bound += found.bound
        self.lp += found.lp
        self.patient += bound_of(replace(instance, room=accepted))
        self.worst = max(self.worst, found.gap)


def bound_of(instance: Instance) -> float:
    """LP bound of an instance, token units."""
    programme = _Programme(instance)
    return programme.relaxed()[0] * programme.scale if len(programme.gain) else 0.0


def watched(scenario: Scenario, settings: OptimumSettings) -> Watched:
    """Run a scenario on the twin beside the optimum."""
    run = Watched(scenario, settings)
    run.summary = run.execute(Twin(scenario.network()))
    return run
