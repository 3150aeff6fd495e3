"""Log-likelihoods of many coefficient vectors at once, compiled: what a fit spends its time on.

The same recursion as `ballast.scoring.kernel`, which keeps the whole path of one vector. Here nothing is kept but the
sum, and the vectors go through an observation together, so that a processor works on several of them at a time.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from ballast.scoring._compile import compiled
from ballast.scoring.kernel import INVERSE, UNIT_SCALING, scale_scores
from ballast.scoring.links import Array, inside, inverse, slope
from ballast.scoring.scores import information, log_density, score

LEFT: Final = -math.inf
"""Log-likelihood where the filter leaves a domain."""


@compiled
def likelihoods(
    code: int,
    y: Array,
    trials: Array,
    thetas: Array,
    varying: Any,
    links: Any,
    domains: Any,
    scaling: int,
    level: bool,
    base: Array,
    alpha: Array,
    beta: Array,
    first: Array,
) -> Array:
    """Log-likelihoods of B coefficient vectors.

    Parameters
    ----------
    code, y, trials, varying, links, domains, scaling
        As in `kernel.run`.
    thetas, level, base, alpha, beta, first
        As in `engine.Many`.

    Returns
    -------
    array, shape (B,)
        `LEFT` where a parameter leaves its domain or a score is not finite.
    """
    times, series = y.shape
    count, k = first.shape
    p, q = alpha.shape[1], beta.shape[1]
    total = np.zeros(count)
    theta = np.ones(3)
    slopes = np.empty(k)
    scores = np.empty(k)
    factor = np.empty((k, k))
    g = np.empty((count, q, k))
    s = np.empty((count, p, k))
    for n in range(series):
        g[:] = first.reshape((count, 1, k))
        s[:] = 0.0
        for t in range(times):
            observed = y[t, n]
            number = trials[min(t, trials.shape[0] - 1), min(n, trials.shape[1] - 1)]
            seen = not math.isnan(observed) and number > 0.0
            row = min(t, base.shape[0] - 1)
            for b in range(count):
                if total[b] == LEFT:
                    continue
                for i in range(3):
                    theta[i] = thetas[b, i]
                good = True
                for i in range(k):
                    value = g[b, 0, i]
                    if t > 0:
                        value = 0.0 if level else base[row, b, i]
                        for j in range(q):
                            value += beta[b, j, i] * g[b, j, i]
                        for j in range(p):
                            value += alpha[b, j, i] * s[b, j, i]
                    for j in range(q - 1, 0, -1):
                        g[b, j, i] = g[b, j - 1, i]
                    g[b, 0, i] = value
                    parameter = inverse(links[i], value + base[row, b, i] if level else value)
                    good = good and inside(domains[i], parameter)
                    theta[varying[i]] = parameter
                    slopes[i] = slope(links[i], parameter)
                    scores[i] = 0.0
                if good and seen:
                    total[b] += log_density(code, observed, number, theta)
                    for i in range(k):
                        scores[i] = score(code, varying[i], observed, number, theta) * slopes[i]
                    if k > 1 and scaling != UNIT_SCALING:
                        scale_scores(scaling, code, number, theta, varying, slopes, scores, factor)
                    elif scaling != UNIT_SCALING:
                        known = information(code, varying[0], varying[0], number, theta) * slopes[0] * slopes[0]
                        scores[0] /= known if scaling == INVERSE else math.sqrt(known)
                for i in range(k):
                    good = good and math.isfinite(scores[i])
                    for j in range(p - 1, 0, -1):
                        s[b, j, i] = s[b, j - 1, i]
                    s[b, 0, i] = scores[i]
                if not (good and math.isfinite(total[b])):
                    total[b] = LEFT
    return total


@compiled
def likelihoods_single(*given: Any) -> Array:
    """Do the same as `likelihoods`, with the same arguments, for one time-varying parameter with p = q = 1."""
    code, y, trials, thetas, varying, links, domains, scaling, level, base, alpha, beta, first = given
    times, series = y.shape
    count = len(first)
    place, link, domain = varying[0], links[0], domains[0]
    total = np.zeros(count)
    g = np.empty(count)
    for n in range(series):
        g[:] = first[:, 0]
        for t in range(times):
            observed = y[t, n]
            number = trials[min(t, trials.shape[0] - 1), min(n, trials.shape[1] - 1)]
            seen = not math.isnan(observed) and number > 0.0
            row, following = min(t, base.shape[0] - 1), min(t + 1, base.shape[0] - 1)
            for b in range(count):
                value = g[b]
                parameter = inverse(link, value + base[row, b, 0] if level else value)
                # a tuple stays in registers
                theta = (
                    parameter if place == 0 else thetas[b, 0],
                    parameter if place == 1 else thetas[b, 1],
                    parameter if place == 2 else thetas[b, 2],
                )
                scaled = 0.0
                if not inside(domain, parameter):
                    total[b] = LEFT
                elif seen:
                    total[b] += log_density(code, observed, number, theta)
                    change = slope(link, parameter)
                    scaled = score(code, place, observed, number, theta) * change
                    if scaling != UNIT_SCALING:
                        known = information(code, place, place, number, theta) * change * change
                        scaled /= known if scaling == INVERSE else math.sqrt(known)
                if not math.isfinite(scaled):
                    total[b] = LEFT
                    scaled = 0.0
                g[b] = beta[b, 0, 0] * value + alpha[b, 0, 0] * scaled + (0.0 if level else base[following, b, 0])
    for b in range(count):
        if not math.isfinite(total[b]):
            total[b] = LEFT
    return total
