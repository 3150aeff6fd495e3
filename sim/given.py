"""What a run is given in place of what its scenario says: tasks, participants, parameters of the contracts.

A run trusts its arrays, and the contracts refuse what they cannot hold; so this is where all of it is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ballast.errors import ParameterError, WorkloadError
from ballast.model.activity import MAX_UNITS
from ballast.model.card_packing import MAX_COMPLEXITY
from ballast.model.constants import BPS, PPM
from ballast.model.parameters import check_kind
from ballast.sim.kinds import HEAVY_COMPLEXITY_FROM, MAX_KINDS
from ballast.sim.moments import moments_of_all
from ballast.sim.period.behaviour import TRAITS
from ballast.sim.population import MAX_FUNDS, Population
from ballast.sim.scenario import HEAVY, MAX_PERIODS, Scenario
from ballast.sim.stresses import stress_named
from ballast.sim.workload.jobs import MAX_DIFFICULTY, rewards_of
from ballast.sim.workload.tasks import ANYBODY, MAX_REWARDS, Integers, Workload, spread

NOTES: Final = {"tasks": "given"}
OPERATORS_AND_COPROCESSORS: Final = "operators and coprocessors, as ballast.population does"
AMOUNTS: Final = ("entry_fee", "stake_per_unit", "bond_per_value")
MAX_AMOUNT: Final = 2**40
"""Bound of amounts that the contracts take up to 2**64 or more, token units: all sums of a run stay within 64 bits."""
MAX_SHARE: Final = 10 * PPM
"""Bound of what work costs and what is asked for it, ppm of the reward."""
MAX_WEIGHT: Final = 100.0
MAX_WHOLE: Final = 2**63 - 1
"""Bound of a column of tasks, whatever it holds."""
TRAIT_BOUNDS: Final = {
    **dict.fromkeys(("cost", "cost_heavy", "growth", "markup"), (0, MAX_SHARE)),
    **dict.fromkeys(("comfort", "patience"), (0, BPS)),
    "complexity": (0, MAX_COMPLEXITY),
    "special": (0, HEAVY + MAX_KINDS),
    "record": (0, PPM),
    "speed": (0.01, 100),
    **dict.fromkeys(("punctuality", "careless", "quality", "shirks", "ring", "last_call"), (0, 1)),
    **dict.fromkeys(("incentives", "room_worth"), (0, 1)),
    **dict.fromkeys(("effort", "caution"), (0, MAX_WEIGHT)),
    "taste": (-MAX_WEIGHT, MAX_WEIGHT),
}


# Tasks


def workload(
    period: Sequence[int] | Integers,
    difficulty: Sequence[int] | Integers,
    reward: Sequence[int] | Integers | None = None,
    heavy: Sequence[bool] | npt.NDArray[np.bool_] | None = None,
    operator: Sequence[int] | Integers | None = None,
) -> Workload:
    """Make the tasks of a run, one entry a task, in any order.

    As with a trace, a task waits until its operator has a free slot, and the participants drawn for the tasks include
    some that can take the largest.

    Parameters
    ----------
    period : array of shape (tasks,)
        Period a task comes in, from 0.
    difficulty : array of shape (tasks,)
        Resource units, at least 1.
    reward : array of shape (tasks,), optional
        Token units; by default 10 a unit of difficulty, and at least 100.
    heavy : array of shape (tasks,) of bool, optional
        Whether a task is too complex for half of the operators; by default, whether it is more difficult than the
        median.
    operator : array of shape (tasks,), optional
        Operator a task is for, from 0; -1, the default, for whichever the AVS chooses by reputation.

    Raises
    ------
    WorkloadError
        If there are no tasks, the arrays differ in length, or one holds what it should not.

    Examples
    --------
    >>> tasks = workload(period=[1, 0, 0], difficulty=[5, 20, 10])
    >>> tasks.difficulty.tolist(), tasks.reward.tolist(), tasks.heavy.tolist()
    ([20, 10, 5], [200, 100, 100], [True, False, False])
    """
    when, size = _whole("period", period), _whole("difficulty", difficulty)
    if not len(size):
        raise WorkloadError("workload: there is no task: give at least one")
    _within("period", when, 0, MAX_PERIODS - 1)
    _within("difficulty", size, 1, MAX_DIFFICULTY)
    columns: dict[str, Any] = {
        "period": when,
        "difficulty": size,
        "reward": rewards_of(size) if reward is None else _whole("reward", reward),
        "heavy": size > int(np.median(size)) if heavy is None else _column("heavy", heavy),
        "operator": np.full(len(size), ANYBODY) if operator is None else _whole("operator", operator),
    }
    for name, column in columns.items():
        if column.shape != size.shape:
            raise WorkloadError(f"workload: {name} has shape {column.shape}, difficulty {size.shape}: give one a task")
    if columns["heavy"].dtype != np.bool_:
        raise WorkloadError(f"workload: heavy is of {columns['heavy'].dtype}: give true or false for each task")
    order = np.argsort(when, kind="stable")
    columns = {name: column[order] for name, column in columns.items()}
    moment = spread(columns["period"])
    return Workload(
        **columns,
        moment=moment,
        notes=dict(NOTES),
        wash=np.zeros(len(size), dtype=np.bool_),
        kind=np.zeros(len(size), dtype=np.int64),
        traced=True,
    )


def check_tasks(scenario: Scenario, tasks: Workload) -> None:
    """Refuse tasks that do not fit a scenario.

    Raises
    ------
    WorkloadError
        With the column, its value and what would be right.
    """
    check_kind("workload", tasks, Workload, "tasks that ballast.workload makes")
    if stress_named(scenario.stress).changes_tasks:
        raise WorkloadError(
            f"stress is {scenario.stress!r}, which adds or changes tasks of the scenario: put them into the workload, "
            "with stress 'none'"
        )
    if scenario.classes:
        raise WorkloadError("classes are given, and a workload, whose tasks have none: give one of them")
    _within("period", tasks.period, 0, scenario.periods - 1)
    _within("operator", tasks.operator, ANYBODY, scenario.operators - 1)
    _within("reward", tasks.reward, scenario.task_class().min_reward, MAX_REWARDS)


def check_orders(scenario: Scenario, tasks: Workload) -> None:
    """Refuse tasks that ``TaskRegistry.open_tasks`` would skip for their terms.

    Raises
    ------
    WorkloadError
        If a reward is below the smallest of the class, or a fee above the lowest price a task may be sold at; with the
        difficulty and the reward of the first.
    """
    parameters, numbers = scenario.network(), tasks.class_numbers(scenario.wash_class) - 1
    terms = [*scenario.class_terms().values(), scenario.task_class()]
    least = np.array([each.min_reward for each in terms])[numbers]
    poor = np.flatnonzero(tasks.reward < least)
    if len(poor):
        raise WorkloadError(
            f"a task of difficulty {tasks.difficulty[poor[0]]} has a reward of {tasks.reward[poor[0]]}, and its class "
            f"asks for at least {least[poor[0]]}: give more reward or less min_reward"
        )
    share = np.array([each.floor for each in terms])[numbers]
    lowest = tasks.reward * share // PPM
    # Floats: a fee of 2**64 a unit is nowhere near.
    dear = np.flatnonzero(tasks.difficulty * float(parameters.fee_per_unit) > lowest)
    if len(dear):
        i = dear[0]
        raise WorkloadError(
            f"a task of difficulty {tasks.difficulty[i]} and reward {tasks.reward[i]} may be sold at {lowest[i]}, and "
            f"its fee is {int(tasks.difficulty[i]) * parameters.fee_per_unit}: give more reward or less fee_per_unit"
        )


def _column(name: str, values: Any) -> npt.NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError:
        raise WorkloadError(f"workload: {name} has entries of different shapes: give one a task") from None


def _whole(name: str, values: Any) -> Integers:
    column = _column(name, values)
    if column.ndim != 1 or (len(column) and column.dtype.kind not in "iu"):
        raise WorkloadError(f"workload: {name} is of {column.dtype} in {column.ndim} dimensions: give whole numbers")
    if len(column) and column.max() > MAX_WHOLE:
        raise WorkloadError(f"workload: {name} has {column.max()}: give whole numbers to {MAX_WHOLE}")
    return column.astype(np.int64)


def _within(name: str, column: Integers, low: int, high: int) -> None:
    wrong = column[(column < low) | (column > high)]
    if len(wrong):
        raise WorkloadError(f"workload: {name} has {wrong[0]}: give whole numbers from {low} to {high}")


# Parameters


def check_contracts(scenario: Scenario) -> None:
    """Refuse a scenario with whose parameters the contracts could not be deployed, or a period not be played.

    Raises
    ------
    ParameterError
        With the field, its value and what would be right.
    """
    parameters, terms = scenario.network(), scenario.task_class()
    parameters.validate()
    amounts = [(name, getattr(parameters, name)) for name in AMOUNTS] + [("filter.n0", parameters.filter.n0)]
    for name, value in amounts:
        if value > MAX_AMOUNT:
            raise ParameterError(f"{name} is {value}: a run takes at most {MAX_AMOUNT}")
    moments_of_all(scenario)
    if terms.complexity < HEAVY_COMPLEXITY_FROM:
        raise ParameterError(
            f"complexity is {terms.complexity}: it is that of heavy tasks, and a run needs at least "
            f"{HEAVY_COMPLEXITY_FROM}; light ones have one of their own"
        )


# Participants


def check_people(scenario: Scenario, people: tuple[Population, Population]) -> None:
    """Refuse participants that do not fit a scenario, or that the contracts would not register.

    Raises
    ------
    ParameterError
        With the field, its value and what would be right.
    """
    check_kind("population", people, tuple | list, OPERATORS_AND_COPROCESSORS)
    if len(people) != 2:
        raise ParameterError(f"population has {len(people)} parts: give {OPERATORS_AND_COPROCESSORS}")
    for kind, number, group in zip(
        ("operators", "coprocessors"), (scenario.operators, scenario.coprocessors), people, strict=True
    ):
        check_kind(kind, group, Population, "one part of what ballast.population gives")
        for name in ("traits", "capacity", "funds"):
            check_kind(f"{kind}: {name}", getattr(group, name), np.ndarray, "an array")
        traits = group.traits
        if traits.dtype != TRAITS:
            raise ParameterError(f"{kind}: the traits are of another type: change those that ballast.population gives")
        for name in ("traits", "capacity", "funds"):
            column = getattr(group, name)
            if column.shape != (number,):
                raise ParameterError(f"{kind}: {name} has shape {column.shape}, the scenario has {number} of them")
        for name, (low, high) in TRAIT_BOUNDS.items():
            _among(f"{kind}: {name}", traits[name], low, high)
        for name in ("capacity", "funds"):
            if getattr(group, name).dtype != np.int64:
                raise ParameterError(f"{kind}: {name} is of {getattr(group, name).dtype}: give 64-bit whole numbers")
        _among(f"{kind}: capacity", group.capacity, 1, MAX_UNITS)
        _among(f"{kind}: funds", group.funds, 0, MAX_FUNDS // number)
        needed = group.capacity * float(scenario.network().stake_per_unit)
        if (short := np.flatnonzero(group.funds < needed)).size:
            i = short[0]
            raise ParameterError(
                f"{kind}: number {i} has funds of {group.funds[i]}, and a capacity of {group.capacity[i]} needs "
                f"{int(needed[i])}: give more funds or less capacity"
            )


def _among(name: str, column: Any, low: float, high: float) -> None:
    wrong = column[~((column >= low) & (column <= high))]
    if len(wrong):
        raise ParameterError(f"{name} has {wrong[0]}: give numbers from {low} to {high}")
