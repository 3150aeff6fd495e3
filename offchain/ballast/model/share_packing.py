"""Shares; twin of ``contracts/modules/share_packing.vy``.

The share of an epoch's budget that waits for an account, and the weight of all who have one. A share, from the lowest
bit: epoch 24, weight 72, bound 160; a total: epoch 24, weight 104. Epochs count from 1, so an empty word is no share.
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


def total(word: int, epoch: int) -> int:
    """Weight of all who entered for an epoch; zero if the word holds another epoch."""
    return word >> 24 if word & (1 << 24) - 1 == epoch else 0


def pack_total(epoch: int, weight: int) -> int:
    """Word of the weight of all who entered for an epoch: below ``2**32`` accounts, so below ``2**104``."""
    return epoch | weight << 24
