"""Measures of risk: value at risk, expected shortfall, ruin, and where they come from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEVELS: Final = (0.95, 0.99)
"""Levels of value at risk and expected shortfall."""


def tail(profit: Floats, level: float) -> npt.NDArray[np.int64]:
    """Places of the worst outcomes: the share ``1 - level`` of all, at least one."""
    worst = max(round((1.0 - level) * len(profit)), 1)
    return np.argpartition(profit, worst - 1)[:worst]


def value_at_risk(profit: Floats, level: float) -> float:
    """Loss that is exceeded with a chance of at most ``1 - level``; negative where even then something is earned."""
    return -float(profit[tail(profit, level)].max())


def expected_shortfall(profit: Floats, level: float) -> float:
    """Mean loss in the worst share ``1 - level`` of the outcomes (Acerbi and Tasche, Journal of Banking 26, 2002)."""
    return -float(profit[tail(profit, level)].mean())


def shortfall_by_cause(causes: Mapping[str, Floats], level: float) -> dict[str, float]:
    """Split the expected shortfall by cause: mean losses where all together are worst, which add up."""
    worst = tail(np.sum(list(causes.values()), axis=0), level)
    return {cause: -float(amount[worst].mean()) for cause, amount in causes.items()}


def lowest(profit: Floats) -> Floats:
    """Lowest sum of the profits so far, by path; 0 if it never falls below.

    Parameters
    ----------
    profit : array of shape (paths, epochs)
        Token units.
    """
    return np.asarray(np.minimum(np.cumsum(profit, axis=1).min(axis=1), 0.0))


def falls_below(profit: Floats, stake: float, floor: float) -> float:
    """Chance that a stake, with all profits kept, falls to a floor or below within the horizon."""
    return float((stake + lowest(profit) <= floor).mean())


def stake_for(profit: Floats, chance: float) -> float:
    """Smallest stake, token units, that is gone within the horizon with at most a chance."""
    losses = np.sort(-lowest(profit))[::-1]
    allowed = math.floor(chance * len(losses) + 1e-9)
    return float(losses[allowed]) if allowed < len(losses) else 0.0
