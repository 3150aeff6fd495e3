# pragma version 0.4.3
"""
@title Packing harness
@license MIT
@notice The packings of the pure modules in batches, for tests only: a list of arguments in, a list of results out.
"""

from contracts.modules import activity
from contracts.modules import balance_packing
from contracts.modules import card_packing
from contracts.modules import claim_packing
from contracts.modules import class_packing
from contracts.modules import dated_amount
from contracts.modules import fault_packing
from contracts.modules import fee_record
from contracts.modules import keeper_packing
from contracts.modules import load_curve
from contracts.modules import mandate_packing
from contracts.modules import move_packing
from contracts.modules import page_packing
from contracts.modules import reputation_filter
from contracts.modules import slash_split
from contracts.modules import task_packing
from contracts.modules import total_packing

N: constant(uint256) = 512

struct Fee:
    word: uint256
    epoch: uint256
    fee: uint256
    good: bool

struct Page:
    word: uint256
    account: uint256
    phi: int256

struct Written:
    epoch: uint256
    poster: uint256
    phi: int256
    with_logit: uint256
    bits: uint256


# load_curve


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


# slash_split


@external
@pure
def pack_split(rows: DynArray[slash_split.SlashTerms, N]) -> DynArray[uint256, N]:
    """
    @notice slash_split._pack
    """
    out: DynArray[uint256, N] = []
    for r: slash_split.SlashTerms in rows:
        out.append(slash_split._pack(r))
    return out


@external
@pure
def unpack_split(words: DynArray[uint256, N]) -> DynArray[slash_split.SlashTerms, N]:
    """
    @notice slash_split._unpack
    """
    out: DynArray[slash_split.SlashTerms, N] = []
    for word: uint256 in words:
        out.append(slash_split._unpack(word))
    return out


# reputation_filter


@external
@pure
def pack_filter(rows: DynArray[reputation_filter.FilterParameters, N]) -> DynArray[uint256, N]:
    """
    @notice reputation_filter._pack
    """
    out: DynArray[uint256, N] = []
    for r: reputation_filter.FilterParameters in rows:
        out.append(reputation_filter._pack(r))
    return out


@external
@pure
def unpack_filter(words: DynArray[uint256, N]) -> DynArray[reputation_filter.FilterParameters, N]:
    """
    @notice reputation_filter._unpack
    """
    out: DynArray[reputation_filter.FilterParameters, N] = []
    for word: uint256 in words:
        out.append(reputation_filter._unpack(word))
    return out


# activity


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


# move_packing


@external
@pure
def pack_move(rows: DynArray[uint256[5], N]) -> DynArray[uint256, N]:
    """
    @notice move_packing._move
    """
    out: DynArray[uint256, N] = []
    for r: uint256[5] in rows:
        out.append(move_packing._move(r[0], r[1], r[2], r[3], r[4]))
    return out


@external
@pure
def move_fields(words: DynArray[uint256, N]) -> DynArray[uint256[3], N]:
    """
    @notice move_packing._account_of, _locks and _net.
    """
    out: DynArray[uint256[3], N] = []
    for word: uint256 in words:
        locks: uint256 = 1 if move_packing._locks(word) else 0
        out.append([move_packing._account_of(word), locks, move_packing._net(word)])
    return out


# balance_packing


@external
@pure
def pack_balance(rows: DynArray[uint256[3], N]) -> DynArray[uint256, N]:
    """
    @notice balance_packing._pack
    """
    out: DynArray[uint256, N] = []
    for r: uint256[3] in rows:
        out.append(balance_packing._pack(r[0], r[1], r[2]))
    return out


@external
@pure
def balance_fields(rows: DynArray[uint256[2], N]) -> DynArray[uint256[8], N]:
    """
    @notice balance_packing._unpack, and what is read alone: _free, _locked, _epoch_of; _stake, _unmarked, _marked of
            (word, epoch), _gathering, _gathers.
    """
    out: DynArray[uint256[8], N] = []
    for r: uint256[2] in rows:
        word: uint256 = r[0]
        free: uint256 = 0
        locked: uint256 = 0
        epoch: uint256 = 0
        free, locked, epoch = balance_packing._unpack(word)
        assert free == balance_packing._free(word)
        assert locked == balance_packing._locked(word)
        assert epoch == balance_packing._epoch_of(word)
        stake: uint256 = balance_packing._stake(word)
        unmarked: uint256 = balance_packing._unmarked(word)
        marked: uint256 = balance_packing._marked(word, r[1])
        gathers: uint256 = 1 if balance_packing._gathers(word) else 0
        out.append([free, locked, epoch, stake, unmarked, marked, balance_packing._gathering(word), gathers])
    return out


@external
@pure
def moved(rows: DynArray[uint256[2], N]) -> DynArray[uint256, N]:
    """
    @notice balance_packing._moved of (word, change).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[2] in rows:
        out.append(balance_packing._moved(r[0], r[1]))
    return out


@external
@pure
def move_one(word: uint256, change: uint256) -> uint256:
    """
    @notice balance_packing._moved
    """
    return balance_packing._moved(word, change)


# dated_amount


@external
@pure
def dated(rows: DynArray[uint256[3], N]) -> DynArray[uint256[4], N]:
    """
    @notice dated_amount._pack of (amount, date), _unpack and _amount of the word; rows are (amount, date, word).
    """
    out: DynArray[uint256[4], N] = []
    for r: uint256[3] in rows:
        amount: uint256 = 0
        date: uint256 = 0
        amount, date = dated_amount._unpack(r[2])
        out.append([dated_amount._pack(r[0], r[1]), amount, date, dated_amount._amount(r[2])])
    return out


# total_packing


@external
@pure
def pack_total(rows: DynArray[uint256[3], N]) -> DynArray[uint256, N]:
    """
    @notice total_packing._pack
    """
    out: DynArray[uint256, N] = []
    for r: uint256[3] in rows:
        out.append(total_packing._pack(r[0], r[1], r[2]))
    return out


@external
@pure
def total_fields(rows: DynArray[uint256[4], N]) -> DynArray[uint256[3], N]:
    """
    @notice total_packing._epoch_of, _total_in and _changed of (word, epoch, increase, decrease).
    """
    out: DynArray[uint256[3], N] = []
    for r: uint256[4] in rows:
        changed: uint256 = total_packing._changed(r[0], r[1], r[2], r[3])
        out.append([total_packing._epoch_of(r[0]), total_packing._total_in(r[0], r[1]), changed])
    return out


@external
@pure
def change_total(word: uint256, epoch: uint256, increase: uint256, decrease: uint256) -> uint256:
    """
    @notice total_packing._changed
    """
    return total_packing._changed(word, epoch, increase, decrease)


# claim_packing


@external
@pure
def claims(rows: DynArray[uint256[2], N]) -> DynArray[uint256[2], N]:
    """
    @notice claim_packing._claimed and _with_claim of (word, epoch).
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[2] in rows:
        claimed: uint256 = 1 if claim_packing._claimed(r[0], r[1]) else 0
        out.append([claimed, claim_packing._with_claim(r[0], r[1])])
    return out


# fault_packing


@external
@pure
def pack_fault(rows: DynArray[fault_packing.Fault, N]) -> DynArray[uint256[2], N]:
    """
    @notice fault_packing._pack
    """
    out: DynArray[uint256[2], N] = []
    for r: fault_packing.Fault in rows:
        first: uint256 = 0
        second: uint256 = 0
        first, second = fault_packing._pack(r)
        out.append([first, second])
    return out


@external
@pure
def unpack_fault(rows: DynArray[uint256[2], N]) -> DynArray[fault_packing.Fault, N]:
    """
    @notice fault_packing._unpack
    """
    out: DynArray[fault_packing.Fault, N] = []
    for r: uint256[2] in rows:
        out.append(fault_packing._unpack(r[0], r[1]))
    return out


@external
@pure
def fault_fields(rows: DynArray[uint256[2], N]) -> DynArray[uint256[2], N]:
    """
    @notice fault_packing._executor and _released
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[2] in rows:
        out.append([fault_packing._executor(r[0]), fault_packing._released(r[1])])
    return out


# fee_record


@external
@pure
def add_fee(rows: DynArray[Fee, N]) -> DynArray[uint256, N]:
    """
    @notice fee_record._add
    """
    out: DynArray[uint256, N] = []
    for r: Fee in rows:
        out.append(fee_record._add(r.word, r.epoch, r.fee, r.good))
    return out


@external
@pure
def unpack_fee(rows: DynArray[uint256[2], N]) -> DynArray[uint256[2], N]:
    """
    @notice fee_record._unpack of (word, epoch).
    """
    out: DynArray[uint256[2], N] = []
    for r: uint256[2] in rows:
        n: uint256 = 0
        k: uint256 = 0
        n, k = fee_record._unpack(r[0], r[1])
        out.append([n, k])
    return out


# page_packing


@external
@pure
def page_fields(rows: DynArray[Page, N]) -> DynArray[Written, N]:
    """
    @notice page_packing._epoch_of, _poster and _written of (word, account), _with_logit, and _bits of (phi, account).
    """
    out: DynArray[Written, N] = []
    for r: Page in rows:
        epoch: uint256 = 0
        phi: int256 = 0
        epoch, phi = page_packing._written(r.word, r.account)
        assert epoch == page_packing._epoch_of(r.word)
        out.append(
            Written(
                epoch=epoch,
                poster=page_packing._poster(r.word),
                phi=phi,
                with_logit=page_packing._with_logit(r.word, r.account, r.phi),
                bits=page_packing._bits(r.phi, r.account),
            )
        )
    return out


@external
@pure
def holding(rows: DynArray[uint256[3], N]) -> DynArray[uint256, N]:
    """
    @notice page_packing._holding
    """
    out: DynArray[uint256, N] = []
    for r: uint256[3] in rows:
        out.append(page_packing._holding(r[0], r[1], r[2]))
    return out


@external
@pure
def page_marks(rows: DynArray[uint256[4], N]) -> DynArray[uint256[4], N]:
    """
    @notice page_packing._header of (epoch, poster), _marks of (word, epoch), _pack_marks of what that gives and the
            epoch, _bit of a page; rows are (word, epoch, poster, page).
    """
    out: DynArray[uint256[4], N] = []
    for r: uint256[4] in rows:
        marks: uint256 = page_packing._marks(r[0], r[1])
        out.append(
            [page_packing._header(r[1], r[2]), marks, page_packing._pack_marks(marks, r[1]), page_packing._bit(r[3])]
        )
    return out


# keeper_packing


@external
@pure
def pack_keeper(rows: DynArray[keeper_packing.KeeperRecord, N]) -> DynArray[uint256, N]:
    """
    @notice keeper_packing._pack
    """
    out: DynArray[uint256, N] = []
    for r: keeper_packing.KeeperRecord in rows:
        out.append(keeper_packing._pack(r))
    return out


@external
@pure
def unpack_keeper(words: DynArray[uint256, N]) -> DynArray[keeper_packing.KeeperRecord, N]:
    """
    @notice keeper_packing._unpack
    """
    out: DynArray[keeper_packing.KeeperRecord, N] = []
    for word: uint256 in words:
        out.append(keeper_packing._unpack(word))
    return out


@external
@pure
def mature(rows: DynArray[uint256[2], N]) -> DynArray[keeper_packing.KeeperRecord, N]:
    """
    @notice keeper_packing._mature of (word, epoch).
    """
    out: DynArray[keeper_packing.KeeperRecord, N] = []
    for r: uint256[2] in rows:
        out.append(keeper_packing._mature(r[0], r[1]))
    return out


@external
@pure
def corrected(word: uint256, bond: uint256) -> uint256:
    """
    @notice keeper_packing._corrected
    """
    return keeper_packing._corrected(word, bond)
