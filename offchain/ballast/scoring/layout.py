"""Names and order of a model's coefficients.

For each time-varying parameter: ``omega``, ``x1`` .. of its regressors, ``alpha`` by lag, ``beta`` by lag, and
``initial`` if that is estimated; then the static parameters under their own names. A name ends in the parameter it
belongs to (``omega_mean``, ``alpha2_scale``) unless only one varies, and has a number only if there are several lags.
The longer spelling is always understood, and so are a parameter's other names.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ballast.errors import GasModelError
from ballast.scoring.data import by_name, number
from ballast.scoring.densities import Density
from ballast.scoring.links import UNIT, Array, inside


class Coefficients(NamedTuple):
    """Coefficients as arrays, for k time-varying parameters with at most m regressors.

    omega (k,); x (k, m), zero where there is no regressor; alpha (p, k); beta (q, k); initial (k,) in linked units, NaN
    where it is not a coefficient; theta (3,), the static parameters at their places.
    """

    omega: Array
    x: Array
    alpha: Array
    beta: Array
    initial: Array
    theta: Array


class Places(NamedTuple):
    """Where the coefficients of a time-varying parameter stand in a vector; initial is None if it is none of them."""

    omega: int
    x: slice
    alpha: slice
    beta: slice
    initial: int | None

    @property
    def all(self) -> range:
        """All of them."""
        return range(self.omega, self.beta.stop if self.initial is None else self.initial + 1)


class Named(dict[str, float]):
    """Coefficients by name, in order; other spellings of a name are understood when one is looked up by ``[]``."""

    def __init__(self, layout: Layout, values: Array) -> None:
        super().__init__(zip(layout.names, (float(value) for value in values), strict=True))
        self._spellings = layout.spellings

    def __missing__(self, name: str) -> float:
        if name in self._spellings:
            return self[self._spellings[name]]
        raise KeyError(name)


class Layout:
    """Order and spellings of coefficients.

    Parameters
    ----------
    density : Density
        The density.
    varying : tuple of int
        Places of the k time-varying parameters.
    columns : tuple of int, length k
        Number of regressors of each.
    p, q : int
        Lags of the score and of the parameter.
    estimated : tuple of bool, length k
        Whether the initial value of each is a coefficient.

    Attributes
    ----------
    names : list of str
        Coefficients in order.
    spellings : dict of str to str
        The name that each accepted spelling stands for.
    static : list of int
        Places of the static parameters.
    at : list of Places
        Of each time-varying parameter.
    static_at : dict of int to int
        Where each static parameter stands in a vector, by its place.
    """

    def __init__(
        self,
        density: Density,
        varying: tuple[int, ...],
        columns: tuple[int, ...],
        p: int,
        q: int,
        estimated: tuple[bool, ...],
    ) -> None:
        self.density, self.varying, self.columns, self.p, self.q, self.estimated = (
            density,
            varying,
            columns,
            p,
            q,
            estimated,
        )
        self.static = [i for i in range(len(density.parameters)) if i not in varying]
        self.names: list[str] = []
        self.spellings: dict[str, str] = {}
        for i, place in enumerate(varying):
            parameter = density.parameters[place]
            longer = [f"_{name}" for name in (parameter.name, *parameter.aliases)]
            endings = ["", *longer] if len(varying) == 1 else longer
            for stems in self._stems(i):
                self._add(stems, endings)
        for place in self.static:
            parameter = density.parameters[place]
            self._add([parameter.name, *parameter.aliases], [""])
        self.at = self._places()
        self.static_at = {place: len(self.names) - len(self.static) + j for j, place in enumerate(self.static)}

    def _places(self) -> list[Places]:
        places, start = [], 0
        for m, estimated in zip(self.columns, self.estimated, strict=True):
            ends = start + 1 + np.cumsum([0, m, self.p, self.q])
            x, alpha, beta = (slice(int(a), int(b)) for a, b in itertools.pairwise(ends))
            places.append(Places(start, x, alpha, beta, int(ends[-1]) if estimated else None))
            start = int(ends[-1]) + estimated
        return places

    def _stems(self, i: int) -> list[list[str]]:
        lags = [_numbered("alpha", self.p), _numbered("beta", self.q)]
        regressors = [[f"x{j + 1}"] for j in range(self.columns[i])]
        return [["omega"], *regressors, *lags[0], *lags[1], *([["initial"]] if self.estimated[i] else [])]

    def _add(self, stems: list[str], endings: list[str]) -> None:
        name = stems[0] + endings[0]
        self.names.append(name)
        self.spellings |= {stem + ending: name for stem in stems for ending in endings}

    def pack(self, params: Mapping[str, float]) -> Array:
        """Coefficients by name as a vector.

        Raises
        ------
        GasModelError
            If one is missing, unknown, given twice or out of its domain.
        """
        given: dict[str, float] = {}
        for name, value in by_name("params", params).items():
            known = self.spellings.get(name)
            if known is None:
                raise GasModelError(f"there is no coefficient {name!r}; the model has {', '.join(self.names)}")
            if known in given:
                raise GasModelError(f"coefficient {known!r} is given twice, the second time as {name!r}")
            given[known] = number(f"coefficient {name!r}", value)
        missing = [name for name in self.names if name not in given]
        if missing:
            raise GasModelError(f"without a value: {', '.join(missing)}; the model has {', '.join(self.names)}")
        for place in self.static:
            parameter = self.density.parameters[place]
            if not inside(parameter.domain, given[parameter.name]):
                bounds = "above 0 and below 1" if parameter.domain == UNIT else "above 0"
                raise GasModelError(f"{parameter.name} is {given[parameter.name]}; it must be {bounds}")
        return np.array([given[name] for name in self.names])

    def unpack(self, vector: Array) -> Coefficients:
        """Arrays of a vector of coefficients."""
        k, m = len(self.varying), max(self.columns)
        parts = Coefficients(
            np.empty(k), np.zeros((k, m)), np.empty((self.p, k)), np.empty((self.q, k)), np.full(k, np.nan), np.ones(3)
        )
        for i, at in enumerate(self.at):
            parts.omega[i] = vector[at.omega]
            parts.x[i, : self.columns[i]] = vector[at.x]
            parts.alpha[:, i] = vector[at.alpha]
            parts.beta[:, i] = vector[at.beta]
            if at.initial is not None:
                parts.initial[i] = vector[at.initial]
        for place, where in self.static_at.items():
            parts.theta[place] = vector[where]
        return parts


def _numbered(stem: str, lags: int) -> list[list[str]]:
    return [[stem, f"{stem}1"]] if lags == 1 else [[f"{stem}{i + 1}"] for i in range(lags)]
