"""Whole markets on the twin: who opens what, that every task ends once, and that nothing gets lost on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ballast.model.constants import COPROCESSOR
from ballast.model.load_curve import PRESETS
from ballast.sim.market.steps import EXPIRED, FAILED, FORFEITED, LIVE, SETTLED, WON
from ballast.sim.opening import retire
from ballast.sim.period.placing import arrange, assign
from ballast.sim.period.pool import LIVING
from ballast.sim.population import draw_people
from ballast.sim.run import ENGINES, Run, run_on
from ballast.sim.scenario import ALLOCATIONS, ARRIVALS, STRESSES, Scenario
from ballast.sim.state import FIRST_OPERATOR, RunState
from ballast.sim.stresses import burst, wash_trading
from ballast.sim.stresses.collusion import MARKUP
from ballast.sim.stresses.correlated_failure import SHARED_FATE
from ballast.sim.stresses.quality_drift import DRIFT_TO
from ballast.sim.stresses.stress import HIT, RING
from ballast.sim.turnover import Turnover
from ballast.sim.workload import workload_of
from tests.model.properties import given, integers, lists

BASE = Scenario(operators=6, coprocessors=10, periods=12, tasks_per_period=60, seed=3)
OUTCOMES = {"settled": SETTLED, "unsold": EXPIRED, "failed": FAILED, "forfeited": FORFEITED}
HOSTILE: dict[str, dict[str, Any]] = {
    **{f"stress {name}": {"stress": name} for name in STRESSES},
    **{f"allocation {name}": {"allocation": name} for name in ALLOCATIONS},
    **{f"preset {name}": {"preset": name} for name in PRESETS},
    "start prices that jump": {"start_gain": 0.2, "start_target": 0.5},
    "start prices that stay": {"start_gain": 0.0},
    "bad records find nothing": {"hard_quality": True, "record_weight": 4.0, "bad_share": 0.5},
    "stake behind every task": {"stake_share": 0.1, "wrong_factor": 0.1},
    **{f"arrivals {name}": {"arrivals": name} for name in ARRIVALS},
    "no effort pays": {"effort": 2.0, "careless": 0.0, "slashing": 1.0, "exits": True, "periods": 30},
    "little funds": {"stake": 1.0, "slashing": 1.0, "collateral": 4.0, "careless": 0.1, "effort": 2.0},
    "large collateral": {"collateral": 100.0, "stake": 2.0, "slashing": 1.0, "effort": 1.0},
    "coming and going": {"entry": 2.0, "leaving": 0.2},
    "everybody leaves": {"leaving": 1.0},
    "a window of one": {"watch": 1, "allocation": "round_robin"},
    "nothing learnt, no curve": {"learning": False, "curve": False},
    "all light": {"heavy_share": 0.0},
    "all heavy": {"heavy_share": 1.0, "utilisation": 3.0},
    "one of each": {"operators": 1, "coprocessors": 1},
    "hardly a task": {"tasks_per_period": 1, "arrivals": "poisson"},
    "drift": {"drift": 1.0},
    "every slot": {"operators": 1, "tasks_per_period": 1_024, "periods": 3},
    "more than the slots": {"operators": 1, "tasks_per_period": 1_024, "periods": 3, "stress": "burst"},
}


def watched(scenario: Scenario) -> tuple[Run, list[Any]]:
    """Run a scenario and keep all tasks, by period."""
    seen: list[Any] = []
    return run_on(scenario, watch=lambda run: seen.append(run.tasks.copy())), seen


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_task_ends_once_and_nothing_gets_lost(kind: str) -> None:
    run, seen = watched(replace(BASE, **HOSTILE[kind]))
    assert run.summary["conserved"]
    m, tally, pool = run.world.market, run.periods, run.world.pool
    came = run.counts
    assert (tally["opened"] + tally["unplaced"] == came).all()
    for row, tasks in zip(tally, seen, strict=True):
        assert {name: int((tasks["outcome"] == outcome).sum()) for name, outcome in OUTCOMES.items()} == {
            name: int(row[name]) for name in OUTCOMES
        }
        assert sum(row[name] for name in OUTCOMES) == len(tasks)
        assert row["self_executed"] + row["auctioned"] == row["opened"]
    places = pool.lists[LIVING, : pool.counts[LIVING]]
    live = pool.tasks[places]
    assert (live["outcome"] == LIVE).all()
    ended = np.concatenate(seen)
    assert len(set(ended["number"].tolist()) | set(live["number"].tolist())) == len(ended) + len(live)
    assert len(ended) + len(live) == tally["opened"].sum()
    assert tally["live"].tolist() == (np.cumsum(tally["opened"]) - np.cumsum([len(tasks) for tasks in seen])).tolist()
    everybody = np.concatenate((ended, live))
    sold = (everybody["round"] >= 0).sum()
    assert sum(tally[name].sum() for name in ("sold_early", "sold_later", "sold_again")) == sold
    first, last = FIRST_OPERATOR, int(m.ledger[0]["accounts"])
    accounts = m.accounts[first:last]
    working = live[np.isin(live["status"], (WON,))]
    load = np.bincount(working["executor"], working["difficulty"], minlength=last)[first:]
    assert (accounts["load"] == load).all()
    assert (accounts["free"] >= 0).all()
    assert (accounts["locked"] >= 0).all()
    assert (run.slots - m.tops).sum() == len(live)
    assert (m.budgets["claimed"] <= m.budgets["total"]).all()


@pytest.mark.parametrize("kind", ["stress none", "no effort pays", "little funds", "preset hump", "allocation random"])
def test_a_fortune_is_what_the_account_gained(kind: str) -> None:
    """Income less slashes is what the funds grew by; costs are paid elsewhere."""
    run = run_on(replace(BASE, **HOSTILE[kind]))
    deposits = np.concatenate([people.funds for people in run.people])
    everybody = slice(FIRST_OPERATOR, FIRST_OPERATOR + len(deposits))
    fortune, accounts = run.world.fortune[everybody], run.world.market.accounts[everybody]
    assert (fortune["income"] - fortune["slashed"]).tolist() == (
        accounts["free"] + accounts["locked"] - deposits
    ).tolist()
    profit = run.history["profit"].sum(axis=0)[everybody]
    assert profit == pytest.approx(fortune["income"] - fortune["slashed"] - fortune["spent"], rel=1e-4, abs=2)
    assert run.summary["uptime_paid"] > 0


def test_history_and_edges_count_what_was_done() -> None:
    run, seen = watched(replace(BASE, periods=30))
    for period, tasks in enumerate(seen):
        done = tasks[tasks["executor"] > 0]
        for account in range(FIRST_OPERATOR, FIRST_OPERATOR + 16):
            own = done[done["executor"] == account]
            assert run.history["price"][period, account] == own["price"][own["outcome"] == SETTLED].sum()
    assert run.history["tasks"].sum(axis=0).tolist() == run.world.fortune["tasks"].tolist()
    tasks = np.concatenate(seen)
    edges = np.zeros_like(run.edges)
    elsewhere = tasks[(tasks["outcome"] == SETTLED) & (tasks["executor"] != tasks["operator"])]
    assert (elsewhere["own"] == 1).any()
    for t in elsewhere:
        edges[t["operator"] - FIRST_OPERATOR, t["executor"] - run.first_coprocessor] += 1
    assert np.array_equal(run.edges, edges)
    assert run.edges.sum() > 100


# Opening


def given_to(count: int, weights: list[float], start: float, order: list[int] | None = None) -> list[int]:
    """Rows of the operators that get tasks, -1 for nobody."""
    operator = np.full(count, -1)
    assign(operator, FIRST_OPERATOR + np.array(order or range(5)), np.array(weights), start)
    return [int(o) - FIRST_OPERATOR if o >= 0 else -1 for o in operator]


@given(
    weights=lists(integers(1, 100), 5).map(lambda w: [float(x) for x in (w * 5)[:5]]),
    count=integers(1, 400),
    start=integers(0, 999),
)
def test_tasks_are_spread_in_proportion_to_weights(weights: list[float], count: int, start: int) -> None:
    """Never a whole task more or less than an operator's share, wherever the spacing begins."""
    got = np.bincount(given_to(count, weights, start / 1_000), minlength=5)
    share = np.array(weights) / sum(weights) * count
    assert np.abs(got - share).max() < 1 + 1e-9


def test_operators_without_weight_get_nothing() -> None:
    got = given_to(12, [0.0, 1.0, 0.0, 3.0, 0.0], 0.0)
    assert set(got) == {1, 3}
    got = given_to(4, [0.0, 1.0, 0.0, 3.0, 0.0], 0.5)
    assert (got.count(1), got.count(3)) == (1, 3)
    assert given_to(3, [0.0] * 5, 0.5) == [-1, -1, -1]


def test_tasks_fall_to_operators_in_the_order_drawn() -> None:
    assert given_to(10, [1.0] * 5, 0.5, [3, 0, 4, 1, 2]) == [3, 3, 0, 0, 4, 4, 1, 1, 2, 2]


def test_tasks_with_an_operator_keep_it() -> None:
    operator = np.array([7, -1, 7, -1, -1, 6])
    assign(operator, np.arange(4, 9), np.array([1.0, 0, 0, 0, 0]), 0.5)
    assert operator.tolist() == [7, 4, 7, 4, 4, 6]


def test_tasks_are_opened_by_wave_then_operator_in_the_order_drawn_then_class() -> None:
    place = np.array([0, 0, 0, 0, 1, 0])  # account 5 comes before account 4
    operator, class_id, wave = np.array([4, 5, 4, 5, 4]), np.array([2, 1, 1, 2, 1]), np.array([0, 0, 0, 0, 1])
    assert arrange(operator, class_id, wave, place).tolist() == [1, 3, 2, 0, 4]


class Deserted(Turnover):
    """All operators leave after two periods."""

    def come_and_go(self, period: int, state: RunState) -> None:
        """Have everybody leave."""
        if period == 2:
            for account in state.world.operators.tolist():
                retire(state, account)
        super().come_and_go(period, state)


@pytest.mark.parametrize("engine", ENGINES)
def test_where_nobody_is_left_tasks_are_counted_and_left(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.sim.run.Turnover", Deserted)
    run = run_on(replace(BASE, periods=5, tasks_per_period=9), engine)
    assert run.periods["opened"].tolist() == [9, 9, 0, 0, 0]
    assert run.periods["unplaced"].tolist() == [0, 0, 9, 9, 9]
    assert run.summary["tasks_unplaced"] == 27
    assert run.summary["conserved"]


def test_who_retires_does_what_it_has_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody is ever late or wrong, every task that was opened is settled, though everybody leaves meanwhile."""
    monkeypatch.setattr("ballast.sim.run.Turnover", Deserted)
    sure = replace(BASE, periods=8, errors=False, leaving=0.5, overload=0.0, utilisation=0.3)
    people = draw_people(sure, workload_of(sure, np.random.default_rng(1)), np.random.default_rng(2))
    for each in people:
        each.traits["punctuality"] = each.traits["careless"] = 1.0
    run = run_on(sure, people=people)
    assert run.periods["live"][2] > 0
    assert run.summary["tasks_settled"] + run.summary["tasks_unsold"] == run.summary["tasks_opened"] == 120
    assert (run.world.fortune["left"][run.world.operators] == 1).all()


def test_who_watches_does_not_change_what_comes() -> None:
    """Common random numbers: the same tasks with the same fates, however many look at an auction."""
    steady = replace(BASE, learning=False, deliberate=False, effort=0.0, careless=0.0)
    (few, few_seen), (all_, all_seen) = (watched(replace(steady, watch=watch)) for watch in (2, 100))

    def own(seen: list[Any]) -> dict[tuple[int, ...], tuple[int, int]]:
        """Fates of tasks that operators took at once, by what does not depend on when they ended."""
        tasks = np.concatenate(seen)
        tasks = tasks[(tasks["own"] == 1) & (tasks["second_chance"] == 0)]
        return {
            tuple(int(t[name]) for name in ("operator", "class_id", "difficulty", "reward", "opened")): (
                t["late"],
                t["wrong"] * (t["late"] == 0),  # of a late one a rescuer's
            )
            for t in tasks
        }

    some, others = own(few_seen), own(all_seen)
    both = some.keys() & others.keys()
    assert len(both) > 100
    assert all(some[task] == others[task] for task in both)
    assert sum(late + wrong for late, wrong in some.values()) > 3
    assert few.summary["state_digest"] != all_.summary["state_digest"]


# Coming and going


def test_who_leaves_is_gone_and_who_enters_works_from_the_next_period_on() -> None:
    run = run_on(replace(BASE, entry=2.0, leaving=0.1, utilisation=2.0))
    newcomers = slice(run.first_coprocessor + 10, int(run.world.market.ledger[0]["accounts"]))
    entered = newcomers.stop - newcomers.start
    assert entered > 10
    gone = run.world.fortune["active"][run.first_coprocessor : newcomers.stop] == 0
    assert (run.periods["coprocessors_active"] > 0).all()
    assert run.periods["coprocessors_active"][-1] == 10 + entered - gone.sum() < 10 + entered
    assert (run.world.market.accounts["role"][newcomers] & 3 == COPROCESSOR).all()
    assert run.history["tasks"][:, newcomers].sum() > 0
    assert (run.history["tasks"][0, newcomers] == 0).all()
    left = run.world.fortune["left"][run.first_coprocessor : newcomers.stop] == 1
    assert 0 < left.sum() <= gone.sum()
    assert not (left & ~gone).any()
    for account in run.first_coprocessor + np.flatnonzero(left):
        assert run.world.market.accounts["next_capacity"][account] == 0


# Stresses


def stressed(name: str, **more: Any) -> tuple[Run, Run, slice]:
    """Run with a stress and one without, and the periods of the stress."""
    base = replace(BASE, periods=15, tasks_per_period=200, **more)
    return run_on(replace(base, stress=name)), run_on(base), slice(5, 10)


def outside(values: Any, inside: slice) -> Any:
    """Periods before and after the stress."""
    return np.concatenate((values[: inside.start], values[inside.stop :]))


def test_a_burst_is_three_times_the_demand() -> None:
    run, _, inside = stressed("burst")
    demand = run.periods["opened"] + run.periods["unplaced"]
    assert set(demand[inside].tolist()) == {200 * burst.TIMES}
    assert set(outside(demand, inside).tolist()) == {200}


def test_who_is_out_does_nothing_meanwhile() -> None:
    run, _, inside = stressed("outage", utilisation=1.5)
    hit = run.first_coprocessor + run.stress.hit
    assert len(hit) == round(HIT * 10)
    done = run.history["tasks"][:, hit]
    assert (done[inside] == 0).all()
    assert (outside(done, inside).sum(axis=0) > 0).all()


def test_quality_falls_and_stays_low() -> None:
    run, calm, inside = stressed("quality_drift")
    wrong = run.periods["forfeited"]
    assert np.array_equal(wrong[: inside.start], calm.periods["forfeited"][: inside.start])
    assert wrong[inside.start :].sum() > 2 * calm.periods["forfeited"][inside.start :].sum() + 10
    hit = run.first_coprocessor + run.stress.hit
    assert run.world.quality[hit] == pytest.approx(calm.world.quality[hit] * DRIFT_TO)


def test_whitewashers_come_back_as_somebody_else() -> None:
    run = run_on(replace(BASE, stress="whitewashing", periods=60, careless=0.1))
    ring = run.stress.attackers(run)
    assert len(ring) > len(run.stress.ring)
    assert np.count_nonzero(run.world.fortune["active"][ring]) == len(run.stress.ring)
    assert (run.world.traits["shirks"][ring] == 1).all()


def test_a_ring_trades_with_itself() -> None:
    run, seen = watched(replace(BASE, stress="wash_trading"))
    wash = np.concatenate(seen)
    wash = wash[wash["class_id"] == run.scenario.wash_class]
    ring = run.stress.attackers(run)
    assert set(wash["operator"].tolist()) == set(ring[ring < run.first_coprocessor].tolist())
    assert 0.8 * wash_trading.TASKS * BASE.periods < len(wash) <= wash_trading.TASKS * BASE.periods
    assert np.isin(wash["executor"], ring).any()
    assert (wash["reward"] * (wash["outcome"] == SETTLED)).sum() > 0


def test_who_fails_together_settles_nothing_and_rescues_nobody() -> None:
    run, calm, inside = stressed("correlated_failure")
    late = run.periods["late"]
    assert late[inside.start : inside.start + 4].sum() > 2 * calm.periods["late"][inside.start : inside.start + 4].sum()
    done = run.history["tasks"][inside.start, run.first_coprocessor : run.first_coprocessor + 10]
    assert (done == 0).sum() >= round(SHARED_FATE * 10)
    assert run.periods["shirked"].sum() == 0
    assert np.array_equal(late[: inside.start], calm.periods["late"][: inside.start])


def test_a_ring_asks_more_and_works_no_dearer() -> None:
    more, usual = 0, 0
    for seed in range(8):
        run, calm, _ = stressed("collusion", seed=seed)
        ring = run.first_coprocessor + run.stress.ring
        assert len(ring) == round(RING * 10)
        assert (run.world.traits["markup"][ring] == MARKUP).all()
        assert run.world.traits["markup"].sum() == MARKUP * len(ring)
        assert np.array_equal(run.world.traits["cost"], calm.world.traits["cost"])
        more += run.history["tasks"][:, ring].sum()
        usual += calm.history["tasks"][:, ring].sum()
    assert more < usual


def test_shirkers_shirk_always_and_nobody_else() -> None:
    run, calm, _ = stressed("shirking")
    ring = run.first_coprocessor + run.stress.ring
    fortune = run.world.fortune
    assert (fortune["shirked"][ring] == fortune["tasks"][ring]).sum() + run.periods["rescued"].sum() >= len(ring)
    assert fortune["shirked"].sum() == fortune["shirked"][ring].sum() > 0
    assert calm.world.fortune["shirked"].sum() == 0
