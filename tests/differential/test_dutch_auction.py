"""The auction's clock, Vyper against Python."""

from __future__ import annotations

from ballast.model import dutch_auction
from ballast.model.constants import BPS, PPM
from tests.differential.cases import Cases, covered
from tests.differential.harness import Harness, Row

MAX_STEPS = 63


def test_price_at(task_harness: Harness) -> None:
    """All steps of rising clocks between any prices, of two steps, of 63 and of others."""
    rows: list[Row] = []
    cases = Cases("price_at")
    for low, high, drawn in zip(
        *(cases.column(0, PPM, size=400) for _ in range(2)), cases.column(2, 63, size=400), strict=True
    ):
        steps = drawn if len(rows) % 3 else 63
        rows += [(min(low, high), max(low, high), steps, step) for step in range(steps)]
    covered((r[0] == r[1] for r in rows), False, True)
    task_harness.agree("price_at", rows, [(dutch_auction.price_at(*r),) for r in rows])


def test_step_at(task_harness: Harness) -> None:
    """Prices of a step, one above and below it, below the start, and any other up to the cap."""
    cases = Cases("step_at")
    rows = []
    columns = (
        cases.column(0, PPM),
        cases.column(0, PPM),
        cases.column(2, 63),
        cases.column(0, PPM),
        cases.column(0, 62),
    )
    for low, high, steps, even, step, move in zip(*columns, cases.column(-2, 1), strict=True):
        start, cap = min(low, high), max(low, high)
        near = dutch_auction.price_at(start, cap, steps, step % steps) + move
        rows.append((start, cap, steps, min(max(near if move > -2 else even, 0), cap)))
    results = [dutch_auction.step_at(*r) for r in rows]
    covered((0 if k == 0 else 2 if k == r[2] - 1 else 1 for r, k in zip(rows, results, strict=True)), 0, 1, 2)
    task_harness.agree("step_at", rows, [(k,) for k in results])


def test_every_price_of_the_falling_clock(task_harness: Harness) -> None:
    """All steps of clocks of any start price and tick, with a minimum at the price and a ppm above it."""
    rows = []
    cases = Cases("falling clock")
    for start, tick, move in zip(
        cases.column(1, PPM, size=200), cases.column(1, 100, size=200), cases.column(0, 1, size=200), strict=True
    ):
        minimum = [max(start - 1_000 * tick * step, 0) + move for step in range(63)]
        rows += [(start, 1_000, 63, 1_000 * tick, ask, 0, step) for step, ask in enumerate(minimum)]
    results = [dutch_auction.entry_falling(*r) for r in rows]
    covered((k < 63 for k, _ in results), True, False)
    task_harness.agree("entry_falling", rows, results)


def test_entry_falling(task_harness: Harness) -> None:
    """Bidders let in at once, later and never, in the clock's time and after it."""
    cases = Cases("entry_falling")
    columns = zip(
        cases.column(0, PPM),
        cases.column(0, PPM, 1_000),
        cases.column(2, 63),
        cases.column(1, PPM, 10_000),
        cases.column(0, 2**256 - 1, PPM),
        cases.column(0, 2**24, 60_000),
        cases.column(0, 65),
        cases.column(0, 5),
        strict=True,
    )
    rows = []
    for start, floor, steps, tick, minimum, discount, present, kind in columns:
        small = tick % 20_000 + 1 if kind else tick
        ask = minimum if kind == 1 else minimum % (start + 2)
        rows.append(
            (
                start,
                floor if kind == 2 else floor % (start + 1),
                steps,
                small,
                ask,
                discount % (small * 70) if kind else discount,
                present,
            )
        )
    results = [dutch_auction.entry_falling(*r) for r in rows]
    kinds = [
        ("never" if k == r[2] else "at once" if k == r[6] else "later", r[6] >= r[2])
        for r, (k, _) in zip(rows, results, strict=True)
    ]
    covered(kinds, ("never", False), ("at once", False), ("later", False), ("never", True))
    task_harness.agree("entry_falling", rows, results)


def test_entry_rising(task_harness: Harness) -> None:
    """Discounts that fit, give way in part and wholly, or do not; minima below the floor and above the cap."""
    cases = Cases("entry_rising")
    columns = zip(
        *(cases.column(0, PPM) for _ in range(3)),
        cases.column(2, 63),
        cases.column(0, 2**256 - 1, PPM),
        cases.column(0, 2**24, 60_000),
        cases.column(0, 4 * PPM, 60_000),
        cases.pick([0, 1]),
        cases.column(0, 65),
        cases.column(0, 7),
        strict=True,
    )
    rows, kinds = [], []
    for one, two, three, steps, minimum, load, record, hard, present, kind in columns:
        floor, start, cap = sorted((one, two, three))
        ask = minimum if kind == 0 else minimum % (cap + 2)
        room = max(cap - max(ask, floor), 0)
        if kind > 3:
            load, record = load % (room + 1), record % (room + 1)
        row = (start, floor, cap, steps, ask, load, record, hard, present % steps if kind > 1 else present)
        rows.append(row)
        fits = "all" if load + record <= room else "record" if record <= room else "none"
        kinds.append((fits, hard, dutch_auction.entry_rising(*row)[0] < steps))
    results = [dutch_auction.entry_rising(*r) for r in rows]
    covered(
        kinds,
        *(
            (f, h, s)
            for f in ("all", "record", "none")
            for h in (0, 1)
            for s in (False, True)
            if (f, h, s) != ("none", 1, True)
        ),
    )
    task_harness.agree("entry_rising", rows, results)


def test_score(task_harness: Harness) -> None:
    """Loads and reputations over their ranges."""
    cases = Cases("score")
    rows = list(zip(cases.column(0, BPS), cases.column(0, PPM), strict=True))
    task_harness.agree("score", rows, [(dutch_auction.score(*r),) for r in rows])


def test_leads(task_harness: Harness) -> None:
    """Bids that differ from the leader's in bidder, step and score, or in some of these, or in none."""
    cases = Cases("leads")
    columns = zip(
        cases.column(0, 2**80 - 1),
        cases.column(0, 2**32 - 1),
        cases.column(0, 2**32 - 1),
        cases.column(0, MAX_STEPS),
        cases.column(0, MAX_STEPS),
        cases.column(0, BPS * PPM),
        cases.column(0, BPS * PPM),
        cases.column(0, 7),
        strict=True,
    )
    rows = []
    for task, bidder, leader, step, other_step, score, other_score, same in columns:
        theirs = (
            bidder if same == 0 else leader,
            step if same > 1 else other_step,
            score if same > 3 else other_score,
        )
        rows.append((task, bidder, step, score, *theirs))
    results = [(int(dutch_auction.leads(*r)), dutch_auction.tie_hash(*r[:2])) for r in rows]
    branches = [
        ("self", 0) if r[1] == r[4] else ("step" if r[2] != r[5] else "score" if r[3] != r[6] else "hash", leads)
        for r, (leads, _) in zip(rows, results, strict=True)
    ]
    covered(branches, ("self", 0), *((name, leads) for name in ("step", "score", "hash") for leads in (0, 1)))
    task_harness.agree("leads", rows, results)


def test_arithmetic_reverts_where_the_twin_raises(task_harness: Harness) -> None:
    """A load that does not fit."""
    assert task_harness.reason("score", (32, 1, BPS + 1, PPM)) == ""
    assert task_harness.reason("score", (32, 1, BPS, PPM)) is None
