# pragma version 0.4.3
"""
@title Money harness
@license MIT
@notice Balances and moves, fees, slashes and rewards, in batches, for tests
        only: a list of arguments in, a list of results out.
"""

from contracts.modules import balance_packing
from contracts.modules import dated_amount
from contracts.modules import fault_packing
from contracts.modules import fee_record
from contracts.modules import move_packing
from contracts.modules import share_packing
from contracts.modules import slash_split
from contracts.modules import uptime_reward

N: constant(uint256) = 512

struct Fee:
    word: uint256
    epoch: uint256
    fee: uint256
    good: bool

struct Split:
    amount: uint256
    terms: slash_split.SlashTerms


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
def delegated(fees: DynArray[uint256, N]) -> DynArray[uint256, N]:
    """
    @notice fee_record._delegated
    """
    out: DynArray[uint256, N] = []
    for fee: uint256 in fees:
        out.append(fee_record._delegated(fee))
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
def wrong_amount(rows: DynArray[uint256[3], N]) -> DynArray[uint256, N]:
    """
    @notice slash_split._wrong_amount of (reward, collateral, factor).
    """
    out: DynArray[uint256, N] = []
    for r: uint256[3] in rows:
        out.append(slash_split._wrong_amount(r[0], r[1], r[2]))
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


# uptime_reward


@external
@pure
def rewards(rows: DynArray[uint256[4], N]) -> DynArray[uint256[3], N]:
    """
    @notice uptime_reward._weight and _bound of the first two, _reward of (budget, weight, total weight, bound).
    """
    out: DynArray[uint256[3], N] = []
    for r: uint256[4] in rows:
        weight: uint256 = uptime_reward._weight(r[0], r[1])
        out.append([weight, uptime_reward._bound(r[0], r[1]), uptime_reward._reward(r[0], r[1], r[2], r[3])])
    return out


# share_packing


@external
@pure
def shares(rows: DynArray[uint256[4], N]) -> DynArray[uint256[6], N]:
    """
    @notice share_packing._pack of (epoch, weight, bound), _unpack, _total of the word, _pack_total of (epoch, bound);
            rows are (epoch, weight, bound, word).
    """
    out: DynArray[uint256[6], N] = []
    for r: uint256[4] in rows:
        epoch: uint256 = 0
        weight: uint256 = 0
        bound: uint256 = 0
        epoch, weight, bound = share_packing._unpack(r[3])
        out.append(
            [
                share_packing._pack(r[0], r[1], r[2]),
                epoch,
                weight,
                bound,
                share_packing._total(r[3], r[0]),
                share_packing._pack_total(r[0], r[2]),
            ]
        )
    return out
