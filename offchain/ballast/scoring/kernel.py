"""The filter, compiled once for all densities.

For the time-varying parameters i = 1..k, with scores scaled in the linked parameters (Creal, Koopman and Lucas 2013,
Journal of Applied Econometrics 28(5), equations 2 to 5)::

    g(t)   = drive(t) + sum_j beta_j g(t-j) + sum_j alpha_j s(t-j)
    f(t)   = shift(t) + g(t)
    s(t)   = S(f(t)) D(f(t)) d log p(y(t) | theta(t)) / d theta,    theta = link^-1(f),  D = d theta / d f

S is the unit matrix, the inverse I^-1 of the information I = D I_theta D, or the inverse L^-1 of its Cholesky factor,
which gives scores of unit covariance. A missing observation has s = 0 and adds nothing to the likelihood.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from ballast.scoring._compile import compiled
from ballast.scoring.links import Array, inside, inverse, slope
from ballast.scoring.scores import information, log_density, score

UNIT_SCALING: Final = 0
INVERSE: Final = 1
INVERSE_SQRT: Final = 2
SCALINGS: Final = {"unit": UNIT_SCALING, "inverse": INVERSE, "inverse_sqrt": INVERSE_SQRT}

COMPLETE: Final = -1


@compiled
def scale_scores(
    scaling: int, code: int, trials: float, theta: Array, varying: Any, slopes: Array, scores: Array, factor: Array
) -> None:
    """Replace scores of the linked parameters, shape (k,), by scaled ones; factor (k, k) is scratch space."""
    k = len(varying)
    for i in range(k):
        for j in range(i + 1):
            entry = information(code, varying[j], varying[i], trials, theta) * slopes[i] * slopes[j]
            for h in range(j):
                entry -= factor[i, h] * factor[j, h]
            factor[i, j] = math.sqrt(entry) if i == j else entry / factor[j, j]
    for i in range(k):
        for h in range(i):
            scores[i] -= factor[i, h] * scores[h]
        scores[i] /= factor[i, i]
    if scaling == INVERSE:
        for i in range(k - 1, -1, -1):
            for h in range(i + 1, k):
                scores[i] -= factor[h, i] * scores[h]
            scores[i] /= factor[i, i]


@compiled
def run(
    code: int,
    y: Array,
    trials: Array,
    theta: Array,
    varying: Any,
    links: Any,
    domains: Any,
    scaling: int,
    shift: Array,
    drive: Array,
    alpha: Array,
    beta: Array,
    g: Array,
    s: Array,
) -> int:
    """Filter series side by side.

    Parameters
    ----------
    code : int
        The density.
    y : array, shape (T, N)
        Observations; NaN is missing.
    trials : array, shape (T, N) or (1, 1)
        Numbers of trials; read by the binomial only.
    theta : array, shape (3,)
        Static parameters at their places; the others are overwritten.
    varying, links, domains : integer arrays, shape (k,)
        Of each time-varying parameter: its place in theta, its link, its domain.
    scaling : int
        One of `SCALINGS`.
    shift, drive : arrays, shape (T, k)
        Terms added to f outside and inside the recursion.
    alpha, beta : arrays, shape (p, k) and (q, k)
        Coefficients by lag.
    g : array, shape (q + T, k, N)
        The first q rows are the values before; row q - 1, still without its drive, belongs to the first observation.
        The rest is written.
    s : array, shape (p + T, k, N)
        The first p rows are the scores before. The rest is written.

    Returns
    -------
    int
        `COMPLETE`, or the first time at which a parameter leaves its domain or a score is not finite.
    """
    times, series = y.shape
    k = len(varying)
    p, q = alpha.shape[0], beta.shape[0]
    slopes = np.empty(k)
    scores = np.empty(k)
    factor = np.empty((k, k))
    for t in range(times):
        row = min(t, trials.shape[0] - 1)
        for n in range(series):
            for i in range(k):
                level = g[q - 1 + t, i, n] + drive[t, i]
                g[q - 1 + t, i, n] = level
                value = inverse(links[i], shift[t, i] + level)
                if not inside(domains[i], value):
                    return t
                theta[varying[i]] = value
                slopes[i] = slope(links[i], value)
            observed = y[t, n]
            number = trials[row, min(n, trials.shape[1] - 1)]
            seen = not math.isnan(observed) and number > 0.0
            for i in range(k):
                scores[i] = score(code, varying[i], observed, number, theta) * slopes[i] if seen else 0.0
            if seen and scaling != UNIT_SCALING:
                scale_scores(scaling, code, number, theta, varying, slopes, scores, factor)
            for i in range(k):
                if not math.isfinite(scores[i]):
                    return t
                s[p + t, i, n] = scores[i]
                following = 0.0
                for j in range(q):
                    following += beta[j, i] * g[q - 1 + t - j, i, n]
                for j in range(p):
                    following += alpha[j, i] * s[p + t - j, i, n]
                g[q + t, i, n] = following
    return COMPLETE


@compiled
def run_single(*given: Any) -> int:
    """Do the same as `run`, with the same arguments, for one time-varying parameter with p = q = 1: all in registers.

    That is nearly twice as fast.
    """
    code, y, trials, theta, varying, links, domains, scaling, shift, drive, alpha, beta, g, s = given
    times, series = y.shape
    place, link, domain = varying[0], links[0], domains[0]
    for t in range(times):
        row = min(t, trials.shape[0] - 1)
        for n in range(series):
            level = g[t, 0, n] + drive[t, 0]
            g[t, 0, n] = level
            value = inverse(link, shift[t, 0] + level)
            if not inside(domain, value):
                return t
            theta[place] = value
            observed = y[t, n]
            number = trials[row, min(n, trials.shape[1] - 1)]
            scaled = 0.0
            if not math.isnan(observed) and number > 0.0:
                change = slope(link, value)
                scaled = score(code, place, observed, number, theta) * change
                if scaling != UNIT_SCALING:
                    known = information(code, place, place, number, theta) * change * change
                    scaled /= known if scaling == INVERSE else math.sqrt(known)
            if not math.isfinite(scaled):
                return t
            s[1 + t, 0, n] = scaled
            g[1 + t, 0, n] = beta[0, 0] * level + alpha[0, 0] * scaled
    return COMPLETE


@compiled
def weigh(code: int, y: Array, trials: Array, theta: Array, varying: Any, links: Any, f: Array) -> Array:
    """Log densities, shape (T, N), of observations (T, N) given linked parameters f, shape (T, k, N)."""
    times, series = y.shape
    result = np.zeros((times, series))
    for t in range(times):
        row = min(t, trials.shape[0] - 1)
        for n in range(series):
            number = trials[row, min(n, trials.shape[1] - 1)]
            if math.isnan(y[t, n]) or number == 0.0:
                continue
            for i in range(len(varying)):
                theta[varying[i]] = inverse(links[i], f[t, i, n])
            result[t, n] = log_density(code, y[t, n], number, theta)
    return result
