"""A picture of a fit: observations, filtered path with its confidence band, forecast with its interval."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ballast.errors import GasModelError
from ballast.scoring.forecast import Forecast
from ballast.scoring.links import Array
from ballast.scoring.result import Fit
from ballast.writing import replacing

OBSERVED: Final = "#7f8c8d"
PATH: Final = "#1f4e79"
AHEAD: Final = "#b5541c"
LOCATIONS: Final = ("mean", "location")
SIZE: Final = (9.0, 3.2)
"""Inches, of one time-varying parameter."""


def draw(fit: Fit, bands: dict[str, tuple[Array, Array]], forecast: Forecast | None, title: str, path: Path) -> None:
    """Draw a fit to one series, one panel for each time-varying parameter, and save it.

    Parameters
    ----------
    fit : Fit
        The fit.
    bands : dict of str to (array, array)
        Lower and upper ends of the paths' bands, shape (T,), by time-varying parameter; may be empty.
    forecast : Forecast or None
        Drawn after the path.
    title : str
        Title of the picture.
    path : Path
        File to write; its ending chooses the format.

    Raises
    ------
    GasModelError
        If the file cannot be written.
    """
    names = fit.model.time_varying
    figure = Figure(figsize=(SIZE[0], SIZE[1] * len(names)), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize="medium")
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for axes, name in zip(panels, names, strict=True):
        _panel(axes, fit, name, bands, forecast)
    panels[-1].set_xlabel("observation")
    kind = path.suffix.lower().lstrip(".")
    try:
        with replacing(path) as file:
            figure.savefig(file, dpi=150, format=kind)
    except (OSError, ValueError) as error:
        raise GasModelError(f"the figure cannot be written to {path}: {error}") from None


def _panel(axes: Axes, fit: Fit, name: str, bands: dict[str, tuple[Array, Array]], forecast: Forecast | None) -> None:
    y = fit.filtered.data.y[:, 0]
    path = fit.filtered.parameters[name]
    time = np.arange(1, len(y) + 1)
    if name in LOCATIONS:
        trials = fit.filtered.data.trials[:, 0]
        shown = y / np.where(trials > 0.0, trials, np.nan)
        floor, top = _limits(shown, [path, *bands.get(name, ())])
        beyond = int(((shown < floor) | (shown > top)).sum())
        label = f"observed ({beyond} beyond the axis)" if beyond else "observed"
        size = min(4.0, 120.0 / np.sqrt(len(y)))
        axes.plot(time, shown, ".", color=OBSERVED, markersize=size, markeredgewidth=0.0, label=label)
        axes.set_ylim(floor, top)
    if name in bands:
        axes.fill_between(time, *bands[name], color=PATH, alpha=0.3, linewidth=0.0, label="95% band of the path")
    axes.plot(time, path, color=PATH, linewidth=1.1, label=f"filtered {name}")
    if forecast is not None:
        ahead = np.arange(len(y) + 1, len(y) + len(forecast.mean) + 1)
        future = forecast.parameters[name]
        axes.fill_between(ahead, future.lower, future.upper, color=AHEAD, alpha=0.25, linewidth=0.0)
        axes.plot(ahead, future.mean, color=AHEAD, linewidth=1.1, label=f"forecast {name}, 95% interval")
    axes.set_ylabel(name)
    axes.margins(x=0.01)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), fontsize="small", frameon=False, ncols=4, markerscale=2.0)


def _limits(shown: Array, curves: list[Array]) -> tuple[float, float]:
    """Limits of the axis: all of the curves and, so that these can be read, the central 99% of the observations."""
    floor, top = np.nanquantile(shown, (0.005, 0.995))
    floor, top = min(floor, *(curve.min() for curve in curves)), max(top, *(curve.max() for curve in curves))
    margin = 0.05 * (top - floor) or 0.05 * abs(top) or 1.0
    return float(floor - margin), float(top + margin)
