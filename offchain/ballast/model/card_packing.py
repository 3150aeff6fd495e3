"""Cards; twin of ``contracts/modules/card_packing.vy``.

What tasks need to know of a participant, in one word: who it is, what it may do, and its reputation as read last, which
holds for an epoch. A word holds the fields of `Card`, in their order from the lowest bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.model import layout
from ballast.model.layout import bits

MAX_COMPLEXITY: Final = 2**16 - 1


@dataclass(frozen=True, slots=True)
class Card:
    """What tasks need to know of a participant.

    Attributes
    ----------
    account : int
        Escrow account.
    slots : int
        Task slots of an operator.
    complexity : int
        Of the hardest class it executes.
    role : int
        ``OPERATOR`` or ``COPROCESSOR``, 0 if not registered.
    reputation : int
        As read last, ppm.
    epoch : int
        Epoch of the reading.
    """

    account: int = bits(32)
    slots: int = bits(16)
    complexity: int = bits(16)
    role: int = bits(2)
    reputation: int = bits(20)
    epoch: int = bits(24, highest=True)


def pack(c: Card) -> int:
    """Word of a card whose fields are within their bounds."""
    return layout.pack(c)


def unpack(word: int) -> Card:
    """Card of a word."""
    return layout.unpack(Card, word)


def account_of(word: int) -> int:
    """Account in the word of a card."""
    return word & (2**32 - 1)
