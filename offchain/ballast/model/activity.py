"""Activity of a participant; twin of ``contracts/modules/activity.vy``.

The one hot word of a participant: capacity, load, and what the present epoch has measured of it. A closed epoch is
kept in the same form: the fields of `Activity`, in their order from the lowest bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.errors import ModelError
from ballast.model import layout, load_curve
from ballast.model._evm import ARITHMETIC
from ballast.model.constants import BPS, PPM
from ballast.model.layout import bits

ROLE_MASK: Final = 3
"""The role in the field of that name."""
LEFT: Final = 4
"""Set in the role of a participant that left."""
MAX_UNITS: Final = 2**32 - 1
MAX_EPOCH_SECONDS: Final = 10**6
"""Keeps the clock in 20 bits and the bonus in 40."""


@dataclass(slots=True)
class Activity:
    """What is known of a participant. Not frozen, because that makes it three times slower to build.

    Attributes
    ----------
    capacity : int
        Resource units, constant within an epoch but for slashes.
    next_capacity : int
        Resource units from the next epoch on.
    load : int
        Resource units in flight.
    role : int
        ``OPERATOR`` or ``COPROCESSOR``, with ``LEFT`` after leaving, or 0.
    epoch : int
        Epoch the integrals belong to.
    clock : int
        Seconds into the epoch up to which the integrals are complete.
    bonus : int
        Integral of f over the time spent up to F: ppm seconds.
    overload : int
        Seconds spent above F.
    """

    capacity: int = bits(32)
    next_capacity: int = bits(32)
    load: int = bits(32)
    role: int = bits(8)
    epoch: int = bits(24)
    clock: int = bits(20)
    bonus: int = bits(40)
    overload: int = bits(20, highest=True)


def pack(a: Activity) -> int:
    """Word of an activity whose fields are within their bounds."""
    return layout.pack(a)


def unpack(word: int) -> Activity:
    """Activity of a word."""
    return layout.unpack(Activity, word)


def load(word: int, epoch: int) -> tuple[int, int, int]:
    """Load, capacity and room of a word in an epoch not before its own.

    Returns
    -------
    load, capacity, room : int
        Resource units. Room is the largest load allowed: the capacity, or the smaller one from the next epoch on.
    """
    capacity = word & 0xFFFFFFFF
    following = (word >> 32) & 0xFFFFFFFF
    if (word >> 104) & 0xFFFFFF < epoch:
        capacity = following
    return (word >> 64) & 0xFFFFFFFF, capacity, min(capacity, following)


def integrals(word: int) -> tuple[int, int]:
    """Bonus and overload of a word, alone.

    Returns
    -------
    bonus : int
        Ppm seconds.
    overload : int
        Seconds.
    """
    return (word >> 148) & 0xFFFFFFFFFF, word >> 188


def load_bps(load: int, capacity: int) -> int:
    """x, the share of capacity in use.

    Parameters
    ----------
    load, capacity : int
        Resource units.

    Returns
    -------
    int
        Basis points, rounded up; ``BPS + 1`` if the load does not fit, so that it passes for no valid load.
    """
    if load > capacity:
        return BPS + 1
    if capacity == 0:
        return 0
    return (load * BPS + capacity - 1) // capacity


def accrue(a: Activity, curve: int, clock: int) -> Activity:
    """Activity with its integrals complete up to a later moment of its epoch.

    The mean of f is integrated, not f of the mean: alternating between idle and full must not look like half load.

    Parameters
    ----------
    a : Activity
        Left as it is.
    curve : int
        The packed load curve of the epoch, one that passed `load_curve.check`.
    clock : int
        Seconds into the epoch, not before ``a.clock``.
    """
    bonus = a.bonus
    overload = a.overload
    capacity = a.capacity
    if capacity > 0:
        seconds = clock - a.clock
        if seconds < 0:
            raise ModelError(ARITHMETIC)
        x = load_bps(a.load, capacity)
        if x <= load_curve.kink(curve):
            bonus += seconds * load_curve.rate(curve, x)
        else:
            overload += seconds
    return Activity(capacity, a.next_capacity, a.load, a.role, a.epoch, clock, bonus, overload)


def shares(bonus: int, overload: int, peak: int, seconds: int) -> tuple[int, int]:
    """Mean of f over an epoch as a share of max f, and the share of the epoch spent above F.

    Parameters
    ----------
    bonus : int
        Ppm seconds.
    overload : int
        Seconds.
    peak : int
        Max f, ppm.
    seconds : int
        Length of the epoch.

    Returns
    -------
    bonus, overload : int
        Ppm, rounded down.
    """
    return min(bonus // seconds * PPM // peak, PPM), overload * PPM // seconds


def next_epoch(a: Activity, epoch: int) -> Activity:
    """Activity at the start of a later epoch, with nothing measured yet."""
    return Activity(a.next_capacity, a.next_capacity, a.load, a.role, epoch, 0, 0, 0)
