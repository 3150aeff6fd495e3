"""The commands ``ballast simulate`` and ``ballast parity``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ballast.cli import INTERRUPTED
from ballast.errors import BallastError, ParameterError
from ballast.model.load_curve import PRESETS
from ballast.signals import interruptible
from ballast.sim.engines import NAMES, check_engine, check_engines
from ballast.sim.origin import origin
from ballast.sim.output import CHECKPOINT, check_run, partial_of
from ballast.sim.scenario import Scenario, load, shipped, with_contracts
from ballast.wording import counted

if TYPE_CHECKING:
    from rich.console import Console

DEFAULT: Final = "market"
"""Scenario that commands run if none is given; its numbers are the defaults of `Scenario`."""
NAMED: Final = ("base", "parameters", "like")
"""Options that name a file which says what is run."""
WIDTH = 120
"""Columns that wide tables take, also where the terminal, or a pipe, has fewer."""


def console() -> Console:
    """Console wide enough for wide tables."""
    from rich.console import Console

    screen = Console()
    return screen if screen.width >= WIDTH else Console(width=WIDTH)


def field_option(name: str, kind: click.ParamType | type, text: str) -> Callable[[Any], Any]:
    """Make the option of a scenario's field: what it is not given for stays as the scenario has it."""
    about = f"{text}  [default: the scenario's; {DEFAULT}: {getattr(Scenario, name)}]"
    return click.option(f"--{name.replace('_', '-')}", name, type=kind, help=about)


scenario_option = click.option(
    "--scenario",
    "base",
    help=f"Scenario: {', '.join(shipped())}, or a file such as ./mine.toml. Options you give override it.  "
    f"[default: {DEFAULT}]",
)
utilisation_option = field_option(
    "utilisation", float, "Mean demand of heavy tasks, as a share of the coprocessors' capacity."
)


def scenario_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that make a scenario."""
    options = (
        scenario_option,
        field_option("operators", int, "Number of operators."),
        field_option("coprocessors", int, "Number of coprocessors at the start."),
        field_option("periods", int, "Periods to run, one epoch each."),
        field_option("tasks_per_period", int, "Mean number of tasks opened in a period."),
        field_option("slashing", float, "Share of the collateral that a late executor loses."),
        field_option("preset", str, f"Load curve: {', '.join(PRESETS)}."),
        field_option("seed", int, "Seed of all random numbers."),
        click.option(
            "--workload",
            type=click.Path(path_type=Path),
            help="Trace, in the Standard Workload Format or CSV; replaces --tasks-per-period.",
        ),
        click.option(
            "--parameters",
            type=click.Path(path_type=Path),
            help="Parameters of the contracts: a TOML file, as to deploy.",
        ),
        click.option(
            "--like", type=click.Path(path_type=Path), help="Deployment file: simulate what is deployed, and its class."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def chosen(options: dict[str, Any]) -> tuple[Scenario, dict[str, Any]]:
    """Scenario of the options given, on top of a named one or a file, and its `ballast.sim.origin.origin`.

    Raises
    ------
    UserError
        If it cannot be simulated, or its trace cannot be used.
    """
    given, parameters, like = (options.pop(name) for name in NAMED)
    name = DEFAULT if given is None else given
    base = load(name)
    if parameters is not None and like is not None:
        raise ParameterError("--parameters and --like both say what the contracts have: give one of them")
    scenario = base
    if parameters is not None:
        from ballast.model.parameter_files import load as read

        scenario = with_contracts(base, read(parameters), f"--parameters {parameters}")
    if like is not None:
        from ballast.sim.like import deployed

        scenario = with_contracts(base, deployed(like), f"--like {like}")
    scenario = replace(scenario, **{name: value for name, value in options.items() if value is not None})
    scenario.validate()
    heed(scenario)
    return scenario, origin(name, scenario, base)


def heed(*scenarios: Scenario) -> None:
    """Tell the user what in scenarios is probably a mistake: in traces, which are read, and shares that never bind.

    Raises
    ------
    UserError
        If one cannot be used: nothing has been made by then.
    """
    paths = dict.fromkeys(scenario.workload for scenario in scenarios if scenario.workload is not None)
    if paths:
        from ballast.sim.workload.trace import check

        for line in (line for path in paths for line in check(path)):
            click.echo(f"ballast: warning: {line}", err=True)
    shared = [scenario for scenario in scenarios if any(t.stake_share for t in scenario.class_terms().values())]
    if shared:
        from ballast.sim.backing import unbinding

        for line in dict.fromkeys(line for scenario in shared for line in unbinding(scenario)):
            click.echo(f"ballast: warning: {line}", err=True)


@contextmanager
def shown(what: str, unit: str = "tasks") -> Iterator[Callable[[int, int], None]]:
    """Show progress on stderr from the first call on, when no mistake of the user's can end the work any more."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{{task.fields[rate]}} {unit}/s"),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    line = bar.add_task(unit, total=None, rate="0")

    def progress(done: int, total: int) -> None:
        bar.start()
        bar.update(line, completed=done, total=total)
        speed = bar.tasks[0].finished_speed or bar.tasks[0].speed or 0
        bar.update(line, rate=f"{speed:,.{0 if speed >= 10 else 1}f}")

    try:
        with interruptible():
            yield progress
    finally:
        if bar.live.is_started:
            bar.stop()


@click.command()
@click.option(
    "--engine",
    type=click.Choice(NAMES),
    default="anvil",
    show_default=True,
    help="The model alone, the contracts in this process, or the contracts on a local chain.",
)
@scenario_options
@utilisation_option
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to create for the results.")
@click.option("--tasks", is_flag=True, help="Also write one row for every task, to tasks.parquet.")
@click.option("--resume", is_flag=True, help="Continue a run to this directory that was stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON instead of a table.")
def simulate(engine: str, out: Path, tasks: bool, resume: bool, as_json: bool, **options: Any) -> None:
    """Run a market of operators and coprocessors.

    Engine anvil: every step of every task is a transaction on a local chain. A model predicts the chain, and all
    accounts are compared after each period; the first difference stops the run. Engine evm runs the same contracts in
    this process. Engine twin is the model alone. Results are written when the run is complete.
    """
    scenario, named = chosen(options)
    check_engine(scenario, engine)
    check_run(out, engine, resume, tasks)
    from ballast.sim.directory import simulate as run_simulation

    try:
        with shown("simulating") as progress:
            summary = run_simulation(scenario, out, progress, engine, resume, tasks, named)
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
    "--engines",
    default=",".join(NAMES),
    show_default=True,
    help="Engines to compare, at least two, separated by commas.",
)
@scenario_options
@utilisation_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def parity(engines: str, as_json: bool, **options: Any) -> None:
    """Run one scenario on several engines; fail unless every balance matches.

    The contracts are compared with the model after each period, account by account. The first difference ends the run
    and names the period, the account, the field and both values.
    """
    names = engines.split(",")
    scenario, _ = chosen(options)
    check_engines(scenario, names)
    from ballast.sim.parity import compared
    from ballast.sim.run import run_on

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
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    title = f"{counted(found[0]['tasks'], 'task')}, seed {found[0]['seed']}"
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left")
    for name in ("engine", "seconds", "tasks/s", "tokens", "state digest"):
        table.add_column(name, justify="left" if name in ("engine", "state digest") else "right", overflow="fold")
    for row in found:
        table.add_row(
            row["engine"],
            f"{row['seconds']:,.1f}",
            f"{row['tasks_per_second']:,.0f}",
            f"{row['tokens']:,}",
            row["state_digest"],
        )
    console().print(table)
    click.echo(f"agreed: {', '.join(row['engine'] for row in found)}")


def show(summary: dict[str, Any], out: Path) -> None:
    """Print a summary as a table."""
    from rich.console import Console
    from rich.table import Table

    from ballast.sim.summary import unsold

    table = Table(title=f"{counted(summary['tasks_opened'], 'task')} on {summary['engine']}, seed {summary['seed']}")
    table.add_column("what")
    table.add_column("value", justify="right")
    groups = (
        "tasks_opened tasks_unplaced tasks_wait longest_wait tasks_self tasks_auctioned tasks_unsold "
        "tasks_settled tasks_live tasks_failed tasks_forfeited tasks_late tasks_rescued",
        "capacity_used operators_",
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
        table.add_row(name.replace("_", " "), value if isinstance(value, str) else f"{value:,}")
    table.add_section()
    table.add_row("escrow balance", f"{summary['escrow_balance']:,}")
    table.add_row("sum of all accounts", f"{summary['accounts_sum']:,}")
    Console().print(table)
    if why := unsold(summary):
        click.echo(why)
    click.echo(f"conserved: {str(summary['conserved']).lower()}")
    click.echo(f"state digest: {summary['state_digest']}")
    click.echo(f"written to {out}")
