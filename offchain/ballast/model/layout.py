"""Words and parameters by rows.

A field of a dataclass says how many bits of a word it takes, above the fields before it, and what values it may have.
"""

from __future__ import annotations

from dataclasses import field, fields
from functools import cache
from typing import Any, TypeVar

from ballast.model._evm import signed

Fields = TypeVar("Fields")
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


@cache
def _places(kind: Any) -> tuple[tuple[str, int, int, int], ...]:
    """Of each field its name, where it begins, the mask of its bits (-1 for none), and its width if it has a sign."""
    found, place = [], 0
    for part in fields(kind):
        width = part.metadata[BITS]
        mask = -1 if part.metadata[HIGHEST] else (1 << width) - 1
        found.append((part.name, place, mask, width if part.metadata[SIGNED] else 0))
        place += width
    return tuple(found)


def pack(record: Any) -> int:
    """Word of a record whose fields fit."""
    word = 0
    for name, place, mask, _ in _places(type(record)):  # type: ignore[arg-type]
        word |= (getattr(record, name) & mask) << place
    return word


def unpack(kind: type[Fields], word: int) -> Fields:
    """Record of a word."""
    places = _places(kind)  # type: ignore[arg-type]
    return kind(*[signed(word >> place, sign) if sign else (word >> place) & mask for _, place, mask, sign in places])
