"""Free coordinates of a model's coefficients: what a fit searches in.

Every point is a stationary model: unconditional levels in place of omegas, coefficients of standardised regressors,
alphas in units of the inverse information, betas by partial autocorrelations (Monahan 1984, Biometrika 71(2)), and
static parameters through their links. All are numbers without a unit, around zero for the first guess, so that a fit
does not depend on the unit of the data. The search reads standardised observations (`ballast.scoring.standard`), for
its differences would be lost in rounding far from zero, and a rough likelihood sends it elsewhere for the last digit.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from ballast.errors import GasModelError
from ballast.scoring.data import Data, observed
from ballast.scoring.engine import Filtered, Many
from ballast.scoring.layout import Coefficients
from ballast.scoring.links import DEFAULT_LINK, LINKS, REAL, UNIT, Array, from_predictor, inside, slope, to_predictor
from ballast.scoring.scores import STUDENT_T, information
from ballast.scoring.specification import Specification
from ballast.scoring.standard import Standard

STEP: Final = 1e-5
"""Of the differences by which coefficients are differentiated."""
FAR: Final = 60.0
"""Largest size of the coordinate of a static parameter."""
FARTHEST: Final = 1e6
"""Largest size of any coordinate."""
LOWEST: Final = 1e-10
"""Smallest variance, in units of the first guess; a scale is its root."""
NARROW: Final = 1e-4
"""Variance, in the same units, below which a search that found no maximum was led by observations that are equal."""
DF: Final = 2
"""Place of the degrees of freedom of a Student-t density."""
PLACES: Final = 9
"""Decimal places of a point of given coefficients: the last digits depend on the unit of the data."""
EDGE: Final = 1.0 - 1e-9
"""Largest partial autocorrelation."""


class Axis(NamedTuple):
    """How a number u stands for a value: link(value) = centre + unit u."""

    link: str
    centre: float
    unit: float

    def value(self, u: Array) -> Array:
        """Values of numbers."""
        return from_predictor(self.link, self.centre + self.unit * u)

    def number(self, value: float) -> float:
        """Find the number of a value."""
        return (float(to_predictor(self.link, np.array(value))) - self.centre) / self.unit


GROSS: Final = 12.0
"""Standardised observations beyond it are gross outliers."""


class Coordinates:
    """Free coordinates of a model's coefficients, given data.

    Parameters
    ----------
    model : Specification
        The model.
    data : Data
        Sets the scales of everything, and the first guesses.

    Attributes
    ----------
    model, data : Specification, Data
        As given.
    guesses : tuple of tuple of float
        Parameters of the density of standardised observations to start from; the first is the origin.
    """

    def __init__(self, model: Specification, data: Data) -> None:
        self.model, self.data, self._layout = model, data, model.layout
        density, layout = model.density, model.layout
        seen = observed(data)
        trials = np.broadcast_to(data.trials, data.y.shape)[seen]
        domains = [parameter.domain for parameter in density.parameters]
        self._standard = Standard(model, data.y)
        self._data = data._replace(y=self._standard.y)
        y = self._data.y[seen]
        self.guesses = density.guesses(y, trials)
        if 0 in layout.varying and density.parameters[0].domain != UNIT:
            # where the series begins: a persistent one need not begin near its middle
            first = self._data.y[np.argmax(seen, axis=0), range(data.y.shape[1])]
            begin = float(np.mean(first[seen.any(axis=0)]))
            if inside(density.parameters[0].domain, begin):
                self.guesses += ((begin, *self.guesses[-1][1:]),)
        theta = np.ones(3)
        theta[: len(density.parameters)] = self.guesses[0]
        width = density.spread(y) if domains[0] == REAL else 1.0
        self._axes = []
        for place, domain in enumerate(domains):
            # through the default link also where the filter works without: a level must lie in its domain
            link = DEFAULT_LINK[domain]
            centre = float(to_predictor(link, theta[place]))
            self._axes.append(Axis(link, centre, width if domain == REAL else 1.0))
        self._levels, sizes, units = [], [], []
        for place, link in zip(layout.varying, model.links.values(), strict=True):
            change = float(slope(LINKS[link], theta[place]))
            axis = self._axes[place]
            linked = axis if link == "identity" else axis._replace(link="identity")
            self._levels.append(linked)
            units.append(float(slope(LINKS[axis.link], theta[place])) * axis.unit / change)
            known = information(density.code, place, place, float(trials.mean()), theta) * change**2
            sizes.append(known ** {"unit": 1.0, "inverse_sqrt": 0.5, "inverse": 0.0}[model.scaling])
        self._sizes = sizes
        self._means, self._scales = [], []
        for x, unit in zip(model.regressors, units, strict=True):
            deviation = x.std(axis=0) if x.size else np.empty(0)
            self._means.append(np.where(deviation > 0.0, x.mean(axis=0), 0.0) if x.size else deviation)
            self._scales.append(np.where(deviation > 0.0, deviation, 1.0) / unit)
        where = {place: at.omega for place, at in zip(layout.varying, layout.at, strict=True)} | layout.static_at
        widths = [(place, parameter.width) for place, parameter in enumerate(density.parameters) if parameter.width]
        self._widths = np.array([where[place] for place, _ in widths], dtype=np.int64)
        self._lowest, self._narrow = (
            np.array([self.number(place, theta[place] * share**power) for place, power in widths])
            for share in (LOWEST, NARROW)
        )
        self._tail = layout.static_at.get(DF) if density.code == STUDENT_T else None
        equal = np.unique(y, return_counts=True)[1].max()
        self._odds = float(np.divide(equal, len(y) - equal))
        """Of an observation to be one of those that are equal."""
        self._far = np.full(len(layout.names), FARTHEST)
        self._far[list(layout.static_at.values())] = FAR

    @property
    def gross(self) -> Any:
        """Which observations are gross outliers, shape (T, N): far from the median in the spread of the others."""
        return np.abs(self._data.y) > GROSS

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return len(self._layout.names)

    @property
    def varying(self) -> int:
        """Number of time-varying parameters."""
        return len(self._layout.varying)

    def allowed(self, points: Array) -> Any:
        """Tell which of points (B, d) are in reach of a search."""
        return (np.abs(points) < self._far).all(axis=1) & (points[:, self._widths] > self._lowest).all(axis=1)

    @property
    def box(self) -> tuple[Array, Array]:
        """Lowest and highest coordinates in reach of a search that needs bounds, shapes (d,)."""
        high = np.minimum(0.99 * self._far, FAR)
        low = -high
        low[self._widths] = np.maximum(low[self._widths], self._lowest + 1.0)
        return low, high

    def follows(self, points: Array) -> Any:
        """Tell at which of points (B, d) parameters follow their scores: no first alpha is below zero."""
        return (points[:, [at.alpha.start for at in self._layout.at]] >= 0.0).all(axis=1)

    def degenerate(self, point: Array) -> bool:
        """Whether the likelihood rises without bound as a spread goes to zero, from a point on.

        So it does where a spread is all but zero, and where a Student-t has tails so heavy that m of n observations,
        which are equal, gain more by a smaller scale than the others lose: df (n - m) < m.
        """
        if (point[self._widths] < self._lowest + 1.0).any():
            return True
        return self._tail is not None and bool(self._axes[DF].value(point[self._tail]) < self._odds)

    def narrow(self, point: Array) -> bool:
        """Whether a spread at a point is far below that of the observations."""
        return bool((point[self._widths] < self._narrow).any())

    def betas(self, points: Array) -> Array:
        """Coordinates of the betas at points (B, d), shape (B, ..)."""
        return np.hstack([points[:, at.beta] for at in self._layout.at])

    def guess(self, points: Array) -> Array:
        """Coordinates of the levels and static parameters at points (B, d), shape (B, ..)."""
        return points[:, [*(at.omega for at in self._layout.at), *self._layout.static_at.values()]]

    def number(self, place: int, value: float) -> float:
        """Coordinate of a static parameter's value, or of a time-varying one's level, of standardised data."""
        return self._axes[place].number(value)

    def start(self, guess: tuple[float, ...], alphas: tuple[float, ...], betas: tuple[float, ...]) -> Array:
        """Point with the levels and static parameters of a guess, and by parameter an alpha and a beta."""
        point = np.zeros(len(self._layout.names))
        for at, place, alpha, beta in zip(self._layout.at, self._layout.varying, alphas, betas, strict=True):
            point[at.omega] = self.number(place, guess[place])
            point[at.alpha.start] = alpha
            point[at.beta.start] = np.arctanh(beta)
            if at.initial is not None:
                point[at.initial] = point[at.omega]
        for place, where in self._layout.static_at.items():
            point[where] = self.number(place, guess[place])
        return point

    def vectors(self, points: Array) -> Array:
        """Coefficients in the order of the layout, shape (B, d), at points (B, d)."""
        return self._standard.undone(self._counted(points))

    def _counted(self, points: Array) -> Array:
        """Coefficients at points (B, d) of the standardised observations."""
        layout = self._layout
        result = np.empty_like(points)
        for i, at in enumerate(layout.at):
            beta = from_partial(np.tanh(points[:, at.beta]))
            x = points[:, at.x] / self._scales[i]
            distance = 1.0 if self.model.parametrization == "level" else 1.0 - beta.sum(axis=1)
            result[:, at.omega] = self._levels[i].value(points[:, at.omega]) * distance - x @ self._means[i]
            result[:, at.x], result[:, at.beta] = x, beta
            result[:, at.alpha] = points[:, at.alpha] / self._sizes[i]
            if at.initial is not None:
                result[:, at.initial] = self._levels[i].value(points[:, at.initial])
        for place, where in layout.static_at.items():
            result[:, where] = self._axes[place].value(points[:, where])
        return result

    def coefficients(self, point: Array) -> Coefficients:
        """Coefficients at a point."""
        return self._layout.unpack(self.vectors(point[None])[0])

    def path(self, point: Array) -> tuple[Coefficients, Filtered]:
        """Coefficients and path of the standardised observations at a point.

        Raises
        ------
        GasModelError
            If the filter leaves a domain.
        """
        parts = self._layout.unpack(self._counted(point[None])[0])
        start = self.model.start(parts, self._data.y.shape[1], self._standard.given)
        return parts, self.model.path(parts, self._data, start)

    def jacobian(self, point: Array) -> Array:
        """Differentiate the coefficients (rows) by the coordinates, shape (d, d), by central differences."""
        steps = STEP * np.eye(len(point))
        ahead, behind = self._counted(point + steps), self._counted(point - steps)
        return np.asarray(self._standard.differences(ahead, behind).T / (2.0 * STEP))

    def point(self, vector: Array) -> Array:
        """Point of a vector of coefficients, rounded so that it is the same in every unit of the data.

        Raises
        ------
        GasModelError
            If they are not stationary, or a level is out of its domain.
        """
        layout = self._layout
        point = np.empty_like(vector)
        given, vector = vector, self._standard.done(vector[None])[0]
        for i, (at, name) in enumerate(zip(layout.at, self.model.time_varying, strict=True)):
            partial = to_partial(vector[at.beta])
            if not (np.abs(partial) < 1.0).all():
                raise GasModelError(
                    "the start is not stationary; the roots of its beta must lie outside the unit circle"
                )
            distance = 1.0 if self.model.parametrization == "level" else 1.0 - vector[at.beta].sum()
            level = (vector[at.omega] + vector[at.x] @ self._means[i]) / distance
            with np.errstate(invalid="ignore", divide="ignore"):
                point[at.omega] = self._levels[i].number(level)
                if at.initial is not None:
                    point[at.initial] = self._levels[i].number(vector[at.initial])
            if not np.isfinite(point[at.omega]) or (at.initial is not None and not np.isfinite(point[at.initial])):
                level = (given[at.omega] + given[at.x] @ self._means[i]) / distance
                raise GasModelError(f"the start has a level of {name}, {level:.6g}, that is out of its domain")
            point[at.x], point[at.beta] = vector[at.x] * self._scales[i], np.arctanh(partial)
            point[at.alpha] = vector[at.alpha] * self._sizes[i]
        for place, where in layout.static_at.items():
            point[where] = self.number(place, vector[where])
        return np.asarray(point.round(PLACES))

    def logliks(self, points: Array) -> Array:
        """Log-likelihoods at points (B, d), shape (B,); minus infinity where the filter leaves a domain."""
        return self.model.engine.logliks(self._data, self._many(points))

    def exponents(self, points: Array, smallest: float) -> Array:
        """Lyapunov exponents at points (B, d), shape (B,); see `ballast.scoring.forgetting.exponents`."""
        return self.model.engine.exponents(self._data, self._many(points), smallest)

    def _many(self, points: Array) -> Many:
        """Coefficients at points as the engine takes those of many vectors."""
        layout, model = self._layout, self.model
        count, k = len(points), len(layout.at)
        vectors = self._counted(points)
        level = model.parametrization == "level"
        times = len(self.data.y) if any(x.size for x in model.regressors) else 1
        base = np.empty((times, count, k))
        alpha, beta = np.empty((count, layout.p, k)), np.empty((count, layout.q, k))
        first = np.empty((count, k))
        for i, (at, x) in enumerate(zip(layout.at, model.regressors, strict=True)):
            base[:, :, i] = vectors[:, at.omega]
            if x.size:
                base[:, :, i] += x @ vectors[:, at.x].T
            alpha[:, :, i], beta[:, :, i] = vectors[:, at.alpha], vectors[:, at.beta]
            if at.initial is not None:
                first[:, i] = vectors[:, at.initial]
            elif not np.isnan(self._standard.given[i]):
                first[:, i] = self._standard.given[i]
            elif level:
                first[:, i] = base[0, :, i]
            else:
                first[:, i] = self._levels[i].value(points[:, at.omega])
        if level:
            first -= base[0]
        thetas = np.ones((count, 3))
        for place, where in layout.static_at.items():
            thetas[:, place] = vectors[:, where]
        return Many(thetas, level, base, alpha, beta, first)


def from_partial(partial: Array) -> Array:
    """Autoregressive coefficients of partial autocorrelations, rows of (B, q), by the Durbin-Levinson recursion."""
    beta = np.empty((len(partial), 0))
    for r in np.clip(partial, -EDGE, EDGE).T[:, :, None]:
        beta = np.hstack([beta - r * beta[:, ::-1], r])
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
