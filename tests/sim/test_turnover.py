"""Who leaves because it loses, and comes back to try again; and who enters because there is something to earn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ballast.errors import ParameterError
from ballast.model.constants import COPROCESSOR, OPERATOR
from ballast.sim.directory import participants
from ballast.sim.pace import start_up
from ballast.sim.period.behaviour import WEIGHT_OF_NOW
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.sim.state import FIRST_OPERATOR
from ballast.sim.turnover import AWAY, DOUBT, FASTEST, SETTLING_IN

LOSING = Scenario(
    operators=6,
    coprocessors=30,
    tasks_per_period=200,
    periods=160,
    exits=True,
    break_even=False,
    bad_share=0.3,
    collateral=2.0,
    utilisation=0.5,
    seed=11,
)
"""A third of the coprocessors are wrong two times in five, and do not ask for what that costs them."""


def active(scenario: Scenario, engine: str = "twin") -> tuple[Run, list[np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    """Run a scenario; who of the coprocessors is active, by period."""
    seen: list[np.ndarray[tuple[int], np.dtype[np.bool_]]] = []

    def watch(run: Run) -> None:
        seen.append(run.world.fortune["active"][run.coprocessors()] == 1)

    return run_on(scenario, engine, watch=watch), seen


def test_who_leaves_has_lost_by_more_than_chance_explains() -> None:
    """Every leaver's mean profit lay two standard errors below nothing, and it had tried for its time."""
    judged: list[set[int]] = []
    present: list[set[int]] = []

    def watch(run: Run) -> None:
        fortune = run.world.fortune[run.coprocessors()]
        here = fortune["active"] == 1
        error = np.sqrt(fortune["unrest"] * WEIGHT_OF_NOW / (2 - WEIGHT_OF_NOW))
        judged.append(set(np.flatnonzero(here & (fortune["mood"] + DOUBT * error < 0)).tolist()))
        present.append(set(np.flatnonzero(here).tolist()))

    run_on(LOSING, watch=watch)
    left = [(i, who) for i in range(1, len(present)) for who in present[i - 1] - present[i]]
    assert len(left) > 5
    assert all(who in judged[i - 1] for i, who in left)
    assert min(i for i, _ in left) >= SETTLING_IN


def test_nobody_leaves_where_everybody_earns() -> None:
    run, seen = active(Scenario(operators=10, coprocessors=30, tasks_per_period=300, periods=120, exits=True, seed=2))
    profit = run.history["profit"][:, run.coprocessors()].sum(axis=0)
    assert (profit > 0).all()
    assert all(each.all() for each in seen)


def test_who_left_comes_back_and_tries_again() -> None:
    """After some fifty periods, on average; with its record, its capacity, and time to settle in."""
    run, seen = active(replace(LOSING, periods=300))
    here = np.stack([np.resize(each, 30) for each in seen])
    away = []
    for who in here.T:
        changes = np.flatnonzero(np.diff(who.astype(int)))
        spans = np.diff(changes)
        away += [int(span) for span, change in zip(spans, changes, strict=False) if not who[change + 1]]
        stays = [int(span) for span, change in zip(spans, changes, strict=False) if who[change + 1]]
        assert all(stay >= SETTLING_IN for stay in stays)
    assert len(away) > 5
    assert np.mean(away) < 3 * AWAY
    assert run.summary["conserved"]


@pytest.mark.parametrize("engine", ["evm"])
def test_who_comes_back_registers_again_on_the_contracts(engine: str) -> None:
    quick = replace(LOSING, periods=120, tasks_per_period=80, coprocessors=10, operators=4)
    on_chain, seen = active(quick, engine)
    assert on_chain.summary["state_digest"] == run_on(quick).summary["state_digest"]
    here = np.stack([np.resize(each, 10) for each in seen])
    assert (np.diff(here.astype(int), axis=0) == 1).any()


def test_nobody_enters_a_market_in_which_coprocessors_lose() -> None:
    """While it is too early to say they come; then only where the others earn."""
    earning = Scenario(operators=6, coprocessors=10, tasks_per_period=100, periods=60, entry=0.5, seed=4)
    ruinous = replace(earning, break_even=False, errors=True, bad_share=1.0, collateral=4.0)
    for scenario, comes in ((earning, True), (ruinous, False)):
        run, seen = active(scenario)
        numbers = np.array([len(each) for each in seen])
        assert numbers[SETTLING_IN] > 10
        assert bool(numbers[-1] > numbers[SETTLING_IN + 1]) is comes
        assert run.summary["conserved"]


OPERATORS_LOSE = Scenario(
    operators=12,
    coprocessors=30,
    tasks_per_period=200,
    periods=200,
    exits=True,
    deliberate=False,
    bad_share=0.3,
    collateral=2.0,
    utilisation=0.5,
    heavy_share=0.3,
    seed=11,
)
"""A third of the operators are wrong two times in five, and execute whatever they may all the same."""
GROWING = Scenario(operators=6, coprocessors=12, tasks_per_period=80, periods=70, operator_entry=0.3, seed=2)


def test_operators_leave_and_come_back_too() -> None:
    """Those that are wrong lose; they get tasks again once they are back."""
    here: list[Any] = []
    opened: list[Any] = []

    def watch(run: Run) -> None:
        here.append(run.world.fortune["active"][run.world.operators] == 1)
        opened.append(np.bincount(run.tasks["operator"], minlength=run.first_coprocessor)[run.world.operators])

    run = run_on(OPERATORS_LOSE, watch=watch)
    changes = np.diff(np.stack(here).astype(int), axis=0)
    bad = run.people[0].traits["quality"] < 0.7
    assert ((changes == -1).sum(axis=0) > 0).tolist() == bad.tolist()
    back = np.argwhere(changes == 1)
    assert len(back) > 4
    tasks = np.stack(opened)
    assert sum(tasks[period + 2 : period + 15, who].sum() > 0 for period, who in back.tolist() if period < 180) > 4


def test_operators_enter_work_and_are_paid() -> None:
    """By places that are kept for them; who never came has no row in a run's files."""
    run = run_on(GROWING)
    first, entered = FIRST_OPERATOR + GROWING.operators, run.turnover.operators_entered
    assert 8 < entered < run.turnover.most_operators == len(run.reserve.capacity)
    came, never = slice(first, first + entered), slice(first + entered, run.first_coprocessor)
    assert (run.world.market.accounts["role"][came] == OPERATOR).all()
    assert (run.world.market.accounts["role"][never] == 0).all()
    settled = [account for account in range(came.start, came.stop) if run.turnover.since[account] < 50]
    assert len(settled) > 5
    assert run.history["profit"][:, settled].sum(axis=0).min() > 0
    assert run.edges[np.array(settled) - FIRST_OPERATOR].sum(axis=1).min() > 0
    assert (run.history["profit"][:, never] == 0).all()
    assert (run.world.market.accounts["free"][never] == run.reserve.funds[entered:]).all()
    assert run.periods["operators_active"][-1] == GROWING.operators + entered
    assert (run.periods["unplaced"] == 0).all()
    assert run.summary["conserved"]
    assert sorted(participants(run)["account"]) == sorted({*range(FIRST_OPERATOR, came.stop), *run.coprocessors()})


def test_operators_that_enter_are_like_those_at_the_start() -> None:
    many = replace(GROWING, operators=400, operator_entry=5.0, periods=30, records=0.9, bad_share=0.2)
    run = Run(many)
    first, reserve = run.people[0], run.reserve
    assert len(reserve.capacity) > 300
    for name in ("cost", "cost_heavy", "quality", "speed"):
        assert reserve.traits[name].mean() == pytest.approx(first.traits[name].mean(), rel=0.05)
    assert reserve.capacity.mean() == pytest.approx(first.capacity.mean(), rel=0.02)
    assert reserve.funds.mean() == pytest.approx(first.funds.mean(), rel=0.02)
    assert (first.traits["record"] == 900_000).all()
    assert (reserve.traits["record"] == 0).all()


def test_what_is_usual_is_what_a_period_earned_of_late() -> None:
    """Of those who were there; a period counts 5% less than the next, and all of them together are 1."""
    run = run_on(replace(GROWING, operator_entry=1e-9, entry=1e-9, periods=40))
    periods = SETTLING_IN + start_up(run.scenario)
    weights = (1 - WEIGHT_OF_NOW) ** np.arange(periods)[::-1]
    for role, who in ((OPERATOR, slice(FIRST_OPERATOR, FIRST_OPERATOR + 6)), (COPROCESSOR, run.coprocessors())):
        profit = run.history["profit"][:periods, who].mean(axis=1)
        assert run.turnover.usual[role] == pytest.approx(np.average(profit, weights=weights))


def test_a_run_has_places_for_ten_thousand_operators() -> None:
    most = replace(GROWING, periods=100, operator_entry=45.0)
    assert Run(replace(most, operators=430)).operator_places == 10_000
    with pytest.raises(
        ParameterError, match=r"^--operator-entry is 45\.0: up to 10001 operators, and 10000 is the most"
    ):
        Run(replace(most, operators=431))


@pytest.mark.parametrize(("role", "field"), [(OPERATOR, "operator_entry"), (COPROCESSOR, "entry")])
def test_more_enter_where_more_is_earned(role: int, field: str) -> None:
    """By what is earned over what was when all had settled in: a tenth of it, as much, or far more."""
    rates: dict[str, Any] = {"operator_entry": 0.0, field: 0.5}
    scenario = replace(GROWING, periods=90, tasks_per_period=40, **rates)
    entered = []
    for factor in (0.1, 1.0, 100.0):
        numbers: list[int] = []

        def watch(run: Run, factor: float = factor, numbers: list[int] = numbers) -> None:
            if run.done == 30:
                assert run.turnover.usual[role] > 0
                run.turnover.usual[role] /= factor
            numbers.append(run.turnover.entered + run.turnover.operators_entered)

        run_on(scenario, watch=watch)
        entered.append(numbers[-1] - numbers[30])
    assert entered[0] < 0.5 * entered[1] < entered[1] < entered[2]
    assert entered[2] == pytest.approx(FASTEST * 0.5 * 59, abs=4 * np.sqrt(59))


def test_no_operator_enters_where_operators_lose() -> None:
    """All tasks are wrong two times in five, and wrong ones cost more than the others earn."""
    ruinous = replace(GROWING, deliberate=False, bad_share=1.0, collateral=4.0, heavy_share=0.0)
    run = run_on(ruinous)
    active = run.periods["operators_active"]
    assert active[SETTLING_IN - 1] > GROWING.operators
    assert active[-1] == active[SETTLING_IN]


@pytest.mark.parametrize("engine", ["evm", "anvil"])
def test_operators_enter_on_the_contracts(engine: str) -> None:
    quick = replace(GROWING, periods=30, entry=0.2, exits=True)
    run = run_on(quick, engine)
    assert run.turnover.operators_entered > 3
    assert run.turnover.entered > 2
    assert run.summary["state_digest"] == run_on(quick).summary["state_digest"]


def test_operators_enter_a_trace_too(tmp_path: Path) -> None:
    """They get jobs of nobody; those of a user stay with its operator."""
    path = tmp_path / "trace.csv"
    rows = [f"{i},{100 + i % 7},{i % 5 if i % 2 else -1}\n" for i in range(2_000)]
    path.write_text("submit,duration,user\n" + "".join(rows))
    scenario = replace(GROWING, workload=path, periods=40, operator_entry=0.5)
    run = run_on(scenario)
    assert run.turnover.operators_entered > 3
    assert run.summary["conserved"]
