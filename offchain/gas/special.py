"""Digamma and trigamma for compiled code.

Recurrence up to 10, then the asymptotic series (Abramowitz and Stegun 1964, 6.3.5, 6.3.18, 6.4.6, 6.4.12). Relative
error below 1e-13 for arguments from 1e-6 to 1e8, away from the zero of digamma.
"""

from __future__ import annotations

import math

from offchain.gas._compile import compiled


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
