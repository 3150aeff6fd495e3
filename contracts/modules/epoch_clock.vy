# pragma version 0.4.3
"""
@title Epoch clock
@license MIT
@notice Epochs of equal length, numbered from 1; the same in every contract. Python twin: ballast.model.epoch_clock.
"""

from contracts.modules import activity

MIN_EPOCH_SECONDS: constant(uint256) = 60
MAX_AGE: constant(uint256) = 2**20  # epochs since genesis when deployed; their numbers have 24 bits in packed words

GENESIS: immutable(uint256)
EPOCH_SECONDS: immutable(uint256)


@deploy
def __init__(genesis: uint256, epoch_seconds: uint256):
    """
    @param genesis Timestamp at which epoch 1 starts, not in the future and less than MAX_AGE epochs ago.
    @param epoch_seconds Length of an epoch.
    """
    assert genesis > 0 and genesis <= block.timestamp, "epoch_clock: genesis"
    assert epoch_seconds >= MIN_EPOCH_SECONDS, "epoch_clock: epoch too short"
    assert epoch_seconds <= activity.MAX_EPOCH_SECONDS, "epoch_clock: epoch too long"
    assert (block.timestamp - genesis) // epoch_seconds < MAX_AGE, "epoch_clock: genesis too old"
    GENESIS = genesis
    EPOCH_SECONDS = epoch_seconds


@external
@view
def clock() -> (uint256, uint256):
    """
    @notice Start of epoch 1 and the length of an epoch, in seconds.
    """
    return GENESIS, EPOCH_SECONDS


@internal
@view
def _epoch_at(timestamp: uint256) -> uint256:
    """
    @notice Number of the epoch a moment lies in.
    """
    return unsafe_add(unsafe_div(timestamp - GENESIS, EPOCH_SECONDS), 1)


@internal
@view
def _epoch() -> uint256:
    """
    @notice Number of the present epoch.
    """
    return self._epoch_at(block.timestamp)


@internal
@view
def _position() -> (uint256, uint256):
    """
    @notice Number of the present epoch, and the seconds since it began.
    """
    age: uint256 = block.timestamp - GENESIS
    return unsafe_add(age // EPOCH_SECONDS, 1), age % EPOCH_SECONDS
