"""Words by rows: a field of a dataclass says how many bits of a word it takes, above the fields before it."""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any, TypeVar, cast

Record = TypeVar("Record")
BITS, HIGHEST = "bits", "highest"


def bits(width: int, highest: bool = False) -> Any:
    """Field of a packed word, of some bits. The highest may be read without a mask, which costs gas."""
    return field(metadata={BITS: width, HIGHEST: highest})


def widths(kind: Any) -> tuple[tuple[str, int], ...]:
    """Names of the fields of a word and their bits, from the lowest."""
    return tuple((f.name, f.metadata[BITS]) for f in fields(kind))


def pack(record: Any) -> int:
    """Word of a record whose fields fit."""
    word = place = 0
    for name, width in widths(type(record)):
        word |= getattr(record, name) << place
        place += width
    return word


def unpack(kind: type[Record], word: int) -> Record:
    """Record of a word."""
    values = {}
    for f in fields(cast(Any, kind)):
        values[f.name] = word if f.metadata[HIGHEST] else word & ((1 << f.metadata[BITS]) - 1)
        word >>= f.metadata[BITS]
    return kind(**values)
