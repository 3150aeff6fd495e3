"""Search where the filter forgets its start, for a likelihood that is rough elsewhere.

Blasques, Gorgi, Koopman and Wintenberger (2018, Electronic Journal of Statistics 12(1)) maximise over the region where
the mean logarithm of the derivative of the update is below zero by a small margin. Here the derivative is that along
the path, held off zero. The search begins deep in the region, where the likelihood is smooth, and the margin shrinks.
"""

from __future__ import annotations

import math
import warnings
from typing import Final, NamedTuple

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import minimize

from ballast.scoring.links import Array
from ballast.scoring.objective import CENTRAL, FLAT, Objective, inverse_curvature

MARGINS: Final = (0.3, 0.2, 0.14, 0.1, 0.07, 0.05, 0.035, 0.02)
"""By how much the exponent is below zero on the borders, in the order of the search."""
SMALLEST: Final = 0.1
"""Size to which derivatives are held off zero: one near it would make any path forget."""
WORST: Final = 1e3
"""Value there."""
NEAR: Final = 1e-3
"""Distance from a border at which an exponent is on it."""
STEPS: Final = 100
PRECISION: Final = 1e-11
"""Change of the mean log-likelihood at which a search ends."""
EDGE_TOLERANCE: Final = 1e-4
"""Largest gain in log-likelihood that a Newton step along the border may promise at its highest point."""


class Lagrangian(Objective):
    """An objective with a multiple of the exponent."""

    def __init__(self, objective: Objective, multiplier: float) -> None:
        super().__init__(objective.coordinates, objective.count, objective.fixed)
        self._multiplier = multiplier

    def __call__(self, points: Array) -> Array:
        """Values at points (B, d), shape (B,)."""
        return np.asarray(super().__call__(points) + self._multiplier * self.coordinates.exponents(points, SMALLEST))


class Edge(NamedTuple):
    """Where a search ended on the border of the region.

    Attributes
    ----------
    point : array, shape (d,)
        Where.
    hessian : array, shape (f - 1, f - 1)
        Of the Lagrangian, in the directions along the border.
    gain : float
        Log-likelihood that a Newton step along the border promises.
    """

    point: Array
    hessian: Array
    gain: float

    @property
    def highest(self) -> bool:
        """Whether no point near it on the border is higher."""
        return self.gain < EDGE_TOLERANCE and bool(np.linalg.eigvalsh(self.hessian).min(initial=1.0) > FLAT)


class Region:
    """The region of an objective in which the filter forgets its start."""

    def __init__(self, objective: Objective) -> None:
        self._objective, self._coordinates = objective, objective.coordinates

    def deep(self, points: Array) -> Array:
        """Those of points (B, d) at which the search may begin."""
        return np.asarray(points[self._coordinates.exponents(points, SMALLEST) < -MARGINS[0]])

    def climb(self, point: Array) -> tuple[list[Edge], Array | None]:
        """Find highest points on borders that move outwards, and the first that is inside its border, if any."""
        edges: list[Edge] = []
        for margin in MARGINS:
            end = self._within(point, margin)
            exponent = self._coordinates.exponents(end[None], SMALLEST)[0]
            if exponent > -margin + NEAR or not np.isfinite(self._objective(end[None])[0]):
                continue
            point = end
            if exponent < -margin - NEAR:
                return edges, point
            edge = self._edge(point)
            if edge.highest:
                edges.append(edge)
        return edges, None

    def _within(self, point: Array, margin: float) -> Array:
        """Descend on the objective from a point by sequential quadratic programming, within a border."""
        free = self._objective.free
        low, high = (ends[free] for ends in self._coordinates.box)

        def whole(u: Array) -> Array:
            result = point.copy()
            result[free] = u
            return result

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = minimize(
                lambda u: min(float(self._objective(whole(u)[None])[0]), WORST),
                np.clip(point[free], low, high),
                jac=lambda u: self._objective.first_order(whole(u))[1],
                constraints={
                    "type": "ineq",
                    "fun": lambda u: -margin - self._coordinates.exponents(whole(u)[None], SMALLEST)[0],
                    "jac": lambda u: -self._slope(whole(u)),
                },
                bounds=list(zip(low, high, strict=True)),
                method="SLSQP",
                options={"maxiter": STEPS, "ftol": PRECISION},
            )
        return whole(found.x)

    def _edge(self, point: Array) -> Edge:
        """Curvature along the border at a point on it."""
        slope, gradient = self._slope(point), self._objective.second_order(point)[1]
        multiplier = float(-np.divide(slope @ gradient, slope @ slope))
        _, gradient, hessian = Lagrangian(self._objective, multiplier).second_order(point)
        if not (multiplier > 0.0 and np.isfinite(hessian).all()):
            return Edge(point, hessian, math.inf)
        basis = null_space(slope[None])
        along, hessian = gradient @ basis, basis.T @ hessian @ basis
        gain = 0.5 * float(along @ inverse_curvature(hessian) @ along) * self._objective.count
        return Edge(point, hessian, gain)

    def _slope(self, point: Array) -> Array:
        """Gradient of the exponent by the free coordinates."""
        free = self._objective.free
        steps = np.zeros((len(free), len(point)))
        steps[np.arange(len(free)), free] = CENTRAL
        ahead, behind = self._coordinates.exponents(np.vstack([point + steps, point - steps]), SMALLEST).reshape(2, -1)
        return np.asarray((ahead - behind) / (2.0 * CENTRAL))
