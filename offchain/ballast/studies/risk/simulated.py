"""What the simulated market does under the terms of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from ballast.model.constants import BPS, PPM
from ballast.sim.engines.twin import Twin
from ballast.sim.run import Progress, Run
from ballast.sim.scenario import Scenario
from ballast.studies.compare.comparison import spread
from ballast.studies.measures import measured, warmed_up
from ballast.studies.risk.deterrence import HALF, LEAVES, SHIRKS, WORKS, Executor, RiskCell

MOST: Final = 0.5
"""Share of participants that have to stay, and of auctioned tasks to be sold."""


def typical(scenario: Scenario) -> Executor:
    """Executor whose every trait is the median of the scenario's coprocessors."""
    run = Run(scenario)
    traits = run.people[1].traits

    def middle(name: str) -> float:
        return float(np.median(traits[name]))

    load = min(round(scenario.utilisation * BPS), BPS)
    return Executor(
        cost=middle("cost") / PPM + middle("growth") / PPM * load / BPS,
        effort=middle("effort"),
        in_time=middle("punctuality"),
        careless=middle("careless"),
        right=middle("quality"),
        load=load,
    )


@dataclass(frozen=True)
class Simulated:
    """What became of a market, means over seeds.

    Attributes
    ----------
    shirked : float
        Share of the tasks without an effort.
    active : float
        Share of the coprocessors that are still there when the run ends.
    failures : float
        Share of the tasks whose first executor was late or wrong.
    sold : float
        Share of the auctioned tasks that somebody took.
    price : float
        Of settled auctioned tasks, share of the reward.
    """

    shirked: float
    active: float
    failures: float
    sold: float
    price: float

    @property
    def verdict(self) -> str:
        """What most do: ``works``, ``shirks`` or ``leaves``.

        Who shirks asks for its full cost and is late so often that it may sell little; who works and sells nothing has
        left.
        """
        if self.active >= MOST and self.shirked >= HALF:
            return SHIRKS
        return WORKS if self.active >= MOST and self.sold >= MOST else LEAVES

    def to_json(self) -> dict[str, Any]:
        """As JSON has it; null for what nobody has seen."""
        values = {name: None if np.isnan(value) else value for name, value in asdict(self).items()}
        return values | {"verdict": self.verdict}


def played(scenario: Scenario) -> Simulated:
    """Run a market whose participants leave if they lose."""
    run = Run(scenario)
    run.summary = run.execute(Twin(scenario.network()))
    periods, found = run.periods[warmed_up(run.scenario) :], measured(run)
    executed = sum(float(periods[name].sum()) for name in ("settled", "failed", "forfeited"))
    return Simulated(
        shirked=float(periods["shirked"].sum()) / executed if executed else float("nan"),
        active=float(run.periods["coprocessors_active"][-1]) / scenario.coprocessors,
        failures=found["faults"],
        sold=found["fill"],
        price=found["price"],
    )


def simulate_map(
    scenario: Scenario, cells: Sequence[RiskCell], seeds: int, workers: int, progress: Progress
) -> list[Simulated]:
    """Run each cell's terms.

    Parameters
    ----------
    scenario : Scenario
        Its seed is the first of the seeds; participants may leave in all runs.
    cells : sequence of RiskCell
        The terms.
    seeds : int
        Runs of each.
    workers : int
        Processes.
    progress : callable
        Called after each run with the runs done so far and all runs.
    """
    jobs = {
        (i, k): replace(
            scenario,
            slashing=cell.factor,
            wrong_factor=max(scenario.wrong_factor, cell.factor),
            collateral=cell.collateral,
            exits=True,
            seed=scenario.seed + k,
        )
        for i, cell in enumerate(cells)
        for k in range(seeds)
    }
    for job in jobs.values():
        job.validate()
    made: dict[Scenario, Simulated] = {}
    for job, came in spread(played, list(jobs.values()), workers):
        made[job] = came
        progress(len(made), len(jobs))
    names = Simulated.__dataclass_fields__
    return [
        Simulated(**{name: _mean([getattr(made[jobs[i, k]], name) for k in range(seeds)]) for name in names})
        for i in range(len(cells))
    ]


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
