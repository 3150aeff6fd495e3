"""Measures of runs, against hand calculations."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ballast.sim.market.records import Records
from ballast.sim.market.steps import FAILED, FORFEITED, SETTLED
from ballast.sim.period.pool import living
from ballast.sim.period.world import TALLY
from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario
from ballast.studies.drift import steady_from
from ballast.studies.measures import EFFICIENCY, MEASURES, measured, of_periods, ratio, warmed_up

SMALL = Scenario(operators=6, coprocessors=5, periods=7, tasks_per_period=60, seed=11)


def test_measures_of_periods_by_hand() -> None:
    p = np.zeros(2, TALLY)
    for name, values in {
        **{"unsold": (10, 10), "idle_expired": (2, 4), "unplaced": (20, 10), "settled": (80, 60)},
        **{"sold_early": (30, 10), "sold_later": (6, 9), "sold_again": (4, 1), "above_kink": (5, 1)},
        **{"late": (3, 4), "forfeited": (2, 5), "failed": (1, 2), "faults": (4, 8)},
        **{"auctioned_price": (70, 20), "auctioned_reward": (100, 20)},
        **{"settled_reward": (300, 200), "cost": (90.0, 60.0), "ended_reward": (500, 300)},
        **{"slashed": (10, 30), "penalties": (6, 2), "load_jain": (0.5, 0.9), "load_p95": (2_000.0, 8_000.0)},
    }.items():
        p[name] = values
    assert of_periods(p) == pytest.approx(
        {
            **{"served": 140 / 200, "fill": 60 / 80, "idle_expired": 6 / 80, "price": 90 / 120, "jain": 0.7},
            **{"load_p95": 0.5, "above_f": 6 / 60, "late": 7 / 150, "faults": 12 / 150, "failures": 10 / 150},
            **{"slashes": 40 / 800, "welfare": 350 / 800, "benefit": 302 / 800},
        }
    )
    assert of_periods(p[1:])["price"] == 1.0
    # what came counts for nothing: it may end later
    p["opened"] = p["auctioned"] = 1_000
    assert of_periods(p)["served"] == 140 / 200


def test_measures_of_a_run_are_shares_of_the_tasks_that_ended() -> None:
    ended: list[Records] = []
    run = run_on(SMALL, watch=lambda run: ended.append(run.tasks.copy()))
    # seven periods, two of them start-up; of the five after it two are warm-up: catches measures that begin with either
    assert run.summary["start_up"] == 2
    tasks, tally, found = np.concatenate(ended[4:]), run.periods[4:], measured(run)
    settled, offered = tasks[tasks["outcome"] == SETTLED], tasks["reward"].sum()
    executed = tasks[tasks["executor"] > 0]
    assert tally["unplaced"].sum() == 0
    assert list(found) == list(MEASURES)
    assert found["served"] == len(settled) / len(tasks)
    assert found["welfare"] == (settled["reward"].sum() - tally["cost"].sum()) / offered
    assert found["benefit"] == pytest.approx(
        found["welfare"] - (tally["slashed"].sum() + tally["penalties"].sum()) / offered
    )
    assert found["late"] == (executed["late"] == 1).mean() > 0
    assert found["faults"] == ((executed["late"] == 1) | (executed["outcome"] == FORFEITED)).mean() > found["late"]
    assert found["failures"] == np.isin(executed["outcome"], (FAILED, FORFEITED)).mean() > 0
    assert found["slashes"] == tally["slashed"].sum() / offered > 0


def test_rewards_of_tasks_that_found_no_operator_are_not_lost_sight_of() -> None:
    hopeless: Any = {"exits": True, "deliberate": False, "slashing": 1.0, "effort": 2.0, "careless": 0.1}
    hopeless["record_weight"] = 0.0  # or effort pays for the record's sake
    run = run_on(replace(SMALL, operators=1, periods=24, **hopeless))  # the only operator leaves
    assert run.periods["unplaced"].sum() > 0
    assert run.periods["opened"].sum() > 0
    under_way = living(run.world.pool)["reward"].sum()
    assert run.periods["ended_reward"].sum() == run.workload.reward.sum() - under_way


@pytest.mark.parametrize(
    ("periods", "submit", "first"), [(1_000, 1_280, 303), (50, 320, 16), (50, 321, 17), (2, 1_000, 1), (1, 1_000, 0)]
)
def test_the_start_up_and_three_tenths_of_the_rest_are_left_out(periods: int, submit: int, first: int) -> None:
    # 4 + 298.8; 1 + 14.7; 2 + 14.4; and a period is left of any run
    assert warmed_up(Scenario(periods=periods, submit_seconds=submit)) == first


@pytest.mark.parametrize(
    ("course", "part"),
    [([1.0] * 20, 0), ([0.5, 0.97] + [1.0] * 18, 2), ([1.0, 1.0, 1.03] + [1.0] * 17, 3), ([1.0, 0.99] * 10, 0)],
)
def test_a_course_is_steady_after_the_last_part_that_is_away_from_its_end(course: list[float], part: int) -> None:
    assert steady_from(np.array(course)) == part


def test_each_measure_has_one_name_and_says_what_it_is() -> None:
    everything = [*MEASURES.values(), *EFFICIENCY.values()]
    assert len({measure.title for measure in everything}) == len(everything)
    assert len({measure.about for measure in everything}) == len(everything)


def test_a_run_without_an_auction_has_no_price() -> None:
    light = replace(SMALL, heavy_share=0.0, deliberate=False, utilisation=0.01, periods=1, tasks_per_period=1)
    run = run_on(light)
    assert run.periods["auctioned"].sum() == 0
    found = measured(run)
    assert math.isnan(found["price"])
    assert math.isnan(found["fill"])
    assert math.isnan(ratio(0, 0))
