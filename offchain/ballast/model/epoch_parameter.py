"""Words of parameters that change at an epoch boundary, as ``contracts/modules/epoch_parameter.vy`` stores them.

A contract keeps three slots: the word, the one that follows, and the first epoch of that. From the lowest bit of the
first: parameters 254, the contract's own flag 1, whether a change was scheduled 1.
"""

from __future__ import annotations

from typing import Final

CHANGING: Final = 2**255
FLAG: Final = 2**254
"""Free for the contract's own use, kept through changes."""
PAYLOAD: Final = 2**254 - 1


def at(word: int, following: int, from_epoch: int, epoch: int) -> int:
    """Parameters in force in an epoch.

    Parameters
    ----------
    word, following, from_epoch : int
        What the three slots hold.
    epoch : int
        Not older than what the protocol remembers.
    """
    if word >= CHANGING and epoch >= from_epoch:
        return following
    return word & PAYLOAD
