"""The command ``ballast risk``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ballast.cli import INTERRUPTED
from ballast.errors import BallastError, ParameterError
from ballast.sim.command import NAMED, chosen, scenario_options, shown, utilisation_option
from ballast.sim.known_populations import POPULATIONS, described
from ballast.sim.origin import stamp
from ballast.sim.output import made_whole
from ballast.sim.scenario import Scenario
from ballast.studies.compare.command import in_each
from ballast.studies.compare.settings import check_seeds, chosen_populations, cores, population_option, published

if TYPE_CHECKING:
    from ballast.studies.risk.participant import Asked

SEEDS: Final = 30
"""Runs of a back-test: intervals of an epoch are then within half a point, those of a horizon within three."""
MAP_SEEDS: Final = 3
"""Runs of a cell of a map: a cell is decided by a half, which few come near."""
BACK_TEST_PERIODS: Final = 100
"""Periods of a back-test unless others are given: after the warm-up there are twice as many as the horizon has."""
FIELDS: Final = Scenario.__dataclass_fields__
SHARE: Final = click.FloatRange(0, 1)


@click.command()
@click.option(
    "--role",
    type=click.Choice(("coprocessor", "operator")),
    default="coprocessor",
    show_default=True,
    help="Who has the stake.",
)
@click.option(
    "--stake", type=click.FloatRange(0), default=10_000_000, show_default=True, help="Its stake, token units."
)
@click.option("--capacity", type=click.IntRange(1), default=1_000, show_default=True, help="Its capacity, units.")
@click.option(
    "--tasks",
    "volume",
    type=click.FloatRange(0, 1e6, min_open=True),
    default=6.0,
    show_default=True,
    help="Mean number of tasks an epoch.",
)
@click.option("--reward", type=click.FloatRange(1), default=125_000, show_default=True, help="Mean reward of a task.")
@click.option(
    "--reward-spread",
    type=click.FloatRange(0, 10),
    default=0.5,
    show_default=True,
    help="Standard deviation of a reward, as a share of the mean.",
)
@click.option("--price", type=SHARE, default=0.9, show_default=True, help="Price of a task, share of the reward.")
@click.option("--cost", type=click.FloatRange(0, 10), default=0.6, show_default=True, help="Cost of own work, share.")
@click.option("--load", type=SHARE, default=0.75, show_default=True, help="Load at which its tasks are won.")
@click.option("--in-time", default="97/100", show_default=True, help="Results in time: good/all, or a known chance.")
@click.option("--right", default="97/100", show_default=True, help="Right ones among them: good/all, or a chance.")
@click.option("--own", type=SHARE, default=0.3, show_default=True, help="Of an operator: share it does itself.")
@click.option("--their-in-time", help="Of an operator: results in time of its executors.  [default: as --in-time]")
@click.option("--their-right", help="Of an operator: right results of its executors.  [default: as --right]")
@click.option(
    "--dispersion",
    type=click.FloatRange(0.01, 100),
    default=1.0,
    show_default=True,
    help="Variance of the number of tasks over its mean.",
)
@click.option("--overload", type=SHARE, default=0.3, show_default=True, help="What full load adds to lateness.")
@click.option(
    "--correlation",
    type=click.FloatRange(0, 0.99),
    default=0.0,
    show_default=True,
    help="Correlation of failures in an epoch, of a one-factor Gaussian copula.",
)
@click.option("--epochs", "horizon", type=click.IntRange(1, 10_000), default=30, show_default=True, help="Horizon.")
@click.option("--paths", type=click.IntRange(100, 1_000_000), default=20_000, show_default=True, help="Paths to draw.")
@click.option("--ruin", type=click.FloatRange(0, 1), default=0.01, show_default=True, help="Wanted chance of ruin.")
@click.option("--map", "mapping", is_flag=True, help="Map slash factor by collateral instead, of a scenario's people.")
@click.option("--failures", type=SHARE, default=0.05, show_default=True, help="With --map: failures an AVS allows.")
@click.option("--simulate", "simulating", is_flag=True, help="With --map: hold it against the simulated market.")
@click.option("--back-test", "testing", is_flag=True, help="Hold forecasts against runs that nothing was fitted on.")
@scenario_options
@utilisation_option
@population_option
@click.option(
    "--seeds", type=int, help=f"Runs of each.  [default: {SEEDS} for --back-test, {MAP_SEEDS} for --simulate]"
)
@click.option("--workers", type=click.IntRange(1, 1_000), default=cores, show_default="one a core", help="Processes.")
@click.option("--out", type=click.Path(path_type=Path), help="Directory to create for numbers and figures.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def risk(mapping: bool, simulating: bool, testing: bool, out: Path | None, as_json: bool, **options: Any) -> None:
    """Say what somebody who has a stake may lose.

    Without --scenario, --population, --map or --back-test the risk is that of one participant, whose numbers are
    options, under terms of --parameters or --like. With --scenario or --population it is that of everybody in a
    scenario, from what each could know when the warm-up of a run ends. A population may be named in place of a
    scenario.
    """
    if mapping and testing:
        raise ParameterError("--map and --back-test are two studies: give one of them")
    if simulating and not mapping:
        raise ParameterError("--simulate holds a map against the market: give --map too")
    if options["base"] in POPULATIONS:
        if options["populations"] is not None:
            raise ParameterError(f"--scenario {options['base']} is a population: give it to --population alone")
        options["base"], options["populations"] = None, options["base"]
    seed, named = options["seed"], options["base"] is not None or options["populations"] is not None
    asked = {name: options.pop(name) for name in ASKED}
    if testing and options["periods"] is None:
        options["periods"] = BACK_TEST_PERIODS
    given = {name: options.pop(name) for name in list(options) if name in (*FIELDS, *NAMED)}
    scenario, origin = chosen(given)
    scenario = published(scenario, seed)
    from ballast.studies.risk.participant import Asked

    question = Asked(**asked)
    study = _map if mapping else _back_test if testing else _everybody if named else _one
    if (mapping and simulating) or testing:
        if options["seeds"] is None:
            options["seeds"] = SEEDS if testing else MAP_SEEDS
        # a map has no intervals, so that one run will do
        check_seeds(scenario, options["seeds"] + (simulating and options["seeds"] == 1))
    try:
        if out is None:
            content = study(question, scenario, options | {"simulating": simulating}, None, as_json)
        else:
            with made_whole(out) as folder:
                content = study(question, scenario, options | {"simulating": simulating}, folder, as_json)
                content = stamp(origin, scenario.seed, "scipy") | content
                text = json.dumps(content, indent=2, allow_nan=False)
                (folder / "risk.json").write_text(text + "\n", encoding="utf-8")
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)
    except OSError as error:
        raise BallastError(f"could not write to {out}: {error.strerror}") from error
    if as_json:
        click.echo(json.dumps(stamp(origin, scenario.seed, "scipy") | content, indent=2, allow_nan=False))
    elif out:
        click.echo(f"written to {out}")


ASKED: Final = (
    *("role", "stake", "capacity", "volume", "reward", "reward_spread", "price", "cost", "load", "in_time", "right"),
    *("own", "their_in_time", "their_right", "dispersion", "overload", "correlation", "horizon", "paths", "ruin"),
    "failures",
)
"""Options that are not of a scenario."""


def _one(
    question: Asked, scenario: Scenario, options: Mapping[str, Any], folder: Path | None, quiet: bool
) -> dict[str, Any]:
    del options
    from ballast.studies.risk.participant import answer_one
    from ballast.studies.risk.printed import show_report

    found = answer_one(question, scenario)
    if folder:
        from ballast.studies.risk.figure import draw_profit

        draw_profit(found.profit, question.stake, found.report.exposure.needed, folder)
    if not quiet:
        show_report(found.report, found.break_even, found.limit, question.ruin)
    return found.to_json()


def _everybody(
    question: Asked, scenario: Scenario, options: Mapping[str, Any], folder: Path | None, quiet: bool
) -> dict[str, Any]:
    populations = chosen_populations(scenario, options["populations"])
    from ballast.studies.risk.participant import answer_all
    from ballast.studies.risk.printed import show_scenario

    with shown("drawing", "participants") as progress:
        found = in_each(populations, lambda peopled, told: answer_all(question, peopled, told), progress)
    if folder:
        from ballast.studies.risk.figure import draw_everybody

        for population, everybody in found.items():
            draw_everybody(list(everybody.reports.values()), _place(folder, population, len(populations)))
    if not quiet:
        for population, everybody in found.items():
            show_scenario(population, list(everybody.reports.values()), everybody.together)
    return {"populations": {name: described(name) | each.to_json() for name, each in found.items()}}


def _place(folder: Path, population: str, populations: int) -> Path:
    """Make the directory of a population's figures: one of its own, if there are several populations."""
    place = folder if populations == 1 else folder / population
    place.mkdir(exist_ok=True)
    return place


def _map(
    question: Asked, scenario: Scenario, options: Mapping[str, Any], folder: Path | None, quiet: bool
) -> dict[str, Any]:
    populations = chosen_populations(scenario, options["populations"])
    from ballast.studies.risk.amounts import Outcomes
    from ballast.studies.risk.deterrence import cheapest, map_of
    from ballast.studies.risk.figure import draw_map
    from ballast.studies.risk.printed import show_map
    from ballast.studies.risk.simulated import Simulated, simulate_map, typical

    content = {}
    for name, peopled in populations.items():
        cells = map_of(Outcomes(peopled.network(), peopled.task_class()), typical(peopled))
        came: list[Simulated] = []
        if options["simulating"]:
            with shown(f"{name}, map", "runs") as progress:
                came = simulate_map(peopled, cells, options["seeds"], options["workers"], progress)
        best = cheapest(cells, question.failures)
        if folder:
            draw_map(cells, came, best, _place(folder, name, len(populations)))
        if not quiet:
            show_map(name, cells, came, best, question.failures)
        content[name] = described(name) | {
            "cells": [cell.to_json() for cell in cells],
            "simulated": [each.to_json() for each in came],
            "cheapest": None if best is None else {**best[0].to_json(), "offer": asdict(best[1])},
        }
    return {"populations": content}


def _back_test(
    question: Asked, scenario: Scenario, options: Mapping[str, Any], folder: Path | None, quiet: bool
) -> dict[str, Any]:
    del folder
    populations = chosen_populations(scenario, options["populations"])
    from ballast.studies.risk.backtest import back_test, check_horizon
    from ballast.studies.risk.printed import show_coverage

    check_horizon(scenario, question.horizon)
    seeds = options["seeds"]
    with shown("back-test", "runs") as progress:
        found = in_each(
            populations,
            lambda peopled, told: back_test(
                peopled, seeds, question.horizon, question.correlation, options["workers"], told
            ),
            progress,
        )
    if not quiet:
        for population, shares in found.items():
            show_coverage(population, shares, seeds, scenario.seed)
    return {
        "seeds": list(range(scenario.seed, scenario.seed + seeds)),
        "epochs": question.horizon,
        "populations": {
            name: described(name) | {"coverage": [each.to_json() for each in shares]} for name, shares in found.items()
        },
    }
