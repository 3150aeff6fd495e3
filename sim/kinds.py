"""Classes of tasks of a scenario's own, beside light and heavy ones: what their tasks are like, and their terms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from ballast.errors import ParameterError
from ballast.model.class_packing import BASIS_POINT
from ballast.model.constants import PPM
from ballast.model.parameters import ClassParameters
from ballast.names import suggestion

MAX_KINDS: Final = 6
HEAVY_COMPLEXITY_FROM: Final = 2
"""Complexity from which a class counts as heavy."""
WITHOUT_EFFECT: Final = ("audit_share", "comparator", "tolerance", "adjudicator")
"""Terms of a class that a simulation has no use for: its court finds every wrong result."""
TERMS: Final = tuple(f.name for f in fields(ClassParameters) if f.name not in WITHOUT_EFFECT)
TAKEN: Final = ("light", "heavy", "wash")
"""Names of the classes that there are anyway."""
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
BOUNDS: Final = (
    ("share", 0.000001, 1),
    ("difficulty", 0.05, 4),
    ("reward", 0.05, 20),
    ("reward_power", 0, 2),
    ("slack", 1, 100),
)
ROUNDING: Final = 1e-9
"""What shares may be more than 1 together, since they are binary fractions."""


@dataclass(frozen=True)
class TaskKind:
    """A class of tasks.

    All but the first six fields are terms of the class on chain, as in the table ``[class]`` of a parameter file and in
    its units (see `ballast.model.parameters.ClassParameters`). What is left out is as for heavy tasks.

    Attributes
    ----------
    name : str
        Of the class.
    share : float
        Share of the tasks that are of it.
    difficulty : float
        Mean difficulty, as a multiple of that of all synthetic tasks.
    reward : float
        What a unit of difficulty earns in a task of mean difficulty, as a multiple of what it earns elsewhere. Work
        costs what it costs, so it is a smaller share of a larger reward.
    reward_power : float
        Power of the difficulty with which rewards grow: below 1 a unit of a large task earns less than one of a small.
    slack : float, optional
        Time for a result, as a multiple of what the largest task of the class takes; two waves come on top.
    submit_seconds : int, optional
        Time for a result, in place of what ``slack`` says.
    """

    name: str
    share: float
    difficulty: float = 1.0
    reward: float = 1.0
    reward_power: float = 1.0
    slack: float | None = None
    steps: int | None = None
    step_seconds: int | None = None
    start: int | None = None
    start_gain: int | None = None
    start_target: int | None = None
    cap: int | None = None
    floor: int | None = None
    tick: int | None = None
    idle_discount: int | None = None
    load_bonus: int | None = None
    load_malus: int | None = None
    record_weight: int | None = None
    record_level: int | None = None
    hard_quality: int | None = None
    min_executor_reputation: int | None = None
    collateral: int | None = None
    stake_share: int | None = None
    operator_share: int | None = None
    submit_seconds: int | None = None
    rescue_seconds: int | None = None
    challenge_seconds: int | None = None
    slash_factor: int | None = None
    wrong_factor: int | None = None
    min_operator_reputation: int | None = None
    complexity: int | None = None
    min_reward: int | None = None
    risk: int | None = None

    def validate(self) -> None:
        """Refuse what no class can be like; its terms are refused where they are put together.

        Raises
        ------
        ParameterError
            With the class, the field, its value and what would be right.
        """
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name) or self.name in TAKEN:
            raise ParameterError(
                f"classes: name is {self.name!r}: give small letters, digits, - and _, at most 32, and none of "
                f"{', '.join(TAKEN)}"
            )
        for name, low, high in BOUNDS:
            value = getattr(self, name)
            if value is None and name == "slack":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise ParameterError(f"class {self.name}: {name} is {value!r}: give a number from {low} to {high}")

    def terms(self, usual: ClassParameters, submit_seconds: int) -> ClassParameters:
        """Terms on chain.

        Parameters
        ----------
        usual : ClassParameters
            Of heavy tasks.
        submit_seconds : int
            Time for a result where the class does not say.
        """
        own = {name: value for name in TERMS if (value := getattr(self, name)) is not None}
        terms = replace(usual, **{"submit_seconds": submit_seconds} | own)
        if self.operator_share is None and isinstance(terms.slash_factor, int):
            terms = replace(
                terms, operator_share=min(terms.operator_share, terms.slash_factor // 2 // BASIS_POINT * BASIS_POINT)
            )
        return terms

    @property
    def heavy(self) -> bool:
        """Whether its tasks are too complex for half of the operators."""
        return self.complexity is None or self.complexity >= HEAVY_COMPLEXITY_FROM

    @property
    def dearer(self) -> int:
        """By how much work costs more of the reward than elsewhere, ppm."""
        return round(PPM / self.reward) - PPM

    def to_table(self) -> dict[str, Any]:
        """Table that `kinds_of` reads back."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def kinds_of(tables: Any, source: str) -> tuple[TaskKind, ...]:
    """Classes of the tables ``[[classes]]`` of a file.

    Raises
    ------
    ParameterError
        If one is no table, or has a field that is unknown, or lacks one; with the source.
    """
    known = [f.name for f in fields(TaskKind)]
    if not isinstance(tables, Sequence) or isinstance(tables, str):
        raise ParameterError(f"{source}: classes is {tables!r}: give tables [[classes]]")
    found = []
    for number, table in enumerate(tables, 1):
        if not isinstance(table, Mapping):
            raise ParameterError(f"{source}: classes has {table!r}: give tables [[classes]]")
        for name in table:
            if name in WITHOUT_EFFECT:
                raise ParameterError(f"{source}: {name} of a class has no effect in a simulation: leave it out")
            if name not in known:
                raise ParameterError(f"{source}: {name!r} is no field of a class{suggestion(name, known)}")
        for name in ("name", "share"):
            if name not in table:
                raise ParameterError(f"{source}: class {table.get('name', number)} has no {name}: give one")
        found.append(TaskKind(**table))
    return tuple(found)


def check_kinds(kinds: Any) -> None:
    """Refuse classes that are none, too many, of one name, or more than all tasks.

    Raises
    ------
    ParameterError
        With what is wrong and what would be right.
    """
    if not isinstance(kinds, tuple) or not all(isinstance(kind, TaskKind) for kind in kinds):
        raise ParameterError("classes are of another type: give a tuple of TaskKind")
    if len(kinds) > MAX_KINDS:
        raise ParameterError(f"classes are {len(kinds)}: give at most {MAX_KINDS}")
    for kind in kinds:
        kind.validate()
    names = [kind.name for kind in kinds]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(f"classes: two are named {name}: give each a name of its own")
    total = sum(kind.share for kind in kinds)
    if total > 1 + ROUNDING:
        raise ParameterError(f"classes have shares of {total:.6g} together: at most 1; what is left is light and heavy")
