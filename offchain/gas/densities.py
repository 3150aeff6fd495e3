"""The nine densities: parameters, domains, what observations they admit, first guesses, distribution functions, draws.

Parameters by name, in the order of the compiled code; the first is the one that varies by default:

========== ==================================================== =================================================
density    parameters                                           other spellings
========== ==================================================== =================================================
bernoulli  mean (probability of one)                            probability
binomial   mean (probability of a success in one trial)         probability
beta       mean, precision                                      location
poisson    mean                                                 rate, intensity
negbin     mean, dispersion (variance = mean + dispersion m^2)  rate
gaussian   mean, variance                                       location
student_t  location, scale, df (mean = location for df > 1)     mean; nu
exponential mean (one over the hazard)                          scale
gamma      mean, shape (variance = mean^2 / shape)
========== ==================================================== =================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from scipy import special

from offchain.errors import GasModelError
from offchain.gas import scores
from offchain.gas.links import DEFAULT_LINK, POSITIVE, REAL, UNIT, Array

Thetas = dict[str, Array]
TINY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a density: name, domain, and other names it answers to."""

    name: str
    domain: int
    aliases: tuple[str, ...] = ()

    @property
    def link(self) -> str:
        """Name of the default link."""
        return DEFAULT_LINK[self.domain]


@dataclass(frozen=True, slots=True)
class Density:
    """A conditional density.

    Attributes
    ----------
    name : str
        As given to `GasModel`.
    code : int
        As given to the compiled functions.
    parameters : tuple of Parameter
        In the order of the compiled functions.
    support : str
        What an observation must be, in words.
    admits : callable
        Whether each observation, given its number of trials, is in the support.
    guess : callable
        Parameters by the method of moments from observations (n,) without missing ones and their trials.
    cdf : callable
        Distribution function of observations in the support, trials and parameters.
    draw : callable
        Observations from a generator, trials and parameters.
    discrete : bool
        Whether observations are counts.
    """

    name: str
    code: int
    parameters: tuple[Parameter, ...]
    support: str
    admits: Callable[[Array, Array], Any]
    guess: Callable[[Array, Array], tuple[float, ...]]
    cdf: Callable[[Array, Array, Thetas], Array]
    draw: Callable[[Generator, Array, Thetas], Any]
    discrete: bool = False

    def find(self, name: str) -> int:
        """Place of a parameter, under any of its names.

        Raises
        ------
        GasModelError
            If there is none of that name.
        """
        for i, parameter in enumerate(self.parameters):
            if name == parameter.name or name in parameter.aliases:
                return i
        known = ", ".join(parameter.name for parameter in self.parameters)
        raise GasModelError(f"{self.name} has no parameter {name!r}; it has {known}")


def _counts(y: Array, trials: Array) -> Any:  # noqa: ARG001
    return (y >= 0) & (y == np.floor(y)) & (y < np.inf)


def _share(y: Array, trials: Array) -> tuple[float, ...]:
    return (float(np.clip(y.sum() / max(trials.sum(), 1.0), 0.01, 0.99)),)


def _beta_guess(y: Array, trials: Array) -> tuple[float, ...]:  # noqa: ARG001
    mean = float(y.mean())
    return mean, max(mean * (1.0 - mean) / max(float(y.var()), TINY) - 1.0, 0.1)


def _positive_mean(y: Array) -> float:
    return max(float(y.mean()), 0.5 / len(y), TINY)


def _negbin_guess(y: Array, trials: Array) -> tuple[float, ...]:  # noqa: ARG001
    mean = _positive_mean(y)
    return mean, min(max((float(y.var()) - mean) / mean**2, 0.01), 100.0)


def _gamma_guess(y: Array, trials: Array) -> tuple[float, ...]:  # noqa: ARG001
    mean = _positive_mean(y)
    return mean, min(max(mean**2 / max(float(y.var()), TINY * mean**2), 0.01), 1e4)


def _student_guess(y: Array, trials: Array) -> tuple[float, ...]:  # noqa: ARG001
    return float(np.median(y)), max(float(y.std()) * 0.8, TINY), 6.0


def _beta_draw(rng: Generator, trials: Array, theta: Thetas) -> Any:  # noqa: ARG001
    a, b = theta["mean"] * theta["precision"], (1.0 - theta["mean"]) * theta["precision"]
    # a draw within rounding of a bound has no logarithm on both sides
    return np.clip(rng.beta(a, b), np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg)


def _negbin_draw(rng: Generator, trials: Array, theta: Thetas) -> Any:  # noqa: ARG001
    return rng.poisson(rng.gamma(1.0 / theta["dispersion"], theta["dispersion"] * theta["mean"]))


def _gamma_draw(rng: Generator, trials: Array, theta: Thetas) -> Any:  # noqa: ARG001
    return np.maximum(rng.gamma(theta["shape"], theta["mean"] / theta["shape"]), np.finfo(float).tiny)


_ALL: Final = (
    Density(
        "bernoulli",
        scores.BINOMIAL,
        (Parameter("mean", UNIT, ("probability",)),),
        "0 or 1",
        lambda y, _: (y == 0) | (y == 1),
        _share,
        lambda y, n, p: special.bdtr(y, n.astype(np.int64), p["mean"]),
        lambda rng, _, p: rng.random(p["mean"].shape) < p["mean"],
        discrete=True,
    ),
    Density(
        "binomial",
        scores.BINOMIAL,
        (Parameter("mean", UNIT, ("probability",)),),
        "a whole number from 0 to its number of trials",
        lambda y, n: _counts(y, n) & (y <= n),
        _share,
        lambda y, n, p: special.bdtr(y, n.astype(np.int64), p["mean"]),
        lambda rng, n, p: rng.binomial(n.astype(np.int64), p["mean"]),
        discrete=True,
    ),
    Density(
        "beta",
        scores.BETA,
        (Parameter("mean", UNIT, ("location",)), Parameter("precision", POSITIVE)),
        "above 0 and below 1",
        lambda y, _: (y > 0) & (y < 1),
        _beta_guess,
        lambda y, _, p: special.betainc(p["mean"] * p["precision"], (1.0 - p["mean"]) * p["precision"], y),
        _beta_draw,
    ),
    Density(
        "poisson",
        scores.POISSON,
        (Parameter("mean", POSITIVE, ("rate", "intensity")),),
        "a whole number from 0",
        _counts,
        lambda y, _: (_positive_mean(y),),
        lambda y, _, p: special.pdtr(y, p["mean"]),
        lambda rng, _, p: rng.poisson(p["mean"]),
        discrete=True,
    ),
    Density(
        "negbin",
        scores.NEGBIN,
        (Parameter("mean", POSITIVE, ("rate",)), Parameter("dispersion", POSITIVE)),
        "a whole number from 0",
        _counts,
        _negbin_guess,
        lambda y, _, p: special.betainc(1.0 / p["dispersion"], y + 1.0, 1.0 / (1.0 + p["dispersion"] * p["mean"])),
        _negbin_draw,
        discrete=True,
    ),
    Density(
        "gaussian",
        scores.GAUSSIAN,
        (Parameter("mean", REAL, ("location",)), Parameter("variance", POSITIVE)),
        "a number",
        lambda y, _: np.isfinite(y),
        lambda y, _: (float(y.mean()), max(float(y.var()), TINY**2)),
        lambda y, _, p: special.ndtr((y - p["mean"]) / np.sqrt(p["variance"])),
        lambda rng, _, p: rng.normal(p["mean"], np.sqrt(p["variance"])),
    ),
    Density(
        "student_t",
        scores.STUDENT_T,
        (Parameter("location", REAL, ("mean",)), Parameter("scale", POSITIVE), Parameter("df", POSITIVE, ("nu",))),
        "a number",
        lambda y, _: np.isfinite(y),
        _student_guess,
        lambda y, _, p: special.stdtr(p["df"], (y - p["location"]) / p["scale"]),
        lambda rng, _, p: p["location"] + p["scale"] * rng.standard_t(p["df"]),
    ),
    Density(
        "exponential",
        scores.EXPONENTIAL,
        (Parameter("mean", POSITIVE, ("scale",)),),
        "0 or above",
        lambda y, _: (y >= 0) & (y < np.inf),
        lambda y, _: (_positive_mean(y),),
        lambda y, _, p: -np.expm1(-y / p["mean"]),
        lambda rng, _, p: rng.exponential(p["mean"]),
    ),
    Density(
        "gamma",
        scores.GAMMA,
        (Parameter("mean", POSITIVE), Parameter("shape", POSITIVE)),
        "above 0",
        lambda y, _: (y > 0) & (y < np.inf),
        _gamma_guess,
        lambda y, _, p: special.gammainc(p["shape"], p["shape"] * y / p["mean"]),
        _gamma_draw,
    ),
)

DENSITIES: Final = {density.name: density for density in _ALL}
