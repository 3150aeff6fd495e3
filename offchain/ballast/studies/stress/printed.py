"""What ``ballast stress`` prints."""

from __future__ import annotations

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from ballast.sim.command import console
from ballast.studies.intervals import Estimate
from ballast.studies.stress.books import PARTIES
from ballast.studies.stress.study import MEASURES, WHO, StressStudy, said
from ballast.wording import counted


def show(population: str, found: StressStudy) -> None:
    """Print of a population what each stress changed, who gained and lost, and a line on each."""
    scenario = found.scenario
    title = (
        f"population {population}: {len(found.seeds)} seeds from {scenario.seed} on, "
        f"{counted(scenario.periods, 'period')}; without and with the stress, while it is felt; percent"
    )
    changes = Table(title=title, box=SIMPLE_HEAD, padding=0, title_justify="left")
    title = f"population {population}: gained or lost in the whole run, percent of all rewards without the stress"
    moves = Table(title=title, box=SIMPLE_HEAD, padding=0, title_justify="left")
    for table, heads in ((changes, MEASURES), (moves, [WHO[party] for party in PARTIES])):
        table.add_column("")
        for head in heads:
            table.add_column(head, justify="right")
    for finding in found.findings:
        changes.add_row(finding.stress, *(_sides(*finding.estimates(name)) for name in MEASURES))
        parties = [party for party in PARTIES if party != "attackers" or finding.members]
        moves.add_row(finding.stress, *(_change(finding.moved(party)) for party in parties))
    screen = console()
    screen.print(changes)
    screen.print(moves)
    for finding in found.findings:
        click.echo(said(finding))
    click.echo()


def show_measures() -> None:
    """Print what is measured."""
    for name, about in MEASURES.items():
        click.echo(f"{name}: {about}")


def _sides(stressed: Estimate, calm: Estimate, difference: Estimate) -> str:
    return f"{100 * calm.mean:.2f} {100 * stressed.mean:>6.2f}\n{_change(difference)}"


def _change(given: Estimate) -> str:
    return f"{100 * given.mean:+.2f} ±{100 * given.half:.2f}"
