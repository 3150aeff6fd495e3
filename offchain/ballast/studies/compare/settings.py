"""What a comparison is given: seeds, workers and populations."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import click

from ballast.errors import ParameterError
from ballast.sim.known_populations import POPULATIONS, peopled
from ballast.sim.scenario import Scenario

population_option = click.option(
    "--population",
    "populations",
    help=f"Populations to study, separated by commas: {', '.join(POPULATIONS)}.  [default: all, or the scenario's own]",
)
MAX_SEEDS: Final = 1_000
SEEDS: Final = 100
"""What intervals of skewed shares need to cover (``studies.coverage``)."""
RANGE_SEEDS: Final = 16
"""Of each population of a range. Beside 95 other tests a difference then has to be 4.4 standard errors from zero, which
for welfare is 0.2 to 0.4 points; with five seeds it is 10 and more, and less than a point can hardly be told."""
FIRST_SEED: Final = 1_001
"""First seed of studies unless another is given. Thresholds, the warm-up and the market's constants were chosen on
seeds below it, and tests of what comes out use those: figures that are published come from others."""


def check_seeds(scenario: Scenario, seeds: int) -> None:
    """Refuse a scenario or a number of seeds that gives no interval.

    Raises
    ------
    ParameterError
        With what would be right.
    """
    scenario.validate()
    if not 2 <= seeds <= MAX_SEEDS:
        raise ParameterError(f"--seeds is {seeds}: give a whole number from 2 to {MAX_SEEDS}")
    replace(scenario, seed=scenario.seed + seeds - 1).validate()


def published(scenario: Scenario, given: int | None) -> Scenario:
    """Scenario with the first seed of studies, unless a seed is given, or the scenario's file has one but 1."""
    return replace(scenario, seed=FIRST_SEED) if given is None and scenario.seed == Scenario.seed else scenario


def chosen_populations(scenario: Scenario, given: str | None) -> Mapping[str, Scenario]:
    """Scenario with each population of the option, by name."""
    return peopled(scenario, None if given is None else given.split(","))


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
