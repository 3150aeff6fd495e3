"""What a sample of seeds says of a mean: the interval, the p-value, and what several of them are worth together.

Shares near 0 or 1 are skewed over seeds: a few bad ones decide the mean, and Student's interval, of a sample without
them, is too short. So the interval reaches as far to both sides as the farthest of Student's t and the two ends of the
bootstrap-t (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 12.5). Its coverage is measured by
``python -m ballast.studies.coverage``. Resamples are drawn from a fixed seed, so intervals repeat.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

Samples = npt.NDArray[np.float64]
CONFIDENCE: Final = 0.95
SIGNIFICANCE: Final = 1 - CONFIDENCE
"""p-value from which on chance explains what was found."""
RESAMPLES: Final = 39_999
"""So many that the smallest p-value they can tell, 2 in 40,000, tells beside some 500 others, by Holm."""
FEWEST: Final = 10
"""Values from which on they are resampled; of fewer, resamples are too much alike, and Student's t alone decides."""
FLAT: Final = 1e-9
"""Variance of a resample, as a share of the sample's, from which on it counts as varying."""


@dataclass(frozen=True)
class Estimate:
    """A mean and half the width of its 95% interval."""

    mean: float
    half: float

    @property
    def sign(self) -> int:
        """1 if the interval lies above zero, -1 if below, else 0."""
        if math.isnan(self.mean) or abs(self.mean) <= self.half:
            return 0
        return 1 if self.mean > 0 else -1


def student_half(deviation: npt.ArrayLike, n: npt.ArrayLike) -> Samples:
    """Half the width of Student's interval of a mean.

    Parameters
    ----------
    deviation : array_like
        Standard deviation of the sample.
    n : array_like
        Its size, at least two.
    """
    size = np.asarray(n, dtype=np.float64)
    return np.asarray(stdtrit(size - 1, 0.5 + CONFIDENCE / 2) * np.asarray(deviation) / np.sqrt(size))


def estimate(values: Sequence[float] | Samples) -> Estimate:
    """Mean of independent values, with its interval.

    Parameters
    ----------
    values : sequence of float
        At least two.
    """
    sample = np.asarray(values, dtype=np.float64)
    n, deviation = len(sample), sample.std(ddof=1)
    half = float(student_half(deviation, n))
    tails = _tails(sample)
    if len(tails):
        outer = math.ceil((len(tails) + 1) * (0.5 + CONFIDENCE / 2)) - 1
        farthest = max(float(tails[outer]), float(-tails[-1 - outer]))
        half = max(half, farthest * float(deviation) / math.sqrt(n))
    return Estimate(float(sample.mean()), half)


def p_value(values: Sequence[float] | Samples, limit: float) -> float:
    """Two-sided p-value of the mean being a limit: how much of chance the interval that just reaches it leaves out.

    Parameters
    ----------
    values : sequence of float
        At least two.
    limit : float
        What the mean is compared with.

    Returns
    -------
    float
        1 if the mean is not a number; 0 if all values are one, and not the limit.
    """
    sample = np.asarray(values, dtype=np.float64)
    n, away = len(sample), abs(float(sample.mean()) - limit)
    if not away > 0:
        return 1.0
    deviation = float(sample.std(ddof=1))
    if deviation == 0:
        return 0.0
    t = away * math.sqrt(n) / deviation
    found = 2 * float(stdtr(n - 1, -t))
    tails = _tails(sample)
    if len(tails):
        beyond = max(int((tails >= t).sum()), int((tails <= -t).sum()))
        found = max(found, 2 * (1 + beyond) / (1 + len(tails)))
    return min(found, 1.0)


def holm(found: Sequence[float]) -> list[float]:
    """Adjust p-values of several tests by Holm's step-down procedure (Scandinavian Journal of Statistics 6, 1979, 65).

    Whoever rejects what has an adjusted value of at most 5% rejects a true hypothesis in at most 5% of such families.
    """
    adjusted, so_far = [0.0] * len(found), 0.0
    for rank, place in enumerate(sorted(range(len(found)), key=found.__getitem__)):
        so_far = max(so_far, min(1.0, (len(found) - rank) * found[place]))
        adjusted[place] = so_far
    return adjusted


def _tails(sample: Samples) -> Samples:
    """Student's t of the resamples that vary, about the sample's mean, in order; empty if there are none."""
    n, deviation = len(sample), sample.std()
    if n < FEWEST or not deviation > 0:
        return np.zeros(0)
    scaled = (sample - sample.mean()) / deviation
    counts = _counts(n)
    mean = counts @ scaled / n
    variance = counts @ scaled**2 / n - mean**2
    varies = variance > FLAT
    return np.sort(mean[varies] / np.sqrt(variance[varies] / (n - 1)))


@lru_cache(maxsize=4)
def _counts(n: int) -> Samples:
    """How often each of n values is drawn, by resample."""
    return np.random.default_rng(n).multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(np.float64)
