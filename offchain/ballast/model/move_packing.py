"""Balance moves; twin of ``contracts/modules/move_packing.vy``.

One account's change of free and locked funds in one word, the only language in which contracts move funds. From the
lowest bit: locked 112, free 112 (both two's complement), account 32.
"""

from __future__ import annotations

from ballast.model._evm import unsigned


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


def account_of(word: int) -> int:
    """Account that changes."""
    return word >> 224


def locks(word: int) -> bool:
    """Whether locked funds change."""
    return word & (2**112 - 1) != 0


def net(word: int) -> int:
    """Change of an account's free and locked funds together.

    Such numbers are added up modulo 2**256. The sum of some thousands, each of less than 2**97, is zero only if the
    changes cancel out.

    Returns
    -------
    int
        In two's complement of 112 bits, above 144 zeros.
    """
    return unsigned((word >> 112) + word, 112) << 144
