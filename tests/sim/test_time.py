"""Time that flows: nobody's number matters, nor how tasks are cut into periods, and the load is the one asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from ballast.sim.market.steps import SETTLED
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.sim.state import FIRST_OPERATOR

BASE = Scenario(operators=20, coprocessors=20, periods=24, tasks_per_period=200)
SEEDS = 30


def of_a_run(seed: int) -> dict[str, float]:
    """Rank correlations of participants' numbers with how they fare."""
    auctioned = np.zeros(20)
    again = np.zeros(20)
    paid = np.zeros(20)
    worth = np.zeros(20)

    def watch(run: Run) -> None:
        sold = run.tasks[(run.tasks["own"] == 0) & (run.tasks["outcome"] == SETTLED)]
        row = sold["operator"] - FIRST_OPERATOR
        auctioned[:] += np.bincount(row, minlength=20)
        again[:] += np.bincount(row, sold["rising"], minlength=20)
        paid[:] += np.bincount(row, sold["price"], minlength=20)
        worth[:] += np.bincount(row, sold["reward"], minlength=20)

    run = run_on(replace(BASE, seed=seed), watch=watch)
    found: dict[str, Any] = {"price": paid / worth, "second chances": again / auctioned}
    for kind, first in (("operators", FIRST_OPERATOR), ("coprocessors", run.first_coprocessor)):
        those = slice(first, first + 20)
        fortune = run.world.fortune[those]
        found[f"{kind}' income"] = fortune["income"] - fortune["slashed"]
        found[f"{kind}' load"] = run.history["load"][:, those].mean(axis=0)
        found[f"{kind}' reputation"] = run.world.market.accounts["reputation"][those]
    return {name: float(spearmanr(np.arange(20), values).statistic) for name, values in found.items()}


def test_nothing_goes_with_a_participants_number() -> None:
    """Over thirty seeds no mean rank correlation is further from 0 than three and a half of its standard errors."""
    runs = [of_a_run(seed) for seed in range(100, 100 + SEEDS)]
    for name in runs[0]:
        values = np.array([run[name] for run in runs])
        assert abs(values.mean()) < 3.5 * values.std(ddof=1) / np.sqrt(SEEDS), name


@cache
def outcome(seeds: tuple[int, ...], **changes: Any) -> dict[str, float]:
    """What comes of a market after its first third, as means over seeds."""
    rows = []
    for seed in seeds:
        run = run_on(replace(Scenario(operators=40, coprocessors=40), seed=seed, **changes))
        after = run.periods[len(run.periods) // 3 :]
        rows.append(
            {
                "price": after["auctioned_price"].sum() / after["auctioned_reward"].sum(),
                "settled": after["settled"].sum() / after["opened"].sum(),
                "jain": after["load_jain"].mean() / 1.0,
                "utilisation": after["capacity_used"].mean(),
                "welfare": (after["settled_reward"].sum() - after["cost"].sum()) / after["settled_reward"].sum(),
            }
        )
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def test_the_same_tasks_cut_into_other_periods_have_the_same_outcome() -> None:
    few = outcome((1, 2, 3), periods=30, tasks_per_period=400)
    many = outcome((1, 2, 3), periods=300, tasks_per_period=40)
    for name, value in few.items():
        assert many[name] == pytest.approx(value, abs=0.04), name


@pytest.mark.parametrize("asked", [0.3, 0.5, 0.75])
def test_the_utilisation_asked_for_is_the_one_that_comes_out(asked: float) -> None:
    assert outcome((1, 2, 3), periods=30, tasks_per_period=400, utilisation=asked)["utilisation"] == pytest.approx(
        asked, rel=0.08
    )


def test_no_period_begins_idle() -> None:
    """After the start the load of every period is near that of all."""
    run = run_on(Scenario(seed=5))
    load = run.periods["capacity_used"][run.summary["start_up"] :]
    assert load.min() > 0.9 * load.mean()
    assert (run.periods["live"][run.summary["start_up"] :] > 0).all()
