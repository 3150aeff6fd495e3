"""What is measured of a run for the claims, against hand calculations from its tasks."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ballast.model import class_packing, load_curve
from ballast.model.parameters import ContractParameters
from ballast.sim.market.records import Records
from ballast.sim.market.steps import SETTLED, WON
from ballast.sim.period.pool import living
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import HEAVY, Scenario, with_contracts
from ballast.sim.state import FIRST_OPERATOR
from ballast.studies.claims.observe import EVERY, Measures, Witness, convergence, observe, rank_correlation

SMALL = Scenario(operators=6, coprocessors=8, periods=2 * EVERY, tasks_per_period=90, seed=5, utilisation=0.6)


@dataclass
class Seen:
    """A run, what was measured of it, and by period the tasks that ended, those under way, and accounts."""

    run: Run
    found: Measures
    tasks: list[Records]
    living: list[Records]
    accounts: list[Records]
    fortunes: list[Records]


def seen(scenario: Scenario) -> Seen:
    """Run a scenario and keep its tasks."""
    witness = Witness()
    tasks: list[Records] = []
    under_way: list[Records] = []
    accounts: list[Records] = []
    fortunes: list[Records] = []

    def watch(run: Run) -> None:
        witness(run)
        tasks.append(run.tasks.copy())
        under_way.append(living(run.world.pool).copy())
        accounts.append(run.world.market.accounts.copy())
        fortunes.append(run.world.fortune.copy())

    run = run_on(scenario, watch=watch)
    return Seen(run, observe(run, witness), tasks, under_way, accounts, fortunes)


@pytest.fixture(scope="module")
def small() -> Seen:
    """Run a small market."""
    return seen(SMALL)


def choices(s: Seen, period: int, backed: bool = True) -> Counter[str]:
    """Go through the tasks of a period's last wave one by one: what each operator could have done itself, and did.

    With or without what the stake behind its capacity adds to a collateral.
    """
    count: Counter[str] = Counter()
    load: Counter[int] = Counter()
    for t in s.living[period].view(np.recarray):
        load[int(t.executor)] += int(t.difficulty) * (t.status == WON)
    accounts = s.accounts[period]
    operators = range(FIRST_OPERATOR, s.run.first_coprocessor)
    assert [int(accounts[who]["load"]) for who in operators] == [load[who] for who in operators]
    seconds, waves = s.run.parameters.epoch_seconds, s.run.moments.waves
    turn = s.run.engine.genesis + (period + 1) * seconds + (waves - 1) * seconds // waves + 1
    classes = s.run.world.market.classes.view(np.recarray)
    free = {who: int(accounts[who]["free"]) for who in operators}
    capacity = {who: int(s.accounts[period - 1][who]["next_capacity"]) for who in operators}
    room = {who: min(int(a[who]["next_capacity"]) for a in s.accounts[period - 1 : period + 1]) for who in operators}
    for t in s.living[period][::-1].view(np.recarray):  # back in time, the task opened last first
        if t.opened != turn:
            continue
        if t.second_chance:
            count["unsold before"] += 1
            continue
        operator, c, who = int(t.operator), classes[t.class_id], s.run.world.traits[t.operator]
        backing = capacity[operator] * s.run.parameters.stake_per_unit * backed
        collateral = class_packing.collateral(c, int(t.reward), backing)
        penalty = class_packing.penalty(c, class_packing.collateral(c, int(t.reward), 0))
        load[operator] -= int(t.difficulty) * int(t.own)
        free[operator] += penalty + collateral * int(t.own)
        seconds_needed = s.run.pace * math.sqrt(t.difficulty) / who["speed"] + -(-seconds // waves)
        can = (
            who["complexity"] >= c.complexity
            and load[operator] + t.difficulty <= room[operator]
            and collateral + penalty <= free[operator]
            and seconds_needed <= c.submit_seconds
        )
        own = "own" if t.own else "auctioned"
        count[f"{own} {'within' if can else 'beyond'}"] += 1
        count[f"complexity {own}"] += int(c.complexity)
    return count


BUSY = replace(SMALL, operators=12, tasks_per_period=300, seed=9)
"""Enough tasks in a wave for choices of all kinds."""
SCARCE = {"utilisation": 10.0}
"""Coprocessors have no room: operators execute what they can, and take back some of what nobody bid for."""


@pytest.mark.parametrize(
    "changes",
    [{"deliberate": True}, {"deliberate": False}, SCARCE],
    ids=["weigh", "rule", "scarce"],
)
def test_choices_are_those_of_the_last_wave_of_every_tenth_period_task_by_task(changes: dict[str, Any]) -> None:
    s = seen(replace(BUSY, **changes))
    count = choices(s, EVERY - 1) + choices(s, 2 * EVERY - 1)
    auctioned = count["auctioned beyond"] + count["auctioned within"]
    own = count["own within"] + count["own beyond"]
    assert own > 5
    assert s.found["beyond"] == count["auctioned beyond"] / auctioned
    assert s.found["own_within"] == count["own within"] / own == 1
    assert s.found["complexity_auctioned"] == count["complexity auctioned"] / auctioned
    assert s.found["complexity_own"] == count["complexity own"] / own
    # Who weighs costs auctions what it could do; by the rule of thumb nobody does.
    assert (count["auctioned within"] > 0) == changes.get("deliberate", True)
    # What nobody bid for in the wave before is no choice of this one.
    assert count["unsold before"] > 0 or changes is not SCARCE


def test_collaterals_by_the_stake_behind_a_capacity_decide_what_an_operator_could_do() -> None:
    """Those of a few tasks take all funds: a witness that knew no stake would take them for choices."""
    contracts = ContractParameters(replace(BUSY.network(), stake_per_unit=20_000), None)
    s = seen(
        with_contracts(replace(BUSY, stake_share=0.9, stake=1.0, utilisation=SCARCE["utilisation"]), contracts, "here")
    )
    count, blind = (choices(s, EVERY - 1, backed) + choices(s, 2 * EVERY - 1, backed) for backed in (True, False))
    assert count["auctioned beyond"] > blind["auctioned beyond"]
    assert s.found["beyond"] == count["auctioned beyond"] / (count["auctioned beyond"] + count["auctioned within"])


PRICED = replace(SMALL, operators=12, tasks_per_period=300, overload=0.5, seed=6)
"""Work is late often enough for a few tasks to be rescued in the periods looked at."""


def less_by(run: Run, c: Any, x: int, rho: int) -> tuple[int, int]:
    """Discounts for a load and for a record, by hand: ppm of the reward."""
    rate = load_curve.rate(load_curve.pack(run.parameters.chosen_curve), x)
    more = c.malus * rate // 10**6 if x > 8_000 else -min(c.bonus * rate // 10**6, c.idle)
    return int(c.idle + more), int(c.weight * max(c.level - rho, 0) // 10**6)


def test_prices_are_those_of_the_steps() -> None:
    s = seen(PRICED)
    classes, starts = s.run.world.market.classes.view(np.recarray), []
    first: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for period in (EVERY - 1, 2 * EVERY - 1):
        for t in s.tasks[period].view(np.recarray):
            if t["round"] < 0 or t.outcome != SETTLED:
                continue
            c = classes[t.class_id]
            won = (int(t.opened) - s.run.engine.genesis) // s.run.parameters.epoch_seconds - 1
            rho = int(s.accounts[won]["reputation"][t.culprit if t.rescued else t.executor])
            of_load, of_record = less_by(s.run, c, int(t.loaded), rho)
            if t.rising:
                clock = t.start + (c.cap - t.start) * t.step // (c.steps - 1)
                kept = min(of_record, c.cap - t.asked)
                price = clock - kept - min(of_load, c.cap - t.asked - kept)
            else:
                price = t.start - t.step * c.tick
                assert t.step == -(-(of_load + of_record) // c.tick)
            assert t.asked <= price <= c.cap
            assert t.price == t.reward * (c.cap if t.rescued else price) // 10**6
            count["rising" if t.rising else "rescued" if t.rescued else "falling"] += 1
            first["at once"] += int(t.step) == 0
            starts.append(int(t.start))
    assert min(count[kind] for kind in ("falling", "rising", "rescued")) > 0
    assert len(set(starts)) > 3
    assert s.found["price_right"] == 1.0
    assert s.found["first_step"] == first["at once"] / len(starts)
    assert s.found["start"] == pytest.approx(np.mean(starts) / 10**6)


def settled(tasks: Records, kind: str) -> Any:
    """Which tasks of a period were auctioned and settled: on the falling clock, in the last call, or after a rescue."""
    found = (tasks["round"] >= 0) & (tasks["outcome"] == SETTLED) & ((tasks["rescued"] == 1) == (kind == "rescued"))
    return np.flatnonzero(found & (tasks["rising"] == (kind == "rising")) if kind != "rescued" else found)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        *(("falling", field) for field in ("price", "step", "start")),
        *(("rising", field) for field in ("price", "step", "loaded", "asked")),
        ("rescued", "price"),
    ],
)
def test_a_wrong_price_is_seen(kind: str, field: str) -> None:
    witness = Witness()

    def watch(run: Run) -> None:
        kept = run.tasks.copy()
        if run.done == EVERY - 1:
            # enough to reach another price whatever was rounded
            run.tasks[field][settled(run.tasks, kind)[0]] += 1 if field in ("price", "step") else 300_000
        witness(run)
        run.tasks[:] = kept

    run = run_on(replace(PRICED, periods=EVERY), watch=watch)
    assert observe(run, witness)["price_right"] == pytest.approx(1 - 1 / witness.paid)


def test_an_overload_is_seen() -> None:
    witness = Witness()

    def watch(run: Run) -> None:
        kept = run.world.pool.tasks.copy()
        if run.done == EVERY - 1:
            place = np.flatnonzero((kept["status"] == WON) & (kept["outcome"] == 0))[0]
            run.world.pool.tasks["difficulty"][place] += 10**6
        witness(run)
        run.world.pool.tasks[:] = kept

    run = run_on(replace(SMALL, periods=EVERY), watch=watch)
    assert witness.overloaded == 1
    assert observe(run, witness)["price_right"] == 0.0


def test_tasks_taken_against_the_rule_are_seen() -> None:
    witness = Witness()

    def watch(run: Run) -> None:
        tasks = run.world.pool.tasks
        kept = tasks.copy()
        if run.done == EVERY - 1:
            latest = tasks["opened"] == tasks["opened"].max()
            unable = run.world.traits["complexity"][tasks["operator"]] < 10
            heavy = latest & unable & (tasks["class_id"] == HEAVY) & (tasks["second_chance"] == 0)
            tasks["own"][np.flatnonzero(heavy)[0]] = 1
        witness(run)
        tasks[:] = kept

    found = observe(run_on(replace(BUSY, periods=EVERY), watch=watch), witness)
    assert witness.own > 1
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
    # The start-up, and three tenths of the seventeen periods after it, rounded up.
    steady = range(s.run.summary["start_up"] + 6, 2 * EVERY)
    assert s.run.summary["start_up"] == 3
    points = [
        (history["load"][p, first + i], history["profit"][p, first + i] / capacity[i])
        for p in steady
        for i in range(8)
        if s.fortunes[p][first + i]["active"]
    ]
    busy = [
        (history["load"][p, first + i], history["price"][p, first + i])
        for p in steady
        for i in range(8)
        if history["load"][p, first + i] > 0
    ]
    # Who has left may still have load for a while.
    assert 0 < len(points) < 8 * len(steady)
    assert 0 < len(busy) < 8 * len(steady)
    for name, pairs in (("profit_variance", points), ("reward_variance", busy)):
        load, earned = np.array(pairs).T
        low, high = np.quantile(load, (1 / 3, 2 / 3))
        assert s.found[name] == pytest.approx(earned[load >= high].var() / earned[load <= low].var())
    done = s.fortunes[-1]["tasks"] - s.fortunes[steady[0] - 1]["tasks"]
    shares = done[first : first + 8] / s.run.people[1].capacity
    shares = shares / shares.sum()
    entropy = -sum(x * math.log(x) for x in shares if x > 0) / math.log(8)
    assert s.found["entropy"] == pytest.approx(entropy)
    assert s.found["largest_share"] == pytest.approx(shares.max())
    assert small.found["coprocessors_active"] == 8


def test_shares_of_the_tally_are_of_the_periods_they_name() -> None:
    s = seen(replace(SMALL, stress="outage", periods=3 * EVERY))
    p = s.run.periods
    stressed, tenth, begin = slice(EVERY, 2 * EVERY), 2, s.run.summary["start_up"]
    first = begin + math.ceil(0.3 * (30 - begin))

    def failures(part: slice) -> float:
        lost = p["failed"][part].sum() + p["forfeited"][part].sum()
        return float(lost / (p["settled"][part].sum() + lost))

    def fill(part: slice) -> float:
        won = sum(p[f"sold_{name}"][part].sum() for name in ("early", "later", "again"))
        return float(won / (won + p["unsold"][part].sum()))

    assert s.found["fill_stressed"] == fill(stressed)
    assert s.found["fill_late"] == fill(slice(-tenth, None))
    assert s.found["fill_stressed"] < s.found["fill_late"]
    assert s.found["failures_early"] == failures(slice(first, first + tenth))
    assert s.found["failures_stressed"] == failures(stressed)
    assert s.found["failures_late"] == failures(slice(-tenth, None))
    assert s.found["load_above"] == p["load_above"][first:].mean()
    assert s.found["cost"] == p["cost"][first:].sum() / p["settled_reward"][first:].sum()
    assert s.found["auctioned_stressed"] == p["auctioned"][stressed].sum()
    heavy = [t[t["class_id"] == HEAVY] for t in s.tasks]
    delegated = [t[(t["own"] == 0) & (t["outcome"] == SETTLED)] for t in heavy]
    assert s.found["delegated_late"] == sum(map(len, delegated[-tenth:])) / sum(map(len, heavy[-tenth:]))
    early = slice(begin, begin + tenth)
    assert s.found["delegated_early"] == sum(map(len, delegated[early])) / sum(map(len, heavy[early]))
    rewards = sum(int(t["reward"].sum()) for t in s.tasks)
    assert p["unplaced"].sum() == 0
    assert s.found["profit"] == s.run.history["profit"].sum() / rewards
    kept = p["settled_reward"].sum() - p["slashed"].sum() - p["penalties"].sum()
    assert s.found["reward"] == kept / rewards


def test_capacity_under_stress_is_what_is_online_and_what_is_loaded() -> None:
    s = seen(replace(SMALL, stress="outage", periods=3 * EVERY))
    first, capacity = s.run.first_coprocessor, s.run.people[1].capacity
    out = capacity[s.run.stress.hit].sum()
    assert s.found["room_stressed"] == pytest.approx(1 - out / capacity.sum())
    # who is out still has tasks, which load nobody that can be given work
    loads = s.run.history["load"][EVERY : 2 * EVERY, first : first + 8] / 10_000
    assert loads[:, s.run.stress.hit].sum() > 0
    loads[:, s.run.stress.hit] = 0
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
    # after the start-up of three periods, in which nobody is paid yet
    assert small.found["reward_convergence"] == convergence(earned[3:], 1)
    assert small.found["profit_convergence"] == convergence(run.history["profit"][3:, operators], 1)


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
