# pragma version 0.4.3
"""
@title Mandates
@license MIT
@notice What an operator may still draw on a class, beside the class's opening word without its AVS, so that opening
        tasks reads one word. Without an opening word a mandate is suspended; no class's word is zero there, since its
        minimum reward is not. Python twin: ballast.model.mandate_packing.
@dev From the lowest bit: remaining 96, opening word below its AVS 132. What remains lies lowest, so a reward is drawn
     from the word, or put back, by subtracting or adding it.
"""

from contracts.modules import constants

OPENING: constant(uint256) = 2**132 - 1  # mask of an opening word without its AVS


@internal
@pure
def _pack(remaining: uint256, opening: uint256) -> uint256:
    """
    @notice The word of a mandate. Of a whole opening word the AVS is left out.
    @param remaining Token units, at most MAX_AMOUNT.
    @param opening 0 to suspend the mandate.
    """
    return remaining | ((opening & OPENING) << 96)


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
    @notice The class's opening word without its AVS, 0 while the mandate is suspended.
    """
    return word >> 96
