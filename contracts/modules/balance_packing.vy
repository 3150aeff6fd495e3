# pragma version 0.4.3
"""
@title Balance words
@license MIT
@notice What the escrow holds for an account. Python twin: ballast.model.balance_packing.
@dev From the lowest bit: free 96, locked 96, epoch 24, gathers 1. The epoch is a mark on the words of the pool and of
     the burn account; the last bit says on the pool's that the burn account gathers for it. Others have neither.
"""

from contracts.modules import constants


@internal
@pure
def _pack(free: uint256, locked: uint256, epoch: uint256) -> uint256:
    """
    @notice The word of balances within their bounds.
    """
    return free | (locked << 96) | (epoch << 192)


@internal
@pure
def _unpack(word: uint256) -> (uint256, uint256, uint256):
    """
    @notice Free and locked balance of a word, token units, and the epoch it is marked with.
    """
    return word & constants.MAX_AMOUNT, (word >> 96) & constants.MAX_AMOUNT, (word >> 192) & (2**24 - 1)


@internal
@pure
def _free(word: uint256) -> uint256:
    """
    @notice Free balance of a word, alone.
    """
    return word & constants.MAX_AMOUNT


@internal
@pure
def _locked(word: uint256) -> uint256:
    """
    @notice Locked balance of a word, alone.
    """
    return (word >> 96) & constants.MAX_AMOUNT


@internal
@pure
def _epoch_of(word: uint256) -> uint256:
    """
    @notice The epoch a word is marked with, 0 if it never was.
    """
    return (word >> 192) & (2**24 - 1)


@internal
@pure
def _stake(word: uint256) -> uint256:
    """
    @notice Free and locked balance of a word together.
    """
    return unsafe_add(word & constants.MAX_AMOUNT, (word >> 96) & constants.MAX_AMOUNT)


@internal
@pure
def _unmarked(word: uint256) -> uint256:
    """
    @notice A word without what lies above its balances.
    """
    return word & (2**192 - 1)


@internal
@pure
def _marked(word: uint256, epoch: uint256) -> uint256:
    """
    @notice A word marked with an epoch, and with nothing else above its balances.
    """
    return (word & (2**192 - 1)) | (epoch << 192)


@internal
@pure
def _gathering(word: uint256) -> uint256:
    """
    @notice The pool's word with its last bit set.
    """
    return word | (1 << 216)


@internal
@pure
def _gathers(word: uint256) -> bool:
    """
    @notice Whether the last bit of the pool's word is set.
    """
    return word >> 216 != 0


@internal
@pure
def _moved(word: uint256, change: uint256) -> uint256:
    """
    @notice A word after a change of its balances. Reverts if one would become negative or exceed 2**96 - 1.
    @param change Word of `move_packing`.
    """
    # Changes are in two's complement, so a sum below zero wraps around and is above the bound too.
    free: uint256 = unsafe_add(word & constants.MAX_AMOUNT, change >> 112) & (2**112 - 1)
    locked: uint256 = unsafe_add((word >> 96) & constants.MAX_AMOUNT, change) & (2**112 - 1)
    assert free <= constants.MAX_AMOUNT, "escrow: free out of range"
    assert locked <= constants.MAX_AMOUNT, "escrow: locked out of range"
    return (word & ~(2**192 - 1)) | (locked << 96) | free
