"""The auction's clock, Vyper against Python."""

from __future__ import annotations

from ballast.model import dutch_auction
from ballast.model.constants import BPS, PPM
from tests.differential.cases import Cases, covered
from tests.differential.harness import Harness

MAX_STEPS = 63
MAX_PRICE = 2**20 - 1
Clock = tuple[int, int, int]


def clocks(cases: Cases) -> list[Clock]:
    """Start, floor and steps; falling, rising and flat."""
    start = cases.column(0, MAX_PRICE, PPM)
    floor = cases.column(0, MAX_PRICE, PPM)
    flat = cases.column(0, 15)
    floor = [s if k == 0 else f for s, f, k in zip(start, floor, flat, strict=True)]
    return list(zip(start, floor, cases.column(2, MAX_STEPS), strict=True))


def direction(clock: Clock) -> int:
    """Sign of the price's movement."""
    return (clock[1] > clock[0]) - (clock[1] < clock[0])


def test_price_at(task_harness: Harness) -> None:
    """Any step of a falling, rising or flat clock, the ends most often."""
    cases = Cases("price_at")
    steps = cases.column(0, MAX_STEPS)
    rows = [(*c, c[2] - 1 if k == MAX_STEPS else k % c[2]) for c, k in zip(clocks(cases), steps, strict=True)]
    covered((direction(r[:3]) for r in rows), -1, 0, 1)
    task_harness.agree("price_at", rows, [(dutch_auction.price_at(*r),) for r in rows])


def test_step_at(task_harness: Harness) -> None:
    """Prices of a step, one above and below it, beyond either end, and any other."""
    cases = Cases("step_at")
    rows = []
    results = []
    drawn = zip(clocks(cases), cases.column(0, MAX_PRICE), cases.column(-2, 2), cases.pick([0, 1, 2]), strict=True)
    for clock, even, move, kind in drawn:
        start, floor, steps = clock
        price = [even, start, dutch_auction.price_at(start, floor, steps, even % steps)][kind]
        rows.append((*clock, max(0, price + move)))
    results = [dutch_auction.step_at(*r) for r in rows]
    ends = [0 if k == 0 else 2 if k == r[2] else 1 for r, k in zip(rows, results, strict=True)]
    covered(
        ((direction(r[:3]), e) for r, e in zip(rows, ends, strict=True)),
        *((d, e) for d in (-1, 0, 1) for e in (0, 1, 2) if (d, e) != (0, 1)),
    )
    task_harness.agree("step_at", rows, [(k,) for k in results])


def test_first_step(task_harness: Harness) -> None:
    """Handicaps as large as their bits, loads and reputations over their ranges."""
    cases = Cases("first_step")
    share = 2**19 - 1
    columns = (
        cases.column(2, MAX_STEPS),
        cases.column(0, share, 300_000),
        cases.column(0, share, 100_000),
        cases.column(0, BPS),
        cases.column(0, PPM),
    )
    rows = list(zip(*columns, strict=True))
    results = [dutch_auction.first_step(*r) for r in rows]
    covered((k > 0 for k in results), True, False)
    task_harness.agree("first_step", rows, [(k,) for k in results])


def test_score(task_harness: Harness) -> None:
    """Loads and reputations over their ranges."""
    cases = Cases("score")
    rows = list(zip(cases.column(0, BPS), cases.column(0, PPM), strict=True))
    task_harness.agree("score", rows, [(dutch_auction.score(*r),) for r in rows])


def test_entry_step(task_harness: Harness) -> None:
    """Bidders let in at once, later and never, in the clock's time and after it, on clocks of every direction."""
    cases = Cases("entry_step")
    columns = zip(
        clocks(cases),
        cases.column(0, 2**19 - 1, 300_000),
        cases.column(0, 2**19 - 1, 100_000),
        cases.column(0, 2**256 - 1, PPM, MAX_PRICE),
        cases.column(0, MAX_STEPS),
        cases.column(-1, 1),
        cases.pick([True, True, True, False]),
        cases.column(0, BPS),
        cases.column(0, PPM),
        cases.column(0, MAX_STEPS + 2),
        strict=True,
    )
    rows = []
    for clock, handicap, behind, even, step, move, near, x, rho, present in columns:
        start, floor, steps = clock
        price = max(0, dutch_auction.price_at(start, floor, steps, step % steps) + move) if near else even
        rows.append((*clock, handicap, behind, price, x, rho, present))
    results = [dutch_auction.entry_step(*r) for r in rows]
    kinds = [
        (direction(r[:3]), "never" if k == r[2] else "at once" if k == r[8] else "later", r[8] >= r[2])
        for r, k in zip(rows, results, strict=True)
    ]
    directions = (-1, 0, 1)
    covered(
        kinds,
        *((d, kind, False) for d in directions for kind in ("never", "at once", "later")),
        *((d, "never", True) for d in directions),
    )
    task_harness.agree("entry_step", rows, [(k,) for k in results])


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
    """A load that does not fit, a reputation above one."""
    assert task_harness.reason("score", (32, 1, BPS + 1, PPM)) == ""
    assert task_harness.reason("score", (32, 1, BPS, PPM)) is None
    assert task_harness.reason("first_step", (32, 1, 8, 1, 1, 1, PPM + 1)) == ""
    assert task_harness.reason("first_step", (32, 1, 8, 1, 1, 1, PPM)) is None
    assert task_harness.reason("entry_step", (32, 1, 2, 1, 8, 1, 1, 1, 1, PPM + 1, 0)) == ""
