"""Log densities, scores and Fisher information in the densities' own parameters, compiled.

Every function takes a density's code, an observation y, the number of trials (used by the binomial only) and the
parameters theta in the order of `ballast.scoring.densities`. Links and scalings come on top, in
`ballast.scoring.kernel`.

Parametrizations: negative binomial NB2 with variance m + a m^2 (Cameron and Trivedi 2013, Regression Analysis of Count
Data, 3.3.1); beta by mean and precision (Ferrari and Cribari-Neto 2004, Journal of Applied Statistics 31(7)); gamma by
mean and shape, whose information is diagonal; Student-t by location, scale and degrees of freedom (Lange, Little and
Taylor 1989, Journal of the American Statistical Association 84(408), for its information).
"""

from __future__ import annotations

import math
from typing import Final

from ballast.scoring._compile import compiled, inlined
from ballast.scoring.links import Array
from ballast.scoring.special import digamma, digamma_step, gamma_step, stirling, stirling_slope, trigamma

BINOMIAL: Final = 0
BETA: Final = 1
POISSON: Final = 2
NEGBIN: Final = 3
GAUSSIAN: Final = 4
STUDENT_T: Final = 5
EXPONENTIAL: Final = 6
GAMMA: Final = 7

Theta = Array | tuple[float, float, float]
"""Parameters of a density, in the order of `ballast.scoring.densities`."""
LARGE: Final = 100.0
"""Where differences of gamma functions go over to their series: they would lose all digits near a border."""
TAIL: Final = 1e-17
"""Survival probability at which the sum for the information of the NB2 dispersion ends."""


@inlined
def log_density(code: int, y: float, trials: float, theta: Theta) -> float:
    """Logarithm of the density or probability of y."""
    m: float = theta[0]
    if code == BINOMIAL:
        result = y * math.log(m) + (trials - y) * math.log1p(-m)
        if trials > 1.0:
            result += math.lgamma(trials + 1.0) - math.lgamma(y + 1.0) - math.lgamma(trials - y + 1.0)
        return result
    if code == POISSON:
        return y * math.log(m) - m - math.lgamma(y + 1.0)
    if code == EXPONENTIAL:
        return -math.log(m) - y / m
    second: float = theta[1]
    if code == BETA:
        a, b = m * second, (1.0 - m) * second
        constant = math.lgamma(second) - math.lgamma(a) - math.lgamma(b)
        return constant + (a - 1.0) * math.log(y) + (b - 1.0) * math.log1p(-y)
    if code == NEGBIN:
        r = 1.0 / second
        grown = math.log1p(second * m)
        if r > LARGE:
            rest = stirling(r + y) - stirling(r) - y - math.lgamma(y + 1.0)
            return y * math.log(m) - (y + r) * grown + (r + y - 0.5) * math.log1p(second * y) + rest
        result = y * (math.log(second * m) - grown) - r * grown
        return result + math.lgamma(y + r) - math.lgamma(r) - math.lgamma(y + 1.0)
    if code == GAUSSIAN:
        return -0.5 * (math.log(2.0 * math.pi * second) + (y - m) * (y - m) * (1.0 / second))
    if code == STUDENT_T:
        df: float = theta[2]
        constant = gamma_step(0.5 * df) - 0.5 * math.log(2.0 * math.pi)
        return constant - math.log(second) - 0.5 * (df + 1.0) * math.log1p(((y - m) / second) ** 2 / df)
    constant = second * math.log(second / m) - math.lgamma(second)
    return constant + (second - 1.0) * math.log(y) - second * y / m


@inlined
def score(code: int, i: int, y: float, trials: float, theta: Theta) -> float:
    """Differentiate the log density of y with respect to the i-th parameter."""
    m: float = theta[0]
    if code == BINOMIAL:
        return (y - trials * m) / (m * (1.0 - m))
    if code == POISSON:
        return y / m - 1.0
    if code == EXPONENTIAL:
        return (y / m - 1.0) / m
    second: float = theta[1]
    if code == BETA:
        first = math.log(y) - digamma(m * second)
        other = math.log1p(-y) - digamma((1.0 - m) * second)
        if i == 0:
            return second * (first - other)
        return digamma(second) + m * first + (1.0 - m) * other
    if code == NEGBIN:
        if i == 0:
            return (y - m) / (m * (1.0 + second * m))
        r = 1.0 / second
        if r > LARGE:
            difference = -math.log1p(second * y) + stirling_slope(r) - stirling_slope(y + r)
        else:
            difference = digamma(r) - digamma(y + r)
        slow = (math.log1p(second * m) + difference) * r * r
        return (y - m) * r / (1.0 + second * m) + slow
    if code == GAUSSIAN:
        weight: float = 1.0 / second  # spelled alike in all three functions: the compiler then divides once
        if i == 0:
            return (y - m) * weight
        return 0.5 * ((y - m) * (y - m) * weight - 1.0) * weight
    if code == STUDENT_T:
        return _student_score(i, y - m, second, theta[2])
    if i == 0:
        return second * (y / m - 1.0) / m
    return math.log(second * y / m) + 1.0 - digamma(second) - y / m


@compiled
def _student_score(i: int, e: float, scale: float, df: float) -> float:
    z = (e / scale) ** 2 / df
    share = z / (1.0 + z)
    if i == 0:
        return (df + 1.0) * e / (df * scale * scale * (1.0 + z))
    if i == 1:
        return ((df + 1.0) * share - 1.0) / scale
    rest = (df + 1.0) * share / df - 1.0 / df - math.log1p(z)
    return 0.5 * (digamma_step(0.5 * df) + rest)


@inlined
def information(code: int, i: int, j: int, trials: float, theta: Theta) -> float:
    """Entry i <= j of the Fisher information of one observation."""
    m: float = theta[0]
    if code == BINOMIAL:
        return trials / (m * (1.0 - m))
    if code == POISSON:
        return 1.0 / m
    if code == EXPONENTIAL:
        return 1.0 / (m * m)
    second: float = theta[1]
    if code == BETA:
        a, b = m * second, (1.0 - m) * second
        if j == 0:
            return second * second * (trigamma(a) + trigamma(b))
        if i == 0:
            return a * trigamma(a) - b * trigamma(b)
        return m * m * trigamma(a) + (1.0 - m) ** 2 * trigamma(b) - trigamma(second)
    if code == STUDENT_T:
        return _student_information(i, j, second, theta[2])
    if i != j:
        return 0.0
    if code == NEGBIN:
        return 1.0 / (m * (1.0 + second * m)) if i == 0 else _dispersion_information(m, second)
    if code == GAUSSIAN:
        return 1.0 / second if i == 0 else 0.5 * (1.0 / second) * (1.0 / second)
    return second / (m * m) if i == 0 else trigamma(second) - 1.0 / second


@compiled
def _student_information(i: int, j: int, scale: float, df: float) -> float:
    if j == 0:
        return (df + 1.0) / ((df + 3.0) * scale * scale)
    if i == 0:
        return 0.0
    if j == 1:
        return 2.0 * df / ((df + 3.0) * scale * scale)
    if i == 1:
        return -2.0 / (scale * (df + 1.0) * (df + 3.0))
    if df > 1e3:
        # what is left of the difference below, in powers of 1 / df: it is too small to be left by subtraction
        e = 1.0 / df
        return e**4 * (3.5 - e * (13.0 - e * (39.5 - 119.0 * e)))
    difference = trigamma(0.5 * df) - trigamma(0.5 * (df + 1.0))
    return 0.25 * difference - (df + 5.0) / (2.0 * df * (df + 1.0) * (df + 3.0))


@compiled
def _dispersion_information(m: float, a: float) -> float:
    # With r = 1 / a: E[trigamma(r) - trigamma(y + r)] = sum over j >= 0 of P(y > j) / (r + j)^2.
    r = 1.0 / a
    if a * max(m, 1.0) < 1e-6:
        return 0.5 * m * m  # its limit, E[((y - m)^2 - y)^2] / 4 under Poisson
    log_probability = -r * math.log1p(a * m)
    log_odds = math.log(a * m) - math.log1p(a * m)
    probability = math.exp(log_probability)
    survival = 1.0 - probability
    total = 0.0
    j = 0.0
    while survival > TAIL and (probability > TAIL or j < m):
        total += survival / (r + j) ** 2
        log_probability += math.log((r + j) / (j + 1.0)) + log_odds
        probability = math.exp(log_probability)
        survival -= probability
        j += 1.0
    return (total - m / (r * (r + m))) * r**4
