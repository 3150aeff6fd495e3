"""Amounts and times as people read them."""

from __future__ import annotations

import pytest

from ballast.transact import units


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        *((0, "0 ether"), (1, "0.000000000000000001 ether"), (10**18, "1 ether"), (12 * 10**17, "1.2 ether")),
        *((10**22 - 1, "9,999.999999 ether"), (10**12, "0.000001 ether"), (15 * 10**10, "0.0000001 ether")),
    ],
)
def test_ether(amount: int, told: str) -> None:
    assert units.wei(amount, "ether") == told


def test_tokens_and_times() -> None:
    assert units.tokens(1) == "1 token unit"
    assert units.tokens(1_234_567, "tBAL", 6) == "1,234,567 token units (1.234567 tBAL)"
    assert units.tokens(5, "WHOLE", 0) == "5 token units (5 WHOLE)"
    assert units.duration(59) == "59 s"
    assert units.duration(3_600) == "1 h"
    assert units.duration(14 * 86_400 + 7_201) == "14 d 2 h"
    assert units.duration(0) == "0 s"
