"""The command ``ballast plan``."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from ballast.errors import BallastError
from ballast.model.load_curve import DEFAULT_PRESET, PRESETS
from ballast.signals import interruptible
from ballast.sim.command import heed
from ballast.sim.output import made_whole
from ballast.sim.scenario import Scenario
from ballast.studies.planning.question import Question


@click.command()
@click.option(
    "--workload",
    type=click.Path(path_type=Path),
    help="Trace, in the Standard Workload Format or CSV. Without it demand is synthetic and seasonal.",
)
@click.option("--periods", type=int, default=480, show_default=True, help="Equal parts to divide the demand into.")
@click.option(
    "--tasks-per-period",
    type=int,
    default=400,
    show_default=True,
    help="Mean number of tasks of a synthetic demand; three in five are heavy.",
)
@click.option(
    "--work",
    type=float,
    default=Scenario.work,
    show_default=True,
    help="Periods that a task of mean size takes; 0 for as many as leave a coprocessor six to do at a time.",
)
@click.option("--season", type=int, default=24, show_default=True, help="Periods after which the demand repeats.")
@click.option("--horizon", type=int, default=24, show_default=True, help="Periods to plan for.")
@click.option(
    "--windows",
    type=int,
    default=8,
    show_default=True,
    help="Horizons at the end of the demand on which plans are backtested.",
)
@click.option(
    "--service-level",
    "level",
    type=float,
    default=0.99,
    show_default=True,
    help="Share of the heavy tasks to be sold.",
)
@click.option("--operators", type=int, default=Scenario.operators, show_default=True, help="Number of operators.")
@click.option(
    "--coprocessors",
    type=int,
    default=50,
    show_default=True,
    help="Number of coprocessors, which share the capacity equally.",
)
@click.option("--preset", default=DEFAULT_PRESET, show_default=True, help=f"Load curve: {', '.join(PRESETS)}.")
@click.option("--seed", type=int, default=Scenario.seed, show_default=True, help="Seed of all random numbers.")
@click.option("--out", type=click.Path(path_type=Path), help="Directory to create for the plan, its figure and data.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def plan(
    season: int, horizon: int, windows: int, level: float, out: Path | None, as_json: bool, **options: Any
) -> None:
    """Forecast demand; size capacity and stake for a service level.

    The demand is that for heavy tasks. Three forecasters are compared on the last windows of it, and a plan made from
    each forecast is tried in the market on the demand that came. The forecaster with the smallest pinball loss makes
    the plan for the periods after that.
    """
    question = Question(Scenario(**options), season, horizon, windows, level)
    question.validate()
    heed(question.scenario)
    from rich.console import Console

    from ballast.studies.planning.plan import answer
    from ballast.studies.planning.printed import report, show, write

    try:
        with interruptible(), ExitStack() as stack:
            directory = stack.enter_context(made_whole(out)) if out else None
            status = stack.enter_context(Console(stderr=True).status("planning"))
            found = answer(question, lambda n, of: status.update(f"planning: window {n} of {of}"))
            if directory:
                write(found, directory)
    except OSError as error:
        raise BallastError(f"the plan could not be written to {out}: {error.strerror}") from error
    if as_json:
        click.echo(json.dumps(report(found), indent=2))
    else:
        show(found)
        if out:
            click.echo(f"written to {out}")
