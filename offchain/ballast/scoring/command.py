"""The command ``ballast gas``: fit a model to a file, and check the models against published results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from ballast.errors import CaseError, FitError, GasModelError
from ballast.scoring import show
from ballast.scoring.cases import CASES, printed
from ballast.scoring.data import with_trials
from ballast.scoring.densities import DENSITIES
from ballast.scoring.kernel import SCALINGS
from ballast.scoring.links import LINKS
from ballast.scoring.model import GasModel
from ballast.scoring.report import FitReport, report
from ballast.scoring.specification import PARAMETRIZATIONS
from ballast.scoring.writable import check_figure
from ballast.table import read_table

FILE = click.Path(dir_okay=False, path_type=Path)
FARTHEST = 1_000
"""Steps that may be forecast: each is drawn ten thousand times."""


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
@click.option("--column", help="Column of the observations. Needed if more than one is left beside the regressors.")
@click.option(
    "--header/--no-header",
    default=True,
    help="Whether the first line names the columns; else they are called 1, 2, ...",
)
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
@click.option(
    "--trials", metavar="N|COLUMN", help="Number of trials of the binomial density, or the column that holds it."
)
@click.option(
    "--lags",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Number of lags of the Ljung-Box tests; fewer if observations are few.",
)
@click.option("--horizon", type=click.IntRange(0, FARTHEST), default=0, show_default=True, help="Steps to forecast.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Seed of forecasts, bands and randomised residuals.",
)
@click.option("--figure", type=FILE, help="Draw the filtered path with its band to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def fit(
    file: Path,
    column: str | None,
    header: bool,
    regressors: tuple[str, ...],
    trials: str | None,
    lags: int,
    horizon: int,
    seed: int,
    figure: Path | None,
    as_json: bool,
    **model: Any,
) -> None:
    """Fit a model to a column of FILE, a CSV file with a header.

    Empty cells, empty lines, NA and NaN are missing observations. If the fit does not converge, the exit status is 1,
    and what it found is still printed.
    """
    if figure:
        check_figure(figure)
    if regressors and horizon:
        raise GasModelError("--horizon needs future values of the regressors; use the Python interface")
    if len(set(regressors)) < len(regressors):
        raise GasModelError("a --regressor is named twice; name each once")
    counted = trials is not None and not trials.isdecimal()
    table = read_table(file, header)
    apart = (*regressors, *([str(trials)] if counted else []))
    chosen = table.column(column) if column is not None else table.only(apart)
    if chosen.name in {table.column(name).name for name in apart}:
        raise GasModelError(f"column {chosen.name} cannot be both the observations and a regressor or number of trials")
    y = chosen.numbers()
    if trials is not None:
        model["trials"] = with_trials(y, table.column(trials).numbers()) if counted else float(trials)
    if regressors:
        model["regressors"] = np.column_stack([table.column(name).numbers() for name in regressors])
    try:
        found = GasModel(**model).fit(y)
    except GasModelError as error:
        raise GasModelError(f"{file}, column {chosen.name}: {error}") from None
    result = report(found, chosen, regressors, lags, horizon, seed, figure)
    if as_json:
        click.echo(json.dumps(result.as_dict(), indent=2, allow_nan=False))
    else:
        show.show(result, Console())
    _judge(result)


def _judge(result: FitReport) -> None:
    """End with the status that belongs to a fit."""
    if "figure" in result.missing:
        raise GasModelError(result.missing["figure"])
    if not result.fit.converged:
        raise FitError(f"{result.column.path}, column {result.column.name}: {result.fit.message}")


@gas.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"Folder with {', '.join(case.file for case in CASES if case.file)}.",
)
def check(data: Path | None) -> None:
    """Reproduce published estimates; fail if one disagrees."""
    files = [case.file for case in CASES if case.file]
    if data and files and not any((data / name).exists() for name in files):
        raise GasModelError(f"{data} has no data of published cases; it should have {', '.join(files)}")
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
