"""Whether chances of success come true: what was believed of winners, by tenths, and how many succeeded.

Run by ``python -m ballast.studies.calibration [SEEDS]``: the default market, in each population, with so many seeds
(10) from 1,001 on and 200 periods, of which the first half is left out: beliefs are learnt in it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from ballast.model.constants import PPM
from ballast.sim.known_populations import POPULATIONS, inhabited
from ballast.sim.market.records import Records
from ballast.sim.market.steps import EXPIRED, SETTLED
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.studies.compare.settings import FIRST_SEED

PARTS: Final = 10
PERIODS: Final = 200
SEEDS: Final = 10


class Tenth(NamedTuple):
    """Tasks of a tenth of the chances believed.

    Attributes
    ----------
    believed, came : float
        Mean chance, and the share whose first executor delivered a right result in time.
    error : float
        Standard error of that share.
    """

    believed: float
    came: float
    error: float


def sold_tasks(scenario: Scenario, first: int) -> Records:
    """Tasks of a run that were sold in an auction and ended from a period on."""
    seen: list[Records] = []

    def watch(run: Run) -> None:
        if run.done >= first:
            seen.append(run.tasks[(run.tasks["own"] == 0) & (run.tasks["outcome"] != EXPIRED)].copy())

    run_on(scenario, watch=watch)
    return np.concatenate(seen)


def tenths(scenarios: Iterable[Scenario]) -> list[Tenth]:
    """Tenths of the tasks that were sold in the second halves of some runs, by the chance believed, ascending."""
    tasks = np.concatenate([sold_tasks(scenario, scenario.periods // 2) for scenario in scenarios])
    good = (tasks["outcome"] == SETTLED) & (tasks["late"] == 0)
    believed = tasks["chance"] / PPM
    parts = np.array_split(np.argsort(believed, kind="stable"), PARTS)
    return [
        Tenth(float(believed[part].mean()), float(good[part].mean()), float(np.sqrt(good[part].var() / len(part))))
        for part in parts
    ]


def main() -> None:
    """Print what was found."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    for name in POPULATIONS:
        scenario = inhabited(Scenario(periods=PERIODS), name)
        print(f"{name}: believed, came, standard error")
        for each in tenths(replace(scenario, seed=FIRST_SEED + i) for i in range(count)):
            print(f"  {each.believed:.3f}  {each.came:.3f}  {each.error:.3f}")


if __name__ == "__main__":
    main()
