"""Gas and code size, compared with the snapshots in the repository and with the budgets.

``BALLAST_SNAPSHOT=write`` writes the snapshots anew; look at the difference before you commit it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ballast.chain.artifacts import artifacts
from tests.gas.measure import measure_gas

SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots"
TOLERANCE = 0.01
MAX_CODE = 24_576 - 10 * 32
"""What a chain takes, less the immutables of the largest contract."""
BUDGETS = {
    "life_single": 248_000,
    "life_combined": 192_000,
    "life_single_first": 400_000,
    "life_batch_same_pair": 59_000,
    "life_batch_32_operators": 75_000,
    "post_100_warm": 121_000,
    "slash_single": 92_000,
    "slash_batch": 20_000,
    "challenge_one_page": 111_000,
    "challenge_32_pages": 53_000,
}


def compare(name: str, figures: dict[str, int]) -> None:
    """Compare figures with a snapshot, or write it."""
    path = SNAPSHOTS / f"{name}.json"
    if os.environ.get("BALLAST_SNAPSHOT") == "write":
        path.write_text(json.dumps(figures, indent=2) + "\n")
    expected = json.loads(path.read_text())
    assert figures.keys() == expected.keys()
    moved = {
        key: (expected[key], value)
        for key, value in figures.items()
        if abs(value - expected[key]) > TOLERANCE * expected[key]
    }
    assert not moved, f"{name} moved (snapshot, now): {moved}"


@pytest.fixture(scope="module")
def figures() -> dict[str, int]:
    """Gas by step, measured once."""
    return measure_gas()


def test_gas_matches_the_snapshot(figures: dict[str, int]) -> None:
    print(json.dumps(figures, indent=2))
    compare("gas", figures)


@pytest.mark.parametrize("name", BUDGETS)
def test_gas_is_within_its_budget(figures: dict[str, int], name: str) -> None:
    assert figures[name] <= BUDGETS[name]


def test_code_size_matches_the_snapshot_and_leaves_room() -> None:
    sizes = {a.name: a.runtime_size for a in artifacts().values() if a.name != "MockToken"}
    compare("bytesize", sizes)
    assert max(sizes.values()) <= MAX_CODE
