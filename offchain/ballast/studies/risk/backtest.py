"""Whether forecasts of risk come true: runs of seeds that nothing was fitted on.

Each participant's risk is forecast when the warm-up of a run ends, from what it could know by then
(`ballast.studies.risk.records`). Its profits of the epochs after that are then held against the quantiles of the
forecast, one by one and in sum. Shares are means over seeds, since outcomes of one run hang together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ballast.errors import ParameterError
from ballast.sim.run import Progress
from ballast.sim.scenario import Scenario
from ballast.studies.compare.comparison import spread
from ballast.studies.compare.settings import check_seeds
from ballast.studies.intervals import Estimate, estimate
from ballast.studies.measures import warmed_up
from ballast.studies.risk.analysis import factors
from ballast.studies.risk.epochs import simulate_epochs
from ballast.studies.risk.records import exposures, see

Floats = npt.NDArray[np.float64]
QUANTILES: Final = (0.01, 0.05, 0.5, 0.95)
"""Of the profit: those of 1 and 5% are value at risk at 99 and 95%, with the sign changed."""
TOLERANCE: Final = 0.02
"""Distance from nominal up to which a share counts as right."""
PATHS: Final = 400
"""Paths of a forecast: its 1% quantile is the fourth worst of 400 sums."""
EPOCH, HORIZON = SPANS = ("epoch", "horizon")


@dataclass(frozen=True)
class ForecastJob:
    """A run to forecast and judge.

    Attributes
    ----------
    scenario : Scenario
        What is run.
    horizon : int
        Epochs after the warm-up that are judged.
    correlation : float
        rho of the copula.
    """

    scenario: Scenario
    horizon: int
    correlation: float


@dataclass(frozen=True)
class QuantileCoverage:
    """How often outcomes fell below a quantile.

    Attributes
    ----------
    role, span : str
        Whose, and of which profits.
    quantile : float
        Of the forecast, which is the share to expect.
    share : Estimate
        What came, over seeds.
    outcomes : int
        All of them.
    """

    role: str
    span: str
    quantile: float
    share: Estimate
    outcomes: int

    @property
    def within(self) -> bool:
        """Whether the share is as near to nominal as is wanted."""
        return abs(self.share.mean - self.quantile) <= TOLERANCE

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"within": self.within}


def ranks(forecast: Floats, came: npt.ArrayLike) -> Floats:
    """Places of outcomes in a sample of forecasts, from 0 to 1: uniform if they are of the same law.

    Outcomes that equal some of the forecasts are in the middle of these.
    """
    ordered = np.sort(forecast)
    low, high = (np.searchsorted(ordered, came, side) for side in ("left", "right"))
    return np.asarray((low + high + 1) / (2 * (len(ordered) + 1)))


def judge_run(job: ForecastJob) -> dict[str, dict[str, list[float]]]:
    """Ranks of the outcomes of a run, by role and span."""
    scenario = job.scenario
    seen = see(scenario, warmed_up(scenario))
    came = seen.run.history["profit"][seen.until : seen.until + job.horizon]
    rng = np.random.default_rng([scenario.seed, 74])  # a stream of its own, beside those of the run
    found: dict[str, dict[str, list[float]]] = {}
    for account, exposure in exposures(seen).items():
        causes = simulate_epochs(exposure, factors(PATHS, job.horizon, rng), job.correlation, rng)
        profit = np.sum(list(causes.values()), axis=0)
        of_role = found.setdefault(exposure.role, {span: [] for span in SPANS})
        of_role[EPOCH] += ranks(profit.ravel(), came[:, account]).tolist()
        of_role[HORIZON].append(float(ranks(profit.sum(axis=1), came[:, account].sum())))
    return found


def quantile_coverage(runs: Sequence[Mapping[str, Mapping[str, list[float]]]]) -> list[QuantileCoverage]:
    """Share of the ranks below each quantile, by role and span; runs are independent."""
    roles = sorted({role for run in runs for role in run})
    found = []
    for role in roles:
        for span in SPANS:
            of_runs = [np.array(run[role][span]) for run in runs if role in run]
            for quantile in QUANTILES:
                shares = [float((of_run <= quantile).mean()) for of_run in of_runs]
                found.append(QuantileCoverage(role, span, quantile, estimate(shares), sum(map(len, of_runs))))
    return found


def back_test(
    scenario: Scenario, seeds: int, horizon: int, correlation: float, workers: int, progress: Progress
) -> list[QuantileCoverage]:
    """Judge forecasts in a scenario.

    Parameters
    ----------
    scenario : Scenario
        Its seed is the first of the seeds.
    seeds : int
        How many.
    horizon : int
        Epochs after the warm-up.
    correlation : float
        rho of the copula.
    workers : int
        Processes.
    progress : callable
        Called after each run with the runs done so far and all runs.

    Raises
    ------
    ParameterError
        If something is out of its range.
    """
    check_seeds(scenario, seeds)
    check_horizon(scenario, horizon)
    jobs = [ForecastJob(replace(scenario, seed=scenario.seed + i), horizon, correlation) for i in range(seeds)]
    return quantile_coverage(_in_order(jobs, workers, progress))


def check_horizon(scenario: Scenario, horizon: int) -> None:
    """Refuse a horizon that a run does not last.

    Raises
    ------
    ParameterError
        With what would be right.
    """
    left = scenario.periods - warmed_up(scenario)
    if not 1 <= horizon <= left:
        raise ParameterError(
            f"--epochs is {horizon}: after the warm-up a run has {left}; give fewer, or more --periods"
        )


def _in_order(
    jobs: Iterable[ForecastJob], workers: int, progress: Progress
) -> list[Mapping[str, Mapping[str, list[float]]]]:
    every = list(jobs)
    found: dict[ForecastJob, Mapping[str, Mapping[str, list[float]]]] = {}
    for job, ranked in spread(judge_run, every, workers):
        found[job] = ranked
        progress(len(found), len(every))
    return [found[job] for job in every]
