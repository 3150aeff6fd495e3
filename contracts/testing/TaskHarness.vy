# pragma version 0.4.3
"""
@title Task harness
@license MIT
@notice Classes and tasks, cards and mandates, the auction and what may be done when, in batches, for tests
        only: a list of arguments in, a list of results out.
"""

from contracts.modules import card_packing
from contracts.modules import class_packing
from contracts.modules import deadlines
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
    @notice class_packing._auction
    """
    out: DynArray[class_packing.Auction, N] = []
    for word: uint256 in words:
        out.append(class_packing._auction(word))
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


@external
@pure
def auction_fields(rows: DynArray[uint256[2], N]) -> DynArray[uint256[2], N]:
    """
    @notice class_packing._collateral_by_word of (word, reward), and _slash_factor of the word.
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[2] in rows:
        out.append([class_packing._collateral_by_word(r[0], r[1]), class_packing._slash_factor(r[0])])
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
def pack_mandate(rows: DynArray[uint256[2], N]) -> DynArray[uint256, N]:
    """
    @notice mandate_packing._pack of (remaining, opening).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[2] in rows:
        out.append(mandate_packing._pack(r[0], r[1]))
    return out


@external
@pure
def unpack_mandate(words: DynArray[uint256, N]) -> DynArray[uint256[2], N]:
    """
    @notice mandate_packing._remaining and _opening.
    """
    out: DynArray[uint256[2], N] = []
    for word: uint256 in words:
        out.append([mandate_packing._remaining(word), mandate_packing._opening(word)])
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
