"""Operators: the benefit they expect of their tasks, what comes of it, their loads, and gates that move their work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ballast.sim.market.records import Records
from ballast.sim.market.steps import SETTLED
from ballast.sim.period.pool import living
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario, load
from ballast.sim.state import FIRST_OPERATOR
from ballast.studies.measures import warmed_up

BASE = Scenario(operators=8, coprocessors=12, periods=20, tasks_per_period=90, seed=3)
KINDS: dict[str, dict[str, Any]] = {
    "calm": {},
    "own work, and much of it slashed": {
        **{"deliberate": False, "slashing": 1.0, "effort": 2.0, "careless": 0.1, "record_weight": 0.0}
    },
    "hardly sold": {"utilisation": 2.0, "overload": 1.0},
    "a ring": {"stress": "wash_trading"},
    "offline": {"stress": "outage"},
    "coming and going": {"exits": True, "bad_share": 0.4},
}


def watched(scenario: Scenario) -> tuple[Run, list[Records]]:
    """Run a scenario; the tasks that ended, by period."""
    seen: list[Records] = []
    return run_on(scenario, watch=lambda run: seen.append(run.tasks.copy())), seen


# Benefits


@pytest.mark.parametrize("kind", KINDS)
def test_what_operators_realise_is_what_their_accounts_gained(kind: str) -> None:
    """Less the cost of their work, and what came so far of tasks that live; a task's cost is rounded."""
    run, seen = watched(replace(BASE, **KINDS[kind]))
    operators, live = run.world.operators, living(run.world.pool)
    fortune, accounts = run.world.fortune[operators], run.world.market.accounts[operators]
    earned = fortune["income"] - fortune["slashed"]
    if run.scenario.stress != "wash_trading":  # whose leader deposits the rewards
        assert (earned == accounts["free"] + accounts["locked"] - run.people[0].funds).all()
    so_far = np.bincount(live["operator"] - FIRST_OPERATOR, live["realised"], minlength=len(operators))
    worked = sum((tasks["own"] == 1).sum() for tasks in [*seen, live])
    assert np.abs(fortune["realised"] + so_far - (earned - fortune["spent"])).sum() <= worked / 2
    assert fortune["realised"].any()
    if kind == "calm":
        assert so_far.any()
    if kind == "own work, and much of it slashed":
        assert fortune["slashed"].sum() > fortune["income"].sum() / 10


def test_the_history_of_operators_adds_up() -> None:
    """To their fortunes, to the columns of the periods, and, period by period, to their tasks."""
    run, seen = watched(replace(BASE, utilisation=1.2))
    for period, tasks in enumerate(seen):
        for name, column in (("given", "reward"), ("expected", "expected"), ("realised", "realised")):
            sums = np.bincount(tasks["operator"], tasks[column], minlength=run.history[name].shape[1])
            assert np.array_equal(run.history[name][period], sums)
    for name in ("expected", "realised"):
        assert np.array_equal(run.history[name].sum(axis=0), run.world.fortune[name])
        assert np.array_equal(run.history[name].sum(axis=1), run.periods[f"operators_{name}"])
        assert run.summary[f"operators_{name}"] == run.world.fortune[name].sum()
    share = run.summary["operators_realised"] / run.summary["operators_expected"]
    assert run.summary["operators_realised_share"] == round(share, 4)


def test_what_a_settled_task_brings_follows_from_its_terms() -> None:
    """Sold: reward less price, and more if its first executor was late."""
    tasks = np.concatenate(watched(BASE)[1])
    sold = tasks[(tasks["outcome"] == SETTLED) & (tasks["own"] == 0)]
    in_time = sold["late"] == 0
    kept = sold["reward"] - sold["price"]
    assert (sold["realised"][in_time] == kept[in_time]).all()
    assert (~in_time).any()
    assert (sold["realised"][~in_time] > kept[~in_time]).all()


def test_before_a_task_has_ended_there_is_no_share() -> None:
    run = run_on(replace(BASE, periods=1, waves=1))
    assert run.summary["tasks_live"] == run.summary["tasks_opened"] > 0
    assert run.summary["operators_expected"] == 0
    assert run.summary["operators_realised_share"] is None


@pytest.mark.parametrize(
    ("changes", "within"),
    [({}, 0.03), ({"bad_share": 0.2}, 0.06), ({"utilisation": 1.2}, 0.03), ({"periods": 120}, 0.01)],
)
def test_operators_realise_what_they_expected(changes: dict[str, Any], within: float) -> None:
    """Over ten seeds, after the start-up and the warm-up; where a fifth of the tasks finds nobody, too."""
    found = []
    for seed in range(1001, 1011):
        run = run_on(replace(Scenario(seed=seed), **changes))
        after = run.periods[warmed_up(run.scenario) :]
        found.append(after["operators_realised"].sum() / after["operators_expected"].sum())
    assert abs(np.mean(found) - 1) < within


def test_where_tasks_find_nobody_everybody_expects_it() -> None:
    scarce = replace(BASE, utilisation=2.0)
    run, still = run_on(scarce), run_on(replace(scarce, learning=False))
    assert run.world.beliefs["sale"][1:3].max() < 0.8
    assert (still.world.beliefs["sale"] == 1).all()
    assert run_on(BASE).world.beliefs["sale"][2] > 0.9


# Loads


def test_loads_of_operators_are_kept() -> None:
    run = run_on(BASE)
    loads = run.history["load"][:, run.world.operators]
    assert loads.mean(axis=1) == pytest.approx(run.periods["operators_load_mean"], rel=0.01)
    after = run.periods["operators_load_mean"][run.summary["start_up"] :]
    assert run.summary["operators_load_mean"] == round(float(after.mean()) / 1e4, 4)
    assert 0 < run.summary["operators_load_mean"] < 1


# Gates


def gated(gate: int, **changes: Any) -> tuple[Run, list[Records], list[Any]]:
    """Run the scenario with classes, whose risky one has a gate; tasks ended and reputations, by period."""
    shipped = load("classes")
    kinds = tuple(
        replace(kind, min_operator_reputation=gate) if kind.name == "proof" else kind for kind in shipped.classes
    )
    seen: list[Records] = []
    reputations: list[Any] = []

    def watch(run: Run) -> None:
        seen.append(run.tasks.copy())
        reputations.append(run.world.market.accounts["reputation"][: run.first_coprocessor].copy())

    return run_on(replace(shipped, classes=kinds, periods=8, **changes), watch=watch), seen, reputations


PROOF = 3 + [kind.name for kind in load("classes").classes].index("proof")


def test_the_gate_of_the_scenario_shuts_out_some_and_loses_nothing() -> None:
    """All are newcomers at first, and below it; then those above it open all tasks of the class."""
    gate = next(kind for kind in load("classes").classes if kind.name == "proof").min_operator_reputation
    assert gate is not None
    run, seen, reputations = gated(gate)
    shut_out = [int((of[FIRST_OPERATOR:] < gate).sum()) for of in reputations]
    assert shut_out[0] == 20
    assert sum(0 < number < 20 for number in shut_out) >= 2
    came = run.workload.period[run._class_id == PROOF]
    assert run.periods["unplaced"].tolist() == [(came == 0).sum(), *[0] * 7]
    tasks = np.concatenate(seen)
    tasks = tasks[(tasks["class_id"] == PROOF) & (tasks["rising"] == 0)]
    period = (tasks["opened"] - run.engine.genesis) // run.parameters.epoch_seconds - 1
    assert len(tasks) > 40
    assert set(period.tolist()) >= {1, 2, 3}
    record = np.array(reputations)[period, tasks["operator"]]
    auctioned = tasks["own"] == 0  # others may be opened again as they are taken back
    assert (record[auctioned] >= gate).all()


def test_other_classes_are_shared_out_among_all() -> None:
    run, seen, reputations = gated(750_000)
    below = np.flatnonzero(reputations[1] < 750_000)
    below = below[below >= FIRST_OPERATOR]
    others = np.concatenate(seen[1:4])
    assert len(below) > 3
    assert set(below.tolist()) <= set(others["operator"][others["class_id"] != PROOF].tolist())
    assert run.summary["conserved"]


def test_a_gate_that_shuts_nobody_out_changes_nothing() -> None:
    """But for the mandates, which any operator may need whole."""
    (none, without, _), (low, with_one, _) = gated(0), gated(1_000)
    for name in ("number", "operator", "executor", "outcome", "price"):
        assert np.array_equal(np.concatenate(without)[name], np.concatenate(with_one)[name])
    assert np.array_equal(none.periods, low.periods)


def test_with_nobody_above_the_gate_tasks_stay_without_an_operator() -> None:
    run, seen, _ = gated(999_000)
    assert run.periods["unplaced"].sum() == (run._class_id == PROOF).sum() > 100
    assert not (np.concatenate(seen)["class_id"] == PROOF).any()


def test_who_left_opens_no_gate() -> None:
    """Of operators without weight reputations do not matter."""
    run, _, reputations = gated(750_000)
    above = np.flatnonzero(reputations[1] >= 750_000)
    above = above[above >= FIRST_OPERATOR]
    run.world.fortune["active"][above] = 0
    run.world.market.accounts["reputation"][: run.first_coprocessor] = reputations[1]
    class_id = np.array([1, PROOF, 2, PROOF])
    operator = np.full(4, -1)
    run._share_out(operator, class_id, run.world.operators, 0.5)
    assert (operator[[1, 3]] == -1).all()
    assert (operator[[0, 2]] >= FIRST_OPERATOR).all()
