# pragma version 0.4.3
"""
@title Uptime reward
@license MIT
@notice What a coprocessor earns in an epoch for capacity kept near the optimal load, never more than a rebate on the
        fees its own tasks paid. Python twin: ballast.model.uptime_reward.
"""

from contracts.modules import constants


@internal
@pure
def _reward(
    budget: uint256,
    capacity: uint256,
    total_capacity: uint256,
    mean_rate: uint256,
    peak: uint256,
    fees_paid: uint256,
    rebate: uint256,
) -> uint256:
    """
    @notice min(budget * (capacity / total capacity) * (mean f / max f), rebate * fees).
    @param mean_rate Mean of f over the epoch, ppm.
    @param peak Largest f on [0, F], ppm.
    @param rebate Ppm.
    @return Token units. Both ratios are made ppm and rounded down first, so that all shares sum to at most the budget.
    """
    if total_capacity == 0 or peak == 0:
        return 0
    share: uint256 = capacity * constants.PPM // total_capacity
    quality: uint256 = min(mean_rate * constants.PPM // peak, constants.PPM)
    by_share: uint256 = budget * (share * quality // constants.PPM) // constants.PPM
    return min(by_share, fees_paid * rebate // constants.PPM)
