"""The load curve, Vyper against Python: the presets at every load, other curves and the check by fuzzing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ballast.errors import ParameterError
from ballast.model import load_curve
from ballast.model.constants import BPS, NANO
from ballast.model.load_curve import MAX_COEFFICIENT, MAX_SLOPE, PRESETS, Curve, designed
from tests.differential.cases import Cases, covered
from tests.differential.harness import BATCH, CASES, Harness, encode, flat
from tests.model.curves import valid

MIN_INT = -(2**255)
MAX_INT = 2**255 - 1
MAX_UINT = 2**256 - 1


def some_curves(cases: Cases, count: int) -> list[Curve]:
    """Curves that pass the check, with B and F anywhere."""
    found = list(PRESETS.values())
    draws = 40 * count
    columns = zip(
        cases.column(0, NANO, size=draws),
        cases.column(0, NANO, size=draws),
        cases.column(1, BPS, size=draws),
        cases.column(1, BPS, size=draws),
        cases.column(0, 9 * NANO, size=draws),
        strict=True,
    )
    for knobs in columns:
        candidate = designed(*knobs)
        if valid(candidate):
            found.append(candidate)
        if len(found) == count:
            return found
    raise AssertionError(f"only {len(found)} curves")


@pytest.mark.parametrize("name", PRESETS)
def test_preset_at_every_load(load_harness: Harness, name: str) -> None:
    """Rate and amplifier at all 10,001 loads, and the peak."""
    word = load_curve.pack(PRESETS[name])
    expected = [(load_curve.rate(word, x), load_curve.amplifier(word, x)) for x in range(BPS + 1)]
    for first in range(0, BPS + 1, BATCH):
        count = min(BATCH, BPS + 1 - first)
        returned = load_harness.raw("curve_range", encode([(word, first, count)]))[64:]
        assert returned == encode(expected[first : first + count]), f"loads from {first}"
    peak_and_kink = load_harness.batch("curve_peak", [(word,)])
    assert peak_and_kink == encode([(load_curve.peak(word), load_curve.kink(word))])


def test_other_curves(load_harness: Harness) -> None:
    """Rate and amplifier of random curves, at their ends and kinks above all, with flags above the curve."""
    cases = Cases("other curves")
    curves = some_curves(cases, 400)
    # as many again where the last branch is a ppm above the middle one at F, so that it shows which one is taken
    curves += [c for c in (replace(c, i=c.i + 1_500) for c in curves) if valid(c)]
    assert len(curves) > 500
    rows = []
    branches = []
    for c, even, flag in zip(cases.pick(curves), cases.column(0, BPS), cases.column(0, 63), strict=True):
        near = [0, c.b - 1, c.b, c.b + 1, c.f - 1, c.f, c.f + 1, BPS, even, even]
        x = max(0, min(BPS, near[even % len(near)]))
        rows.append((load_curve.pack(c) | (flag << 250), x))
        branches.append("left" if x < c.b else "middle" if x <= c.f else "right")
    covered(branches, "left", "middle", "right", least=1_000)
    load_harness.agree("curve_at", rows, [(load_curve.rate(*r), load_curve.amplifier(*r)) for r in rows])


def test_peaks(load_harness: Harness) -> None:
    """Peak and kink of random curves whose maximum is at 0, at B, or 1 ppm higher just below it."""
    cases = Cases("peaks")
    curves = some_curves(cases, 700)
    # lift the end of the first branch by less than the check allows
    curves += [c for c in (replace(c, a=c.a + 900, d=max(0, c.d - 90)) for c in curves) if valid(c)]
    words = cases.pick([load_curve.pack(c) for c in curves])
    load_harness.agree("curve_peak", [(w,) for w in words], [(load_curve.peak(w), load_curve.kink(w)) for w in words])
    where = []
    for word in words:
        b = load_curve.unpack(word).b
        rates = {"B": load_curve.rate(word, b), "0": load_curve.rate(word, 0), "below": load_curve.rate(word, b - 1)}
        where.append(max(rates, key=lambda k: rates[k]))
    covered(where, "B", "0", "below")


def test_branches_before_rounding(load_harness: Harness) -> None:
    """All bits of the three branches, and the rounding by itself."""
    cases = Cases("branches")
    signed = (-MAX_COEFFICIENT, MAX_COEFFICIENT)
    b = cases.column(1, BPS)
    below = [v % (e + 1) for v, e in zip(cases.column(0, BPS), b, strict=True)]
    lefts = list(zip(cases.column(*signed), b, cases.column(*signed), below, strict=True))
    load_harness.agree("curve_left", lefts, [(load_curve.left(*r),) for r in lefts])
    above = [e + v % (BPS - e + 1) for v, e in zip(cases.column(0, BPS), b, strict=True)]
    slopes = cases.column(-MAX_SLOPE, MAX_SLOPE)
    middles = list(zip(b, cases.column(0, MAX_COEFFICIENT), slopes, above, strict=True))
    load_harness.agree("curve_middle", middles, [(load_curve.middle(*r),) for r in middles])
    h = cases.column(0, NANO)
    high = [-(-v // 10**5) + w % (BPS + 1 - -(-v // 10**5)) for v, w in zip(h, cases.column(0, BPS), strict=True)]
    rights = list(zip(cases.column(1, 2**32 - 1), h, cases.column(*signed), high, strict=True))
    load_harness.agree("curve_right", rights, [(load_curve.right(*r),) for r in rights])
    units = cases.pick([load_curve.LEFT_PER_PPM, load_curve.MIDDLE_PER_PPM, load_curve.RIGHT_PER_PPM])
    multiples = zip(cases.column(-(2**21), 2**21), cases.pick([-1, 0, 1]), units, strict=True)
    roundings = [(m * u + d, u) for m, d, u in multiples]
    load_harness.agree("curve_to_ppm", roundings, [(load_curve.to_ppm(*r),) for r in roundings])


def refusal(c: Curve) -> str | None:
    """Reason of the twin, none if the curve passes."""
    try:
        load_curve.check(c)
    except ParameterError as error:
        return str(error)
    return None


HUMP = PRESETS["hump"]
STEEP = replace(HUMP, g=225_000_000, h=800_000_000, i=0)
EDGES: dict[str, tuple[int, ...]] = {
    "a": (-MAX_COEFFICIENT, MAX_COEFFICIENT),
    "b": (0, 1, 8_000, BPS, 2**14),
    "c": (-MAX_COEFFICIENT, MAX_COEFFICIENT, 75_656_972, 75_657_000),
    "d": (0, MAX_COEFFICIENT, 149_999_000, 150_001_000),
    "e": (-MAX_SLOPE, MAX_SLOPE, -499_996_667, -500_003_333),
    "f": (0, 5_000, BPS, 2**14),
    "g": (0, 1, 2**32 - 1, 225_000_024),
    "h": (0, 800_000_000, NANO, 2**30),
    "i": (-MAX_COEFFICIENT, MAX_COEFFICIENT, -2_775_778),
}


@pytest.mark.parametrize("base", [*PRESETS.values(), STEEP])
def test_check_at_every_bound(load_harness: Harness, base: Curve) -> None:
    """Each constant just inside and just outside each bound: the contract reverts iff the twin raises, and says so."""
    load_curve.check(base)
    for field, edges in EDGES.items():
        unsigned = field in "bdfgh"
        values = {getattr(base, field), *edges}
        for value in sorted({v + d for v in values for d in (-1_001, -1_000, -1, 0, 1, 1_000, 1_001)}):
            if value < 0 and unsigned:
                continue
            c = replace(base, **{field: value})
            assert load_harness.reason("curve_check", flat(c)) == refusal(c), c


@pytest.mark.parametrize("nano", [0, 1, 998, 999, 1_000, 1_001])
def test_check_of_curves_that_pay_nothing(load_harness: Harness, nano: int) -> None:
    """The only curves whose f(0) can be exactly -1 ppm: without an exponential."""
    for a, c, d in ((0, nano, 0), (0, -nano, 0), (0, -nano, nano), (0, 0, nano)):
        flat_curve = replace(HUMP, a=a, c=c, d=d, e=0)
        assert load_harness.reason("curve_check", flat(flat_curve)) == refusal(flat_curve), flat_curve


@pytest.mark.parametrize("field", EDGES)
def test_check_at_the_ends_of_the_types(load_harness: Harness, field: str) -> None:
    """Constants as large as the types allow are refused, with or without a reason, never wrapped into range."""
    values = (2**64, 2**128, MAX_INT, 2**255, MAX_UINT) if field in "bdfgh" else (MIN_INT, MIN_INT + 1, 2**128, MAX_INT)
    for value in values:
        c = replace(HUMP, **{field: value})
        assert refusal(c) is not None
        assert load_harness.reason("curve_check", flat(c)) is not None


def test_check_by_fuzzing(load_harness: Harness) -> None:
    """Curves near the joint conditions: the same ones pass, the others fail for the same reason."""
    cases = Cases("check")
    size = CASES // 4
    bases = cases.pick([*some_curves(cases, 60), STEEP], size)
    fields = cases.pick([*EDGES, "none"], size)
    moves = cases.column(-2_500, 2_500, size=size)
    reasons = []
    for base, field, move in zip(bases, fields, moves, strict=True):
        c = base if field == "none" else replace(base, **{field: getattr(base, field) + move})
        if min(flat(c)[k] for k in (1, 3, 5, 6, 7)) < 0:
            continue
        expected = refusal(c)
        assert load_harness.reason("curve_check", flat(c)) == expected, c
        reasons.append((expected or "passes").removeprefix("load_curve: "))
    assert len(reasons) > size // 2
    assert {"passes", "jump at B", "f(F) not zero", "need 0 < B <= F"} <= set(reasons)
