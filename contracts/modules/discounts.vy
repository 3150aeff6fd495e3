# pragma version 0.4.3
"""
@title Discounts in price
@license MIT
@notice What a bidder of some load and record is paid less than the clock's start. Load is judged by the paper's curve
        f: up to F a busier bidder that f favours less is paid less, above F it is paid much less. A record counts as
        far as it falls short of a level. Python twin: ballast.model.discounts.
@dev Shares and rates are below 2**24.
"""

from contracts.modules import constants
from contracts.modules import load_curve


@internal
@pure
def _of_load(curve: uint256, idle: uint256, bonus: uint256, malus: uint256, x: uint256) -> uint256:
    """
    @notice Discount of a load.
    @param curve Packed load curve.
    @param idle Discount where f is zero, ppm of the reward.
    @param bonus By how much f up to F lessens it, ppm of f.
    @param malus By how much f above F adds to it, ppm of f.
    @param x Load with the task at hand, basis points.
    @return Ppm of the reward, never negative; both products are rounded down.
    """
    rate: uint256 = load_curve._rate(curve, x)
    if x > load_curve._kink(curve):
        return unsafe_add(idle, unsafe_mul(malus, rate) // constants.PPM)
    return unsafe_sub(idle, min(unsafe_mul(bonus, rate) // constants.PPM, idle))


@internal
@pure
def _of_record(weight: uint256, level: uint256, rho: uint256) -> uint256:
    """
    @notice Discount of a record.
    @param weight What a missing share of good results costs, ppm.
    @param level Reputation from which nothing is missing, ppm.
    @param rho Reputation, ppm.
    @return Ppm of the reward, rounded down: in favour of the bidder.
    """
    if rho >= level:
        return 0
    return unsafe_mul(weight, unsafe_sub(level, rho)) // constants.PPM
