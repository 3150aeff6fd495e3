# pragma version 0.4.3
"""
@title Shares
@license MIT
@notice The share of an epoch's budget that waits for an account. Python twin: ballast.model.share_packing.
@dev From the lowest bit: epoch 24, weight 72, bound 160. Epochs count from 1, so an empty word is no share.
"""


@internal
@pure
def _pack(epoch: uint256, weight: uint256, bound: uint256) -> uint256:
    """
    @notice The word of a share.
    @param weight See `uptime_reward._weight`.
    @param bound The most it may be, token units: ten times the fees of an epoch, so above 2**96.
    """
    return epoch | (weight << 24) | (bound << 96)


@internal
@pure
def _unpack(word: uint256) -> (uint256, uint256, uint256):
    """
    @notice Epoch, weight and bound of a word.
    """
    return word & (2**24 - 1), (word >> 24) & (2**72 - 1), word >> 96
