"""Blocks, and where the chain stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from ballast.errors import NodeError
from ballast.transact.answers import digest, position, quantity


@dataclass(frozen=True, slots=True)
class Header:
    """A block.

    Attributes
    ----------
    number, timestamp : int
    hash, parent : str
    base_fee : int
        Wei a unit of gas.
    """

    number: int
    hash: str
    parent: str
    timestamp: int
    base_fee: int

    @classmethod
    def of(cls, answer: Any) -> Self:
        """Header of a node's answer; raises NodeError if it is none."""
        try:
            return cls(
                position(answer["number"]),
                digest(answer["hash"]),
                digest(answer["parentHash"]),
                position(answer["timestamp"]),
                quantity(answer.get("baseFeePerGas") or "0x0"),
            )
        except (TypeError, KeyError, ValueError, AttributeError):
            raise NodeError("what should be a block is none") from None

    @property
    def pinned(self) -> dict[str, Any]:
        """Block parameter of calls that are to read this block and no other."""
        return {"blockHash": self.hash, "requireCanonical": True}


@dataclass(frozen=True, slots=True)
class Tip:
    """Where the chain stands.

    Attributes
    ----------
    head : Header
        The newest block.
    block : Header
        The newest with the confirmations asked for; what is decided on is read here.
    """

    head: Header
    block: Header
