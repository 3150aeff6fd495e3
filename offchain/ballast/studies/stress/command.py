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
from ballast.studies.compare.command import kept
from ballast.studies.compare.settings import check_seeds, cores, published

if TYPE_CHECKING:
    from ballast.sim.run import Progress
    from ballast.studies.stress.study import StressStudy


@click.command()
@scenario_options
@utilisation_option
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
def stress(names: str | None, seeds: int, workers: int, out: Path | None, as_json: bool, **options: Any) -> None:
    """Measure what stresses and attacks cost, and what attackers gain.

    Every stress runs on the twin, with and without the stress on the same seeds. Differences are taken seed by seed and
    have 95% intervals. Seeds begin with 1,001 if none is given: those below were used to make choices.
    """
    scenario, named = chosen(options)
    scenario = published(scenario, options["seed"])
    own = STRESSED if scenario.stress == CALM else (scenario.stress,)
    wanted = names.split(",") if names is not None else own
    check_names("--stress", wanted, STRESSED)
    check_seeds(replace(scenario, stress=CALM), seeds)
    from ballast.studies.stress.printed import show
    from ballast.studies.stress.study import study

    def run(progress: Progress) -> StressStudy:
        return study(scenario, seeds, wanted, workers, progress, named)

    try:
        found = kept(run, lambda of, folder: of.write(folder), out, "runs")
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2, allow_nan=False))
    else:
        show(found)
