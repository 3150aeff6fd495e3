"""Parameters and the layouts of their words, in the protocol's page, are those of the model."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from ballast.model import layout
from ballast.model.class_packing import Auction, Opening
from ballast.model.layout import bounds_of
from ballast.model.parameters import ClassParameters
from ballast.model.reputation_filter import FilterParameters
from ballast.model.slash_split import SlashTerms
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
MARKS = {1: "", 100: "b ", 1_000: "p "}
"""Of fields that count in a larger unit than ppm."""
POWERS = {2**n - 1: f"`2**{n} - 1`" for n in (80, 96, 256)}


def amount(number: int) -> str:
    """Write a number; the largest as what they are."""
    return POWERS.get(number, f"{number:,}")


def table(kind: type[Any], title: str) -> str:
    """Table of parameters, a row each."""
    defaults: dict[str, Any] = {f.name: f.default for f in fields(kind)}
    rows = [(title, "default", "from", "to", "unit"), ("---",) * 5]
    rows += [
        (f"`{name}`", amount(defaults[name]), amount(low), amount(high), unit)
        for name, low, high, unit in bounds_of(kind)
    ]
    return "\n".join(f"| {' | '.join(row)} |".replace(" --- ", "---") for row in rows)


def word(kind: type[Any]) -> str:
    """Fields of a word with their bits, from the lowest."""
    return ", ".join(f"`{f.name}` {MARKS[f.unit]}{f.bits}" for f in layout.layout_of(kind))


TEXTS = {
    "class": ("6.1", table(ClassParameters, "term")),
    "auction word": ("6.1", word(Auction)),
    "opening word": ("6.1", word(Opening)),
    "slash": ("13", table(SlashTerms, "`[slash]`")),
    "slash word": ("10", word(SlashTerms)),
    "filter": ("13", table(FilterParameters, "`[filter]`")),
    "filter word": ("12.1", word(FilterParameters)),
}
"""What the page has, and in which section."""


@pytest.mark.parametrize("name", TEXTS)
def test_the_page_has_it(name: str) -> None:
    section, text = TEXTS[name]
    assert " ".join(text.split()) in " ".join(PAGE.split()), f"put this into section {section}:\n{text}"
