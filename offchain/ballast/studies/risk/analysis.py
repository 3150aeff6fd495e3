"""The risk of one participant, or of all of a scenario: profit and loss, ruin, and what follows for decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ballast.model.constants import BPS
from ballast.model.load_curve import kink, pack
from ballast.sim.period.beliefs import strain
from ballast.studies.risk.amounts import Outcomes
from ballast.studies.risk.epochs import simulate_epochs
from ballast.studies.risk.lines import Exposure, TaskLine
from ballast.studies.risk.quantities import (
    LEVELS,
    expected_shortfall,
    falls_below,
    shortfall_by_cause,
    stake_for,
    value_at_risk,
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """Profit over some epochs, token units.

    Attributes
    ----------
    epochs : int
        How many.
    mean, deviation : float
        Of the profit.
    loss_chance : float
        That it is negative.
    value_at_risk, expected_shortfall : dict
        By level.
    by_cause, shortfall_by_cause : dict
        Mean profit by cause; and, where the profit is worst, by level the mean loss by cause.
    """

    epochs: int
    mean: float
    deviation: float
    loss_chance: float
    value_at_risk: Mapping[float, float]
    expected_shortfall: Mapping[float, float]
    by_cause: Mapping[str, float]
    shortfall_by_cause: Mapping[float, Mapping[str, float]]


@dataclass(frozen=True)
class RiskReport:
    """What there is to say of somebody's risk.

    Attributes
    ----------
    exposure : Exposure
        Whose.
    epoch, horizon : Span
        Profit of an epoch, and of all.
    ruin, short : float
        Chances that the stake, with all profits kept, is gone within the horizon; and that it falls below what its
        capacity or its next task needs.
    stake_needed : float
        Stake with which the chance of ruin is as wanted, token units.
    """

    exposure: Exposure
    epoch: Span
    horizon: Span
    ruin: float
    short: float
    stake_needed: float

    def to_json(self) -> dict[str, Any]:
        """Everything but the exposure, as JSON has it."""
        content = asdict(self)
        del content["exposure"]
        return content | {"role": self.exposure.role, "stake": self.exposure.stake, "needed": self.exposure.needed}


def factors(paths: int, epochs: int, rng: np.random.Generator) -> Floats:
    """Draw the common factors of paths, from the epoch before the first on."""
    return rng.standard_normal((paths, epochs + 1))


def span_of(causes: Mapping[str, Floats]) -> Span:
    """Sum up profits by cause, arrays of shape (outcomes, epochs)."""
    sums = {cause: amount.sum(axis=1) for cause, amount in causes.items()}
    profit = np.sum(list(sums.values()), axis=0)
    return Span(
        epochs=next(iter(causes.values())).shape[1],
        mean=float(profit.mean()),
        deviation=float(profit.std()),
        loss_chance=float((profit < 0).mean()),
        value_at_risk={level: value_at_risk(profit, level) for level in LEVELS},
        expected_shortfall={level: expected_shortfall(profit, level) for level in LEVELS},
        by_cause={cause: float(amount.mean()) for cause, amount in sums.items()},
        shortfall_by_cause={level: shortfall_by_cause(sums, level) for level in LEVELS},
    )


def analyse(
    exposure: Exposure, factor: Floats, correlation: float, ruin: float, rng: np.random.Generator
) -> tuple[RiskReport, Floats]:
    """Analyse somebody's risk.

    Parameters
    ----------
    exposure : Exposure
        Whose.
    factor : array of shape (paths, epochs + 1)
        As `simulate_epochs` takes it.
    correlation : float
        rho of the copula.
    ruin : float
        Wanted chance of ruin.
    rng : Generator
        Source of randomness.

    Returns
    -------
    RiskReport
        What there is to say.
    array of shape (paths, epochs)
        Profits, token units.
    """
    causes = simulate_epochs(exposure, factor, correlation, rng)
    profit = np.sum(list(causes.values()), axis=0)
    report = RiskReport(
        exposure=exposure,
        epoch=span_of({cause: amount.reshape(-1, 1) for cause, amount in causes.items()}),
        horizon=span_of(causes),
        ruin=falls_below(profit, exposure.stake, 0.0),
        short=falls_below(profit, exposure.stake, exposure.needed),
        stake_needed=stake_for(profit, ruin),
    )
    return report, profit


@dataclass(frozen=True)
class LoadLimit:
    """The largest load at which a further task pays.

    Attributes
    ----------
    load : float or None
        Share of the capacity; None if a task pays at no load.
    kink : float
        F, from which on results are late more often and slashes grow.
    at_kink, at_full : float
        Profit of a task that is won at these loads, shares of its reward.
    """

    load: float | None
    kink: float
    at_kink: float
    at_full: float


def load_limit(amounts: Outcomes, line: TaskLine, overload: float) -> LoadLimit:
    """Find the largest load at which an executor's further task pays.

    Parameters
    ----------
    amounts : Outcomes
        Of the class, for the slash at each load.
    line : TaskLine
        What it executes; its record is that of loads up to F.
    overload : float
        What a full load adds to the chance that a result is late.
    """
    edge = kink(pack(amounts.network.chosen_curve))
    strained = np.array([strain(edge, float(x)) for x in range(BPS + 1)])
    in_time = np.maximum(line.in_time.mean - overload * strained, 0.0)
    right = line.right.mean
    profit = line.paid * in_time * right - line.cost - (1.0 - in_time) * amounts.late_by_load
    profit -= in_time * (1.0 - right) * line.wrong
    pays = np.flatnonzero(profit >= 0.0)
    largest = float(pays[-1]) / BPS if len(pays) else None
    return LoadLimit(largest, edge / BPS, float(profit[edge]), float(profit[BPS]))


def break_even_ask(amounts: Outcomes, line: TaskLine) -> float:
    """Price at which an executor's task breaks even, share of the reward: what is left after the fee has to do."""
    return line.break_even / (1.0 - amounts.fee(1.0))
