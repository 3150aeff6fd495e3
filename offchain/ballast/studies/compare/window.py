"""The last periods of a run, as a problem of `ballast.studies.compare.optimum`, and the market's own answer to it.

As in the paper's section 2.3 an assignment is worth the sum of ``r p - s (1 - p) - b``. r is the reward, b the
executor's cost at no load, p its true chance of a right result in time when it makes an effort, and s (1 - p) what is
expected to be lost when it has none: the late executor's slash without amplification, the wrong one's slash, and the
operator's penalty. What grows with load (costs, lateness, slashes) and rescues are left out, of the bound and of
what the market's assignment is worth alike: with them the sum would not be linear.

Work on a task begins in the wave in which it is opened, or in the next one, where tasks nobody bid for have a second
chance. Complexity, reputation, time and who is there decide what is possible. What is under way when the periods begin
keeps its room until it is done.

The market's own assignment keeps these conditions, so it is worth no more than the bound. What they leave out would
only take more room or forbid more: results that come late, rescues, tasks opened before and sold later, and funds. The
same holds for any other assignment of these tasks to these participants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ballast.model.constants import PPM
from ballast.sim.compiled import compiled
from ballast.sim.engines.twin import Twin
from ballast.sim.kinds import HEAVY_COMPLEXITY_FROM
from ballast.sim.market.records import Integers, Market, Records
from ballast.sim.market.rules import collateral_of, late_amount, penalty_of, wrong_amount
from ballast.sim.market.steps import NOBODY, WON, backing_of, room_of
from ballast.sim.moments import Moments, begins
from ballast.sim.period.behaviour import COST_ELSEWHERE, SPECIAL_COST
from ballast.sim.period.beliefs import SPECIAL_WRONG
from ballast.sim.period.pool import LIVING
from ballast.sim.period.world import SELF
from ballast.sim.run import Run
from ballast.sim.scenario import Scenario
from ballast.sim.state import FIRST_OPERATOR
from ballast.studies.compare.optimum import Fractions, Instance, optimum

BEGINNINGS: Final = 2
"""Waves in which work on a task may begin."""


@dataclass(frozen=True)
class Seen:
    """What is true of all accounts when a period's tasks come, one entry each.

    Attributes
    ----------
    there : array of bool
        Coprocessors online.
    room, reputation : array of int
        As in ``ballast.sim.market.records.ACCOUNT``; resource units.
    backing : array of int
        Stake that backs their capacities, token units.
    punctuality, quality : array
        True chances of a result in time, given an effort, and of a right one.
    """

    there: npt.NDArray[np.bool_]
    room: Integers
    reputation: Integers
    backing: Integers
    punctuality: Fractions
    quality: Fractions


@compiled
def write_losses(
    market: Market, tasks: Records, backing: Integers, late: Integers, wrong: Integers, penalty: Integers
) -> None:
    """Write the slashes of late and of wrong results by task and executor, and the operators' penalties by task.

    Executors are given by the stakes that back their capacities; all amounts are token units.
    """
    for i in range(len(tasks)):
        reward, task_class = tasks[i].reward, market.classes[tasks[i].class_id]
        penalty[i, 0] = penalty_of(task_class, collateral_of(task_class, reward, 0))
        for j in range(backing.shape[1]):
            collateral = collateral_of(task_class, reward, backing[i, j])
            late[i, j] = late_amount(reward, collateral, task_class.slash_factor, PPM, market.rules[0].lateness_floor)
            wrong[i, j] = wrong_amount(reward, collateral, task_class.wrong_factor)


@dataclass(frozen=True)
class Window:
    """Some periods of a run, one after the other, and what it knows of them.

    Attributes
    ----------
    market : Market
        For its classes and rules.
    traits : array of records
        By account.
    moments : Moments
        When things happen in a period.
    pace : float
        Seconds that a task of difficulty 1 takes on a machine of speed 1.
    start : int
        Timestamp at which the first period begins.
    coprocessors, operators : tuple of int
        Their first accounts and those after their last.
    seen : list of Seen
        By period.
    """

    market: Market
    traits: Records
    moments: Moments
    pace: float
    start: int
    coprocessors: tuple[int, int]
    operators: tuple[int, int]
    seen: list[Seen]

    @property
    def times(self) -> Integers:
        """Timestamps at which the waves begin."""
        starts = self.start + self.moments.epoch_seconds * np.arange(len(self.seen))
        waves = range(self.moments.waves)
        return np.array([begins(self.moments, int(start), wave) for start in starts for wave in waves], dtype=np.int64)

    def machine(self, account: Integers) -> Integers:
        """Places of accounts among the machines: coprocessors, then operators."""
        (first, last), (operator, _) = self.coprocessors, self.operators
        return np.asarray(np.where(account >= first, account - first, last - first + account - operator))

    def machines(self, of_accounts: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values of the accounts of all machines, out of those of all accounts; accounts are the last axis."""
        return np.concatenate([of_accounts[..., slice(*kind)] for kind in (self.coprocessors, self.operators)], axis=-1)

    def given(self, tasks: Records) -> Integers:
        """Load that is under way when the window begins, shape (machines, waves): of tasks that are won, until done.

        Those that will be late are held longer, which is known only of those that are late already.
        """
        times = self.times
        held = np.zeros((len(self.machines(np.arange(len(self.traits)))), len(times)), dtype=np.int64)
        for task in tasks[tasks["status"] == WON]:
            own = task["executor"] == task["operator"]
            at = times + (self.moments.turn if own else self.moments.bid)
            ends = int(np.searchsorted(at, min(task["ready"], task["due"])))
            held[self.machine(task["executor"]), :ends] += task["difficulty"]
        return held

    def room(self, given: Integers) -> Integers:
        """Room left by what is under way, shape (machines, waves).

        Capacities are cut by slashes, and what was taken before stays; so each machine has its largest room of all
        periods, or its load where that is more.
        """
        rooms = np.array([seen.room for seen in self.seen])
        return np.asarray(np.maximum(self.machines(rooms).max(axis=0), given[:, 0])[:, None] - given)

    def first_waves(self, tasks: Records) -> Integers:
        """Waves in which tasks were opened: a second chance is one wave later, and was entered as the opening."""
        again = (tasks["rising"] == 1) | (tasks["second_chance"] == SELF)
        return np.asarray(np.searchsorted(self.times, tasks["opened"], side="right") - 1 - again)

    def instance(self, tasks: Records, room: Integers) -> tuple[Instance, Integers]:
        """Build the problem, and the market's own answer to it.

        Parameters
        ----------
        tasks : array of records
            Tasks opened in the window, as they are at its end.
        room : array of shape (machines, waves)
            For them, resource units.

        Returns
        -------
        Instance
            The problem: options by beginning, and each time by coprocessor and at last the operator.
        array of shape (tasks,)
            The options of those who executed the tasks at first, or -1.
        """
        coprocessors = self.coprocessors[1] - self.coprocessors[0]
        columns, opened, times = coprocessors + 1, self.first_waves(tasks), self.times
        shape = len(tasks), BEGINNINGS * columns
        value = np.full(shape, -np.inf)
        first, until = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        machine = np.zeros(shape, dtype=np.int64)
        for later in range(BEGINNINGS):
            part = slice(later * columns, (later + 1) * columns)
            machine[:, part] = np.arange(columns)
            machine[:, part.stop - 1] = self.machine(tasks["operator"])
            first[:, part] = until[:, part] = opened[:, None] + later
            for period, seen in enumerate(self.seen):
                those = np.flatnonzero((opened + later) // self.moments.waves == period)
                accounts = np.broadcast_to(np.arange(*self.coprocessors), (len(those), coprocessors))
                accounts = np.column_stack((accounts, tasks["operator"][those]))
                worth, seconds = self.options(tasks[those], accounts, seen)
                value[those, part] = worth
                done = np.searchsorted(times, times[opened[those] + later][:, None] + seconds)
                until[those, part] = np.maximum(done, first[those, part] + 1)
        first, until = np.minimum(first, len(times)), np.minimum(until, len(times))
        winner = np.where(tasks["rescued"] == 1, tasks["culprit"], tasks["executor"])
        column = np.where(tasks["own"] == 1, coprocessors, winner - self.coprocessors[0])
        begun = np.searchsorted(times, tasks["opened"], side="right") - 1 - opened
        chosen = np.where((tasks["status"] != NOBODY), column + begun * columns, -1)
        return Instance(value, machine, first, until, tasks["difficulty"], room), chosen

    def options(self, tasks: Records, accounts: Integers, seen: Seen) -> tuple[Fractions, Integers]:
        """Value of tasks by executors, the operator last, and seconds from a wave's beginning until they are done.

        Parameters
        ----------
        tasks : array of records, shape (tasks,)
            Whose work begins in one period.
        accounts : array of shape (tasks, executors)
            Who may do them.
        seen : Seen
            Of that period.
        """
        market, moments = self.market, self.moments
        classes, who = market.classes[tasks["class_id"]], self.traits[accounts]
        own = np.zeros(accounts.shape, dtype=np.bool_)
        own[:, -1] = True
        late, wrong = np.zeros(accounts.shape, dtype=np.int64), np.zeros(accounts.shape, dtype=np.int64)
        penalty = np.zeros((len(tasks), 1), dtype=np.int64)
        write_losses(market, tasks, seen.backing[accounts], late, wrong, penalty)
        reward, difficulty = tasks["reward"][:, None], tasks["difficulty"][:, None]
        of_class = classes[:, None]
        heavy = of_class["complexity"] >= HEAVY_COMPLEXITY_FROM
        in_time = np.where(who["shirks"] == 1, who["careless"], seen.punctuality[accounts])
        special, dear = who["special"] == of_class["number"], 1.0 + of_class["dearer"] / PPM
        dear = dear * np.where(special, SPECIAL_COST, np.where(who["special"] > 0, COST_ELSEWHERE, 1.0))
        quality = seen.quality[accounts]
        quality = np.where(special, 1.0 - (1.0 - quality) * SPECIAL_WRONG, quality) * (1.0 - of_class["risk"] / PPM)
        cost = np.where(own & heavy, who["cost_heavy"], who["cost"])
        cost = np.maximum(cost - np.where(who["shirks"] == 1, who["effort"] * PPM, 0.0), 0.0) / PPM * dear
        right = in_time * quality
        value = reward * (right - cost) - late * (1 - in_time) - penalty * (1 - right)
        value -= wrong * in_time * (1 - quality)
        able = who["complexity"] >= of_class["complexity"]
        able &= own | (seen.there[accounts] & (seen.reputation[accounts] >= of_class["min_reputation"]))
        able &= difficulty <= ((of_class["submit_seconds"] - moments.gap) * who["speed"] / self.pace) ** 2
        seconds = np.ceil(self.pace * np.sqrt(difficulty) / who["speed"]).astype(np.int64)
        # a bid is awarded at the end of its step at the earliest, and its result comes with the bids of a wave
        seconds += np.where(own, 0, moments.turn + of_class["step_seconds"] - moments.bid)
        return np.where(able, value, -np.inf), seconds


class Watched(Run):
    """A run whose last periods are compared with the optimum.

    Parameters
    ----------
    scenario : Scenario
        What to run.
    window : int
        How many periods, 0 for none.

    Attributes
    ----------
    market, bound : float
        Of these periods, token units: what the market's assignment is worth, and the bound.
    gap : float
        Distance of the bound from the best assignment found, as a share of it.
    """

    def __init__(self, scenario: Scenario, window: int) -> None:
        super().__init__(scenario)
        self.window = window
        self.watch = self._look if window else None
        self.market = self.bound = self.gap = 0.0
        self._seen: list[Seen] = []
        self._ended: list[Records] = []

    def _living(self) -> Records:
        pool = self.world.pool
        return np.asarray(pool.tasks[pool.lists[LIVING, : pool.counts[LIVING]]])

    def _bidders(self) -> Integers:
        order = super()._bidders()
        if self.done >= self.scenario.periods - self.window:
            self._see(order)
        return order

    def _see(self, order: Integers) -> None:
        world, market = self.world, self.world.market
        if not self._seen:
            self._before, self._begin = self._living(), self._start
        accounts = range(len(market.accounts))
        there = np.zeros(len(accounts), dtype=np.bool_)
        there[order] = True
        self._seen.append(
            Seen(
                there=there,
                room=np.array([room_of(market, i) for i in accounts], dtype=np.int64),
                reputation=market.accounts["reputation"].copy(),
                backing=np.array([backing_of(market, i) for i in accounts], dtype=np.int64),
                punctuality=world.punctuality.copy(),
                quality=world.quality.copy(),
            )
        )

    def _look(self, _run: Run) -> None:
        if not self._seen:
            return
        self._ended.append(self.tasks.copy())
        if self.done + 1 == self.scenario.periods:
            self._compare()

    def _compare(self) -> None:
        instance, chosen = self.problem()
        found = optimum(instance)
        self.market, self.bound, self.gap = instance.worth(chosen), found.bound, found.gap

    def known(self) -> Window:
        """Gather what the run knows of its last periods."""
        first = self.first_coprocessor
        return Window(
            market=self.world.market,
            traits=self.world.traits,
            moments=self.moments,
            pace=self.pace,
            start=self._begin,
            coprocessors=(first, int(self.coprocessors()[-1]) + 1),
            operators=(FIRST_OPERATOR, first),
            seen=self._seen,
        )

    def opened(self) -> Records:
        """Tasks opened in the last periods, as they are when all are over."""
        tasks = np.concatenate((*self._ended, self._living()))
        tasks = tasks[tasks["opened"] >= self._begin]
        return np.asarray(tasks[self.known().first_waves(tasks) >= 0])

    def problem(self) -> tuple[Instance, Integers]:
        """Problem of the last periods, and the market's own answer; see `Window.room` and `Window.instance`."""
        window = self.known()
        return window.instance(self.opened(), window.room(window.given(self._before)))


def watched(scenario: Scenario, window: int) -> Watched:
    """Run a scenario on the twin, and compare its last periods with the optimum."""
    run = Watched(scenario, window)
    run.summary = run.execute(Twin(scenario.network()))
    return run
