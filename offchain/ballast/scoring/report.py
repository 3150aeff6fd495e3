"""All that ``ballast gas fit`` tells of a fit. What cannot be had is told as such and takes nothing else with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from ballast.errors import GasModelError
from ballast.scoring.borders import INVERTIBILITY
from ballast.scoring.diagnostics import Diagnostics
from ballast.scoring.forecast import Forecast
from ballast.scoring.result import Fit
from ballast.table import Column


@dataclass
class FitReport:
    """A fit, and what follows from it.

    Attributes
    ----------
    fit : Fit
        The fit.
    column : Column
        What was fitted.
    regressors : tuple of str
        Their columns.
    diagnostics : Diagnostics or None
        Of the fit.
    forecast : Forecast or None
        If one was asked for.
    figure : Path or None
        Where the figure is, if one was asked for.
    missing : dict of str to str
        By what cannot be had: why.
    """

    fit: Fit
    column: Column
    regressors: tuple[str, ...]
    diagnostics: Diagnostics | None = None
    forecast: Forecast | None = None
    figure: Path | None = None
    missing: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def unless(self, what: str) -> Iterator[None]:
        """Note why something cannot be had if it cannot."""
        try:
            with np.errstate(all="ignore"):
                yield
        except (GasModelError, np.linalg.LinAlgError, ArithmeticError, MemoryError) as error:
            self.missing[what] = str(error) or type(error).__name__

    def as_dict(self) -> dict[str, Any]:
        """Plain content; what is not finite is None."""
        fit, model = self.fit, self.fit.model
        at_border = {name for border in fit.borders for name in border.coefficients}
        content: dict[str, Any] = {
            "file": str(self.column.path),
            "column": self.column.name,
            "model": {
                "density": model.density.name,
                "time_varying": list(model.time_varying),
                "links": dict(model.links),
                "scaling": model.scaling,
                "parametrization": model.parametrization,
                "p": model.layout.p,
                "q": model.layout.q,
                "regressors": list(self.regressors),
            },
            "observations": fit.observations,
            "missing": len(fit.filtered.data.y) - fit.observations,
            "log_likelihood": fit.loglik,
            "aic": fit.aic,
            "bic": fit.bic,
            "converged": fit.converged,
            "message": fit.message,
            "borders": [
                {"what": border.what, "simpler": border.simpler, "coefficients": list(border.coefficients)}
                for border in fit.borders
            ],
            "coefficients": {
                name: {
                    "estimate": value,
                    "standard_error": fit.standard_errors[name],
                    "z": z_value(fit, name),
                    "at_border": name in at_border,
                }
                for name, value in fit.params.items()
            },
            "diagnostics": self._diagnostics(),
            "not_available": self.missing,
        }
        if self.forecast:
            content["forecast"] = [
                dict(zip(("step", "mean", "lower", "upper"), (step, *row), strict=True))
                for step, row in enumerate(zip(*self.forecast.observation, strict=True), start=1)
            ]
        if self.figure:
            content["figure"] = str(self.figure)
        return _finite(content)  # type: ignore[no-any-return]

    def _diagnostics(self) -> dict[str, Any] | None:
        found = self.diagnostics
        if found is None:
            return None
        tests = {
            "uniformity": found.uniformity,
            "autocorrelation": found.autocorrelation,
            "heteroskedasticity": found.heteroskedasticity,
        }
        return {
            "lags": found.lags,
            **{name: {"statistic": test.value, "p_value": test.p_value} for name, test in tests.items()},
            "persistence": found.persistence,
            "lyapunov_exponent": found.exponent,
            "contraction_bound": found.bound,
        }


def report(
    fit: Fit, column: Column, regressors: tuple[str, ...], lags: int, horizon: int, seed: int, figure: Path | None
) -> FitReport:
    """Diagnose a fit, forecast and draw it.

    Parameters
    ----------
    fit, column, regressors
        As in `FitReport`.
    lags : int
        Of the Ljung-Box tests.
    horizon : int
        Steps to forecast, or 0.
    seed : int
        Of all draws.
    figure : Path or None
        Where to draw it.
    """
    result = FitReport(fit, column, regressors)
    rng = np.random.default_rng(seed)
    if not fit.errors_known:
        result.missing["standard errors"] = (
            "the border of invertibility is itself estimated"
            if INVERTIBILITY in fit.borders
            else "the likelihood has no definite curvature at the estimates"
        )
    with result.unless("diagnostics"):
        result.diagnostics = fit.diagnose(rng, lags=lags)
    if result.diagnostics:
        result.missing |= result.diagnostics.missing
    if horizon:
        with result.unless("forecast"):
            result.forecast = fit.forecast(horizon, rng)
    if figure:
        with result.unless("figure"):
            _draw(result, rng, figure)
            result.figure = figure
    return result


def _draw(result: FitReport, rng: Generator, path: Path) -> None:
    from ballast.scoring.figure import draw

    fit = result.fit
    bands = {}
    if fit.errors_known:
        with result.unless("band of the path"):
            bands = {name: (band.lower, band.upper) for name, band in fit.band(rng).items()}
    title = f"{result.column.name} in {result.column.path.name}: {fit.model.density.name}, {fit.model.scaling} scaling"
    draw(fit, bands, result.forecast, f"{title}, {fit.observations} observations", path)


def z_value(fit: Fit, name: str) -> float:
    """Estimate in units of its standard error; NaN where there is none."""
    error = fit.standard_errors[name]
    return fit.params[name] / error if error > 0.0 else math.nan


def _finite(content: Any) -> Any:
    """Replace numbers that are not finite by None."""
    convert: Callable[[Any], Any] = _finite
    if isinstance(content, dict):
        return {key: convert(value) for key, value in content.items()}
    if isinstance(content, list):
        return [convert(value) for value in content]
    if isinstance(content, float):
        return float(content) if math.isfinite(content) else None
    return content
