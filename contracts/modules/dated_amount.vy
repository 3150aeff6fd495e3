# pragma version 0.4.3
"""
@title Dated amounts
@license MIT
@notice An amount and the moment it belongs to: what thaws and from when, what the pool was when an epoch ended.
        Python twin: ballast.model.dated_amount.
@dev From the lowest bit: amount 96, date 64, a timestamp or an epoch.
"""

from contracts.modules import constants


@internal
@pure
def _pack(amount: uint256, date: uint256) -> uint256:
    """
    @notice The word of an amount that belongs to a date.
    """
    return amount | (date << 96)


@internal
@pure
def _unpack(word: uint256) -> (uint256, uint256):
    """
    @notice Amount and date of a word, zeros if it was never written.
    """
    return word & constants.MAX_AMOUNT, word >> 96


@internal
@pure
def _amount(word: uint256) -> uint256:
    """
    @notice Amount of a word, alone.
    """
    return word & constants.MAX_AMOUNT
