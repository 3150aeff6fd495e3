"""Mandates; twin of ``contracts/modules/mandate_packing.vy``.

What an operator may still draw on a class, beside the class's opening word without its AVS, so that opening tasks reads
one word. Without an opening word a mandate is suspended; no class's word is zero there, since its minimum reward is
not. From the lowest bit: remaining 96, opening word below its AVS 132. What remains lies lowest, so a reward is drawn
from the word, or put back, by subtracting or adding it.
"""

from __future__ import annotations

from typing import Final

from ballast.model.constants import MAX_AMOUNT

OPENING: Final = 2**132 - 1
"""Mask of an opening word without its AVS."""


def pack(remaining: int, opening: int) -> int:
    """Word of a mandate.

    Parameters
    ----------
    remaining : int
        Token units, at most ``MAX_AMOUNT``.
    opening : int
        Opening word of the class, of which the AVS is left out, or 0 to suspend the mandate.
    """
    return remaining | ((opening & OPENING) << 96)


def remaining(word: int) -> int:
    """Token units that have not been drawn, be the mandate suspended or not."""
    return word & MAX_AMOUNT


def opening(word: int) -> int:
    """Word of the class's opening terms without its AVS, 0 while the mandate is suspended."""
    return word >> 96
