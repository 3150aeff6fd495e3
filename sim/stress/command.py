"""The command ``ballast stress``."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from offchain.cli import INTERRUPTED
from sim.command import chosen, console, scenario_options
from sim.compare.command import kept
from sim.compare.study import Estimate, cores
from sim.run import Progress
from sim.stress.books import PARTIES
from sim.stress.study import CALM, MEASURES, STRESSED, WHO, Study, said, study


@click.command()
@scenario_options
@click.option("--utilisation", type=float, help="Mean heavy demand as a share of the coprocessors' capacity.")
@click.option(
    "--stress",
    "names",
    help=f"What to try, separated by commas: {', '.join(STRESSED)}; by default the scenario's own, or else all.",
)
@click.option("--seeds", type=int, default=10, show_default=True, help="Runs of each stress, from --seed on.")
@click.option("--workers", type=click.IntRange(1, 1_000), default=cores, show_default="all cores", help="Processes.")
@click.option("--out", type=click.Path(path_type=Path), help="Directory to make for the results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def stress(
    names: str | None,
    seeds: int,
    workers: int,
    out: Path | None,
    as_json: bool,
    utilisation: float | None,
    **options: Any,
) -> None:
    """Say what stresses and attacks cost the network, and what attackers gain.

    Every stress runs beside the same seeds without it, on the twin. Differences are taken seed by seed and have 95%
    intervals.
    """
    scenario = chosen(options)
    if utilisation is not None:
        scenario = replace(scenario, utilisation=utilisation)
    own = STRESSED if scenario.stress == CALM else (scenario.stress,)

    def run(progress: Progress) -> Study:
        return study(scenario, seeds, names.split(",") if names is not None else own, workers, progress)

    try:
        found = kept(run, lambda of, folder: of.write(folder), out, "runs")
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2, allow_nan=False))
    else:
        show(found)


def show(found: Study) -> None:
    """Print what each stress changed, who gained and lost, and a line on each."""
    s = found.scenario
    title = f"{len(found.seeds)} seeds from {s.seed} on, {s.periods} periods; without and with, while felt; percent"
    changes = Table(title=title, box=SIMPLE_HEAD, padding=0, title_justify="left")
    title = "gained or lost in the whole run, percent of all rewards without the stress"
    moves = Table(title=title, box=SIMPLE_HEAD, padding=0, title_justify="left")
    for table, heads in ((changes, MEASURES), (moves, [WHO[party] for party in PARTIES])):
        table.add_column("")
        for head in heads:
            table.add_column(head, justify="right")
    for finding in found.findings:
        changes.add_row(finding.stress, *(_sides(*finding.measure(name)) for name in MEASURES))
        parties = [party for party in PARTIES if party != "attackers" or finding.members]
        moves.add_row(finding.stress, *(_change(finding.moved(party)) for party in parties))
    screen = console()
    screen.print(changes)
    screen.print(moves)
    for finding in found.findings:
        click.echo(said(finding))
    click.echo()
    for name, about in MEASURES.items():
        click.echo(f"{name}: {about}")


def _sides(stressed: Estimate, calm: Estimate, difference: Estimate) -> str:
    return f"{100 * calm.mean:.2f} {100 * stressed.mean:>6.2f}\n{_change(difference)}"


def _change(e: Estimate) -> str:
    return f"{100 * e.mean:+.2f} ±{100 * e.half:.2f}"
