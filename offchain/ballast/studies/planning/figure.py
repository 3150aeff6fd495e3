"""A picture of a plan: what was forecast and what came; the capacity planned and the room that what came took."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ballast.studies.planning.forecast import INTERVALS, NAMES, DemandForecast
from ballast.studies.planning.plan import Answer

# Of the palette of Okabe and Ito, told apart by the colour-blind.
TRUTH: Final = "#000000"
CHECKED: Final = "#0072B2"
AHEAD: Final = "#D55E00"
SHADES: Final = {0.5: 0.45, 0.9: 0.22}
SHOWN: Final = 2
"""Seasons of history before the first window."""


def draw(answer: Answer, directory: Path) -> None:
    """Write ``plan.png`` and ``plan.svg``."""
    record = answer.records[answer.best]
    figure = Figure(figsize=(10.0, 6.5), layout="constrained")
    FigureCanvasAgg(figure)
    top, bottom = figure.subplots(2, 1, sharex=True)
    _arrivals(top, answer)
    _capacity(bottom, answer)
    top.set_title(
        f"{NAMES[answer.best]}: {record.sold:.2%} of {sum(t.tasks for t in record.trials):,} heavy tasks sold, "
        f"{answer.plan.level:.2%} promised",
        fontsize="medium",
        loc="left",
    )
    for axes in (top, bottom):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylim(bottom=0.0)
        axes.margins(x=0.01)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.legend(loc="upper left", fontsize="small", frameon=False, ncols=5)
        axes.set_ylim(top=1.18 * axes.get_ylim()[1])
    bottom.set_xlabel("period")
    with mpl.rc_context({"svg.hashsalt": "ballast"}):
        figure.savefig(directory / "plan.png", dpi=150)
        figure.savefig(directory / "plan.svg", metadata={"Date": None})


def _shown(answer: Answer) -> slice:
    first = answer.records[answer.best].trials[0].forecast.origin
    return slice(max(first - SHOWN * answer.question.season, 0), answer.demand.periods)


def _arrivals(axes: Axes, answer: Answer) -> None:
    for i, trial in enumerate(answer.records[answer.best].trials):
        _fan(axes, trial.forecast, CHECKED, "forecast before the window" if i == 0 else None)
    _fan(axes, answer.forecast, AHEAD, "forecast ahead (median, 50% and 90% intervals)")
    shown = _shown(answer)
    periods = np.arange(answer.demand.periods)[shown]
    axes.plot(periods, answer.demand.arrivals[shown], color=TRUTH, linewidth=0.9, label="came")
    axes.set_ylabel("heavy tasks a period")


def _fan(axes: Axes, forecast: DemandForecast, color: str, label: str | None) -> None:
    """Median and central intervals, one step a period."""
    periods = forecast.origin + np.arange(len(forecast.mean))
    for probability, (low, high) in sorted(INTERVALS.items(), reverse=True):
        axes.fill_between(
            *(periods, forecast.quantile(low), forecast.quantile(high)),
            color=color,
            alpha=SHADES[probability],
            linewidth=0.0,
        )
    axes.plot(periods, forecast.quantile(0.5), color=color, linewidth=1.1, linestyle="--", label=label)


def _capacity(axes: Axes, answer: Answer) -> None:
    horizon = answer.question.horizon
    for i, trial in enumerate(answer.records[answer.best].trials):
        first, capacity = trial.forecast.origin, trial.plan.total_capacity
        label = "capacity planned before the window" if i == 0 else None
        axes.plot([first, first + horizon], [capacity] * 2, color=CHECKED, linewidth=2.0, label=label)
    first, capacity = answer.forecast.origin, answer.plan.total_capacity
    axes.plot([first, first + horizon], [capacity] * 2, color=AHEAD, linewidth=2.0, label="capacity planned ahead")
    shown = _shown(answer)
    periods = np.arange(answer.demand.periods)[shown]
    axes.plot(periods, answer.demand.work[shown], color=TRUTH, linewidth=0.9, label="came")
    axes.set_ylabel("resource units")
