"""Forecasts of arrivals by simulated futures, and how good they were.

A forecaster takes a history of counts and gives draws of the periods after it. Three are compared over a rolling
origin: a score-driven negative binomial model, exponential smoothing, and the seasonal naive, which the others have to
beat.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from ballast.errors import GasModelError, PlanError
from ballast.scoring import GasModel

Array = npt.NDArray[np.float64]
Forecaster = Callable[[Array, int, int, int, Generator], Array]
"""History, season, horizon, draws, rng: an array of shape (horizon, draws)."""

HARMONICS: Final = 6
"""Waves in the score-driven model's season."""
STATES: Final = 5_000_000
"""Numbers that exponential smoothing may hold at a time."""
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""Where forecasts are scored by the pinball loss."""
INTERVALS: Final = {0.5: (0.25, 0.75), 0.9: (0.05, 0.95)}
"""Central intervals, by their probability."""
SEASONS: Final = 3
"""Shortest history, in seasons: the methods need two to begin with, and one to learn from."""
CEILING: Final = 10.0
"""No future has more tasks in a period than this many times the most so far."""


def nb2_gas(history: Array, season: int, horizon: int, draws: int, rng: Generator) -> Array:
    """Negative binomial (NB2) GAS model with log link and Fourier terms for the season.

    Of all waves that repeat with the season, the model has the ``HARMONICS`` strongest in log(1 + history), so that a
    week of hours costs no more coefficients than a day. Scores are scaled to unit variance: with unscaled ones, what a
    task more or less means to the level depends on the level, and futures that climb may explode. The coefficients are
    taken as known in the forecast.

    Raises
    ------
    PlanError
        If the model cannot be fitted, or its futures cannot be drawn.
    """
    waves = _waves(history, season, len(history) + horizon)
    past, future = waves[: len(history)], waves[len(history) :]
    model = GasModel("negbin", ("mean",), "inverse_sqrt", regressors=past, parametrization="level")
    try:
        return model.fit(history).forecast(horizon, rng, draws=draws, regressors=future).draws
    except GasModelError as error:
        raise PlanError(f"the GAS model does not fit: {error}; give fewer --periods or a smaller --season") from error


def _waves(history: Array, season: int, times: int) -> Array:
    """Cosines and sines of the strongest harmonics, shape (times, 2 harmonics at most)."""
    whole = len(history) // season * season
    profile = np.log1p(history[-whole:]).reshape(-1, season).mean(axis=0)
    strength = np.abs(np.fft.rfft(profile))[1:]
    strongest = 1 + np.argsort(-strength, kind="stable")[:HARMONICS]
    angle = 2.0 * np.pi * np.outer(np.arange(times), strongest) / season
    waves = np.hstack([np.cos(angle), np.sin(angle)])
    return waves[:, waves.std(axis=0) > 1e-9]  # the sine of half a season's wave is zero throughout


def ets(history: Array, season: int, horizon: int, draws: int, rng: Generator) -> Array:
    """Exponential smoothing of log(1 + history): statsmodels' ETS(A,N,A), additive errors and season, no trend.

    Futures are drawn with the errors the fit made, and cut off at zero. (On the counts themselves the same method does
    worse on every demand it was tried on, and its intervals are as wide in quiet hours as in busy ones.)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = ETSModel(
            np.log1p(history), error="add", seasonal="add", seasonal_periods=season, initialization_method="heuristic"
        ).fit(disp=False)
    errors = rng.choice(np.asarray(fit.resid), (horizon, draws))
    together = max(STATES // (horizon * season), 1)  # the library keeps all states of all draws
    parts = [
        fit.simulate(horizon, anchor="end", repetitions=part.shape[1], random_errors=part).reshape(part.shape)
        for part in np.array_split(errors, -(-draws // together), axis=1)
    ]
    return np.asarray(np.maximum(np.expm1(np.hstack(parts)), 0.0))


def seasonal_naive(history: Array, season: int, horizon: int, draws: int, rng: Generator) -> Array:
    """Repeat the last season, with the changes over as many seasons in the history as errors."""
    ahead = np.arange(horizon)
    lags = season * (ahead // season + 1)
    futures = np.empty((horizon, draws))
    for lag in np.unique(lags):
        rows = ahead[lags == lag]
        changes = history[lag:] - history[:-lag]
        futures[rows] = history[len(history) + rows - lag, None] + rng.choice(changes, (len(rows), draws))
    return np.maximum(futures, 0.0)


FORECASTERS: Final[dict[str, Forecaster]] = {"nb2_gas": nb2_gas, "ets": ets, "seasonal_naive": seasonal_naive}
NAMES: Final = {"nb2_gas": "NB2 GAS", "ets": "ETS of logs", "seasonal_naive": "seasonal naive"}


def futures(name: str, history: Array, season: int, horizon: int, draws: int, rng: Generator) -> Array:
    """Draw futures of a forecaster, shape (horizon, draws), none beyond the ``CEILING``."""
    drawn = FORECASTERS[name](history, season, horizon, draws, rng)
    return np.asarray(np.minimum(drawn, CEILING * history.max()))


@dataclass(frozen=True)
class DemandForecast:
    """A forecast from one origin.

    Attributes
    ----------
    origin : int
        First period forecast.
    mean : array, shape (horizon,)
        Tasks.
    quantiles : array, shape (horizon, len(QUANTILES))
        Tasks.
    """

    origin: int
    mean: Array
    quantiles: Array

    @classmethod
    def of(cls, origin: int, futures: Array) -> DemandForecast:
        """Summarise futures of shape (horizon, draws)."""
        return cls(origin, futures.mean(axis=1), np.quantile(futures, QUANTILES, axis=1).T)

    def quantile(self, q: float) -> Array:
        """One of the ``QUANTILES``, shape (horizon,)."""
        return np.asarray(self.quantiles[:, QUANTILES.index(q)])


@dataclass(frozen=True)
class Scores:
    """How good a forecaster was, over all its forecasts.

    Attributes
    ----------
    mase : float
        Mean absolute error of the median, over that of the seasonal naive within the history (Hyndman and Koehler 2006,
        International Journal of Forecasting 22(4)).
    pinball : dict of float to float
        Mean pinball loss by quantile, tasks.
    coverage : dict of float to float
        Share of the truth within the central interval, by the interval's probability.
    """

    mase: float
    pinball: dict[float, float]
    coverage: dict[float, float]

    @property
    def loss(self) -> float:
        """Mean pinball loss over the quantiles, tasks."""
        return float(np.mean(list(self.pinball.values())))


def naive_error(history: Array, season: int) -> float:
    """Mean absolute error of the seasonal naive within a history, tasks.

    Raises
    ------
    PlanError
        If it makes none, so that nothing can be measured by it.
    """
    error = float(np.abs(history[season:] - history[:-season]).mean())
    if error == 0.0:
        raise PlanError(f"arrivals repeat exactly every {season} periods, so there is nothing to forecast")
    return error


def pinball(truth: Array, forecast: Array, quantile: float) -> float:
    """Mean pinball loss of forecasts of a quantile: q (y - f) where y is above f, (1 - q) (f - y) where it is below."""
    error = truth - forecast
    return float(np.maximum(quantile * error, (quantile - 1.0) * error).mean())


def score(history: Array, season: int, forecasts: Sequence[DemandForecast]) -> Scores:
    """Score forecasts against a history that reaches to the end of the last one."""
    truths = [history[f.origin : f.origin + len(f.mean)] for f in forecasts]
    errors = [
        np.abs(truth - f.quantile(0.5)).mean() / naive_error(history[: f.origin], season)
        for truth, f in zip(truths, forecasts, strict=True)
    ]
    truth = np.concatenate(truths)
    levels = {q: np.concatenate([f.quantile(q) for f in forecasts]) for q in QUANTILES}
    inside = {p: (truth >= levels[low]) & (truth <= levels[high]) for p, (low, high) in INTERVALS.items()}
    return Scores(
        mase=float(np.mean(errors)),
        pinball={q: pinball(truth, level, q) for q, level in levels.items()},
        coverage={p: float(within.mean()) for p, within in inside.items()},
    )


def origins(periods: int, season: int, horizon: int, windows: int) -> list[int]:
    """First periods of the windows, which follow one another to the end of the history.

    Raises
    ------
    PlanError
        If fewer than ``SEASONS`` seasons come before the first.
    """
    first = periods - windows * horizon
    if first < SEASONS * season:
        raise PlanError(
            f"{windows} windows of {horizon} leave {max(first, 0)} of {periods} periods to learn from, and {SEASONS} "
            f"seasons of {season} are needed: give more --periods, or a smaller --season, --horizon or --windows"
        )
    return list(range(first, periods, horizon))
