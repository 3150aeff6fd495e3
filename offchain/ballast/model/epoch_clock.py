"""Epochs of equal length, numbered from 1; twin of ``contracts/modules/epoch_clock.vy``.

The contract keeps the start of epoch 1 and the length of an epoch as immutables; here they are arguments.
"""

from __future__ import annotations

from typing import Final

from ballast.errors import ModelError, ParameterError
from ballast.model._evm import ARITHMETIC
from ballast.model.activity import MAX_EPOCH_SECONDS

MIN_EPOCH_SECONDS: Final = 60
MAX_AGE: Final = 2**20
"""Epochs since genesis at deployment; their numbers have 24 bits in packed words."""


def check(genesis: int, epoch_seconds: int, now: int) -> None:
    """Refuse a clock the contract's constructor would refuse.

    Parameters
    ----------
    genesis : int
        Timestamp at which epoch 1 starts, not in the future and less than ``MAX_AGE`` epochs ago.
    epoch_seconds : int
        Length of an epoch.
    now : int
        Timestamp of the deployment.

    Raises
    ------
    ParameterError
        With the reason the contract reverts with.
    """
    if not 0 < genesis <= now:
        raise ParameterError("epoch_clock: genesis")
    if epoch_seconds < MIN_EPOCH_SECONDS:
        raise ParameterError("epoch_clock: epoch too short")
    if epoch_seconds > MAX_EPOCH_SECONDS:
        raise ParameterError("epoch_clock: epoch too long")
    if (now - genesis) // epoch_seconds >= MAX_AGE:
        raise ParameterError("epoch_clock: genesis too old")


def epoch_at(genesis: int, epoch_seconds: int, timestamp: int) -> int:
    """Epoch a moment lies in, by its number.

    Parameters
    ----------
    genesis : int
        Timestamp at which epoch 1 starts.
    epoch_seconds : int
        Length of an epoch.
    timestamp : int
        Not before genesis.
    """
    if timestamp < genesis:
        raise ModelError(ARITHMETIC)
    return (timestamp - genesis) // epoch_seconds + 1


def start_of(genesis: int, epoch_seconds: int, epoch: int) -> int:
    """Timestamp of an epoch's first second."""
    return genesis + (epoch - 1) * epoch_seconds


def position(genesis: int, epoch_seconds: int, timestamp: int) -> tuple[int, int]:
    """Epoch a moment lies in, and the seconds since it began; the moment is not before genesis.

    Returns
    -------
    epoch, seconds : int
        As `epoch_at` and `seconds_into` give them.
    """
    if timestamp < genesis:
        raise ModelError(ARITHMETIC)
    epoch, seconds = divmod(timestamp - genesis, epoch_seconds)
    return epoch + 1, seconds


def seconds_into(genesis: int, epoch_seconds: int, timestamp: int) -> int:
    """Seconds since the epoch of a moment began; the moment is not before genesis."""
    if timestamp < genesis:
        raise ModelError(ARITHMETIC)
    return (timestamp - genesis) % epoch_seconds
