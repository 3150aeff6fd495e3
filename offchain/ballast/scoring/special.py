"""Digamma and trigamma for compiled code, and differences of gamma functions that keep their digits.

Recurrence up to 10, then the asymptotic series (Abramowitz and Stegun 1964, 6.3.5, 6.3.18, 6.4.6, 6.4.12). Relative
error below 1e-13 for arguments from 1e-6 to 1e8, away from the zero of digamma.
"""

from __future__ import annotations

import math

from ballast.scoring._compile import compiled


@compiled
def digamma(x: float) -> float:
    """Differentiate the logarithm of the gamma function, for positive x."""
    total = 0.0
    while x < 10.0:
        total -= 1.0 / x
        x += 1.0
    z = 1.0 / (x * x)
    series = z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * (691 / 32760 - z / 12))))))
    return total + math.log(x) - 0.5 / x - series


@compiled
def trigamma(x: float) -> float:
    """Differentiate twice the logarithm of the gamma function, for positive x."""
    total = 0.0
    while x < 10.0:
        total += 1.0 / (x * x)
        x += 1.0
    z = 1.0 / (x * x)
    series = z * (1 / 6 - z * (1 / 30 - z * (1 / 42 - z * (1 / 30 - z * (5 / 66 - z * (691 / 2730 - z * 7 / 6))))))
    return total + (1.0 + 0.5 / x + series) / x


@compiled
def stirling(x: float) -> float:
    """Find lgamma(x) - (x - 1/2) log x + x - log(2 pi) / 2, for x above 100 (Abramowitz and Stegun 1964, 6.1.41)."""
    z = 1.0 / (x * x)
    return (1 / 12 - z * (1 / 360 - z / 1260)) / x


@compiled
def stirling_slope(x: float) -> float:
    """Find digamma(x) - log x, for x above 100."""
    z = 1.0 / (x * x)
    return -0.5 / x - z * (1 / 12 - z * (1 / 120 - z / 252))


@compiled
def gamma_step(x: float) -> float:
    """Find lgamma(x + 1/2) - lgamma(x) - log(x) / 2, for positive x."""
    if x < 50.0:
        return math.lgamma(x + 0.5) - math.lgamma(x) - 0.5 * math.log(x)
    z = 1.0 / (x * x)
    return -(1 / 8 - z * (1 / 192 - z * (1 / 640 - z * 17 / 14336))) / x


@compiled
def digamma_step(x: float) -> float:
    """Find digamma(x + 1/2) - digamma(x), for positive x."""
    if x < 50.0:
        return digamma(x + 0.5) - digamma(x)
    z = 1.0 / (x * x)
    return 0.5 / x + z * (1 / 8 - z * (1 / 64 - z * (1 / 128 - z * 17 / 2048)))
