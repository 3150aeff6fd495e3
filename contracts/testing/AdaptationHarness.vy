# pragma version 0.4.3
"""
@title Adaptation harness
@license MIT
@notice Observations, and the steps of parameters that adapt to them, in batches, for tests only: a list of arguments
        in, a list of results out.
"""

from contracts.modules import adaptation
from contracts.modules import controller
from contracts.modules import load_curve
from contracts.modules import observation
from contracts.modules import slash_split

N: constant(uint256) = 512

struct Moving:
    curve: load_curve.Curve
    b: uint256
    f: uint256

struct Entering:
    o: observation.Observation
    fees: uint256
    good_fees: uint256
    capacity: uint256
    area: uint256
    overload: uint256

struct Stepping:
    r: adaptation.AdaptationRules
    s: adaptation.AdaptationState
    epoch: uint256
    faults: uint256
    load: uint256
    overload: uint256


# controller


@external
@pure
def controller_stepped(rows: DynArray[uint256[6], N]) -> DynArray[uint256, N]:
    """
    @notice controller._controlled
    """
    out: DynArray[uint256, N] = []
    for r: uint256[6] in rows:
        out.append(controller._controlled(r[0], r[1], r[2], r[3], r[4], r[5]))
    return out


# load_curve


@external
@pure
def curve_moved(rows: DynArray[Moving, N]) -> DynArray[load_curve.Curve, N]:
    """
    @notice load_curve._moved, and _turns of what comes of it.
    """
    out: DynArray[load_curve.Curve, N] = []
    for r: Moving in rows:
        moved: load_curve.Curve = load_curve._moved(r.curve, r.b, r.f)
        b: uint256 = 0
        f: uint256 = 0
        b, f = load_curve._turns(load_curve._pack(moved))
        assert b == r.b and f == r.f
        out.append(moved)
    return out


# slash_split


@external
@pure
def severity(rows: DynArray[uint256[3], N]) -> DynArray[uint256[3], N]:
    """
    @notice slash_split._with_severity, _severity of its result, and _severe, of (word, severity, factor).
    """
    out: DynArray[uint256[3], N] = []
    for r: uint256[3] in rows:
        word: uint256 = slash_split._with_severity(r[0], r[1])
        out.append([word, slash_split._severity(word), slash_split._severe(r[2], r[1])])
    return out


# observation


@external
@pure
def observation_words(rows: DynArray[observation.Observation, N]) -> DynArray[uint256[2], N]:
    """
    @notice observation._pack
    """
    out: DynArray[uint256[2], N] = []
    for o: observation.Observation in rows:
        first: uint256 = 0
        second: uint256 = 0
        first, second = observation._pack(o)
        out.append([first, second])
    return out


@external
@pure
def observations(rows: DynArray[uint256[2], N]) -> DynArray[observation.Observation, N]:
    """
    @notice observation._unpack
    """
    out: DynArray[observation.Observation, N] = []
    for r: uint256[2] in rows:
        out.append(observation._unpack(r[0], r[1]))
    return out


@external
@pure
def with_account(rows: DynArray[Entering, N]) -> DynArray[observation.Observation, N]:
    """
    @notice observation._with_account
    """
    out: DynArray[observation.Observation, N] = []
    for r: Entering in rows:
        out.append(observation._with_account(r.o, r.fees, r.good_fees, r.capacity, r.area, r.overload))
    return out


@external
@pure
def shares(rows: DynArray[observation.Observation, N], seconds: uint256) -> DynArray[uint256[3], N]:
    """
    @notice observation._shares
    """
    out: DynArray[uint256[3], N] = []
    for o: observation.Observation in rows:
        faults: uint256 = 0
        load: uint256 = 0
        overload: uint256 = 0
        faults, load, overload = observation._shares(o, seconds)
        out.append([faults, load, overload])
    return out


# adaptation


@external
@pure
def check(r: adaptation.AdaptationRules, curve: load_curve.Curve):
    """
    @notice adaptation._check
    """
    adaptation._check(r, curve)


@external
@pure
def rules(rows: DynArray[adaptation.AdaptationRules, N]) -> DynArray[uint256, N]:
    """
    @notice adaptation._pack_rules; reverts unless `_rules` gives the same back.
    """
    out: DynArray[uint256, N] = []
    for r: adaptation.AdaptationRules in rows:
        word: uint256 = adaptation._pack_rules(r)
        assert keccak256(abi_encode(adaptation._unpack_rules(word))) == keccak256(abi_encode(r))
        out.append(word)
    return out


@external
@pure
def states(rows: DynArray[adaptation.AdaptationState, N]) -> DynArray[uint256, N]:
    """
    @notice adaptation._pack_state; reverts unless `_state` gives the same back.
    """
    out: DynArray[uint256, N] = []
    for s: adaptation.AdaptationState in rows:
        word: uint256 = adaptation._pack_state(s)
        assert keccak256(abi_encode(adaptation._unpack_state(word))) == keccak256(abi_encode(s))
        out.append(word)
    return out


@external
@pure
def stepped(rows: DynArray[Stepping, N]) -> DynArray[adaptation.AdaptationState, N]:
    """
    @notice adaptation._stepped
    """
    out: DynArray[adaptation.AdaptationState, N] = []
    for r: Stepping in rows:
        out.append(adaptation._adapted_to(r.r, r.s, r.epoch, r.faults, r.load, r.overload))
    return out
