"""What is drawn is what the directory holds: read back from the figures, computed anew from the files."""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.collections import FillBetweenPolyCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch

from ballast.errors import MissingResultError
from ballast.model.load_curve import PRESETS, pack, rate
from ballast.studies.figures.catalogue import draw
from ballast.studies.figures.files import content
from ballast.studies.figures.loads import POINTS
from ballast.studies.figures.operators import variation
from ballast.studies.figures.results import read
from ballast.studies.figures.style import NARROW, SCALES, Picture
from tests.sim.results import FACTORS, SEEDS, SMALL, columns_of, write_run

Array = npt.NDArray[np.float64]
FIRST_OPERATOR = 4
OPERATORS = slice(FIRST_OPERATOR, FIRST_OPERATOR + SMALL.operators)
COPROCESSORS = slice(OPERATORS.stop, OPERATORS.stop + SMALL.coprocessors)


def drawn(number: int, directory: Path) -> Picture:
    """Draw a figure of a directory."""
    return draw(number, read(directory))


def history(run: Path, name: str) -> Array:
    """Array of a run's history."""
    with np.load(run / "history.npz") as file:
        return np.asarray(file[name], dtype=np.float64)


def lines(figure: Figure, panel: int) -> dict[str, tuple[Array, Array]]:
    """Points of the lines of a panel, by their labels."""
    found: list[Line2D] = figure.axes[panel].get_lines()
    return {str(line.get_label()): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in found}


def unit(figure: Figure, panel: int = 0) -> float:
    """Token units to the unit of a panel's vertical axis."""
    label = figure.axes[panel].get_ylabel()
    (found,) = (n for n, word in SCALES if f"({word}token units" in label)
    return found


def numbers(picture: Picture) -> dict[str, Array]:
    """Columns of a figure's CSV, but for those of words; not a number where a cell is empty."""
    header, *rows = csv.reader(io.StringIO(content(picture, "csv").decode()))
    found = {}
    for name, cells in zip(header, zip(*rows, strict=True), strict=True):
        with contextlib.suppress(ValueError):
            found[name] = np.array([float(cell) if cell else np.nan for cell in cells])
    return found


def after_start_up(directory: Path, name: str) -> Array:
    """History of the coprocessors, after the start-up."""
    return history(directory, name)[read(directory).the_run().start_up :, COPROCESSORS]


def around(load: Array, middle: float) -> npt.NDArray[np.bool_]:
    """Which loads, in basis points, are in the bin around a percentage; full loads are in the last one."""
    return (load >= (middle - 2.5) * 100) & ((load < (middle + 2.5) * 100) | (middle == 97.5))


def of_kind(figure: Figure, kind: type, panel: int = 0) -> list[Any]:
    """Things of a kind in a panel."""
    return [thing for thing in figure.axes[panel].get_children() if type(thing) is kind]


def test_figure_2_sums_up_what_is_earned_and_counts_who_stays(runs: Path) -> None:
    figure = drawn(2, runs).figure
    active = lines(figure, 0)
    rewards = [y for x, y in lines(figure, 1).values() if len(x) == SMALL.periods]
    assert list(active) == [f"s = {s}" for s in FACTORS]
    for slashing, reward in zip(FACTORS, rewards, strict=True):
        tables = [columns_of(runs / f"s{slashing}-{seed}" / "periods.csv") for seed in SEEDS]
        there = [table["operators_active"] for table in tables]
        earned = [(t["settled_reward"] - t["slashed"] - t["penalties"]).cumsum() for t in tables]
        np.testing.assert_array_equal(active[f"s = {slashing}"][1], np.mean(there, axis=0))
        np.testing.assert_allclose(reward * unit(figure, 1), np.mean(earned, axis=0), rtol=1e-12)


def test_figure_2_has_the_band_of_a_t_interval(runs: Path) -> None:
    line = next(line for line in read(runs).lines if line.slashing == 0.5)
    both = [columns_of(runs / f"s0.5-{seed}" / "periods.csv")["operators_active"] for seed in SEEDS]
    assert np.ptp(both, axis=0).max() > 0
    # Of two samples: 12.706 standard errors, and the standard error is half their distance.
    assert line.high is not None
    np.testing.assert_allclose(line.high - line.active, 12.7062 * np.ptp(both, axis=0) / 2, rtol=1e-5, atol=1e-12)


def test_figure_2_follows_coprocessors_and_their_reputation(runs: Path) -> None:
    picture = drawn(2, runs)
    columns = numbers(picture)
    for panel, name, scale in ((2, "coprocessors_active", 1), (3, "coprocessors_reputation", 1_000_000)):
        shown = lines(picture.figure, panel)
        for factor in FACTORS:
            tables = [columns_of(runs / f"s{factor}-{seed}" / "periods.csv") for seed in SEEDS]
            assert all(table["coprocessors_active"].min() > 0 for table in tables)
            mean = np.mean([table[name] for table in tables], axis=0) / scale
            np.testing.assert_allclose(shown[f"s = {factor}"][1], mean)
            column = columns["active coprocessors" if panel == 2 else "reputation of coprocessors"]
            np.testing.assert_allclose(column[columns["slash factor"] == factor], mean, rtol=1e-6)


def test_figure_2_says_how_many_runs_it_rests_on(runs: Path, sweep: Path) -> None:
    assert drawn(2, runs).seen.endswith("; means of 2 runs a slash factor")
    assert drawn(2, sweep).seen.endswith("; means of 4 runs a slash factor")


def test_figure_2_is_the_same_from_a_sweeps_table(runs: Path, sweep: Path) -> None:
    for ours, theirs in zip(read(runs).lines, read(sweep).lines, strict=True):
        assert ours.slashing == theirs.slashing
        np.testing.assert_allclose(ours.active, theirs.active, rtol=1e-12)
        np.testing.assert_allclose(ours.reward, theirs.reward, rtol=1e-12)
        assert theirs.low is not None
        # A standard deviation of 1 over four seeds: 3.182446 standard errors of a half.
        np.testing.assert_allclose(theirs.low, theirs.active - 3.182446 / 2, rtol=1e-6)


def test_figure_3_shows_the_profits_of_the_history(run: Path) -> None:
    profit = history(run, "profit")[:, OPERATORS]
    assert columns_of(run / "accounts.csv")["active"][: SMALL.operators].all()
    figure = drawn(3, run).figure
    shown = {label: points for label, points in lines(figure, 0).items() if label.startswith("operator")}
    totals = profit.sum(axis=0)
    assert len(shown) == 6
    assert {f"operator {totals.argmin() + 1}", f"operator {totals.argmax() + 1}"} <= shown.keys()
    for label, (x, y) in shown.items():
        operator = int(label.split()[1]) - 1
        # Of 50 periods, at most 40 stretches as long as each other: 25 of two, and each x is the middle of its own.
        assert x.tolist() == [0.5 + 2 * k for k in range(25)]
        for middle, mean in zip(x, y, strict=True):
            whole = {int(np.floor(middle)), int(np.ceil(middle))}
            assert mean * unit(figure) == pytest.approx(np.mean([profit[t, operator] for t in whole]), rel=1e-6)
    # The spread is that of the periods after the start-up, the first five: of the third stretch half.
    assert read(run).the_run().start_up == 5
    spread = (profit.std(axis=1) / profit.mean(axis=1)).reshape(25, 2)[2:]
    spread[0, 0] = spread[0, 1]
    (mean,) = (y for _, y in lines(figure, 1).values())
    np.testing.assert_allclose(mean, [np.nan, np.nan, *spread.mean(axis=1)], rtol=1e-6)
    # All values are seen: the band has the extremes of each stretch, and the axis reaches beyond them.
    (band,) = of_kind(figure, FillBetweenPolyCollection, 1)
    corners = band.get_paths()[0].vertices[:, 1]
    assert [corners.min(), corners.max()] == pytest.approx([spread.min(), spread.max()])
    low, high = figure.axes[1].get_ylim()
    assert low <= spread.min()
    assert high >= spread.max()
    rows = numbers(drawn(3, run))
    np.testing.assert_allclose(rows["spread, highest"][2:], spread.max(axis=1), rtol=1e-6)
    np.testing.assert_allclose(rows["spread, lowest"][2:], spread.min(axis=1), rtol=1e-6)


def test_a_spread_that_stands_out_is_seen_on_a_logarithmic_scale(run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    with np.load(run / "history.npz") as file:
        arrays = dict(file)
    arrays["profit"][20, OPERATORS] = np.where(np.arange(SMALL.operators) == 3, 5_000_000.0, -600_000.0)
    np.savez(copy / "history.npz", **arrays)
    figure = drawn(3, copy).figure
    spread = variation(arrays["profit"][read(run).the_run().start_up :, OPERATORS])
    assert spread.max() > 10
    assert figure.axes[1].get_yscale() == "log"
    assert figure.axes[1].get_ylim()[1] > spread.max()


def test_figure_3_leaves_out_who_left_before_it_earned_anything(run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    with np.load(run / "history.npz") as file:
        arrays = dict(file)
    arrays["profit"][:, OPERATORS] = 1_000.0 * np.arange(SMALL.operators)
    np.savez(copy / "history.npz", **arrays)
    header, *rows = csv.reader(io.StringIO((copy / "accounts.csv").read_text()))
    rows[0][header.index("active")] = "0"
    (copy / "accounts.csv").write_text("".join(f"{','.join(row)}\n" for row in (header, *rows)))
    found = {name: values for name, values in numbers(drawn(3, copy)).items() if name.startswith("operator")}
    assert {name.split(" (")[0]: set(values) for name, values in found.items()} == {
        f"operator {i + 1}": {float(i)} for i in (1, 2, 3, 4, 5, 7)
    }


def test_figure_4_has_a_point_for_every_operator(run: Path) -> None:
    accounts = columns_of(run / "accounts.csv")
    figure = drawn(4, run).figure
    (points,) = (line for line in figure.axes[0].get_lines() if "active" in str(line.get_label()))
    who = accounts["role"] == 1
    np.testing.assert_allclose(np.asarray(points.get_xdata()) * 1e6, accounts["reputation"][who])
    np.testing.assert_allclose(
        np.asarray(points.get_ydata()) * unit(figure), (accounts["income"] - accounts["slashed"])[who]
    )


def test_figure_4_tells_those_who_left_from_those_who_stayed(runs: Path) -> None:
    picture = drawn(4, runs)
    active = columns_of(runs / "s0.1-3" / "accounts.csv")["active"][: SMALL.operators]
    stayed = int(active.sum())
    assert 2 < stayed < SMALL.operators
    counts = {label: len(x) for label, (x, _) in lines(picture.figure, 0).items() if label[0] != "_"}
    assert counts == {
        f"{stayed} active at the end": stayed,
        f"{SMALL.operators - stayed} have left": SMALL.operators - stayed,
    }
    assert picture.seen.endswith(f"over the {stayed} active at the end")


def test_figure_5_has_edges_as_wide_as_their_volume(run: Path) -> None:
    picture = drawn(5, run)
    volume = history(run, "edges")[:5, :10]
    edges = sorted(of_kind(picture.figure, PathPatch), key=lambda patch: patch.get_linewidth())
    widths = np.array([patch.get_linewidth() for patch in edges])
    np.testing.assert_allclose(widths, np.maximum(7 * np.sort(volume[volume > 0]) / volume.max(), 0.4))
    tasks = [text.get_text().split("\n")[1] for text in picture.figure.axes[0].texts]
    assert tasks == [f"{n:,.0f} tasks" for n in (*volume.sum(axis=1), *volume.sum(axis=0))]
    widest = edges[-1].get_path().vertices
    i, j = np.argwhere(volume == volume.max())[-1]  # of several as wide the last is on top
    np.testing.assert_allclose(widest[[0, -1]], np.array([(0, 1 - i / 4), (1, 1 - j / 9)], dtype=np.float64))


def test_figure_6_counts_every_period_with_work_and_means_them(run: Path) -> None:
    load, price = (after_start_up(run, name) for name in ("load", "price"))
    busy = load > 0
    figure = drawn(6, run).figure
    (cells,) = of_kind(figure, PolyCollection)
    assert cells.get_array().sum() == np.count_nonzero(busy)
    x, y = lines(figure, 0)["mean"]
    assert len(x) > 3
    for middle, mean in zip(x, y, strict=True):
        near = busy & around(load, middle)
        assert mean * unit(figure) == pytest.approx(price[near].mean(), rel=1e-9)


def test_figure_7_holds_every_task_with_the_busiest_on_top(run: Path) -> None:
    tasks = history(run, "tasks")[:, COPROCESSORS]
    (mesh,) = of_kind(drawn(7, run).figure, QuadMesh)
    shown = mesh.get_array().reshape(SMALL.coprocessors, SMALL.periods)
    order = sorted(range(SMALL.coprocessors), key=lambda i: -tasks[:, i].sum())
    np.testing.assert_array_equal(shown, tasks[:, order].T)


def test_figure_8_is_the_contracts_curve(run: Path) -> None:
    picture = drawn(8, run)
    upper, lower, least = (
        {k: v for k, v in lines(picture.figure, panel).items() if len(v[0]) > 9} for panel in range(3)
    )
    assert [label.removesuffix(" (this run)") for label in upper] == list(PRESETS)
    assert f"{SMALL.preset} (this run)" in upper
    for (name, curve), (up, f), (x, signed) in zip(PRESETS.items(), upper.values(), lower.values(), strict=True):
        assert (up[0], up[-1], x[0], x[-1]) == (0, 80, 0, 100)
        np.testing.assert_allclose(f, [rate(pack(curve), round(100 * load)) / 1e4 for load in up], err_msg=name)
        expected = [rate(pack(curve), round(100 * load)) / 1e4 * (-1 if load > 80 else 1) for load in x]
        np.testing.assert_allclose(signed, expected, err_msg=name)
        assert 80.01 in x.tolist()
    terms = SMALL.task_class()
    for curve, (x, less) in zip(PRESETS.values(), least.values(), strict=True):
        f = np.array([rate(pack(curve), round(100 * load)) for load in x], dtype=np.int64)
        more = np.where(
            x > 80, terms.load_malus * f // 10**6, -np.minimum(terms.load_bonus * f // 10**6, terms.idle_discount)
        )
        np.testing.assert_allclose(less, (terms.idle_discount + more) / 1e4)
    low, high = picture.figure.axes[2].get_ylim()
    assert low == 0
    # all up to F is seen: catches a panel that reaches to the discount of a full load
    assert high == pytest.approx(3 * terms.tick / 1e4)
    low, high = picture.figure.axes[1].get_ylim()
    assert low < -100
    assert high > 20
    columns = numbers(picture)
    np.testing.assert_allclose(columns["signed, smooth (%)"], list(lower.values())[2][1], rtol=1e-6)
    np.testing.assert_allclose(columns["discount, smooth (%)"], list(least.values())[2][1], rtol=1e-6)


def test_figure_9_colours_what_amplifies_slashes(run: Path) -> None:
    load, profit = (after_start_up(run, name) for name in ("load", "profit"))
    busy = load > 0
    assert np.count_nonzero(busy) <= POINTS
    figure = drawn(9, run).figure
    calm, amplified = of_kind(figure, PathCollection)
    curve = pack(PRESETS[SMALL.preset])
    for points, which in ((calm, load <= 8_000), (amplified, load > 8_000)):
        x, y = points.get_offsets().T
        np.testing.assert_allclose(x * 100, load[busy & which])
        np.testing.assert_allclose(y * unit(figure), profit[busy & which])
    assert len(np.unique(calm.get_facecolors(), axis=0)) == 1
    # Sky to orange in the first half of the scale: the hotter, the more red.
    colours, factor = amplified.get_facecolors(), np.array([rate(curve, int(x)) for x in load[busy & (load > 8_000)]])
    coolest, hottest = factor.argmin(), factor.argmax()
    assert colours[hottest][0] > colours[coolest][0]
    assert colours[hottest][2] < colours[coolest][2]


def test_figure_9_takes_points_evenly_when_there_are_too_many(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.studies.figures.loads.POINTS", 50)
    load = after_start_up(run, "load")
    there = load[load > 0] / 100
    shown = np.concatenate([c.get_offsets()[:, 0] for c in of_kind(drawn(9, run).figure, PathCollection)])
    expected = there[[int(i * (len(there) - 1) / 49 + 1e-9) for i in range(50)]]
    np.testing.assert_allclose(np.sort(shown), np.sort(expected))


def test_without_the_curve_nothing_is_amplified(tmp_path: Path) -> None:
    picture = drawn(9, write_run(tmp_path / "flat", curve=False))
    assert len(of_kind(picture.figure, PathCollection)) == 1
    assert "up to 1.00 above" in picture.alt


# The numbers beside a figure, and what it tells when pointed at


def test_the_numbers_of_figure_2_are_those_drawn(runs: Path) -> None:
    picture = drawn(2, runs)
    columns = numbers(picture)
    for factor, (x, y) in zip(FACTORS, lines(picture.figure, 0).values(), strict=True):
        rows = columns["slash factor"] == factor
        np.testing.assert_array_equal(columns["period"][rows], x)
        np.testing.assert_allclose(columns["active operators"][rows], y)
    (reward,) = (values for name, values in columns.items() if name.startswith("cumulative"))
    drawn_rewards = [y for x, y in lines(picture.figure, 1).values() if len(x) == SMALL.periods]
    np.testing.assert_allclose(reward, np.concatenate(drawn_rewards), rtol=1e-6)
    told = [hit.text for hit in picture.hits if hit.text.startswith("period 49\n")]
    last = {factor: y[-1] for factor, (_, y) in zip(FACTORS, lines(picture.figure, 0).values(), strict=True)}
    assert told[0].split("\n")[1:] == [f"s = {factor:g}: {n:.4g} operators" for factor, n in last.items()]


def test_figure_2_is_not_drawn_of_one_slash_factor(run: Path) -> None:
    with pytest.raises(MissingResultError, match="one slash factor alone shows no effect"):
        drawn(2, run)


def test_the_numbers_of_figure_4_are_the_operators(run: Path) -> None:
    picture = drawn(4, run)
    accounts = columns_of(run / "accounts.csv")
    who = accounts["role"] == 1
    columns = numbers(picture)
    np.testing.assert_allclose(columns["reputation"], accounts["reputation"][who] / 1e6)
    (reward,) = (values for name, values in columns.items() if name.startswith("total"))
    np.testing.assert_allclose(
        reward * unit(picture.figure), (accounts["income"] - accounts["slashed"])[who], rtol=1e-6
    )
    assert picture.hits[2].text.startswith("operator 3, active\nreputation ")


def test_the_numbers_of_figure_5_are_all_pairs(run: Path) -> None:
    volume = history(run, "edges")[:5, :10]
    picture = drawn(5, run)
    np.testing.assert_array_equal(numbers(picture)["tasks"], volume.ravel())
    i, j = np.argwhere(volume == volume.max())[-1]  # of several as wide the last is on top
    assert picture.hits[-1].text == f"operator {i + 1}, coprocessor {j + 1}\n{volume.max():,.0f} tasks"
    assert picture.seen.startswith(f"Of 50 pairs {np.count_nonzero(volume)} dealt with each other, at most in ")


def test_the_numbers_of_figure_6_count_every_period_with_work(run: Path) -> None:
    picture = drawn(6, run)
    accounts = columns_of(run / "accounts.csv")
    busy = after_start_up(run, "load") > 0
    all_of_them = np.count_nonzero(busy) + np.count_nonzero(busy[:, accounts["capacity"][accounts["role"] == 2] > 0])
    assert np.nansum(numbers(picture)["coprocessor-periods"]) == all_of_them
    told = [int(hit.text.split("\n")[1].split()[0].replace(",", "")) for hit in picture.hits]
    assert sum(told) == all_of_them
    narrow = draw(6, read(run), NARROW)
    assert sum(int(hit.text.split("\n")[3].split()[0].replace(",", "")) for hit in narrow.hits) <= all_of_them


def test_figure_6_divides_rewards_by_the_capacity_of_those_still_there(runs: Path) -> None:
    run = runs / "s0.1-3"
    load, price = (after_start_up(run, name) for name in ("load", "price"))
    accounts = columns_of(run / "accounts.csv")
    capacity = accounts["capacity"][accounts["role"] == 2]
    gone = int(np.count_nonzero(capacity == 0))
    assert 0 < gone < SMALL.coprocessors
    busy = (load > 0) & (capacity > 0)
    picture = drawn(6, run)
    (cells,) = of_kind(picture.figure, PolyCollection, 1)
    assert cells.get_array().sum() == np.count_nonzero(busy)
    assert f"leaves out the {gone} that have left" in picture.alt
    x, y = lines(picture.figure, 1)["mean"]
    by_unit = price / np.maximum(capacity, 1)
    for middle, mean in zip(x, y, strict=True):
        near = busy & around(load, middle)
        assert mean * unit(picture.figure, 1) == pytest.approx(by_unit[near].mean(), rel=1e-9)


def test_the_numbers_of_figure_7_are_the_tasks(run: Path) -> None:
    tasks = history(run, "tasks")[:, COPROCESSORS]
    order = np.argsort(-tasks.sum(axis=0), kind="stable")
    picture = drawn(7, run)
    columns = numbers(picture)
    np.testing.assert_array_equal(columns["first coprocessor"], order + 1)
    for t in (0, 17, 49):
        np.testing.assert_array_equal(columns[f"tasks a period from period {t}"], tasks[t, order])
    assert len(picture.hits) == 10 * SMALL.coprocessors
    mean = tasks[:5, order[0]].mean()
    assert picture.hits[0].text == f"coprocessor {order[0] + 1}, rank 1\nperiods 0 to 4: {mean:.3g} a period"


def test_the_numbers_of_figure_9_are_its_points_and_its_mean(run: Path) -> None:
    picture = drawn(9, run)
    load, profit = (after_start_up(run, name) for name in ("load", "profit"))
    points = [c.get_offsets() for c in of_kind(picture.figure, PathCollection)]
    x, y = lines(picture.figure, 0)["mean of all"]
    columns = numbers(picture)
    expected = np.concatenate([load[load > 0] / 100, x])
    np.testing.assert_allclose(np.sort(columns["load (%)"]), np.sort(expected), rtol=1e-6)
    values = columns["reward (token units)"]
    shown = np.array([*np.concatenate(points)[:, 1], *y]) * unit(picture.figure)
    np.testing.assert_allclose(np.sort(values), np.sort(shown), rtol=1e-5)
    np.testing.assert_allclose(values[: len(profit[load > 0])], profit[load > 0], rtol=1e-6)


def test_figure_9_has_load_and_reward_by_slash_factor(runs: Path) -> None:
    picture = drawn(9, runs)
    panel = picture.figure.axes.index(next(axes for axes in picture.figure.axes if "of all" in axes.get_xlabel()))
    columns = numbers(picture)
    points = [line for line in picture.figure.axes[panel].get_lines() if line.get_marker() not in ("None", "")]
    assert len(points) == len(FACTORS)
    for factor, line in zip(FACTORS, points, strict=True):
        tables = [columns_of(runs / f"s{factor}-{seed}" / "periods.csv") for seed in SEEDS]
        load = np.mean([table["load_mean"] for table in tables], axis=0) / 100
        earned = np.mean([np.diff(table["coprocessors_earned"], prepend=0) for table in tables], axis=0)
        there = np.mean([table["coprocessors_active"] for table in tables], axis=0)
        # Of 50 periods, at most 20 stretches as long as each other but for the last: 16 of three, one of two.
        borders = [*range(0, 50, 3), 50]
        stretch = [slice(a, b) for a, b in pairwise(borders)]
        expected = [(earned / np.maximum(there, 1))[part].mean() for part in stretch]
        np.testing.assert_allclose(np.asarray(line.get_xdata()), [load[part].mean() for part in stretch])
        np.testing.assert_allclose(np.asarray(line.get_ydata()) * unit(picture.figure, panel), expected)
        rows = columns["slash factor"] == factor
        np.testing.assert_allclose(columns["reward (token units)"][rows], expected, rtol=1e-6)


def test_figure_9_of_a_sweeps_table_has_its_slash_factors_alone(runs: Path, sweep: Path) -> None:
    both, alone = drawn(9, runs), drawn(9, sweep)
    assert len(alone.figure.axes) == 1
    own = [row for row in both.table.rows if row[-1] is not None]
    for ours, theirs in zip(own, alone.table.rows, strict=True):
        assert ours[0] == theirs[0]
        assert [ours[i] for i in (1, 2, 4)] == pytest.approx([theirs[i] for i in (1, 2, 4)])


def test_many_coprocessors_are_shown_in_groups_of_ranks(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.studies.figures.coprocessors.ROWS", 6)
    tasks = history(run, "tasks")[:, COPROCESSORS]
    order = np.argsort(-tasks.sum(axis=0), kind="stable")
    columns = numbers(drawn(7, run))
    np.testing.assert_array_equal(columns["last rank"], [2, 4, 6, 8, 10, 12])
    pairs = tasks[30, order].reshape(6, 2).mean(axis=1)
    np.testing.assert_array_equal(columns["tasks a period from period 30"], pairs)
