"""Figures 5 and 7: whom coprocessors work for, and how tasks are shared among them."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Curve

from ballast.errors import MissingResultError
from ballast.studies.figures.operators import FEWEST, counted
from ballast.studies.figures.results import EDGES, Array, ResultsDirectory
from ballast.studies.figures.style import (
    AMOUNTS,
    COLUMN,
    INK,
    NARROW,
    PAPER,
    RAMP,
    RULE,
    FigureTable,
    Hit,
    Look,
    Picture,
    above,
    canvas,
    stretches,
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
    """Say how many of the pairs drawn dealt with each other, and with how many the operators drawn and others deal."""
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
    return (
        f"{text}. The {len(drawn)} operators dealt with {drawn.mean():.3g} of all {edges.shape[1]} coprocessors on "
        f"average, the {len(others)} others with {others.mean():.3g}"
    )


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
