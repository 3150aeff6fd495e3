"""Figures 5, 6, 7 and 9: whom coprocessors work for, how loaded they are, and what they earn by it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Curve
from matplotlib.patheffects import Normal, Stroke

from offchain.errors import MissingResultError
from offchain.model.constants import BPS, PPM
from sim.figures.curve import mark, rates_of
from sim.figures.operators import rank_correlation
from sim.figures.results import EDGES, Array, Results, RunResults
from sim.figures.slashing import TIME
from sim.figures.style import AMOUNTS, INK, PAPER, RAMP, VERMILLION, Picture, canvas, stretches, token_scale

LEFT, RIGHT = 5, 10
"""Operators and coprocessors of the network that is drawn, as in the paper."""
WIDEST, NARROWEST = 7.0, 0.4
"""Widths of edges, points."""
COLUMNS: Final = 250
"""Columns of the heat map at most."""
POINTS: Final = 6_000
"""Points of a scatter plot at most."""
BIN: Final = 5
"""Percentage points of load over which rewards are averaged."""
FEW: Final = 20
"""Coprocessor-periods below which a bin is left out, and below which nothing is drawn."""
LOAD: Final = "load at the period's height (% of capacity)"


def network(results: Results) -> Picture:
    """Draw who worked for whom among the first five operators and the first ten coprocessors."""
    run = results.the_run()
    edges = run.history[EDGES]
    if not edges.size:
        raise MissingResultError(f"{run.directory} does not say who worked for whom: it had too many participants")
    volume = edges[:LEFT, :RIGHT]
    most = max(float(volume.max()), 1.0)
    figure, (axes,) = canvas(1, 5.0)
    axes.axis("off")
    heights = [np.linspace(1, 0, n) if n > 1 else np.array([0.5]) for n in volume.shape]
    for flat in np.argsort(volume, axis=None, kind="stable").tolist():
        i, j = divmod(flat, volume.shape[1])
        if volume[i, j] > 0:
            start, end = float(heights[0][i]), float(heights[1][j])
            across = Curve([(0, start), (0.5, start), (0.5, end), (1, end)], [Curve.MOVETO, *[Curve.CURVE4] * 3])
            share = float(volume[i, j]) / most
            axes.add_patch(PathPatch(across, fill=False, edgecolor=RAMP(share), linewidth=_width(share)))
    for side, (kind, toward) in enumerate((("operator", "right"), ("coprocessor", "left"))):
        axes.scatter(np.full(len(heights[side]), side), heights[side], 90, PAPER, edgecolors=INK, zorder=3)
        for place, (y, n) in enumerate(zip(heights[side], volume.sum(axis=1 - side), strict=True), start=1):
            text = f"{kind} {place}\n{n:,.0f} {'task' if n == 1 else 'tasks'}"
            x = side + (0.05 if side else -0.05)
            axes.text(x, y, text, horizontalalignment=toward, verticalalignment="center", fontsize=8)
    axes.set_xlim(-0.4, 1.45)
    axes.set_ylim(-0.05, 1.05)
    shown = np.unique(np.maximum(np.rint(most * np.array((0.25, 0.5, 1.0))), 1)).tolist()
    handles = [Line2D([], [], color=RAMP(n / most), linewidth=_width(n / most)) for n in shown]
    labels = [f"{n:,.0f} tasks" for n in shown]
    figure.legend(handles, labels, loc="outside lower center", ncols=len(shown), handlelength=3)
    linked = int(np.count_nonzero(volume))
    return Picture(
        5,
        f"Network of {len(volume)} operators and {volume.shape[1]} coprocessors",
        f"{linked} of {volume.size} pairs dealt with each other, in {volume.max():,.0f} settled tasks at most; the "
        f"mean over all pairs is {volume.mean():,.3g}",
        f"Bipartite network of the first {len(volume)} operators and the first {volume.shape[1]} coprocessors, edges "
        f"as wide as the auctioned tasks settled between them: {volume.sum():,.0f} of the {edges.sum():,.0f} of the "
        f"whole market, over {linked} edges of {volume.size}.",
        figure,
    )


def _width(share: float) -> float:
    """Width in points of an edge with a share of the largest volume; the smallest can be seen."""
    return max(WIDEST * share, NARROWEST)


def load_and_reward(results: Results) -> Picture:
    """Draw coprocessors' load against what they received in the same period."""
    load, reward = _worked(results.the_run(), "price")
    divisor, unit = token_scale(reward)
    figure, (axes,) = canvas(1, 4.0)
    drawn = axes.hexbin(load, reward / divisor, gridsize=(40, 24), mincnt=1, bins="log", cmap=AMOUNTS, linewidths=0.1)
    most = np.max(np.asarray(drawn.get_array()))
    ticks = [n * 10**k for k in range(7) for n in (1, 2, 5) if n * 10**k <= most]
    bar = figure.colorbar(drawn, ax=axes, label="coprocessor-periods (number, log scale)", pad=0.02, ticks=ticks)
    bar.ax.set_yticklabels([f"{n:,}" for n in ticks])
    bar.minorticks_off()
    middle, mean, low, high = _by_load(load, reward / divisor)
    for curve, width, marker, label in (
        (mean, 2.0, "o", "mean"),
        (low, 1.0, "", "8 of 10 lie between"),
        (high, 1.0, "", None),
    ):
        outlined = [Stroke(linewidth=width + 2, foreground="white"), Normal()]
        axes.plot(middle, curve, color=VERMILLION, linewidth=width, marker=marker, label=label, path_effects=outlined)
    axes.set_xlabel(LOAD)
    axes.set_ylabel(f"reward received in the period\n({unit})")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left")
    third = np.quantile(load, (1 / 3, 2 / 3))
    calm, busy = reward[load <= third[0]], reward[load >= third[1]]
    rank, _ = rank_correlation(load, reward)
    course = "hardly depends on" if abs(rank) < 0.1 else "rises with" if rank > 0 else "falls with"
    spread = (
        f"{calm.std() / divisor:.3g} {unit} in the least loaded third of coprocessor-periods, "
        f"{busy.std() / divisor:.3g} in the most loaded"
    )
    return Picture(
        6,
        "Coprocessors' load and reward",
        f"Reward {course} load (rank correlation {rank:+.2f}); its standard deviation is {spread}",
        f"Density of {len(load):,} coprocessor-periods with work, by load and by prices received, with the mean and "
        f"the band of 8 of 10 by load. The mean is {mean[0]:.3g} {unit} at a load of {middle[0]:.3g}% and "
        f"{mean[-1]:.3g} at {middle[-1]:.3g}%. Standard deviation: {spread}.",
        figure,
    )


def tasks_over_time(results: Results) -> Picture:
    """Draw tasks by coprocessor and time as a heat map, the busiest coprocessor on top."""
    tasks = results.the_run().of_coprocessors("tasks")
    order = np.argsort(-tasks.sum(axis=0), kind="stable")
    borders = stretches(len(tasks), COLUMNS)
    means = np.add.reduceat(tasks[:, order], borders[:-1], axis=0) / np.diff(borders)[:, None]
    figure, (axes,) = canvas(1, 4.4)
    axes.grid(visible=False)
    mesh = axes.pcolormesh(borders, np.arange(len(order) + 1) + 0.5, means.T, cmap=AMOUNTS, vmin=0, rasterized=True)
    axes.invert_yaxis()
    figure.colorbar(mesh, ax=axes, label="tasks a period (number)", pad=0.02)
    axes.set_xlabel(TIME.replace(")", f"; means of {borders[1]})") if borders[1] > 1 else TIME)
    axes.set_ylabel("coprocessor, by rank of its tasks (number)")
    share = tasks.sum(axis=0) / max(float(tasks.sum()), 1.0)
    tenth = max(len(tasks) // 10, 1)
    first, last = (int(np.count_nonzero(part.sum(axis=0))) for part in (tasks[:tenth], tasks[-tenth:]))
    return Picture(
        7,
        "Tasks over time by coprocessor",
        f"Of {len(order)} coprocessors {first} get tasks in the first tenth of the periods, {last} in the last; the "
        f"busiest gets {share.max():.1%} of all, an even share is {1 / len(order):.1%}",
        f"Heat map of tasks executed a period by {len(order)} coprocessors over {len(tasks)} periods, busiest on top. "
        f"The busiest gets {share.max():.2%} of all tasks, the busiest tenth of the coprocessors "
        f"{share[order][: max(len(share) // 10, 1)].sum():.1%}; {np.count_nonzero(share == 0)} get none.",
        figure,
    )


def load_and_amplification(results: Results) -> Picture:
    """Draw coprocessors' load against their profit in the same period, coloured by what amplifies their slashes."""
    run = results.the_run()
    load, profit = _worked(run, "profit")
    curve, rates = rates_of(run.parameters["preset"])
    x = np.rint(load * BPS / 100).astype(np.int64)
    amplified = (x > curve.f) & run.parameters["curve"]
    amplification = np.where(amplified, 1 + rates[x] / PPM, 1.0)
    divisor, unit = token_scale(profit)
    chosen = np.unique(np.linspace(0, len(load) - 1, min(POINTS, len(load))).astype(np.int64))
    figure, (axes,) = canvas(1, 4.2)
    colours = ScalarMappable(Normalize(1.0, max(float(amplification.max()), 1.01)), RAMP)
    for who, marker, label in ((~amplified, "o", "slashes as they are"), (amplified, "^", "slashes amplified")):
        some = chosen[who[chosen]]
        if some.size:
            look: Any = {"marker": marker, "label": label, "c": colours.to_rgba(amplification[some])}
            axes.scatter(load[some], profit[some] / divisor, s=9, linewidths=0, alpha=0.6, rasterized=True, **look)
    figure.colorbar(colours, ax=axes, label="slash amplification 1 + f(load) (factor)", pad=0.02)
    middle, mean, _, _ = _by_load(load, profit / divisor)
    axes.plot(middle, mean, color=INK, marker="s", markersize=3.5, label="mean of all", linewidth=1.2)
    mark(axes, curve)
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_xlabel(LOAD)
    axes.set_ylabel(f"reward less slashes and costs\nin the period ({unit})")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, markerscale=2)
    beyond = np.count_nonzero(x > curve.f) / len(x)
    best = f"{middle[np.argmax(mean)] - BIN / 2:.3g} to {middle[np.argmax(mean)] + BIN / 2:.3g}%"
    return Picture(
        9,
        "Simulated coprocessor load, reward and slash amplification",
        f"{beyond:.0%} of coprocessor-periods are loaded above F; the mean profit is largest at loads from {best}",
        f"Scatter plot of {len(chosen):,} of {len(load):,} coprocessor-periods with work, evenly taken: load against "
        f"profit, coloured by the slash amplification, which is 1 up to F = {curve.f / 100:g}% and up to "
        f"{amplification.max():.2f} above. The mean profit is largest at loads from {best}; {beyond:.1%} of all lie "
        "above F.",
        figure,
    )


def _worked(run: RunResults, name: str) -> tuple[Array, Array]:
    """Give loads (percent) and another history of coprocessors, of the periods in which they had work."""
    load, other = run.of_coprocessors("load"), run.of_coprocessors(name)
    busy = load > 0
    if np.count_nonzero(busy) < FEW:
        raise MissingResultError(f"{run.directory}: coprocessors had work in fewer than {FEW} periods all in all")
    return load[busy] * 100 / BPS, other[busy]


def _by_load(load: Array, values: Array) -> tuple[Array, Array, Array, Array]:
    """Give middles of bins of load, and mean, first and last decile of the values in them.

    Bins with few values are left out; where all have few, everything is one bin.
    """
    places = np.minimum(load // BIN, 100 // BIN - 1).astype(np.int64)
    kept = np.flatnonzero(np.bincount(places, minlength=100 // BIN) >= FEW)
    groups = [values[places == k] for k in kept] or [values]
    middle = (kept + 0.5) * BIN if len(kept) else np.array([load.mean()])
    low, high = np.array([np.quantile(group, (0.1, 0.9)) for group in groups]).T
    return middle, np.array([group.mean() for group in groups]), low, high
