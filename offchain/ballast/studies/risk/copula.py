"""Failures that come together: a one-factor Gaussian copula.

A task fails if a normal variable falls below the quantile of its chance p. That variable is ``sqrt(rho) z`` and noise
of its own; z is one for all tasks of an epoch. Given z, tasks fail independently of one another, with the chance

    C(p) = Phi((Phi^-1(p) - sqrt(rho) z) / sqrt(1 - rho))

whose mean is p (Vasicek, Risk 15, December 2002, page 160; Li, Journal of Fixed Income 9, 2000, page 43). So rho says
how failures cluster, and never how many there are. A common shock has two numbers, its rate and its size, that nobody
knows here, and moves the margins: p would have to be taken apart. The Gaussian copula has no dependence in the utmost
tail: with rho below 1 the failures of very many never all come together.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats = npt.NDArray[np.float64]


def given_factor(chance: npt.ArrayLike, correlation: float, factor: npt.ArrayLike) -> Floats:
    """Chance of a failure in an epoch with a common factor.

    Parameters
    ----------
    chance : array_like
        Of a failure in any epoch.
    correlation : float
        rho, from 0 to below 1.
    factor : array_like
        z, standard normal; low is bad.
    """
    own, common = np.sqrt(1.0 - correlation), np.sqrt(correlation)
    return np.asarray(ndtr((ndtri(chance) - common * np.asarray(factor)) / own), dtype=np.float64)
