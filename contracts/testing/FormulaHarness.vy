# pragma version 0.4.3
"""
@title Formula harness
@license MIT
@notice The formulas of the pure modules in batches, for tests only: a list of arguments in, a list of results out.
        The packings are in PackingHarness.vy.
"""

from contracts.modules import activity
from contracts.modules import class_packing
from contracts.modules import deadlines
from contracts.modules import dutch_auction
from contracts.modules import epoch_clock
from contracts.modules import fixed_point
from contracts.modules import gates
from contracts.modules import load_curve
from contracts.modules import reasons
from contracts.modules import reputation_filter
from contracts.modules import slash_split
from contracts.modules import task_packing
from contracts.modules import uptime_reward

initializes: epoch_clock
exports: epoch_clock.clock

N: constant(uint256) = 512

struct Split:
    amount: uint256
    terms: slash_split.SlashTerms

struct Step:
    p: reputation_filter.FilterParameters
    phi: int256
    n: uint256
    k: uint256
    bonus: uint256
    overload: uint256

struct Held:
    word: uint256
    phi: int256
    posted: uint256
    epoch: uint256

struct Scaling:
    number: int256
    numerator: uint256
    denominator: uint256

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


@deploy
def __init__(genesis: uint256, epoch_seconds: uint256):
    """
    @param genesis Timestamp at which epoch 1 starts.
    @param epoch_seconds Length of an epoch.
    """
    epoch_clock.__init__(genesis, epoch_seconds)


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


# dutch_auction


@external
@pure
def price_at(rows: DynArray[uint256[4], N]) -> DynArray[uint256, N]:
    """
    @notice dutch_auction._price_at of (start, floor, steps, step).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[4] in rows:
        out.append(dutch_auction._price_at(r[0], r[1], r[2], r[3]))
    return out


@external
@pure
def step_at(rows: DynArray[uint256[4], N]) -> DynArray[uint256, N]:
    """
    @notice dutch_auction._step_at of (start, floor, steps, price).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[4] in rows:
        out.append(dutch_auction._step_at(r[0], r[1], r[2], r[3]))
    return out


@external
@pure
def first_step(rows: DynArray[uint256[5], N]) -> DynArray[uint256, N]:
    """
    @notice dutch_auction._first_step of (steps, handicap, reputation handicap, x, rho).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[5] in rows:
        out.append(dutch_auction._first_step(r[0], r[1], r[2], r[3], r[4]))
    return out


@external
@pure
def score(rows: DynArray[uint256[2], N]) -> DynArray[uint256, N]:
    """
    @notice dutch_auction._score of (x, rho).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[2] in rows:
        out.append(dutch_auction._score(r[0], r[1]))
    return out


@external
@pure
def entry_step(rows: DynArray[uint256[9], N]) -> DynArray[uint256, N]:
    """
    @notice dutch_auction._entry_step of its nine arguments.
    """
    out: DynArray[uint256, N] = []
    for r: uint256[9] in rows:
        out.append(dutch_auction._entry_step(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]))
    return out


@external
@pure
def leads(rows: DynArray[uint256[7], N]) -> DynArray[uint256[2], N]:
    """
    @notice dutch_auction._leads of its seven arguments, and _tie_hash of the first two.
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[7] in rows:
        leads: bool = dutch_auction._leads(r[0], r[1], r[2], r[3], r[4], r[5], r[6])
        out.append([convert(leads, uint256), dutch_auction._tie_hash(r[0], r[1])])
    return out


# slash_split


@external
@pure
def split_check(terms: slash_split.SlashTerms):
    """
    @notice slash_split._check
    """
    slash_split._check(terms)


@external
@pure
def late_amount(rows: DynArray[uint256[5], N]) -> DynArray[uint256, N]:
    """
    @notice slash_split._late_amount of (reward, collateral, factor, amplifier, lateness floor).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[5] in rows:
        out.append(slash_split._late_amount(r[0], r[1], r[2], r[3], r[4]))
    return out


@external
@pure
def split(rows: DynArray[Split, N]) -> DynArray[uint256[4], N]:
    """
    @notice slash_split._split
    """
    out: DynArray[uint256[4], N] = []
    for r: Split in rows:
        compensation: uint256 = 0
        finder: uint256 = 0
        burn: uint256 = 0
        pool: uint256 = 0
        compensation, finder, burn, pool = slash_split._split(r.amount, r.terms)
        out.append([compensation, finder, burn, pool])
    return out


# uptime_reward


@external
@pure
def reward(rows: DynArray[uint256[7], N]) -> DynArray[uint256, N]:
    """
    @notice uptime_reward._reward of its seven arguments.
    """
    out: DynArray[uint256, N] = []
    for r: uint256[7] in rows:
        out.append(uptime_reward._reward(r[0], r[1], r[2], r[3], r[4], r[5], r[6]))
    return out


# reputation_filter


@external
@pure
def filter_check(p: reputation_filter.FilterParameters):
    """
    @notice reputation_filter._check
    """
    reputation_filter._check(p)


@external
@pure
def clamp(phi: DynArray[int256, N]) -> DynArray[int256, N]:
    """
    @notice reputation_filter._clamp
    """
    out: DynArray[int256, N] = []
    for v: int256 in phi:
        out.append(reputation_filter._clamp(v))
    return out


@external
@pure
def scaled(rows: DynArray[Scaling, N]) -> DynArray[int256, N]:
    """
    @notice reputation_filter._scaled
    """
    out: DynArray[int256, N] = []
    for r: Scaling in rows:
        out.append(reputation_filter._scaled(r.number, r.numerator, r.denominator))
    return out


@external
@pure
def held(rows: DynArray[Held, N]) -> DynArray[int256, N]:
    """
    @notice reputation_filter._holding
    """
    out: DynArray[int256, N] = []
    for r: Held in rows:
        out.append(reputation_filter._holding(r.word, r.phi, r.posted, r.epoch))
    return out


@external
@pure
def step(rows: DynArray[Step, N]) -> DynArray[int256, N]:
    """
    @notice reputation_filter._step
    """
    out: DynArray[int256, N] = []
    for r: Step in rows:
        out.append(reputation_filter._step(r.p, r.phi, r.n, r.k, r.bonus, r.overload))
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


# class_packing and task_packing: what they compute


@external
@pure
def class_amounts(rows: DynArray[uint256[7], N]) -> DynArray[uint256[3], N]:
    """
    @notice class_packing._collateral, _penalty and _fee of (the class's collateral, operator share and fee; reward,
            collateral, price, minimum).
    """
    out: DynArray[uint256[3], N] = []
    a: class_packing.Auction = empty(class_packing.Auction)
    for r: uint256[7] in rows:
        a.collateral = r[0]
        a.operator_share = r[1]
        a.fee = r[2]
        out.append(
            [
                class_packing._collateral(a, r[3]),
                class_packing._penalty(a, r[4]),
                class_packing._fee(a, r[5], r[6]),
            ]
        )
    return out


@external
@pure
def task_amounts(rows: DynArray[uint256[7], N]) -> DynArray[uint256[3], N]:
    """
    @notice task_packing._clock_prices and _price of (the class's start, floor and steps; the task's reward and rising;
            step, own).
    """
    out: DynArray[uint256[3], N] = []
    a: class_packing.Auction = empty(class_packing.Auction)
    t: task_packing.TaskTerms = empty(task_packing.TaskTerms)
    for r: uint256[7] in rows:
        a.start = r[0]
        a.floor_ = r[1]
        a.steps = r[2]
        t.reward = r[3]
        t.rising = r[4]
        start: uint256 = 0
        floor_: uint256 = 0
        start, floor_ = task_packing._clock_prices(a, t.rising)
        out.append([start, floor_, task_packing._price(a, t, r[5], r[6])])
    return out


# gates


@external
@pure
def for_coprocessor(rows: DynArray[uint256[7], N]) -> DynArray[uint256, N]:
    """
    @notice gates._for_coprocessor of its seven arguments.
    """
    out: DynArray[uint256, N] = []
    for r: uint256[7] in rows:
        out.append(gates._for_coprocessor(r[0], r[1], r[2], r[3], r[4], r[5], r[6]))
    return out


@external
@pure
def for_operator(rows: DynArray[uint256[4], N]) -> DynArray[uint256, N]:
    """
    @notice gates._for_operator of its four arguments.
    """
    out: DynArray[uint256, N] = []
    for r: uint256[4] in rows:
        out.append(gates._for_operator(r[0], r[1], r[2], r[3]))
    return out


# deadlines


@external
@pure
def moments(rows: DynArray[uint256[9], N]) -> DynArray[uint256[9], N]:
    """
    @notice All functions of deadlines, in their order, of (the class's steps, step, submit, rescue and challenge
            seconds; opening, step, rescued, now). What one gives another takes.
    """
    out: DynArray[uint256[9], N] = []
    for r: uint256[9] in rows:
        closing: uint256 = deadlines._closing(r[5], r[0], r[1])
        awarded: uint256 = deadlines._awarded(r[5], r[6], r[1])
        due: uint256 = deadlines._due(awarded, r[2])
        out.append(
            [
                deadlines._present_step(r[5], r[1], r[8]),
                closing,
                awarded,
                due,
                deadlines._chance_until(closing, r[3]),
                deadlines._rescue_until(due, r[7], r[3]),
                deadlines._challenge_until(r[8], r[4]),
                deadlines._dispute_until(r[8]),
                deadlines._longest_life(r[0], r[1], r[2], r[3], r[4]),
            ]
        )
    return out


# reasons


@external
@pure
def text(code: uint256) -> String[32]:
    """
    @notice reasons._text
    """
    return reasons._text(code)


# epoch_clock


@external
@view
def epoch_at(timestamps: DynArray[uint256, N]) -> DynArray[uint256, N]:
    """
    @notice epoch_clock._epoch_at
    """
    out: DynArray[uint256, N] = []
    for timestamp: uint256 in timestamps:
        out.append(epoch_clock._epoch_at(timestamp))
    return out


@external
@view
def epoch() -> uint256:
    """
    @notice epoch_clock._epoch
    """
    return epoch_clock._epoch()


@external
@view
def position() -> (uint256, uint256):
    """
    @notice epoch_clock._position
    """
    return epoch_clock._position()
