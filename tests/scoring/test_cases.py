"""Published cases, and the counting of digits that judges them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from ballast.scoring.cases import CASES, LAKE_HURON, STEP, by_differences, figure


def test_lake_huron_is_reproduced() -> None:
    figures = CASES[0].run(None)
    assert figures is not None
    assert len(figures) == 5
    assert all(found.agrees for found in figures)
    # R's series: 98 years, mean 579.0041 feet
    assert len(LAKE_HURON) == 98
    assert sum(LAKE_HURON) / 98 == pytest.approx(579.0041, abs=5e-5)


@pytest.mark.parametrize(
    ("expected", "got", "digits"),
    [
        ("9.989", 9.98897, 4),
        ("9.989", 9.9884, 3),
        ("-0.020", -0.01966, 2),
        ("-0.020", 0.01966, 0),
        ("370.4", 370.413, 4),
        ("370.4", 371.6, 2),
        ("0.05", 0.5, 0),
    ],
)
def test_digits(expected: str, got: float, digits: int) -> None:
    found = figure("x", expected, got)
    assert found.digits == digits
    assert found.agrees == (digits == len(expected.strip("-0.").replace(".", "")) + (expected == "-0.020"))


def test_a_case_is_close_if_as_many_digits_agree_as_are_asked_for() -> None:
    verdicts = [figure("x", "9.989", got, 3).verdict for got in (9.98897, 9.9884, 9.98)]
    assert verdicts == ["agrees", "close", "DISAGREES"]


def test_where_differences_vanish() -> None:
    """Those of exp(x) - 2 x are exp(x) sinh(h) / h - 2; its derivative vanishes elsewhere."""
    found = by_differences(lambda point: float(np.exp(point[0]) - 2.0 * point[0]), np.array([0.0]))[0]
    assert found == pytest.approx(math.log(2.0 * STEP / math.sinh(STEP)), abs=1e-9)
    assert found != pytest.approx(math.log(2.0), abs=1e-7)


def test_cases_without_data_are_not_run(tmp_path: Path) -> None:
    assert [case.run(tmp_path) is None for case in CASES] == [False, True, True, True]
