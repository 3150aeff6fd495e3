"""Words and parameters by rows.

A field of a dataclass says how many bits of a word it takes, above the fields before it, and what values it may have.
"""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any, TypeVar, cast

from ballast.model._evm import signed, unsigned

Record = TypeVar("Record")
Bounds = tuple[tuple[str, int, int, str], ...]
BITS, HIGHEST, SIGNED, BOUNDS = "bits", "highest", "signed", "bounds"


def bits(width: int, highest: bool = False) -> Any:
    """Field of a packed word, of some bits. The highest may be read without a mask, which costs gas."""
    return field(metadata={BITS: width, HIGHEST: highest, SIGNED: False})


def row(default: int, low: int, high: int, unit: str, bits: int = 0) -> Any:
    """Field of a parameter: what it is if nobody gives it, its bounds, and its bits if it is part of a word.

    One that may be below zero is kept in two's complement.
    """
    word = {BITS: bits, HIGHEST: False, SIGNED: low < 0} if bits else {}
    return field(default=default, metadata={BOUNDS: (low, high, unit)} | word)


def bounds_of(kind: Any) -> Bounds:
    """Bounds of all parameters that have some."""
    return tuple((f.name, *f.metadata[BOUNDS]) for f in fields(kind) if BOUNDS in f.metadata)


def widths(kind: Any) -> tuple[tuple[str, int], ...]:
    """Names of the fields of a word and their bits, from the lowest."""
    return tuple((f.name, f.metadata[BITS]) for f in fields(kind))


def pack(record: Any) -> int:
    """Word of a record whose fields fit."""
    word = place = 0
    for name, width in widths(type(record)):
        word |= unsigned(getattr(record, name), width) << place
        place += width
    return word


def unpack(kind: type[Record], word: int) -> Record:
    """Record of a word."""
    values = {}
    for part in fields(cast(Any, kind)):
        width = part.metadata[BITS]
        read = signed if part.metadata[SIGNED] else unsigned
        values[part.name] = word if part.metadata[HIGHEST] else read(word, width)
        word >>= width
    return kind(**values)
