"""What is measured of a run for the claims, against hand calculations from its tasks."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ballast.model import class_packing, dutch_auction
from ballast.sim.market.records import Records
from ballast.sim.market.steps import SETTLED
from ballast.sim.period.world import SELF
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.sim.state import FIRST_OPERATOR
from ballast.studies.claims.observe import EVERY, Measures, Witness, convergence, observe, rank_correlation

SMALL = Scenario(operators=6, coprocessors=8, periods=2 * EVERY, tasks_per_period=90, seed=5, utilisation=0.6)


@dataclass
class Seen:
    """A run, what was measured of it, and its tasks and accounts by period."""

    run: Run
    found: Measures
    tasks: list[Records]
    accounts: list[Records]
    active: list[np.ndarray[tuple[int], np.dtype[np.int64]]]


def seen(scenario: Scenario) -> Seen:
    """Run a scenario and keep its tasks."""
    witness = Witness()
    tasks: list[Records] = []
    accounts: list[Records] = []
    active: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []

    def watch(run: Run) -> None:
        witness(run)
        tasks.append(run.tasks[run.tasks["number"] > 0].copy())
        accounts.append(run.world.market.accounts.copy())
        active.append(run.world.fortune["active"].copy())

    run = run_on(scenario, watch=watch)
    return Seen(run, observe(run, witness), tasks, accounts, active)


@pytest.fixture(scope="module")
def small() -> Seen:
    """Run a small market."""
    return seen(SMALL)


def choices(s: Seen, period: int) -> Counter[str]:
    """Go through a period's tasks one by one: what each operator could have done itself, and did."""
    count: Counter[str] = Counter()
    load: defaultdict[int, int] = defaultdict(int)
    locked: defaultdict[int, int] = defaultdict(int)
    before = s.accounts[period - 1]
    for t in s.tasks[period].view(np.recarray):
        who, c = int(t.operator), s.run.world.market.classes.view(np.recarray)[t.class_id]
        collateral = class_packing.collateral(c, int(t.reward))
        penalty = class_packing.penalty(c, collateral)
        can = (
            s.run.world.traits[who]["complexity"] >= c.complexity
            and load[who] + t.difficulty <= before[who]["next_capacity"]
            and locked[who] + collateral + penalty <= before[who]["free"]
        )
        own = t.own == 1 and t.second_chance != SELF
        count[f"{'own' if own else 'auctioned'} {'within' if can else 'beyond'}"] += 1
        count[f"complexity {'own' if own else 'auctioned'}"] += int(c.complexity)
        load[who] += int(t.difficulty) * own
        locked[who] += penalty + collateral * own
    return count


HARSH = {"collateral": 50.0, "slashing": 1.0, "utilisation": 10.0}
"""Nobody wants to execute anything, and coprocessors have no room: operators take back what nobody bid for."""


@pytest.mark.parametrize(
    "changes", [{"deliberate": True}, {"deliberate": False}, HARSH], ids=["weigh", "rule", "harsh"]
)
def test_choices_are_those_of_every_tenth_period_task_by_task(changes: dict[str, Any]) -> None:
    s = seen(replace(SMALL, **changes))
    looked_at = (EVERY - 1, 2 * EVERY - 1)
    count = choices(s, looked_at[0]) + choices(s, looked_at[1])
    auctioned = count["auctioned beyond"] + count["auctioned within"]
    own = count["own within"] + count["own beyond"]
    assert own > 5
    assert s.found["beyond"] == count["auctioned beyond"] / auctioned
    assert s.found["own_within"] == count["own within"] / own == 1
    assert s.found["complexity_auctioned"] == count["complexity auctioned"] / auctioned
    assert s.found["complexity_own"] == count["complexity own"] / own
    # Who weighs costs auctions what it could do; by the rule of thumb nobody does.
    assert (count["auctioned within"] > 0) == changes.get("deliberate", True)
    # What is taken back was auctioned all the same.
    taken_back = sum(int((s.tasks[period]["second_chance"] == SELF).sum()) for period in looked_at)
    assert (taken_back > 0) == (changes is HARSH)


def test_prices_are_those_of_the_steps(small: Seen) -> None:
    paid = first = 0
    for period in (EVERY - 1, 2 * EVERY - 1):
        for t in small.tasks[period].view(np.recarray):
            if t.wave < 0 or t.outcome != SETTLED:
                continue
            c = small.run.world.market.classes.view(np.recarray)[t.class_id]
            start, last = (c.floor_, c.start) if t.rising else (c.start, c.floor_)
            price = dutch_auction.price_at(int(start), int(last), int(c.steps), int(t.step))
            assert t.price == t.reward * price // 10**6
            paid += 1
            first += int(t.step) == 0
    assert small.found["price_right"] == 1.0
    assert small.found["first_step"] == first / paid


@pytest.mark.parametrize(
    ("field", "change", "figure"),
    [("price", 1, "price_right"), ("step", 1, "price_right"), ("difficulty", 10**6, "price_right")],
)
def test_a_wrong_price_and_an_overload_are_seen(field: str, change: int, figure: str) -> None:
    witness = Witness()

    def watch(run: Run) -> None:
        if run.done == EVERY - 1:
            sold = np.flatnonzero((run.tasks["wave"] == 0) & (run.tasks["outcome"] == SETTLED))
            run.tasks[field][sold[0]] += change
        witness(run)
        if run.done == EVERY - 1:
            run.tasks[field][sold[0]] -= change

    run = run_on(replace(SMALL, periods=EVERY), watch=watch)
    found = observe(run, witness)[figure]
    # A wrong price is one of many; an overload of anybody spoils them all.
    assert found == (0.0 if field == "difficulty" else pytest.approx(1 - 1 / witness.paid))


def test_tasks_taken_against_the_rule_are_seen() -> None:
    witness = Witness()

    def watch(run: Run) -> None:
        kept = run.tasks.copy()
        if run.done == EVERY - 1:
            heavy = np.flatnonzero((run.tasks["class_id"] == 2) & (run.tasks["own"] == 0))
            unable = heavy[run.world.traits["complexity"][run.tasks["operator"][heavy]] < 10]
            run.tasks["own"][unable[0]] = 1
        witness(run)
        run.tasks[:] = kept

    found = observe(run_on(replace(SMALL, periods=EVERY), watch=watch), witness)
    assert found["own_within"] == pytest.approx(1 - 1 / witness.own)


def test_edges_are_the_settled_tasks_of_others_than_their_operators(small: Seen) -> None:
    flows: Counter[tuple[int, int]] = Counter()
    rescued_own = 0
    for tasks in small.tasks:
        for t in tasks.view(np.recarray):
            if t.outcome == SETTLED and t.executor != t.operator:
                flows[int(t.operator), int(t.executor)] += 1
                rescued_own += t.own
    assert rescued_own > 0
    for (operator, executor), number in flows.items():
        assert small.run.edges[operator - FIRST_OPERATOR, executor - small.run.first_coprocessor] == number
    assert small.found["edges"] == sum(flows.values())
    assert small.found["pairs"] == len(flows) / (6 * 8)
    assert small.found["edges_exact"] == 1.0


def test_an_edge_too_many_and_a_task_too_few_are_seen() -> None:
    witness = Witness()
    run = run_on(replace(SMALL, periods=EVERY), watch=witness)
    assert observe(run, witness)["exact"] == 1.0
    run.edges[0, 0] += 1
    assert observe(run, witness)["edges_exact"] == 0.0
    run.summary["tasks_settled"] -= 1
    assert observe(run, witness)["exact"] == 0.0
    run.summary |= {"tasks_settled": run.summary["tasks_settled"] + 1, "conserved": False}
    assert observe(run, witness)["exact"] == 0.0


def test_reputations_are_means_over_the_run_and_profits_per_unit_of_registered_capacity(small: Seen) -> None:
    operators = slice(FIRST_OPERATOR, small.run.first_coprocessor)
    reputation = np.mean([a["reputation"][operators] for a in small.accounts], axis=0)
    final = small.accounts[-1]["reputation"][operators]
    capacity = small.run.people[0].capacity
    fortune, funds = small.run.world.fortune[operators], small.run.people[0].funds
    held = small.accounts[-1][operators]
    profit = held["free"] + held["locked"] - funds - fortune["spent"]
    expected = stats.spearmanr(reputation, profit / capacity).statistic
    assert small.found["reputation_pays"] == pytest.approx(expected)
    # as figure 4 draws them: catches mean reputations, and rewards that slashes do not touch
    reward = fortune["income"] - fortune["slashed"]
    assert small.found["reputation_rewards"] == pytest.approx(stats.spearmanr(final, reward).statistic)
    assert small.found["reputation_capacity"] == pytest.approx(stats.spearmanr(reputation, capacity).statistic)


def test_loads_and_profits_are_of_those_taking_part(small: Seen) -> None:
    s = seen(replace(SMALL, leaving=0.02, seed=7))
    first = s.run.first_coprocessor
    assert 0 < s.found["coprocessors_active"] < 8
    history, capacity = s.run.history, s.run.people[1].capacity
    steady = range(6, 2 * EVERY)  # of twenty periods six are warm-up
    points = [
        (history["load"][p, first + i], history["profit"][p, first + i] / capacity[i])
        for p in steady
        for i in range(8)
        if s.active[p][first + i]
    ]
    busy = [
        (history["load"][p, first + i], history["price"][p, first + i])
        for p in steady
        for i in range(8)
        if history["load"][p, first + i] > 0
    ]
    assert 0 < len(busy) <= len(points) < 8 * len(steady)
    for name, pairs in (("profit_variance", points), ("reward_variance", busy)):
        load, earned = np.array(pairs).T
        low, high = np.quantile(load, (1 / 3, 2 / 3))
        assert s.found[name] == pytest.approx(earned[load >= high].var() / earned[load <= low].var())
    done = Counter(int(t) for tasks in s.tasks[6:] for t in tasks["executor"])
    shares = np.array([done[first + i] for i in range(8)]) / s.run.people[1].capacity
    shares = shares / shares.sum()
    entropy = -sum(x * math.log(x) for x in shares if x > 0) / math.log(8)
    assert s.found["entropy"] == pytest.approx(entropy)
    assert s.found["largest_share"] == pytest.approx(shares.max())
    assert small.found["coprocessors_active"] == 8


def test_shares_of_the_tally_are_of_the_periods_they_name() -> None:
    s = seen(replace(SMALL, stress="outage", periods=3 * EVERY))
    p = s.run.periods
    stressed, tenth = slice(EVERY, 2 * EVERY), len(p) // 10

    def failures(part: slice) -> float:
        ended = p["failed"][part].sum() + p["forfeited"][part].sum()
        return float(ended / (p["opened"][part].sum() - p["unsold"][part].sum()))

    assert s.found["fill_stressed"] == 1 - p["unsold"][stressed].sum() / p["auctioned"][stressed].sum()
    assert s.found["fill_late"] == 1 - p["unsold"][-tenth:].sum() / p["auctioned"][-tenth:].sum()
    assert s.found["fill_stressed"] < s.found["fill_late"]
    assert s.found["failures_early"] == failures(slice(9, 9 + tenth))
    assert s.found["failures_stressed"] == failures(stressed)
    assert s.found["failures_late"] == failures(slice(-tenth, None))
    assert s.found["load_above"] == p["load_above"][9:].mean()
    assert s.found["cost"] == p["cost"][9:].sum() / p["settled_reward"][9:].sum()
    assert s.found["auctioned_stressed"] == p["auctioned"][stressed].sum()
    assert s.found["profit"] == s.run.history["profit"].sum() / s.run.workload.reward.sum()
    kept = p["settled_reward"].sum() - p["slashed"].sum() - p["penalties"].sum()
    assert s.found["reward"] == kept / s.run.workload.reward.sum()


def test_capacity_under_stress_is_what_is_online_and_what_is_loaded() -> None:
    s = seen(replace(SMALL, stress="outage", periods=3 * EVERY))
    first, capacity = s.run.first_coprocessor, s.run.people[1].capacity
    out = capacity[s.run.stress.hit].sum()
    assert s.found["room_stressed"] == pytest.approx(1 - out / capacity.sum())
    loads = s.run.history["load"][EVERY : 2 * EVERY, first : first + 8] / 10_000
    assert s.found["used_stressed"] == pytest.approx((loads @ capacity).mean() / capacity.sum())
    assert 0 < s.found["used_stressed"] <= s.found["room_stressed"]
    assert seen(replace(SMALL, periods=3 * EVERY)).found["room_stressed"] == 1.0


def test_rewards_of_a_period_are_income_less_slashes(small: Seen) -> None:
    operators = slice(FIRST_OPERATOR, small.run.first_coprocessor)
    witness = Witness()
    run = run_on(SMALL, watch=witness)
    earned, fortune = witness.reward[:, operators].astype(np.float64), run.world.fortune[operators]
    assert earned.sum(axis=0).tolist() == (fortune["income"] - fortune["slashed"]).tolist()
    # the first period is one too: catches differences that lose it
    assert len(earned) == SMALL.periods
    assert earned[0].sum() > 0
    assert small.found["reward_convergence"] == convergence(earned, 2)
    assert small.found["profit_convergence"] == convergence(run.history["profit"][:, operators], 2)


def test_convergence_by_hand() -> None:
    # Coefficients of variation 1 / 2, 2 / 4, 1 / 4: half and a quarter, first and last.
    profit = np.array([[1.0, 3.0], [2.0, 6.0], [3.0, 5.0]])
    assert convergence(profit, 1) == pytest.approx(0.5)
    assert convergence(profit, 2) == pytest.approx(0.375 / 0.5)
    assert math.isnan(convergence(profit[:, :0], 1))


def test_what_does_not_vary_is_not_correlated() -> None:
    assert rank_correlation(np.ones(3), np.arange(3.0)) == rank_correlation(np.arange(1.0), np.arange(1.0)) == 0
    assert rank_correlation(np.arange(3.0), np.array([1.0, 5.0, 9.0])) == pytest.approx(1)


def test_reactions_are_counted_from_the_fall_of_quality(small: Seen) -> None:
    s = seen(replace(SMALL, stress="quality_drift", periods=6 * EVERY))
    first = s.run.stress.first
    assert first == 2 * EVERY
    times = []
    for i in s.run.first_coprocessor + s.run.stress.hit:
        low = [p for p in range(first, 6 * EVERY) if s.accounts[p][i]["reputation"] < 785_000]
        times += [low[0] - first] if low else []
    assert len(times) > 1
    assert s.found["reaction_p95"] == np.percentile(times, 95)
    assert s.found["reaction_share"] == len(times) / len(s.run.stress.hit)
    assert math.isnan(small.found["reaction_p95"])
