"""Who may take a task: each bound is still allowed, and the first reason counts."""

from __future__ import annotations

import pytest

from ballast.model import gates
from ballast.model.reasons import CAPACITY, COMPLEXITY, LOAD_LIMIT, NO_TASK, REPUTATION

AT_EACH_BOUND = {
    "sequence": 1,
    "able": 5,
    "complexity": 5,
    "min_reputation": 400_000,
    "load": 100,
    "room": 100,
    "x": 7_000,
    "max_load": 7_000,
    "rho": 400_000,
}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 0),
        ({"sequence": 0}, NO_TASK),
        ({"complexity": 6}, COMPLEXITY),
        ({"load": 101}, CAPACITY),
        ({"x": 7_001}, LOAD_LIMIT),
        ({"rho": 399_999}, REPUTATION),
        ({"x": 7_001, "rho": 399_999}, LOAD_LIMIT),
        ({"load": 101, "x": 7_001, "rho": 0}, CAPACITY),
        ({"able": 4, "load": 101, "x": 7_001, "rho": 0}, COMPLEXITY),
        ({"sequence": 0, "able": 4, "load": 101, "x": 7_001, "rho": 0}, NO_TASK),
    ],
)
def test_for_coprocessor(change: dict[str, int], code: int) -> None:
    assert gates.for_coprocessor(**{**AT_EACH_BOUND, **change}) == code


@pytest.mark.parametrize(
    ("complexity", "load", "code"), [(5, 100, 0), (6, 100, COMPLEXITY), (5, 101, CAPACITY), (6, 101, COMPLEXITY)]
)
def test_for_operator(complexity: int, load: int, code: int) -> None:
    """An operator that is able to do classes of complexity 5, with room for 100 units."""
    assert gates.for_operator(5, complexity, load, 100) == code
