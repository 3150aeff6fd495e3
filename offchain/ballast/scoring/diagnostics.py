"""Does the model fit, and may its path be trusted: residuals, Ljung-Box tests, stationarity and invertibility."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.random import Generator
from scipy import special

from ballast.errors import GasModelError
from ballast.scoring._compile import compiled
from ballast.scoring.data import NO_TRIALS, Data, observed
from ballast.scoring.engine import Filtered, State
from ballast.scoring.layout import Coefficients
from ballast.scoring.links import POSITIVE, REAL, Array

if TYPE_CHECKING:
    from ballast.scoring.model import GasModel

STEP: Final = 1e-6
"""Of differences, in natural units of the linked parameter."""
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
    model: GasModel, filtered: Filtered, params: Mapping[str, float], rng: Generator, lags: int
) -> Diagnostics:
    """Diagnose a model of one series.

    Parameters
    ----------
    model : GasModel
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


def probability_transforms(model: GasModel, filtered: Filtered, rng: Generator) -> Array:
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


def _scores(model: GasModel, parts: Coefficients, y: Array, trials: Array, f: Array) -> Array:
    """Scaled scores, shape (k, M), of M observations with linked parameters f, shape (k, M)."""
    k = len(f)
    once = parts._replace(alpha=np.zeros((1, k)), beta=np.zeros((1, k)))
    nothing = np.zeros((1, k))
    state = State(f[None], np.zeros((1, *f.shape)))
    after: Array = model.engine.run(Data(y[None], trials, (), y.shape), once, nothing, nothing, state).state.s[0]
    return after


def score_derivatives(model: GasModel, parts: Coefficients, filtered: Filtered) -> Array:
    """Differentiate the scaled scores along a path, by central differences.

    Returns
    -------
    array, shape (T, k, k)
        At [t, i, j] the derivative of score i with respect to f of parameter j; several series one after another.
    """
    data = filtered.data
    f = np.array([path.T.ravel() for path in filtered.f.values()])
    y, trials = data.y.T.ravel(), np.broadcast_to(data.trials, data.y.shape).T.reshape(1, -1)
    units = [natural_unit(model, i, path, y) * np.ones(len(path)) for i, path in enumerate(f)]
    result = np.empty((len(y), len(f), len(f)))
    for j in range(len(f)):
        step = np.zeros_like(f)
        step[j] = STEP * units[j]
        change = _scores(model, parts, y, trials, f + step) - _scores(model, parts, y, trials, f - step)
        result[:, :, j] = (change / (2.0 * step[j])).T
    return result


def natural_unit(model: GasModel, i: int, f: Array | float, y: Array) -> Any:
    """Find what counts as one unit for a linked time-varying parameter with values f, whatever the unit of y."""
    place = model.layout.varying[i]
    if model.links[model.time_varying[i]] != "identity":
        return 1.0
    domain = model.density.parameters[place].domain
    if domain == REAL:
        seen = y[~np.isnan(y)]
        return (float(np.ptp(seen)) if seen.size else 0.0) or 1.0
    return f if domain == POSITIVE else f * (1.0 - f)


def _flat(trials: Array) -> Array:
    return trials if trials.shape == NO_TRIALS.shape else trials.T


def lyapunov_exponent(parts: Coefficients, derivatives: Array, smallest: float = 0.0) -> float:
    """Mean growth, in logarithms a step, of a small change of the initial value along a path.

    The change follows the product of the Jacobians of (g(t), .., s(t-1), ..) in its predecessor. A smallest size of the
    factors makes the exponent smooth in the coefficients.
    """
    (p, k), q = parts.alpha.shape, len(parts.beta)
    size = (q + p - 1) * k
    kept = np.zeros((size, size))
    kept[k : q * k, : (q - 1) * k] = np.eye((q - 1) * k)
    kept[(q + 1) * k :, q * k : -k] = np.eye(max(p - 2, 0) * k)
    kept[:k, : q * k] = np.hstack([np.diag(row) for row in parts.beta])
    if p > 1:
        kept[:k, q * k :] = np.hstack([np.diag(row) for row in parts.alpha[1:]])
    jacobians = np.tile(kept, (len(derivatives), 1, 1))
    jacobians[:, :k, :k] += parts.alpha[0][:, None] * derivatives
    if p > 1:
        jacobians[:, q * k : (q + 1) * k, :k] = derivatives
    return float(_growth(jacobians, smallest))


@compiled
def _growth(jacobians: Array, smallest: float) -> float:
    """Mean logarithm of the growth of a matrix that is multiplied by Jacobians (T, n, n), one after another."""
    times, n, _ = jacobians.shape
    change = np.eye(n) / math.sqrt(n)
    after = np.empty((n, n))
    growth = 0.0
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
        growth += 0.5 * math.log(square + smallest * smallest)
        for i in range(n):
            for j in range(n):
                # after nothing is left, the next change is one of the same direction
                change[i, j] = after[i, j] / math.sqrt(square) if square > 0.0 else change[i, j]
    return growth / times


def contraction_bound(model: GasModel, parts: Coefficients, filtered: Filtered, derivatives: Array) -> float:
    """Mean logarithm of the largest |d f(t+1) / d f(t)| over a range of f and the path; see `Diagnostics`."""
    if len(model.time_varying) > 1 or len(parts.alpha) > 1 or len(parts.beta) > 1:
        return math.nan
    (name,), (link,) = model.time_varying, model.links.values()
    path = filtered.f[name]
    bounded = link == "identity" and model.density.parameters[model.layout.varying[0]].domain != REAL
    margin = 0.0 if bounded else float(np.ptp(path))
    y, trials = filtered.data.y[:, 0], _flat(filtered.data.trials)
    beta, alpha = parts.beta[0, 0], parts.alpha[0, 0]
    largest = np.abs(beta + alpha * derivatives[:, 0, 0])
    for point in np.linspace(path.min() - margin, path.max() + margin, GRID):
        step = STEP * natural_unit(model, 0, point, y)
        above = _scores(model, parts, y, trials, np.full((1, len(y)), point + step))
        below = _scores(model, parts, y, trials, np.full((1, len(y)), point - step))
        largest = np.maximum(largest, np.abs(beta + alpha * (above - below)[0] / (2.0 * step)))
    with np.errstate(divide="ignore"):
        return float(np.log(largest).mean())
