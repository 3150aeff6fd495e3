"""Standardised observations, and what the coefficients of a model are for those as given.

Observations on the whole line are counted from their median in units of their spread (`Density.spread`), positive ones
in units of their median. They are rounded, so that those of two units of measurement are the same numbers: where a
likelihood has several maxima, a search ends at the same one.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ballast.scoring.links import REAL, Array
from ballast.scoring.specification import Specification

DIGITS: Final = 35
"""Binary digits that are kept: the last of 53 are lost when a unit is changed, and few numbers may be rounded apart."""


class Standard:
    """Standardised observations of a model.

    Parameters
    ----------
    model : Specification
        The model.
    y : array, shape (T, N)
        Observations; NaN is missing.

    Attributes
    ----------
    y : array, shape (T, N)
        Standardised observations; as given if their density has no unit.
    given : array, shape (k,)
        The model's given initial values for them.
    """

    def __init__(self, model: Specification, y: Array) -> None:
        layout, self._level = model.layout, model.parametrization == "level"
        parameters = model.density.parameters
        line = parameters[0].domain == REAL
        middle, unit = 0.0, 1.0
        self.y = y
        if parameters[0].power:
            middle = float(np.nanmedian(y)) if line else 0.0
            unit = model.density.spread(y) if line else float(np.nanmedian(y) or np.nanmean(y))
            self.y = _rounded((y - middle) / unit, 1.0 if line else 0.0)
        self._factors = np.ones(len(layout.names))
        self._moved: list[tuple[int, slice, float]] = []
        """Coefficients that move with the data: where, with which betas, and how far."""
        self.given = model.given.copy()
        for place, where in layout.static_at.items():
            self._factors[where] = unit ** parameters[place].power
            if place == 0 and line:
                self._moved.append((where, slice(0, 0), middle))
        for i, (at, place, link) in enumerate(zip(layout.at, layout.varying, model.links.values(), strict=True)):
            power = parameters[place].power
            move = middle if place == 0 and line else 0.0
            factor = unit**power
            if link == "log":
                move, factor = power * float(np.log(unit)), 1.0
            self._moved.append((at.omega, slice(0, 0) if self._level else at.beta, move))
            self._factors[[at.omega, *range(at.x.start, at.x.stop)]] = factor
            self._factors[at.alpha] = factor ** {"unit": 2, "inverse_sqrt": 1, "inverse": 0}[model.scaling]
            if at.initial is not None:
                self._moved.append((at.initial, slice(0, 0), move))
                self._factors[at.initial] = factor
            self.given[i] = (self.given[i] - move) / factor

    def undone(self, vectors: Array) -> Array:
        """Coefficients (B, d) of the observations as given, from those of standardised ones."""
        result = vectors * self._factors
        for where, betas, move in self._moved:
            result[:, where] += move * (1.0 - vectors[:, betas].sum(axis=1))
        return result

    def done(self, vectors: Array) -> Array:
        """Coefficients (B, d) of standardised observations, from those of the observations as given."""
        result = vectors.copy()
        for where, betas, move in self._moved:
            result[:, where] -= move * (1.0 - vectors[:, betas].sum(axis=1))
        return np.asarray(result / self._factors)

    def differences(self, ahead: Array, behind: Array) -> Array:
        """Differences of coefficients (B, d) undone, without the rounding of large ones."""
        result = (ahead - behind) * self._factors
        for where, betas, move in self._moved:
            result[:, where] -= move * (ahead[:, betas] - behind[:, betas]).sum(axis=1)
        return result


def _rounded(y: Array, least: float) -> Array:
    """Numbers rounded to some binary digits of their size, or of the least size if they are smaller."""
    _, exponents = np.frexp(np.maximum(np.abs(y), least))
    return np.asarray(np.ldexp(np.rint(np.ldexp(y, DIGITS - exponents)), exponents - DIGITS))
