"""What the fields of packed words are, for programs in other languages: written to ``abi/layouts.json``.

The words are those that views return. Fields are listed from the lowest bit.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from ballast.model.activity import Activity
from ballast.model.card_packing import Card
from ballast.model.class_packing import Auction, Opening
from ballast.model.constants import PAGE
from ballast.model.layout import widths
from ballast.model.page_packing import LOGIT_BITS
from ballast.model.task_packing import TaskProgress, TaskTerms


class Field(NamedTuple):
    """A part of a word.

    Attributes
    ----------
    name : str
        What it is.
    bits : int
        Its width.
    signed : bool
        Whether it is in two's complement.
    """

    name: str
    bits: int
    signed: bool = False


def _of(kind: type[Any]) -> tuple[Field, ...]:
    """Fields of a word that is laid out by rows."""
    return tuple(Field(name, bits) for name, bits in widths(kind))


LAYOUTS: Final[dict[str, tuple[Field, ...]]] = {
    "terms": _of(TaskTerms),
    "progress": _of(TaskProgress),
    "auction": _of(Auction),
    "opening": _of(Opening),
    "card": _of(Card),
    "balance": (Field("free", 96), Field("locked", 96)),
    "activity": _of(Activity),
    "fees": (Field("n", 96), Field("k", 96), Field("epoch", 24)),
    "curve": (
        Field("b", 14),
        Field("f", 14),
        Field("a", 32, signed=True),
        Field("c", 32, signed=True),
        Field("d", 31),
        Field("e", 33, signed=True),
        Field("g", 32),
        Field("h", 30),
        Field("i", 32, signed=True),
    ),
    "page": (
        *(Field(f"logit_{place}", LOGIT_BITS, signed=True) for place in range(PAGE)),
        Field("epoch", 24),
        Field("poster", 32),
    ),
}
"""By the name of the word."""


def text() -> str:
    """Text of the file: a JSON object with a list for each word, its fields from the lowest bit, one a line."""
    words = []
    for name, layout in LAYOUTS.items():
        lines = ",\n".join(f"    {json.dumps(field._asdict())}" for field in layout)
        words.append(f'  "{name}": [\n{lines}\n  ]')
    return "{\n" + ",\n".join(words) + "\n}\n"


def parts(name: str, word: int) -> dict[str, int]:
    """Take a word apart by its layout.

    Parameters
    ----------
    name : str
        Of the layout.
    word : int
        As a view returned it.
    """
    found = {}
    for field in LAYOUTS[name]:
        value = word & (2**field.bits - 1)
        found[field.name] = value - (value >> (field.bits - 1) << field.bits) if field.signed else value
        word >>= field.bits
    return found
