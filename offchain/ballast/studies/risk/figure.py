"""Figures of risk: the profit of a horizon with its tail, the stake over time, and the map of terms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from ballast.studies.figures.style import BLUE, INK, ORANGE, PAPER, SKY, VERMILLION, WIDE, above, canvas, token_scale
from ballast.studies.risk.analysis import RiskReport
from ballast.studies.risk.deterrence import CONTRACTS_TO, LEAVES, SHIRKS, WORKS, RiskCell, RiskOffer
from ballast.studies.risk.quantities import LEVELS, expected_shortfall, value_at_risk
from ballast.studies.risk.simulated import Simulated
from ballast.wording import counted

Floats = npt.NDArray[np.float64]
FILLS: Final = {WORKS: SKY, SHIRKS: ORANGE, LEAVES: VERMILLION}
HATCHES: Final = {WORKS: "", SHIRKS: "//", LEAVES: "xx"}
MARKS: Final = {WORKS: "o", SHIRKS: "s", LEAVES: "X"}
"""Colours, hatches and markers of what executors do: none tells alone."""
BINS: Final = 80
"""Bars of a histogram: of 20,000 paths the outer ones then have a few each."""
BANDS: Final = ((0.01, 0.99, 0.18), (0.05, 0.95, 0.3), (0.25, 0.75, 0.45))
"""Quantiles between which the fan of stakes is filled, and how much it covers the ground."""


def draw_profit(profit: Floats, stake: float, needed: float, directory: Path) -> None:
    """Write ``risk.png`` and ``risk.svg``: profits of a horizon, and the stake with all profits kept.

    Parameters
    ----------
    profit : array of shape (paths, epochs)
        Token units.
    stake, needed : float
        At the beginning, and what capacity needs; token units.
    directory : Path
        Where to.
    """
    with mpl.rc_context(WIDE.style):
        figure, (top, bottom) = canvas(WIDE, 2, 6.4)
        _density(top, profit.sum(axis=1))
        _fan_of_stakes(bottom, stake + np.cumsum(profit, axis=1), stake, needed)
        _write(figure, directory, "risk")


def _density(axes: Axes, total: Floats) -> None:
    by, unit = token_scale(total)
    axes.hist(total / by, bins=BINS, color=SKY, edgecolor=PAPER, linewidth=0.3)
    for level, style in zip(LEVELS, ("--", "-"), strict=True):
        at = -value_at_risk(total, level) / by
        axes.axvline(at, color=BLUE, linestyle=style, label=f"value at risk, {level:.0%}")
        at = -expected_shortfall(total, level) / by
        axes.axvline(at, color=VERMILLION, linestyle=style, label=f"expected shortfall, {level:.0%}")
    axes.axvline(0.0, color=INK, linewidth=1.0, linestyle=":")
    axes.set_xlabel(f"profit over the horizon ({unit})")
    axes.set_ylabel("paths")
    above(axes, WIDE)


def _fan_of_stakes(axes: Axes, held: Floats, stake: float, needed: float) -> None:
    by, unit = token_scale(held)
    epochs = np.arange(held.shape[1] + 1)
    held = np.column_stack((np.full(len(held), stake), held)) / by
    for low, high, alpha in BANDS:
        below, above = np.quantile(held, (low, high), axis=0)
        axes.fill_between(
            epochs, below, above, color=BLUE, alpha=alpha, linewidth=0, label=f"{low:.0%} to {high:.0%} of the paths"
        )
    axes.plot(epochs, np.median(held, axis=0), color=INK, label="median")
    axes.axhline(needed / by, color=VERMILLION, linestyle="--", label="needed for its capacity or next task")
    axes.set_xlim(0, epochs[-1])
    axes.set_xlabel("epoch")
    axes.set_ylabel(f"stake and profits\n({unit})")
    axes.legend(loc="upper left")


def draw_everybody(reports: Sequence[RiskReport], directory: Path) -> None:
    """Write ``risk.png`` and ``risk.svg``: the mean profit of a horizon by participant, and what one in so many loses.

    Parameters
    ----------
    reports : sequence of RiskReport
        Of all.
    directory : Path
        Where to.
    """
    roles = list(dict.fromkeys(report.exposure.role for report in reports))
    by, unit = token_scale(np.array([report.horizon.mean for report in reports]))
    with mpl.rc_context(WIDE.style):
        figure, panels = canvas(WIDE, len(roles), 3.2 * len(roles))
        for axes, role in zip(panels, roles, strict=True):
            spans = sorted((r.horizon for r in reports if r.exposure.role == role), key=lambda span: span.mean)
            places, means = np.arange(1, len(spans) + 1), np.array([span.mean for span in spans]) / by
            for level, colour, width in zip(reversed(LEVELS), (VERMILLION, BLUE), (1.2, 3.5), strict=True):
                worst = np.array([-span.value_at_risk[level] for span in spans]) / by
                label = f"down to value at risk, {level:.0%}"
                axes.vlines(places, worst, means, color=colour, linewidth=width, label=label)
            axes.plot(places, means, "o", color=INK, markersize=3, label="mean")
            axes.axhline(0.0, color=INK, linewidth=1.0, linestyle=":")
            axes.set_xlim(0, len(spans) + 1)
            axes.set_xlabel(f"{role}s, by mean profit")
            axes.set_ylabel(f"profit over {counted(spans[0].epochs, 'epoch')}\n({unit})")
            axes.legend(loc="upper left")
        _write(figure, directory, "risk")


def draw_map(
    cells: Sequence[RiskCell], simulated: Sequence[Simulated], best: tuple[RiskCell, RiskOffer] | None, directory: Path
) -> None:
    """Write ``map.png`` and ``map.svg``: theory as the ground, the simulation as marks, prices as numbers."""
    factors = list(dict.fromkeys(cell.factor for cell in cells))
    collaterals = list(dict.fromkeys(cell.collateral for cell in cells))
    with mpl.rc_context(WIDE.style):
        figure = Figure(figsize=(WIDE.width, 6.8), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        for i, cell in enumerate(cells):
            x, y = factors.index(cell.factor), collaterals.index(cell.collateral)
            axes.add_patch(
                Rectangle(
                    (x - 0.5, y - 0.5),
                    *(1, 1),
                    facecolor=FILLS[cell.verdict],
                    alpha=0.45,
                    hatch=HATCHES[cell.verdict],
                    edgecolor=PAPER,
                )
            )
            if cell.working is not None:
                axes.text(x, y + 0.12, f"{cell.working.price:.2f}", ha="center", va="center")
            if simulated:
                verdict, shirked = simulated[i].verdict, simulated[i].shirked
                axes.plot(x - 0.25, y - 0.25, MARKS[verdict], color=INK, markerfacecolor=FILLS[verdict])
                axes.text(x + 0.1, y - 0.25, f"{shirked:.0%}", ha="center", va="center", fontsize="small")
            if best is not None and cell is best[0]:
                axes.add_patch(Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, fill=False, edgecolor=INK, linewidth=2.5))
        inside = sum(collateral <= CONTRACTS_TO for collateral in collaterals)
        axes.axhline(inside - 0.5, color=INK, linestyle="--")
        axes.set_xlim(-0.5, len(factors) - 0.5)
        axes.set_ylim(-0.5, len(collaterals) - 0.5)
        axes.set_xticks(range(len(factors)), [f"{factor:g}" for factor in factors])
        axes.set_yticks(range(len(collaterals)), [f"{collateral:g}" for collateral in collaterals])
        axes.grid(visible=False)
        axes.set_xlabel("slash factor s (share of the collateral)")
        axes.set_ylabel("collateral l (multiple of the reward)")
        handles: list[Patch | Line2D] = [
            Patch(facecolor=FILLS[name], alpha=0.45, hatch=HATCHES[name], edgecolor=PAPER, label=f"theory: {name}")
            for name in FILLS
        ]
        if simulated:
            handles += [
                Line2D(
                    [],
                    [],
                    color=INK,
                    marker=MARKS[name],
                    linestyle="",
                    markerfacecolor=FILLS[name],
                    label=f"simulated: {name}",
                )
                for name in FILLS
            ]
            percents = "simulated: tasks without effort"
            handles.append(Line2D([], [], color=INK, marker="$9\\%$", markersize=16, linestyle="", label=percents))
        handles.append(
            Line2D([], [], color=INK, marker="$0.7$", markersize=16, linestyle="", label="least price for effort")
        )
        handles.append(Line2D([], [], color=INK, linestyle="--", label="contracts take collaterals below"))
        if best is not None:
            handles.append(Patch(fill=False, edgecolor=INK, linewidth=2.5, label="cheapest for the AVS"))
        figure.legend(handles=handles, loc="outside upper left", ncols=3)
        _write(figure, directory, "map")


def _write(figure: Figure, directory: Path, name: str) -> None:
    figure.savefig(directory / f"{name}.png", dpi=150)
    figure.savefig(directory / f"{name}.svg", metadata={"Date": None})
