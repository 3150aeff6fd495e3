"""Sensitivity indices, on a function whose indices are known."""

from __future__ import annotations

import itertools
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

from ballast.errors import ParameterError
from ballast.model.load_curve import pack, rate
from ballast.model.reputation_filter import FilterParameters
from ballast.sim.scenario import TOLD, Scenario, of_table
from ballast.studies.sweep import sensitivity
from ballast.studies.sweep.analysis import indices_of
from ballast.studies.sweep.figure import draw
from ballast.studies.sweep.recipe import Recipe, recipe_of
from ballast.studies.sweep.row import OUTCOMES
from ballast.studies.sweep.sensitivity import Range

# Ishigami and Homma (1990), a = 7, b = 0.1. With V1 = (1 + b pi^4 / 5)^2 / 2, V2 = a^2 / 8, V13 = 8 b^2 pi^8 / 225 and
# V = V1 + V2 + V13, first order V1/V, V2/V, 0; total order (V1 + V13)/V, V2/V, V13/V.
ISHIGAMI = [Range(f"x{i}", -np.pi, np.pi) for i in (1, 2, 3)]
FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)


def ishigami(points: sensitivity.Fractions) -> sensitivity.Fractions:
    """Evaluate the function, one row a point."""
    x = points.T
    return np.asarray(np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]))


def test_ishigami_s_indices_are_found_with_intervals_that_hold_them() -> None:
    points = sensitivity.sample(ISHIGAMI, 4096, 1)
    assert points.shape == (4096 * 5, 3)
    found = sensitivity.indices(ISHIGAMI, ishigami(points), 1)
    for row, first, total in zip(found, FIRST, TOTAL, strict=True):
        assert row["first"] == pytest.approx(first, abs=0.02)
        assert row["total"] == pytest.approx(total, abs=0.02)
        assert abs(row["first"] - first) <= row["first_ci"] < 0.06
        assert abs(row["total"] - total) <= row["total_ci"] < 0.06


def test_indices_of_a_table_of_runs_are_those_of_the_means_of_its_points() -> None:
    ranges = (Range("slashing", 0.01, 0.5, "log"), Range("effort", 0.0, 0.4), Range("careless", 0.3, 0.9))
    recipe = Recipe(Scenario(), {}, 2, 256, ranges)
    values = np.array([point.slashing * (point.effort + point.careless) for point in recipe.points()])
    point, replicate = np.meshgrid(np.arange(len(values)), [0, 1], indexing="ij")
    noise = np.where(replicate == 0, 1.0, -1.0)
    shuffled = np.random.default_rng(1).permutation(point.size)
    columns = {"point": point, "replicate": replicate, **dict.fromkeys(OUTCOMES, values[point] + noise)}
    runs = pa.table({name: column.ravel()[shuffled] for name, column in columns.items()})
    found = indices_of(recipe, runs)
    expected = sensitivity.indices(ranges, values, recipe.base.seed)
    assert [row["outcome"] for row in found] == [name for name in OUTCOMES for _ in ranges]
    for row, known in zip(found, expected * len(OUTCOMES), strict=True):
        assert {key: row[key] for key in known} == pytest.approx(known)


def test_the_picture_has_a_panel_an_outcome_and_the_largest_on_top(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"outcome": outcome, "parameter": name, "first": 0.1, "first_ci": 0.05, "total": total, "total_ci": 0.1}
        for outcome, totals in (("served", (0.2, 0.1, 0.7)), ("price", (0.9, 0.3, np.nan)))
        for name, total in zip(("effort", "stake", "slashing"), totals, strict=True)
    ]
    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: drawn.append(self))
    draw(rows, BytesIO())
    panels = drawn[0].axes
    assert [axes.get_title(loc="left") for axes in panels] == ["served", "price"]
    assert [label.get_text() for label in panels[0].get_yticklabels()] == ["stake", "slashing", "effort"]
    lines = {line.get_marker(): np.asarray(line.get_xydata()) for line in panels[0].get_lines()}
    total, first = lines["o"], lines["s"]
    assert total[:, 0].tolist() == [0.2, 0.1, 0.7]
    assert np.rint(total[:, 1]).tolist() == np.rint(first[:, 1]).tolist() == [2, 0, 1]
    assert (total[:, 1] > first[:, 1]).all()


def test_a_logarithmic_range_is_sampled_evenly_in_its_logarithm() -> None:
    points = sensitivity.sample([Range("slashing", 0.01, 1.0, "log"), Range("watch", 0.01, 1.0)], 1024, 3)
    assert points.min() >= 0.01
    assert points.max() <= 1.0
    assert np.median(points[:, 0]) == pytest.approx(0.1, rel=0.05)
    assert np.median(points[:, 1]) == pytest.approx(0.505, rel=0.05)


def test_seeds_decide_everything_and_global_state_is_left_alone() -> None:
    np.random.seed(1)
    before = str(np.random.get_state())
    one, again, other = (sensitivity.sample(ISHIGAMI, 64, seed) for seed in (0, 0, 1))
    indices = [sensitivity.indices(ISHIGAMI, ishigami(one), seed) for seed in (0, 0, 1)]
    assert str(np.random.get_state()) == before
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert indices[0] == indices[1]
    assert indices[0][0]["first_ci"] != indices[2][0]["first_ci"]


@pytest.mark.parametrize("outcome", [np.ones(8 * 5), np.append(np.arange(39.0), np.nan)])
def test_what_never_changes_or_is_no_number_has_no_indices(outcome: sensitivity.Fractions) -> None:
    for row in sensitivity.indices(ISHIGAMI, outcome, 1):
        assert all(np.isnan(row[name]) for name in ("first", "first_ci", "total", "total_ci"))


def test_the_ranges_can_be_run_everywhere_and_say_why() -> None:
    ranges = sensitivity.load()
    assert len({r.name for r in ranges}) == len(ranges)
    assert {r.name for r in ranges} > sensitivity.CONSTANTS.keys()
    assert all(len(r.why) > 20 for r in ranges)
    recipe = recipe_of(Scenario(periods=3), {}, 1, 64)
    sampled = recipe.sampled()
    assert len(recipe.points()) == len(sampled) == 64 * (len(ranges) + 2)
    for r in ranges:
        values = [point[r.name] for point in sampled]
        assert r.low <= min(values) < max(values) <= r.high
        assert max(values) - min(values) > 0.9 * (r.high - r.low)
    assert {r.name for r in ranges} > set(TOLD)  # all terms of the auction that a scenario has


@pytest.mark.parametrize("part", ["curve", "filter"])
def test_the_contracts_take_curves_and_filters_of_every_corner(part: str) -> None:
    ranges = [r for r in sensitivity.load() if r.name.startswith(part)]
    for corner in itertools.product(*((r.low, r.high) for r in ranges)):
        values = {r.name: value for r, value in zip(ranges, corner, strict=True)}
        sensitivity.scenario_at(Scenario(), values).validate()


def test_a_point_has_the_curve_and_the_filter_that_its_values_say() -> None:
    curve = {"curve.idle": 0.02, "curve.best": 0.1, "curve.b": 0.4, "curve.f": 0.75, "curve.full": 0.8}
    values = {"slashing": 0.2, "filter.alpha": 0.5, "filter.n0": 700.4}
    point = sensitivity.scenario_at(Scenario(seed=4), curve | values)
    point.validate()
    network, word = point.network(), pack(point.network().chosen_curve)
    found = [rate(word, load) for load in (0, 4_000, 7_500, 10_000)]
    assert found == pytest.approx([20_000, 100_000, 0, 800_000], abs=1)
    assert (network.filter.alpha, network.filter.n0) == (500_000, 700)
    # all else is the scenario's
    assert replace(network, curve=None, filter=FilterParameters()) == Scenario().network()
    assert (point.slashing, point.seed, point.preset) == (0.2, 4, "own")
    terms = Scenario(slashing=0.2).task_class()
    # which pays an idle bidder less by what the load curve pays at its best
    assert point.task_class() == replace(terms, idle_discount=round(terms.load_bonus * 0.1))
    assert of_table(point.to_table(), "a test") == point
    assert sensitivity.scenario_at(Scenario(), values).network().chosen_curve == Scenario().network().chosen_curve


def test_what_the_sample_varies_has_no_value_of_its_own() -> None:
    for given, said in (
        ({"effort": [0.1]}, "varies effort from 0.0 to 0.4"),
        ({"preset": ["hump"]}, "varies the load"),
    ):
        with pytest.raises(ParameterError, match=f"--sobol {said}.*: leave"):
            recipe_of(Scenario(), given, 1, 4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[slashing]\nlow = 0.5\nhigh = 0.1\n", "range of slashing"),
        ("[slashing]\nlow = 0.0\nhigh = 0.1\nscale = 'log'\n", "range of slashing"),
        ("[slashing]\nlow = 0.1\nhigh = 0.5\nscale = 'square'\n", "range of slashing"),
        ("[slashing]\nlow = 0.1\nhigh = 1.5\n", "slashing is no number of a scenario that may be 0.1 to 1.5"),
        ("[watch]\nlow = 1\nhigh = 5\n", "watch is no number"),
        ("[filter.stale_epochs]\nlow = 2\nhigh = 5\n", "filter.stale_epochs is no number"),
        ("[curve.b]\nlow = 0.2\nhigh = 0.5\n", "a curve is decided by all of curve.b, curve.best, curve.f, curve.full"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "ranges.toml"
    path.write_text(text)
    with pytest.raises(ParameterError, match=said):
        sensitivity.load(path)
