"""Dated amounts; twin of ``contracts/modules/dated_amount.vy``.

An amount and the moment it belongs to: what thaws and from when, what the pool was when an epoch ended. From the lowest
bit: amount 96, date 64, a timestamp or an epoch.
"""

from __future__ import annotations

from ballast.model.constants import MAX_AMOUNT


def pack(amount: int, date: int) -> int:
    """Word of an amount that belongs to a date.

    Parameters
    ----------
    amount : int
        Token or resource units.
    date : int
        Timestamp or epoch.
    """
    return amount | (date << 96)


def unpack(word: int) -> tuple[int, int]:
    """Amount and date of a word, zeros if it was never written."""
    return word & MAX_AMOUNT, word >> 96


def amount(word: int) -> int:
    """Amount of a word, alone."""
    return word & MAX_AMOUNT
