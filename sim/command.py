"""The commands ``ballast simulate`` and ``ballast parity``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from offchain.cli import INTERRUPTED
from offchain.errors import BallastError
from offchain.model.load_curve import DEFAULT_PRESET, PRESETS
from offchain.signals import interruptible
from sim.checkpoint import CHECKPOINT
from sim.directory import partial_of
from sim.directory import simulate as run_simulation
from sim.parity import check_engines, compared
from sim.run import ENGINES, run_on
from sim.scenario import CLOCKS, Scenario, load

ENGINE_HELP = "The model alone, or beside it the contracts in this process or on a real node."


WIDTH = 120
"""Columns that wide tables take, also where the terminal, or a pipe, has fewer."""


def console() -> Console:
    """Console wide enough for wide tables."""
    screen = Console()
    return screen if screen.width >= WIDTH else Console(width=WIDTH)


class Rate(ProgressColumn):
    """Speed, in units of what is counted."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        """Text of the column."""
        speed = task.finished_speed or task.speed or 0
        return Text(f"{speed:,.{0 if speed >= 10 else 1}f} {self.unit}/s")


def scenario_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that make a scenario."""
    options = (
        click.option(
            "--scenario", "base", help="A scenario file, or the name of one that comes along; options go before it."
        ),
        click.option("--operators", type=int, default=Scenario.operators, show_default=True),
        click.option("--coprocessors", type=int, default=Scenario.coprocessors, show_default=True),
        click.option("--periods", type=int, default=Scenario.periods, show_default=True, help="One epoch each."),
        click.option("--tasks-per-period", type=int, default=Scenario.tasks_per_period, show_default=True),
        click.option(
            "--slashing", type=float, default=Scenario.slashing, show_default=True, help="Slash factor s, a fraction."
        ),
        click.option("--preset", default=DEFAULT_PRESET, show_default=True, help=f"Load curve: {', '.join(PRESETS)}."),
        click.option("--clock", default="falling", show_default=True, help=f"First auction: {' or '.join(CLOCKS)}."),
        click.option("--seed", type=int, default=Scenario.seed, show_default=True),
        click.option(
            "--workload",
            type=click.Path(path_type=Path),
            help="Trace in the Standard Workload Format, plain or gzip; replaces --tasks-per-period.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def chosen(options: dict[str, Any]) -> Scenario:
    """Scenario of the options given, on top of a scenario file if there is one."""
    base = options.pop("base")
    if base is None:
        return Scenario(**options)
    context = click.get_current_context()
    given = {n: v for n, v in options.items() if context.get_parameter_source(n) is not ParameterSource.DEFAULT}
    return replace(load(base), **given)


@contextmanager
def shown(what: str, unit: str = "tasks") -> Iterator[Callable[[int, int], None]]:
    """Show progress on stderr from the first call on, when no mistake of the user's can end the work any more."""
    bar = Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(unit),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    line = bar.add_task(unit, total=None)

    def progress(done: int, total: int) -> None:
        bar.start()
        bar.update(line, completed=done, total=total)

    try:
        with interruptible():
            yield progress
    finally:
        if bar.live.is_started:
            bar.stop()


@click.command()
@click.option("--engine", type=click.Choice(list(ENGINES)), default="anvil", show_default=True, help=ENGINE_HELP)
@scenario_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to make for the results.")
@click.option("--tasks", is_flag=True, help="Write a row for every task too, to tasks.parquet.")
@click.option("--resume", is_flag=True, help="Go on with a run to this directory that was stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON instead of a table.")
def simulate(engine: str, out: Path, tasks: bool, resume: bool, as_json: bool, **options: Any) -> None:
    """Run a market of operators and coprocessors.

    Every step of every task is a real transaction (engine anvil). A model predicts the chain, and all accounts are
    compared after each period; the first difference stops the run. The engine twin is that model alone. Results are
    written when the run is complete.
    """
    try:
        with shown("simulating") as progress:
            summary = run_simulation(chosen(options), out, progress, engine, resume, tasks)
    except KeyboardInterrupt:
        click.echo(f"ballast: stopped; {what_is_left(out)}", err=True)
        sys.exit(INTERRUPTED)
    except OSError as error:
        raise BallastError(f"could not write to {out}: {error.strerror}; {what_is_left(out)}") from error
    if as_json:
        click.echo(json.dumps(summary, indent=2))
    else:
        show(summary, out)


@click.command()
@click.option(
    "--engines", default=",".join(ENGINES), show_default=True, help="Engines to compare, separated by commas."
)
@scenario_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def parity(engines: str, as_json: bool, **options: Any) -> None:
    """Run a scenario on several engines; fail unless they agree to the last token.

    The chain is compared with the twin after each period, account by account; the first difference ends the run with
    the period, the account, the field and both values.
    """
    names = engines.split(",")
    scenario = chosen(options)
    check_engines(scenario, names)
    summaries = []
    for name in names:
        with shown(f"{name:<5}") as progress:
            summaries.append(run_on(scenario, name, progress).summary)
    found = compared(summaries)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        show_parity(found)


def what_is_left(out: Path) -> str:
    """Say what remains of a run that did not come to its end."""
    kept = partial_of(out) / CHECKPOINT
    return "its complete periods are kept: go on with --resume" if kept.exists() else "nothing was written"


def show_parity(found: Sequence[dict[str, Any]]) -> None:
    """Print what the engines came to."""
    table = Table(title=f"{found[0]['tasks']:,} tasks, seed {found[0]['seed']}")
    for name in ("engine", "seconds", "tasks a second", "tokens", "state digest"):
        table.add_column(name, justify="left" if name in ("engine", "state digest") else "right", overflow="fold")
    for row in found:
        table.add_row(
            row["engine"],
            f"{row['seconds']:,.1f}",
            f"{row['tasks_per_second']:,.0f}",
            f"{row['tokens']:,}",
            row["state_digest"],
        )
    Console().print(table)
    click.echo(f"agreed: {', '.join(row['engine'] for row in found)}")


def show(summary: dict[str, Any], out: Path) -> None:
    """Print a summary as a table."""
    table = Table(title=f"{summary['tasks_opened']:,} tasks on {summary['engine']}, seed {summary['seed']}")
    table.add_column("what")
    table.add_column("value", justify="right")
    groups = (
        "tasks_opened tasks_unplaced tasks_self tasks_auctioned tasks_unsold tasks_settled tasks_failed "
        "tasks_forfeited tasks_late tasks_rescued",
        "reward_paid price_paid fees_paid uptime_paid keepers_paid",
        "slash",
        "gas_ transactions",
        "wall_seconds tasks_per_second rate_",
    )
    for prefixes in groups:
        for name, value in summary.items():
            if any(name.startswith(prefix) for prefix in prefixes.split()):
                table.add_row(name.replace("_", " "), "not measured" if value is None else f"{value:,}")
        table.add_section()
    for name, value in summary["workload"].items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    table.add_section()
    table.add_row("escrow balance", f"{summary['escrow_balance']:,}")
    table.add_row("sum of all accounts", f"{summary['accounts_sum']:,}")
    Console().print(table)
    click.echo(f"conserved: {str(summary['conserved']).lower()}")
    click.echo(f"state digest: {summary['state_digest']}")
    click.echo(f"written to {out}")
