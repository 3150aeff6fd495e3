"""Figures 5, 6, 7 and 9: whom coprocessors work for, how loaded they are, and what they earn by it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Curve
from matplotlib.patheffects import Normal, Stroke

from ballast.errors import MissingResultError
from ballast.model.constants import BPS, PPM
from ballast.model.load_curve import amplifier, pack
from ballast.studies.figures.curve import mark
from ballast.studies.figures.operators import FEWEST, counted, rank_correlation
from ballast.studies.figures.results import EDGES, Array, ResultsDirectory, RunResults
from ballast.studies.figures.style import (
    AMOUNTS,
    COLUMN,
    INK,
    NARROW,
    PAPER,
    RAMP,
    RULE,
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

Integers = npt.NDArray[np.int64]
LEFT, RIGHT = 5, 10
"""Operators and coprocessors of the network that is drawn, as in the paper."""
WIDEST, NARROWEST = 7.0, 0.4
"""Widths of edges, points."""
COLUMNS: Final = 250
ROWS: Final = 120
"""Columns and rows of the heat map at most."""
POINTED: Final = 10
"""Stretches of time that a row of it tells of; on a phone it tells of all at once."""
POINTS: Final = 3_000
"""Points of a scatter plot at most."""
BIN: Final = 5
"""Percentage points of load over which rewards are averaged."""
FEW: Final = 20
"""Coprocessor-periods below which a bin is left out, and below which nothing is drawn."""
LOAD: Final = "load at the period's height (% of capacity)"


def network(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw who worked for whom among the first five operators and the first ten coprocessors."""
    run = results.the_run()
    edges = run.history[EDGES]
    if not edges.size:
        raise MissingResultError(f"{run.directory} does not say who worked for whom: it had too many participants")
    volume = edges[:LEFT, :RIGHT]
    most = max(float(volume.max()), 1.0)
    figure, (axes,) = canvas(look, 1, 5.0)
    axes.axis("off")
    hits = []
    gap = ": " if look.width > COLUMN.width else "\n"
    heights = [np.linspace(1, 0, n) if n > 1 else np.array([0.5]) for n in volume.shape]
    for flat in np.argsort(volume, axis=None, kind="stable").tolist():
        i, j = divmod(flat, volume.shape[1])
        if volume[i, j] > 0:
            start, end = float(heights[0][i]), float(heights[1][j])
            course = [(0.0, start), (0.5, start), (0.5, end), (1.0, end)]
            across = Curve(course, [Curve.MOVETO, *[Curve.CURVE4] * 3])
            share = float(volume[i, j]) / most
            axes.add_patch(PathPatch(across, fill=False, edgecolor=RAMP(share), linewidth=_width(share)))
            hits.append(Hit(axes, course, f"operator {i + 1}, coprocessor {j + 1}\n{_tasks(volume[i, j])}"))
    for side, (kind, toward) in enumerate((("operator", "right"), ("coprocessor", "left"))):
        axes.scatter(np.full(len(heights[side]), side), heights[side], 90, PAPER, edgecolors=INK, zorder=3)
        for place, (y, n) in enumerate(zip(heights[side], volume.sum(axis=1 - side), strict=True), start=1):
            text = f"{kind} {place}{gap}{_tasks(n)}"
            x = side + (0.05 if side else -0.05)
            axes.text(x, y, text, horizontalalignment=toward, verticalalignment="center")
    left, right = (0.6 * look.font * longest / 72 / look.width for longest in _longest(axes))
    inside = 0.94 - left - right
    axes.set_xlim(-0.05 - left / inside, 1.05 + right / inside)
    axes.set_ylim(-0.05, 1.05)
    shown = np.unique(np.maximum(np.rint(most * np.array((0.25, 0.5, 1.0))), 1)).tolist()
    handles = [Line2D([], [], color=RAMP(n / most), linewidth=_width(n / most)) for n in shown]
    labels = [_tasks(n) for n in shown]
    figure.legend(handles, labels, loc="outside lower center", ncols=len(shown), handlelength=1.6)
    return Picture(
        5,
        f"Network of {len(volume)} operators and {volume.shape[1]} coprocessors",
        dealt(volume, edges),
        f"Bipartite network of the first {len(volume)} operators and the first {volume.shape[1]} coprocessors, edges "
        f"as wide as the auctioned tasks settled between them: {volume.sum():,.0f} of the {edges.sum():,.0f} of the "
        f"whole market, over {np.count_nonzero(volume)} edges of {volume.size}.",
        figure,
        FigureTable(
            ("operator", "coprocessor", "tasks"),
            [(i + 1, j + 1, int(n)) for (i, j), n in np.ndenumerate(volume)],
        ),
        hits,
        look,
    )


def dealt(volume: Array, edges: Array) -> str:
    """Say how many of the pairs drawn dealt with each other, and with how many the operators drawn deal and the others.

    Why the first deal with fewer is said where they do, beside enough others.
    """
    pairs, linked = counted(volume.size, "pair"), int(np.count_nonzero(volume))
    if not linked:
        return f"Of {pairs} none dealt with each other"
    text = (
        f"Of {pairs} {linked} dealt with each other, at most in {_tasks(volume.max())} settled; the mean over all "
        f"pairs is {volume.mean():,.3g}"
    )
    partners = np.count_nonzero(edges, axis=1)
    drawn, others = partners[:LEFT], partners[LEFT:]
    if len(others) < FEWEST:
        return text
    text += (
        f". The {len(drawn)} operators dealt with {drawn.mean():.3g} of all {edges.shape[1]} coprocessors on average, "
        f"the {len(others)} others with {others.mean():.3g}"
    )
    first = ": those with lower numbers open first in a period and meet the best scores first"
    return text + (first if drawn.max() < np.median(others) else "")


def _longest(axes: Axes) -> tuple[int, int]:
    """Longest lines of text left and right of the network, characters."""
    lines = [(text.get_position()[0] > 0, line) for text in axes.texts for line in text.get_text().split("\n")]
    left, right = (max(len(line) for at, line in lines if at == side) for side in (False, True))
    return left, right


def _tasks(number: float) -> str:
    return f"{number:,.0f} {'task' if number == 1 else 'tasks'}"


def _width(share: float) -> float:
    """Width in points of an edge with a share of the largest volume; the smallest can be seen."""
    return max(WIDEST * share, NARROWEST)


def load_and_reward(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw coprocessors' load against what they received in the same period."""
    load, reward = _worked(results.the_run(), "price")
    divisor, unit = token_scale(reward)
    figure, (axes,) = canvas(look, 1, 4.0)
    drawn = axes.hexbin(
        load, reward / divisor, gridsize=(40, 24), mincnt=1, bins="log", cmap=AMOUNTS, linewidths=0, rasterized=True
    )
    most = np.max(np.asarray(drawn.get_array()))
    cells = np.column_stack([drawn.get_offsets(), np.asarray(drawn.get_array())])
    ticks = [n * 10**k for k in range(7) for n in (1, 2, 5) if n * 10**k <= most]
    bar = figure.colorbar(drawn, ax=axes, label="coprocessor-periods\n(number, log scale)", pad=0.02, ticks=ticks)
    bar.ax.set_yticklabels([f"{n:,}" for n in ticks])
    bar.minorticks_off()
    middle, mean, low, high, counts = _by_load(load, reward / divisor)
    for curve, width, marker, label in (
        (mean, 2.0, "o", "mean"),
        (low, 1.0, "", "8 of 10 lie between"),
        (high, 1.0, "", None),
    ):
        outlined = [Stroke(linewidth=width + 2, foreground=PAPER), Normal()]
        axes.plot(middle, curve, color=VERMILLION, linewidth=width, marker=marker, label=label, path_effects=outlined)
    axes.set_xlabel(look.wrapped(LOAD))
    axes.set_ylabel(f"reward received in the period\n({unit})")
    axes.set_ylim(bottom=0)
    above(axes, look)
    third = np.quantile(load, (1 / 3, 2 / 3))
    calm, busy = reward[load <= third[0]], reward[load >= third[1]]
    spread = (
        f"{calm.std() / divisor:.3g} {unit} in the least loaded third of coprocessor-periods, "
        f"{busy.std() / divisor:.3g} in the most loaded"
    )
    return Picture(
        6,
        "Coprocessors' load and reward",
        f"{reward_by_load(load, reward)}; the reward's standard deviation is {spread}",
        f"Density of {len(load):,} coprocessor-periods with work, by load and by prices received, with the mean and "
        f"the band of 8 of 10 by load. The mean is {mean[0]:.3g} {unit} at a load of {middle[0]:.3g}% and "
        f"{mean[-1]:.3g} at {middle[-1]:.3g}%. Standard deviation: {spread}.",
        figure,
        FigureTable(
            ("what", "load (%)", f"reward ({unit})", "coprocessor-periods"),
            [
                *(("cell", x, y, int(n)) for x, y, n in cells),
                *(
                    (name, x, y, None)
                    for name, curve in (("mean", mean), ("first decile", low), ("last decile", high))
                    for x, y in zip(middle, curve, strict=True)
                ),
            ],
        ),
        _binned(axes, "reward", unit, middle, mean, low, high, counts)
        if look is NARROW
        else [Hit(axes, [(x, y)], f"load {x:.0f}%, {y:.2g} {unit}\n{n:,.0f} coprocessor-periods") for x, y, n in cells],
        look,
    )


def reward_by_load(load: Array, reward: Array) -> str:
    """Say whether reward goes with load."""
    over = f"{len(load):,} coprocessor-periods"
    found = rank_correlation(load, reward)
    if found is None or not found.told:
        ranks = f" (rank correlation {found.rank:+.2f})" if found else ""
        return f"From {over} no correlation of load and reward can be told{ranks}"
    course = "hardly depends on" if abs(found.rank) < 0.1 else "rises with" if found.rank > 0 else "falls with"
    return f"In this run reward {course} load (rank correlation {found.rank:+.2f} over {over})"


def tasks_over_time(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw tasks by coprocessor and time as a heat map, the busiest coprocessor on top."""
    tasks, time = results.the_run().of_coprocessors("tasks"), results.time
    order = np.argsort(-tasks.sum(axis=0), kind="stable")
    borders, ranks = stretches(len(tasks), COLUMNS), stretches(len(order), ROWS)
    means = _means(tasks[:, order], borders, ranks)
    figure, (axes,) = canvas(look, 1, 4.4)
    axes.grid(visible=False)
    some = np.where(means.T == 0, np.nan, means.T)
    most = max(float(means.max()), 1.0)
    mesh = axes.pcolormesh(borders, ranks + 0.5, some, cmap=AMOUNTS, vmin=0, vmax=most, rasterized=True)
    axes.invert_yaxis()
    above(axes, look, [Patch(facecolor=PAPER, edgecolor=RULE)], ["no task"])
    figure.colorbar(mesh, ax=axes, label="tasks a period (number)", pad=0.02)
    axes.set_xlabel(look.wrapped(time.replace(")", f"; means of {borders[1]})") if borders[1] > 1 else time))
    axes.set_ylabel("coprocessor, by rank\nof its tasks (number)")
    coarse = stretches(len(tasks), 1 if look is NARROW else POINTED)
    told = _means(tasks[:, order], coarse, ranks)
    whom = [
        f"coprocessor {order[a] + 1}, rank {a + 1}" if b - a == 1 else f"ranks {a + 1} to {b}"
        for a, b in pairwise(ranks)
    ]
    share = tasks.sum(axis=0) / max(float(tasks.sum()), 1.0)
    return Picture(
        7,
        "Tasks over time by coprocessor",
        shares(tasks),
        f"Heat map of tasks executed a period by {len(order)} coprocessors over {len(tasks)} periods, busiest on top. "
        f"The busiest gets {share.max():.2%} of all {_tasks(tasks.sum())}, the busiest tenth of the coprocessors "
        f"{share[order][: max(len(share) // 10, 1)].sum():.1%}; {np.count_nonzero(share == 0)} get none.",
        figure,
        FigureTable(
            (
                "first rank",
                "last rank",
                "first coprocessor",
                *(f"tasks a period from period {t}" for t in borders[:-1]),
            ),
            [(a + 1, b, order[a] + 1, *row) for (a, b), row in zip(pairwise(ranks), means.T.tolist(), strict=True)],
        ),
        [
            Hit(axes, ((t, a + 0.5), (u, b + 0.5)), f"{who}\nperiods {t} to {u - 1}: {told[k, i]:.3g} a period")
            for i, ((a, b), who) in enumerate(zip(pairwise(ranks), whom, strict=True))
            for k, (t, u) in enumerate(pairwise(coarse))
        ],
        look,
    )


def shares(tasks: Array) -> str:
    """Say how many coprocessors get tasks at first and at last, and what the busiest gets."""
    periods, coprocessors = tasks.shape
    who = counted(coprocessors, "coprocessor")
    if not tasks.any():
        return f"Of {who} none gets a task in {counted(periods, 'period')}"
    tenth = max(periods // 10, 1)
    first, last = (int(np.count_nonzero(part.sum(axis=0))) for part in (tasks[:tenth], tasks[-tenth:]))
    most = tasks.sum(axis=0).max() / tasks.sum()
    return (
        f"Of {who} {first} had tasks in the first tenth of the periods ({counted(tenth, 'period')}), {last} in the "
        f"last; the busiest had {most:.1%} of all {_tasks(tasks.sum())}, an even share is {1 / coprocessors:.1%}"
    )


def _means(tasks: Array, borders: Integers, ranks: Integers) -> Array:
    """Tasks by stretches of time and of ranks, means."""
    sums = np.add.reduceat(np.add.reduceat(tasks, borders[:-1], axis=0), ranks[:-1], axis=1)
    return np.asarray(sums / np.diff(borders)[:, None] / np.diff(ranks))


def load_and_amplification(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw coprocessors' load against their profit in the same period, coloured by what amplifies their slashes."""
    run = results.the_run()
    load, profit = _worked(run, "profit")
    curve = run.curve
    x = np.rint(load * BPS / 100).astype(np.int64)
    amplified = (x > curve.f) & run.parameters["curve"]
    factors = np.array([amplifier(pack(curve), at) for at in range(BPS + 1)]) / PPM
    amplification = np.where(amplified, factors[x], 1.0)
    divisor, unit = token_scale(profit)
    chosen = np.unique(np.linspace(0, len(load) - 1, min(POINTS, len(load))).astype(np.int64))
    figure, (axes,) = canvas(look, 1, 4.2)
    colours = ScalarMappable(Normalize(1.0, max(float(amplification.max()), 1.01)), RAMP)
    for who, marker, label in ((~amplified, "o", "slashes as they are"), (amplified, "^", "slashes amplified")):
        some = chosen[who[chosen]]
        if some.size:
            style: Any = {"marker": marker, "label": label, "c": colours.to_rgba(amplification[some])}
            axes.scatter(load[some], profit[some] / divisor, s=11, linewidths=0, alpha=0.6, rasterized=True, **style)
    figure.colorbar(colours, ax=axes, label="slash amplification\n1 + f(load) (factor)", pad=0.02)
    middle, mean, low, high, counts = _by_load(load, profit / divisor)
    axes.plot(middle, mean, color=INK, marker="s", markersize=3.5, label="mean of all", linewidth=1.2)
    mark(axes, curve)
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_xlabel(look.wrapped(LOAD))
    axes.set_ylabel(f"reward less slashes and costs\nin the period ({unit})")
    above(axes, look, larger=2)
    beyond = f"{np.count_nonzero(x > curve.f) / len(x):.1%}"
    pays = best(middle, mean, counts)
    return Picture(
        9,
        "Simulated coprocessor load, reward and slash amplification",
        f"Of {len(load):,} coprocessor-periods {beyond} are loaded above F; {pays}",
        f"Scatter plot of {len(chosen):,} of {len(load):,} coprocessor-periods with work, evenly taken: load against "
        f"profit, coloured by the slash amplification, which is 1 up to F = {curve.f / 100:g}% and up to "
        f"{amplification.max():.2f} above. Of all, {beyond} lie above F; {pays}.",
        figure,
        FigureTable(
            ("what", "load (%)", f"profit ({unit})", "slash amplification"),
            [
                *(("coprocessor-period", load[i], profit[i] / divisor, amplification[i]) for i in chosen),
                *(("mean", x, y, None) for x, y in zip(middle, mean, strict=True)),
            ],
        ),
        _binned(axes, "profit", unit, middle, mean, low, high, counts),
        look,
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
    """Give loads (percent) and another history of coprocessors, of the periods in which they had work."""
    load, other = run.of_coprocessors("load"), run.of_coprocessors(name)
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
