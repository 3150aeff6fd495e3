# pragma version 0.4.3
"""
@title Fee record
@license MIT
@notice What a participant's tasks that finished in one epoch were worth: the fees at stake in all of them (n) and in
        the good ones (k). Value, not number, so that small wash tasks buy no reputation.
        Python twin: ballast.model.fee_record.
@dev From the lowest bit: n 96, k 96, epoch 24. A record lies at a place given by its epoch, so a new epoch needs no
     clearing: a word with another epoch in it counts as empty.
"""

MAX_FEES: constant(uint256) = 2**96 - 1
DELEGATED: constant(uint256) = 4  # an operator answers for the fourth part of what its executors fail in


@internal
@pure
def _delegated(fee: uint256) -> uint256:
    """
    @notice What a task that its executor failed in counts in the record of the operator that delegated it: part of the
            fee, since an operator cannot refuse an executor that passes its gates.
    @param fee Fee at stake in the task, token units.
    @return Token units, rounded down: in favour of the operator.
    """
    return fee // DELEGATED


@internal
@pure
def _add(word: uint256, epoch: uint256, fee: uint256, good: bool) -> uint256:
    """
    @notice The record after one more finished task.
    @dev Saturates instead of overflowing, so that no counter can block a settlement.
    @param fee Fee at stake in the task, token units.
    @param good Whether the task ended well for the participant.
    """
    n: uint256 = 0
    k: uint256 = 0
    n, k = self._unpack(word, epoch)
    n = min(unsafe_add(n, fee), MAX_FEES)  # a fee is below 2**128
    if good:
        k = min(unsafe_add(k, fee), MAX_FEES)
    return n | (k << 96) | (epoch << 192)


@internal
@pure
def _unpack(word: uint256, epoch: uint256) -> (uint256, uint256):
    """
    @notice n and k of an epoch, token units; zeros if the word holds another epoch.
    """
    if word >> 192 != epoch:
        return 0, 0
    return word & MAX_FEES, (word >> 96) & MAX_FEES
