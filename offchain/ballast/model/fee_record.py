"""Fee record; twin of ``contracts/modules/fee_record.vy``.

What a participant's tasks that finished in one epoch were worth: the fees at stake in all of them (n) and in the good
ones (k). Value, not number, so that small wash tasks buy no reputation. From the lowest bit: n 96, k 96, epoch 24. A
record lies at a place given by its epoch, so a new epoch needs no clearing: a word with another epoch in it counts as
empty.
"""

from __future__ import annotations

from typing import Final

MAX_FEES: Final = 2**96 - 1


def pack(n: int, k: int, epoch: int) -> int:
    """Record of an epoch.

    Parameters
    ----------
    n, k : int
        Fees at stake in all tasks and in the good ones, token units.
    epoch : int
        Epoch in which they finished.
    """
    return n | (k << 96) | (epoch << 192)


def add(word: int, epoch: int, fee: int, good: bool) -> int:
    """Record after one more finished task.

    Saturates instead of overflowing, so that no counter can block a settlement.

    Parameters
    ----------
    word : int
        The record so far.
    epoch : int
        Epoch in which the task finished.
    fee : int
        Fee at stake in the task, token units.
    good : bool
        Whether the task ended well for the participant.
    """
    n, k = unpack(word, epoch)
    n = min(n + fee, MAX_FEES)
    if good:
        k = min(k + fee, MAX_FEES)
    return pack(n, k, epoch)


def unpack(word: int, epoch: int) -> tuple[int, int]:
    """Fees of an epoch; zeros if the word holds another epoch.

    Returns
    -------
    n, k : int
        Token units.
    """
    if word >> 192 != epoch:
        return 0, 0
    return word & MAX_FEES, (word >> 96) & MAX_FEES
