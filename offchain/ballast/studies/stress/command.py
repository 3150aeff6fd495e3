"""The command ``ballast stress``."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ballast.cli import INTERRUPTED
from ballast.names import check_names
from ballast.sim.command import chosen, scenario_options, utilisation_option
from ballast.sim.scenario import CALM, STRESSED
from ballast.studies.compare.command import in_each, kept
from ballast.studies.compare.settings import check_seeds, chosen_populations, cores, population_option, published

if TYPE_CHECKING:
    from ballast.sim.run import Progress
    from ballast.sim.scenario import Scenario
    from ballast.studies.stress.study import StressStudy


@click.command()
@scenario_options
@utilisation_option
@population_option
@click.option(
    "--stress",
    "names",
    help=f"Stresses to try, separated by commas: {', '.join(STRESSED)}.  [default: the scenario's, or all]",
)
@click.option("--seeds", type=int, default=10, show_default=True, help="Runs of each stress, from --seed on.")
@click.option(
    "--workers",
    type=click.IntRange(1, 1_000),
    default=cores,
    show_default="one a core",
    help="Number of processes.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Directory to create for the results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def stress(
    names: str | None,
    populations: str | None,
    seeds: int,
    workers: int,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Measure what stresses and attacks cost, and what attackers gain.

    Every stress runs on the twin, in each population by itself, with and without the stress on the same seeds.
    Differences are taken seed by seed and have 95% intervals. Seeds begin with 1,001 if none is given: those below were
    used to make choices.
    """
    scenario, named = chosen(options)
    scenario = published(scenario, options["seed"])
    own = STRESSED if scenario.stress == CALM else (scenario.stress,)
    wanted = names.split(",") if names is not None else own
    check_names("--stress", wanted, STRESSED)
    check_seeds(replace(scenario, stress=CALM), seeds)
    peopled = chosen_populations(scenario, populations)
    from ballast.studies.compare.comparison import by_population
    from ballast.studies.stress.printed import show, show_measures
    from ballast.studies.stress.study import study, write

    def run(inhabited: Scenario, progress: Progress) -> StressStudy:
        return study(inhabited, seeds, wanted, workers, progress, named)

    try:
        found = kept(lambda progress: in_each(peopled, run, progress), write, out, "runs")
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(json.dumps(by_population(found), indent=2, allow_nan=False))
        return
    for population, of_population in found.items():
        show(population, of_population)
    show_measures()
