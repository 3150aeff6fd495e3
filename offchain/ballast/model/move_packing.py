"""Balance moves; twin of ``contracts/modules/move_packing.vy``.

One account's change of free and locked funds in one word, the only language in which contracts move funds. From the
lowest bit: locked 112, free 112 (both two's complement), account 32.
"""

from __future__ import annotations

from ballast.model._evm import signed, unsigned


def move(account: int, free_in: int, free_out: int, locked_in: int, locked_out: int) -> int:
    """Word of a change.

    Parameters
    ----------
    account : int
        Escrow account.
    free_in, free_out : int
        Token units added to and taken from the free balance, below 2**111.
    locked_in, locked_out : int
        The same of the locked balance.
    """
    free = unsigned(free_in - free_out, 112)
    locked = unsigned(locked_in - locked_out, 112)
    return (account << 224) | (free << 112) | locked


def unpack(word: int) -> tuple[int, int, int]:
    """Read a change.

    Returns
    -------
    account : int
        Escrow account.
    free, locked : int
        Changes of its funds in token units, in two's complement of 256 bits as the escrow adds them.
    """
    free = unsigned(signed(word >> 112, 112), 256)
    locked = unsigned(signed(word, 112), 256)
    return word >> 224, free, locked
