"""The command ``ballast compare``."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from offchain.cli import INTERRUPTED
from offchain.errors import BallastError, CaseError, ParameterError
from sim.command import chosen, console, scenario_options, shown
from sim.compare.optimum import Settings
from sim.compare.regret import GRID, STRAIGHT, largest, regret
from sim.compare.rules import OURS, RULES
from sim.compare.sanity import Check, checks
from sim.compare.study import Estimate, Study, cores
from sim.compare.study import compare as run_study
from sim.directory import made_whole
from sim.run import Progress
from sim.scenario import Scenario

MARKS = {"wins": "▲", "loses": "▼", "": " "}
Found = TypeVar("Found")


@click.command()
@scenario_options
@click.option("--utilisation", type=float, help="Mean heavy demand as a share of the coprocessors' capacity.")
@click.option("--rules", default=",".join(RULES), show_default=True, help="What to compare, separated by commas.")
@click.option("--seeds", type=int, default=10, show_default=True, help="Runs of each rule, from --seed on.")
@click.option("--optimum", "every", type=click.IntRange(1), help="Look for the optimum in every so many periods.")
@click.option("--gap", type=click.FloatRange(0, 1), default=Settings.gap, show_default=True, help="Of the optimum.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86_400),
    default=Settings.seconds,
    show_default=True,
    help="HiGHS may spend on a period's integer programme, if knapsacks do not reach the gap.",
)
@click.option("--workers", type=click.IntRange(1, 1_000), default=cores, show_default="all cores", help="Processes.")
@click.option("--regret", "deviate", is_flag=True, help="Measure instead what one coprocessor gains by deviating.")
@click.option("--sanity", is_flag=True, help="Measure instead what is known from the theory of queues.")
@click.option("--out", type=click.Path(path_type=Path), help="Directory to make for the results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def compare(sanity: bool, deviate: bool, as_json: bool, **options: Any) -> None:
    """Compare our auction with other rules, on the same tasks and seeds.

    Every rule meets the same tasks, participants and luck; differences to ours are taken seed by seed and have 95%
    intervals. With --optimum the assignments of some periods are held against the best there is.
    """
    if sanity:
        report(checks(options["seed"]), as_json)
        return
    fields = {name: options.pop(name) for name in list(options) if name in (*Scenario.__dataclass_fields__, "base")}
    utilisation = fields.pop("utilisation")
    scenario = chosen(fields)
    if utilisation is not None:
        scenario = replace(scenario, utilisation=utilisation)
    try:
        if deviate:
            _gains(scenario, options, as_json)
        else:
            _compare(scenario, options, as_json)
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)


def _compare(scenario: Scenario, options: dict[str, Any], as_json: bool) -> None:
    settings = Settings(options["every"] or 0, options["gap"], options["seconds"])
    if not math.isfinite(settings.gap + settings.seconds):
        raise ParameterError("--gap and --seconds are numbers: give a share of the bound, and seconds")
    if settings.every > scenario.periods:
        raise ParameterError(f"--optimum is {settings.every}: give at most the number of periods, {scenario.periods}")

    def run(progress: Progress) -> Study:
        rules = options["rules"].split(",")
        return run_study(scenario, options["seeds"], rules, settings, options["workers"], progress)

    study = kept(run, lambda found, folder: found.write(folder), options["out"], "tasks")
    if as_json:
        click.echo(json.dumps(study.to_json(), indent=2, allow_nan=False))
    else:
        show(study)


def _gains(scenario: Scenario, options: dict[str, Any], as_json: bool) -> None:
    def run(progress: Progress) -> dict[str, dict[str, Estimate]]:
        return regret(scenario, options["seeds"], workers=options["workers"], progress=progress)

    def document(found: dict[str, dict[str, Estimate]]) -> str:
        return json.dumps({rule: {n: asdict(e) for n, e in gains.items()} for rule, gains in found.items()}, indent=2)

    def write(found: dict[str, dict[str, Estimate]], folder: Path) -> None:
        (folder / "regret.json").write_text(document(found) + "\n")

    found = kept(run, write, options["out"], "runs")
    if as_json:
        click.echo(document(found))
    else:
        show_gains(found)


def kept(run: Callable[[Progress], Found], write: Callable[[Found, Path], None], out: Path | None, unit: str) -> Found:
    """Run with progress shown; with a directory, also write what was found, or nothing at all.

    Raises
    ------
    UserError
        If the directory exists or cannot be made.
    BallastError
        If something cannot be written to it.
    """
    if out is None:
        with shown("comparing", unit) as progress:
            return run(progress)
    try:
        with made_whole(out) as folder:
            with shown("comparing", unit) as progress:
                found = run(progress)
            write(found, folder)
            return found
    except OSError as error:
        raise BallastError(f"the results could not be written to {out}: {error.strerror}") from error


def _table(title: str, rules: Iterable[str]) -> Table:
    """Table with a column for each rule."""
    table = Table(title=title, box=SIMPLE_HEAD, padding=0, title_justify="left")
    table.add_column("")
    for rule in rules:
        table.add_column(rule.replace("_", "\n"), justify="right")
    return table


def _percent(e: Estimate, sign: str = "", mark: str = " ") -> str:
    return f"{100 * e.mean:{sign}.2f}{mark}\n±{100 * e.half:.2f} "


def show(study: Study) -> None:
    """Print what each rule came to, how it differs from ours, and where ours wins and loses."""
    out = console()
    s = study.scenario
    title = f"{len(study.seeds)} seeds from {s.seed} on, {s.periods} periods, percent"
    means = _table(title, study.runs)
    others = [rule for rule in study.runs if rule != OURS]
    differences = _table("difference to ours; ▲ ours is better, ▼ ours is worse", others)
    for name, measure in study.measures.items():
        contests = {rule: study.contest(rule, name) for rule in study.runs}
        means.add_row(measure.title, *(_percent(c.theirs) for c in contests.values()))
        cells = (_percent(contests[r].difference, "+", MARKS[contests[r].verdict]) for r in others)
        differences.add_row(measure.title, *cells)
    out.print(means)
    out.print(differences)
    for verdict in ("wins", "loses"):
        click.echo(f"ours {verdict}:")
        for rule in others:
            names = [m.title for name, m in study.measures.items() if study.contest(rule, name).verdict == verdict]
            click.echo(f"  against {rule:<18} {', '.join(names) or 'nowhere'}")
    for measure in study.measures.values():
        click.echo(f"{measure.title}: {measure.about}")
    if study.settings.every:
        click.echo(f"largest gap of an optimum to its bound: {study.worst_gap:.3%}")


def show_gains(found: dict[str, dict[str, Estimate]]) -> None:
    """Print what deviating gains under each rule."""
    title = "profit of straight play, and gain of one that deviates; percent of an even share of the work's rewards"
    table = _table(title, found)
    for deviation in (STRAIGHT, *GRID):
        table.add_row(deviation.name, *(_percent(gains[deviation.name], "+") for gains in found.values()))
    console().print(table)
    for rule, gains in found.items():
        name, gain = largest(gains)
        regret = f"{100 * gain.mean:.2f}% ± {100 * gain.half:.2f}" if gain.mean > 0 else "none"
        click.echo(f"regret under {rule}: {regret} ({name})")


def report(found: list[Check], as_json: bool) -> None:
    """Print known values beside measured ones.

    Raises
    ------
    CaseError
        If one is not reproduced.
    """
    if as_json:
        click.echo(json.dumps([{**asdict(c), "within": c.within} for c in found], indent=2))
    else:
        table = Table(title="known results")
        for name in ("what", "oracle", "got", "within"):
            table.add_column(name, justify="left" if name == "what" else "right")
        for c in found:
            table.add_row(c.name, f"{c.oracle:.7g} ± {c.tolerance:.2g}", f"{c.got:.7g}", "yes" if c.within else "NO")
        console().print(table)
    missed = [c.name for c in found if not c.within]
    if missed:
        raise CaseError(f"not reproduced: {', '.join(missed)}")
