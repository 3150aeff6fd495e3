"""What a ring pays for a good record: the table in docs/security.md, computed with the filter.

A ring pays fees to the pool and gets the rebate of them back. An epoch counts in full from `n0` on, so no ring pays
more in one; less counts in proportion, and takes longer for more, since the rest of the epoch counts as idle.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ballast.model.constants import PPM
from ballast.model.fixed_point import sigmoid
from ballast.model.parameters import NetworkParameters
from ballast.model.reputation_filter import step

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
FILTER, REBATE = NetworkParameters().filter, NetworkParameters().slash.rebate
ROW = re.compile(r"^  \| (0\.\d+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", re.MULTILINE)


def epochs_to(record: int, fees: int) -> int:
    """Epochs of good tasks, at the load that pays best, that lift a record of a half."""
    phi = number = 0
    while sigmoid(phi) < record:
        phi = step(FILTER, phi, fees, fees, PPM, 0)
        number += 1
    return number


def test_the_page_says_what_a_record_costs() -> None:
    """Three records, each with its epochs, its fees, and what remains of them after the rebate."""
    rows = [[float(row[0]), *(int(cell.replace(",", "")) for cell in row[1:])] for row in ROW.findall(PAGE.read_text())]
    assert [row[0] for row in rows] == [0.8, 0.9, 0.95]
    for record, *told in rows:
        number = epochs_to(round(record * PPM), FILTER.n0)
        fees = number * FILTER.n0
        assert told == [number, fees, fees * (PPM - REBATE) // PPM]


@pytest.mark.parametrize("part", [2, 5, 10])
def test_small_steps_are_not_cheaper(part: int) -> None:
    """Weak evidence counts in proportion at best."""
    fees = FILTER.n0 // part
    assert epochs_to(800_000, fees) * fees >= epochs_to(800_000, FILTER.n0) * FILTER.n0


def test_more_than_n0_buys_nothing() -> None:
    """An epoch counts once, whatever is paid in it."""
    assert step(FILTER, 0, 100 * FILTER.n0, 100 * FILTER.n0, PPM, 0) == step(FILTER, 0, FILTER.n0, FILTER.n0, PPM, 0)
