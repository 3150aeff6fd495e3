"""What a fit descends on: the mean negative log-likelihood of an observation, with derivatives by differences.

All points that a derivative needs are filtered together. Coordinates may be fixed; derivatives are by the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from ballast.scoring.coordinates import Coordinates
from ballast.scoring.links import Array

FORWARD: Final = 1e-7
"""Step of one-sided differences, for the gradient of a climb."""
CENTRAL: Final = 1e-5
"""Step of central differences, for the gradient of Newton steps."""
SECOND: Final = 1e-3
"""Step of second differences, for the Hessian."""
FLAT: Final = 1e-8
"""Curvature of the mean log-likelihood that is not told from none by such differences."""


class Objective:
    """Mean negative log-likelihood of an observation.

    Parameters
    ----------
    coordinates : Coordinates
        The model's coefficients, given the data.
    count : int
        Number of observations.
    fixed : mapping of int to float
        Coordinates that are fixed, and where.
    following : bool
        Whether alphas below zero are refused.

    Attributes
    ----------
    free : array of int
        Coordinates that are not fixed.
    """

    def __init__(
        self, coordinates: Coordinates, count: int, fixed: Mapping[int, float] | None = None, following: bool = False
    ) -> None:
        self.coordinates, self.count, self.fixed, self._following = coordinates, count, dict(fixed or {}), following
        self.free = np.array([i for i in range(coordinates.size) if i not in self.fixed], dtype=np.int64)

    def within(self, fixed: Mapping[int, float]) -> Objective:
        """Objective with more coordinates fixed."""
        return Objective(self.coordinates, self.count, self.fixed | dict(fixed), self._following)

    def project(self, points: Array) -> Array:
        """Points (B, d) with the fixed coordinates in place."""
        result = points.copy()
        for place, value in self.fixed.items():
            result[:, place] = value
        return result

    def __call__(self, points: Array) -> Array:
        """Values at points (B, d), shape (B,); infinite where the filter leaves a domain."""
        values = np.full(len(points), np.inf)
        allowed = self.coordinates.allowed(points)
        if self._following:
            allowed &= self.coordinates.follows(points)
        if allowed.any():
            values[allowed] = -self.coordinates.logliks(points[allowed]) / self.count
        return values

    def _around(self, point: Array, steps: Array) -> Array:
        """Values after steps (B, f) of the free coordinates."""
        points = np.tile(point, (len(steps), 1))
        points[:, self.free] += steps
        return self(points)

    def first_order(self, point: Array) -> tuple[float, Array]:
        """Value and gradient, shape (f,), by one-sided differences; zero where the filter leaves on both sides."""
        steps = FORWARD * np.eye(len(self.free))
        value, *ahead = self._around(point, np.vstack([np.zeros(len(self.free)), steps]))
        gradient = (np.array(ahead) - value) / FORWARD
        left = ~np.isfinite(gradient)
        if left.any():
            gradient[left] = (value - self._around(point, -steps[left])) / FORWARD
        return float(value), np.where(np.isfinite(gradient), gradient, 0.0)

    def second_order(self, point: Array) -> tuple[float, Array, Array]:
        """Value, gradient (f,) and Hessian (f, f); not finite where the filter leaves a domain around the point."""
        f = len(self.free)
        steps = CENTRAL * np.eye(f)
        value, *near = self._around(point, np.vstack([np.zeros(f), steps, -steps]))
        ahead, behind = np.array(near).reshape(2, f)
        gradient = (ahead - behind) / (2.0 * CENTRAL)
        # as small a step in a steep direction as keeps the change of the value what it is in others
        rough = np.nan_to_num((ahead - 2.0 * value + behind) / CENTRAL**2, nan=1.0, posinf=1.0, neginf=1.0)
        sizes = SECOND / np.sqrt(np.maximum(np.abs(rough), 1.0))
        rows, columns = np.triu_indices(f)
        steps = np.zeros((len(rows), f))
        np.add.at(steps, (np.arange(len(rows)), rows), sizes[rows])
        np.add.at(steps, (np.arange(len(rows)), columns), np.where(rows < columns, sizes[columns], 0.0))
        pairs = (self._around(point, np.vstack([steps, -steps])).reshape(2, -1) - value).sum(axis=0)
        changes = np.empty((f, f))
        changes[rows, columns] = changes[columns, rows] = pairs
        alone = np.diag(changes)
        hessian = 0.5 * (changes - alone[:, None] - alone)
        np.fill_diagonal(hessian, alone)
        return float(value), gradient, np.asarray(hessian / np.outer(sizes, sizes))


def inverse_curvature(hessian: Array) -> Array:
    """Inverse of a Hessian with its eigenvalues taken as positive and not flat; the unit matrix if it is not finite."""
    if not np.isfinite(hessian).all():
        return np.eye(len(hessian))
    values, vectors = np.linalg.eigh(hessian)
    return np.asarray(vectors / np.maximum(np.abs(values), FLAT) @ vectors.T)
