"""Adaptation; twin of ``contracts/modules/adaptation.vy``.

How the severity of slashes, F and B follow what an epoch has shown: the severity the share of faults, F the share of
capacity above it, B the mean load. Each moves by a bounded step an epoch, see `ballast.model.controller`, and not at
all with no gain. Rules are one word and the state is another, with the fields in their order from the lowest bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ballast.errors import ParameterError
from ballast.model import controller, layout, load_curve, slash_split
from ballast.model.constants import BPS, PPM
from ballast.model.layout import bits, row
from ballast.model.load_curve import Curve

MAX_GAIN: Final = PPM // 10
"""F moves by at most a tenth of the capacity an epoch."""
PPM_PER_BPS: Final = PPM // BPS


@dataclass(frozen=True, slots=True)
class AdaptationRules:
    """By what parameters adapt. With these defaults nothing moves.

    Attributes
    ----------
    fault_target : int
        Share of the fees at stake in tasks that end badly which slashes aim at, ppm.
    slash_gain : int
        By how much a score of one moves the severity, ppm.
    most_severe : int
        Highest severity, ppm. The lowest is one: the factors of a class.
    overload_target : int
        Share of the capacity above F at which F stays, ppm.
    full_gain : int
        By how much a score of one moves F, ppm of the capacity.
    full_low, full_high : int
        Bounds of F, basis points.
    best_gain : int
        Share of its distance from the mean load that B goes in an epoch, ppm.
    best_low, best_high : int
        Bounds of B, basis points, below those of F.
    """

    fault_target: int = row(50_000, 0, PPM, "ppm of the fees at stake", bits=20)
    slash_gain: int = row(0, 0, slash_split.MAX_SEVERITY, "ppm", bits=24)
    most_severe: int = row(PPM, PPM, slash_split.MAX_SEVERITY, "ppm", bits=24)
    overload_target: int = row(100_000, 0, PPM, "ppm of the capacity", bits=20)
    full_gain: int = row(0, 0, MAX_GAIN, "ppm of the capacity", bits=20)
    full_low: int = row(6_000, 1, BPS - 1, "basis points", bits=14)
    full_high: int = row(9_500, 1, BPS - 1, "basis points", bits=14)
    best_gain: int = row(0, 0, PPM, "ppm of the distance", bits=20)
    best_low: int = row(2_000, 1, BPS - 1, "basis points", bits=14)
    best_high: int = row(5_500, 1, BPS - 1, "basis points", bits=14)


@dataclass(frozen=True, slots=True)
class AdaptationState:
    """Where the parameters have got to.

    Attributes
    ----------
    epoch : int
        Last whose observation was taken into account.
    severity : int
        Ppm.
    full, best : int
        F and B, ppm of the capacity: finer than the basis points in force, so that small steps add up.
    """

    epoch: int = bits(24)
    severity: int = bits(24)
    full: int = bits(20)
    best: int = bits(20)


def check(r: AdaptationRules, curve: Curve) -> None:
    """Refuse rules that do not fit together, or lead to a curve that does not pass its own check.

    Parameters
    ----------
    r : AdaptationRules
        The rules.
    curve : Curve
        Load curve whose B and F move.

    Raises
    ------
    ParameterError
        With the reason the contract reverts with.
    """
    if not (0 <= r.fault_target <= PPM and 0 <= r.overload_target <= PPM):
        raise ParameterError("adaptation: target")
    if not 0 <= r.slash_gain <= slash_split.MAX_SEVERITY:
        raise ParameterError("adaptation: slash gain")
    if not PPM <= r.most_severe <= slash_split.MAX_SEVERITY:
        raise ParameterError("adaptation: severity")
    if not (0 <= r.full_gain <= MAX_GAIN and 0 <= r.best_gain <= PPM):
        raise ParameterError("adaptation: gain of B or F")
    if r.full_gain + r.best_gain > 0:
        if not 0 < r.best_low <= r.best_high:
            raise ParameterError("adaptation: bounds of B")
        if not r.best_high < r.full_low <= r.full_high < BPS or curve.f == BPS:
            raise ParameterError("adaptation: bounds of F")
        # the steepest between B and F, and the most curved above F
        load_curve.check(load_curve.moved(curve, r.best_high, r.full_low))
        load_curve.check(load_curve.moved(curve, r.best_high, r.full_high))


def pack_rules(r: AdaptationRules) -> int:
    """One word of rules that passed `check`."""
    return layout.pack(r)


def unpack_rules(word: int) -> AdaptationRules:
    """Rules of a word."""
    return layout.unpack(AdaptationRules, word)


def pack_state(s: AdaptationState) -> int:
    """Word of a state."""
    return layout.pack(s)


def unpack_state(word: int) -> AdaptationState:
    """State of a word."""
    return layout.unpack(AdaptationState, word)


def adapted_to(
    r: AdaptationRules, s: AdaptationState, epoch: int, faults: int, load: int, overload: int
) -> AdaptationState:
    """State after an epoch was observed.

    Parameters
    ----------
    r, s : AdaptationRules, AdaptationState
        By what, and from where.
    epoch : int
        Its number.
    faults : int
        Share of the fees at stake in tasks that ended badly, ppm.
    load : int
        Mean load, ppm.
    overload : int
        Share of the capacity above F, ppm.

    Returns
    -------
    AdaptationState
        All moves are rounded down. A bound that was narrowed holds from now on.
    """
    severity = controller.controlled(s.severity, r.slash_gain, faults, r.fault_target, PPM, r.most_severe)
    after = replace(s, epoch=epoch, severity=severity)
    if r.full_gain + r.best_gain == 0:
        return after
    low, high = r.full_low * PPM_PER_BPS, r.full_high * PPM_PER_BPS
    full = controller.controlled(s.full, r.full_gain, overload, r.overload_target, low, high)
    low, high = r.best_low * PPM_PER_BPS, r.best_high * PPM_PER_BPS
    return replace(after, full=full, best=controller.controlled(s.best, r.best_gain, load, s.best, low, high))
