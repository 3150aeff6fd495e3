"""Figures 6 and 9: how loaded coprocessors are, and what they earn by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke

from ballast.errors import MissingResultError
from ballast.model.constants import BPS, COPROCESSOR, PPM
from ballast.model.load_curve import amplifier, pack
from ballast.studies.figures.curve import mark
from ballast.studies.figures.operators import rank_correlation
from ballast.studies.figures.results import Array, Line, ResultsDirectory, RunResults
from ballast.studies.figures.style import (
    AMOUNTS,
    COLUMN,
    INK,
    LINES,
    PAPER,
    RAMP,
    VERMILLION,
    FigureTable,
    Hit,
    Look,
    Picture,
    above,
    canvas,
    stretches,
    strips,
    token_scale,
)

POINTS: Final = 3_000
"""Points of a scatter plot at most."""
BIN: Final = 5
"""Percentage points of load over which rewards are averaged."""
FEW: Final = 20
"""Coprocessor-periods below which a bin is left out, and below which nothing is drawn."""
STRETCHES: Final = 20
"""Stretches of time, a point each, of a slash factor."""
LOAD: Final = "mean load in the period (% of capacity)"
BY_UNIT: Final = "reward by unit of capacity"
Rows = list[tuple[Any, ...]]


def load_and_reward(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw coprocessors' load against what they received in the same period, in all and by unit of capacity.

    What a run leaves behind has the capacity of those still there, so the second panel is of them.
    """
    run = results.the_run()
    load, reward = _worked(run, "price")
    divisor, unit = token_scale(reward)
    panels = [("reward", "reward received in the period", unit, load, reward / divisor)]
    capacities = run.accounts["capacity"][run.rows(COPROCESSOR)]
    busy = run.of_coprocessors("load")[run.start_up :] > 0
    capacity = np.broadcast_to(capacities, busy.shape)[busy]
    stayed = capacity > 0
    if np.count_nonzero(stayed) >= FEW:
        by_unit = reward[stayed] / capacity[stayed]
        divisor, unit = token_scale(by_unit)
        panels.append((BY_UNIT, BY_UNIT, unit, load[stayed], by_unit / divisor))
    figure, every = canvas(look, len(panels), 3.7 * len(panels), sharex=True)
    cells, rows, hits = [], Rows(), list[Hit]()
    for place, (name, label, amount, x, y) in enumerate(panels):
        axes = every[place]
        drawn = axes.hexbin(x, y, gridsize=(40, 24), mincnt=1, bins="log", cmap=AMOUNTS, linewidths=0, rasterized=True)
        cells.append(drawn)
        middle, mean, low, high, counts = _by_load(x, y)
        for curve, width, marker, told in (
            (mean, 2.0, "o", "mean"),
            (low, 1.0, "", "8 of 10 lie between"),
            (high, 1.0, "", None),
        ):
            outlined = [Stroke(linewidth=width + 2, foreground=PAPER), Normal()]
            axes.plot(
                middle, curve, color=VERMILLION, linewidth=width, marker=marker, label=told, path_effects=outlined
            )
        axes.set_ylabel(f"{label}\n({amount})")
        axes.set_ylim(bottom=0)
        counted = list(zip(*np.asarray(drawn.get_offsets()).T, np.asarray(drawn.get_array()), strict=True))
        blank = (None,) * place, (None,) * (len(panels) - 1 - place)
        rows += [("cell", a, *blank[0], b, *blank[1], int(n)) for a, b, n in counted]
        for what, curve in (("mean", mean), ("first decile", low), ("last decile", high)):
            rows += [(what, a, *blank[0], b, *blank[1], None) for a, b in zip(middle, curve, strict=True)]
        if look is COLUMN:
            hits += [
                Hit(axes, [(a, b)], f"load {a:.0f}%, {b:.2g} {amount}\n{n:,.0f} coprocessor-periods")
                for a, b, n in counted
            ]
        else:
            hits += _binned(axes, name, amount, middle, mean, low, high, counts)
    most = max(float(np.max(np.asarray(drawn.get_array()))) for drawn in cells)
    for drawn in cells:
        drawn.set_norm(LogNorm(1, max(most, 2)))
    ticks = [n * 10**k for k in range(7) for n in (1, 2, 5) if n * 10**k <= max(most, 2)]
    bar = figure.colorbar(cells[0], ax=every, label="coprocessor-periods\n(number, log scale)", pad=0.02, ticks=ticks)
    bar.ax.set_yticklabels([f"{n:,}" for n in ticks])
    bar.minorticks_off()
    every[-1].set_xlabel(look.wrapped(LOAD))
    above(every[0], look)
    spreads = "; ".join(f"{spread_by_load(x, y)} of {name}" for name, _, _, x, y in panels)
    gone = np.count_nonzero(capacities == 0)
    left = f" The second leaves out the {gone} that have left." if gone and len(panels) > 1 else ""
    return Picture(
        6,
        "Coprocessors' load and reward",
        f"{reward_by_load(*panels[-1][3:], panels[-1][0])}; standard deviation over mean in the least and the most "
        f"loaded third: {spreads}",
        f"Density of {len(load):,} coprocessor-periods with work, by load and by prices received, with the mean and "
        f"the band of 8 of 10 by load, {'in all and by unit of capacity' if len(panels) > 1 else 'in all'}.{left} "
        f"{reward_by_load(load, reward)}. Standard deviation over mean: {spreads}.",
        figure,
        FigureTable(
            ("what", "load (%)", *(f"{name} ({amount})" for name, _, amount, *_ in panels), "coprocessor-periods"), rows
        ),
        hits,
        look,
    )


def spread_by_load(load: Array, reward: Array) -> str:
    """Give standard deviation over mean of rewards in the least and in the most loaded third."""
    low, high = np.quantile(load, (1 / 3, 2 / 3))
    thirds = (reward[load <= low], reward[load >= high])
    return " and ".join(f"{third.std() / third.mean():.2f}" if third.any() else "none" for third in thirds)


def reward_by_load(load: Array, reward: Array, name: str = "reward") -> str:
    """Say whether reward goes with load."""
    over = f"{len(load):,} coprocessor-periods"
    found = rank_correlation(load, reward)
    if found is None or not found.told:
        ranks = f" (rank correlation {found.rank:+.2f})" if found else ""
        return f"From {over} no correlation of load and {name} can be told{ranks}"
    course = "hardly depends on" if abs(found.rank) < 0.1 else "rises with" if found.rank > 0 else "falls with"
    return f"In this run {name} {course} load (rank correlation {found.rank:+.2f} over {over})"


def load_and_alpha(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw coprocessors' load against reward, and alpha in both of the paper's senses that change slashes.

    Of a run, a point a coprocessor-period, coloured by what amplifies slashes; of several slash factors, points of all
    coprocessors over time, by factor.
    """
    lines = several(results)
    if not lines:
        results.the_run()
    panels = (results.run is not None) + bool(lines)
    figure, every = canvas(look, panels, 4.2 if panels == 1 else 7.6)
    seen, alts, rows, hits = [], [], Rows(), list[Hit]()
    if results.run is not None:
        said, alt = _by_amplification(results.run, every[0], look, rows, hits)
        seen.append(said)
        alts.append(alt)
    if lines:
        seen.append(_by_slashing(lines, every[-1], look, rows, hits))
        alts.append(
            "Points by slash factor, one a stretch of time: mean load of the active coprocessors against their mean "
            f"reward less slashes. {seen[-1]}."
        )
    return Picture(
        9,
        "Simulated coprocessor load, reward and alpha: slash amplification, and slash factor",
        ". ".join(seen),
        " ".join(alts),
        figure,
        FigureTable(("what", "load (%)", "reward (token units)", "slash amplification", "slash factor"), rows),
        hits,
        look,
    )


def several(results: ResultsDirectory) -> tuple[Line, ...]:
    """Slash factors, if there are several to compare."""
    try:
        return results.lines if len(results.lines) > 1 else ()
    except MissingResultError:
        return ()


def _by_amplification(run: RunResults, axes: Axes, look: Look, rows: Rows, hits: list[Hit]) -> tuple[str, str]:
    """Draw the coprocessor-periods of a run; what is seen, and what is shown."""
    load, profit = _worked(run, "profit")
    curve = run.curve
    x = np.rint(load * BPS / 100).astype(np.int64)
    amplified = (x > curve.f) & run.parameters["curve"]
    factors = np.array([amplifier(pack(curve), at) for at in range(BPS + 1)]) / PPM
    amplification = np.where(amplified, factors[x], 1.0)
    divisor, unit = token_scale(profit)
    chosen = np.unique(np.linspace(0, len(load) - 1, min(POINTS, len(load))).astype(np.int64))
    colours = ScalarMappable(Normalize(1.0, max(float(amplification.max()), 1.01)), RAMP)
    for who, marker, label in ((~amplified, "o", "slashes as they are"), (amplified, "^", "slashes amplified")):
        some = chosen[who[chosen]]
        if some.size:
            style: Any = {"marker": marker, "label": label, "c": colours.to_rgba(amplification[some])}
            axes.scatter(load[some], profit[some] / divisor, s=11, linewidths=0, alpha=0.6, rasterized=True, **style)
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.colorbar(colours, ax=axes, label="slash amplification\n1 + f(load) (factor)", pad=0.02)
    middle, mean, low, high, counts = _by_load(load, profit / divisor)
    axes.plot(middle, mean, color=INK, marker="s", markersize=3.5, label="mean of all", linewidth=1.2)
    mark(axes, curve)
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_xlabel(look.wrapped(LOAD))
    axes.set_ylabel(f"reward less slashes and costs\nin the period ({unit})")
    above(axes, look, larger=2)
    rows += [("coprocessor-period", load[i], profit[i], amplification[i], None) for i in chosen]
    rows += [("mean", at, y * divisor, None, None) for at, y in zip(middle, mean, strict=True)]
    hits += _binned(axes, "profit", unit, middle, mean, low, high, counts)
    beyond = f"{np.count_nonzero(x > curve.f) / len(x):.1%}"
    pays = best(middle, mean, counts)
    return (
        f"Of {len(load):,} coprocessor-periods {beyond} are loaded above F; {pays}",
        f"Scatter plot of {len(chosen):,} of {len(load):,} coprocessor-periods with work, evenly taken: load against "
        f"profit, coloured by the slash amplification, which is 1 up to F = {curve.f / 100:g}% and up to "
        f"{amplification.max():.2f} above, where f also lowers the price of bids. Of all, {beyond} lie above F; "
        f"{pays}.",
    )


def _by_slashing(lines: tuple[Line, ...], axes: Axes, look: Look, rows: Rows, hits: list[Hit]) -> str:
    """Draw load and reward of all coprocessors over time, by slash factor; what is seen."""
    divisor, unit = token_scale(*(line.earned for line in lines))
    handles = []
    for i, line in enumerate(lines):
        borders = stretches(len(line.load), STRETCHES)
        lengths = np.diff(borders)
        x, y = (np.add.reduceat(values, borders[:-1]) / lengths for values in (line.load, line.earned))
        style = LINES[i % len(LINES)]
        mark_of: Any = {"marker": style["marker"], "color": style["color"], "linestyle": "", "markerfacecolor": "none"}
        axes.plot(x, y / divisor, **mark_of)
        handles.append(Line2D([], [], **mark_of))
        rows += [("stretch of time", a, b, None, line.slashing) for a, b in zip(x, y, strict=True)]
        hits += [
            Hit(
                axes,
                [(a, b)],
                f"s = {line.slashing:g}, periods {first} to {last - 1}\nload {a:.3g}%\n{b:.3g} {unit}",
            )
            for a, b, first, last in zip(x, y / divisor, borders[:-1], borders[1:], strict=True)
        ]
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_xlabel(look.wrapped("mean load of all coprocessors (% of capacity)"))
    axes.set_ylabel(f"reward less slashes\n({unit} a period)")
    figure = axes.get_figure(root=True)
    assert figure is not None
    names = [f"s = {line.slashing:g}" for line in lines]
    columns = max(int(look.width * 72 / (look.font * 7)), 1)
    figure.legend(handles, names, loc="outside lower center", ncols=min(columns, len(names)), handlelength=1.2)
    means = [(line.slashing, line.load.mean(), line.earned.mean() / divisor) for line in (lines[0], lines[-1])]
    return "Over all periods " + ", ".join(
        f"mean load is {x:.3g}% and mean reward less slashes {y:.3g} {unit} at s = {s:g}" for s, x, y in means
    )


def best(middle: Array, mean: Array, counts: Sequence[int]) -> str:
    """Say at which loads the mean profit is largest, if there are several to compare."""
    if len(middle) < 2:
        return f"only one range of loads has as many as {FEW}, so none can be told to pay best"
    i = int(np.argmax(mean))
    return (
        f"the mean profit is largest at loads from {middle[i] - BIN / 2:.3g} to {middle[i] + BIN / 2:.3g}% "
        f"({counts[i]:,} of them)"
    )


def _worked(run: RunResults, name: str) -> tuple[Array, Array]:
    """Give loads (percent) and another history of coprocessors, of the periods after the start-up with work."""
    load, other = (run.of_coprocessors(each)[run.start_up :] for each in ("load", name))
    busy = load > 0
    if np.count_nonzero(busy) < FEW:
        raise MissingResultError(f"{run.directory}: coprocessors had work in fewer than {FEW} periods in total")
    return load[busy] * 100 / BPS, other[busy]


def _binned(
    axes: Axes, what: str, unit: str, middle: Array, mean: Array, low: Array, high: Array, counts: Sequence[int]
) -> list[Hit]:
    """Places that tell what `_by_load` gives."""
    bins = zip(middle, mean, low, high, counts, strict=True)
    return strips(
        axes,
        middle,
        (
            f"load about {x:.3g}%\nmean {what} {m:.3g} {unit}\n8 of 10: {a:.3g} to {b:.3g}\n{n:,} coprocessor-periods"
            for x, m, a, b, n in bins
        ),
    )


def _by_load(load: Array, values: Array) -> tuple[Array, Array, Array, Array, list[int]]:
    """Give middles of bins of load, and mean, first and last decile and number of the values in them.

    Bins with few values are left out; where all have few, everything is one bin.
    """
    places = np.minimum(load // BIN, 100 // BIN - 1).astype(np.int64)
    kept = np.flatnonzero(np.bincount(places, minlength=100 // BIN) >= FEW)
    groups = [values[places == k] for k in kept] or [values]
    middle = (kept + 0.5) * BIN if len(kept) else np.array([load.mean()])
    low, high = np.array([np.quantile(group, (0.1, 0.9)) for group in groups]).T
    return middle, np.array([group.mean() for group in groups]), low, high, [len(group) for group in groups]
