"""Ours beside rules without a price over a range of populations."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ballast.cli import main
from ballast.errors import ParameterError
from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario
from ballast.studies.compare.across import PRICE_FREE, RANGE, PopulationRange, RangePoint, across
from ballast.studies.compare.rules import OURS, rule_of, under
from ballast.studies.compare.settings import RANGE_SEEDS
from ballast.studies.measures import measured

SMALL = Scenario(operators=5, coprocessors=5, periods=3, tasks_per_period=30, seed=3)
OPTIONS = ["--operators", "5", "--coprocessors", "5", "--periods", "3", "--tasks-per-period", "30", "--workers", "1"]


def test_the_range_is_every_combination() -> None:
    assert len(set(RANGE)) == len(RANGE) == 4 * 3 * 2
    assert [sorted({place[i] for place in RANGE}) for i in range(3)] == [[0, 0.1, 0.2, 0.3], [0, 0.1, 0.3], [0.5, 0.75]]


def test_rules_without_a_price_pay_the_starting_price() -> None:
    for rule in PRICE_FREE:
        assert rule_of(rule).changes.keys() == {"allocation"}
        assert measured(run_on(under(rule, SMALL)))["price"] == pytest.approx(0.98, abs=1e-5)


def test_each_number_is_that_of_a_run() -> None:
    found = across(SMALL, 2)
    place = RangePoint(0.2, 0.1, 0.5)
    scenario = replace(SMALL, seed=4, bad_share=0.2, overload=0.1, utilisation=0.5)
    for rule in (OURS, *PRICE_FREE):
        assert found.found[place][rule][1] == measured(run_on(under(rule, scenario)))["welfare"]
    more = found.found[place][OURS] - found.found[place]["random"]
    assert found.leads[place]["random"].difference.mean == pytest.approx(more.mean())


def made(ours: list[float], theirs: list[float]) -> PopulationRange:
    """Range in which ours and all others are alike, but for random in the first population."""
    same = np.array([0.4, 0.41, 0.42, 0.4])
    found = {place: dict.fromkeys((OURS, *PRICE_FREE), same) for place in RANGE}
    found[RANGE[0]] = found[RANGE[0]] | {
        OURS: np.array(ours),
        "random": np.array(theirs),
        "round_robin": np.array(ours),
    }
    return PopulationRange(SMALL, [1, 2, 3, 4], found)


def test_ours_wins_only_beside_all_other_differences() -> None:
    low = [0.1, 0.2, 0.3, 0.4]
    for shift, verdict in ((0.3, "wins"), (-0.3, "loses")):
        sure = made([v + shift + 1e-5 * i for i, v in enumerate(low)], low)
        assert sure.leads[RANGE[0]]["random"].verdict == verdict
        assert sure.leads[RANGE[0]]["round_robin"].verdict == ""
        assert sure.leads[RANGE[1]]["random"].verdict == ""
    # Alone p = 0.0027, beside 95 others 0.26: catches verdicts by each interval.
    chance = made([v + d for v, d in zip(low, (0.07, 0.1, 0.1, 0.13), strict=True)], low)
    lead = chance.leads[RANGE[0]]["random"]
    assert lead.difference.sign == 1
    assert lead.p_holm > 0.05
    assert lead.verdict == ""


def test_it_is_printed_and_written(tmp_path: Path) -> None:
    done = CliRunner(mix_stderr=False).invoke(
        main, ["compare", "--range", *OPTIONS, "--seeds", "2", "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.stderr
    assert "2 seeds from 1001 on, 3 periods" in " ".join(done.stdout.split())
    for rule in PRICE_FREE:
        assert f"against {rule}: of 24 populations ours is better in " in done.stdout
    found = json.loads((tmp_path / "out" / "range.json").read_text())
    assert [RangePoint(*(of[name] for name in RangePoint._fields)) for of in found["populations"]] == list(RANGE)
    assert all(list(of["ours_less"]) == list(PRICE_FREE) for of in found["populations"])
    assert found["seeds"] == [1_001, 1_002]
    assert {"scenario", "seed", "date", "versions"} <= found.keys()


def test_few_seeds_are_enough_and_what_the_range_decides_is_refused() -> None:
    assert f"with --range {RANGE_SEEDS}]" in " ".join(CliRunner().invoke(main, ["compare", "--help"]).stdout.split())
    for changed in (replace(SMALL, bad_share=0.2), replace(SMALL, overload=0.1), replace(SMALL, utilisation=0.5)):
        with pytest.raises(ParameterError, match=r"is 0\.\d, and --range decides it"):
            across(changed, 2)
