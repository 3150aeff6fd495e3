"""What is measured of one run for the claims, beside the measures everything is judged by (``studies.measures``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import stats

from ballast.model import class_packing, discounts, dutch_auction, load_curve, task_packing
from ballast.model.constants import BPS, PPM
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.steps import SETTLED, WON, backing_of
from ballast.sim.pace import start_up
from ballast.sim.period.pool import living
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.sim.state import FIRST_OPERATOR
from ballast.studies.figures.results import reward_of
from ballast.studies.measures import measured, of_periods, ratio, warmed_up

Measures = dict[str, float]
Fractions = npt.NDArray[np.float64]
EVERY: Final = 10
"""Periods from one whose tasks are looked at to the next."""
MIDDLE: Final = 785_000
"""Reputation halfway from a quality of 0.97 to one of 0.60, ppm."""


class Witness:
    """Looks at every tenth period, and checks choices, loads and prices by itself; called after each.

    Choices are those of the period's last wave: after it nothing but the choices themselves has changed what operators
    have. Loads are added up from the tasks under way then, prices are looked up for all tasks that ended.

    Attributes
    ----------
    auctioned, beyond : int
        Tasks auctioned when opened, and those of them that their operator could not have executed.
    own, within : int
        Tasks operators took themselves when they opened them, and those they could execute.
    complexity_auctioned, complexity_own : int
        Sums of the complexities of these tasks.
    paid, paid_right, paid_first : int
        Auctioned tasks settled, those paid what the clock said at the step they were won at (the cap if somebody else
        had to take them over), those won at the first.
    starts : int
        Sum of the start prices of these tasks, ppm of the reward.
    overloaded : int
        Participants loaded above their capacity, summed over periods.
    """

    def __init__(self) -> None:
        self.auctioned = self.beyond = self.own = self.within = 0
        self.complexity_auctioned = self.complexity_own = 0
        self.paid = self.paid_right = self.paid_first = self.starts = self.overloaded = 0
        self._reputation: list[Integers] = []
        self._active: list[npt.NDArray[np.bool_]] = []
        self._online: list[npt.NDArray[np.bool_]] = []
        self._reward: list[Integers] = []
        self._capacity: Integers = np.zeros(0, np.int64)

    @property
    def reputation(self) -> Integers:
        """Posted reputations by period and account, ppm."""
        return np.array(self._reputation)

    @property
    def active(self) -> npt.NDArray[np.bool_]:
        """Who took part, by period and account."""
        return np.array(self._active)

    @property
    def online(self) -> npt.NDArray[np.bool_]:
        """Who could be given work, by period and account."""
        return np.array(self._online)

    @property
    def reward(self) -> Integers:
        """Income less slashes of each period, by account, token units."""
        return np.diff(np.array(self._reward), axis=0, prepend=0)

    def __call__(self, run: Run) -> None:
        """Look at the period that is over."""
        accounts = run.world.market.accounts
        self._reputation.append(accounts["reputation"].copy())
        if run.done % EVERY == EVERY - 1:
            tasks = living(run.world.pool)
            executed = tasks[tasks["status"] == WON]
            load = np.bincount(executed["executor"], executed["difficulty"], minlength=len(accounts)).astype(np.int64)
            # A capacity holds from the next epoch on, and falls at once when a stake no longer covers it.
            room = np.minimum(self._capacity, accounts["next_capacity"])
            self._look_at_choices(run, tasks, room - load)
            self._look_at_prices(run)
            self.overloaded += int((load > room).sum())
        elif run.done % EVERY == EVERY - 2:
            self._capacity = accounts["next_capacity"].copy()
        self._active.append(run.world.fortune["active"] == 1)
        fortune = run.world.fortune
        self._online.append((fortune["online"] == 1) & (fortune["active"] == 1))
        self._reward.append(run.world.fortune["income"] - run.world.fortune["slashed"])

    def _look_at_choices(self, run: Run, tasks: Records, spare: Integers) -> None:
        """Look at the tasks opened in the last wave, given the load that everybody could still take after it.

        What an operator had when it opened a task is what it has now, and what it gave to that task and the later ones.
        """
        moments = run.moments
        since = run.now - moments.epoch_seconds // moments.waves
        tasks = tasks[(tasks["opened"] > since) & (tasks["second_chance"] == 0)]
        tasks = tasks[np.argsort(tasks["operator"], kind="stable")]
        terms: Any = run.world.market.classes[tasks["class_id"]].view(np.recarray)
        operator, difficulty, own = tasks["operator"], tasks["difficulty"], tasks["own"] == 1
        backing = [backing_of(run.world.market, account) for account in operator]
        collateral = _collaterals(terms, tasks["reward"], backing)
        penalty: Any = class_packing.penalty(terms, _collaterals(terms, tasks["reward"], [0] * len(tasks)))
        ends = np.searchsorted(operator, operator, side="right")

        def from_here(amounts: Integers) -> Integers:
            """Sum over this and the same operator's later tasks."""
            so_far = np.append(0, np.cumsum(amounts))
            return np.asarray(so_far[ends] - so_far[:-1])

        who = run.world.traits[operator]
        # What is done waits for the next wave to be submitted.
        longest = terms.submit_seconds - moments.gap
        able = (who["complexity"] >= terms.complexity) & (run.pace * np.sqrt(difficulty) / who["speed"] <= longest)
        able &= difficulty <= spare[operator] + from_here(difficulty * own)
        free = run.world.market.accounts["free"][operator]
        able &= collateral + penalty <= free + from_here(penalty + collateral * own)
        self.own += int(own.sum())
        self.within += int((own & able).sum())
        self.auctioned += int((~own).sum())
        self.beyond += int((~own & ~able).sum())
        self.complexity_own += int(terms.complexity[own].sum())
        self.complexity_auctioned += int(terms.complexity[~own].sum())

    def _look_at_prices(self, run: Run) -> None:
        """Look at what the tasks that ended were paid, under the protocol's own rule."""
        sold = run.tasks[(run.tasks["round"] >= 0) & (run.tasks["outcome"] == SETTLED)]
        rescued, rising = sold["rescued"] == 1, sold["rising"] == 1
        terms: Any = run.world.market.classes[sold["class_id"]].view(np.recarray)
        price = sold["start"] - sold["step"] * terms.tick
        price[rising] = [
            self._last_call_price(run, task, c) for task, c in zip(sold[rising], terms[rising], strict=True)
        ]
        right = (terms.floor_ <= price) & (price <= terms.cap)
        if run.scenario.rescue_at_cap:
            price[rescued] = terms.cap[rescued]
        right &= sold["price"] == task_packing.pay(sold["reward"], price)
        self.paid += len(sold)
        self.paid_right += int(right.sum())
        self.paid_first += int((sold["step"] == 0).sum())
        self.starts += int(sold["start"].sum())

    def _last_call_price(self, run: Run, task: Any, terms: Any) -> int:
        """Price in ppm at which a task's winner enters the last call; 0 if that is not the step it was won at."""
        since = int(task["opened"]) - run.engine.genesis
        # A run's first period is its second epoch.
        period = since // run.moments.epoch_seconds - 1
        winner = task["culprit"] if task["rescued"] else task["executor"]
        curve = load_curve.pack(run.parameters.chosen_curve)
        idle, bonus, malus, weight, level = (int(terms[n]) for n in ("idle", "bonus", "malus", "weight", "level"))
        of_load = discounts.of_load(curve, idle, bonus, malus, int(task["loaded"]))
        of_record = discounts.of_record(weight, level, int(self._reputation[period][winner]))
        start, asked = int(task["start"]), int(task["asked"])
        lowest, cap, steps, hard = (int(terms[name]) for name in ("floor_", "cap", "steps", "hard"))
        present = (run.moments.bid - run.moments.turn) // int(terms["step_seconds"])
        step, price = dutch_auction.entry_rising(start, lowest, cap, steps, asked, of_load, of_record, hard, present)
        return price if step == task["step"] else 0


def _collaterals(terms: Any, rewards: Integers, backing: Iterable[int]) -> Any:
    """Collaterals of tasks, given their classes, rewards and the stake behind their executors' capacities."""
    each = zip(terms, rewards.tolist(), backing, strict=True)
    return np.array([class_packing.collateral(c, reward, stake) for c, reward, stake in each], dtype=np.int64)


def observed(scenario: Scenario) -> Measures:
    """Run a scenario on the twin and measure it."""
    witness = Witness()
    return observe(run_on(scenario, watch=witness), witness)


def observe(run: Run, witness: Witness) -> Measures:
    """Measure a run that is over.

    Parameters
    ----------
    run : Run
        The run.
    witness : Witness
        What watched it.

    Returns
    -------
    dict
        Figures by name: those of ``ballast.studies.measures.MEASURES``, and others, said where they are computed.
    """
    periods, summary = run.periods, run.summary
    begin, first = start_up(run.scenario), warmed_up(run.scenario)
    tenth = max(1, (len(periods) - begin) // 10)
    steady = periods[first:]
    operators = slice(FIRST_OPERATOR, run.first_coprocessor)
    coprocessors = slice(run.first_coprocessor, run.first_coprocessor + run.scenario.coprocessors)
    rewards = float(periods["ended_reward"].sum())
    became = sum(summary[f"tasks_{name}"] for name in ("settled", "failed", "forfeited", "unsold", "live"))
    wins = sum(steady[f"sold_{name}"].sum() for name in ("early", "later", "again"))
    work = sum(steady[name].sum() for name in ("settled", "failed", "forfeited", "rescued"))
    early, late = of_periods(steady[:tenth]), of_periods(periods[-tenth:])
    inside = slice(run.stress.first, run.stress.last)
    stressed = of_periods(periods[inside])
    found = measured(run) | {
        "tasks": float(summary["tasks_opened"]),
        # every task opened ended once or is under way, and the balances add up to what was paid in
        "exact": float(became == summary["tasks_opened"] and summary["conserved"]),
        "beyond": ratio(witness.beyond, witness.auctioned),
        "own_within": ratio(witness.within, witness.own),
        "complexity_auctioned": ratio(witness.complexity_auctioned, witness.auctioned),
        "complexity_own": ratio(witness.complexity_own, witness.own),
        "price_right": ratio(witness.paid_right, witness.paid) if witness.overloaded == 0 else 0.0,
        "first_step": ratio(witness.paid_first, witness.paid),
        "start": ratio(witness.starts, witness.paid) / PPM,
        # loads: coprocessors above F, and mean distance from B as a share of capacity
        "load_above": float(steady["load_above"].mean()),
        "load_from_b": float(steady["load_from_b"].mean()) / BPS,
        # winners' load before they won less the mean load, share of capacity
        "winners_gap": ratio(steady["winners_gap"].sum(), wins) / BPS,
        # cost of all work, share of the rewards of settled tasks
        "cost": ratio(steady["cost"].sum(), steady["settled_reward"].sum()),
        "failures_early": early["failures"],
        "failures_late": late["failures"],
        "fill_late": late["fill"],
        "fill_stressed": stressed["fill"],
        "failures_stressed": stressed["failures"],
        "auctioned_stressed": float(periods["auctioned"][inside].sum()),
        # work without effort, share of all work, of first executors and of rescuers
        "shirked": ratio(steady["shirked"].sum(), work),
        # over the whole run, as shares of the rewards of all that ended: rewards as figure 2 sums them up; change of
        # what participants have, less what work cost
        "reward": ratio(reward_of(periods)[-1], rewards),
        "profit": ratio(run.history["profit"].sum(), rewards),
        "operators_active": float(periods["operators_active"][-1]),
        "operators_active_100": float(periods["operators_active"][min(100, len(periods)) - 1]),
        "coprocessors_active": float(periods["coprocessors_active"][-1]),
        # heavy tasks that ended, in the tenth after the start-up and in the last one
        "delegated_early": ratio(*(periods[n][begin:][:tenth].sum() for n in ("heavy_delegated", "heavy"))),
        "delegated_late": ratio(*(periods[n][-tenth:].sum() for n in ("heavy_delegated", "heavy"))),
        # tasks whose executor at the end was not their operator, rescued own tasks among them
        "edges_exact": float(int(run.edges.sum()) == int(run.world.fortune["good"][coprocessors].sum())),
        "edges": float(run.edges.sum()),
        "pairs": float((run.edges > 0).mean()),
    }
    found |= _of_operators(run, witness, operators, begin, tenth)
    found |= _of_coprocessors(run, witness, coprocessors, first)
    found |= _of_capacity(run, witness, coprocessors, inside)
    return found | _reactions(run, witness)


def _of_operators(run: Run, witness: Witness, operators: slice, begin: int, tenth: int) -> Measures:
    """How far operators' earnings lie apart, first and last, and whether reputation pays; also of those that stayed.

    By rewards, which are income less slashes, and by profits, which are less the cost of work too. Convergence is
    looked at after the start-up, in which nothing is paid yet. With total rewards go the reputations at the end, as
    figure 4 draws them; with profits their means over the run.
    """
    profit: Any = run.history["profit"][:, operators]
    reward: Any = witness.reward[:, operators]
    stayed = witness.active[-1, operators]
    final, mean = witness.reputation[-1, operators], witness.reputation[:, operators].mean(axis=0)
    total, per_unit = reward.sum(axis=0), profit.sum(axis=0) / run.people[0].capacity
    return {
        "reward_convergence": convergence(reward[begin:], tenth),
        "reward_convergence_stayed": convergence(reward[begin:, stayed], tenth),
        "profit_convergence": convergence(profit[begin:], tenth),
        "reputation_rewards": rank_correlation(final, total),
        "reputation_rewards_stayed": rank_correlation(final[stayed], total[stayed]),
        "reputation_pays": rank_correlation(mean, per_unit),
        "reputation_capacity": rank_correlation(mean, run.people[0].capacity),
    }


def convergence(earned: Fractions, tenth: int) -> float:
    """Coefficient of variation of what operators earn a period, mean of the last periods over that of the first.

    Parameters
    ----------
    earned : array of shape (periods, operators)
        Token units.
    tenth : int
        How many first and last periods.
    """
    if earned.shape[1] == 0:
        return float("nan")
    spread = earned.std(axis=1) / np.maximum(np.abs(earned.mean(axis=1)), 1e-9)
    return ratio(spread[-tenth:].mean(), spread[:tenth].mean())


def rank_correlation(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Spearman's, or 0 if one of them does not vary."""
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(stats.spearmanr(one, other).statistic)


def _of_coprocessors(run: Run, witness: Witness, coprocessors: slice, first: int) -> Measures:
    """How earnings vary with load, and how tasks are shared by unit of capacity, from a first period on.

    Prices received are those of coprocessors with work, as figure 6 draws them; profits by unit of capacity are those
    of all that take part.
    """
    capacity = run.people[1].capacity
    there = witness.active[first:, coprocessors]
    history: Any = {name: run.history[name][first:, coprocessors] for name in ("load", "price", "profit", "tasks")}
    load, busy = history["load"].astype(np.float64), history["load"] > 0
    per_unit = history["tasks"].sum(axis=0) / capacity
    shares = per_unit / max(per_unit.sum(), 1e-9)
    some = shares[shares > 0]
    return {
        "reward_variance": variance_ratio(load[busy], history["price"][busy]),
        "profit_variance": variance_ratio(load[there], (history["profit"] / capacity)[there]),
        "entropy": ratio(-(some * np.log(some)).sum(), np.log(max(len(shares), 2))),
        "largest_share": float(shares.max()),
        "busy": ratio(float(((history["tasks"] > 0) & there).sum()), float(there.sum())),
    }


def variance_ratio(load: Fractions, earned: Fractions) -> float:
    """Variance of what is earned in the upper third of loads, over that in the lower third."""
    if len(load) == 0:
        return float("nan")
    low, high = np.quantile(load, (1 / 3, 2 / 3))
    return ratio(earned[load >= high].var(), earned[load <= low].var())


def _of_capacity(run: Run, witness: Witness, coprocessors: slice, inside: slice) -> Measures:
    """Capacity that can be given work while a stress of the network lasts, and what of it is loaded: shares of all."""
    capacity, online = run.people[1].capacity, witness.online[inside, coprocessors]
    load = run.history["load"][inside, coprocessors]
    everything = float(capacity.sum()) * (inside.stop - inside.start)
    return {
        "room_stressed": ratio((online * capacity).sum(), everything),
        "used_stressed": ratio((online * load * capacity).sum() / BPS, everything),
    }


def _reactions(run: Run, witness: Witness) -> Measures:
    """Periods from a fall of quality until the posted reputation is below the middle, of those that get there.

    The 95th percentile, and their share of all whose quality fell; not a number in runs without such a fall.
    """
    hit = run.first_coprocessor + run.stress.hit
    first = run.stress.first
    below = witness.reputation[first:, hit] < MIDDLE
    there = below.any(axis=0)
    if run.scenario.stress != "quality_drift" or not there.any():
        return {"reaction_p95": float("nan"), "reaction_share": float("nan")}
    times = below[:, there].argmax(axis=0)
    return {"reaction_p95": float(np.percentile(times, 95)), "reaction_share": float(there.mean())}
