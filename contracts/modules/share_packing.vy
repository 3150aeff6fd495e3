# pragma version 0.4.3
"""
@title Shares
@license MIT
@notice The share of an epoch's budget that waits for an account, and the weight of all who have one. Python twin:
        ballast.model.share_packing.
@dev A share, from the lowest bit: epoch 24, weight 72, bound 160; a total: epoch 24, weight 104. Epochs count from 1,
     so an empty word is no share. A total lies at a place given by its epoch, so a new epoch needs no clearing.
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


@internal
@pure
def _total(word: uint256, epoch: uint256) -> uint256:
    """
    @notice The weight of all who entered for an epoch; zero if the word holds another epoch.
    """
    return word >> 24 if word & (2**24 - 1) == epoch else 0


@internal
@pure
def _pack_total(epoch: uint256, weight: uint256) -> uint256:
    """
    @notice The word of the weight of all who entered for an epoch: below 2**32 accounts, so below 2**104.
    """
    return epoch | (weight << 24)
