"""Shares; twin of ``contracts/modules/share_packing.vy``.

The share of an epoch's budget that waits for an account. From the lowest bit: epoch 24, weight 72, bound 160. Epochs
count from 1, so an empty word is no share.
"""

from __future__ import annotations


def pack(epoch: int, weight: int, bound: int) -> int:
    """Word of a share.

    Parameters
    ----------
    epoch : int
        In which it was earned.
    weight : int
        See `ballast.model.uptime_reward.weight`.
    bound : int
        Most that it may be, token units.
    """
    return epoch | weight << 24 | bound << 96


def unpack(word: int) -> tuple[int, int, int]:
    """Epoch, weight and bound of a word."""
    return word & (1 << 24) - 1, word >> 24 & (1 << 72) - 1, word >> 96
