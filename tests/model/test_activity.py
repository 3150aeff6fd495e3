"""Loads and integrals of the hot word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ballast.errors import ModelError
from ballast.model import activity, load_curve
from ballast.model.activity import Activity
from ballast.model.constants import BPS, PPM
from ballast.model.load_curve import PRESETS
from tests.model.properties import choice, given, integers, lists

units = integers(0, 2**32 - 1)
seconds = integers(0, 10**6)
CURVE = load_curve.pack(PRESETS["hump"])
IDLE = Activity(1_000, 1_200, 0, 2, 7, 100, 0, 0)


@given(load=units, capacity=units)
def test_load_bps(load: int, capacity: int) -> None:
    """Rounded up; full is exactly 100%, and what does not fit is above it."""
    x = activity.load_bps(load, capacity)
    if load > capacity:
        assert x == BPS + 1
    elif capacity == 0:
        assert x == 0
    else:
        assert (x - 1) * capacity < load * BPS <= x * capacity
        assert (x == 0) == (load == 0)
        assert load < capacity or x == BPS


def test_accrue_by_hand() -> None:
    """Bonus below and at F, overload above it, nothing without capacity or without time."""
    full = load_curve.table(CURVE)
    assert activity.accrue(IDLE, CURVE, 150) == replace(IDLE, clock=150, bonus=50 * full[0])
    half = replace(IDLE, load=500, bonus=9, overload=3)
    assert activity.accrue(half, CURVE, 101) == replace(half, clock=101, bonus=9 + 150_000)
    at_kink = replace(IDLE, load=800)
    assert activity.accrue(at_kink, CURVE, 200) == replace(at_kink, clock=200)
    above = replace(IDLE, load=801, overload=3)
    assert activity.accrue(above, CURVE, 200) == replace(above, clock=200, overload=103)
    crowded = replace(IDLE, load=1_001)
    assert activity.accrue(crowded, CURVE, 200) == replace(crowded, clock=200, overload=100)
    closed = replace(IDLE, capacity=0, load=5)
    assert activity.accrue(closed, CURVE, 200) == replace(closed, clock=200)
    assert activity.accrue(half, CURVE, 100) == half


@given(name=choice(*PRESETS), load=units, capacity=units, moments=lists(seconds, 6))
def test_integrals_do_not_depend_on_how_often_they_are_brought_up_to_date(
    name: str, load: int, capacity: int, moments: list[int]
) -> None:
    """Any number of steps ends where one step does, and the fields stay within their bits."""
    curve = load_curve.pack(PRESETS[name])
    start = Activity(capacity, 0, load, 2, 1, 0, 0, 0)
    moments = sorted(moments)
    stepwise = start
    for moment in moments:
        stepwise = activity.accrue(stepwise, curve, moment)
    assert stepwise == activity.accrue(start, curve, moments[-1])
    assert stepwise.bonus <= moments[-1] * (load_curve.peak(curve) + 1) < 2**40
    assert stepwise.overload <= moments[-1] < 2**20
    assert start == Activity(capacity, 0, load, 2, 1, 0, 0, 0)


def test_mean_of_f_not_f_of_the_mean() -> None:
    """Half the time idle and half the time full is not half load."""
    alternating = activity.accrue(replace(IDLE, clock=0), CURVE, 500)
    alternating = activity.accrue(replace(alternating, load=1_000), CURVE, 1_000)
    steady = activity.accrue(replace(IDLE, clock=0, load=500), CURVE, 1_000)
    assert alternating.bonus == 500 * 19_999
    assert steady.bonus == 1_000 * 150_000
    assert alternating.overload == 500


def test_time_does_not_run_backwards() -> None:
    """As the contract's subtraction reverts; without capacity nothing is subtracted."""
    with pytest.raises(ModelError, match=r"^arithmetic$"):
        activity.accrue(IDLE, CURVE, 99)
    assert activity.accrue(replace(IDLE, capacity=0), CURVE, 99).clock == 99


def test_next_epoch() -> None:
    """Load and role stay, the new capacity holds, what was measured is gone."""
    busy = Activity(1_000, 1_200, 300, 2, 7, 100, 5, 6)
    assert activity.next_epoch(busy, 9) == Activity(1_200, 1_200, 300, 2, 9, 0, 0, 0)


def test_load_and_room() -> None:
    """A capacity that shrinks leaves no room now; one that grows leaves none before its epoch."""
    word = activity.pack(replace(IDLE, load=300))
    assert activity.load(word, 7) == (300, 1_000, 1_000)
    assert activity.load(word, 8) == (300, 1_200, 1_200)
    shrinking = activity.pack(replace(IDLE, load=300, next_capacity=400))
    assert activity.load(shrinking, 7) == (300, 1_000, 400)
    assert activity.load(shrinking, 8) == (300, 400, 400)


def test_bonus_fits_its_bits() -> None:
    """The largest bonus rate over the longest epoch."""
    assert activity.MAX_EPOCH_SECONDS * PPM < 2**40
    assert activity.MAX_EPOCH_SECONDS < 2**20
