"""Mandates; twin of ``contracts/modules/mandate_packing.vy``.

What an operator may still draw on a class, and the start price of its next task, beside the class's opening word below
its AVS, so that opening tasks reads one word. Without an opening word a mandate is suspended; no class's word is zero
there, since its minimum reward is not. From the lowest bit: remaining 96, opening word below its start price 127, start
price 20. What remains lies lowest, so a reward is drawn from the word, or put back, by subtracting or adding it.
"""

from __future__ import annotations

from typing import Final

from ballast.model.constants import MAX_AMOUNT

OPENING: Final = 2**127 - 1
"""Mask of an opening word below its start price."""
START: Final = 2**20 - 1
"""Mask of a start price."""
START_AT: Final = 223
"""Lowest bit of the start price."""


def pack(remaining: int, opening: int, start: int) -> int:
    """Word of a mandate.

    Parameters
    ----------
    remaining : int
        Token units, at most ``MAX_AMOUNT``.
    opening : int
        Opening word of the class, of which the start price and what lies above are left out, or 0 to suspend the
        mandate.
    start : int
        Start price of its next task, ppm of the reward; 0 for a mandate that was never funded.
    """
    return remaining | ((opening & OPENING) << 96) | (start << START_AT)


def remaining(word: int) -> int:
    """Token units that have not been drawn, be the mandate suspended or not."""
    return word & MAX_AMOUNT


def opening(word: int) -> int:
    """Word of the class's opening terms below its start price, 0 while the mandate is suspended."""
    return (word >> 96) & OPENING


def start(word: int) -> int:
    """Start price of the next task, ppm of the reward."""
    return word >> START_AT


def with_start(word: int, start: int) -> int:
    """Word of a mandate with another start price."""
    return word & ~(START << START_AT) | (start << START_AT)
