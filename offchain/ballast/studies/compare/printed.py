"""What ``ballast compare`` prints."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from ballast.errors import CaseError
from ballast.sim.command import console
from ballast.studies.compare.across import MEASURE, PRICE_FREE, PopulationRange, RangePoint
from ballast.studies.compare.comparison import Comparison
from ballast.studies.compare.regret import GRID, STRAIGHT, largest
from ballast.studies.compare.rules import FIXED, OURS
from ballast.studies.compare.sanity import Check
from ballast.studies.intervals import Estimate, estimate
from ballast.studies.measures import MEASURES, Measure
from ballast.wording import counted

MARKS: Final = {"wins": "▲", "loses": "▼", "": " "}


def _table(title: str, rules: Iterable[str]) -> Table:
    """Table with a column for each rule."""
    table = Table(title=title, box=SIMPLE_HEAD, padding=0, title_justify="left")
    table.add_column("")
    for rule in rules:
        table.add_column(rule.replace("_", "\n"), justify="right")
    return table


def _percent(given: Estimate, sign: str = "", mark: str = " ") -> str:
    return f"{100 * given.mean:{sign}.2f}{mark}\n±{100 * given.half:.2f} "


def show(population: str, study: Comparison) -> None:
    """Print of a population what each rule came to, how it differs from ours, and where ours wins and loses."""
    out = console()
    scenario = study.scenario
    periods = f"{counted(scenario.periods, 'period')} less start-up and warm-up"
    title = f"population {population}: {len(study.seeds)} seeds from {scenario.seed} on, {periods}, percent"
    if all(getattr(scenario, name) == value for name, value in FIXED.items()):
        title += "; auctioned tasks held fixed, rescues paid alike"
    means = _table(title, study.runs)
    others = [rule for rule in study.runs if rule != OURS]
    differences = _table(
        f"population {population}: difference to ours; "
        "▲ ours is better, ▼ ours is worse, allowing for all differences shown (Holm)",
        others,
    )
    for name, measure in study.measures.items():
        contests = {rule: of_rule[name] for rule, of_rule in study.contests.items()}
        means.add_row(measure.title, *(_percent(c.theirs) for c in contests.values()))
        cells = (_percent(contests[r].difference, "+", MARKS[contests[r].verdict]) for r in others)
        differences.add_row(measure.title, *cells)
    out.print(means)
    out.print(differences)
    for verdict in ("wins", "loses"):
        click.echo(f"population {population}: ours {verdict}:")
        for rule in others:
            names = [m.title for name, m in study.measures.items() if study.contests[rule][name].verdict == verdict]
            click.echo(f"  against {rule:<18} {', '.join(names) or 'nowhere'}")
    if study.window:
        click.echo(f"largest distance of a bound from the best assignment found: {study.worst_gap:.2%}")


def show_measures(measures: Mapping[str, Measure]) -> None:
    """Print what is measured."""
    for measure in measures.values():
        click.echo(f"{measure.title}: {measure.about}")


def show_across(found: PopulationRange) -> None:
    """Print ours and its lead over each rule without a price, a row for each population."""
    scenario = found.scenario
    title = (
        f"{MEASURES[MEASURE].title}, ours and ours less each rule; {len(found.seeds)} seeds from {scenario.seed} on, "
        f"{counted(scenario.periods, 'period')} less start-up and warm-up, percent; "
        "▲ ours is better, ▼ ours is worse, allowing for all differences shown (Holm)"
    )
    table = _table(title, (*RangePoint._fields, OURS, *PRICE_FREE))
    for place, leads in found.leads.items():
        ours = _percent(estimate(found.found[place][OURS]))
        cells = (_percent(lead.difference, "+", MARKS[lead.verdict]) for lead in leads.values())
        table.add_row("", *(f"{value:.0%}" for value in place), ours, *cells)
    console().print(table)
    for rule in PRICE_FREE:
        of_rule = [leads[rule] for leads in found.leads.values()]
        alone = Counter(lead.difference.sign for lead in of_rule)
        beside = Counter(lead.verdict for lead in of_rule)
        click.echo(
            f"against {rule}: of {len(of_rule)} populations ours is better in {alone[1]} and worse in {alone[-1]}, "
            f"by each interval alone; in {beside['wins']} and {beside['loses']} beside all others (Holm)"
        )


def show_gains(population: str, found: dict[str, dict[str, Estimate]]) -> None:
    """Print what deviating gains under each rule, in a population."""
    title = (
        f"population {population}: profit of straight play, and gain of one that deviates; "
        "percent of an even share of the work's rewards"
    )
    table = _table(title, found)
    for name in (deviation.name for deviation in (STRAIGHT, *GRID)):
        cells = (_percent(gains[name], "+") if name in gains else "" for gains in found.values())
        table.add_row(name, *cells)
    console().print(table)
    for rule, gains in found.items():
        name, gain = largest(gains)
        regret = f"{100 * gain.mean:.2f}% ± {100 * gain.half:.2f}" if gain.mean > 0 else "none"
        click.echo(f"regret under {rule}: {regret} ({name})")


def show_checks(found: list[Check], as_json: bool) -> None:
    """Print known values beside measured ones.

    Raises
    ------
    CaseError
        If one is not reproduced.
    """
    if as_json:
        click.echo(json.dumps([{**asdict(check), "within": check.within} for check in found], indent=2))
    else:
        table = Table(title="known results")
        for name in ("what", "oracle", "got", "within"):
            table.add_column(name, justify="left" if name == "what" else "right")
        for check in found:
            table.add_row(
                check.name,
                f"{check.oracle:.7g} ± {check.tolerance:.2g}",
                f"{check.got:.7g}",
                "yes" if check.within else "NO",
            )
        console().print(table)
    missed = [check.name for check in found if not check.within]
    if missed:
        raise CaseError(f"not reproduced: {', '.join(missed)}")
