"""The command ``ballast gas``: fit a model to a file, and check the models against published results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from offchain.errors import CaseError, GasModelError
from offchain.gas.cases import CASES, printed
from offchain.gas.densities import DENSITIES
from offchain.gas.diagnostics import Diagnostics, Statistic
from offchain.gas.forecast import Forecast
from offchain.gas.kernel import SCALINGS
from offchain.gas.links import LINKS
from offchain.gas.model import PARAMETRIZATIONS, GasModel
from offchain.gas.result import Fit
from offchain.gas.table import numeric, read_table

FORMATS = ("eps", "jpeg", "jpg", "pdf", "png", "ps", "svg", "tif", "tiff", "webp")
"""Endings of pictures."""
FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def gas() -> None:
    """Fit score-driven time series models; check them against published results."""


def _links(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:  # noqa: ARG001
    pairs = [value.partition("=") for value in values]
    if any(link not in LINKS or not name for name, _, link in pairs):
        raise click.BadParameter(f"write PARAMETER=LINK, with a link among {', '.join(LINKS)}")
    return {name: link for name, _, link in pairs}


@gas.command()
@click.argument("file", type=FILE)
@click.option("--density", type=click.Choice(list(DENSITIES)), required=True, help="Distribution of an observation.")
@click.option("--column", help="Column of the observations.  [default: the first]")
@click.option(
    "--time-varying",
    multiple=True,
    default=("mean",),
    show_default=True,
    help="Parameter that varies in time. May be repeated.",
)
@click.option(
    "--scaling",
    type=click.Choice(list(SCALINGS)),
    default="unit",
    show_default=True,
    help="What the score is multiplied by: nothing, or a power of the inverse Fisher information.",
)
@click.option(
    "--link",
    "links",
    multiple=True,
    callback=_links,
    metavar="PARAMETER=LINK",
    help=f"Link of a parameter: {', '.join(LINKS)}. May be repeated.",
)
@click.option("-p", type=click.IntRange(1), default=1, show_default=True, help="Number of lags of the score.")
@click.option("-q", type=click.IntRange(1), default=1, show_default=True, help="Number of lags of the parameter.")
@click.option(
    "--regressor",
    "regressors",
    multiple=True,
    metavar="COLUMN",
    help="Column of an explanatory variable. May be repeated.",
)
@click.option(
    "--parametrization",
    type=click.Choice(PARAMETRIZATIONS),
    default="intercept",
    show_default=True,
    help="Constant of the recursion: an intercept, or the long-run level.",
)
@click.option(
    "--initial",
    type=click.Choice(["unconditional", "estimated"]),
    default="unconditional",
    show_default=True,
    help="First value of the parameter: its long-run level, or estimated.",
)
@click.option("--trials", metavar="N|COLUMN", help="Number of trials of the binomial, or the column that holds it.")
@click.option(
    "--lags", type=click.IntRange(1), default=20, show_default=True, help="Number of lags of the Ljung-Box tests."
)
@click.option("--horizon", type=click.IntRange(0), default=0, show_default=True, help="Steps to forecast.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Seed of forecasts, bands and randomised residuals."
)
@click.option("--figure", type=FILE, help="Draw the filtered path with its band to this file.")
def fit(
    file: Path,
    column: str | None,
    regressors: tuple[str, ...],
    trials: str | None,
    lags: int,
    horizon: int,
    seed: int,
    figure: Path | None,
    **model: Any,
) -> None:
    """Fit a model to a column of FILE, a CSV file with a header. Empty cells are missing observations."""
    if figure:
        _check_figure(figure)
    table = read_table(file)
    y = numeric(file, table, column or next(iter(table)))
    if trials is not None:
        model["trials"] = float(trials) if trials.isdigit() else numeric(file, table, trials)
    if regressors:
        model["regressors"] = np.column_stack([numeric(file, table, name) for name in regressors])
        if horizon:
            raise GasModelError("--horizon needs future values of the regressors; use the Python interface")
    found = GasModel(**model).fit(y)
    rng = np.random.default_rng(seed)
    console = Console()
    console.print(_estimates(found), _summary(found), _judgement(found.diagnose(rng, lags=lags), lags), sep="\n")
    forecast = found.forecast(horizon, rng) if horizon else None
    if forecast:
        console.print(_forecast(forecast))
    if figure:
        from offchain.gas.figure import draw

        bands = found.band(rng) if found.errors_known else {}
        draw(found, {name: (b.lower, b.upper) for name, b in bands.items()}, forecast, _title(found, file), figure)
        console.print(f"drawn to {figure}", soft_wrap=True)


def _check_figure(path: Path) -> None:
    """Refuse a figure that could not be written, before anything is fitted."""
    if path.suffix and path.suffix[1:].lower() not in FORMATS:
        raise GasModelError(f"--figure {path}: no picture ends in {path.suffix}; give one of {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise GasModelError(f"the figure cannot be written to {path}: {path.parent} is no directory")


def _summary(fit: Fit) -> str:
    likelihood = f"log-likelihood {fit.loglik:.4f}, AIC {fit.aic:.4f}, BIC {fit.bic:.4f}"
    return f"{fit.observations} observations, {likelihood}\n{fit.message}\n"


def _title(fit: Fit, file: Path) -> str:
    model = fit.model
    return f"{file.name}: {model.density.name}, {model.scaling} scaling, {fit.observations} observations"


def _estimates(fit: Fit) -> Table:
    table = Table(title="Estimates")
    table.add_column("coefficient")
    for name in ("estimate", "standard error", "z"):
        table.add_column(name, justify="right")
    for name, value in fit.params.items():
        error = fit.standard_errors[name]
        table.add_row(name, f"{value:.6f}", f"{error:.6f}", f"{value / error:.2f}")
    return table


def _judgement(found: Diagnostics, lags: int) -> Table:
    table = Table(title="Diagnostics")
    table.add_column("of")
    table.add_column("value", justify="right")
    table.add_column("meaning")

    def test(name: str, statistic: Statistic, if_small: str) -> None:
        verdict = if_small if statistic.p_value < 0.05 else "not rejected at 5%"
        table.add_row(name, f"{statistic.value:.4f}", f"p = {statistic.p_value:.4f}: {verdict}")

    test("uniform transforms, Kolmogorov-Smirnov", found.uniformity, "the density does not fit")
    test(f"residuals, Ljung-Box, {lags} lags", found.autocorrelation, "correlation is left")
    test(f"squared residuals, Ljung-Box, {lags} lags", found.heteroskedasticity, "changing variance is left")
    table.add_row("persistence", f"{found.persistence:.4f}", "stationary" if found.stationary else "not stationary")
    forgets = "the path forgets its start" if found.invertible else "the path does not forget its start"
    table.add_row("Lyapunov exponent", f"{found.exponent:.4f}", forgets)
    if not np.isnan(found.bound):
        holds = "invertible over the visited range" if found.bound < 0.0 else "invertibility not shown beyond the path"
        table.add_row("contraction bound", f"{found.bound:.4f}", holds)
    return table


def _forecast(forecast: Forecast) -> Table:
    table = Table(title=f"Forecast, intervals of {forecast.coverage:.0%}")
    for name in ("step", "mean", "lower", "upper"):
        table.add_column(name, justify="right")
    for step, row in enumerate(zip(*forecast.observation, strict=True), start=1):
        table.add_row(str(step), *(f"{value:.4f}" for value in row))
    return table


@gas.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"Folder with {', '.join(case.file for case in CASES if case.file)}.",
)
def check(data: Path | None) -> None:
    """Reproduce published estimates; fail if one disagrees."""
    console = Console()
    table = Table(title="Published results")
    table.add_column("case")
    table.add_column("figure")
    for name in ("expected", "got", "digits"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    wrong, skipped = [], []
    for case in CASES:
        figures = case.run(data)
        if figures is None:
            skipped.append(case.file)
            continue
        for figure in figures:
            digits = f"{figure.digits} of {printed(figure.expected)}"
            name = case.name if figure is figures[0] else ""
            table.add_row(name, figure.name, figure.expected, f"{figure.got:.8f}", digits, figure.verdict)
            wrong += [] if figure.agrees else [f"{case.name}: {figure.name}"]
        table.add_section()
    console.print(table)
    if skipped:
        console.print(f"not run, for want of data: {', '.join(skipped)} (--data names their folder)", soft_wrap=True)
    if wrong:
        raise CaseError(f"not reproduced: {'; '.join(wrong)}")
