"""Observation of an epoch; twin of ``contracts/modules/observation.vy``.

What the coprocessors that were entered for an epoch did in it, all together: the fees at stake in their tasks and in
the good ones, and their loads, weighed by capacity. Two words, whose fields lie in the order of `Observation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.model.constants import BPS, PPM

MAX_FEES: Final = 2**104 - 1


@dataclass(frozen=True, slots=True)
class Observation:
    """What was observed.

    Attributes
    ----------
    epoch : int
        Of which.
    fees, good_fees : int
        At stake in tasks that ended, and in those of them that ended well; token units.
    capacity : int
        Resource units.
    area : int
        Capacity times the integral of x: resource units times basis point seconds.
    overload : int
        Capacity times the time above F: resource units times seconds.
    """

    epoch: int = 0
    fees: int = 0
    good_fees: int = 0
    capacity: int = 0
    area: int = 0
    overload: int = 0


def pack(o: Observation) -> tuple[int, int]:
    """Two words of an observation."""
    return o.epoch | o.fees << 24 | o.good_fees << 128, o.capacity | o.area << 64 | o.overload << 162


def unpack(first: int, second: int) -> Observation:
    """Observation of two words."""
    return Observation(
        epoch=first & (1 << 24) - 1,
        fees=first >> 24 & MAX_FEES,
        good_fees=first >> 128,
        capacity=second & (1 << 64) - 1,
        area=second >> 64 & (1 << 98) - 1,
        overload=second >> 162,
    )


def with_account(o: Observation, fees: int, good_fees: int, capacity: int, area: int, overload: int) -> Observation:
    """Observation with one more account.

    Parameters
    ----------
    o : Observation
        Without it.
    fees, good_fees : int
        At stake in its tasks that ended in the epoch, and in those of them that ended well; token units.
    capacity : int
        Resource units.
    area : int
        Basis point seconds.
    overload : int
        Seconds above F.
    """
    return Observation(
        epoch=o.epoch,
        fees=min(o.fees + fees, MAX_FEES),
        good_fees=min(o.good_fees + good_fees, MAX_FEES),
        capacity=o.capacity + capacity,
        area=o.area + capacity * area,
        overload=o.overload + capacity * overload,
    )


def shares(o: Observation, seconds: int) -> tuple[int, int, int]:
    """Shares that parameters adapt to.

    Parameters
    ----------
    o : Observation
        One with fees and capacity.
    seconds : int
        Length of an epoch.

    Returns
    -------
    faults, load, overload : int
        Share of the fees that was at stake in tasks that ended badly, mean load, share of the capacity above F; ppm,
        rounded down.
    """
    whole = o.capacity * seconds
    return (
        (o.fees - o.good_fees) * PPM // o.fees,
        o.area * (PPM // BPS) // whole,
        o.overload * PPM // whole,
    )
