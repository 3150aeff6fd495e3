# pragma version 0.4.3
"""
@title Claims
@license MIT
@notice Which of the last epochs an account was paid an uptime reward for. Python twin: ballast.model.claim_packing.
@dev At the place epoch % EPOCH_RING, from the lowest bit: the epoch claimed 32. Epochs count from 1, so an empty place
     is no claim.
"""

from contracts.modules import constants

EPOCH_BITS: constant(uint256) = 32


@internal
@pure
def _claimed(word: uint256, epoch: uint256) -> bool:
    """
    @notice Whether an epoch was claimed.
    """
    claim: uint256 = (word >> (epoch % constants.EPOCH_RING * EPOCH_BITS)) & (2**EPOCH_BITS - 1)
    return epoch > 0 and claim == epoch


@internal
@pure
def _with_claim(word: uint256, epoch: uint256) -> uint256:
    """
    @notice The word after the claim of an epoch, in the place of one that left the ring.
    """
    place: uint256 = epoch % constants.EPOCH_RING * EPOCH_BITS
    return (word & ~((2**EPOCH_BITS - 1) << place)) | (epoch << place)
