"""The terms of a class and the layouts of its words, in the protocol's page, are those of the model."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from ballast.model import layout
from ballast.model.class_packing import Auction, Opening
from ballast.model.parameters import ClassParameters, bounds_of
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
POWERS = {2**n - 1: f"`2**{n} - 1`" for n in (96, 256)}


def amount(number: int) -> str:
    """Write a number; the largest as what they are."""
    return POWERS.get(number, f"{number:,}")


def terms() -> str:
    """Table of the terms, a row each."""
    defaults: dict[str, Any] = {f.name: f.default for f in fields(ClassParameters)}
    rows = [("term", "default", "from", "to", "unit"), ("---",) * 5]
    rows += [
        (f"`{name}`", amount(defaults[name]), amount(low), amount(high), unit)
        for name, low, high, unit in bounds_of(ClassParameters)
    ]
    return "\n".join(f"| {' | '.join(row)} |".replace(" --- ", "---") for row in rows)


def word(kind: type[Any]) -> str:
    """Fields of a word with their bits, from the lowest."""
    return ", ".join(f"`{name}` {width}" for name, width in layout.widths(kind))


@pytest.mark.parametrize("text", [terms(), word(Auction), word(Opening)], ids=["terms", "auction", "opening"])
def test_the_page_has_it(text: str) -> None:
    """If this fails, put the text shown here into section 6.1 of docs/protocol.md."""
    assert " ".join(text.split()) in " ".join(PAGE.split()), f"\n{text}"
