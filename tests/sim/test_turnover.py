"""Who leaves because it loses, and comes back to try again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ballast.sim.period.behaviour import WEIGHT_OF_NOW
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.sim.turnover import AWAY, DOUBT, SETTLING_IN

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
