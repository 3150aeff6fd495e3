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
def _weight(capacity: uint256, bonus: uint256) -> uint256:
    """
    @notice What a coprocessor counts for in an epoch: capacity times the integral of f.
    @dev Capacity without load counts for f(0) only, which is nothing by default: declaring more adds nothing to share.
    @param capacity Resource units, below 2**32.
    @param bonus Ppm seconds, below 2**40.
    @return Below 2**72.
    """
    return unsafe_mul(capacity, bonus)


@internal
@pure
def _bound(fees_paid: uint256, rebate: uint256) -> uint256:
    """
    @notice The most a coprocessor may earn in an epoch: a rebate on the fees its tasks paid, rounded down.
    @param rebate Ppm, below 2**24.
    """
    return unsafe_mul(fees_paid, rebate) // constants.PPM


@internal
@pure
def _pro_rata(budget: uint256, weight: uint256, total_weight: uint256) -> uint256:
    """
    @notice Budget * weight / total weight, rounded down once, so that all shares sum to at most the budget.
    @param budget Token units, below 2**96.
    @param weight Of the claimant, below 2**72.
    @param total_weight Of all who entered, the claimant among them, so not zero.
    """
    return unsafe_mul(budget, weight) // total_weight


@internal
@pure
def _reward(budget: uint256, weight: uint256, total_weight: uint256, bound: uint256) -> uint256:
    """
    @notice What a share comes to, token units: its part of the budget, but no more than its bound.
    """
    return min(self._pro_rata(budget, weight, total_weight), bound)
