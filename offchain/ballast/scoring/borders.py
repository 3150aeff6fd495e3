"""Borders of a model's coefficients at which a simpler model is as good, and whether a fit runs to one.

A density may become a simpler one (negative binomial to Poisson, Student-t to Gaussian), a parameter may not move at
all (all its alphas zero, so that its betas mean nothing), or never return (persistence 1, so that it has no level).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ballast.scoring.coordinates import EDGE
from ballast.scoring.links import Array
from ballast.scoring.objective import Objective
from ballast.scoring.specification import Specification

AS_GOOD: Final = 1e-4
"""A simpler model is as good if its log-likelihood is not lower by more."""
HOPELESS: Final = 10.0
"""A border is not looked at if the log-likelihood there, all else the same, is lower by more."""
PERSISTENT: Final = 0.99
"""Partial autocorrelation from which on persistence 1 is looked at."""


@dataclass(frozen=True)
class Border:
    """A border at which a fit ended.

    Attributes
    ----------
    what : str
        What is at its border.
    simpler : str or None
        The simpler model there, if that is why the fit ended there.
    coefficients : tuple of str
        Coefficients that have no standard errors there.
    fixed : dict of int to float
        Free coordinates that are fixed there.
    place : int or None
        Place of the static parameter whose border this is.
    """

    what: str
    simpler: str | None
    coefficients: tuple[str, ...]
    fixed: dict[int, float]
    place: int | None = None

    @property
    def message(self) -> str:
        """The verdict in words."""
        if self.simpler is None:
            return (
                "the fit is at the border of invertibility: beyond it the path does not forget its start and the "
                "likelihood is rough; no standard errors, for the border itself is estimated"
            )
        return f"{self.what} is at the border: the simpler model {self.simpler} is as good"


INVERTIBILITY: Final = Border("invertibility", None, (), {})
"""Border of the region where the path forgets its start (`ballast.scoring.invertible`)."""

Search = Callable[[Objective, Array, Border], Array]


def find(objective: Objective, point: Array, search: Search) -> tuple[Objective, Array, tuple[Border, ...]]:
    """Move a highest point to the borders at which a simpler model is as good.

    Parameters
    ----------
    objective : Objective
        Of the model.
    point : array, shape (d,)
        Its highest point.
    search : callable
        Finds the highest point of an objective with more coordinates fixed, given some to begin from besides others.

    Returns
    -------
    tuple of Objective, array and tuple of Border
        With the coordinates at borders fixed, the highest point there, and the borders.
    """
    found: tuple[Border, ...] = ()
    for border in _candidates(objective, point):
        if objective.fixed.keys() & border.fixed.keys():
            continue
        restricted = objective.within(border.fixed)
        begin = restricted.project(point[None])
        value, there = objective(np.vstack([point, begin])) * objective.count
        if not there - value < HOPELESS:
            continue
        end = search(restricted, begin, border)
        if objective(end[None])[0] * objective.count <= value + AS_GOOD:
            objective, point, found = restricted, end, (*found, border)
    if not found:
        return objective, point, found
    # where one parameter no longer moves, another may have come to its border
    objective, point, more = find(objective, point, search)
    return objective, point, (*found, *more)


def simpler(
    objective: Objective, border: Border, estimate: Callable[[Specification], Mapping[str, float]]
) -> list[Array]:
    """Point of the fitted simpler density, so that a fit is never worse; none if it has other coefficients."""
    coordinates = objective.coordinates
    model = coordinates.model
    if border.place is None or model.layout.varying != (0,):
        return []
    parameter = model.density.parameters[border.place]
    assert parameter.border is not None
    assert border.simpler is not None
    regressors = model.regressors[0] if model.regressors[0].size else None
    other = Specification(
        border.simpler,
        ("mean",),
        model.scaling,
        {"mean": model.links[model.time_varying[0]]},
        model.layout.p,
        model.layout.q,
        regressors,
        model.parametrization,
        model.initial,
    )
    found = estimate(other)
    kept = {name: value for name, value in found.items() if name in model.layout.names}
    translated = parameter.border.translate(found) | {parameter.name: parameter.border.value}
    return list(objective.project(coordinates.point(model.layout.pack(kept | translated))[None]))


def _candidates(objective: Objective, point: Array) -> Iterator[Border]:
    coordinates = objective.coordinates
    model, layout = coordinates.model, coordinates.model.layout
    for place, parameter in enumerate(model.density.parameters):
        if parameter.border is None:
            continue
        value = coordinates.number(place, parameter.border.value)
        names: tuple[str, ...]
        if place in layout.static_at:
            fixed, names = {layout.static_at[place]: value}, (parameter.name,)
        else:
            at = layout.at[layout.varying.index(place)]
            fixed = dict.fromkeys(at.all, 0.0) | {at.omega: value}
            fixed |= {} if at.initial is None else {at.initial: value}
            names = tuple(layout.names[i] for i in at.all)
        static = place if place in layout.static_at else None
        yield Border(parameter.name, parameter.border.simpler, names, fixed, static)
    for at, name in zip(layout.at, model.time_varying, strict=True):
        dynamics = [*range(at.alpha.start, at.alpha.stop), *range(at.beta.start, at.beta.stop)]
        names = tuple(layout.names[i] for i in dynamics)
        moved = " but for its regressors" if at.x.stop > at.x.start else ""
        yield Border(
            f"the score coefficient of {name}", f"with a static {name}{moved}", names, dict.fromkeys(dynamics, 0.0)
        )
        for j in dynamics[layout.p :]:
            if abs(np.tanh(point[j])) > PERSISTENT:
                fixed = {j: float(np.copysign(np.arctanh(EDGE), point[j]))}
                names = tuple(layout.names[i] for i in (at.omega, *dynamics[layout.p :]))
                yield Border(f"the persistence of {name}", f"with an integrated {name}", names, fixed)
