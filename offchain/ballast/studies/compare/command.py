"""The command ``ballast compare``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ballast.cli import INTERRUPTED
from ballast.errors import BallastError, ParameterError
from ballast.names import check_names
from ballast.sim.command import NAMED, chosen, scenario_options, shown, utilisation_option
from ballast.sim.known_populations import described
from ballast.sim.origin import stamp
from ballast.sim.output import made_whole
from ballast.sim.scenario import Scenario
from ballast.studies.compare.rules import FIXED, RULES
from ballast.studies.compare.settings import (
    RANGE_SEEDS,
    SEEDS,
    check_seeds,
    chosen_populations,
    cores,
    population_option,
    published,
)

if TYPE_CHECKING:
    from ballast.sim.run import Progress
    from ballast.studies.compare.comparison import Comparison
    from ballast.studies.intervals import Estimate

    Gains = dict[str, dict[str, Estimate]]  # by rule and deviation

Found = TypeVar("Found")
FIELDS = Scenario.__dataclass_fields__


@click.command()
@scenario_options
@utilisation_option
@population_option
@click.option(
    "--rules",
    help=f"Rules to compare, separated by commas: {', '.join(RULES)}.  [default: all; with --regret a few]",
)
@click.option(
    "--seeds",
    type=int,
    help=f"Runs of each rule, from --seed on.  [default: {SEEDS}; with --range {RANGE_SEEDS}]",
)
@click.option(
    "--fixed",
    is_flag=True,
    help="Hold fixed which tasks are auctioned, by a rule of thumb for operators, and what rescuers are paid.",
)
@click.option(
    "--optimum",
    "window",
    type=click.IntRange(1),
    help="Bound what assignments of the last N periods can be worth.",
    metavar="N",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1_000),
    default=cores,
    show_default="one a core",
    help="Number of processes.",
)
@click.option("--regret", "deviate", is_flag=True, help="Measure instead what one coprocessor gains by deviating.")
@click.option("--range", "ranging", is_flag=True, help="Compare instead with rules without a price, in 24 populations.")
@click.option("--sanity", is_flag=True, help="Reproduce known results of queueing theory instead.")
@click.option("--out", type=click.Path(path_type=Path), help="Directory to create for the results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def compare(sanity: bool, ranging: bool, deviate: bool, fixed: bool, as_json: bool, **options: Any) -> None:
    """Compare the auction with other rules and with the optimum.

    Every rule gets the same tasks, participants and random numbers, in each population by itself. Differences to our
    auction are taken seed by seed and have 95% intervals. With --optimum the last periods are compared with a bound of
    all assignments. Seeds begin with 1,001 if none is given: those below were used to make choices.
    """
    seed = options["seed"]
    if sanity:
        from ballast.studies.compare.printed import show_checks
        from ballast.studies.compare.sanity import checks

        show_checks(checks(Scenario.seed if seed is None else seed), as_json)
        return
    given = {name: options.pop(name) for name in list(options) if name in (*FIELDS, *NAMED)}
    scenario, named = chosen(given | (FIXED if fixed else {}))
    scenario = published(scenario, seed)
    if options["seeds"] is None:
        options["seeds"] = RANGE_SEEDS if ranging else SEEDS
    check_seeds(scenario, options["seeds"])
    if ranging and options["populations"] is not None:
        raise ParameterError("--range and --population both say who takes part: give one of them")
    study = _across if ranging else _gains if deviate else _compare
    try:
        study(scenario, named, options, as_json)
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)


def _compare(scenario: Scenario, named: dict[str, Any], options: dict[str, Any], as_json: bool) -> None:
    window = options["window"] or 0
    if window > scenario.periods:
        raise ParameterError(f"--optimum is {window}: give at most the number of periods, {scenario.periods}")
    rules = chosen_rules(options["rules"], RULES)
    populations = chosen_populations(scenario, options["populations"])
    from ballast.studies.compare.comparison import by_population, write
    from ballast.studies.compare.comparison import compare as run_study
    from ballast.studies.compare.printed import show, show_measures

    def run(peopled: Scenario, progress: Progress) -> Comparison:
        return run_study(peopled, options["seeds"], rules, window, options["workers"], progress, named)

    studies = kept(lambda progress: in_each(populations, run, progress), write, options["out"], "tasks")
    if as_json:
        click.echo(json.dumps(by_population(studies), indent=2, allow_nan=False))
        return
    for population, study in studies.items():
        show(population, study)
    show_measures(study.measures)


def _across(scenario: Scenario, named: dict[str, Any], options: dict[str, Any], as_json: bool) -> None:
    from ballast.studies.compare.across import PopulationRange, across
    from ballast.studies.compare.printed import show_across

    def run(progress: Progress) -> PopulationRange:
        return across(scenario, options["seeds"], options["workers"], progress, named)

    found = kept(run, PopulationRange.write, options["out"], "runs")
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2, allow_nan=False))
    else:
        show_across(found)


def _gains(scenario: Scenario, named: dict[str, Any], options: dict[str, Any], as_json: bool) -> None:
    populations = chosen_populations(scenario, options["populations"])
    from ballast.studies.compare.printed import show_gains
    from ballast.studies.compare.regret import COMPARED, regret

    rules = chosen_rules(options["rules"], COMPARED)

    def run(peopled: Scenario, progress: Progress) -> Gains:
        return regret(peopled, options["seeds"], rules, options["workers"], progress)

    made = stamp(named, scenario.seed, "scipy")
    seeds = list(range(scenario.seed, scenario.seed + options["seeds"]))

    def document(found: Mapping[str, Gains]) -> str:
        content = {}
        for population, of_rules in found.items():
            rules = {rule: {n: asdict(e) for n, e in gains.items()} for rule, gains in of_rules.items()}
            content[population] = {"population": described(population), **made, "seeds": seeds, "rules": rules}
        return json.dumps(content, indent=2)

    def write(found: Mapping[str, Gains], folder: Path) -> None:
        (folder / "regret.json").write_text(document(found) + "\n", encoding="utf-8")

    found = kept(lambda progress: in_each(populations, run, progress), write, options["out"], "runs")
    if as_json:
        click.echo(document(found))
        return
    for population, gains in found.items():
        show_gains(population, gains)


def chosen_rules(given: str | None, usual: Sequence[str]) -> Sequence[str]:
    """Rules of the option, or the usual ones.

    Raises
    ------
    ParameterError
        If one is not known.
    """
    rules = usual if given is None else given.split(",")
    check_names("--rules", rules, RULES)
    return rules


def in_each(
    populations: Mapping[str, Scenario], study: Callable[[Scenario, Progress], Found], progress: Progress
) -> dict[str, Found]:
    """Make a study in each of some populations, one after the other; progress is that of all, taken to be alike."""
    found: dict[str, Found] = {}

    def of_all(done: int, total: int) -> None:
        progress(len(found) * total + done, len(populations) * total)

    for name, scenario in populations.items():
        found[name] = study(scenario, of_all)
    return found


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
