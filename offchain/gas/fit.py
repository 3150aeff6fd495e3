"""Maximum likelihood estimation.

The likelihood is maximised by BFGS and Newton steps in free coordinates, in which every point is a stationary model:
unconditional levels in place of omegas, coefficients of standardised regressors, alphas in units of the score's size,
betas by partial autocorrelations (Monahan 1984, Biometrika 71(2)), and static parameters through their links. Standard
errors are those of the inverse Hessian in these coordinates, brought to the coefficients by the delta method.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import optimize

from offchain.errors import GasModelError
from offchain.gas.data import Data
from offchain.gas.layout import Coefficients, Named
from offchain.gas.links import LINKS, Array, from_predictor, slope, to_predictor
from offchain.gas.result import Fit
from offchain.gas.scores import information

if TYPE_CHECKING:
    from offchain.gas.model import GasModel

REFUSED: Final = 1e8
"""Value of the objective where the filter leaves a domain."""
STEP: Final = 1e-5
CURVATURE_STEP: Final = 1e-4
NEWTON_STEPS: Final = 10
TOLERANCE: Final = 1e-6
"""Largest gain in log-likelihood that a further Newton step may promise at a converged fit."""
ALPHAS: Final = (0.02, 0.08, 0.25, 0.6)
BETAS: Final = (0.3, 0.7, 0.92, 0.985)
EDGE: Final = 1.0 - 1e-12


class Coordinates:
    """Free coordinates of a model's coefficients, given its data.

    Parameters
    ----------
    model : GasModel
        The model.
    data : Data
        Sets the scales of regressors and scores, and the first guess.
    """

    def __init__(self, model: GasModel, data: Data) -> None:
        self._model, self._layout = model, model.layout
        density, trials = model.density, np.broadcast_to(data.trials, data.y.shape)
        observed = ~np.isnan(data.y) & (trials > 0)
        self._guess = np.ones(3)
        self._guess[: len(density.parameters)] = density.guess(data.y[observed], trials[observed])
        self._means, self._scales = np.zeros((2, len(model.regressors), max(self._layout.columns)))
        for i, x in enumerate(model.regressors):
            if x.size:
                spread = x.std(axis=0)
                self._means[i, : x.shape[1]] = np.where(spread > 0.0, x.mean(axis=0), 0.0)
                self._scales[i, : x.shape[1]] = np.where(spread > 0.0, spread, 1.0)
        self._sizes = np.array([self._size(i, float(trials[observed].mean())) for i in self._layout.varying])

    def _size(self, place: int, trials: float) -> float:
        name = self._model.density.parameters[place].name
        change = slope(LINKS[self._model.links[name]], self._guess[place])
        known = information(self._model.density.code, place, place, trials, self._guess) * change**2
        power = {"unit": 1.0, "inverse_sqrt": 0.5, "inverse": 0.0}[self._model.scaling]
        return float(known**power)

    def starts(self) -> list[Array]:
        """Points to begin from: levels by the method of moments, and a grid of alphas and betas."""
        layout = self._layout
        points = []
        for alpha, beta in itertools.product(ALPHAS, BETAS):
            parts = layout.unpack(np.zeros(len(layout.names)))
            for i, name in enumerate(self._model.time_varying):
                guess = self._guess[layout.varying[i]]
                parts.omega[i] = to_predictor(self._model.links[name], np.array(guess))
            parts.alpha[0] = alpha
            parts.beta[0] = math.atanh(beta)
            parts.initial[:] = parts.omega
            for place in layout.static:
                parts.theta[place] = to_predictor(
                    self._model.density.parameters[place].link, np.array(self._guess[place])
                )
            points.append(layout.repack(parts))
        return points

    def coefficients(self, u: Array) -> Coefficients:
        """Coefficients at a point."""
        parts = self._layout.unpack(u)
        beta = np.column_stack([from_partial(np.tanh(column)) for column in parts.beta.T])
        x = parts.x / np.where(self._scales > 0.0, self._scales, 1.0)
        distance = 1.0 if self._model.parametrization == "level" else 1.0 - beta.sum(axis=0)
        omega = parts.omega * distance - (x * self._means).sum(axis=1)
        theta = parts.theta.copy()
        for place in self._layout.static:
            theta[place] = from_predictor(self._model.density.parameters[place].link, theta[place])
        return Coefficients(omega, x, parts.alpha / self._sizes, beta, parts.initial, theta)

    def jacobian(self, u: Array) -> Array:
        """Differentiate the coefficients (rows) by the coordinates, shape (d, d), by central differences."""
        columns = [
            self._layout.repack(self.coefficients(u + h)) - self._layout.repack(self.coefficients(u - h))
            for h in STEP * np.eye(len(u))
        ]
        return np.column_stack(columns) / (2.0 * STEP)

    def point(self, parts: Coefficients) -> Array:
        """Point of coefficients.

        Raises
        ------
        GasModelError
            If they are not stationary.
        """
        beta = np.column_stack([to_partial(column) for column in parts.beta.T])
        if not (np.abs(beta) < 1.0).all():
            raise GasModelError("the start is not stationary; the roots of its beta must lie outside the unit circle")
        distance = 1.0 if self._model.parametrization == "level" else 1.0 - parts.beta.sum(axis=0)
        omega = (parts.omega + (parts.x * self._means).sum(axis=1)) / distance
        theta = parts.theta.copy()
        for place in self._layout.static:
            theta[place] = to_predictor(self._model.density.parameters[place].link, theta[place])
        scaled = Coefficients(
            omega, parts.x * self._scales, parts.alpha * self._sizes, np.arctanh(beta), parts.initial, theta
        )
        return self._layout.repack(scaled)


def from_partial(partial: Array) -> Array:
    """Autoregressive coefficients of partial autocorrelations (Durbin-Levinson recursion)."""
    beta = np.empty(0)
    for r in np.clip(partial, -EDGE, EDGE):
        beta = np.append(beta - r * beta[::-1], r)
    return beta


def to_partial(beta: Array) -> Array:
    """Partial autocorrelations of autoregressive coefficients; one beyond 1 in size tells they are not stationary."""
    partial = np.empty(len(beta))
    for j in range(len(beta) - 1, -1, -1):
        r = partial[j] = beta[j]
        if abs(r) >= 1.0:
            return np.full(len(partial), r)
        beta = (beta[:j] + r * beta[:j][::-1]) / (1.0 - r * r)
    return partial


class Objective:
    """Mean negative log-likelihood of an observation at a point, with derivatives by central differences."""

    def __init__(self, model: GasModel, data: Data, coordinates: Coordinates, count: int) -> None:
        self._model, self._data, self._coordinates, self._count = model, data, coordinates, count

    def __call__(self, u: Array) -> float:
        """Value at a point."""
        if not (np.abs(u) < 1e6).all():
            return REFUSED
        try:
            loglik = self._model.path(self._coordinates.coefficients(u), self._data).loglik
        except GasModelError:
            return REFUSED
        return -loglik / self._count if math.isfinite(loglik) else REFUSED

    def gradient(self, u: Array) -> Array:
        """Gradient at a point."""
        return np.array([(self(u + h) - self(u - h)) / (2.0 * STEP) for h in STEP * np.eye(len(u))])

    def hessian(self, u: Array) -> Array:
        """Hessian at a point."""
        steps = CURVATURE_STEP * np.eye(len(u))
        rows = np.array([self.gradient(u + h) - self.gradient(u - h) for h in steps]) / (2.0 * CURVATURE_STEP)
        return np.asarray(0.5 * (rows + rows.T))


def maximise(model: GasModel, data: Data, start: Mapping[str, float] | None = None) -> Fit:
    """Estimate a model by maximum likelihood.

    Parameters
    ----------
    model : GasModel
        The model.
    data : Data
        Observations of one series, or of several that share the coefficients.
    start : mapping of str to float, optional
        Coefficients to begin from; by default the best of a grid.

    Raises
    ------
    GasModelError
        If there are fewer observations than coefficients, or the start is not stationary.
    """
    layout = model.layout
    count = int((~np.isnan(data.y) & (data.trials > 0)).sum())
    if count <= len(layout.names):
        raise GasModelError(f"{count} observations for {len(layout.names)} coefficients; a fit needs more observations")
    coordinates = Coordinates(model, data)
    objective = Objective(model, data, coordinates, count)
    starts = coordinates.starts() if start is None else [coordinates.point(layout.unpack(layout.pack(start)))]
    u = optimize.minimize(
        objective, min(starts, key=objective), jac=objective.gradient, method="BFGS", options={"gtol": 1e-7}
    ).x
    u, hessian, gain, definite = _newton(objective, u)
    gain *= count
    parts = coordinates.coefficients(u)
    spread = np.linalg.inv(hessian * count) if definite else np.full_like(hessian, np.nan)
    jacobian = coordinates.jacobian(u)
    errors = jacobian @ spread @ jacobian.T
    values = layout.repack(parts)
    return Fit(
        model=model,
        params=Named(layout, values),
        standard_errors=Named(layout, np.sqrt(np.diag(errors))),
        covariance=errors,
        filtered=model.path(parts, data),
        observations=count,
        converged=definite and gain < TOLERANCE,
        message=_message(definite, gain),
        coordinates=coordinates,
        point=u,
        spread=spread,
    )


def _newton(objective: Objective, u: Array) -> tuple[Array, Array, float, bool]:
    """Take Newton steps while they gain; the point, its Hessian, the gain of another step, and definiteness."""
    value = objective(u)
    for _ in range(NEWTON_STEPS):
        gradient, hessian = objective.gradient(u), objective.hessian(u)
        definite = bool(np.linalg.eigvalsh(hessian).min() > 0.0)
        if not definite:
            return u, hessian, math.inf, False
        step = np.linalg.solve(hessian, gradient)
        gain = 0.5 * float(gradient @ step)
        following = objective(u - step)
        if following >= value or gain < 1e-15:
            break
        u, value = u - step, following
    return u, hessian, gain, True


def _message(definite: bool, gain: float) -> str:
    if not definite:
        return "not converged: the likelihood is flat or rising in some direction; use a simpler model or a start"
    if gain >= TOLERANCE:
        return f"not converged: a Newton step promises {gain:.2g} more log-likelihood; use a start"
    return "converged: the gradient is zero and the Hessian definite"
