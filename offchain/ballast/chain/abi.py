"""Values as an ABI has them, and as annotations of Python want them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address


def type_of(argument: dict[str, Any]) -> str:
    """ABI type string of an argument; a struct becomes a tuple."""
    kind: str = argument["type"]
    if kind.startswith("tuple"):
        return f"({','.join(type_of(c) for c in argument['components'])}){kind[5:]}"
    return kind


def encoded(arguments: Sequence[dict[str, Any]], values: Sequence[Any]) -> bytes:
    """Encode values; a dataclass is a struct."""
    return bytes(encode([type_of(argument) for argument in arguments], [_plain(value) for value in values]))


def decoded(arguments: Sequence[dict[str, Any]], data: bytes) -> tuple[Any, ...]:
    """Decode values: lists and structs as tuples, addresses with their checksum."""
    values = decode([type_of(argument) for argument in arguments], data)
    return tuple(map(_checksummed, arguments, values))


def shaped(hint: Any, value: Any) -> Any:
    """Give a decoded value the form an annotation asks for: that of a dataclass, or of a sequence of them."""
    if is_dataclass(hint):
        return _record(hint, value)
    if (inner := get_args(hint)) and is_dataclass(inner[0]):
        return tuple(_record(inner[0], each) for each in value)
    return value


def _record(kind: Any, values: Any) -> Any:
    return kind(*map(shaped, hints(kind).values(), values))


@cache
def hints(kind: Any) -> dict[str, Any]:
    """Types of a dataclass's fields, in order, or of a function's arguments and its result."""
    return get_type_hints(kind)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return tuple(_plain(getattr(value, field.name)) for field in fields(value))
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _checksummed(argument: dict[str, Any], value: Any) -> Any:
    match argument["type"]:
        case "address":
            return to_checksum_address(value)
        case "tuple":
            return tuple(map(_checksummed, argument["components"], value))
        case _:
            return value
