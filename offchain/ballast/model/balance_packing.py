"""Balance words; twin of ``contracts/modules/balance_packing.vy``.

What the escrow holds for an account: the fields of `Balance`, in their order from the lowest bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ballast.errors import ModelError
from ballast.model import layout
from ballast.model._evm import unsigned
from ballast.model.constants import MAX_AMOUNT
from ballast.model.layout import bits


@dataclass(frozen=True, slots=True)
class Balance:
    """What the escrow holds for an account.

    Attributes
    ----------
    free, locked : int
        Token units.
    epoch : int
        Epoch that the words of the pool and of the burn account are marked with; 0 on others.
    gathers : int
        1 on the pool's word while the burn account gathers for it, else 0.
    """

    free: int = bits(96)
    locked: int = bits(96)
    epoch: int = bits(24)
    gathers: int = bits(1, highest=True)


def pack(free: int, locked: int, epoch: int) -> int:
    """Word of balances within their bounds.

    Parameters
    ----------
    free, locked : int
        Token units.
    epoch : int
        Epoch it is marked with, 0 for a participant's.
    """
    return layout.pack(Balance(free, locked, epoch, 0))


def unpack(word: int) -> tuple[int, int, int]:
    """Read a word.

    Returns
    -------
    free, locked : int
        Token units.
    epoch : int
        Epoch it is marked with.
    """
    b = layout.unpack(Balance, word)
    return b.free, b.locked, b.epoch


def free(word: int) -> int:
    """Free balance of a word, alone."""
    return unpack(word)[0]


def locked(word: int) -> int:
    """Locked balance of a word, alone."""
    return unpack(word)[1]


def epoch_of(word: int) -> int:
    """Epoch a word is marked with, 0 if it never was."""
    return unpack(word)[2]


def stake(word: int) -> int:
    """Free and locked balance of a word together."""
    return free(word) + locked(word)


def unmarked(word: int) -> int:
    """Word without what lies above its balances."""
    return marked(word, 0)


def marked(word: int, epoch: int) -> int:
    """Word marked with an epoch, and with nothing else above its balances."""
    return pack(free(word), locked(word), epoch)


def gathering(word: int) -> int:
    """Word of the pool with its last bit set."""
    b = layout.unpack(Balance, word)
    return layout.pack(replace(b, gathers=b.gathers | 1))


def gathers(word: int) -> bool:
    """Whether the last bit of the pool's word is set."""
    return layout.unpack(Balance, word).gathers != 0


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
    before = layout.unpack(Balance, word)
    free = unsigned(before.free + (change >> 112), 112)
    locked = unsigned(before.locked + change, 112)
    if free > MAX_AMOUNT:
        raise ModelError("escrow: free out of range")
    if locked > MAX_AMOUNT:
        raise ModelError("escrow: locked out of range")
    return layout.pack(replace(before, free=free, locked=locked))
