"""Loads and integrals of the hot word, Vyper against Python."""

from __future__ import annotations

from ballast.model import activity, load_curve
from ballast.model.activity import MAX_EPOCH_SECONDS, Activity
from ballast.model.constants import BPS, PPM
from ballast.model.load_curve import PRESETS, designed
from tests.differential.cases import Cases, covered
from tests.differential.harness import CASES, Harness, flat

UNITS = 2**32 - 1
CURVES = [
    *PRESETS.values(),
    designed(150_000_000, 0, 1, 2, 10**9),
    designed(0, 100_000_000, 9_000, BPS, 0),
    designed(150_000_000, 0, BPS, BPS, 0),
    designed(20_000_000, 500_000_000, 3_000, 9_700, 3 * 10**9),
]


def loads(cases: Cases) -> list[tuple[int, int]]:
    """Load and capacity: any, and those that land on or next to a given share."""
    capacity = cases.column(0, UNITS, 1_000, BPS)
    share = cases.column(0, BPS + 1, 2, 3_000, 5_000, 8_000)
    free = cases.column(0, UNITS)
    out = []
    for c, x, f, move in zip(capacity, share, free, cases.pick([-1, 0, 1, 2]), strict=True):
        load = f if move == 2 else min(UNITS, max(0, c * x // BPS + move))
        out.append((load, c))
    return out


def test_load_bps(load_harness: Harness) -> None:
    """Every branch: too much, nothing at all, and the rounding."""
    rows = loads(Cases("load_bps"))
    branches = (
        "over" if load > c else "none" if c == 0 else "exact" if load * BPS % c == 0 else "up" for load, c in rows
    )
    covered(branches, "over", "none", "exact", "up")
    load_harness.agree("load_bps", rows, [(activity.load_bps(*r),) for r in rows])


def test_accrue(load_harness: Harness) -> None:
    """Every branch: no time, no capacity, each branch of the curve, a load that does not fit."""
    cases = Cases("accrue")
    for c in CURVES:
        load_curve.check(c)
    clock = cases.column(0, MAX_EPOCH_SECONDS)
    wait = cases.column(0, MAX_EPOCH_SECONDS)
    words = cases.pick([load_curve.pack(c) for c in CURVES])
    columns = zip(
        loads(cases),
        cases.column(0, UNITS),
        cases.pick([0, 1, 2, 5, 6]),
        cases.column(0, 2**24 - 1),
        clock,
        wait,
        cases.column(0, 2**40 - 10**12 - 1),
        cases.column(0, 2**20 - 1),
        words,
        cases.column(0, 63),
        strict=True,
    )
    calls = []
    branches = []
    for (load, capacity), following, role, epoch, now, seconds, bonus, overload, word, flags in columns:
        later = min(now + seconds, MAX_EPOCH_SECONDS)
        a = Activity(capacity, following, load, role, epoch, now, bonus, overload)
        calls.append((a, word | (flags << 250), later))
        x, c = activity.load_bps(load, capacity), load_curve.unpack(word)
        if later == now:
            branches.append("no time")
        elif capacity == 0:
            branches.append("no capacity")
        else:
            branches.append("left" if x < c.b else "middle" if x <= c.f else "right" if x <= BPS else "over")
    covered(branches, "no time", "no capacity", "left", "middle", "right", "over")
    results = [activity.accrue(*c) for c in calls]
    load_harness.agree("accrue", [(*flat(a), w, t) for a, w, t in calls], [flat(a) for a in results])


def test_next_epoch(load_harness: Harness) -> None:
    """Any activity."""
    cases = Cases("next_epoch")
    widths = {"capacity": 32, "next_capacity": 32, "load": 32, "role": 8, "epoch": 24, "clock": 20, "bonus": 40}
    activities = cases.instances(Activity, **widths, overload=20)
    rows = [flat(a) for a in activities]
    load_harness.agree("next_epoch", rows, [flat(activity.next_epoch(a, 7)) for a in activities], trailing=(7,))


def test_integrals(load_harness: Harness) -> None:
    """What any word says of them, as the whole of it says."""
    words = Cases("integrals").words()
    results = [activity.integrals(w) for w in words]
    wholes = map(activity.unpack, words)
    assert results == [(a.bonus, a.overload) for a in wholes]
    load_harness.agree("integrals", [(w,) for w in words], results)


def test_shares(load_harness: Harness) -> None:
    """Any integral, more than the whole of max f too, and epochs of any length."""
    cases = Cases("shares")
    columns = (cases.column(0, 2**40 - 1), cases.column(0, 2**20 - 1), cases.column(1, 2 * PPM), cases.column(1, 10**6))
    rows = list(zip(*columns, strict=True))
    results = [activity.shares(*r) for r in rows]
    covered((bonus == PPM for bonus, _ in results), True, False)
    load_harness.agree("shares", rows, results)


def test_load(load_harness: Harness) -> None:
    """Load, capacity and room of any word, in its epoch, before and after."""
    cases = Cases("load")
    words = cases.words()
    moves = cases.column(-2, 2)
    epochs = [max(0, ((w >> 104) & (2**24 - 1)) + m) for w, m in zip(words, moves, strict=True)]
    rows = list(zip(words, epochs, strict=True))
    covered(((w >> 104) & (2**24 - 1) < e for w, e in rows), True, False)
    assert len(rows) == CASES
    load_harness.agree("load", rows, [activity.load(*r) for r in rows])
