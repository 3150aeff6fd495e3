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

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.random import Generator
from scipy import special

from ballast.errors import GasModelError
from ballast.scoring import scores
from ballast.scoring.links import DEFAULT_LINK, POSITIVE, REAL, UNIT, Array

Thetas = dict[str, Array]
Guesses = tuple[tuple[float, ...], ...]
TINY: Final = 1e-6
NORMAL_QUARTILE: Final = 0.6744897501960817
"""Upper quartile of the standard normal distribution."""


class DomainBorder(NamedTuple):
    """A border of a parameter's domain at which a density becomes a simpler one.

    value : float
        So near to the border that the likelihoods agree to all digits that are printed.
    simpler : str
        The density there.
    translate : callable
        What static parameters of the simpler density are here, by name.
    """

    value: float
    simpler: str
    translate: Callable[[Mapping[str, float]], dict[str, float]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a density.

    Attributes
    ----------
    name : str
        Its name.
    domain : int
        Its domain.
    aliases : tuple of str
        Other names it answers to.
    border : DomainBorder or None
        Where the density becomes a simpler one.
    width : float
        Power of a variance that measures the spread of observations on the whole line, 0 if it measures none. Where
        some are equal, the likelihood may rise without bound as it goes to zero.
    power : int
        Power of the observations' unit in which it is measured.
    """

    name: str
    domain: int
    aliases: tuple[str, ...] = ()
    border: DomainBorder | None = None
    width: float = 0.0
    power: int = 0

    @property
    def link(self) -> str:
        """Name of the default link."""
        return DEFAULT_LINK[self.domain]


def spread(y: Array) -> float:
    """Robust standard deviation of observations that are not all equal, NaN where missing.

    The median absolute deviation or, if more than half of them are equal, the first wider measure that is not zero.
    """
    seen = y[~np.isnan(y)]
    low, high = np.quantile(seen, (0.025, 0.975))
    found = float(np.median(np.abs(seen - np.median(seen)))) / NORMAL_QUARTILE
    return found or float(high - low) / 4.0 or float(seen.std())


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
    guesses : callable
        Parameters to start from, given observations (n,) without missing ones and their trials: by moments, and by
        medians where a moment may be led astray by one observation. They are of the scale of the observations. The
        first has the coordinates of a fit, so it is one that outliers do not move where the density expects some.
    varies : callable
        Whether observations, given their trials, vary enough for the likelihood to have a maximum.
    cdf : callable
        Distribution function of observations in the support, trials and parameters.
    draw : callable
        Observations from a generator, trials and parameters.
    discrete : bool
        Whether observations are counts.
    spread : callable
        Spread of observations on the whole line, NaN where missing, that the likelihood reads: a fit counts in it.
    """

    name: str
    code: int
    parameters: tuple[Parameter, ...]
    support: str
    admits: Callable[[Array, Array], Any]
    guesses: Callable[[Array, Array], Guesses]
    varies: Callable[[Array, Array], Any]
    cdf: Callable[[Array, Array, Thetas], Array]
    draw: Callable[[Generator, Array, Thetas], Any]
    discrete: bool = False
    spread: Callable[[Array], float] = spread

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


def _vary(y: Array, trials: Array) -> Any:  # noqa: ARG001
    return y.min() < y.max()


def _mostly_vary(y: Array, trials: Array) -> Any:  # noqa: ARG001
    """Whether fewer than half are equal: at half, a spread going to zero gains there what df of 1 loses elsewhere."""
    return 2 * int(np.unique(y, return_counts=True)[1].max()) < len(y)


def _any(y: Array, trials: Array) -> Any:  # noqa: ARG001
    return y.max() > 0.0


def _mixed(y: Array, trials: Array) -> Any:
    return 0.0 < y.sum() < trials.sum()


def _share(y: Array, trials: Array) -> Guesses:
    return ((float(np.clip(y.sum() / max(trials.sum(), 1.0), 0.01, 0.99)),),)


def _precision(mean: float, variance: float) -> float:
    return min(max(mean * (1.0 - mean) / max(variance, TINY**2) - 1.0, 0.1), 1e6)


def _beta_guesses(y: Array, trials: Array) -> Guesses:  # noqa: ARG001
    mean, median = float(y.mean()), float(np.median(y))
    return (mean, _precision(mean, float(y.var()))), (median, _precision(median, spread(y) ** 2))


def _middle(y: Array) -> float:
    """Mean of the middle half, which is above zero unless three quarters are zero; then the mean."""
    low, high = np.quantile(y, (0.25, 0.75))
    return float(y[(y >= low) & (y <= high)].mean()) or float(y.mean())


def _mean_guesses(y: Array, trials: Array) -> Guesses:  # noqa: ARG001
    return (float(y.mean()),), (_middle(y),)


def _negbin_guesses(y: Array, trials: Array) -> Guesses:  # noqa: ARG001
    mean = float(y.mean())
    dispersion = min(max((float(y.var()) - mean) / mean**2, 0.01), 100.0)
    return (mean, dispersion), (_middle(y), 0.3)


def _gamma_guesses(y: Array, trials: Array) -> Guesses:  # noqa: ARG001
    mean, variance = float(y.mean()), float((y / y.mean()).var())
    skew = max(math.log(mean) - float(np.log(y).mean()), TINY)
    # shape by the approximate likelihood equation (Minka 2002), which large observations move little
    shape = (3.0 - skew + math.sqrt((skew - 3.0) ** 2 + 24.0 * skew)) / (12.0 * skew)
    return (mean, min(max(shape, 0.01), 1e4)), (_middle(y), min(max(1.0 / max(variance, TINY), 0.01), 1e4))


def _gaussian_guesses(y: Array, trials: Array) -> Guesses:  # noqa: ARG001
    return (float(y.mean()), float(y.var())), (float(np.median(y)), spread(y) ** 2)


def _student_guesses(y: Array, trials: Array) -> Guesses:  # noqa: ARG001
    middle, width = float(np.median(y)), spread(y)
    return (
        (middle, 0.9 * width, 5.0),
        (middle, width, 30.0),
        (middle, 0.6 * width, 1.5),
        (float(y.mean()), float(y.std()), 6.0),
    )


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
        _mixed,
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
        _mixed,
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
        _beta_guesses,
        _vary,
        lambda y, _, p: special.betainc(p["mean"] * p["precision"], (1.0 - p["mean"]) * p["precision"], y),
        _beta_draw,
    ),
    Density(
        "poisson",
        scores.POISSON,
        (Parameter("mean", POSITIVE, ("rate", "intensity")),),
        "a whole number from 0",
        _counts,
        _mean_guesses,
        _any,
        lambda y, _, p: special.pdtr(y, p["mean"]),
        lambda rng, _, p: rng.poisson(p["mean"]),
        discrete=True,
    ),
    Density(
        "negbin",
        scores.NEGBIN,
        (
            Parameter("mean", POSITIVE, ("rate",)),
            Parameter("dispersion", POSITIVE, border=DomainBorder(1e-12, "poisson", lambda _: {})),
        ),
        "a whole number from 0",
        _counts,
        _negbin_guesses,
        _any,
        lambda y, _, p: special.betainc(1.0 / p["dispersion"], y + 1.0, 1.0 / (1.0 + p["dispersion"] * p["mean"])),
        _negbin_draw,
        discrete=True,
    ),
    Density(
        "gaussian",
        scores.GAUSSIAN,
        (Parameter("mean", REAL, ("location",), power=1), Parameter("variance", POSITIVE, width=1.0, power=2)),
        "a number",
        lambda y, _: np.isfinite(y),
        _gaussian_guesses,
        _vary,
        lambda y, _, p: special.ndtr((y - p["mean"]) / np.sqrt(p["variance"])),
        lambda rng, _, p: rng.normal(p["mean"], np.sqrt(p["variance"])),
        spread=lambda y: float(np.nanstd(y)),
    ),
    Density(
        "student_t",
        scores.STUDENT_T,
        (
            Parameter("location", REAL, ("mean",), power=1),
            Parameter("scale", POSITIVE, width=0.5, power=1),
            Parameter(
                "df", POSITIVE, ("nu",), DomainBorder(1e12, "gaussian", lambda p: {"scale": math.sqrt(p["variance"])})
            ),
        ),
        "a number",
        lambda y, _: np.isfinite(y),
        _student_guesses,
        _mostly_vary,
        lambda y, _, p: special.stdtr(p["df"], (y - p["location"]) / p["scale"]),
        lambda rng, _, p: p["location"] + p["scale"] * rng.standard_t(p["df"]),
    ),
    Density(
        "exponential",
        scores.EXPONENTIAL,
        (Parameter("mean", POSITIVE, ("scale",), power=1),),
        "0 or above",
        lambda y, _: (y >= 0) & (y < np.inf),
        _mean_guesses,
        _any,
        lambda y, _, p: -np.expm1(-y / p["mean"]),
        lambda rng, _, p: rng.exponential(p["mean"]),
    ),
    Density(
        "gamma",
        scores.GAMMA,
        (Parameter("mean", POSITIVE, power=1), Parameter("shape", POSITIVE)),
        "above 0",
        lambda y, _: (y > 0) & (y < np.inf),
        _gamma_guesses,
        _vary,
        lambda y, _, p: special.gammainc(p["shape"], p["shape"] * y / p["mean"]),
        _gamma_draw,
    ),
)

DENSITIES: Final = {density.name: density for density in _ALL}
