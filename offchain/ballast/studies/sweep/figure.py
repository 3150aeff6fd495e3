"""A picture of sensitivity indices: a panel an outcome, a row a parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

ORDERS: Final = {"total": ("#0072B2", "o", "total order"), "first": ("#D55E00", "s", "first order")}
"""Colour, marker and name of each order; of the palette of Okabe and Ito, told apart by the colour-blind."""
APART: Final = 0.18
"""Distance of an order's points from the middle of their row, in rows."""


def draw(rows: Sequence[Mapping[str, Any]], stream: BinaryIO) -> None:
    """Write a PNG of what `ballast.studies.sweep.analysis.indices_of` gives, with 95% intervals.

    Parameters are in the order of the largest of their total orders.
    """
    outcomes = list(dict.fromkeys(row["outcome"] for row in rows))
    largest: dict[str, float] = {}
    for row in rows:
        largest[row["parameter"]] = max(largest.get(row["parameter"], 0.0), row["total"])
    names = sorted(largest, key=largest.__getitem__)
    figure = Figure(figsize=(2.0 + 1.7 * len(outcomes), 1.2 + 0.24 * len(names)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(outcomes), sharex=True, sharey=True, squeeze=False)[0]
    for axes, outcome in zip(panels, outcomes, strict=True):
        here = [row for row in rows if row["outcome"] == outcome]
        for side, (order, (colour, marker, name)) in zip((APART, -APART), ORDERS.items(), strict=True):
            axes.errorbar(
                [row[order] for row in here],
                [names.index(row["parameter"]) + side for row in here],
                xerr=[row[f"{order}_ci"] for row in here],
                fmt=marker,
                color=colour,
                markersize=3.5,
                elinewidth=1.0,
                label=name,
            )
        axes.axvline(0.0, color="0.7", linewidth=0.8, zorder=0)
        axes.set_title(outcome, fontsize="medium", loc="left")
        axes.grid(axis="y", color="0.92")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(names)), names)
    figure.supxlabel("share of the outcome's variance, with 95% intervals", fontsize="medium")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False)
    figure.savefig(stream, format="png", dpi=150)
