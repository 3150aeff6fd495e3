"""Maximum likelihood estimation.

The likelihood is maximised in the free coordinates of `ballast.scoring.coordinates`: many starts are weighed, from a
few of them quasi-Newton steps climb, and Newton steps end the best climb. Where a parameter runs to a border at which a
simpler model is as good, it is set there (`ballast.scoring.borders`). Where the likelihood is rough, for the path does
not forget its start, the search is made again where it does (`ballast.scoring.invertible`). A Student-t fit of data
with gross outliers begins also at the estimates without them. Standard errors are those of the inverse Hessian over
the coordinates that are inside, brought to the coefficients by the delta method.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from ballast.errors import GasModelError
from ballast.scoring import borders
from ballast.scoring.borders import Border
from ballast.scoring.coordinates import DF, Coordinates
from ballast.scoring.data import Data, fit_for_a_fit, observed
from ballast.scoring.forgetting import NOWHERE
from ballast.scoring.invertible import EDGE_TOLERANCE, Region
from ballast.scoring.layout import Named
from ballast.scoring.links import Array
from ballast.scoring.objective import FLAT, Objective, inverse_curvature
from ballast.scoring.result import Fit
from ballast.scoring.scores import STUDENT_T
from ballast.scoring.specification import Specification

CLIMBS: Final = 5
"""Starts that are climbed from, at most."""
MORE_CLIMBS: Final = 6
"""Starts that are climbed from if those led to no maximum."""
STEPS: Final = 200
"""Largest number of steps of a climb."""
LONGEST: Final = 3.0
"""Longest step of a climb."""
SLOPE: Final = 1e-5
"""Gradient of the mean log-likelihood at which a climb ends and Newton steps begin."""
NEWTON_STEPS: Final = 20
NEAR: Final = 0.1
"""Distance in each coordinate at which two climbs are on the same hill."""
NEGLIGIBLE: Final = 1e-11
"""Gain of a Newton step in mean log-likelihood after which the Hessian is not taken anew."""
TOLERANCE: Final = 1e-6
"""Largest gain in log-likelihood that a further Newton step may promise at a converged fit."""
ALPHAS: Final = {1: (0.02, 0.08, 0.25, 0.6), 2: (0.03, 0.25)}
BETAS: Final = {1: (-0.6, 0.3, 0.7, 0.92, 0.985), 2: (0.3, 0.92, 0.985)}
"""Of the starts, all combinations, by the number of time-varying parameters; three have equal ones."""


def maximise(model: Specification, data: Data, start: Mapping[str, float] | None = None) -> Fit:
    """Estimate a model by maximum likelihood.

    Parameters
    ----------
    model : Specification
        The model.
    data : Data
        Observations of one series, or of several that share the coefficients.
    start : mapping of str to float, optional
        Coefficients to begin from; by default those of a grid.

    Raises
    ------
    GasModelError
        If the likelihood can have no maximum: too few observations, all equal, or regressors that say the same; or if
        the start is not stationary.
    """
    layout = model.layout
    count = int(observed(data).sum())
    if count <= len(layout.names):
        raise GasModelError(f"{count} observations for {len(layout.names)} coefficients; a fit needs more observations")
    fit_for_a_fit(model.density, data, model.time_varying)
    with np.errstate(all="ignore"):
        coordinates = Coordinates(model, data)
        if start is None:
            starts, certain = _grid(coordinates), _without_outliers(coordinates)
        else:
            starts, certain = coordinates.point(layout.pack(start))[None], np.empty((0, len(layout.names)))
        summit = _highest(coordinates, count, starts, certain)
        point, spread = summit.point, np.zeros((len(layout.names), len(layout.names)))
        inside = np.ix_(summit.objective.free, summit.objective.free)
        spread[inside] = np.linalg.inv(summit.hessian * count) if summit.errors_known else np.nan
        jacobian = coordinates.jacobian(point)
        covariance = jacobian @ spread @ jacobian.T
        for name in {name for border in summit.borders for name in border.coefficients}:
            place = layout.names.index(name)
            covariance[place] = covariance[:, place] = np.nan
        errors = np.sqrt(np.diag(covariance))
    values = coordinates.vectors(point[None])[0]
    parts = layout.unpack(values)
    filtered = model.path(parts, data)
    return Fit(
        model=model,
        params=Named(layout, values),
        standard_errors=Named(layout, errors),
        covariance=covariance,
        filtered=filtered,
        observations=count,
        converged=summit.converged,
        message=_message(summit),
        borders=summit.borders,
        coordinates=coordinates,
        point=point,
        spread=spread,
    )


def _grid(coordinates: Coordinates) -> Array:
    """Points to weigh: guesses of levels and static parameters, with alphas and betas."""
    k = coordinates.varying
    alphas, betas = (
        list(itertools.product(some[k], repeat=k)) if k in some else [(v,) * k for v in some[1]]
        for some in (ALPHAS, BETAS)
    )
    return np.array([coordinates.start(*row) for row in itertools.product(coordinates.guesses, alphas, betas)])


def _without_outliers(coordinates: Coordinates) -> Array:
    """Points of the estimates without gross outliers, with each guess of the tails; none if nothing is so far out.

    A Student-t likelihood with an outlier has many hills, and that of the other observations is often out of reach from
    simple guesses.
    """
    model, layout = coordinates.model, coordinates.model.layout
    if model.density.code != STUDENT_T:
        return np.empty((0, coordinates.size))
    rest = coordinates.data._replace(y=np.where(coordinates.gross, np.nan, coordinates.data.y))
    count = int(observed(rest).sum())
    if not coordinates.gross.any() or count <= coordinates.size:
        return np.empty((0, coordinates.size))
    inner = Coordinates(model, rest)
    summit = _highest(inner, count, _grid(inner), np.empty((0, inner.size)))
    points = np.tile(coordinates.point(inner.vectors(summit.point[None])[0]), (1 + len(coordinates.guesses), 1))
    if DF in layout.static_at:
        points[1:, layout.static_at[DF]] = [coordinates.number(DF, guess[DF]) for guess in coordinates.guesses]
    return np.unique(points, axis=0)


class Climb(NamedTuple):
    """Where a climb ended: its point, the value and the inverse curvature there."""

    point: Array
    value: float
    metric: Array


class Summit(NamedTuple):
    """Where Newton steps ended.

    Attributes
    ----------
    objective : Objective
        With what is fixed at borders.
    borders : tuple of Border
        Which these are.
    point : array, shape (d,)
        Where.
    hessian : array
        There.
    gain : float
        Log-likelihood that another step promises.
    """

    objective: Objective
    borders: tuple[Border, ...]
    point: Array
    hessian: Array
    gain: float

    @property
    def loglik(self) -> float:
        """Log-likelihood there."""
        return float(self.objective.coordinates.logliks(self.point[None])[0])

    @property
    def definite(self) -> bool:
        """Whether the Hessian is definite, as far as its rounding tells."""
        curvatures = np.linalg.eigvalsh(self.hessian) if self.hessian.size else np.ones(1)
        return bool(curvatures[0] > max(FLAT, np.finfo(float).eps * curvatures[-1]))

    @property
    def errors_known(self) -> bool:
        """Whether the Hessian tells errors: the border of invertibility is another for other data."""
        return self.definite and not self.degenerate and borders.INVERTIBILITY not in self.borders

    @property
    def degenerate(self) -> bool:
        """Whether the likelihood rises without bound as a spread goes to zero.

        A climb along such a ridge may end anywhere on it, depending on rounding.
        """
        coordinates = self.objective.coordinates
        return coordinates.degenerate(self.point) or (not self._stationary and coordinates.narrow(self.point))

    @property
    def converged(self) -> bool:
        """Whether this is a maximum."""
        return self._stationary and not self.degenerate

    @property
    def _stationary(self) -> bool:
        tolerance = EDGE_TOLERANCE if borders.INVERTIBILITY in self.borders else TOLERANCE
        return self.definite and self.gain < tolerance


def _highest(coordinates: Coordinates, count: int, starts: Array, certain: Array) -> Summit:
    """Find the highest maximum; the end of the highest climb if there is none.

    Where the highest climb does not end at a maximum, the likelihood is rough, for the path does not forget its start.
    Then the search is made again where it does.

    Parameters
    ----------
    coordinates : Coordinates
        Of the model, given the data.
    count : int
        Number of observations.
    starts : array, shape (B, d)
        Points, from the best of which climbs begin.
    certain : array, shape (C, d)
        Points from which climbs begin in any case.
    """
    summits = _summits(coordinates, count, starts, certain)
    highest = max(summits, key=lambda each: each.loglik)
    if highest.converged or highest.degenerate:
        return highest
    starts = np.vstack([starts, certain, _grid(coordinates)])
    # what the rough climb found at borders may have no maximum where the path forgets
    for objective, at in ((summits[0].objective, summits[0].borders), (Objective(coordinates, count), ())):
        if (forgetting := _forgetting(objective, at, starts)) is not None:
            summits.append(forgetting)
            break
    return max((each for each in summits if each.converged), key=lambda each: each.loglik, default=summits[0])


def _summits(coordinates: Coordinates, count: int, starts: Array, certain: Array) -> list[Summit]:
    """Where climbs end, the highest first, until one ends at a maximum.

    If none does, more climbs are tried, with alphas from zero on: where a parameter moves against its score, its path
    often does not forget its start.
    """
    ends: dict[frozenset[int], Array] = {}
    data = coordinates.data

    def again(restricted: Objective, begin: Array, border: Border) -> Array:
        # what is at a border does not depend on the climb that led there
        fixed = frozenset(restricted.fixed)
        if fixed not in ends:
            simpler = borders.simpler(restricted, border, lambda other: maximise(other, other.data(data.y)).params)
            ends[fixed] = _again(restricted, np.vstack([begin, *simpler, *starts]), certain)
        return ends[fixed]

    summits: list[Summit] = []
    for climbs, following in ((CLIMBS, False), (MORE_CLIMBS, True)):
        objective = Objective(coordinates, count, following=following)
        if following and not np.isfinite(objective(starts)).any():
            break
        found = _search(objective, starts, climbs, certain)
        for climb in found:
            restricted, point, at = borders.find(objective, climb.point, again)
            summits.append(_summit(restricted, at, point))
            if summits[-1].converged:
                # a maximum says little below a climb that has no end
                last = min(found, key=lambda each: each.value)
                if coordinates.degenerate(last.point) and -last.value * count > summits[-1].loglik:
                    summits.append(_summit(objective, (), last.point))
                return summits
    return summits


def _forgetting(objective: Objective, at: tuple[Border, ...], starts: Array) -> Summit | None:
    """Find the highest maximum where the path forgets its start, inside that region or on its border, if any."""
    region = Region(objective)
    deep = region.deep(objective.project(starts))
    found: list[Summit] = []
    for start in _chosen(objective, deep, CLIMBS) if len(deep) else []:
        edges, inside = region.climb(start)
        found += [Summit(objective, (*at, borders.INVERTIBILITY), *edge) for edge in edges]
        if inside is not None:
            found.append(_summit(objective, at, inside))
    maxima = [each for each in found if each.converged]
    return max(maxima, key=lambda each: each.loglik, default=None)


def _summit(objective: Objective, at: tuple[Border, ...], point: Array) -> Summit:
    """Where Newton steps from a point end."""
    return Summit(objective, at, *_newton(objective, point))


def _again(objective: Objective, starts: Array, certain: Array) -> Array:
    """Find the highest maximum of an objective with more coordinates fixed, or the highest end of a climb."""
    climbs = _search(objective, starts, CLIMBS, certain)
    for climb in climbs:
        summit = _summit(objective, (), climb.point)
        if summit.converged:
            return summit.point
    return climbs[0].point


def _search(objective: Objective, starts: Array, most: int, certain: Array) -> list[Climb]:
    """Climb from the best of the starts, as many as given at most, and from certain ones.

    The highest climb comes first, degenerate ones last.

    Raises
    ------
    GasModelError
        If the filter leaves a domain at every start.
    """
    climbs: list[Climb] = []
    certain = objective.project(certain)
    within = certain[np.isfinite(objective(certain))]
    for start in np.vstack([_chosen(objective, starts, most), within]):
        climbs.append(_climb(objective, start, climbs))
    return sorted(climbs, key=lambda climb: (objective.coordinates.degenerate(climb.point), climb.value))


def _chosen(objective: Objective, starts: Array, most: int) -> Array:
    """Choose the best of the starts, as many as given at most, of several hills.

    Raises
    ------
    GasModelError
        If the filter leaves a domain at every start.
    """
    starts = objective.project(starts)
    values = objective(starts)
    order = np.argsort(values, kind="stable")
    if not math.isfinite(values[order[0]]):
        raise GasModelError("the filter leaves its domain wherever the search begins; use other links or a start")
    order = order[np.isfinite(values[order])]
    # the best; then the best of other betas, and of another guess, which often belong to other hills; then the next
    betas, guesses = (part(starts) for part in (objective.coordinates.betas, objective.coordinates.guess))
    others = ((part[order] != part[order[0]]).any(axis=1) for part in (betas, guesses))
    ranks = [0, *(int(np.argmax(differ)) for differ in others), *range(len(order))]
    return np.asarray(starts[order[list(dict.fromkeys(ranks))[:most]]])


def _climb(objective: Objective, point: Array, before: list[Climb]) -> Climb:
    """Descend on the objective by BFGS from a point, until it is flat or the end of an earlier climb is near.

    Nocedal and Wright (2006, Numerical Optimization, algorithm 6.1), with steps cut back until they gain (3.1). The
    first metric is the curvature at the point, or what an earlier climb found.
    """
    if before:
        value, gradient = objective.first_order(point)
        inverse = before[0].metric
    else:
        value, gradient, hessian = objective.second_order(point)
        inverse = inverse_curvature(hessian)
    for _ in range(STEPS):
        if np.abs(gradient).max(initial=0.0) < SLOPE:
            break
        step = -inverse @ gradient
        length = float(np.abs(step).max())
        if not 0.0 < length < math.inf:
            break
        step *= min(1.0, LONGEST / length)
        promised = float(gradient @ step)
        for _ in range(30):
            following = point.copy()
            following[objective.free] += step
            reached, slopes = objective.first_order(following)
            if reached <= value + 1e-4 * promised:
                break
            # the minimum of the parabola through both values and the slope
            cut = -0.5 * promised / (reached - value - promised) if math.isfinite(reached) else 0.25
            cut = min(max(cut, 0.1), 0.5)
            step, promised = step * cut, promised * cut
        else:
            break
        change = slopes - gradient
        along = float(step @ change)
        if along > 1e-12 * float(np.linalg.norm(step) * np.linalg.norm(change)):
            turned = inverse @ change
            inverse = (
                inverse
                + (along + float(change @ turned)) / along**2 * np.outer(step, step)
                - (np.outer(turned, step) + np.outer(step, turned)) / along
            )
        gained = value - reached
        point, value, gradient = following, reached, slopes
        if gained < 1e-13 or any(np.abs(point - end.point).max() < NEAR for end in before):
            break
    return Climb(point, value, inverse)


def _newton(objective: Objective, point: Array) -> tuple[Array, Array, float]:
    """Take Newton steps while they gain; the point, its Hessian, and the gain that another step promises."""
    free = objective.free
    for _ in range(NEWTON_STEPS):
        value, gradient, hessian = objective.second_order(point)
        if not len(gradient):
            return point, hessian, 0.0
        if not np.isfinite(hessian).all():
            return point, np.zeros_like(hessian), math.inf
        step = inverse_curvature(hessian) @ gradient
        gain = 0.5 * float(gradient @ step)
        following = point.copy()
        following[free] -= step * min(1.0, LONGEST / float(np.abs(step).max(initial=1e-300)))
        if objective(following[None])[0] >= value:
            break
        point = following
        if gain < NEGLIGIBLE:
            break
    return point, hessian, gain * objective.count


def _forgets(summit: Summit) -> bool:
    """Whether a path forgets its start, as far as that can be told."""
    exponent = summit.objective.coordinates.exponents(summit.point[None], 0.0)[0]
    return not 0.0 < exponent < NOWHERE


def _message(summit: Summit) -> str:
    if summit.degenerate:
        return (
            "not converged: the likelihood rises without bound as the spread goes to zero, for many observations are "
            "equal or foreseen; use another density"
        )
    if not summit.converged and not _forgets(summit):
        return (
            "not converged: the likelihood is rough, for the path does not forget its start (Lyapunov exponent above "
            "0); leave outliers out as missing, or use more observations or a simpler model"
        )
    if not summit.definite:
        return "not converged: the likelihood is flat or rising in some direction; use a simpler model or a start"
    if not summit.converged:
        return f"not converged: a Newton step promises {summit.gain:.2g} more log-likelihood; use a start"
    verdicts = [border.message for border in summit.borders]
    along = " along the border" if borders.INVERTIBILITY in summit.borders else ""
    return "; ".join([f"converged: the gradient is zero and the Hessian definite{along}", *verdicts])
