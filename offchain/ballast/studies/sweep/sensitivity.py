"""Which parameters decide what comes out: Sobol' indices of first and total order, by SALib.

Points: Saltelli's design on a scrambled Sobol' sequence. Estimators: Saltelli et al., Computer Physics Communications
181 (2010) 259, with 95% intervals by bootstrap over the sample. Seeds are fixed, so indices repeat.
"""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sampling

from ballast.errors import ParameterError
from ballast.model.constants import BPS, NANO, PPM
from ballast.model.load_curve import designed
from ballast.model.parameters import ContractParameters
from ballast.sim.scenario import FRACTION, RANGES, Scenario, decided

Fractions = npt.NDArray[np.float64]

FILE: Final = Path(__file__).with_name("sensitivity.toml")
SCALES: Final = {"linear": "unif", "log": "logunif"}
MAX_SAMPLE: Final = 2**16
RESAMPLES: Final = 1_000
LEVEL: Final = 0.95
CURVE: Final = {"idle": NANO, "best": NANO, "b": BPS, "f": BPS, "full": NANO}
"""What decides a load curve (``ballast.model.load_curve.designed``), with the contracts' units in 1."""
FILTER: Final = {**dict.fromkeys(("omega", "beta", "alpha", "gamma", "drift", "newcomer"), PPM), "n0": 1}
"""Parameters of the reputation filter, likewise."""
CONSTANTS: Final = {
    f"{part}.{name}": unit for part, of in (("curve", CURVE), ("filter", FILTER)) for name, unit in of.items()
}
"""Both, as a sample names them."""
STREAM: Final = 1
"""Makes the design's random numbers others than the replicates'."""


@dataclass(frozen=True)
class Range:
    """A parameter to vary.

    Attributes
    ----------
    name : str
        Field of a scenario, or one of `CONSTANTS`.
    low, high : float
        Its bounds, in the field's unit.
    scale : str
        ``linear`` or ``log``: uniform as it is, or in its logarithm.
    why : str
        Why these bounds.
    """

    name: str
    low: float
    high: float
    scale: str = "linear"
    why: str = ""

    def __post_init__(self) -> None:
        if not self.low < self.high or self.scale not in SCALES or (self.scale == "log" and self.low <= 0):
            raise ParameterError(
                f"range of {self.name}: {self.low} to {self.high}, {self.scale}: give low below high, linear or log, "
                "and for log low above 0"
            )


def load(path: Path = FILE) -> tuple[Range, ...]:
    """Ranges of a TOML file.

    Raises
    ------
    ParameterError
        If something in it is wrong.
    """
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    for part in ("curve", "filter"):
        tables |= {f"{part}.{name}": table for name, table in tables.pop(part, {}).items()}
    ranges = tuple(Range(name, **table) for name, table in tables.items())
    varied = {each.name for each in ranges}
    curve = {f"curve.{name}" for name in CURVE}
    if varied & curve and curve - varied:
        raise ParameterError(f"{path.name}: a curve is decided by all of {', '.join(sorted(curve))}")
    allowed = {name: (low, high) for name, low, high, kind in RANGES if kind == FRACTION}
    allowed |= dict.fromkeys(CONSTANTS, (-np.inf, np.inf))  # the contracts say how far each point may go
    for each in ranges:
        low, high = allowed.get(each.name, (1.0, 0.0))
        if not low <= each.low < each.high <= high:
            raise ParameterError(
                f"{path.name}: {each.name} is no number of a scenario that may be {each.low} to {each.high}"
            )
    return ranges


def scenario_at(base: Scenario, values: Mapping[str, float]) -> Scenario:
    """Scenario with some of its fields, and constants of its curve and filter, changed.

    Parameters
    ----------
    base : Scenario
        What stays as it is.
    values : mapping
        By name of the range.
    """
    plain: dict[str, Any] = {name: value for name, value in values.items() if name not in CONSTANTS}
    if len(plain) == len(values):
        return replace(base, **plain)
    network = base.network()
    curve, kept = (
        {name: round(values[f"{part}.{name}"] * unit) for name, unit in of.items() if f"{part}.{name}" in values}
        for part, of in (("curve", CURVE), ("filter", FILTER))
    )
    network = replace(
        network, curve=designed(**curve) if curve else network.curve, filter=replace(network.filter, **kept)
    )
    contracts = ContractParameters(network, base.contracts.terms if base.contracts else None)
    return replace(base, contracts=contracts, **(decided(contracts) | plain))


def sample(ranges: Sequence[Range], size: int, seed: int) -> Fractions:
    """Points to evaluate.

    Parameters
    ----------
    ranges : sequence of Range
        What to vary.
    size : int
        Size of the base sample, a power of two.
    seed : int
        Of the scrambling.

    Returns
    -------
    array of shape (size * (ranges + 2), ranges)
        One row a point.

    Raises
    ------
    ParameterError
        If size is not a power of two.
    """
    if size < 2 or size > MAX_SAMPLE or size & (size - 1):
        raise ParameterError(f"--sobol is {size}: give a power of two from 2 to {MAX_SAMPLE}")
    rng = np.random.default_rng([seed, STREAM])
    return np.asarray(sampling.sample(_problem(ranges), size, calc_second_order=False, seed=rng), dtype=np.float64)


def indices(ranges: Sequence[Range], outcome: Fractions, seed: int) -> list[dict[str, Any]]:
    """Estimate the indices of an outcome.

    Parameters
    ----------
    ranges : sequence of Range
        What was varied.
    outcome : array of shape (n * (ranges + 2),)
        At the points of `sample`, in their order.
    seed : int
        Of the bootstrap.

    Returns
    -------
    list of dict
        By parameter: ``parameter``, ``first`` and ``total`` order, and half the width of their 95% intervals,
        ``first_ci`` and ``total_ci``. Of an outcome that is always the same, or not a number somewhere, none is one.
    """
    names = [r.name for r in ranges]
    found = {name: np.full(len(names), np.nan) for name in ("S1", "S1_conf", "ST", "ST_conf")}
    if np.ptp(outcome) > 0:
        rng = np.random.default_rng([seed, STREAM])
        # Small samples: a resample may hold one value only, of which SALib warns.
        with warnings.catch_warnings(action="ignore"):
            found = analysis.analyze(
                _problem(ranges),
                outcome,
                calc_second_order=False,
                num_resamples=RESAMPLES,
                conf_level=LEVEL,
                seed=rng,
            )
    columns = (("first", "S1"), ("first_ci", "S1_conf"), ("total", "ST"), ("total_ci", "ST_conf"))
    return [
        {"parameter": name, **{column: float(found[key][i]) for column, key in columns}} for i, name in enumerate(names)
    ]


def _problem(ranges: Sequence[Range]) -> dict[str, Any]:
    """Ranges as SALib takes them."""
    return {
        "num_vars": len(ranges),
        "names": [r.name for r in ranges],
        "bounds": [[r.low, r.high] for r in ranges],
        "dists": [SCALES[r.scale] for r in ranges],
    }
