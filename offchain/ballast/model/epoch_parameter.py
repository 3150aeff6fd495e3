"""Words of parameters that change at an epoch boundary, as ``contracts/modules/epoch_parameter.vy`` stores them.

A contract keeps three slots: the word, the one that follows, and the first epoch of that. From the lowest bit of the
first: parameters 254, the contract's own flag 1, whether a change was scheduled 1. Words before these two are kept in a
ring.
"""

from __future__ import annotations

from typing import Final

from ballast.model.constants import EPOCH_RING, MAX_TASK_LIFE

CHANGING: Final = 2**255
FLAG: Final = 2**254
"""Free for the contract's own use, kept through changes."""
PAYLOAD: Final = 2**254 - 1
REMEMBERED: Final = 1024
"""Words kept besides the last two."""
HALVINGS: Final = 10
"""Of so many to one."""
MIN_APART: Final = 2
"""Epochs between changes: of the last two epochs, one word or two tell."""


def at(word: int, following: int, from_epoch: int, epoch: int) -> int:
    """Parameters in force in an epoch.

    Parameters
    ----------
    word, following, from_epoch : int
        What the three slots hold.
    epoch : int
        Not older than the word before the last change.
    """
    if word >= CHANGING and epoch >= from_epoch:
        return following
    return word & PAYLOAD


def epochs_apart(epoch_seconds: int) -> int:
    """Epochs that lie between two changes at least: the ring then reaches back to the oldest task that lives.

    Parameters
    ----------
    epoch_seconds : int
        Length of an epoch.
    """
    memory = MAX_TASK_LIFE // epoch_seconds + EPOCH_RING + 1
    return max(memory // REMEMBERED + 1, MIN_APART)
