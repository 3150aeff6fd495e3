"""Lyapunov exponents of many coefficient vectors at once, compiled: what a search for paths that forget spends time on.

`ballast.scoring.diagnostics` finds the same of one path, whose derivatives it also shows; a test holds both together.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from ballast.scoring import kernel
from ballast.scoring._compile import compiled
from ballast.scoring.links import IDENTITY, POSITIVE, REAL, Array

STEP: Final = 1e-6
"""Of differences, in natural units of the linked parameter."""
NOWHERE: Final = 10.0
"""Exponent where the filter leaves a domain."""


@compiled
def natural_unit(link: int, domain: int, f: float, width: float) -> float:
    """Find what counts as one unit of a linked parameter of value f, for observations that are so wide."""
    if link != IDENTITY:
        return 1.0
    if domain == REAL:
        return width
    return f if domain == POSITIVE else f * (1.0 - f)


@compiled
def growth(jacobians: Array, smallest: float) -> float:
    """Mean logarithm of the growth of a matrix that is multiplied by Jacobians (T, n, n), one after another.

    Factors are held off zero by a smallest size.
    """
    times, n, _ = jacobians.shape
    change = np.eye(n) / math.sqrt(n)
    after = np.empty((n, n))
    total = 0.0
    for t in range(times):
        square = 0.0
        for i in range(n):
            for j in range(n):
                entry = 0.0
                for h in range(n):
                    entry += jacobians[t, i, h] * change[h, j]
                after[i, j] = entry
                square += entry * entry
        if square + smallest * smallest == 0.0:
            return -math.inf
        total += 0.5 * math.log(square + smallest * smallest)
        for i in range(n):
            for j in range(n):
                # after nothing is left, the next change is one of the same direction
                change[i, j] = after[i, j] / math.sqrt(square) if square > 0.0 else change[i, j]
    return total / times


@compiled
def jacobians(alpha: Array, beta: Array, derivatives: Array) -> Array:
    """Jacobians, shape (T, n, n), of (g(t), .., s(t-1), ..) in its predecessor; n = (q + p - 1) k.

    alpha and beta have shapes (p, k) and (q, k), the derivatives of the scores by f (T, k, k).
    """
    (p, k), q = alpha.shape, len(beta)
    size = (q + p - 1) * k
    result = np.zeros((len(derivatives), size, size))
    for t in range(len(derivatives)):
        for i in range(k):
            for j in range(q):
                result[t, i, j * k + i] += beta[j, i]
            for j in range(1, p):
                result[t, i, (q + j - 1) * k + i] = alpha[j, i]
            for j in range(k):
                result[t, i, j] += alpha[0, i] * derivatives[t, i, j]
                if p > 1:
                    result[t, q * k + i, j] = derivatives[t, i, j]
        # the rest moves on by a place
        for i in range(k, q * k):
            result[t, i, i - k] = 1.0
        for i in range((q + 1) * k, size):
            result[t, i, i - k] = 1.0
    return result


@compiled
def derive(
    code: int,
    y: Array,
    trials: Array,
    theta: Array,
    varying: Any,
    links: Any,
    domains: Any,
    scaling: int,
    f: Array,
    width: float,
    derivatives: Array,
) -> int:
    """Differentiate scaled scores by the linked parameters, by central differences.

    Parameters
    ----------
    code, varying, links, domains, scaling
        As in `kernel.run`.
    y, trials : arrays, shape (1, M) and (1, M) or (1, 1)
        Observations, each by itself, and their numbers of trials.
    theta : array, shape (3,)
        Static parameters at their places; the others are overwritten.
    f : array, shape (k, M)
        Linked parameters.
    width : float
        Between the largest and the smallest observation, or 1 if there is nothing between.
    derivatives : array, shape (M, k, k)
        Is written: at [m, i, j] the derivative of score i by parameter j.

    Returns
    -------
    int
        `kernel.COMPLETE`, or 0 if a step leaves a domain.
    """
    k, many = f.shape
    nothing = np.zeros((1, k))
    steps = np.empty(many)
    around, scores = np.empty((2, 2, k, many)), np.zeros((2, 2, k, many))
    for j in range(k):
        for m in range(many):
            steps[m] = STEP * natural_unit(links[j], domains[j], f[j, m], width)
        for side in range(2):
            around[side, 0] = f
            around[side, 0, j] += (1.0 - 2.0 * side) * steps
            ended = kernel.run(
                code,
                y,
                trials,
                theta,
                varying,
                links,
                domains,
                scaling,
                nothing,
                nothing,
                nothing,
                nothing,
                around[side],
                scores[side],
            )
            if ended != kernel.COMPLETE:
                return ended
        for i in range(k):
            derivatives[:, i, j] = (scores[0, 1, i] - scores[1, 1, i]) / (2.0 * steps)
    return kernel.COMPLETE


@compiled
def exponents(
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
    width: float,
    smallest: float,
) -> Array:
    """Lyapunov exponents of the paths of B coefficient vectors, shape (B,).

    Parameters
    ----------
    code, y, trials, varying, links, domains, scaling
        As in `kernel.run`.
    thetas, level, base, alpha, beta, first
        As in `engine.Many`.
    width : float
        As in `derive`.
    smallest : float
        Size to which the factors of the growth are held off zero: one near it would make any path forget.

    Returns
    -------
    array, shape (B,)
        `NOWHERE` where a parameter leaves its domain or a score is not finite.
    """
    times, series = y.shape
    count, k = first.shape
    p, q = alpha.shape[1], beta.shape[1]
    result = np.full(count, NOWHERE)
    alone, tried = y.copy().reshape((1, -1)), trials.copy().reshape((1, -1))
    g, s = np.empty((q + times, k, series)), np.empty((p + times, k, series))
    shift, drive = np.zeros((times, k)), np.zeros((times, k))
    f, derivatives = np.empty((k, times, series)), np.empty((times * series, k, k))
    for b in range(count):
        for i in range(k):
            for t in range(times):
                row = base[min(t, len(base) - 1), b, i]
                shift[t, i], drive[t, i] = (row, 0.0) if level else (0.0, row)
            g[:q, i] = first[b, i]
            g[q - 1, i] -= drive[0, i]
        s[:p] = 0.0
        theta = thetas[b].copy()
        ended = kernel.run(
            code, y, trials, theta, varying, links, domains, scaling, shift, drive, alpha[b], beta[b], g, s
        )
        if ended != kernel.COMPLETE:
            continue
        for i in range(k):
            for t in range(times):
                f[i, t] = shift[t, i] + g[q - 1 + t, i]
        flat = f.reshape((k, -1))
        ended = derive(code, alone, tried, theta, varying, links, domains, scaling, flat, width, derivatives)
        if ended != kernel.COMPLETE:
            continue
        # series one after another
        ordered = derivatives.reshape((times, series, k * k)).transpose(1, 0, 2).copy().reshape((-1, k, k))
        exponent = growth(jacobians(alpha[b], beta[b], ordered), smallest)
        if math.isfinite(exponent):
            result[b] = exponent
    return result
