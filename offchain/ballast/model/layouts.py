"""What the fields of packed words are, for programs in other languages: written to ``abi/layouts.json``.

The words are those that views return. Fields are listed from the lowest bit.
"""

from __future__ import annotations

import json
from typing import Final

from ballast.model.activity import Activity
from ballast.model.balance_packing import Balance
from ballast.model.card_packing import Card
from ballast.model.class_packing import Auction, Opening
from ballast.model.constants import PAGE
from ballast.model.fee_record import Fees
from ballast.model.layout import Field, layout_of
from ballast.model.load_curve import Curve
from ballast.model.page_packing import LOGIT_BITS, PageHeader
from ballast.model.task_packing import TaskProgress, TaskTerms

LAYOUTS: Final[dict[str, tuple[Field, ...]]] = {
    "terms": layout_of(TaskTerms),
    "progress": layout_of(TaskProgress),
    "auction": layout_of(Auction),
    "opening": layout_of(Opening),
    "card": layout_of(Card),
    # views return it without its mark
    "balance": layout_of(Balance)[:2],
    "activity": layout_of(Activity),
    "fees": layout_of(Fees),
    "curve": layout_of(Curve),
    "page": (
        *(Field(f"logit_{place}", LOGIT_BITS, signed=True) for place in range(PAGE)),
        *layout_of(PageHeader),
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
        sign = value >> (field.bits - 1) << field.bits if field.signed else 0
        found[field.name] = (value - sign) * field.unit
        word >>= field.bits
    return found
