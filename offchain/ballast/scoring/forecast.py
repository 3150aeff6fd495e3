"""Simulation: new series from a model, and forecasts of one that was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from ballast.errors import GasModelError
from ballast.scoring.data import Data, read_regressors, read_trials, share, source, whole
from ballast.scoring.engine import Filtered, State
from ballast.scoring.layout import Coefficients
from ballast.scoring.links import Array
from ballast.scoring.specification import Specification


class Band(NamedTuple):
    """Mean and central interval; arrays of one shape."""

    mean: Array
    lower: Array
    upper: Array


@dataclass(frozen=True)
class Forecast:
    """A forecast by simulation. The coefficients are taken as known.

    Attributes
    ----------
    observation : Band
        Of the observations, shape (horizon,).
    parameters : dict of str to Band
        Of the time-varying parameters in their own units. The first has no width: it is known.
    draws : array, shape (horizon, draws)
        Simulated observations.
    coverage : float
        Probability of each interval.
    """

    observation: Band
    parameters: dict[str, Band]
    draws: Array
    coverage: float

    @property
    def mean(self) -> Array:
        """Means of the observations, shape (horizon,)."""
        return self.observation.mean

    @property
    def lower(self) -> Array:
        """Lower ends of the observations' intervals, shape (horizon,)."""
        return self.observation.lower

    @property
    def upper(self) -> Array:
        """Upper ends of the observations' intervals, shape (horizon,)."""
        return self.observation.upper


def band(draws: Array, coverage: float) -> Band:
    """Mean and central interval over the last axis."""
    tail = 0.5 * (1.0 - coverage)
    lower, upper = np.quantile(draws, (tail, 1.0 - tail), axis=-1)
    return Band(draws.mean(axis=-1), lower, upper)


def _paths(
    model: Specification,
    parts: Coefficients,
    state: State,
    regressors: tuple[Array, ...],
    trials: Array,
    times: int,
    rng: Generator,
) -> tuple[Array, Array]:
    """Draw on from a state of N series: observations (times, N) and linked parameters (times, k, N)."""
    shift, drive = model.terms(parts, regressors, times)
    series = state.g.shape[2]
    y, f = np.empty((times, series)), np.empty((times, *state.g.shape[1:]))
    for t in range(times):
        f[t] = (shift[t] + drive[t])[:, None] + state.g[-1]
        tried = np.broadcast_to(trials[min(t, len(trials) - 1)], (1, series))
        thetas = model.engine.thetas(parts.theta, f[t : t + 1])
        try:
            y[t] = model.density.draw(rng, tried, thetas)[0]
        except ValueError:
            raise GasModelError(f"at step {t + 1} a simulated {model.density.name} cannot be drawn from") from None
        data = Data(y[t : t + 1], tried, (), (1, series))
        state = model.engine.run(data, parts, shift[t : t + 1], drive[t : t + 1], state).state
    return y, f


def simulate(
    model: Specification,
    params: Mapping[str, float],
    n: int,
    rng: Generator,
    series: int | None,
    trials: ArrayLike | None,
) -> Array:
    """Draw series from a model, from its initial value on.

    Parameters
    ----------
    model : Specification
        The model; its regressors, if any, must have at least n rows.
    params : mapping of str to float
        Coefficients by name.
    n : int
        Number of observations.
    rng : Generator
        Source of randomness.
    series : int or None
        Number of series.
    trials : array or None
        In place of the model's own.

    Returns
    -------
    array, shape (n,), or (n, series) if a number of series is given

    Raises
    ------
    GasModelError
        If a coefficient is out of its domain, or the path leaves a parameter's.
    """
    parts = model.layout.unpack(model.layout.pack(params))
    times, side = whole("n", n), 1 if series is None else whole("series", series)
    rng = source("rng", rng)
    if any(0 < len(x) < times for x in model.regressors):
        raise GasModelError(f"the regressors have fewer rows than the {times} observations to draw")
    tried = read_trials(model.density, model.trials if trials is None else trials, (times, side))
    state = model.start(parts, side)
    y, _ = _paths(model, parts, state, tuple(x[:times] for x in model.regressors), tried, times, rng)
    return y[:, 0] if series is None else y


def forecast(
    model: Specification,
    filtered: Filtered,
    params: Mapping[str, float],
    horizon: int,
    rng: Generator,
    coverage: float,
    draws: int,
    regressors: ArrayLike | Mapping[str, ArrayLike] | None,
    trials: ArrayLike | None,
) -> Forecast:
    """Forecast the observations after a path.

    Parameters
    ----------
    model : Specification
        The model.
    filtered : Filtered
        The path of the observations so far, of one series.
    params : mapping of str to float
        Coefficients by name.
    horizon : int
        Number of observations ahead.
    rng : Generator
        Source of randomness.
    coverage : float
        Probability of the intervals, above 0 and below 1.
    draws : int
        Number of simulated futures.
    regressors : array of shape (horizon,) or (horizon, m), or a mapping of parameter to such an array
        Of the future, if the model has any.
    trials : array or None
        Of the future, shape () or (horizon,); the model's own if that is one number.

    Raises
    ------
    GasModelError
        If an argument does not fit the model.
    """
    coverage, rng = share("coverage", coverage), source("rng", rng)
    times, futures = whole("horizon", horizon), whole("draws", draws)
    if len(filtered.data.shape) != 1:
        raise GasModelError("y has 2 dimensions; a forecast takes one series")
    ahead = read_regressors(model.density, model.time_varying, regressors)
    for name, past, future in zip(model.time_varying, model.regressors, ahead, strict=True):
        expected = (times, past.shape[1]) if past.size else (0, 0)
        if future.shape != expected:
            raise GasModelError(f"the future regressors of {name} have shape {future.shape}; it must be {expected}")
    if trials is None and model.trials is not None and np.ndim(model.trials) == 0:
        trials = model.trials
    tried = read_trials(model.density, trials, (times, 1))
    state = State(*(np.repeat(part, futures, axis=2) for part in filtered.state))
    parts = model.layout.unpack(model.layout.pack(params))
    drawn, f = _paths(model, parts, state, ahead, tried, times, rng)
    if not np.isfinite(drawn).all():
        raise GasModelError("simulated futures grow beyond all numbers")
    thetas = model.engine.thetas(parts.theta, f)
    bands = {name: band(thetas[name], coverage) for name in model.time_varying}
    return Forecast(band(drawn, coverage), bands, drawn, coverage)
