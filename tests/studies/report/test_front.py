"""What came out: the sentences are true and the shares right, of real runs, and where there is little to say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from ballast.sim.run import run_on
from ballast.studies.figures.results import read
from ballast.studies.measures import MEASURES, of_periods
from ballast.studies.report.front import NONE, findings, moved, percent
from ballast.studies.report.points import Points, of_results, of_run, summed
from tests.sim.results import FACTORS, SMALL, columns_of, write_run, write_runs, write_table

USUAL: dict[str, float] = {
    **{"opened": 202, "unplaced": 10, "settled": 150, "unsold": 30, "forfeited": 8, "failed": 2, "queued": 0},
    **{"live": 12, "auctioned": 101, "auctioned_price": 900, "auctioned_reward": 1000},
    **{"settled_reward": 4000, "slashed": 100, "penalties": 20},
    **{"operators_active": 7, "coprocessors_active": 12, "load_mean": 4200, "load_above": 0.25},
}
PARAMETERS: dict[str, Any] = {
    **{"operators": 8, "coprocessors": 12, "preset": "idle_neutral", "curve": True, "stress": "none"},
    **{"exits": True, "entry": 0.0, "leaving": 0.0},
}
PAID = {"fees_paid": 80, "uptime_paid": 20}


def said(changes: dict[str, float], place: int, parameters: dict[str, Any] | None = None) -> tuple[str, str]:
    """Share and sentence at a place, of the usual run but for some changes."""
    found = findings(USUAL | changes, PARAMETERS | (parameters or {}), PAID)
    assert len(found) == 5
    return found[place].share, found[place].said


def test_five_shares_and_sentences_of_a_usual_run() -> None:
    assert [(f.share, f.label, f.said) for f in findings(USUAL, PARAMETERS, PAID)] == [
        (
            *("75.0%", "of the tasks settled"),
            "Of 200 tasks that ended 150 were settled; 15.0% found no coprocessor, 4.0% had a wrong result, 1.0% were "
            "not done in time and 5.0% found no operator. When the run ended, 12 were under way.",
        ),
        (
            *("90.0%", "of the reward paid as the price"),
            "Of 202 tasks opened 50.0% were auctioned, operators executed the rest themselves; coprocessors were paid "
            "90.0% of the rewards of those settled.",
        ),
        (
            *("2.5%", "of the rewards slashed"),
            "Slashes took 2.5% of the rewards paid; fees took 2.0%, uptime rewards gave 0.5% back.",
        ),
        (
            *("95.0%", "of the participants still there"),
            "7 of 8 operators and all 12 coprocessors were active at the end.",
        ),
        (
            *("42.0%", "mean load of the coprocessors"),
            "The load curve pays most at a load of 50%; coprocessors stood at 42.0% of their capacity on average, "
            "25.0% of the time above 80%, where slashes grow.",
        ),
    ]


LOST = dict.fromkeys(("unsold", "forfeited", "failed", "unplaced", "queued", "live"), 0.0)
ONE = LOST | {"opened": 1, "auctioned": 0, "settled": 0}


@pytest.mark.parametrize(
    ("changes", "share", "sentence"),
    [
        (LOST, "100%", "All 150 tasks that ended were settled."),
        (LOST | {"settled": 0}, NONE, "No task ended."),
        (LOST | {"settled": 0, "live": 1}, NONE, "No task ended. When the run ended, 1 was under way."),
        (
            LOST | {"settled": 0, "unsold": 9},
            "0%",
            "None of 9 tasks that ended was settled; 100% found no coprocessor.",
        ),
        (
            LOST | {"settled": 1, "failed": 3},
            "25.0%",
            "One of 4 tasks that ended was settled; 75.0% were not done in time.",
        ),
        (ONE | {"settled": 1}, "100%", "The only task that ended was settled."),
        (ONE | {"forfeited": 1}, "0%", "The only task that ended was not settled: it had a wrong result."),
        (ONE | {"opened": 0, "unplaced": 1}, "0%", "The only task that ended was not settled: it found no operator."),
        (
            LOST | {"settled": 9_999_998, "failed": 1},
            ">99.9%",
            "Of 9,999,999 tasks that ended 9,999,998 were settled; <0.1% were not done in time.",
        ),
    ],
)
def test_how_tasks_ended(changes: dict[str, float], share: str, sentence: str) -> None:
    assert said(changes, 0) == (share, sentence)


def test_tasks_that_have_not_ended_are_said_and_count_for_nothing() -> None:
    assert said(LOST | {"live": 2.5, "queued": 50}, 0) == (
        "100%",
        "All 150 tasks that ended were settled. When the run ended, 2.5 were under way and 50 were waiting for a slot.",
    )
    along = points([0.01, 0.1], live=[0, 40], queued=[0, 50])
    assert moved(along)[0].share == "75.0%"


def test_what_waits_and_what_is_under_way_is_as_at_the_end() -> None:
    found = summed({"queued": np.array([5.0, 9.0, 2.0]), "live": np.array([6.0, 1.0, 3.0])})
    assert found == {"queued": 2.0, "live": 3.0}


def test_what_remains_is_not_said_without_penalties() -> None:
    along = points([0.01, 0.1])
    without = [{name: value for name, value in sums.items() if name != "penalties"} for sums in along.sums]
    assert [f.label for f in moved(replace(along, sums=without))] == [f.label for f in moved(along)[:-1]]


def test_a_stress_is_said_first() -> None:
    assert said(LOST, 0, {"stress": "quality_drift"})[1] == (
        "Under the stress quality drift, all 150 tasks that ended were settled."
    )


@pytest.mark.parametrize(
    ("changes", "share", "sentence"),
    [
        ({"auctioned": 0}, NONE, "Operators executed every task themselves; nothing was auctioned."),
        ({"opened": 0, "auctioned": 0}, NONE, "No task was opened; nothing was auctioned."),
        (
            {"auctioned_price": 0, "auctioned_reward": 0, "auctioned": 202},
            *(NONE, "All tasks were auctioned; nothing auctioned was settled, so no price was paid."),
        ),
        (
            {"opened": 1, "auctioned": 1},
            *("90.0%", "The only task was auctioned; the coprocessor was paid 90.0% of its reward."),
        ),
    ],
)
def test_what_was_auctioned(changes: dict[str, float], share: str, sentence: str) -> None:
    assert said(changes, 1) == (share, sentence)


@pytest.mark.parametrize(
    ("changes", "share", "sentence"),
    [
        ({"slashed": 0}, "0%", "Nothing was slashed; fees took 2.0% of the rewards, uptime rewards gave 0.5% back."),
        ({"settled_reward": 0, "slashed": 0}, NONE, "No reward was paid, and nothing was slashed."),
        ({"settled_reward": 0}, NONE, "No reward was paid, and 100 token units were slashed."),
        (
            {"slashed": 6000},
            *("150.0%", "Slashes took 150.0% of the rewards paid; fees took 2.0%, uptime rewards gave 0.5% back."),
        ),
    ],
)
def test_what_was_slashed(changes: dict[str, float], share: str, sentence: str) -> None:
    assert said(changes, 2) == (share, sentence)


def test_without_fees_nothing_is_said_of_them() -> None:
    assert findings(USUAL, PARAMETERS, {})[2].said == "Slashes took 2.5% of the rewards paid."


@pytest.mark.parametrize(
    ("changes", "parameters", "share", "sentence"),
    [
        (
            {"operators_active": 8},
            {"exits": False},
            "100%",
            "All 8 operators and all 12 coprocessors were active at the end; in this scenario nobody leaves.",
        ),
        (
            {"operators_active": 1, "coprocessors_active": 1},
            {"operators": 1, "coprocessors": 1},
            *("100%", "The only operator and the only coprocessor were active at the end."),
        ),
        (
            {"operators_active": 0, "coprocessors_active": 0},
            {},
            *("0%", "0 of 8 operators and 0 of 12 coprocessors were active at the end."),
        ),
        (
            {"operators_active": 12, "coprocessors_active": 13},
            {"entry": 1.0},
            "125.0%",
            "At the end 12 operators and 13 coprocessors were active, "
            "after a start with 8 operators and 12 coprocessors.",
        ),
        (
            {"operators_active": 9, "coprocessors_active": 12},
            {"operator_entry": 0.1},
            "105.0%",
            "At the end 9 operators and 12 coprocessors were active, "
            "after a start with 8 operators and 12 coprocessors.",
        ),
    ],
)
def test_who_is_still_there(changes: dict[str, float], parameters: dict[str, Any], share: str, sentence: str) -> None:
    assert said(changes, 3, parameters) == (share, sentence)


@pytest.mark.parametrize(
    ("changes", "parameters", "share", "sentence"),
    [
        ({"load_mean": 0, "load_above": 0}, {}, "0%", "Coprocessors carried no load."),
        ({"load_mean": np.nan, "load_above": np.nan}, {}, NONE, "Coprocessors carried no load."),
        (
            {"load_above": 0},
            {"curve": False},
            *(
                "42.0%",
                "The load curve was off; coprocessors stood at 42.0% of their capacity on average, never above 80%.",
            ),
        ),
        (
            {},
            {"preset": "smooth"},
            "42.0%",
            "The load curve pays most without load; coprocessors stood at 42.0% of their capacity on average, 25.0% of "
            "the time above 80%, where slashes grow.",
        ),
    ],
)
def test_how_loads_stand_to_the_optimum(
    changes: dict[str, float], parameters: dict[str, Any], share: str, sentence: str
) -> None:
    assert said(changes, 4, parameters) == (share, sentence)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0%"),
        (1e-9, "<0.1%"),
        (0.0005, "0.1%"),
        (0.5, "50.0%"),
        (0.9994, "99.9%"),
        (1 - 1e-9, ">99.9%"),
        (1, "100%"),
    ],
)
def test_what_is_not_all_is_not_written_as_all(share: float, text: str) -> None:
    assert percent(share) == text


def test_the_shares_of_a_real_run_are_its_measures(run: Path) -> None:
    """Of all of it: the front counts tasks, those of the start-up and the warm-up too."""
    results = read(run).run
    assert results
    found = findings(of_run(results), results.parameters, results.summary)
    whole = run_on(SMALL, "twin")
    by = of_periods(whole.periods)
    assert set(by) == set(MEASURES)
    assert found[0].share == percent(by["served"])
    assert found[1].share == percent(by["price"])
    periods = columns_of(run / "periods.csv")
    assert found[2].share == percent(results.summary["slashed_total"] / results.summary["reward_paid"])
    there = periods["operators_active"][-1] + periods["coprocessors_active"][-1]
    assert found[3].share == percent(there / 20)
    weights = periods["coprocessors_active"]
    assert found[4].share == percent(float((periods["load_mean"] * weights).sum() / weights.sum()) / 10_000)


# Runs at the edge


@pytest.mark.parametrize(
    ("changes", "place", "start"),
    [
        ({"heavy_share": 0.0}, 4, "Coprocessors carried no load."),
        (
            {"errors": False, "careless": 0.0, "effort": 0.0},
            0,
            r"Of [\d,]+ tasks that ended [\d,]+ were settled; [\d.]+% found no coprocessor and [\d.]+% were not",
        ),
        (
            {"operators": 1, "coprocessors": 1, "periods": 1, "tasks_per_period": 1},
            0,
            "The only task that ended was settled.",
        ),
        (
            {"exits": False},
            3,
            "All 8 operators and all 12 coprocessors were active at the end; in this scenario nobody",
        ),
        (
            {"stress": "outage", "periods": 12},
            0,
            r"Under the stress outage, of [\d,]+ tasks that ended [\d,]+ were settled",
        ),
    ],
)
def test_runs_at_the_edge(tmp_path: Path, changes: dict[str, Any], place: int, start: str) -> None:
    results = read(write_run(tmp_path / "run", **changes)).run
    assert results
    found = findings(of_run(results), results.parameters, results.summary)
    assert len(found) == 5
    assert re.match(start, found[place].said)
    assert not any("nan" in f.share + f.said for f in found)


# Sweeps


def points(values: list[Any], factor: str = "slashing", **columns: list[float]) -> Points:
    """Points of a sweep."""
    sums = [USUAL | {name: column[i] for name, column in columns.items()} for i in range(len(values))]
    return Points(factor, values, sums, {}, 30, len(values))


def test_what_moves_with_the_factor() -> None:
    along = points(
        [0.01, 0.1, 0.5],
        settled=[150, 180, 20],
        unsold=[30, 0, 160],
        slashed=[0, 100, 2000],
        operators_active=[8, 8, 0],
        coprocessors_active=[12, 12, 3.5],
    )
    assert [(f.share, f.label, f.said) for f in moved(along)] == [
        (
            *("75.0% to 10.0%", "of the tasks settled"),
            "The share of tasks settled falls from 75.0% at s = 0.01 to 10.0% at s = 0.5, most, 90.0%, at s = 0.1.",
        ),
        ("90.0%", "of the reward paid as the price", "The price's share of the reward is 90.0% at every point."),
        (
            *("0% to 50.0%", "of the rewards slashed"),
            "What is slashed, as a share of the rewards paid, rises from 0% at s = 0.01 to 50.0% at s = 0.5.",
        ),
        (
            *("8 to 0", "operators at the end"),
            "The number of operators active at the end falls from 8 at s = 0.01 to 0 at s = 0.5; the number of "
            "coprocessors active at the end falls from 12 at s = 0.01 to 3.5 at s = 0.5.",
        ),
        (
            *("s = 0.01", "best for the rewards that remain"),
            "Rewards less slashes and penalties come to 3.98 thousand token units at s = 0.01, the most, and to 1.98 "
            "at s = 0.5, the least.",
        ),
    ]


def test_an_extreme_that_reads_like_an_end_is_not_said() -> None:
    along = points([0.01, 0.1, 0.5], auctioned_price=[913.0, 916.4, 915.9])
    assert moved(along)[1].said == "The price's share of the reward rises from 91.3% at s = 0.01 to 91.6% at s = 0.5."


def test_a_factor_of_words_and_a_point_where_nothing_was_paid() -> None:
    along = points(["hump", "smooth"], "preset", settled_reward=[4000, 0], slashed=[100, 100])
    shares = {f.label: f for f in moved(along)}
    slashed = shares["of the rewards slashed"]
    assert slashed.share == f"2.5% to {NONE}"
    assert f"is 2.5% at preset = hump and {NONE} at preset = smooth" in slashed.said
    assert shares["best for the rewards that remain"].share == "preset = hump"


def test_points_of_runs_and_of_their_table_are_the_same(tmp_path: Path) -> None:
    runs = write_runs(tmp_path / "runs")
    of_runs, of_table = of_results(read(runs)), of_results(read(write_table(tmp_path / "sweep", runs)))
    assert of_runs.factor == of_table.factor == "slashing"
    assert list(of_runs.values) == list(of_table.values) == list(FACTORS)
    assert (of_runs.seeds, of_table.seeds) == (2, 4)
    for ours, theirs in zip(of_runs.sums, of_table.sums, strict=True):
        for name in ("settled_reward", "slashed", "penalties", "operators_active"):
            assert ours[name] == pytest.approx(theirs[name])
    assert len(moved(of_runs)) == 5
    assert len(moved(of_table)) == 3


def test_a_sweep_of_one_point_speaks_like_a_run(tmp_path: Path) -> None:
    columns = columns_of(write_run(tmp_path / "run") / "periods.csv")
    table = {name: values.tolist() for name, values in columns.items()} | {"seeds": [6] * SMALL.periods}
    (tmp_path / "sweep").mkdir()
    pyarrow.parquet.write_table(pyarrow.table(table), tmp_path / "sweep" / "periods.parquet")
    along = of_results(read(tmp_path / "sweep"))
    assert (along.factor, along.seeds, len(along.sums)) == ("", 6, 1)
    found = findings(along.sums[0], PARAMETERS, {})
    run = read(tmp_path / "run").run
    assert run
    assert [f.share for f in found] == [f.share for f in findings(of_run(run), run.parameters, run.summary)]


def test_loads_are_means_over_the_coprocessors_that_were_there() -> None:
    there = {"load_mean": np.array([2000.0, 8000.0, 0.0]), "coprocessors_active": np.array([10.0, 5.0, 0.0])}
    assert summed(there)["load_mean"] == 4000
    gone = {"load_mean": np.array([0.0]), "coprocessors_active": np.array([0.0])}
    assert np.isnan(summed(gone)["load_mean"])
