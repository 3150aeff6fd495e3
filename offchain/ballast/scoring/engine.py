"""Runs the compiled filter on arrays and holds what comes out of it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ballast.errors import GasModelError
from ballast.scoring import forgetting, kernel
from ballast.scoring.data import Data
from ballast.scoring.densities import Density
from ballast.scoring.layout import Coefficients
from ballast.scoring.likelihood import likelihoods, likelihoods_single
from ballast.scoring.links import LINKS, Array, from_predictor


class State(NamedTuple):
    """Where a filter stands between two observations, of N series.

    g : array, shape (q, k, N)
        Values of the recursion, the last one being that of the next observation without its ``omega`` and regressors.
    s : array, shape (p, k, N)
        Scaled scores.
    """

    g: Array
    s: Array


class Many(NamedTuple):
    """B coefficient vectors, as the compiled functions take them.

    thetas : array, shape (B, 3)
        Static parameters at their places.
    level : bool
        Whether the base is added outside the recursion, not inside.
    base : array, shape (T, B, k) or (1, B, k)
        Omega and what the regressors add to it.
    alpha, beta : arrays, shape (B, p, k) and (B, q, k)
        Coefficients by lag.
    first : array, shape (B, k)
        Values of the recursion at the first observation and before.
    """

    thetas: Array
    level: bool
    base: Array
    alpha: Array
    beta: Array
    first: Array


class FilterEngine:
    """The compiled filter of a density with chosen time-varying parameters, links and scaling.

    Parameters
    ----------
    density : Density
        The density.
    varying : tuple of int
        Places of the k time-varying parameters.
    links : tuple of str
        Their links.
    scaling : int
        One of `kernel.SCALINGS`.
    """

    def __init__(self, density: Density, varying: tuple[int, ...], links: tuple[str, ...], scaling: int) -> None:
        self.density, self.varying, self.links, self._scaling = density, varying, links, scaling
        self._places = np.array(varying)
        self._codes = np.array([LINKS[link] for link in links])
        self._domains = np.array([density.parameters[i].domain for i in varying])

    @property
    def names(self) -> list[str]:
        """The time-varying parameters."""
        return [self.density.parameters[i].name for i in self.varying]

    def run(self, data: Data, parts: Coefficients, shift: Array, drive: Array, state: State) -> Filtered:
        """Filter data; shift and drive, shape (T, k), are added outside and inside the recursion.

        Raises
        ------
        GasModelError
            If a parameter leaves its domain or a score is not finite.
        """
        times, series = data.y.shape
        q, p = len(parts.beta), len(parts.alpha)
        g = np.empty((q + times, len(self.varying), series))
        s = np.empty((p + times, len(self.varying), series))
        g[:q], s[:p] = state
        codes = (self._places, self._codes, self._domains, self._scaling)
        run = kernel.run_single if len(self.varying) == p == q == 1 else kernel.run
        stopped = run(
            self.density.code,
            _plain(data.y),
            _plain(data.trials),
            parts.theta.copy(),
            *codes,
            shift,
            drive,
            parts.alpha,
            parts.beta,
            g,
            s,
        )
        if stopped != kernel.COMPLETE:
            raise GasModelError(
                f"at time {stopped}, counted from 0, {' or '.join(self.names)} leaves its domain or its score is not"
                " finite; use a smaller alpha, beta below 1 or the default links"
            )
        state = State(g[times:].copy(), s[times:].copy())
        return Filtered(self, data, parts.theta, shift, g[q - 1 : -1], s[p:], state)

    def logliks(self, data: Data, many: Many) -> Array:
        """Log-likelihoods of B coefficient vectors, shape (B,); see `likelihood.likelihoods`."""
        thetas, *rest = many
        run: Any = likelihoods_single if many.alpha.shape[1:] == many.beta.shape[1:] == (1, 1) else likelihoods
        codes = (self._places, self._codes, self._domains, self._scaling)
        y, trials = _plain(data.y), _plain(data.trials)
        return np.asarray(run(self.density.code, y, trials, thetas, *codes, *rest))

    def exponents(self, data: Data, many: Many, smallest: float) -> Array:
        """Lyapunov exponents of the paths of B coefficient vectors, shape (B,); see `forgetting.exponents`."""
        codes = (self._places, self._codes, self._domains, self._scaling)
        y, trials = _plain(data.y), _plain(data.trials)
        thetas, *rest = many
        run: Any = forgetting.exponents
        return np.asarray(run(self.density.code, y, trials, thetas, *codes, *rest, width(data.y), smallest))

    def derivatives(self, y: Array, trials: Array, theta: Array, f: Array, width: float) -> Array:
        """Differentiate the scaled scores by the linked parameters, shape (M, k, k).

        Parameters
        ----------
        y, trials : arrays, shape (M,) and (M,) or (1,)
            Observations, each by itself, and their numbers of trials.
        theta : array, shape (3,)
            Static parameters at their places.
        f : array, shape (k, M)
            Linked parameters.
        width : float
            Of all observations.

        Raises
        ------
        GasModelError
            If a step beside f leaves a domain.
        """
        result = np.empty((f.shape[1], len(f), len(f)))
        codes = (self._places, self._codes, self._domains, self._scaling)
        y, trials = _plain(y[None]), _plain(trials[None])
        ended = forgetting.derive(self.density.code, y, trials, theta.copy(), *codes, _plain(f), width, result)
        if ended != kernel.COMPLETE:
            raise GasModelError(f"beside the path {' or '.join(self.names)} leaves its domain")
        return result

    def log_density(self, data: Data, theta: Array, f: Array) -> Array:
        """Log densities, shape (T, N), given linked parameters f, shape (T, k, N)."""
        y, trials = _plain(data.y), _plain(data.trials)
        return kernel.weigh(self.density.code, y, trials, theta.copy(), self._places, self._codes, f)

    def thetas(self, theta: Array, f: Array) -> dict[str, Array]:
        """All parameters in their own units, shape (T, N), given linked ones f, shape (T, k, N)."""
        values = {}
        for i, parameter in enumerate(self.density.parameters):
            if i in self.varying:
                place = self.varying.index(i)
                values[parameter.name] = from_predictor(self.links[place], f[:, place])
            else:
                values[parameter.name] = np.full((f.shape[0], f.shape[2]), theta[i])
        return values


def width(y: Array) -> float:
    """Width of observations: between the largest and the smallest, or 1 if there is nothing between."""
    seen = y[~np.isnan(y)]
    return (float(np.ptp(seen)) if seen.size else 0.0) or 1.0


def _plain(array: Array) -> Array:
    """Bring an array into the one memory layout that the kernel is compiled for."""
    return np.require(array, np.float64, ["C", "W"])


class Filtered:
    """A filtered path; arrays have the shape of the observations.

    Attributes
    ----------
    data : Data
        The observations.
    state : State
        To go on from with later observations of the same series.
    """

    def __init__(
        self, engine: FilterEngine, data: Data, theta: Array, shift: Array, g: Array, s: Array, state: State
    ) -> None:
        self._engine, self._theta, self._shift, self._g, self._s = engine, theta, shift, g, s
        self.data = data
        self.state = state

    @cached_property
    def _f(self) -> Array:
        return np.asarray(self._shift[:, :, None] + self._g)

    @cached_property
    def f(self) -> dict[str, Array]:
        """By time-varying parameter: its linked value, known before the observation of the same place."""
        return {name: self._f[:, i].reshape(self.data.shape) for i, name in enumerate(self._engine.names)}

    @cached_property
    def scores(self) -> dict[str, Array]:
        """By time-varying parameter: its scaled score, zero where the observation is missing."""
        return {name: self._s[:, i].reshape(self.data.shape) for i, name in enumerate(self._engine.names)}

    @cached_property
    def parameters(self) -> dict[str, Array]:
        """All parameters of the density in their own units; static ones repeated."""
        thetas = self._engine.thetas(self._theta, self._f)
        return {name: values.reshape(self.data.shape) for name, values in thetas.items()}

    @cached_property
    def log_density(self) -> Array:
        """Of each observation, zero where it is missing."""
        return self._engine.log_density(self.data, self._theta, self._f).reshape(self.data.shape)

    @cached_property
    def loglik(self) -> float:
        """Log-likelihood, over all series."""
        return float(self.log_density.sum())
