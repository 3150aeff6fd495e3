"""Does the model fit, and may its path be trusted: residuals, Ljung-Box tests, stationarity and invertibility."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.random import Generator
from scipy import special

from ballast.errors import GasModelError
from ballast.scoring.data import observed, source, whole
from ballast.scoring.engine import Filtered, width
from ballast.scoring.forgetting import growth, jacobians
from ballast.scoring.layout import Coefficients
from ballast.scoring.links import REAL, Array
from ballast.scoring.specification import Specification

NONE: Final = (math.nan, math.nan)
GRID: Final = 41
"""Points of the linked parameter among which the largest derivative is sought."""


T = TypeVar("T")


class Statistic(NamedTuple):
    """Statistic of a test, and its p-value; NaN if it cannot be had."""

    value: float
    p_value: float


@dataclass(frozen=True)
class Diagnostics:
    """Diagnostics of a filtered series.

    Attributes
    ----------
    pit : array, shape (T,)
        Probability integral transforms, uniform if the model is right; NaN where the observation is missing.
    residuals : array, shape (T,)
        Their standard normal quantiles.
    uniformity : Statistic
        Kolmogorov-Smirnov test of the transforms; conservative, as coefficients were estimated on the same data.
    autocorrelation, heteroskedasticity : Statistic
        Ljung-Box tests of the residuals and of their squares.
    lags : int
        Of these tests: as many as asked for, but at most half as many as observations.
    persistence : float
        Largest inverse root of the beta polynomials; the model is stationary in its levels if below 1.
    exponent : float
        Lyapunov exponent of the filter along the path, a step; below 0 the path forgets its initial value.
    bound : float
        Mean logarithm of the largest derivative of a step over the visited range of f widened to thrice its width (not
        widened where a bounded parameter has the identity link). Below 0 the filter forgets any initial value in there:
        the empirical condition of Blasques, Gorgi, Koopman and Wintenberger (2018, Electronic Journal of Statistics
        12(1)). NaN unless one parameter varies with p = q = 1.
    missing : dict of str to str
        By what cannot be had, and is NaN above: why.
    """

    pit: Array
    residuals: Array
    uniformity: Statistic
    autocorrelation: Statistic
    heteroskedasticity: Statistic
    lags: int
    persistence: float
    exponent: float
    bound: float
    missing: dict[str, str]

    @property
    def stationary(self) -> bool:
        """Whether the levels are stationary."""
        return self.persistence < 1.0

    @property
    def invertible(self) -> bool:
        """Whether the filter forgets its initial value along the path."""
        return self.exponent < 0.0


def diagnose(
    model: Specification, filtered: Filtered, params: Mapping[str, float], rng: Generator, lags: int
) -> Diagnostics:
    """Diagnose a model of one series.

    Parameters
    ----------
    model : Specification
        The model.
    filtered : Filtered
        The path of its observations, of one series.
    params : mapping of str to float
        Coefficients by name.
    rng : Generator
        Randomises the transforms of counts.
    lags : int
        Of the Ljung-Box tests.

    Raises
    ------
    GasModelError
        If an argument does not fit the model.
    """
    if len(filtered.data.shape) != 1:
        raise GasModelError("y has 2 dimensions; diagnostics take one series")
    rng, lags = source("rng", rng), whole("lags", lags)
    parts = model.layout.unpack(model.layout.pack(params))
    with np.errstate(all="ignore"):
        transforms = probability_transforms(model, filtered, rng)
        residuals = special.ndtri(transforms)
        fewer = min(lags, max(int(observed(filtered.data).sum()) // 2, 1))
        missing: dict[str, str] = {}

        def unless(what: str, compute: Callable[[], T], otherwise: T) -> T:
            try:
                return compute()
            except GasModelError as error:
                missing[what] = str(error)
                return otherwise

        derivatives = unless("Lyapunov exponent", lambda: score_derivatives(model, parts, filtered), np.empty(0))
        return Diagnostics(
            pit=transforms,
            residuals=residuals,
            uniformity=unless("Kolmogorov-Smirnov test", lambda: kolmogorov_smirnov(transforms), Statistic(*NONE)),
            autocorrelation=unless(
                "Ljung-Box test of the residuals", lambda: ljung_box(residuals, fewer), Statistic(*NONE)
            ),
            heteroskedasticity=unless(
                "Ljung-Box test of the squared residuals", lambda: ljung_box(residuals**2, fewer), Statistic(*NONE)
            ),
            lags=fewer,
            persistence=persistence(parts.beta),
            exponent=lyapunov_exponent(parts, derivatives) if len(derivatives) else math.nan,
            bound=unless("contraction bound", lambda: contraction_bound(model, parts, filtered, derivatives), math.nan)
            if len(derivatives)
            else math.nan,
            missing=missing,
        )


def probability_transforms(model: Specification, filtered: Filtered, rng: Generator) -> Array:
    """Distribution function at the observations; for counts uniform between its left limit and its value.

    Dunn and Smyth (1996, Journal of Computational and Graphical Statistics 5(3)). Kept off 0 and 1 by rounding error.
    """
    data = filtered.data
    y = data.y.reshape(data.shape)
    trials = np.broadcast_to(data.trials, data.y.shape).reshape(data.shape)
    upper = np.full(data.shape, np.nan)
    seen = ~np.isnan(y)
    theta = {name: values[seen] for name, values in filtered.parameters.items()}
    upper[seen] = model.density.cdf(y[seen], trials[seen], theta)
    if model.density.discrete:
        below = model.density.cdf(np.maximum(y[seen] - 1.0, 0.0), trials[seen], theta) * (y[seen] > 0.0)
        upper[seen] = below + rng.random(len(below)) * (upper[seen] - below)
    return np.clip(upper, np.finfo(float).epsneg, 1.0 - np.finfo(float).epsneg)


def kolmogorov_smirnov(transforms: Array) -> Statistic:
    """Test that transforms, NaN where missing, are uniform; asymptotic p-value.

    Raises
    ------
    GasModelError
        If there are none.
    """
    ordered = np.sort(transforms[~np.isnan(transforms)])
    n = len(ordered)
    if not n:
        raise GasModelError("there is no observation")
    ranks = np.arange(n + 1) / n
    distance = float(max((ranks[1:] - ordered).max(), (ordered - ranks[:-1]).max()))
    return Statistic(distance, float(special.kolmogorov(distance * math.sqrt(n))))


def ljung_box(values: Array, lags: int) -> Statistic:
    """Test that values, NaN where missing, have no autocorrelation up to a lag.

    Ljung and Box (1978, Biometrika 65(2)); chi-squared with as many degrees of freedom as lags.

    Raises
    ------
    GasModelError
        If there are not more values than lags, or they do not vary.
    """
    seen = ~np.isnan(values)
    n = int(seen.sum())
    if not 1 <= lags < n:
        raise GasModelError(f"{lags} lags for {n} observations; there must be at least one lag and more observations")
    centred = np.where(seen, values - values[seen].mean(), 0.0)
    power = float(centred @ centred)
    if not 0.0 < power < math.inf:
        raise GasModelError("the residuals do not vary")
    correlations = np.array([centred[k:] @ centred[:-k] for k in range(1, lags + 1)]) / power
    statistic = float(n * (n + 2) * (correlations**2 / (n - np.arange(1, lags + 1))).sum())
    return Statistic(statistic, float(special.chdtrc(lags, statistic)))


def persistence(beta: Array) -> float:
    """Largest inverse root of 1 - sum beta_j z^j over the columns of beta, shape (q, k)."""
    q = len(beta)
    largest = 0.0
    for column in beta.T:
        companion = np.eye(q, k=-1)
        companion[0] = column
        largest = max(largest, float(np.abs(np.linalg.eigvals(companion)).max()))
    return largest


def score_derivatives(model: Specification, parts: Coefficients, filtered: Filtered) -> Array:
    """Differentiate the scaled scores along a path, by central differences.

    Returns
    -------
    array, shape (T, k, k)
        At [t, i, j] the derivative of score i with respect to f of parameter j; several series one after another.

    Raises
    ------
    GasModelError
        If a step beside the path leaves a domain.
    """
    data = filtered.data
    f = np.array([path.T.ravel() for path in filtered.f.values()])
    trials = np.broadcast_to(data.trials, data.y.shape).T.ravel()
    return model.engine.derivatives(data.y.T.ravel(), trials, parts.theta, f, width(data.y))


def lyapunov_exponent(parts: Coefficients, derivatives: Array, smallest: float = 0.0) -> float:
    """Mean growth, in logarithms a step, of a small change of the initial value along a path.

    The change follows the product of the Jacobians of (g(t), .., s(t-1), ..) in its predecessor. A smallest size of the
    factors makes the exponent smooth in the coefficients.
    """
    return float(growth(jacobians(parts.alpha, parts.beta, derivatives), smallest))


def contraction_bound(model: Specification, parts: Coefficients, filtered: Filtered, derivatives: Array) -> float:
    """Mean logarithm of the largest |d f(t+1) / d f(t)| over a range of f and the path; see `Diagnostics`."""
    if len(model.time_varying) > 1 or len(parts.alpha) > 1 or len(parts.beta) > 1:
        return math.nan
    (name,), (link,) = model.time_varying, model.links.values()
    path = filtered.f[name]
    bounded = link == "identity" and model.density.parameters[model.layout.varying[0]].domain != REAL
    margin = 0.0 if bounded else float(np.ptp(path))
    y, trials = filtered.data.y[:, 0], filtered.data.trials[:, 0]
    beta, alpha = parts.beta[0, 0], parts.alpha[0, 0]
    largest = np.abs(beta + alpha * derivatives[:, 0, 0])
    for point in np.linspace(path.min() - margin, path.max() + margin, GRID):
        there = model.engine.derivatives(y, trials, parts.theta, np.full((1, len(y)), point), width(y))
        largest = np.maximum(largest, np.abs(beta + alpha * there[:, 0, 0]))
    with np.errstate(divide="ignore"):
        return float(np.log(largest).mean())
