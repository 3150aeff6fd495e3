"""Fee record; twin of ``contracts/modules/fee_record.vy``.

What a participant's tasks that finished in one epoch were worth: the fees at stake in all of them (n) and in the good
ones (k). Value, not number, so that small wash tasks buy no reputation. A word holds the fields of `Fees`, in their
order from the lowest bit. A record lies at a place given by its epoch, so a new epoch needs no clearing: a word with
another epoch in it counts as empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.model import layout
from ballast.model.layout import bits

MAX_FEES: Final = 2**96 - 1
DELEGATED: Final = 4
"""An operator answers for the fourth part of what its executors fail in."""


@dataclass(frozen=True, slots=True)
class Fees:
    """Fees at stake in the tasks a participant finished in an epoch.

    Attributes
    ----------
    n, k : int
        In all tasks and in the good ones, token units.
    epoch : int
        Epoch in which they finished.
    """

    n: int = bits(96)
    k: int = bits(96)
    epoch: int = bits(24, highest=True)


def pack(n: int, k: int, epoch: int) -> int:
    """Record of an epoch.

    Parameters
    ----------
    n, k : int
        Fees at stake in all tasks and in the good ones, token units.
    epoch : int
        Epoch in which they finished.
    """
    return layout.pack(Fees(n, k, epoch))


def delegated(fee: int) -> int:
    """Say what a task that its executor failed in counts in the record of the operator that delegated it.

    Part of the fee, since an operator cannot refuse an executor that passes its gates.

    Parameters
    ----------
    fee : int
        Fee at stake in the task, token units.

    Returns
    -------
    int
        Token units, rounded down: in favour of the operator.
    """
    return fee // DELEGATED


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
    fees = layout.unpack(Fees, word)
    return (fees.n, fees.k) if fees.epoch == epoch else (0, 0)
