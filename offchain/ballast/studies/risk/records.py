"""What participants of a run know of themselves at some time: from it follows what each is exposed to.

Everything is read from tasks that have ended, from balances and from the terms: nothing of what the run keeps to
itself, as true chances. What an account has too few tasks for (how its numbers of tasks vary, when outcomes come, how
prices spread) is that of all accounts of its kind: all tasks are public.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ballast.errors import ParameterError
from ballast.model.constants import PPM
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.steps import EXPIRED, FAILED, FORFEITED, SETTLED
from ballast.sim.pace import start_up
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.sim.state import FIRST_OPERATOR
from ballast.studies.risk.amounts import Outcomes
from ballast.studies.risk.epochs import BLOCK
from ballast.studies.risk.lines import Exposure, TaskLine, TrackRecord, delegated_line
from ballast.studies.risk.pooled import common_prior, scatter

Floats = npt.NDArray[np.float64]
OPERATOR, COPROCESSOR = "operator", "coprocessor"
LEAST_TASKS: Final = 5
"""Ended tasks from which on an account has a line of them; who has fewer has no record to speak of."""
KEPT: Final = 15
"""Epochs at the end of the record that those to come are drawn from; chosen of 15, 20 and all on the same seeds: with
more, who loses its customers is thought to have them still."""
RECENT: Final = 3
"""Epochs at the end of the record by which prices to expect have moved from those of the whole; chosen of 3, 5 and 10
on the same seeds: start prices still move then."""


class Wander(NamedTuple):
    """How far the means of a horizon stray from those before it, beyond what a sample's size explains.

    Attributes
    ----------
    volume : float
        Standard deviation of the number of tasks, as a share.
    paid : float
        Of what a good result brings, shares of the reward.
    """

    volume: float
    paid: float


WANDER: Final = {
    "executed": Wander(0.15, 0.018),
    "delegated": Wander(0.05, 0.01),
    "own": Wander(0.1, 0.0),
}
"""By kind of work. Chosen of seven sets on seeds 2,001 to 2,008 of both populations, so that sums of 30 epochs spread
as they do. Start prices move what is paid, and records that count in prices move customers."""


class FortunesThen(NamedTuple):
    """Fortunes of all accounts at the end of a period.

    Attributes
    ----------
    income, spent, tasks : array
        As in ``ballast.sim.period.behaviour.FORTUNE``.
    """

    income: Floats
    spent: Floats
    tasks: Floats


@dataclass(frozen=True)
class RunSeen:
    """A run, and what was seen in it until a period.

    Attributes
    ----------
    run : Run
        When it is over.
    first, until : int
        Periods from which on, and before which, it was looked at.
    tasks : array of records
        Those that ended, from the first period of the run on.
    period : array of int
        In which each did.
    genesis : int
        Timestamp at which epoch 1 began.
    opening, closing : FortunesThen
        Before the first and after the last of these periods.
    stake : array
        Free and locked funds then, token units.
    capacity : array of int
        Registered then, resource units.
    """

    run: Run
    first: int
    until: int
    tasks: Records
    period: Integers
    genesis: int
    opening: FortunesThen
    closing: FortunesThen
    stake: Floats
    capacity: Integers


def fortunes_of(run: Run) -> FortunesThen:
    """Fortunes at present."""
    fortune = run.world.fortune
    return FortunesThen(*(fortune[name].astype(np.float64) for name in FortunesThen._fields))


def see(scenario: Scenario, until: int) -> RunSeen:
    """Run a scenario on the twin, and look at it until a period.

    Raises
    ------
    ParameterError
        If it has classes of its own, whose terms differ.
    """
    if scenario.classes:
        raise ParameterError("the scenario has classes of its own: risk is that of one class, give another scenario")
    ended: list[Records] = []
    when: list[Integers] = []
    kept: dict[str, Any] = {}

    def watch(run: Run) -> None:
        if run.done >= until:
            return
        ended.append(run.tasks.copy())
        when.append(np.full(len(run.tasks), run.done))
        if run.done == first - 1:
            kept["opening"] = fortunes_of(run)
        if run.done == until - 1:
            known = run.world.market.accounts
            kept["closing"], kept["stake"] = fortunes_of(run), (known["free"] + known["locked"]).astype(np.float64)
            kept["capacity"] = known["capacity"].copy()

    first = max(min(start_up(scenario), until // 2), 1)
    run = run_on(scenario, watch=watch)
    return RunSeen(run, first, until, np.concatenate(ended), np.concatenate(when), run.engine.genesis, **kept)


class WorkDone(NamedTuple):
    """Tasks of one kind as their accounts had them, one entry each.

    Attributes
    ----------
    account, period : array of int
        Whose, and in which it ended.
    reward : array
        Token units.
    paid : array
        Share of the reward that a good one brings.
    load : array of int
        At which it was won, basis points.
    begun : array of int
        Period in which its work was done, if that is known, else that in which it ended.
    late, wrong, rescued : array of bool
        What became of it.
    """

    account: Integers
    period: Integers
    reward: Floats
    paid: Floats
    load: Integers
    begun: Integers
    late: npt.NDArray[np.bool_]
    wrong: npt.NDArray[np.bool_]
    rescued: npt.NDArray[np.bool_]

    def only(self, chosen: npt.NDArray[Any]) -> WorkDone:
        """Choose some of them."""
        return WorkDone(*(column[chosen] for column in self))

    def with_those(self, others: WorkDone) -> WorkDone:
        """Add others."""
        return WorkDone(*(np.concatenate(pair) for pair in zip(self, others, strict=True)))


def work_of(seen: RunSeen, amounts: Outcomes) -> dict[str, WorkDone]:
    """Tasks by kind: executed for others, own, and delegated by their operators."""
    tasks, period = seen.tasks, seen.period
    some = tasks["outcome"] != EXPIRED
    tasks, period = tasks[some], period[some]
    reward = tasks["reward"].astype(np.float64)
    price, lowest = tasks["price"].astype(np.int64), seen.run.parameters.fee_per_unit * tasks["difficulty"]
    fee = np.maximum((price * amounts.auction.fee + PPM - 1) // PPM, lowest)
    taken, own = tasks["rescued"] == 1, tasks["own"] == 1
    failed, wrong, good = (tasks["outcome"] == outcome for outcome in (FAILED, FORFEITED, SETTLED))
    begun = np.where(failed, period, (tasks["time"] - seen.genesis) // seen.run.parameters.epoch_seconds - 1)
    none = np.zeros(len(tasks), dtype=np.bool_)

    def work(who: Integers, paid: Any, load: Integers, late: Any, wrongly: Any, rescued: Any, chosen: Any) -> WorkDone:
        return WorkDone(who, period, reward, paid, load, begun, late, wrongly, rescued).only(chosen)

    executed = (price - fee) / reward
    last = work(tasks["executor"], executed, tasks["x"], failed, wrong, none, ~own | taken)
    before = work(tasks["culprit"], executed, tasks["loaded"], ~none, none, none, taken & ~own)
    kept = (reward - fee) / reward
    return {
        "executed": last.with_those(before),
        "own": work(tasks["operator"], kept, tasks["x"], failed | taken, wrong & ~taken, taken & good, own),
        "delegated": work(
            tasks["operator"], 1.0 - price / reward, tasks["x"], failed | taken, wrong & ~taken, taken & good, ~own
        ),
    }


def exposures(seen: RunSeen) -> dict[int, Exposure]:
    """Find what each account is exposed to that has done, or given away, enough tasks; by account.

    Parameters
    ----------
    seen : RunSeen
        Of a run.
    """
    amounts = Outcomes(seen.run.parameters, seen.run.scenario.task_class())
    every = work_of(seen, amounts)
    size, last = len(seen.stake), seen.run.first_coprocessor
    lines = {kind: _lines(kind, work, seen, amounts) for kind, work in every.items()}
    uptime = _other_income(seen, every["executed"])
    found = {}
    for account in range(FIRST_OPERATOR, size):
        kinds = ("own", "delegated") if account < last else ("executed",)
        own = tuple(lines[kind][account] for kind in kinds if account in lines[kind])
        if own:
            capacity, reward = int(seen.capacity[account]), own[0].reward
            needed = amounts.backed_by(capacity, reward).least_stake(capacity, reward)
            role = OPERATOR if account < last else COPROCESSOR
            income = float(uptime[account]) if account >= last else 0.0
            found[account] = Exposure(role, float(seen.stake[account]), needed, own, income)
    return found


class Past(NamedTuple):
    """Epochs as accounts had them, arrays of shape (epochs, accounts).

    Attributes
    ----------
    tasks, carried : array of int
        All, and those whose outcome came an epoch later.
    reward : array
        Mean of a task, token units.
    """

    tasks: Integers
    carried: Integers
    reward: Floats


def _past(kind: str, work: WorkDone, seen: RunSeen) -> Past:
    """Past epochs of a kind of work, but the last one: what comes of its tasks is not known in full."""
    first = max(seen.first, seen.until - 1 - KEPT)
    epochs, size = seen.until - 1 - first, len(seen.stake)
    delegated = kind == "delegated"
    when = (work.period if delegated else work.begun) - first
    some = (when >= 0) & (when < epochs)
    place = when[some], work.account[some]
    number, carried = (np.zeros((epochs, size), dtype=np.int64) for _ in range(2))
    reward = np.zeros((epochs, size))
    np.add.at(number, place, 1)
    np.add.at(reward, place, work.reward[some])
    usual = reward.sum(axis=0) / np.maximum(number.sum(axis=0), 1)
    mean = np.where(number > 0, reward / np.maximum(number, 1), usual)
    if delegated:
        return Past(number, carried, mean)
    np.add.at(carried, place, (work.period > work.begun)[some])
    # work on tasks that were late later is done, and counted, though nobody sees when
    return Past(seen.run.history["tasks"][first : first + epochs], carried, mean)


def _other_income(seen: RunSeen, executed: WorkDone) -> Floats:
    """Income an epoch beside prices of good tasks, by account."""
    good = ~(executed.late | executed.wrong) & (executed.period >= seen.first)
    earned = np.bincount(executed.account[good], (executed.paid * executed.reward)[good], len(seen.stake))
    return np.asarray((seen.closing.income - seen.opening.income - earned) / (seen.until - seen.first))


def _lines(kind: str, work: WorkDone, seen: RunSeen, amounts: Outcomes) -> dict[int, TaskLine]:
    """Lines of a kind, by account; those who execute what is delegated lock what the reward asks for, and no more."""
    size = len(seen.stake)

    def total(weights: Floats | npt.NDArray[np.bool_] | None = None) -> Floats:
        return np.bincount(work.account, weights, size).astype(np.float64)

    tasks, rewards = total(), total(work.reward)
    paid = total(work.paid * work.reward)
    reward = rewards / np.maximum(tasks, 1.0)
    spread = float((work.reward / reward[work.account]).std())
    share = paid / np.maximum(rewards, 1.0)
    off = float((work.paid - share[work.account]).std())
    past = _past(kind, work, seen)
    recent = work.period >= seen.until - RECENT
    moved = float(np.average((work.paid - share[work.account])[recent], weights=work.reward[recent]))
    cap = amounts.highest
    least, most = (1.0 - cap, 1.0) if kind == "delegated" else (0.0, 1.0 if kind == "own" else cap - amounts.fee(cap))
    rescued = float(work.rescued.sum() / max(work.late.sum(), 1))
    spent, worked = seen.closing.spent, seen.closing.tasks
    wander, sampled = WANDER[kind], scatter(past.tasks) * BLOCK / len(past.tasks)
    # who executes what is delegated changes, so that only the latest tell of those to come
    counted = work.only(work.period >= seen.until - KEPT) if kind == "delegated" else work
    ended, late, wrong = (
        np.bincount(counted.account, weights, size).astype(np.float64)
        for weights in (None, counted.late, counted.wrong)
    )
    in_time, right = ended - late, ended - late - wrong
    priors = common_prior(in_time, ended), common_prior(right, in_time)
    found = {}
    for account in np.flatnonzero(tasks >= LEAST_TASKS):
        number = past.tasks[:, account]
        mean = float(number.mean())
        if mean == 0.0:
            continue
        mine = amounts if kind == "delegated" else amounts.backed_by(int(seen.capacity[account]), reward[account])
        those = work.account == account
        line = TaskLine(
            tasks=mean,
            reward=float(reward[account]),
            paid=min(max(float(share[account]) + moved, least), most),
            cost=float(spent[account] / max(worked[account], 1.0) / reward[account]),
            late=float(np.average(mine.late_by_load[work.load[those]], weights=work.reward[those])),
            wrong=mine.wrong,
            in_time=TrackRecord(float(in_time[account]), float(ended[account]), priors[0]),
            right=TrackRecord(float(right[account]), float(in_time[account]), priors[1]),
            rescued=0.0 if kind == "executed" else rescued,
            reward_spread=spread,
            past=tuple(zip(*(column[:, account].tolist() for column in past), strict=True)),
            paid_spread=off,
            volume_error=float(np.sqrt(sampled[account] + wander.volume**2)),
            paid_error=float(np.hypot(off / np.sqrt(tasks[account]), wander.paid)),
        )
        if kind == "own":
            line = replace(
                line,
                late=line.late + amounts.penalty,
                late_rescued=line.late,
                wrong=line.wrong + amounts.penalty,
            )
        elif kind == "delegated":
            line = delegated_line(amounts, 1.0 - line.paid, line.late, line)
        found[int(account)] = line
    return found
