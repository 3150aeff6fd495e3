"""A run's last periods beside the bound: what is possible, how long it takes, and what it is worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from ballast.model import class_packing, slash_split
from ballast.model.constants import PPM
from ballast.sim.market.records import TASK, Integers
from ballast.sim.market.steps import SUBMITTED, WON
from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario
from ballast.studies.compare.window import Seen, Watched, Window, watched
from tests.studies.compare.test_optimum import allowed

SMALL = Scenario(operators=10, coprocessors=10, periods=6, tasks_per_period=100, utilisation=0.9, seed=4)


def test_a_full_size_window_is_bounded_closely() -> None:
    run = watched(Scenario(periods=4, incentives=False, room_worth=False, records=0.9), 1)
    assert 0 < run.market < run.bound
    assert run.gap < 0.07


@pytest.fixture(scope="module")
def run() -> Watched:
    """Run a market, and compare three periods of it."""
    return watched(SMALL, 3)


@pytest.mark.parametrize("changes", [{}, {"allocation": "random"}, {"allocation": "rising"}, {"stress": "outage"}])
def test_looking_for_the_optimum_changes_nothing_and_bounds_every_market(changes: dict[str, Any]) -> None:
    scenario = replace(SMALL, **changes)
    watched_run = watched(scenario, 3)
    assert watched_run.digest == run_on(scenario).digest
    assert 0 < watched_run.market < watched_run.bound
    instance, chosen = watched_run.problem()
    assert allowed(instance, chosen)
    assert (chosen >= 0).mean() > 0.8
    tasks = watched_run.opened()
    assert len(tasks) == watched_run.periods["opened"][-3:].sum()
    assert (tasks["executor"] > 0).tolist() == (chosen >= 0).tolist()


def test_without_a_window_nothing_is_compared() -> None:
    assert watched(replace(SMALL, periods=2), 0).bound == 0


def test_work_takes_as_long_as_in_the_market(run: Watched) -> None:
    window, tasks = run.known(), run.opened()
    instance, chosen = run.problem()
    place = np.arange(len(tasks)), chosen
    first, until = instance.first[place], instance.until[place]
    opened = np.searchsorted(window.times, tasks["opened"], side="right") - 1
    done = (tasks["status"] == SUBMITTED) & (tasks["rescued"] == 0)
    assert (first[done] == opened[done]).all()
    submitted = np.searchsorted(window.times, tasks["time"], side="right") - 1
    ended = done & (until < len(window.times)) & (submitted < len(window.times) - 1)
    own = tasks["own"] == 1
    assert (until[ended & own] == submitted[ended & own]).all()
    assert (until[ended] <= submitted[ended]).all()
    assert (until[ended] == submitted[ended]).mean() > 0.7  # the others were won at later steps
    assert own[ended].sum() > 20 < (~own)[ended].sum()


def test_what_is_under_way_keeps_its_room(run: Watched) -> None:
    before = np.zeros(3, TASK)
    window = run.known()
    coprocessor, operator = window.coprocessors[0] + 3, window.operators[0] + 2
    before["status"], before["difficulty"], before["operator"] = [WON, WON, SUBMITTED], [7, 11, 13], operator
    before["executor"] = [coprocessor, operator, coprocessor]
    before["ready"] = window.times[[2, 1, 5]] + [run.moments.bid, run.moments.turn + 1, 0]
    before["due"] = before["ready"] + 100
    held = window.given(before)
    assert held[3].tolist() == [7, 7, *[0] * (len(window.times) - 2)]
    assert held[10 + 2].tolist() == [11, 11, *[0] * (len(window.times) - 2)]
    assert held.sum() == 2 * 7 + 2 * 11
    room = window.room(held)
    assert (room + held == (room + held)[:, :1]).all()


def of(window: Window, accounts: Integers, **given: npt.NDArray[np.generic]) -> Seen:
    """Coprocessors that are all there, with what is given of them."""
    size = len(window.traits)
    values = {"punctuality": np.ones(size), "quality": np.ones(size), "reputation": np.full(size, 800_000)}
    values["backing"] = np.full(size, 1_000)
    for name, value in given.items():
        values[name] = values[name].astype(value.dtype)
        values[name][accounts] = value
    there = np.ones(size, dtype=np.bool_)
    return Seen(there=there, room=np.full(size, 100), **values)


@pytest.mark.parametrize("differs", [False, True])
def test_an_assignment_is_worth_what_the_paper_says(differs: bool) -> None:
    """Also where a class is risky and its work dearer, for a specialist of it and one of another class.

    And where collaterals grow with stakes: the first locks more than its reward asks for, the penalty stays.
    """
    window = watched(replace(SMALL, periods=2), 1).known()
    tasks = np.zeros(1, TASK)
    operator = window.operators[0]
    tasks["class_id"], tasks["difficulty"], tasks["reward"], tasks["operator"] = 2, 70, 71_003, operator
    accounts = np.array([*(window.coprocessors[0] + np.array([3, 5])), operator])
    window.traits["shirks"][accounts[1]] = 1
    window.traits["complexity"][operator] = 10
    in_times, qualities = np.array([0.9, 0.95, 0.96]), np.array([0.99, 0.97, 0.98])
    risk, dear, wrong = 0.0, np.ones(3), np.ones(3)
    if differs:
        window.market.classes[2]["risk"], window.market.classes[2]["dearer"] = 40_000, 100_000
        window.traits["special"][accounts[:2]] = 1, 2
        window.market.classes[2]["stake_share"], window.market.classes[2]["wrong_factor"] = 250_000, 700_000
        risk, dear, wrong = 0.04, 1.1 * np.array([1.1, 0.8, 1.0]), np.array([1.0, 0.5, 1.0])
    backing = np.array([600_001, 80_000, 0])
    seen = of(window, accounts, punctuality=in_times, quality=qualities, backing=backing)
    value, seconds = window.options(tasks, accounts[None, :], seen)
    terms = SMALL.task_class().auction(0)
    floor_ = SMALL.network().slash.lateness_floor
    collaterals = [150_001, 71_003, 71_003] if differs else [71_003] * 3
    penalty = class_packing.penalty(terms, 71_003)
    for j, account in enumerate(accounts):
        who = window.traits[account]
        in_time = float(who["careless"]) if j == 1 else in_times[j]
        cost = max(float(who["cost_heavy" if j == 2 else "cost"]) / PPM - (float(who["effort"]) if j == 1 else 0), 0)
        right = (1 - (1 - qualities[j]) * wrong[j]) * (1 - risk)
        p, cost = in_time * right, cost * dear[j]
        late = slash_split.late_amount(71_003, collaterals[j], terms.slash_factor, PPM, floor_)
        slash = max(collaterals[j] * 7 // 10, 71_003) if differs else 71_003
        lost = (1 - in_time) * late + in_time * (1 - right) * slash + (1 - p) * penalty
        assert value[0, j] == pytest.approx(71_003 * (p - cost) - lost, rel=1e-12)
        work = np.ceil(window.pace * np.sqrt(70) / who["speed"])
        assert seconds[0, j] == work + (0 if j == 2 else terms.step_seconds - 1)


@pytest.mark.parametrize("lacks", ["there", "reputation", "complexity", "speed"])
def test_what_is_refused_is_not_offered(lacks: str) -> None:
    window = watched(replace(SMALL, periods=2), 1).known()
    window.market.classes[2]["min_reputation"] = 500_000
    tasks = np.zeros(1, TASK)
    tasks["class_id"], tasks["difficulty"], tasks["reward"], tasks["operator"] = 2, 70, 71_003, window.operators[0]
    accounts = np.array([*(window.coprocessors[0] + np.array([3, 5])), window.operators[0]])
    window.traits["complexity"][accounts] = 10 - (lacks == "complexity"), 10, 9
    seen = of(window, accounts, reputation=np.array([500_000 - (lacks == "reputation"), 500_000, 0]))
    seen.there[accounts[0]] = lacks != "there"
    limit = window.pace * np.sqrt(70) / (int(window.market.classes[2]["submit_seconds"]) - window.moments.gap)
    window.traits["speed"][accounts] = limit * (0.999 if lacks == "speed" else 1.001), limit * 1.001, limit * 1.001
    value, _ = window.options(tasks, accounts[None, :], seen)
    assert np.isfinite(value).tolist() == [[False, True, False]]
