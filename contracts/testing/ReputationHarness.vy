# pragma version 0.4.3
"""
@title Reputation harness
@license MIT
@notice The reputation filter, and the words of pages and keepers, in batches, for tests
        only: a list of arguments in, a list of results out.
"""

from contracts.modules import keeper_packing
from contracts.modules import page_packing
from contracts.modules import reputation_filter

N: constant(uint256) = 512

struct Page:
    word: uint256
    account: uint256
    phi: int256

struct Written:
    epoch: uint256
    poster: uint256
    phi: int256
    bits: uint256

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


# page_packing


@external
@pure
def page_fields(rows: DynArray[Page, N]) -> DynArray[Written, N]:
    """
    @notice page_packing._epoch_of, _poster and _written of (word, account), and _bits of (phi, account).
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
def corrected(word: uint256, values: uint256, bond: uint256) -> uint256:
    """
    @notice keeper_packing._corrected
    """
    return keeper_packing._corrected(word, values, bond)
