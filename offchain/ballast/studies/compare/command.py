"""The command ``ballast compare``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ballast.cli import INTERRUPTED
from ballast.errors import BallastError, ParameterError
from ballast.names import check_names
from ballast.sim.command import NAMED, chosen, scenario_options, shown, utilisation_option
from ballast.sim.origin import stamp
from ballast.sim.output import made_whole
from ballast.sim.scenario import Scenario
from ballast.studies.compare.rules import FIXED, RULES
from ballast.studies.compare.settings import SEEDS, check_seeds, cores, published

if TYPE_CHECKING:
    from ballast.sim.run import Progress
    from ballast.studies.compare.comparison import Comparison
    from ballast.studies.intervals import Estimate

Found = TypeVar("Found")
FIELDS = Scenario.__dataclass_fields__


@click.command()
@scenario_options
@utilisation_option
@click.option("--rules", default=",".join(RULES), show_default=True, help="Rules to compare, separated by commas.")
@click.option("--seeds", type=int, default=SEEDS, show_default=True, help="Runs of each rule, from --seed on.")
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
@click.option("--sanity", is_flag=True, help="Reproduce known results of queueing theory instead.")
@click.option("--out", type=click.Path(path_type=Path), help="Directory to create for the results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def compare(sanity: bool, deviate: bool, fixed: bool, as_json: bool, **options: Any) -> None:
    """Compare the auction with other rules and with the optimum.

    Every rule gets the same tasks, participants and random numbers. Differences to our auction are taken seed by seed
    and have 95% intervals. With --optimum the last periods are compared with a bound of all assignments.
    Seeds begin with 1,001 if none is given: those below were used to make choices.
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
    check_seeds(scenario, options["seeds"])
    try:
        if deviate:
            _gains(scenario, named, options, as_json)
        else:
            _compare(scenario, named, options, as_json)
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)


def _compare(scenario: Scenario, named: dict[str, Any], options: dict[str, Any], as_json: bool) -> None:
    window = options["window"] or 0
    if window > scenario.periods:
        raise ParameterError(f"--optimum is {window}: give at most the number of periods, {scenario.periods}")
    rules = options["rules"].split(",")
    check_names("--rules", rules, RULES)
    from ballast.studies.compare.comparison import compare as run_study
    from ballast.studies.compare.printed import show

    def run(progress: Progress) -> Comparison:
        return run_study(scenario, options["seeds"], rules, window, options["workers"], progress, named)

    study = kept(run, lambda found, folder: found.write(folder), options["out"], "tasks")
    if as_json:
        click.echo(json.dumps(study.to_json(), indent=2, allow_nan=False))
    else:
        show(study)


def _gains(scenario: Scenario, named: dict[str, Any], options: dict[str, Any], as_json: bool) -> None:
    from ballast.studies.compare.printed import show_gains
    from ballast.studies.compare.regret import regret

    def run(progress: Progress) -> dict[str, dict[str, Estimate]]:
        return regret(scenario, options["seeds"], workers=options["workers"], progress=progress)

    made = stamp(named, scenario.seed, "scipy")
    seeds = list(range(scenario.seed, scenario.seed + options["seeds"]))

    def document(found: dict[str, dict[str, Estimate]]) -> str:
        rules = {rule: {n: asdict(e) for n, e in gains.items()} for rule, gains in found.items()}
        return json.dumps({**made, "seeds": seeds, "rules": rules}, indent=2)

    def write(found: dict[str, dict[str, Estimate]], folder: Path) -> None:
        (folder / "regret.json").write_text(document(found) + "\n", encoding="utf-8")

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
