"""How contracts are written: what a reader of any of them may rely on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
SOURCES = sorted(path for path in CONTRACTS.rglob("*.vy*") if "testing" not in path.parts)
DEPLOYED = sorted(CONTRACTS.glob("*.vy"))
COLUMNS = 120


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_line_is_longer_than_a_page(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, start=1) if len(line) > COLUMNS] == []


@pytest.mark.parametrize("path", DEPLOYED, ids=lambda path: path.stem)
def test_a_contract_says_whom_it_trusts_and_who_can_stop_it(path: Path) -> None:
    """In the text at its head, each with words behind it."""
    head = path.read_text(encoding="utf-8").split('"""')[1]
    for tag in ("title", "license", "notice", "custom:security", "custom:kill"):
        assert re.search(rf"^@{tag} +\S", head, re.MULTILINE), tag


def test_there_are_six_contracts() -> None:
    """So that the tests above look at something."""
    assert len(DEPLOYED) == 6
