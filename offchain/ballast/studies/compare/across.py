"""Ours beside the rules without a price, over a range of populations: whether a result depends on who takes part.

Every population has the same seeds under each rule, and differences are taken seed by seed. All differences are one
family of tests, adjusted by Holm's procedure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from ballast.errors import ParameterError
from ballast.sim.origin import stamp
from ballast.sim.run import Progress, run_on
from ballast.sim.scenario import Scenario
from ballast.studies.compare.comparison import spread
from ballast.studies.compare.rules import OURS, under
from ballast.studies.compare.settings import check_seeds
from ballast.studies.intervals import CONFIDENCE, SIGNIFICANCE, Estimate, Samples, estimate, holm, p_value
from ballast.studies.measures import MEASURES, measured

ACROSS: Final = "range.json"
MEASURE: Final = "welfare"
PRICE_FREE: Final = ("random", "round_robin", "shortest_queue", "two_choices")
"""Rules that choose without asking for a price."""


class RangePoint(NamedTuple):
    """A population of the range: its fields of a scenario."""

    bad_share: float
    overload: float
    utilisation: float


RANGE: Final = tuple(RangePoint(*values) for values in product((0.0, 0.1, 0.2, 0.3), (0.0, 0.1, 0.3), (0.5, 0.75)))
"""All populations."""


@dataclass(frozen=True)
class Lead:
    """Ours less a rule, in one population.

    Attributes
    ----------
    difference : Estimate
        Of the measure, seed by seed.
    p_holm : float
        Two-sided p-value of no difference, adjusted for all differences of the range.
    verdict : str
        Whether ours ``wins`` or ``loses``; empty if the difference may be chance.
    """

    difference: Estimate
    p_holm: float
    verdict: str


@dataclass(frozen=True)
class PopulationRange:
    """What the range came to.

    Attributes
    ----------
    scenario : Scenario
        What all have in common, with the first seed.
    seeds : list of int
        All seeds.
    found : dict
        By population and rule, the measure by seed.
    made : mapping
        Where it comes from, as `ballast.sim.origin.stamp` says it.
    """

    scenario: Scenario
    seeds: list[int]
    found: Mapping[RangePoint, Mapping[str, Samples]]
    made: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def leads(self) -> dict[RangePoint, dict[str, Lead]]:
        """Ours less each rule, by population."""
        keys = [(place, rule) for place in self.found for rule in PRICE_FREE]
        more = {(place, rule): self.found[place][OURS] - self.found[place][rule] for place, rule in keys}
        p = dict(zip(keys, holm([p_value(more[key], 0.0) for key in keys]), strict=True))
        return {place: {rule: _lead(more[place, rule], p[place, rule]) for rule in PRICE_FREE} for place in self.found}

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        workload = self.scenario.workload
        return {
            **self.made,
            "parameters": self.scenario.to_table() | {"workload": workload.name if workload else None},
            "seeds": self.seeds,
            "confidence": CONFIDENCE,
            "measure": {"name": MEASURE, **asdict(MEASURES[MEASURE])},
            "populations": [
                {
                    **place._asdict(),
                    OURS: _known(estimate(self.found[place][OURS])),
                    "ours_less": {
                        rule: {**_known(lead.difference), "p_holm": lead.p_holm, OURS: lead.verdict}
                        for rule, lead in leads.items()
                    },
                }
                for place, leads in self.leads.items()
            ],
        }

    def write(self, directory: Path) -> None:
        """Write everything as JSON."""
        (directory / ACROSS).write_text(json.dumps(self.to_json(), indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _known(found: Estimate) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in asdict(found).items()}


def _lead(more: Samples, p: float) -> Lead:
    difference = estimate(more)
    verdict = "" if p > SIGNIFICANCE else "wins" if difference.mean > 0 else "loses"
    return Lead(difference, p, verdict)


def across(
    scenario: Scenario,
    seeds: int,
    workers: int = 1,
    progress: Progress | None = None,
    origin: Mapping[str, Any] | None = None,
) -> PopulationRange:
    """Run a scenario with all populations of the range, under ours and the rules without a price.

    Parameters
    ----------
    scenario : Scenario
        With the protocol's auction; the range decides the fields of `RangePoint`. Its seed is the first of the seeds.
    seeds : int
        How many.
    workers : int
        Processes.
    progress : callable, optional
        Called after each run with the runs done so far and all runs.
    origin : mapping, optional
        Name of the scenario and the fields changed, as `ballast.sim.origin.origin` gives them.

    Raises
    ------
    ParameterError
        If the scenario has a value of its own for what the range decides, or something is out of its range.
    """
    check_seeds(scenario, seeds)
    for name in RangePoint._fields:
        if (own := getattr(scenario, name)) != getattr(Scenario, name):
            raise ParameterError(f"{name} is {own}, and --range decides it: give one of the two")
    numbers = list(range(scenario.seed, scenario.seed + seeds))
    jobs = {
        (place, rule, seed): replace(under(rule, scenario), seed=seed, **place._asdict())
        for place in RANGE
        for rule in (OURS, *PRICE_FREE)
        for seed in numbers
    }
    made: dict[Scenario, float] = {}
    for job, value in spread(_measure, list(jobs.values()), workers):
        made[job] = value
        if progress:
            progress(len(made), len(jobs))
    found = {
        place: {rule: np.array([made[jobs[place, rule, seed]] for seed in numbers]) for rule in (OURS, *PRICE_FREE)}
        for place in RANGE
    }
    return PopulationRange(scenario, numbers, found, stamp(origin, scenario.seed, "scipy"))


def _measure(scenario: Scenario) -> float:
    return measured(run_on(scenario))[MEASURE]
