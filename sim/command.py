"""The command ``ballast simulate``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from offchain.errors import BallastError
from offchain.model.load_curve import DEFAULT_PRESET, PRESETS
from offchain.signals import interruptible
from sim.run import simulate as run_simulation
from sim.scenario import CLOCKS, Scenario

ENGINES = ("anvil",)


class Rate(ProgressColumn):
    """Tasks a second."""

    def render(self, task: Task) -> Text:
        """Text of the column."""
        return Text(f"{task.finished_speed or task.speed or 0:,.0f} tasks/s")


@click.command()
@click.option("--engine", type=click.Choice(ENGINES), default="anvil", show_default=True, help="What runs the steps.")
@click.option("--operators", type=int, default=Scenario.operators, show_default=True)
@click.option("--coprocessors", type=int, default=Scenario.coprocessors, show_default=True)
@click.option("--periods", type=int, default=Scenario.periods, show_default=True, help="Periods, one epoch each.")
@click.option("--tasks-per-period", type=int, default=Scenario.tasks_per_period, show_default=True)
@click.option(
    "--slashing", type=float, default=Scenario.slashing, show_default=True, help="Slash factor s, a fraction."
)
@click.option("--preset", default=DEFAULT_PRESET, show_default=True, help=f"Load curve: {', '.join(PRESETS)}.")
@click.option("--clock", default="falling", show_default=True, help=f"First auction: {' or '.join(CLOCKS)}.")
@click.option("--seed", type=int, default=Scenario.seed, show_default=True)
@click.option(
    "--workload",
    type=click.Path(path_type=Path),
    help="Trace in the Standard Workload Format, plain or gzip; replaces --tasks-per-period.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to make for the results.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON instead of a table.")
def simulate(engine: str, out: Path, as_json: bool, **options: Any) -> None:
    """Run a market of operators and coprocessors.

    Every step of every task is a real transaction. A model predicts the chain, and all accounts are compared after each
    period; the first difference stops the run. Results are written when the run is complete.
    """
    del engine  # one so far
    scenario = Scenario(**options)
    # stderr, so that stdout holds the result alone
    bar = Progress(
        TextColumn("simulating"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    line = bar.add_task("tasks", total=None)

    def progress(done: int, total: int) -> None:
        """Show the bar from the first call on, when no mistake of the user's can end the run any more."""
        bar.start()
        bar.update(line, completed=done, total=total)

    try:
        with interruptible():
            summary = run_simulation(scenario, out, progress)
    except KeyboardInterrupt:
        bar.stop()
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(130)
    except OSError as error:
        raise BallastError(f"the results could not be written to {out}: {error.strerror}") from error
    finally:
        if bar.live.is_started:
            bar.stop()
    if as_json:
        click.echo(json.dumps(summary, indent=2))
    else:
        show(summary, out)


def show(summary: dict[str, Any], out: Path) -> None:
    """Print a summary as a table."""
    table = Table(title=f"{summary['tasks_opened']:,} tasks on {summary['engine']}, seed {summary['seed']}")
    table.add_column("what")
    table.add_column("value", justify="right")
    groups = (
        "tasks_opened tasks_self tasks_auctioned tasks_unsold tasks_settled tasks_failed tasks_forfeited tasks_late "
        "tasks_rescued",
        "reward_paid price_paid fees_paid uptime_paid keepers_paid",
        "slash",
        "gas_ transactions",
        "wall_seconds tasks_per_second rate_",
    )
    for prefixes in groups:
        for name, value in summary.items():
            if any(name.startswith(prefix) for prefix in prefixes.split()):
                table.add_row(name.replace("_", " "), f"{value:,}")
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
