"""What ``ballast sweep`` prints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import click
from rich import box
from rich.table import Table

from ballast.sim.command import console
from ballast.studies.sweep.recipe import Recipe
from ballast.studies.sweep.row import OUTCOMES
from ballast.studies.sweep.sweep import SweepOutcome
from ballast.wording import counted

MOST_SHOWN: Final = 50
"""Points up to which each is shown."""


def figures_of(outcome: SweepOutcome) -> dict[str, Any]:
    """Content of the JSON a sweep prints: what is not a number is null."""
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


def show(outcome: SweepOutcome) -> None:
    """Print what a sweep came to."""
    folder = outcome.folder
    recipe = folder.recipe
    if recipe.sobol:
        show_indices(recipe, folder.indices())
    elif len(folder.jobs) <= MOST_SHOWN * recipe.seeds:
        show_points(recipe, folder.overview())
    done = f"{counted(outcome.carried_out, 'run')} carried out in {outcome.seconds:,.1f} s"
    click.echo(f"{done}, {outcome.kept} kept from before")
    click.echo(f"written to {folder.path}: {', '.join(folder.tables)}")


def show_points(recipe: Recipe, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print means by point."""
    seeds = counted(recipe.seeds, "seed")
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
