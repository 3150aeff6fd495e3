"""The load curve against mpmath, its presets, and every condition its check makes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mpmath import mp, mpf

from ballast.errors import ModelError, ParameterError
from ballast.model import load_curve
from ballast.model.constants import BPS, MAX_AMPLIFIER, NANO, PPM
from ballast.model.load_curve import MAX_COEFFICIENT, MAX_SLOPE, ONE_OVER_E, PRESETS, Curve, designed
from tests.model.curves import valid
from tests.model.properties import assume, given, integers

HUMP = PRESETS["hump"]


@pytest.fixture(autouse=True)
def precision() -> None:
    """Digits of the reference."""
    mp.dps = 50


def truth(c: Curve, x: int) -> mpf:
    """f(x) of the packed constants in ppm, by the paper's formula."""
    load, b, h = mpf(x) / BPS, mpf(c.b) / BPS, mpf(c.h) / NANO
    if x < c.b:
        value = mpf(c.a) / NANO * mp.exp(-(((load - b) / b) ** 2)) - mpf(c.c) / NANO
    elif x <= c.f:
        value = mpf(c.d) / NANO + (load - b) * c.e / NANO
    else:
        value = mpf(c.g) / 10**6 * (load - h) ** 2 + mpf(c.i) / NANO
    return max(value * PPM, mpf(0))


@pytest.mark.parametrize("name", PRESETS)
def test_curve_at_every_load(name: str) -> None:
    """At all 10,001 loads the rate is the truth rounded down to a ppm."""
    c = PRESETS[name]
    word = load_curve.pack(c)
    highest, lowest = mpf(0), mpf(1)
    for x in range(BPS + 1):
        above = truth(c, x) - load_curve.rate(word, x)
        highest, lowest = max(highest, above), min(lowest, above)
    print(f"{name}: truth minus rate between {mp.nstr(lowest, 3)} and {mp.nstr(highest, 12)} ppm")
    assert lowest >= -mpf("1e-30")
    assert mpf("0.99") < highest < 1


@pytest.mark.parametrize("name", PRESETS)
def test_exponential_branch_is_exact_to_nano_and_far_below(name: str) -> None:
    """Before rounding the branch is within 1e-15 nano of the truth; a mutation of the exponent shows here."""
    c = PRESETS[name]
    worst = mpf(0)
    for x in range(c.b):
        exact = c.a * mp.exp(-((mpf(x - c.b) / c.b) ** 2)) - c.c
        worst = max(worst, abs(mpf(load_curve.left(c.a, c.b, c.c, x)) / 2**100 - exact))
    print(f"{name}: worst error of the branch below B {mp.nstr(worst, 3)} nano")
    assert worst < mpf("1e-15")


@pytest.mark.parametrize("name", PRESETS)
def test_preset(name: str) -> None:
    """Each preset passes the check and survives packing."""
    c = PRESETS[name]
    load_curve.check(c)
    assert load_curve.unpack(load_curve.pack(c)) == c


def test_the_constants_of_a_designed_curve() -> None:
    """Worked out by hand with 50 digits: A = 0.13 / (1 - 1/e), C = A - 0.15, E = -0.15 / 0.3, G = (1 - 0.1) / 0.04."""
    assert designed(idle=20_000_000, best=150_000_000, b=5_000, f=8_000, full=NANO) == Curve(
        205_656_972, 5_000, 55_656_972, 150_000_000, -500_000_000, 8_000, 22_500_000, 788_888_889, -2_777_778
    )


def test_one_over_e() -> None:
    """The constant the closed form uses."""
    assert abs(mpf(ONE_OVER_E.numerator) / ONE_OVER_E.denominator - mp.exp(-1)) < mpf("1e-48")


@pytest.mark.parametrize("name", PRESETS)
def test_preset_values(name: str) -> None:
    """What all presets share, to a ppm: B, F, f(F) = 0, f(1) = 1; and the peak is at B or at no load."""
    c = PRESETS[name]
    word = load_curve.pack(c)
    assert (c.b, load_curve.kink(word)) == (5_000, 8_000)
    idle, best, *above = (load_curve.rate(word, x) for x in (0, 5_000, 8_000, BPS))
    assert above == pytest.approx([0, PPM], abs=1)
    assert load_curve.peak(word) == max(idle, best)


def test_default_preset_favours_the_less_busy() -> None:
    """Up to F the rate never rises with the load, so that of two bidders the busier one has the larger discount."""
    word = load_curve.pack(PRESETS[load_curve.DEFAULT_PRESET])
    table = load_curve.table(word)[: load_curve.kink(word) + 1]
    assert list(table) == sorted(table, reverse=True)
    assert table[0] > table[5_000] > table[-1]


@pytest.mark.parametrize("name", PRESETS)
def test_table(name: str) -> None:
    """The table is the rate at every load; the amplifier is one up to F and one more than the rate above."""
    word = load_curve.pack(PRESETS[name])
    table = load_curve.table(word)
    assert len(table) == BPS + 1
    assert table == tuple(load_curve.rate(word, x) for x in range(BPS + 1))
    assert load_curve.table(word) is load_curve.table(word | (63 << 250)) is table
    for x in range(BPS + 1):
        assert load_curve.amplifier(word, x) == PPM + (table[x] if x > 8_000 else 0)


knobs = {
    "idle": integers(0, NANO),
    "best": integers(0, NANO),
    "b": integers(1, BPS),
    "f": integers(1, BPS),
    "full": integers(0, 9 * NANO),
}


@given(**knobs)
def test_properties_of_a_checked_curve(idle: int, best: int, b: int, f: int, full: int) -> None:
    """Any curve that passes: bonus up to its peak, no jump beyond a few ppm, an amplifier that grows and is bounded."""
    c = designed(idle, best, b, f, full)
    assume(valid(c))
    word = load_curve.pack(c)
    peak = load_curve.peak(word)
    assert 0 < peak <= PPM
    assert load_curve.unpack(word) == c
    loads = sorted({0, 1, b - 1, b, b + 1, f - 1, f, f + 1, BPS, *range(0, BPS, 499)} & set(range(BPS + 1)))
    before = PPM
    for x in loads:
        rate, amplifier = load_curve.rate(word, x), load_curve.amplifier(word, x)
        assert rate >= 0
        assert before <= amplifier <= MAX_AMPLIFIER
        before = amplifier
        if x <= f:
            assert rate <= peak + 1
            assert amplifier == PPM
        else:
            assert amplifier == PPM + rate
    assert load_curve.rate(word, f) <= 1
    # up to two ppm from the check and the rounding, and what the branch itself loses over the last basis point
    near_b = load_curve.left(c.a, c.b, c.c, b) // (load_curve.LEFT_PER_PPM)
    assert abs(near_b - load_curve.rate(word, b)) <= 2


REFUSALS = [
    ("load_curve: need 0 < B <= F", {"b": 0}),
    ("load_curve: need 0 < B <= F", {"b": 8_001}),
    ("load_curve: need 0 < B <= F", {"f": BPS + 1}),
    ("load_curve: A or C range", {"a": MAX_COEFFICIENT + 1}),
    ("load_curve: A or C range", {"a": -MAX_COEFFICIENT - 1}),
    ("load_curve: A or C range", {"c": MAX_COEFFICIENT + 1}),
    ("load_curve: A or C range", {"c": -MAX_COEFFICIENT - 1}),
    ("load_curve: D range", {"d": MAX_COEFFICIENT + 1}),
    ("load_curve: D range", {"d": -1}),
    ("load_curve: E or I range", {"e": MAX_SLOPE + 1}),
    ("load_curve: E or I range", {"e": -MAX_SLOPE - 1}),
    ("load_curve: E or I range", {"i": MAX_COEFFICIENT + 1}),
    ("load_curve: E or I range", {"i": -MAX_COEFFICIENT - 1}),
    ("load_curve: G range", {"g": 0}),
    ("load_curve: G range", {"g": 2**32}),
    ("load_curve: need H <= F", {"h": 800_000_001}),
    ("load_curve: need H <= F", {"h": -1}),
    ("load_curve: f(0) negative", {"c": 55_656_972 + 20_001_000}),
    ("load_curve: f(0) negative", {"a": 0, "c": 1_000, "d": 0, "e": 0}),
    ("load_curve: jump at B", {"d": 150_001_001}),
    ("load_curve: jump at B", {"d": 149_998_999}),
    ("load_curve: f(F) not zero", {"e": -499_996_666}),
    ("load_curve: f(F) not zero", {"e": -500_003_334}),
    ("load_curve: jump at F", {"i": -2_775_777}),
    ("load_curve: peak range", {"a": 0, "c": 0, "d": 0, "e": 0}),
    ("load_curve: peak range", {"a": 0, "c": 999, "d": 0, "e": 0}),
    ("load_curve: peak range", {"a": NANO + 1_000, "c": 0, "d": NANO + 1_000, "e": -3_333_336_667}),
    ("load_curve: amplifier", {"g": 4_294_967_295, "h": 800_000_000, "i": 0}),
]


@pytest.mark.parametrize(("reason", "change"), REFUSALS)
def test_check_refuses(reason: str, change: dict[str, int]) -> None:
    """One constant out of its bounds by the least amount, and the contract's reason."""
    with pytest.raises(ParameterError) as refusal:
        load_curve.check(replace(HUMP, **change))
    assert str(refusal.value) == reason


ACCEPTED: list[dict[str, int]] = [
    {"d": 150_001_000, "e": -500_003_333},
    {"d": 149_999_000, "e": -499_996_667},
    {"e": -499_996_667},
    {"e": -500_003_333},
    {"i": -2_775_779},
    {"h": 800_000_000, "i": 0},
    {"c": 55_656_972 + 1_000},
]


@pytest.mark.parametrize("change", ACCEPTED)
def test_check_accepts_just_inside(change: dict[str, int]) -> None:
    """Constants just inside the same bounds."""
    load_curve.check(replace(HUMP, **change))


def test_check_bounds_the_amplifier() -> None:
    """Nine times the rate at full load is the most: m = 10."""
    steep = replace(HUMP, g=225_000_000, h=800_000_000, i=0)
    load_curve.check(steep)
    assert load_curve.amplifier(load_curve.pack(steep), BPS) == MAX_AMPLIFIER
    # 25e-6 * 0.04 is one ppm
    load_curve.check(replace(steep, g=225_000_024))
    with pytest.raises(ParameterError, match=r"^load_curve: amplifier$"):
        load_curve.check(replace(steep, g=225_000_025))


def test_check_without_a_branch_above_f() -> None:
    """F at full load: nothing is amplified, whatever the last branch says."""
    c = designed(20_000_000, 150_000_000, 5_000, BPS, 0)
    load_curve.check(c)
    word = load_curve.pack(c)
    assert load_curve.amplifier(word, BPS) == PPM


def test_check_with_b_equal_to_f() -> None:
    """A branch on [B, F] of a single point is allowed, if it is zero."""
    c = designed(150_000_000, 0, 8_000, 8_000, NANO)
    load_curve.check(c)
    assert load_curve.peak(load_curve.pack(c)) == 149_999


def test_peak_just_below_b() -> None:
    """A curve may end its first branch 1 ppm above the second one; the peak is the second one's."""
    c = replace(HUMP, a=205_657_872, d=149_999_999)
    load_curve.check(c)
    word = load_curve.pack(c)
    assert load_curve.rate(word, 5_000) == 149_999
    assert max(load_curve.table(word)[:8_001]) == load_curve.rate(word, 4_999) == 150_000
    assert load_curve.peak(word) == 149_999


def test_arithmetic_that_reverts() -> None:
    """Words no check lets through revert without a reason, as the contract's arithmetic does."""
    with pytest.raises(ModelError, match=r"^arithmetic$"):
        load_curve.rate(load_curve.pack(replace(HUMP, f=7_000)), 7_001)


def test_bits_above_the_curve_are_ignored() -> None:
    """The word carries flags above bit 250."""
    word = load_curve.pack(HUMP)
    assert word < 2**load_curve.CURVE_BITS
    assert load_curve.unpack(word | (63 << 250)) == HUMP
    assert load_curve.rate(word | (63 << 250), 9_000) == load_curve.rate(word, 9_000)
