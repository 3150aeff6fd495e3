"""Observations, regressors and numbers of trials: read, checked and brought into one shape."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from ballast.errors import GasModelError
from ballast.scoring.densities import Density
from ballast.scoring.links import Array

NO_TRIALS = np.ones((1, 1))
MOST: Final = 10**9
"""Of anything that is counted."""
LARGEST: Final = 1e100
"""Of observations in a fit, and one over the smallest: they are squared."""


class Data(NamedTuple):
    """What a filter reads.

    y : array, shape (T, N)
        NaN is missing.
    trials : array, shape (T, N) or (1, 1)
        Numbers of trials.
    regressors : tuple of arrays, shapes (T, m)
        Of each time-varying parameter.
    shape : tuple of int
        Shape in which the observations were given, (T,) or (T, N).
    """

    y: Array
    trials: Array
    regressors: tuple[Array, ...]
    shape: tuple[int, ...]


def numbers(what: str, values: ArrayLike, dimensions: tuple[int, ...]) -> Array:
    """Read an array of floats of an allowed number of dimensions."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise GasModelError(f"{what} must be an array of numbers") from None
    if array.ndim not in dimensions:
        allowed = " or ".join(str(d) for d in dimensions)
        raise GasModelError(f"{what} has {array.ndim} dimensions; it must have {allowed}")
    return array


def number(what: str, value: Any) -> float:
    """Read a finite number."""
    try:
        found = math.nan if isinstance(value, str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise GasModelError(f"{what} is {value!r}; it must be a finite number")
    return found


def whole(what: str, value: Any, most: int = MOST) -> int:
    """Read a number of things."""
    if not isinstance(value, int | np.integer) or not 1 <= value <= most:
        raise GasModelError(f"{what} is {value!r}; it must be a whole number from 1 to {most:,}")
    return int(value)


def by_name(what: str, value: Any) -> Mapping[str, Any]:
    """Read what is given by name."""
    if not isinstance(value, Mapping):
        raise GasModelError(f"{what} is of type {type(value).__name__}; it must be a mapping, such as a dict, by name")
    return value


def share(what: str, value: Any) -> float:
    """Read a probability that is not certain."""
    if not 0.0 < (found := number(what, value)) < 1.0:
        raise GasModelError(f"{what} is {value}; it must be above 0 and below 1")
    return found


def source(what: str, value: Any) -> Generator:
    """Read a source of randomness."""
    if not isinstance(value, Generator):
        raise GasModelError(f"{what} is of type {type(value).__name__}; it must be one of numpy.random.default_rng")
    return value


def read(density: Density, y: ArrayLike, trials: ArrayLike | None, regressors: tuple[Array, ...]) -> Data:
    """Check observations against a density and bring them into columns.

    Parameters
    ----------
    density : Density
        The density.
    y : array, shape (T,) or (T, N)
        Observations; NaN is missing.
    trials : array or None
        Numbers of trials, of the binomial.
    regressors : tuple of arrays, shapes (T, m)
        Of each time-varying parameter.

    Raises
    ------
    GasModelError
        If an observation is not in the density's support, or shapes do not agree.
    """
    array = numbers("y", y, (1, 2))
    if array.size == 0:
        raise GasModelError("y is empty; it must have at least one observation")
    columns = array.reshape(len(array), -1)
    tried = read_trials(density, trials, columns.shape)
    outside = ~density.admits(columns, tried)
    if outside.any() and (outside := outside & ~np.isnan(columns)).any():
        t, n = np.argwhere(outside)[0]
        series = f" of series {n}" if array.ndim == 2 else ""
        raise GasModelError(
            f"y at time {t}{series} is {columns[t, n]:g}; {density.name} needs {density.support}, or NaN if missing"
        )
    for x in regressors:
        if len(x) != len(columns) and x.shape[1]:
            raise GasModelError(f"the regressors have {len(x)} rows and y has {len(columns)}; they must have as many")
    return Data(columns, tried, tuple(x[: len(columns)] for x in regressors), array.shape)


def observed(data: Data) -> Any:
    """Which observations are there, shape (T, N)."""
    return ~np.isnan(data.y) & (data.trials > 0)


def fit_for_a_fit(density: Density, data: Data, time_varying: tuple[str, ...]) -> None:
    """Check that a likelihood can have a maximum.

    Raises
    ------
    GasModelError
        If observations do not vary or are too large to be squared, or regressors are combinations of others.
    """
    seen = observed(data)
    y, trials = data.y[seen], np.broadcast_to(data.trials, data.y.shape)[seen]
    size = float(np.abs(y).max())
    if size > LARGEST or 0.0 < size < 1.0 / LARGEST:
        raise GasModelError(f"y is up to {size:.3g} in size; give it in another unit, nearer to 1")
    if not density.varies(y, trials):
        same = _same(y, trials)
        raise GasModelError(f"{same}, so the {density.name} likelihood has no maximum; there is nothing to fit")
    for name, x in zip(time_varying, data.regressors, strict=True):
        if x.size:
            spreads = x.std(axis=0)
            known = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / np.where(spreads > 0.0, spreads, 1.0)])
            if np.linalg.matrix_rank(known) < known.shape[1]:
                raise GasModelError(f"a regressor of {name} is constant or a combination of others; leave it out")


def _same(y: Array, trials: Array) -> str:
    """Say which observations are the same."""
    values, counts = np.unique(y, return_counts=True)
    if len(values) == 1:
        return f"all {len(y)} observations are {y[0]:.6g}"
    if trials.max() > 1.0:
        return "all trials end the same way"
    return f"{counts.max()} of {len(y)} observations are {values[counts.argmax()]:.6g}"


def with_trials(y: Array, trials: Array) -> Array:
    """Numbers of trials with zeros where they and the observation are missing."""
    return np.where(np.isnan(y) & np.isnan(trials), 0.0, trials)


def read_trials(density: Density, trials: ArrayLike | None, shape: tuple[int, ...]) -> Array:
    """Numbers of trials for observations of a shape (T, N)."""
    if density.name != "binomial":
        if trials is not None:
            raise GasModelError(f"{density.name} has no trials; they belong to binomial")
        return NO_TRIALS
    if trials is None:
        raise GasModelError("binomial needs trials: a whole number, or one for each observation")
    array = numbers("trials", trials, (0, 1, 2))
    if not ((array >= 0) & (array == np.floor(array)) & (array < np.inf)).all():
        raise GasModelError("trials must be whole numbers from 0")
    if array.ndim == 1:
        array = array[:, None]
    try:
        return np.ascontiguousarray(np.broadcast_to(array, shape))
    except ValueError:
        raise GasModelError(
            f"trials have shape {array.shape} and y has {shape}; there must be one, or as many as observations"
        ) from None


def read_regressors(
    density: Density, time_varying: tuple[str, ...], regressors: ArrayLike | Mapping[str, ArrayLike] | None
) -> tuple[Array, ...]:
    """Regressors of each time-varying parameter, shapes (T, m); (0, 0) where there are none."""
    given = regressors if isinstance(regressors, Mapping) else {time_varying[0]: regressors}
    chosen = dict.fromkeys(time_varying, np.empty((0, 0)))
    for name, values in given.items():
        parameter = density.parameters[density.find(name)].name
        if parameter not in chosen:
            raise GasModelError(f"{parameter} has regressors but is static; they are for {', '.join(time_varying)}")
        if values is None:
            continue
        array = numbers(f"the regressors of {parameter}", values, (1, 2))
        if not np.isfinite(array).all():
            raise GasModelError(f"the regressors of {parameter} must be finite numbers")
        chosen[parameter] = array[:, None] if array.ndim == 1 else array
    return tuple(chosen.values())
