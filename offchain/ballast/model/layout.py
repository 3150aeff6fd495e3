"""Words and parameters by rows.

A field of a dataclass says how many bits of a word it takes, above the fields before it, and what values it may have.
"""

from __future__ import annotations

from dataclasses import field, fields
from functools import cache
from typing import Any, NamedTuple, TypeVar

from ballast.model._evm import signed

Fields = TypeVar("Fields")
Bounds = tuple[tuple[str, int, int, str], ...]
BITS, LOWEST, HIGHEST, SIGNED, UNIT, BOUNDS = "bits", "lowest", "highest", "signed", "unit", "bounds"


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
    unit : int
        What its number counts: a field of 3 with a unit of 1,000 says 3,000.
    """

    name: str
    bits: int
    signed: bool = False
    unit: int = 1


def bits(width: int, *, lowest: bool = False, highest: bool = False, signed: bool = False, unit: int = 1) -> Any:
    """Field of a packed word, of some bits.

    Parameters
    ----------
    width : int
        How many.
    lowest : bool
        Whether it lies below those that are not, be they named before it.
    highest : bool
        Whether it is read without a mask, which costs gas: nothing lies above it.
    signed : bool
        Whether it is in two's complement.
    unit : int
        What the number in the word counts; the field is a multiple of it.
    """
    return field(metadata={BITS: width, LOWEST: lowest, HIGHEST: highest, SIGNED: signed, UNIT: unit})


def row(default: int, low: int, high: int, unit: str, bits: int = 0) -> Any:
    """Field of a parameter: what it is if nobody gives it, its bounds, and its bits if it is part of a word.

    One that may be below zero is kept in two's complement.
    """
    word = {BITS: bits, LOWEST: False, HIGHEST: False, SIGNED: low < 0, UNIT: 1} if bits else {}
    return field(default=default, metadata={BOUNDS: (low, high, unit)} | word)


def bounds_of(kind: Any) -> Bounds:
    """Bounds of all parameters that have some."""
    return tuple((f.name, *f.metadata[BOUNDS]) for f in fields(kind) if BOUNDS in f.metadata)


def layout_of(kind: Any) -> tuple[Field, ...]:
    """Fields of a word, from the lowest bit."""
    rows = sorted(fields(kind), key=lambda f: not f.metadata[LOWEST])
    return tuple(Field(f.name, f.metadata[BITS], f.metadata[SIGNED], f.metadata[UNIT]) for f in rows)


@cache
def _places(kind: Any) -> tuple[tuple[str, int, int, int, int], ...]:
    """Of each field its name, its place, the mask of its bits (-1 for none), its width if it has a sign, its unit.

    In the order in which a record is made of them.
    """
    found, place = {}, 0
    unmasked = {f.name for f in fields(kind) if f.metadata[HIGHEST]}
    for name, width, sign, unit in layout_of(kind):
        found[name] = (name, place, -1 if name in unmasked else (1 << width) - 1, width if sign else 0, unit)
        place += width
    return tuple(found[f.name] for f in fields(kind))


def pack(record: Any) -> int:
    """Word of a record whose fields fit."""
    word = 0
    for name, place, mask, _, unit in _places(type(record)):  # type: ignore[arg-type]
        word |= (getattr(record, name) // unit & mask) << place
    return word


def unpack(kind: type[Fields], word: int) -> Fields:
    """Record of a word."""
    places = _places(kind)  # type: ignore[arg-type]
    return kind(
        *[
            signed(word >> place, sign) if sign else ((word >> place) & mask) * unit
            for _, place, mask, sign, unit in places
        ]
    )
