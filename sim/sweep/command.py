"""The command ``ballast sweep``."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

import click
from rich import box
from rich.table import Table

from offchain.cli import INTERRUPTED
from offchain.errors import BallastError, ClusterError, ParameterError, UserError
from sim.command import console, shown
from sim.scenario import load
from sim.sweep import cluster
from sim.sweep.folder import Folder
from sim.sweep.recipe import Recipe, recipe_of, values_of
from sim.sweep.row import OUTCOMES
from sim.sweep.sweep import Outcome
from sim.sweep.sweep import sweep as carry_out

SEEDS: Final = 30
MOST_SHOWN: Final = 50
"""Points up to which each is shown."""


@click.command()
@click.option("--scenario", "base", help="What all points share: a file, or the name of one of ours.  [default: paper]")
@click.option("--slashing", metavar="LIST", help="Slash factors, with commas.")
@click.option("--preset", metavar="LIST", help="Load curves, with commas.")
@click.option(
    "--set", "settings", metavar="FIELD=LIST", multiple=True, help="Values of any field of a scenario, with commas."
)
@click.option("--seed", type=int, help="Root of all seeds.  [default: the scenario's]")
@click.option("--seeds", type=int, help=f"Replicates of each point.  [default: {SEEDS}; with --sobol 1]")
@click.option("--sobol", type=int, metavar="N", help="Sensitivity indices instead, from a sample of N, a power of two.")
@click.option(
    "--scheduler", metavar="ADDRESS", help="Dask scheduler, as tcp://HOST:8786; without it workers of its own."
)
@click.option("--workers", type=int, help="Workers of its own.  [default: one a core]")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make for the results.")
@click.option("--resume", is_flag=True, help="Go on with what is not finished in the folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def sweep(out: Path, resume: bool, scheduler: str | None, workers: int | None, as_json: bool, **wanted: Any) -> None:
    """Run many scenarios on Dask: points of parameters, and many seeds.

    The points are all combinations of the values given; each has the same seeds. Finished runs are kept as they come: a
    sweep that was stopped goes on with --resume. The results are tables in Parquet.
    """
    if scheduler is not None:
        cluster.check_address(scheduler)
        if workers is not None:
            raise ParameterError("--workers are of its own: leave it out with --scheduler")
    if workers is not None and workers < 1:
        raise ParameterError(f"--workers is {workers}: give at least 1")
    given = any(value not in (None, ()) for value in wanted.values())
    recipe = recipe_wanted(**wanted) if given or not resume else None
    folder = Folder.begin(out, recipe) if recipe and not resume else Folder(out)
    if recipe and recipe.identity() != folder.identity:
        raise UserError(f"--out {out} was begun for other runs: give --resume without these options")
    try:
        with shown("sweeping", "runs") as progress:
            outcome = carry_out(folder, scheduler, workers or cluster.cores(), progress, tell)
    except KeyboardInterrupt:
        tell(f"stopped; {state(folder)}")
        sys.exit(INTERRUPTED)
    except ClusterError as error:
        raise ClusterError(f"{error}; {state(folder)}") from error
    except OSError as error:
        raise BallastError(f"{out} could not be written: {error.strerror or error}; {state(folder)}") from error
    if as_json:
        click.echo(json.dumps(_figures(outcome), indent=2))
    else:
        show(outcome)


def recipe_wanted(
    base: str | None,
    slashing: str | None,
    preset: str | None,
    settings: Sequence[str],
    seed: int | None,
    seeds: int | None,
    sobol: int | None,
) -> Recipe:
    """Recipe of the options.

    Raises
    ------
    ParameterError
        If one of them cannot be used.
    """
    chosen = load(base or "paper")
    if seed is not None:
        chosen = replace(chosen, seed=seed)
    pairs = [("slashing", slashing), ("preset", preset), *(_split(setting) for setting in settings)]
    given: dict[str, tuple[Any, ...]] = {}
    for name, text in pairs:
        if text is None:
            continue
        if name in given:
            raise ParameterError(f"{name} is given twice")
        given[name] = values_of(name, text)
    if seeds is None:
        seeds = SEEDS if sobol is None else 1
    return recipe_of(chosen, given, seeds, sobol)


def _split(setting: str) -> tuple[str, str]:
    name, equals, text = setting.partition("=")
    if not equals:
        raise ParameterError(f"--set is {setting!r}: give FIELD=VALUE,VALUE")
    return name.strip().replace("-", "_"), text


def tell(text: str) -> None:
    """Tell the user what is going on."""
    click.echo(f"ballast: {text}", err=True)


def state(folder: Folder) -> str:
    """Say how far a sweep has come, and how to go on."""
    return (
        f"{folder.count()} of {len(folder.jobs)} runs are finished and kept; "
        f"go on with `ballast sweep --out {shlex.quote(str(folder.path))} --resume`"
    )


def _figures(outcome: Outcome) -> dict[str, Any]:
    """Put what a sweep came to in words for JSON: what is not a number is null."""
    folder = outcome.folder
    figures: dict[str, Any] = {
        "out": str(folder.path),
        "points": len(folder.jobs) // folder.recipe.seeds,
        "seeds": folder.recipe.seeds,
        "runs": len(folder.jobs),
        "kept": outcome.kept,
        "carried_out": outcome.carried_out,
        "seconds": round(outcome.seconds, 3),
    }
    figures |= {"indices": folder.indices()} if folder.recipe.sobol else {"overview": folder.overview()}
    return cast(dict[str, Any], _numbers(figures))


def _numbers(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _numbers(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_numbers(value) for value in content]
    return None if isinstance(content, float) and math.isnan(content) else content


def show(outcome: Outcome) -> None:
    """Print what a sweep came to."""
    folder = outcome.folder
    recipe = folder.recipe
    if recipe.sobol:
        show_indices(recipe, folder.indices())
    elif len(folder.jobs) <= MOST_SHOWN * recipe.seeds:
        show_points(recipe, folder.overview())
    click.echo(f"{outcome.kept} runs were there, {outcome.carried_out} carried out in {outcome.seconds:,.1f} s")
    click.echo(f"written to {folder.path}: {', '.join(folder.tables)}")


def show_points(recipe: Recipe, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print means by point."""
    seeds = f"{recipe.seeds} seeds" if recipe.seeds > 1 else "one seed"
    table = Table(title=f"means over {seeds}, with 95% intervals", box=box.SIMPLE)
    for name in (*recipe.axes, *OUTCOMES, "operators", "coprocessors"):
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        axes = [str(row[name]) for name in recipe.axes]
        means = [_with_interval(row[name], row[f"{name}_ci"], "\n") for name in OUTCOMES]
        table.add_row(*axes, *means, *(f"{row[f'{who}_active']:,.1f}" for who in ("operators", "coprocessors")))
    console().print(table)


def show_indices(recipe: Recipe, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print sensitivity indices."""
    title = f"Sobol' indices with 95% intervals, N = {recipe.sobol}, seeds a point: {recipe.seeds}"
    table = Table(title=title, box=box.SIMPLE)
    for name in ("outcome", "parameter", "first order", "total order"):
        table.add_column(name, justify="left" if name in ("outcome", "parameter") else "right")
    for outcome in OUTCOMES:
        for i, row in enumerate(row for row in rows if row["outcome"] == outcome):
            orders = (_with_interval(row[order], row[f"{order}_ci"]) for order in ("first", "total"))
            table.add_row("" if i else outcome, row["parameter"], *orders)
        table.add_section()
    console().print(table)


def _with_interval(value: float, half: float, between: str = " ") -> str:
    if math.isnan(value):
        return "none"
    return f"{value:.3f}" if math.isnan(half) else f"{value:.3f}{between}± {half:.3f}"
