"""The command ``ballast sweep``."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ballast.cli import INTERRUPTED
from ballast.errors import BallastError, ClusterError, ParameterError, UserError
from ballast.sim.command import heed, shown
from ballast.sim.origin import origin
from ballast.sim.output import parents_made
from ballast.sim.scenario import Scenario, load, shipped
from ballast.wording import counted

if TYPE_CHECKING:
    from ballast.studies.sweep.folder import Folder
    from ballast.studies.sweep.recipe import Recipe
    from ballast.studies.sweep.sweep import SweepOutcome

SEEDS: Final = 30
DEFAULT: Final = "paper"


@click.command()
@click.option(
    "--scenario", "base", help=f"What all points share: {', '.join(shipped())}, or a file.  [default: {DEFAULT}]"
)
@click.option("--slashing", metavar="LIST", help="Slash factors, separated by commas.")
@click.option("--preset", metavar="LIST", help="Load curves, separated by commas.")
@click.option(
    "--set",
    "settings",
    metavar="FIELD=LIST",
    multiple=True,
    help="Values of any field of a scenario, separated by commas. May be repeated.",
)
@click.option("--seed", type=int, help="Root of all seeds.  [default: the scenario's]")
@click.option("--seeds", type=int, help=f"Seeds of each point.  [default: {SEEDS}; with --sobol 1]")
@click.option(
    "--sobol", type=int, metavar="N", help="Compute sensitivity indices instead, from a sample of N, a power of two."
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="Dask scheduler to use, such as tcp://HOST:8786.  [default: own workers]"
)
@click.option("--workers", type=int, help="Number of own workers.  [default: one a core]")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to create for the results.")
@click.option("--resume", is_flag=True, help="Continue a sweep to this folder that was stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def sweep(out: Path, resume: bool, scheduler: str | None, workers: int | None, as_json: bool, **wanted: Any) -> None:
    """Run many scenarios and seeds on Dask; collect tables.

    The points are all combinations of the values given; each point has the same seeds. Finished runs are kept as they
    come: a sweep that was stopped continues with --resume. The results are tables in Parquet.
    """
    if workers is not None and workers < 1:
        raise ParameterError(f"--workers is {workers}: give at least 1")
    if workers is not None and scheduler is not None:
        raise ParameterError("--workers are of its own: leave it out with --scheduler")
    name = DEFAULT if wanted["base"] is None else wanted["base"]
    base = load(name)
    from ballast.studies.sweep import cluster
    from ballast.studies.sweep.folder import Folder

    if scheduler is not None:
        cluster.check_address(scheduler)
    given = any(value not in (None, ()) for value in wanted.values())
    recipe = recipe_wanted(base, **{n: v for n, v in wanted.items() if n != "base"}) if given or not resume else None
    if recipe and scheduler is None:
        heed(*recipe.points())
    with nullcontext() if resume else parents_made(out):
        named = origin(name, recipe.base, base) if recipe else {}
        folder = Folder.begin(out, recipe, named) if recipe and not resume else Folder(out)
        if recipe and recipe.identity() != folder.identity:
            raise UserError(f"--out {out} was begun for other runs: give --resume without these options")
        outcome = _carried_out(folder, resume, scheduler, workers or cluster.cores())
    from ballast.studies.sweep.printed import figures_of, show

    if as_json:
        click.echo(json.dumps(figures_of(outcome), indent=2))
    else:
        show(outcome)


def _carried_out(folder: Folder, resume: bool, scheduler: str | None, workers: int) -> SweepOutcome:
    from ballast.studies.sweep.sweep import sweep as carry_out

    try:
        with shown("sweeping", "runs") as progress, folder.kept_if_begun(resume):
            return carry_out(folder, scheduler, workers, progress, tell)
    except KeyboardInterrupt:
        tell(f"stopped; {state(folder)}")
        sys.exit(INTERRUPTED)
    except ClusterError as error:
        raise ClusterError(f"{error}; {state(folder)}") from error
    except OSError as error:
        raise BallastError(f"{folder.path} could not be written: {error.strerror or error}; {state(folder)}") from error


def recipe_wanted(
    chosen: Scenario,
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
    from ballast.studies.sweep.recipe import recipe_of, values_of

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
    if not folder.path.exists():
        return "nothing was written"
    return (
        f"{folder.count()} of {counted(len(folder.jobs), 'run')} finished and kept; "
        f"go on with `ballast sweep --out {shlex.quote(str(folder.path))} --resume`"
    )
