# pragma version 0.4.3
"""
@title Task harness
@license MIT
@notice Classes and tasks, cards and mandates, the auction and what may be done when, in batches, for tests
        only: a list of arguments in, a list of results out.
"""

from contracts.modules import card_packing
from contracts.modules import class_packing
from contracts.modules import controller
from contracts.modules import deadlines
from contracts.modules import discounts
from contracts.modules import dutch_auction
from contracts.modules import epoch_clock
from contracts.modules import gates
from contracts.modules import mandate_packing
from contracts.modules import reasons
from contracts.modules import task_packing

initializes: epoch_clock
exports: epoch_clock.clock

N: constant(uint256) = 512


@deploy
def __init__(genesis: uint256, epoch_seconds: uint256):
    """
    @param genesis Timestamp at which epoch 1 starts.
    @param epoch_seconds Length of an epoch.
    """
    epoch_clock.__init__(genesis, epoch_seconds)


# dutch_auction


@external
@pure
def price_at(rows: DynArray[uint256[4], N]) -> DynArray[uint256, N]:
    """
    @notice dutch_auction._price_at of (start, cap, steps, step).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[4] in rows:
        out.append(dutch_auction._price_at(r[0], r[1], r[2], r[3]))
    return out


@external
@pure
def step_at(rows: DynArray[uint256[4], N]) -> DynArray[uint256, N]:
    """
    @notice dutch_auction._step_at of (start, cap, steps, price).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[4] in rows:
        out.append(dutch_auction._step_at(r[0], r[1], r[2], r[3]))
    return out


@external
@pure
def entry_falling(rows: DynArray[uint256[7], N]) -> DynArray[uint256[2], N]:
    """
    @notice dutch_auction._entry_falling of its seven arguments.
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[7] in rows:
        step: uint256 = 0
        price: uint256 = 0
        step, price = dutch_auction._entry_falling(r[0], r[1], r[2], r[3], r[4], r[5], r[6])
        out.append([step, price])
    return out


@external
@pure
def entry_rising(rows: DynArray[uint256[9], N]) -> DynArray[uint256[2], N]:
    """
    @notice dutch_auction._entry_rising of its nine arguments.
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[9] in rows:
        step: uint256 = 0
        price: uint256 = 0
        step, price = dutch_auction._entry_rising(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8])
        out.append([step, price])
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
def leads(rows: DynArray[uint256[7], N]) -> DynArray[uint256[2], N]:
    """
    @notice dutch_auction._leads of its seven arguments, and _tie_hash of the first two.
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[7] in rows:
        leads: bool = dutch_auction._leads(r[0], r[1], r[2], r[3], r[4], r[5], r[6])
        out.append([convert(leads, uint256), dutch_auction._tie_hash(r[0], r[1])])
    return out


# controller and discounts


@external
@pure
def controlled(rows: DynArray[uint256[5], N]) -> DynArray[uint256[2], N]:
    """
    @notice controller._lowered and _raised of (parameter, gain, target, low, high).
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[5] in rows:
        out.append([controller._lowered(r[0], r[1], r[2], r[3]), controller._raised(r[0], r[1], r[4])])
    return out


@external
@pure
def discount_of_load(rows: DynArray[uint256[5], N]) -> DynArray[uint256, N]:
    """
    @notice discounts._of_load of its five arguments.
    """
    out: DynArray[uint256, N] = []
    for r: uint256[5] in rows:
        out.append(discounts._of_load(r[0], r[1], r[2], r[3], r[4]))
    return out


@external
@pure
def discount_of_record(rows: DynArray[uint256[3], N]) -> DynArray[uint256, N]:
    """
    @notice discounts._of_record of its three arguments.
    """
    out: DynArray[uint256, N] = []
    for r: uint256[3] in rows:
        out.append(discounts._of_record(r[0], r[1], r[2]))
    return out


# gates


@external
@pure
def for_coprocessor(rows: DynArray[uint256[9], N]) -> DynArray[uint256, N]:
    """
    @notice gates._for_coprocessor of its nine arguments.
    """
    out: DynArray[uint256, N] = []
    for r: uint256[9] in rows:
        out.append(gates._for_coprocessor(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]))
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


# class_packing


@external
@pure
def pack_auction(rows: DynArray[class_packing.Auction, N]) -> DynArray[uint256, N]:
    """
    @notice class_packing._pack_auction
    """
    out: DynArray[uint256, N] = []
    for r: class_packing.Auction in rows:
        out.append(class_packing._pack_auction(r))
    return out


@external
@pure
def unpack_auction(words: DynArray[uint256, N]) -> DynArray[class_packing.Auction, N]:
    """
    @notice class_packing._auction, and what is read alone: _cap_of, _floor_of, _challenge_seconds_of, _stake_share_of
            and _slash_factor_of.
    """
    out: DynArray[class_packing.Auction, N] = []
    for word: uint256 in words:
        a: class_packing.Auction = class_packing._auction(word)
        assert a.cap == class_packing._cap_of(word)
        assert a.floor_ == class_packing._floor_of(word)
        assert a.challenge_seconds == class_packing._challenge_seconds_of(word)
        assert a.stake_share == class_packing._stake_share_of(word)
        assert a.slash_factor == class_packing._slash_factor_of(word)
        out.append(a)
    return out


@external
@pure
def pack_opening(rows: DynArray[class_packing.Opening, N]) -> DynArray[uint256, N]:
    """
    @notice class_packing._pack_opening
    """
    out: DynArray[uint256, N] = []
    for r: class_packing.Opening in rows:
        out.append(class_packing._pack_opening(r))
    return out


@external
@pure
def unpack_opening(words: DynArray[uint256, N]) -> DynArray[class_packing.Opening, N]:
    """
    @notice class_packing._opening
    """
    out: DynArray[class_packing.Opening, N] = []
    for word: uint256 in words:
        out.append(class_packing._opening(word))
    return out


# card_packing and mandate_packing


@external
@pure
def pack_card(rows: DynArray[card_packing.Card, N]) -> DynArray[uint256, N]:
    """
    @notice card_packing._pack
    """
    out: DynArray[uint256, N] = []
    for r: card_packing.Card in rows:
        out.append(card_packing._pack(r))
    return out


@external
@pure
def unpack_card(words: DynArray[uint256, N]) -> DynArray[card_packing.Card, N]:
    """
    @notice card_packing._unpack
    """
    out: DynArray[card_packing.Card, N] = []
    for word: uint256 in words:
        out.append(card_packing._unpack(word))
    return out


@external
@pure
def card_account(words: DynArray[uint256, N]) -> DynArray[uint256, N]:
    """
    @notice card_packing._account_of
    """
    out: DynArray[uint256, N] = []
    for word: uint256 in words:
        out.append(card_packing._account_of(word))
    return out


@external
@pure
def pack_mandate(rows: DynArray[uint256[3], N]) -> DynArray[uint256, N]:
    """
    @notice mandate_packing._pack of (remaining, opening, start).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[3] in rows:
        out.append(mandate_packing._pack(r[0], r[1], r[2]))
    return out


@external
@pure
def mandate_fields(rows: DynArray[uint256[2], N]) -> DynArray[uint256[4], N]:
    """
    @notice mandate_packing._remaining, _opening, _start and _with_start of (word, start).
    """
    out: DynArray[uint256[4], N] = []
    for r: uint256[2] in rows:
        out.append(
            [
                mandate_packing._remaining(r[0]),
                mandate_packing._opening(r[0]),
                mandate_packing._start(r[0]),
                mandate_packing._with_start(r[0], r[1]),
            ]
        )
    return out


# task_packing


@external
@pure
def pack_terms(rows: DynArray[task_packing.TaskTerms, N]) -> DynArray[uint256, N]:
    """
    @notice task_packing._pack_terms
    """
    out: DynArray[uint256, N] = []
    for r: task_packing.TaskTerms in rows:
        out.append(task_packing._pack_terms(r))
    return out


@external
@pure
def unpack_terms(words: DynArray[uint256, N]) -> DynArray[task_packing.TaskTerms, N]:
    """
    @notice task_packing._terms
    """
    out: DynArray[task_packing.TaskTerms, N] = []
    for word: uint256 in words:
        out.append(task_packing._terms(word))
    return out


@external
@pure
def terms_fields(rows: DynArray[uint256[2], N]) -> DynArray[uint256[2], N]:
    """
    @notice task_packing._outcome and _with_outcome of (word, outcome).
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[2] in rows:
        out.append([task_packing._outcome(r[0]), task_packing._with_outcome(r[0], r[1])])
    return out


@external
@pure
def progress_fields(rows: DynArray[uint256[3], N]) -> DynArray[uint256[2], N]:
    """
    @notice task_packing._with_status and _with_status_at of (word, status, time).
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[3] in rows:
        out.append([task_packing._with_status(r[0], r[1]), task_packing._with_status_at(r[0], r[1], r[2])])
    return out


@external
@pure
def pack_progress(rows: DynArray[task_packing.TaskProgress, N]) -> DynArray[uint256, N]:
    """
    @notice task_packing._pack_progress
    """
    out: DynArray[uint256, N] = []
    for r: task_packing.TaskProgress in rows:
        out.append(task_packing._pack_progress(r))
    return out


@external
@pure
def unpack_progress(words: DynArray[uint256, N]) -> DynArray[task_packing.TaskProgress, N]:
    """
    @notice task_packing._progress
    """
    out: DynArray[task_packing.TaskProgress, N] = []
    for word: uint256 in words:
        out.append(task_packing._progress(word))
    return out


# class_packing and task_packing: what they compute


@external
@pure
def class_amounts(rows: DynArray[uint256[9], N]) -> DynArray[uint256[3], N]:
    """
    @notice class_packing._collateral, _penalty and _fee of (the class's collateral, stake share, operator share and
            fee; reward, backing, collateral, price, minimum).
    """
    out: DynArray[uint256[3], N] = []
    c: class_packing.Auction = empty(class_packing.Auction)
    for r: uint256[9] in rows:
        c.collateral = r[0]
        c.stake_share = r[1]
        c.operator_share = r[2]
        c.fee = r[3]
        a: uint256 = class_packing._pack_auction(c)
        out.append(
            [
                class_packing._collateral(a, r[4], r[5]),
                class_packing._penalty(a, r[6]),
                class_packing._fee(a, r[7], r[8]),
            ]
        )
    return out


@external
@pure
def pay(rows: DynArray[uint256[2], N]) -> DynArray[uint256, N]:
    """
    @notice task_packing._pay of (reward, price).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[2] in rows:
        out.append(task_packing._pay(r[0], r[1]))
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
