# pragma version 0.4.3
"""
@title Activity of a participant
@license MIT
@notice The one hot word of a participant: capacity, load, and what the present epoch has measured of it. A closed epoch
        is kept in the same form. Python twin: ballast.model.activity.
@dev From the lowest bit: capacity 32, next capacity 32, load 32, role 8, epoch 24, clock 20, bonus 40, overload 20.
"""

from contracts.modules import constants
from contracts.modules import load_curve

struct Activity:
    capacity: uint256  # resource units, constant within an epoch but for losses of stake
    next_capacity: uint256  # resource units from the next epoch on
    load: uint256  # resource units in flight
    role: uint256  # OPERATOR or COPROCESSOR, with LEFT after leaving, or 0
    epoch: uint256
    clock: uint256  # seconds into the epoch up to which the integrals are complete
    bonus: uint256  # integral of f over the time spent up to F: ppm seconds
    overload: uint256  # seconds spent above F

ROLE_MASK: constant(uint256) = 3
LEFT: constant(uint256) = 4
MAX_UNITS: constant(uint256) = 2**32 - 1
MAX_EPOCH_SECONDS: constant(uint256) = 10**6  # keeps clock in 20 bits and bonus in 40


@internal
@pure
def _pack(a: Activity) -> uint256:
    """
    @notice The word of an activity whose fields are within their bounds.
    """
    low: uint256 = a.capacity | (a.next_capacity << 32) | (a.load << 64) | (a.role << 96)
    return low | (a.epoch << 104) | (a.clock << 128) | (a.bonus << 148) | (a.overload << 188)


@internal
@pure
def _unpack(word: uint256) -> Activity:
    """
    @notice The activity of a word.
    """
    return Activity(
        capacity=word & (2**32 - 1),
        next_capacity=(word >> 32) & (2**32 - 1),
        load=(word >> 64) & (2**32 - 1),
        role=(word >> 96) & (2**8 - 1),
        epoch=(word >> 104) & (2**24 - 1),
        clock=(word >> 128) & (2**20 - 1),
        bonus=(word >> 148) & (2**40 - 1),
        overload=word >> 188,
    )


@internal
@pure
def _load(word: uint256, epoch: uint256) -> (uint256, uint256, uint256):
    """
    @notice Load, capacity and room of a word in an epoch not before its own. Room is the largest load allowed: the
            capacity, or the smaller one from the next epoch on.
    """
    capacity: uint256 = word & (2**32 - 1)
    following: uint256 = (word >> 32) & (2**32 - 1)
    if (word >> 104) & (2**24 - 1) < epoch:
        capacity = following
    return (word >> 64) & (2**32 - 1), capacity, min(capacity, following)


@internal
@pure
def _integrals(word: uint256) -> (uint256, uint256):
    """
    @notice Bonus and overload of a word, alone.
    """
    return (word >> 148) & (2**40 - 1), word >> 188


@internal
@pure
def _load_bps(load: uint256, capacity: uint256) -> uint256:
    """
    @notice x, the share of capacity in use.
    @return Basis points, rounded up; BPS + 1 if the load does not fit, so that it passes for no valid load.
    """
    if load > capacity:
        return constants.BPS + 1
    if capacity == 0:
        return 0
    # load <= capacity < 2**32
    return unsafe_div(unsafe_add(unsafe_mul(load, constants.BPS), unsafe_sub(capacity, 1)), capacity)


@internal
@pure
def _accrue(a: Activity, curve: uint256, clock: uint256) -> Activity:
    """
    @notice The activity with its integrals complete up to a later moment of its epoch.
    @dev The mean of f is integrated, not f of the mean: alternating between idle and full must not look like half load.
    @param curve The packed load curve of the epoch.
    @param clock Seconds into the epoch, not before a.clock.
    """
    after: Activity = a
    if clock == a.clock:
        return after
    if a.capacity > 0:
        x: uint256 = self._load_bps(a.load, a.capacity)
        if x <= load_curve._kink(curve):
            after.bonus += unsafe_mul(clock - a.clock, load_curve._rate(curve, x))  # below 2**20 * 2**20
        else:
            after.overload += clock - a.clock
    after.clock = clock
    return after


@internal
@pure
def _shares(bonus: uint256, overload: uint256, peak: uint256, seconds: uint256) -> (uint256, uint256):
    """
    @notice Mean of f over an epoch as a share of max f, and the share of the epoch spent above F.
    @param peak Max f, ppm.
    @param seconds Length of the epoch.
    @return Ppm, rounded down.
    """
    return min(bonus // seconds * constants.PPM // peak, constants.PPM), overload * constants.PPM // seconds


@internal
@pure
def _next_epoch(a: Activity, epoch: uint256) -> Activity:
    """
    @notice The activity at the start of a later epoch, with nothing measured yet.
    """
    return Activity(
        capacity=a.next_capacity,
        next_capacity=a.next_capacity,
        load=a.load,
        role=a.role,
        epoch=epoch,
        clock=0,
        bonus=0,
        overload=0,
    )
