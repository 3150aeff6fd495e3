# pragma version 0.4.3
"""
@title Adaptation
@license MIT
@notice How the severity of slashes, F and B follow what an epoch has shown: the severity the share of faults, F the
        share of capacity above it, B the mean load. Each moves by a bounded step an epoch, see modules/controller.vy,
        and not at all with no gain. Python twin: ballast.model.adaptation.
@dev Rules are one word, from the lowest bit: fault target 20, slash gain 24, most severe 24, overload target 20, full
     gain 20, full low 14, full high 14, best gain 20, best low 14, best high 14. The state is another: epoch 24,
     severity 24, full 20, best 20. B and F are in force in basis points; the state keeps them in ppm, so that steps
     smaller than a basis point add up.
"""

from contracts.modules import constants
from contracts.modules import controller
from contracts.modules import load_curve
from contracts.modules import slash_split

struct AdaptationRules:
    fault_target: uint256  # share of the fees at stake in tasks that end badly, ppm
    slash_gain: uint256  # by how much a score of one moves the severity, ppm
    most_severe: uint256  # highest severity, ppm
    overload_target: uint256  # share of the capacity above F, ppm
    full_gain: uint256  # by how much a score of one moves F, ppm of the capacity
    full_low: uint256  # lowest F, basis points
    full_high: uint256
    best_gain: uint256  # share of its distance from the mean load that B goes, ppm
    best_low: uint256  # lowest B, basis points
    best_high: uint256

struct AdaptationState:
    epoch: uint256  # the last whose observation was taken into account
    severity: uint256  # ppm
    full: uint256  # F, ppm of the capacity
    best: uint256  # B, ppm of the capacity

MAX_GAIN: constant(uint256) = constants.PPM // 10  # F moves by at most a tenth of the capacity an epoch
PPM_PER_BPS: constant(uint256) = constants.PPM // constants.BPS


@internal
@pure
def _check(r: AdaptationRules, curve: load_curve.Curve):
    """
    @notice Reverts unless the rules fit together, and every curve they may lead to passes its own check.
    @param curve Load curve whose B and F move.
    """
    assert max(r.fault_target, r.overload_target) <= constants.PPM, "adaptation: target"
    assert r.slash_gain <= slash_split.MAX_SEVERITY, "adaptation: slash gain"
    assert r.most_severe >= constants.PPM and r.most_severe <= slash_split.MAX_SEVERITY, "adaptation: severity"
    assert r.full_gain <= MAX_GAIN and r.best_gain <= constants.PPM, "adaptation: gain of B or F"
    if r.full_gain + r.best_gain > 0:
        assert r.best_low > 0 and r.best_low <= r.best_high, "adaptation: bounds of B"
        assert r.full_low > r.best_high and r.full_low <= r.full_high, "adaptation: bounds of F"
        assert r.full_high < constants.BPS and curve.f < constants.BPS, "adaptation: bounds of F"
        load_curve._check(load_curve._moved(curve, r.best_high, r.full_low))  # the steepest between B and F
        load_curve._check(load_curve._moved(curve, r.best_high, r.full_high))  # the most curved above F


@internal
@pure
def _pack_rules(r: AdaptationRules) -> uint256:
    """
    @notice One word of rules that passed `_check`.
    """
    low: uint256 = r.fault_target | (r.slash_gain << 20) | (r.most_severe << 44) | (r.overload_target << 68)
    low |= (r.full_gain << 88) | (r.full_low << 108) | (r.full_high << 122)
    return low | (r.best_gain << 136) | (r.best_low << 156) | (r.best_high << 170)


@internal
@pure
def _unpack_rules(word: uint256) -> AdaptationRules:
    """
    @notice The rules of a word.
    """
    return AdaptationRules(
        fault_target=word & (2**20 - 1),
        slash_gain=(word >> 20) & (2**24 - 1),
        most_severe=(word >> 44) & (2**24 - 1),
        overload_target=(word >> 68) & (2**20 - 1),
        full_gain=(word >> 88) & (2**20 - 1),
        full_low=(word >> 108) & (2**14 - 1),
        full_high=(word >> 122) & (2**14 - 1),
        best_gain=(word >> 136) & (2**20 - 1),
        best_low=(word >> 156) & (2**14 - 1),
        best_high=word >> 170,
    )


@internal
@pure
def _pack_state(s: AdaptationState) -> uint256:
    """
    @notice The word of a state.
    """
    return s.epoch | (s.severity << 24) | (s.full << 48) | (s.best << 68)


@internal
@pure
def _unpack_state(word: uint256) -> AdaptationState:
    """
    @notice The state of a word.
    """
    return AdaptationState(
        epoch=word & (2**24 - 1),
        severity=(word >> 24) & (2**24 - 1),
        full=(word >> 48) & (2**20 - 1),
        best=word >> 68,
    )


@internal
@pure
def _adapted_to(
    r: AdaptationRules, s: AdaptationState, epoch: uint256, faults: uint256, load: uint256, overload: uint256
) -> AdaptationState:
    """
    @notice The state after an epoch was observed.
    @param epoch Its number.
    @param faults Share of the fees at stake in tasks that ended badly, ppm.
    @param load Mean load, ppm.
    @param overload Share of the capacity above F, ppm.
    @return All moves are rounded down. A bound that was narrowed holds from now on.
    """
    after: AdaptationState = s
    after.epoch = epoch
    after.severity = controller._controlled(
        s.severity, r.slash_gain, faults, r.fault_target, constants.PPM, r.most_severe
    )
    if r.full_gain + r.best_gain > 0:
        after.full = controller._controlled(
            s.full,
            r.full_gain,
            overload,
            r.overload_target,
            unsafe_mul(r.full_low, PPM_PER_BPS),
            unsafe_mul(r.full_high, PPM_PER_BPS),
        )
        after.best = controller._controlled(
            s.best,
            r.best_gain,
            load,
            s.best,
            unsafe_mul(r.best_low, PPM_PER_BPS),
            unsafe_mul(r.best_high, PPM_PER_BPS),
        )
    return after
