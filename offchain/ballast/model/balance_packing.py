"""Balance words; twin of ``contracts/modules/balance_packing.vy``.

What the escrow holds for an account. From the lowest bit: free 96, locked 96, epoch 24, gathers 1. The epoch is a
mark on the words of the pool and of the burn account; the last bit says on the pool's that the burn account gathers for
it. Others have neither.
"""

from __future__ import annotations

from ballast.errors import ModelError
from ballast.model._evm import unsigned
from ballast.model.constants import MAX_AMOUNT


def pack(free: int, locked: int, epoch: int) -> int:
    """Word of balances within their bounds.

    Parameters
    ----------
    free, locked : int
        Token units.
    epoch : int
        Epoch it is marked with, 0 for a participant's.
    """
    return free | (locked << 96) | (epoch << 192)


def unpack(word: int) -> tuple[int, int, int]:
    """Read a word.

    Returns
    -------
    free, locked : int
        Token units.
    epoch : int
        Epoch it is marked with.
    """
    return word & MAX_AMOUNT, (word >> 96) & MAX_AMOUNT, (word >> 192) & (2**24 - 1)


def free(word: int) -> int:
    """Free balance of a word, alone."""
    return word & MAX_AMOUNT


def locked(word: int) -> int:
    """Locked balance of a word, alone."""
    return (word >> 96) & MAX_AMOUNT


def epoch_of(word: int) -> int:
    """Epoch a word is marked with, 0 if it never was."""
    return (word >> 192) & (2**24 - 1)


def stake(word: int) -> int:
    """Free and locked balance of a word together."""
    return (word & MAX_AMOUNT) + ((word >> 96) & MAX_AMOUNT)


def unmarked(word: int) -> int:
    """Word without what lies above its balances."""
    return word & (2**192 - 1)


def marked(word: int, epoch: int) -> int:
    """Word marked with an epoch, and with nothing else above its balances."""
    return unmarked(word) | (epoch << 192)


def gathering(word: int) -> int:
    """Word of the pool with its last bit set."""
    return word | (1 << 216)


def gathers(word: int) -> bool:
    """Whether the last bit of the pool's word is set."""
    return word >> 216 != 0


def moved(word: int, change: int) -> int:
    """Word after a change of its balances.

    Parameters
    ----------
    word : int
        The word so far.
    change : int
        Word of `ballast.model.move_packing`.

    Raises
    ------
    ModelError
        If a balance would become negative or exceed 2**96 - 1.
    """
    free = unsigned((word & MAX_AMOUNT) + (change >> 112), 112)
    locked = unsigned(((word >> 96) & MAX_AMOUNT) + change, 112)
    if free > MAX_AMOUNT:
        raise ModelError("escrow: free out of range")
    if locked > MAX_AMOUNT:
        raise ModelError("escrow: locked out of range")
    return ((word >> 192) << 192) | (locked << 96) | free
