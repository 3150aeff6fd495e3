"""Cards; twin of ``contracts/modules/card_packing.vy``.

What tasks need to know of a participant, in one word: who it is, what it may do, and its reputation as read last, which
holds for an epoch. From the lowest bit: account 32, slots 16, complexity 16, role 2, reputation 20, epoch 24.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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
        Of the hardest class it executes itself.
    role : int
        ``OPERATOR`` or ``COPROCESSOR``, 0 if not registered.
    reputation : int
        As read last, ppm.
    epoch : int
        Epoch of the reading.
    """

    account: int
    slots: int
    complexity: int
    role: int
    reputation: int
    epoch: int


def pack(c: Card) -> int:
    """Word of a card whose fields are within their bounds."""
    low = c.account | (c.slots << 32) | (c.complexity << 48) | (c.role << 64)
    return low | (c.reputation << 66) | (c.epoch << 86)


def unpack(word: int) -> Card:
    """Card of a word."""
    return Card(
        account=word & (2**32 - 1),
        slots=(word >> 32) & (2**16 - 1),
        complexity=(word >> 48) & (2**16 - 1),
        role=(word >> 64) & 3,
        reputation=(word >> 66) & (2**20 - 1),
        epoch=word >> 86,
    )


def account_of(word: int) -> int:
    """Account in the word of a card."""
    return word & (2**32 - 1)
