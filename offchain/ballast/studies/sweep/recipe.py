"""What a sweep runs: points of the scenario's parameters, and seeds.

Replicate r has the same seed at each point (common random numbers), so differences between points are differences of
pairs. The seeds are those of the first children of ``numpy.random.SeedSequence(seed)``: more of them leave the first as
they are.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ballast.errors import ParameterError
from ballast.names import suggestion
from ballast.sim.scenario import Scenario, of_table
from ballast.studies.sweep import sensitivity
from ballast.studies.sweep.code import fingerprint
from ballast.studies.sweep.sensitivity import Range

MAX_SEEDS: Final = 10_000


@dataclass(frozen=True)
class Recipe:
    """Points and seeds.

    Attributes
    ----------
    base : Scenario
        What all points share; its seed is the root of all seeds.
    axes : mapping of str to tuple
        Fields of a scenario and the values they take: the points are all combinations, the last field varying fastest.
    seeds : int
        Replicates of each point.
    sobol : int, optional
        Size N of a sample for sensitivity indices, a power of two: there are then N points for each range and twice N
        more.
    ranges : tuple of Range
        What the sample varies.

    Raises
    ------
    ParameterError
        If a point cannot be run.
    """

    base: Scenario
    axes: Mapping[str, tuple[Any, ...]]
    seeds: int
    sobol: int | None = None
    ranges: tuple[Range, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.seeds <= MAX_SEEDS:
            raise ParameterError(f"--seeds is {self.seeds}: give a whole number from 1 to {MAX_SEEDS}")
        if self.sobol is not None and self.axes:
            raise ParameterError(f"--sobol chooses its points: give one value of {', '.join(self.axes)}")
        for name in self.axes:
            if name == "seed":
                raise ParameterError("seed is no axis: give --seeds, and --seed for the root of them all")
            if len(set(self.axes[name])) < len(self.axes[name]):
                raise ParameterError(f"{name} has a value twice: {', '.join(map(str, self.axes[name]))}")
        for point in self.points():
            point.validate()

    def sampled(self) -> list[dict[str, float]]:
        """Values of the ranges, by point; empty without a sample."""
        if self.sobol is None:
            return []
        names = [r.name for r in self.ranges]
        sample = sensitivity.sample(self.ranges, self.sobol, self.base.seed)
        return [dict(zip(names, row, strict=True)) for row in sample.tolist()]

    def points(self) -> list[Scenario]:
        """Scenarios, with the root seed."""
        if self.sobol is not None:
            return [sensitivity.scenario_at(self.base, values) for values in self.sampled()]
        combinations = itertools.product(*self.axes.values())
        return [replace(self.base, **dict(zip(self.axes, values, strict=True))) for values in combinations]

    def replicate_seeds(self) -> list[int]:
        """Seed of each replicate."""
        children = np.random.SeedSequence(self.base.seed).spawn(self.seeds)
        return [int(child.generate_state(1, np.uint64)[0] >> np.uint64(1)) for child in children]

    def identity(self) -> str:
        """Fingerprint of all runs: their scenarios and seeds, and the code that carries them out."""
        runs = [point.to_table() for point in self.points()]
        content = json.dumps([runs, self.replicate_seeds(), fingerprint()])
        return hashlib.sha256(content.encode()).hexdigest()

    def to_table(self) -> dict[str, Any]:
        """Content for a JSON file."""
        return {
            "base": self.base.to_table(),
            "axes": {
                name: [str(v) if isinstance(v, Path) else v for v in values] for name, values in self.axes.items()
            },
            "seeds": self.seeds,
            "sobol": self.sobol,
            "ranges": [asdict(r) for r in self.ranges],
        }

    @classmethod
    def from_table(cls, table: Mapping[str, Any], source: str) -> Recipe:
        """Recipe of a JSON file.

        Raises
        ------
        ParameterError
            If something in it is wrong; with the source.
        """
        try:
            base = of_table(table["base"], source)
            axes = {
                name: tuple(Path(v) if name == "workload" else v for v in values)
                for name, values in table["axes"].items()
            }
            ranges = tuple(Range(**r) for r in table["ranges"])
            return cls(base, axes, table["seeds"], table["sobol"], ranges)
        except (KeyError, TypeError, AttributeError) as error:
            raise ParameterError(f"{source} does not say what was to be run: {error!r}") from error


def recipe_of(base: Scenario, given: Mapping[str, Sequence[Any]], seeds: int, sobol: int | None = None) -> Recipe:
    """Recipe of a scenario and of values of its fields; a single value changes the scenario, more make an axis.

    Raises
    ------
    ParameterError
        If a point cannot be run, or a single value is one that the sample for the indices varies.
    """
    single = {name: values[0] for name, values in given.items() if len(values) == 1}
    axes = {name: tuple(values) for name, values in given.items() if len(values) > 1}
    ranges = () if sobol is None else sensitivity.load()
    for each in ranges:
        if each.name in single:
            raise ParameterError(f"--sobol varies {each.name} from {each.low} to {each.high}: leave its value out")
    if "preset" in single and any(each.name.startswith("curve.") for each in ranges):
        raise ParameterError("--sobol varies the load curve: leave the preset out")
    return Recipe(replace(base, **single), axes, seeds, sobol, ranges)


def values_of(name: str, text: str) -> tuple[Any, ...]:
    """Values of a scenario's field, from a list with commas.

    Raises
    ------
    ParameterError
        If there is no such field, or a value is not of its kind.
    """
    known = [f.name for f in fields(Scenario) if f.name not in ("contracts", "classes")]
    if name not in known:
        right = f"give one of {', '.join(known)}{suggestion(name, known)}"
        raise ParameterError(f"{name!r} is no field of a scenario: {right}")
    return tuple(_value(name, part.strip()) for part in text.split(","))


def _value(name: str, text: str) -> Any:
    default = getattr(Scenario, name)
    if default is None:
        return Path(text).resolve()
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise ParameterError(f"{name} is {text!r}: give true or false")
        return text == "true"
    try:
        return type(default)(text)
    except ValueError:
        kind = "whole number" if isinstance(default, int) else "number"
        raise ParameterError(f"{name} is {text!r}: give a {kind}") from None
