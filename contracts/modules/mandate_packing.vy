# pragma version 0.4.3
"""
@title Mandates
@license MIT
@notice What an operator may still draw on a class, and the start price of its next task, beside the class's opening
        word below its start price, so that opening tasks reads one word. Without an opening word a mandate is
        suspended; no class's word is zero there, since its minimum reward is not. Python twin:
        ballast.model.mandate_packing.
@dev From the lowest bit: remaining 96, opening word below its start price 127, start price 20. What remains lies
     lowest, so a reward is drawn from the word, or put back, by subtracting or adding it.
"""

from contracts.modules import constants

OPENING: constant(uint256) = 2**127 - 1  # mask of an opening word below its start price
START: constant(uint256) = 2**20 - 1  # mask of a start price
START_AT: constant(uint256) = 223  # lowest bit of the start price


@internal
@pure
def _pack(remaining: uint256, opening: uint256, start: uint256) -> uint256:
    """
    @notice The word of a mandate.
    @param remaining Token units, at most MAX_AMOUNT.
    @param opening Opening word of the class, of which the start price and what lies above are left out, or 0 to suspend
                   the mandate.
    @param start Start price of its next task, ppm of the reward; 0 for a mandate that was never funded.
    """
    return remaining | ((opening & OPENING) << 96) | (start << START_AT)


@internal
@pure
def _remaining(word: uint256) -> uint256:
    """
    @notice What has not been drawn, suspended or not, token units.
    """
    return word & constants.MAX_AMOUNT


@internal
@pure
def _opening(word: uint256) -> uint256:
    """
    @notice The class's opening word below its start price, 0 while the mandate is suspended.
    """
    return (word >> 96) & OPENING


@internal
@pure
def _start(word: uint256) -> uint256:
    """
    @notice Start price of the next task, ppm of the reward.
    """
    return word >> START_AT


@internal
@pure
def _with_start(word: uint256, start: uint256) -> uint256:
    """
    @notice The word of a mandate with another start price.
    """
    return (word & ~(START << START_AT)) | (start << START_AT)
