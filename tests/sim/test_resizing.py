"""Coprocessors that forecast their loads and resize, and what capacity costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ballast.model.constants import BPS
from ballast.model.parameters import ContractParameters
from ballast.sim import checkpoint
from ballast.sim.pace import start_up
from ballast.sim.resizing import AHEAD, DISCOUNT, EVERY, LEAST, MOST, STEP, WATCHED, rent_of, smoothed
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario, load, with_contracts
from tests.sim.test_turnover import LOSING

STEADY = Scenario(operators=10, coprocessors=30, tasks_per_period=300, periods=110, resizing=True, seed=5)


def watched(scenario: Scenario) -> tuple[Run, dict[str, Any]]:
    """Run a scenario; what coprocessors have registered, forecast and feel at the end of each period."""
    seen: dict[str, list[Any]] = {"capacity": [], "forecast": [], "mood": []}

    def watch(run: Run) -> None:
        fares = run.world.fortune[run.coprocessors()]
        seen["capacity"].append(run.world.market.accounts["next_capacity"][run.coprocessors()])
        seen["forecast"].append(fares["level"] + AHEAD * fares["trend"])
        seen["mood"].append(fares["mood"])

    run = run_on(scenario, watch=watch)
    return run, {name: np.stack(rows) for name, rows in seen.items()}


def test_the_forecast_is_a_line_by_least_squares_in_which_older_loads_count_less() -> None:
    loads = np.random.default_rng(3).uniform(100, 900, 400)
    level, trend = loads[:1], np.zeros(1)
    for each in loads[1:]:
        level, trend = smoothed(level, trend, np.array([each]))
    ages = np.arange(len(loads))[::-1]
    slope, constant = np.polyfit(-ages, loads, 1, w=DISCOUNT ** (ages / 2))
    assert level[0] == pytest.approx(constant)
    assert trend[0] == pytest.approx(slope)


def test_what_is_smoothed_are_mean_loads_of_periods_from_the_start_up_on() -> None:
    """In units, of the capacity that each had in the period."""
    run, seen = watched(replace(STEADY, periods=60))
    had = np.concatenate((run.people[1].capacity[None], seen["capacity"][:-1]))
    loads = run.history["load"][:, run.coprocessors()] * had / BPS
    first = start_up(run.scenario)
    level, trend = loads[first - 1], np.zeros(30)
    for each in loads[first:]:
        level, trend = smoothed(level, trend, each)
    assert np.allclose(seen["forecast"][-1], level + AHEAD * trend)
    assert (had[-1] != had[0]).any()


def test_who_comes_back_sees_its_loads_anew() -> None:
    """With the capacity that it began with: it does not resize before it has watched."""
    scenario = replace(LOSING, resizing=True, periods=200)
    seen: list[Any] = []

    def watch(run: Run) -> None:
        who = run.coprocessors()
        fares, accounts = run.world.fortune[who], run.world.market.accounts[who]
        seen.append((fares["active"] == 1, fares["watched"], accounts["next_capacity"] == fares["registered"]))

    run_on(scenario, watch=watch)
    active, periods, own = (np.stack(each) for each in zip(*seen, strict=True))
    back = np.argwhere(np.diff(active.astype(int), axis=0) == 1).tolist()
    assert len(back) > 3
    assert all(periods[before + 1, who] == 1 and own[before + 1, who] for before, who in back)


def test_nobody_resizes_unless_asked_to() -> None:
    run, seen = watched(replace(STEADY, resizing=False))
    assert (seen["capacity"] == run.people[1].capacity).all()
    assert (run.world.fortune["watched"] == 0).all()


def test_loads_come_to_stand_at_the_best_one() -> None:
    """The load curve pays most at B, half of the capacity; three quarters of it are in use at first."""
    for resizing, near in ((False, 0.75), (True, 0.5)):
        run = run_on(replace(STEADY, resizing=resizing))
        assert run.periods["capacity_used"][-25:].mean() == pytest.approx(near, abs=0.08)


def test_capacities_change_in_steps_at_their_time_and_within_bounds() -> None:
    """Every fifth period, by a quarter at most, from half to four times what there was at first."""
    run, seen = watched(replace(STEADY, stress="double_demand"))
    own, capacity = run.people[1].capacity, seen["capacity"]
    assert (capacity <= np.rint(MOST * own)).all()
    assert (capacity >= np.floor(LEAST * own)).all()
    assert (capacity[-1] == np.rint(MOST * own)).any()
    assert (np.abs(np.diff(capacity, axis=0)) <= STEP * capacity[:-1] + 0.5).all()
    moved = np.argwhere(np.diff(capacity, axis=0) != 0)
    assert len(moved) > 100
    assert {(period + 1 + run.first_coprocessor + who) % EVERY for period, who in moved.tolist()} == {0}
    assert moved[:, 0].min() + 1 == start_up(run.scenario) + WATCHED


def test_what_is_registered_is_the_forecast_over_the_best_load() -> None:
    """Where neither bounds nor losses forbid it."""
    run, seen = watched(STEADY)
    own, found = run.people[1].capacity, []
    for period in range(60, STEADY.periods):
        who = (period + run.coprocessors()) % EVERY == 0
        wanted = seen["forecast"][period - 1][who] * BPS / run.parameters.chosen_curve.b
        before, after = (seen["capacity"][i][who] for i in (period - 1, period))
        free = (np.abs(wanted - before) < STEP * before) & (wanted < MOST * own[who]) & (wanted > LEAST * own[who])
        found += (np.abs(after - wanted) <= 0.5)[free].tolist()
    assert len(found) > 30
    assert np.mean(found) > 0.95


def test_nobody_registers_less_than_its_load() -> None:
    """Where all at once expect nothing any more, and some are nearly full."""
    loads: list[Any] = []
    floors: list[Any] = []

    def watch(run: Run) -> None:
        who = run.coprocessors()
        accounts = run.world.market.accounts[who]
        if loads:
            floors.append(np.stack([accounts["next_capacity"], loads[-1]])[:, (run.done + who) % EVERY == 0])
        if run.done >= start_up(run.scenario) + WATCHED - 1:
            run.world.fortune["level"][who] = run.world.fortune["trend"][who] = 0.0
            loads.append(accounts["load"].copy())

    run_on(replace(STEADY, utilisation=0.95, periods=40), watch=watch)
    capacity, load = np.concatenate(floors, axis=1)
    assert (capacity >= load).all()
    assert (capacity == load).sum() > 3


def test_nobody_grows_that_loses() -> None:
    """A rent of all that a unit could earn leaves nobody a profit."""
    _, seen = watched(replace(STEADY, rent=1.0, utilisation=0.4))
    assert (seen["mood"][20:] < 0).all()
    assert (np.diff(seen["capacity"], axis=0) <= 0).all()
    assert (seen["capacity"][-1] < seen["capacity"][0]).any()


def test_rent_is_a_cost_of_what_is_held_and_changes_nothing_else() -> None:
    steady = replace(STEADY, resizing=False, periods=40)
    free, dear = (run_on(replace(steady, rent=rent)) for rent in (0.0, 0.1))
    assert dear.summary["state_digest"] == free.summary["state_digest"]
    paid = dear.periods["cost"] - free.periods["cost"]
    heavy = dear.demand.reward[dear.demand.heavy].sum() / steady.periods
    assert np.allclose(paid, 0.1 * heavy / steady.utilisation, rtol=0.01)
    spent = [run.world.fortune["spent"][run.coprocessors()].sum() for run in (dear, free)]
    assert spent[0] - spent[1] == pytest.approx(paid.sum())
    assert (dear.history["profit"] - free.history["profit"]).sum() == pytest.approx(-paid.sum())


def test_who_has_left_pays_no_rent() -> None:
    """Those that retire pay until their last task is done."""
    held: list[int] = []

    def watch(run: Run) -> None:
        here = run.world.fortune["left"][run.coprocessors()] == 0
        held.append(int(run.people[1].capacity[here].sum()))

    tired = replace(STEADY, resizing=False, leaving=0.1, periods=20)
    dear, free = run_on(replace(tired, rent=0.1), watch=watch), run_on(tired)
    paid = dear.periods["cost"] - free.periods["cost"]
    assert np.allclose(paid, rent_of(dear.scenario, dear.demand) * np.array(held))
    assert held[-1] < 0.5 * held[0]
    assert (dear.periods["coprocessors_active"] < 30).all()


@pytest.mark.parametrize("engine", ["evm", "anvil"])
def test_contracts_resize_alike_and_no_further_than_stakes_cover(engine: str) -> None:
    """Stakes cover what there was at first, and what profits add."""
    quick = replace(STEADY, coprocessors=10, operators=4, tasks_per_period=60, periods=60, stress="double_demand")
    own = ContractParameters(replace(quick.network(), stake_per_unit=60_000))
    quick = with_contracts(quick, own, "here")
    chain, twin = (run_on(quick, each) for each in (engine, "twin"))
    assert chain.summary["state_digest"] == twin.summary["state_digest"]
    accounts = twin.world.market.accounts[twin.coprocessors()]
    covered = (accounts["free"] + accounts["locked"]) // 60_000
    assert (accounts["next_capacity"] <= covered).all()
    assert (accounts["next_capacity"] >= 0.95 * covered).sum() > 3
    assert (accounts["next_capacity"] > twin.people[1].capacity).sum() > 3


def test_forecasts_outlive_a_stop(tmp_path: Path) -> None:
    """A run of everything that looks ahead goes on from its checkpoints to the same end."""
    scenario = replace(load("growing"), periods=45, entry=0.3, operator_entry=0.3)
    whole = run_on(scenario)
    kept = tmp_path / "kept.npz"

    def stop(run: Run) -> None:
        if run.done in (10, 26, 33, 41):
            run.done += 1
            checkpoint.save(run, kept)
            raise InterruptedError

    for _ in range(4):
        with pytest.raises(InterruptedError):
            run_on(scenario, kept_in=kept, watch=stop)
    last = run_on(scenario, kept_in=kept)
    assert last.summary["state_digest"] == whole.summary["state_digest"]
    assert last.periods.tobytes() == whole.periods.tobytes()
    assert whole.turnover.operators_entered > 3
    assert last.turnover.usual == whole.turnover.usual


@pytest.mark.parametrize("engine", ["evm", "anvil"])
def test_the_scenario_that_looks_ahead_agrees_with_the_contracts(engine: str) -> None:
    shipped = replace(load("growing"), periods=40)
    chain, twin = (run_on(shipped, each) for each in (engine, "twin"))
    assert chain.summary["state_digest"] == twin.summary["state_digest"]
    assert chain.summary["conserved"]
    assert twin.turnover.operators_entered > 0
    assert twin.turnover.entered > 0
    now = twin.world.market.accounts["next_capacity"][twin.coprocessors()]
    assert (now != twin.world.fortune["registered"][twin.coprocessors()]).sum() > 10
