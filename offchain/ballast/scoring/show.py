"""Tables of a fit, for people."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from ballast.scoring.diagnostics import Diagnostics, Statistic
from ballast.scoring.forecast import Forecast
from ballast.scoring.report import FitReport, z_value
from ballast.scoring.result import Fit


def show(report: FitReport, console: Console) -> None:
    """Print a report."""
    fit = report.fit
    console.print(_estimates(fit, report.column.name))
    missing = len(fit.filtered.data.y) - fit.observations
    seen = f"{report.column.name} in {report.column.path}: {fit.observations} observations"
    console.print(f"{seen}, {missing} missing" if missing else seen, soft_wrap=True, markup=False)
    console.print(f"log-likelihood {fit.loglik:.4f}, AIC {fit.aic:.4f}, BIC {fit.bic:.4f}", soft_wrap=True)
    console.print(f"{fit.message}\n", soft_wrap=True, markup=False)
    if report.diagnostics:
        console.print(_judgement(report.diagnostics))
    if report.forecast:
        console.print(_forecast(report.forecast))
    for what, why in report.missing.items():
        console.print(f"{what} not available: {why}", soft_wrap=True, markup=False)
    if report.figure:
        console.print(f"drawn to {report.figure}", soft_wrap=True, markup=False)


def number(value: float) -> str:
    """Six significant digits, or a dash."""
    return f"{value:.6g}" if not math.isnan(value) else "-"


def _estimates(fit: Fit, column: str) -> Table:
    table = Table(title=f"Estimates for {column.replace('[', chr(92) + '[')}")
    table.add_column("coefficient")
    for name in ("estimate", "standard error", "z"):
        table.add_column(name, justify="right")
    at_border = {name for border in fit.borders for name in border.coefficients}
    for name, value in fit.params.items():
        z = z_value(fit, name)
        error = "at border" if name in at_border else number(fit.standard_errors[name])
        table.add_row(name, number(value), error, "-" if math.isnan(z) else f"{z:.2f}")
    return table


def _judgement(found: Diagnostics) -> Table:
    table = Table(title="Diagnostics")
    table.add_column("of")
    table.add_column("value", justify="right")
    table.add_column("meaning")

    def test(name: str, statistic: Statistic, if_small: str) -> None:
        verdict = if_small if statistic.p_value < 0.05 else "not rejected at 5%"
        if not math.isnan(statistic.value):
            table.add_row(name, f"{statistic.value:.4f}", f"p = {statistic.p_value:.4f}: {verdict}")

    lags = "1 lag" if found.lags == 1 else f"{found.lags} lags"
    test("uniform transforms, Kolmogorov-Smirnov", found.uniformity, "the density does not fit")
    test(f"residuals, Ljung-Box, {lags}", found.autocorrelation, "correlation is left")
    test(f"squared residuals, Ljung-Box, {lags}", found.heteroskedasticity, "changing variance is left")
    table.add_row("persistence", f"{found.persistence:.4f}", "stationary" if found.stationary else "not stationary")
    if not math.isnan(found.exponent):
        forgets = "the path forgets its start" if found.invertible else "the path does not forget its start"
        table.add_row("Lyapunov exponent", f"{found.exponent:.4f}", forgets)
    if not math.isnan(found.bound):
        holds = "invertible over the visited range" if found.bound < 0.0 else "invertibility not shown beyond the path"
        table.add_row("contraction bound", f"{found.bound:.4f}", holds)
    return table


def _forecast(forecast: Forecast) -> Table:
    table = Table(title=f"Forecast, intervals of {forecast.coverage:.0%}")
    for name in ("step", "mean", "lower", "upper"):
        table.add_column(name, justify="right")
    for step, row in enumerate(zip(*forecast.observation, strict=True), start=1):
        table.add_row(str(step), *(number(value) for value in row))
    return table
