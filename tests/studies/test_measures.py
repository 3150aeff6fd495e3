"""Measures of runs, against hand calculations."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from ballast.sim.period.world import TALLY
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.studies.drift import steady_from
from ballast.studies.measures import EFFICIENCY, MEASURES, measured, of_periods, ratio, warmed_up

SMALL = Scenario(operators=6, coprocessors=5, periods=7, tasks_per_period=60, seed=11)


@pytest.fixture(scope="module")
def run() -> Run:
    """Run a small scenario."""
    return run_on(SMALL)


def test_measures_of_periods_by_hand() -> None:
    p = np.zeros(2, TALLY)
    for name, values in {
        **{"opened": (100, 60), "auctioned": (50, 30), "unsold": (10, 10), "idle_expired": (2, 4)},
        **{"sold_early": (30, 10), "sold_later": (6, 9), "sold_again": (4, 1), "above_kink": (5, 1)},
        **{"late": (3, 4), "forfeited": (2, 5), "failed": (1, 0)},
        **{"auctioned_price": (70, 20), "auctioned_reward": (100, 20)},
        **{"load_jain": (0.5, 0.9), "load_p95": (2_000.0, 8_000.0)},
    }.items():
        p[name] = values
    assert of_periods(p) == pytest.approx(
        {
            **{"fill": 60 / 80, "idle_expired": 6 / 80, "price": 90 / 120, "jain": 0.7, "load_p95": 0.5},
            **{"above_f": 6 / 60, "late": 7 / 140, "faults": 14 / 140, "failures": 8 / 140},
        }
    )
    assert of_periods(p[1:])["price"] == 1.0


def test_measures_of_a_run_are_shares_of_what_came(run: Run) -> None:
    # seven periods of 60 tasks, three of them warm-up: catches measures that begin with newcomers
    tally, found = run.periods[3:], measured(run)
    offered, opened = run.workload.reward[180:].sum(), tally["opened"].sum()
    assert list(found) == list(MEASURES)
    assert found["served"] == tally["settled"].sum() / 240
    assert found["welfare"] == (tally["settled_reward"].sum() - tally["cost"].sum()) / offered
    assert found["benefit"] == pytest.approx(
        found["welfare"] - (tally["slashed"].sum() + tally["penalties"].sum()) / offered
    )
    faults = tally["late"].sum() + tally["forfeited"].sum()
    assert found["faults"] == faults / (opened - tally["unsold"].sum()) > 0
    assert found["slashes"] == tally["slashed"].sum() / offered > 0
    assert {name: found[name] for name in of_periods(tally)} == of_periods(tally)


@pytest.mark.parametrize(("periods", "first"), [(1_000, 300), (50, 15), (30, 9), (7, 3), (2, 1), (1, 0)])
def test_the_warm_up_is_three_tenths_rounded_up_and_leaves_a_period(periods: int, first: int) -> None:
    assert warmed_up(periods) == first


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
