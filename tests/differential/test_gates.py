"""Who may take a task, Vyper against Python."""

from __future__ import annotations

from ballast.model import gates
from ballast.model.constants import BPS, PPM
from ballast.model.reasons import CAPACITY, COMPLEXITY, LOAD_LIMIT, NO_TASK, REPUTATION
from tests.differential.cases import Cases, covered
from tests.differential.harness import Harness

UNITS = 2**32 - 1


def beside(cases: Cases, bounds: list[int], highest: int) -> list[int]:
    """Values at each bound, just beside it, or anywhere."""
    anywhere = cases.column(0, highest)
    columns = zip(bounds, anywhere, cases.column(-1, 1), cases.pick([True, False]), strict=True)
    return [max(0, bound + move) if near else other for bound, other, move, near in columns]


def test_for_coprocessor(task_harness: Harness) -> None:
    """Each reason and none, with complexities, loads, limits and reputations at their bounds and beside them."""
    cases = Cases("for_coprocessor")
    minima, rooms, limits = cases.column(0, PPM), cases.column(0, UNITS), cases.column(0, BPS)
    able = cases.column(0, 2**16 - 1)
    complexity = beside(cases, able, 2**16 - 1)
    loads, loaded, rho = beside(cases, rooms, UNITS), beside(cases, limits, BPS), beside(cases, minima, PPM)
    tasks = cases.pick([0, 1, 1, 1, UNITS])
    rows = list(zip(tasks, able, complexity, minima, loads, rooms, loaded, limits, rho, strict=True))
    results = [gates.for_coprocessor(*r) for r in rows]
    covered(results, 0, NO_TASK, COMPLEXITY, CAPACITY, LOAD_LIMIT, REPUTATION)
    task_harness.agree("for_coprocessor", rows, [(k,) for k in results])


def test_for_operator(task_harness: Harness) -> None:
    """Each reason and none, with complexities and loads at their bounds and beside them."""
    cases = Cases("for_operator")
    able, rooms = cases.column(0, 2**16 - 1), cases.column(0, UNITS)
    rows = list(zip(able, beside(cases, able, 2**16 - 1), beside(cases, rooms, UNITS), rooms, strict=True))
    results = [gates.for_operator(*r) for r in rows]
    covered(results, 0, COMPLEXITY, CAPACITY)
    task_harness.agree("for_operator", rows, [(k,) for k in results])
