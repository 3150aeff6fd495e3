"""Total capacity; twin of ``contracts/modules/total_packing.vy``.

The sum of all capacities, now and from the next epoch on. From the lowest bit: total of the word's epoch 64, total of
the epochs after it 64, epoch 24.
"""

from __future__ import annotations

from ballast.errors import ModelError
from ballast.model._evm import ARITHMETIC


def pack(total: int, next_total: int, epoch: int) -> int:
    """Word of totals.

    Parameters
    ----------
    total, next_total : int
        Resource units.
    epoch : int
        Epoch of the first; the second holds from the next on.
    """
    return total | (next_total << 64) | (epoch << 128)


def epoch_of(word: int) -> int:
    """Epoch of a word's last change."""
    return word >> 128


def total_in(word: int, epoch: int) -> int:
    """Total of an epoch not before the word's, resource units."""
    return (word if word >> 128 == epoch else word >> 64) & (2**64 - 1)


def changed(word: int, epoch: int, increase: int, decrease: int) -> int:
    """Word after a change that counts from the next epoch on.

    Parameters
    ----------
    word : int
        The word so far.
    epoch : int
        The present one, not before the word's.
    increase, decrease : int
        Resource units.

    Raises
    ------
    ModelError
        If the total would become negative.
    """
    next_total = ((word >> 64) & (2**64 - 1)) + increase - decrease
    if next_total < 0:
        raise ModelError(ARITHMETIC)
    return pack(total_in(word, epoch), next_total, epoch)
