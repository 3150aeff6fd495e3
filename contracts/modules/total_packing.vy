# pragma version 0.4.3
"""
@title Total capacity
@license MIT
@notice The sum of all capacities, now and from the next epoch on. Python twin: ballast.model.total_packing.
@dev From the lowest bit: total of the word's epoch 64, total of the epochs after it 64, epoch 24.
"""


@internal
@pure
def _pack(total: uint256, next_total: uint256, epoch: uint256) -> uint256:
    """
    @notice The word of totals, resource units.
    """
    return total | (next_total << 64) | (epoch << 128)


@internal
@pure
def _epoch_of(word: uint256) -> uint256:
    """
    @notice The epoch of a word's last change.
    """
    return word >> 128


@internal
@pure
def _total_in(word: uint256, epoch: uint256) -> uint256:
    """
    @notice The total of an epoch not before the word's, resource units.
    """
    return (word if word >> 128 == epoch else word >> 64) & (2**64 - 1)


@internal
@pure
def _changed(word: uint256, epoch: uint256, increase: uint256, decrease: uint256) -> uint256:
    """
    @notice The word after a change that counts from the next epoch on.
    @param epoch The present one, not before the word's.
    @param increase, decrease Resource units. Reverts if the total would become negative.
    """
    next_total: uint256 = ((word >> 64) & (2**64 - 1)) + increase - decrease
    return self._pack(self._total_in(word, epoch), next_total, epoch)
