"""What is behind the claims that fail: small experiments, each changing one thing.

Run by ``python -m ballast.studies.claims.mechanisms``.

All are runs of the scenario ``paper`` over 300 periods, with five seeds, the first of those of ``ballast claims``;
differences are paired by seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ballast.sim.engines.twin import Twin
from ballast.sim.run import Run
from ballast.sim.scenario import load
from ballast.sim.state import FIRST_OPERATOR
from ballast.studies.claims.evidence import said
from ballast.studies.claims.observe import Measures, Witness, observe, rank_correlation
from ballast.studies.compare.settings import FIRST_SEED
from ballast.studies.intervals import Samples
from ballast.studies.measures import warmed_up

PERIODS: Final = 300
SEEDS: Final = range(FIRST_SEED, FIRST_SEED + 5)
RunFigure = Callable[[Run, Measures], float]


def over_seeds(find: str | RunFigure, **changes: Any) -> Samples:
    """Run the scenario with changes, and take one figure of each run.

    Parameters
    ----------
    find : str or callable
        A figure of ``ballast.studies.claims.observe``, or what finds it in a run.
    **changes
        Fields of the scenario.
    """
    found = []
    for seed in SEEDS:
        scenario = replace(load("paper"), periods=PERIODS, seed=seed, **changes)
        witness = Witness()
        run = Run(scenario, watch=witness)
        run.summary = run.execute(Twin(scenario.network()))
        measures = observe(run, witness)
        found.append(measures[find] if isinstance(find, str) else find(run, measures))
    return np.array(found)


def _operators(run: Run) -> slice:
    return slice(FIRST_OPERATOR, run.first_coprocessor)


def persistent(run: Run, _: Measures) -> float:
    """Share of the variance of operators' profits in a period that is the same in every period after the warm-up."""
    profit = run.history["profit"][warmed_up(run.scenario) :, _operators(run)]
    return float(profit.mean(axis=0).var() / profit.var(axis=1).mean())


def reputations(run: Run, _: Measures) -> float:
    """Take the standard deviation of the operators' reputations at the end."""
    return float(run.world.market.accounts["reputation"][_operators(run)].std() / 1e6)


def size_pays(run: Run, _: Measures) -> float:
    """Rank correlation of the operators' capacity and total profit per unit of it."""
    capacity = run.people[0].capacity
    return rank_correlation(capacity, run.history["profit"][:, _operators(run)].sum(axis=0) / capacity)


def main() -> None:
    """Print what was found."""
    print("C9 share of the variance of operators' profits that stays:", said(over_seeds(persistent)))
    print("C9 heavy tasks delegated and settled in the tenth after the start-up:", said(over_seeds("delegated_early")))
    print("C10 standard deviation of operators' reputations:", said(over_seeds(reputations)))
    print("C10 capacity and profit per unit of it, rank correlation:", said(over_seeds(size_pays)))
    weighty = over_seeds("reputation_pays", mandate_weight=10.0)
    print("C10b the measure of our reading, tasks shared out by the tenth power of reputations:", said(weighty))
    for exits in (True, False):
        for utilisation in (0.75, 0.4):
            shock: dict[str, Any] = {"stress": "quality_drift", "exits": exits, "utilisation": utilisation}
            gone = over_seeds("failures_late", **shock) / over_seeds("failures_late", learning=False, **shock) - 1
            print(f"C17 the claim's measure, exits {exits}, utilisation {utilisation}:", said(gone))
    for utilisation in (0.75, 0.6, 0.5):
        sold = over_seeds("fill_stressed", stress="outage", utilisation=utilisation)
        print(f"C18 auctioned tasks sold during the outage, utilisation {utilisation}:", said(sold))


if __name__ == "__main__":
    main()
