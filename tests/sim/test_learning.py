"""What participants learn in a run: chances that come true, and losses that end up in prices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario
from ballast.studies.calibration import PARTS, tenths

BASE = Scenario(operators=50, coprocessors=50, tasks_per_period=500)


@pytest.mark.parametrize("utilisation", [0.5, 0.8])
@pytest.mark.parametrize("bad_share", [0.0, 0.2])
def test_by_decile_as_many_succeed_as_was_believed(utilisation: float, bad_share: float) -> None:
    """Of the tasks in each tenth of the chances believed, within one point and three standard errors."""
    scenario = replace(BASE, periods=200, utilisation=utilisation, bad_share=bad_share)
    found = tenths(replace(scenario, seed=seed) for seed in (101, 102))
    assert len(found) == PARTS
    for each in found:
        assert abs(each.came - each.believed) < 0.01 + 3 * each.error
    assert found[-1].believed - found[0].believed > 0.02


def test_without_learning_nobody_learns() -> None:
    run = run_on(replace(BASE, periods=12, learning=False, utilisation=0.9))
    accounts = slice(run.first_coprocessor, run.first_coprocessor + 50)
    world, first = run.world, run_on(replace(BASE, periods=1, learning=False, utilisation=0.9)).world
    assert len(set(world.market.accounts["reputation"][accounts].tolist())) == 1
    for name in ("late_rate", "wrong_rate"):
        assert len(set(world.fortune[name][accounts].tolist())) == 1
    assert np.array_equal(world.beliefs["success"], first.beliefs["success"])
    for name in ("price", "sale", "setback"):
        assert np.array_equal(world.beliefs[name], first.beliefs[name])
    assert run.periods["late"].sum() > 0


def test_who_fails_often_learns_it_and_is_priced_out() -> None:
    """Bad coprocessors win their share at first, and hardly anything once they know what their results cost them."""
    run = run_on(replace(BASE, periods=60, bad_share=0.2, utilisation=0.5))
    accounts = slice(run.first_coprocessor, run.first_coprocessor + 50)
    bad = run.world.traits["quality"][accounts] < 0.7
    assert bad.sum() == 10
    wins = run.history["tasks"][:, accounts][:, bad].sum(axis=1) / run.history["tasks"][:, accounts].sum(axis=1)
    assert wins[:5].mean() > 0.1
    assert wins[40:].mean() < 0.02
    careless = replace(BASE, periods=60, bad_share=0.2, utilisation=0.5, break_even=False, record_weight=0.0)
    naive = run_on(careless)
    wins = naive.history["tasks"][:, accounts][:, bad].sum(axis=1) / naive.history["tasks"][:, accounts].sum(axis=1)
    assert wins[40:].mean() > 0.1


@pytest.mark.parametrize("change", [{"allocation": "rising"}, {"allocation": "second_price"}])
def test_who_marks_up_is_paid_more_where_the_cheapest_bid_first(change: dict[str, Any]) -> None:
    """By a part of the 30%, since some find nobody at that, and nobody asks more than nine tenths for it."""
    plain, marked = (run_on(replace(BASE, periods=20, markup=markup, **change)).periods[5:] for markup in (0.0, 0.3))
    paid, more = (of["auctioned_price"].sum() / of["auctioned_reward"].sum() for of in (plain, marked))
    assert 1.1 * paid < more < 1.3 * paid
    assert more < 0.95


def test_overload_makes_results_late() -> None:
    """With asks that do not care, four times as many results are late where a full load adds a half to the chance."""
    heavy = replace(BASE, periods=20, utilisation=1.5, break_even=False)
    calm, hurt = (run_on(replace(heavy, overload=slope)) for slope in (0.0, 0.5))
    assert hurt.periods["late"].sum() > 4 * calm.periods["late"].sum()


def test_largest_loads_answer_to_the_price() -> None:
    """Where overload hurts, nobody fills up at prices that do not pay for it; with limits of their own, up to these."""
    heavy = replace(BASE, periods=20, utilisation=1.5)
    peak = {slope: run_on(replace(heavy, overload=slope)).periods["load_p95"][5:].mean() for slope in (0.0, 0.3, 1.0)}
    assert peak[0.0] > 9_500
    assert list(peak.values()) == sorted(peak.values(), reverse=True)
    assert peak[1.0] < 9_000
    limited = run_on(replace(heavy, fixed_limits=True))
    patience = limited.people[1].traits["patience"]
    assert 7_000 <= patience.min() < patience.max() <= 10_000
    assert (run_on(replace(heavy, periods=2)).people[1].traits["patience"] == 10_000).all()
