"""Parameter points of every density, and exact expectations under them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import integrate

from ballast.scoring import scores
from ballast.scoring.densities import DENSITIES, Density
from ballast.scoring.links import Array

POINTS: list[tuple[str, float, tuple[float, ...]]] = [
    ("bernoulli", 1.0, (0.2,)),
    ("binomial", 7.0, (0.65,)),
    ("beta", 1.0, (0.8, 12.0)),
    ("beta", 1.0, (0.35, 4.5)),
    ("poisson", 1.0, (3.4,)),
    ("negbin", 1.0, (6.0, 0.4)),
    ("negbin", 1.0, (0.7, 2.5)),
    ("gaussian", 1.0, (-1.3, 2.2)),
    ("student_t", 1.0, (0.4, 1.5, 5.0)),
    ("student_t", 1.0, (-2.0, 0.6, 12.0)),
    ("exponential", 1.0, (1.7,)),
    ("gamma", 1.0, (2.0, 3.2)),
]
"""Density, number of trials, parameters."""

SUPPORT = {
    "beta": (0.0, 1.0),
    "gaussian": (-np.inf, np.inf),
    "student_t": (-np.inf, np.inf),
    "exponential": (0.0, np.inf),
    "gamma": (0.0, np.inf),
}


def vector(values: tuple[float, ...]) -> Array:
    """Parameters as the compiled functions take them."""
    theta = np.ones(3)
    theta[: len(values)] = values
    return theta


def expectation(density: Density, trials: float, theta: Array, function: Callable[[float], float]) -> float:
    """Find the expected value of a function of the observation, by summation or quadrature."""

    def weighted(y: float) -> float:
        return float(function(y) * np.exp(scores.log_density(density.code, y, trials, theta)))

    if density.discrete:
        last = {"bernoulli": 1, "binomial": int(trials)}.get(density.name, 400)
        return sum(weighted(float(y)) for y in range(last + 1))
    low, high = SUPPORT[density.name]
    middle = float(theta[0])
    options = {"epsabs": 1e-11, "epsrel": 1e-11, "limit": 200}
    return float(
        integrate.quad(weighted, low, middle, **options)[0] + integrate.quad(weighted, middle, high, **options)[0]
    )


def observations(name: str, trials: float) -> list[float]:
    """List some observations of a density."""
    some = {
        "bernoulli": [0.0, 1.0],
        "binomial": [0.0, 3.0, trials],
        "beta": [0.07, 0.7, 0.96],
        "poisson": [0.0, 2.0, 11.0],
        "negbin": [0.0, 2.0, 31.0],
        "exponential": [0.02, 1.0, 9.0],
        "gamma": [0.02, 1.0, 9.0],
    }
    return some.get(name, [-7.0, 0.1, 3.0])


def density(name: str) -> Density:
    """Find a density by its name."""
    return DENSITIES[name]
