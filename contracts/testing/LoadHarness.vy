# pragma version 0.4.3
"""
@title Load harness
@license MIT
@notice The load curve, and what is known of participants' loads and capacities, in batches, for tests
        only: a list of arguments in, a list of results out.
"""

from contracts.modules import activity
from contracts.modules import fixed_point
from contracts.modules import load_curve

N: constant(uint256) = 512

struct Left:
    a: int256
    b: uint256
    c: int256
    x: uint256

struct Middle:
    b: uint256
    d: uint256
    e: int256
    x: uint256

struct Right:
    g: uint256
    h: uint256
    i: int256
    x: uint256

struct Rounding:
    scaled: int256
    per_ppm: int256

struct Accrual:
    a: activity.Activity
    curve: uint256
    clock: uint256


# fixed_point


@external
@pure
def exp_q100(x: DynArray[uint256, N]) -> DynArray[uint256, N]:
    """
    @notice fixed_point._exp_q100
    """
    out: DynArray[uint256, N] = []
    for v: uint256 in x:
        out.append(fixed_point._exp_q100(v))
    return out


@external
@pure
def sigmoid(phi: DynArray[int256, N]) -> DynArray[uint256, N]:
    """
    @notice fixed_point._sigmoid
    """
    out: DynArray[uint256, N] = []
    for v: int256 in phi:
        out.append(fixed_point._sigmoid(v))
    return out


# load_curve


@external
@pure
def curve_check(curve: load_curve.Curve):
    """
    @notice load_curve._check
    """
    load_curve._check(curve)


@external
@pure
def curve_range(word: uint256, first: uint256, count: uint256) -> DynArray[uint256[2], N]:
    """
    @notice load_curve._rate and _amplifier at consecutive loads.
    """
    out: DynArray[uint256[2], N] = []
    for x: uint256 in range(first, first + count, bound=N):
        out.append([load_curve._rate(word, x), load_curve._amplifier(word, x)])
    return out


@external
@pure
def curve_at(rows: DynArray[uint256[2], N]) -> DynArray[uint256[2], N]:
    """
    @notice load_curve._rate and _amplifier of (word, x).
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[2] in rows:
        out.append([load_curve._rate(r[0], r[1]), load_curve._amplifier(r[0], r[1])])
    return out


@external
@pure
def curve_peak(words: DynArray[uint256, N]) -> DynArray[uint256[2], N]:
    """
    @notice load_curve._peak and _kink
    """
    out: DynArray[uint256[2], N] = []
    for word: uint256 in words:
        out.append([load_curve._peak(word), load_curve._kink(word)])
    return out


@external
@pure
def curve_left(rows: DynArray[Left, N]) -> DynArray[int256, N]:
    """
    @notice load_curve._left
    """
    out: DynArray[int256, N] = []
    for r: Left in rows:
        out.append(load_curve._left(r.a, r.b, r.c, r.x))
    return out


@external
@pure
def curve_middle(rows: DynArray[Middle, N]) -> DynArray[int256, N]:
    """
    @notice load_curve._middle
    """
    out: DynArray[int256, N] = []
    for r: Middle in rows:
        out.append(load_curve._middle(r.b, r.d, r.e, r.x))
    return out


@external
@pure
def curve_right(rows: DynArray[Right, N]) -> DynArray[int256, N]:
    """
    @notice load_curve._right
    """
    out: DynArray[int256, N] = []
    for r: Right in rows:
        out.append(load_curve._right(r.g, r.h, r.i, r.x))
    return out


@external
@pure
def curve_to_ppm(rows: DynArray[Rounding, N]) -> DynArray[uint256, N]:
    """
    @notice load_curve._to_ppm
    """
    out: DynArray[uint256, N] = []
    for r: Rounding in rows:
        out.append(load_curve._to_ppm(r.scaled, r.per_ppm))
    return out


@external
@pure
def pack_curve(rows: DynArray[load_curve.Curve, N]) -> DynArray[uint256, N]:
    """
    @notice load_curve._pack
    """
    out: DynArray[uint256, N] = []
    for r: load_curve.Curve in rows:
        out.append(load_curve._pack(r))
    return out


@external
@pure
def unpack_curve(words: DynArray[uint256, N]) -> DynArray[load_curve.Curve, N]:
    """
    @notice load_curve._unpack
    """
    out: DynArray[load_curve.Curve, N] = []
    for word: uint256 in words:
        out.append(load_curve._unpack(word))
    return out


@external
@pure
def bits(numbers: DynArray[int256, N], mask: uint256) -> DynArray[uint256, N]:
    """
    @notice load_curve._bits
    """
    out: DynArray[uint256, N] = []
    for number: int256 in numbers:
        out.append(load_curve._bits(number, mask))
    return out


# activity


@external
@pure
def shares(rows: DynArray[uint256[4], N]) -> DynArray[uint256[2], N]:
    """
    @notice activity._shares
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[4] in rows:
        bonus: uint256 = 0
        overload: uint256 = 0
        bonus, overload = activity._shares(r[0], r[1], r[2], r[3])
        out.append([bonus, overload])
    return out


@external
@pure
def load_bps(rows: DynArray[uint256[2], N]) -> DynArray[uint256, N]:
    """
    @notice activity._load_bps of (load, capacity).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[2] in rows:
        out.append(activity._load_bps(r[0], r[1]))
    return out


@external
@pure
def accrue(rows: DynArray[Accrual, N]) -> DynArray[activity.Activity, N]:
    """
    @notice activity._accrue
    """
    out: DynArray[activity.Activity, N] = []
    for r: Accrual in rows:
        out.append(activity._accrue(r.a, r.curve, r.clock))
    return out


@external
@pure
def next_epoch(activities: DynArray[activity.Activity, N], epoch: uint256) -> DynArray[activity.Activity, N]:
    """
    @notice activity._next_epoch
    """
    out: DynArray[activity.Activity, N] = []
    for a: activity.Activity in activities:
        out.append(activity._next_epoch(a, epoch))
    return out


@external
@pure
def pack_activity(rows: DynArray[activity.Activity, N]) -> DynArray[uint256, N]:
    """
    @notice activity._pack
    """
    out: DynArray[uint256, N] = []
    for r: activity.Activity in rows:
        out.append(activity._pack(r))
    return out


@external
@pure
def unpack_activity(words: DynArray[uint256, N]) -> DynArray[activity.Activity, N]:
    """
    @notice activity._unpack
    """
    out: DynArray[activity.Activity, N] = []
    for word: uint256 in words:
        out.append(activity._unpack(word))
    return out


@external
@pure
def load(rows: DynArray[uint256[2], N]) -> DynArray[uint256[3], N]:
    """
    @notice activity._load of (word, epoch).
    """
    out: DynArray[uint256[3], N] = []
    for r: uint256[2] in rows:
        load: uint256 = 0
        capacity: uint256 = 0
        room: uint256 = 0
        load, capacity, room = activity._load(r[0], r[1])
        out.append([load, capacity, room])
    return out


@external
@pure
def integrals(words: DynArray[uint256, N]) -> DynArray[uint256[2], N]:
    """
    @notice activity._integrals
    """
    out: DynArray[uint256[2], N] = []
    for word: uint256 in words:
        bonus: uint256 = 0
        overload: uint256 = 0
        bonus, overload = activity._integrals(word)
        out.append([bonus, overload])
    return out
