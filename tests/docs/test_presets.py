"""The tables of load curves in the protocol's page are those of the presets."""

from __future__ import annotations

import pytest

from ballast.model import load_curve
from ballast.model.load_curve import PRESETS
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
LOADS = (0, 2_500, 5_000, 6_500, 8_000, 9_000, 10_000)


def constants() -> str:
    """Table of the constants, a column a preset."""
    rows = [["", *(f"`{name}`" for name in PRESETS)], ["---"] * (len(PRESETS) + 1)]
    rows += [[field.upper(), *(f"{getattr(c, field):,}" for c in PRESETS.values())] for field in "acdeghi"]
    return "\n".join(f"| {' | '.join(row)} |".replace("|  |", "| |").replace(" --- ", "---") for row in rows)


def rates() -> str:
    """Table of the rates, a row a preset."""
    rows = [["preset", *(f"f({load // 100}%)" for load in LOADS), "peak"], ["---"] * (len(LOADS) + 2)]
    for name, curve in PRESETS.items():
        word = load_curve.pack(curve)
        values = [*(load_curve.rate(word, load) for load in LOADS), load_curve.peak(word)]
        rows.append([f"`{name}`", *(f"{value:,}" for value in values)])
    return "\n".join(f"| {' | '.join(row)} |".replace(" --- ", "---") for row in rows)


@pytest.mark.parametrize("table", [constants(), rates()], ids=["constants", "rates"])
def test_the_page_has_the_table(table: str) -> None:
    """If this fails, put the table shown here into section 9 of docs/protocol.md."""
    assert table in PAGE, f"\n{table}"
