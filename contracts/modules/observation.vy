# pragma version 0.4.3
"""
@title Observation of an epoch
@license MIT
@notice What the coprocessors that were entered for an epoch did in it, all together: the fees at stake in their tasks
        and in the good ones, and their loads, weighed by capacity. Python twin: ballast.model.observation.
@dev Two words. First, from the lowest bit: epoch 24, fees 104, good fees 104. Second: capacity 64, area 98, overload
     84. Below 2**32 accounts enter, once each, so that the second cannot overflow; the fees stop at their bound, so
     that no sum can block a claim. A word lies at a place given by its epoch, so a new epoch needs no clearing.
"""

from contracts.modules import constants

struct Observation:
    epoch: uint256
    fees: uint256  # at stake in tasks that ended, token units
    good_fees: uint256  # in those of them that ended well
    capacity: uint256  # resource units
    area: uint256  # capacity times the integral of x: resource units times basis point seconds
    overload: uint256  # capacity times the time above F: resource units times seconds

MAX_FEES: constant(uint256) = 2**104 - 1


@internal
@pure
def _pack(o: Observation) -> (uint256, uint256):
    """
    @notice The two words of an observation.
    """
    return o.epoch | (o.fees << 24) | (o.good_fees << 128), o.capacity | (o.area << 64) | (o.overload << 162)


@internal
@pure
def _unpack(first: uint256, second: uint256) -> Observation:
    """
    @notice The observation of two words.
    """
    return Observation(
        epoch=first & (2**24 - 1),
        fees=(first >> 24) & MAX_FEES,
        good_fees=first >> 128,
        capacity=second & (2**64 - 1),
        area=(second >> 64) & (2**98 - 1),
        overload=second >> 162,
    )


@internal
@pure
def _with_account(
    o: Observation,
    fees: uint256,
    good_fees: uint256,
    capacity: uint256,
    area: uint256,
    overload: uint256,
) -> Observation:
    """
    @notice An observation with one more account.
    @param fees At stake in its tasks that ended in the epoch, token units, below 2**96.
    @param good_fees In those of them that ended well, not more.
    @param capacity Resource units, below 2**32.
    @param area Basis point seconds, below 2**34.
    @param overload Seconds above F, below 2**20.
    """
    after: Observation = o
    after.fees = min(unsafe_add(o.fees, fees), MAX_FEES)
    after.good_fees = min(unsafe_add(o.good_fees, good_fees), MAX_FEES)
    after.capacity = unsafe_add(o.capacity, capacity)
    after.area = unsafe_add(o.area, unsafe_mul(capacity, area))
    after.overload = unsafe_add(o.overload, unsafe_mul(capacity, overload))
    return after


@internal
@pure
def _shares(o: Observation, seconds: uint256) -> (uint256, uint256, uint256):
    """
    @notice The share of the fees that was at stake in tasks that ended badly, the mean load, and the share of the
            capacity above F.
    @param o One with fees and capacity.
    @param seconds Length of an epoch.
    @return Ppm, rounded down.
    """
    whole: uint256 = o.capacity * seconds
    return (
        (o.fees - o.good_fees) * constants.PPM // o.fees,
        o.area * (constants.PPM // constants.BPS) // whole,
        o.overload * constants.PPM // whole,
    )
