"""What learns and what is taken off a price, Vyper against Python."""

from __future__ import annotations

from ballast.model import controller, discounts, load_curve
from ballast.model.constants import BPS, PPM
from tests.differential.cases import Cases, covered
from tests.differential.harness import Harness

LOADS = range(BPS + 1)


def test_every_load(task_harness: Harness) -> None:
    """All of them, on all curves that have a name, with the default's terms and with the largest."""
    for curve in (load_curve.pack(c) for c in load_curve.PRESETS.values()):
        for terms in ((60_000, 300_000, 1_000_000), (PPM, PPM, 8 * PPM), (0, 0, 0)):
            rows = [(curve, *terms, x) for x in LOADS]
            rows += rows[: 10_240 - len(rows)]
            task_harness.agree("discount_of_load", rows, [(discounts.of_load(*r),) for r in rows])


def test_load(task_harness: Harness) -> None:
    """Any terms, with more taken off than there is idle discount, and less."""
    cases = Cases("discount of load")
    curves = cases.pick([load_curve.pack(c) for c in load_curve.PRESETS.values()])
    columns = (curves, cases.column(0, PPM), cases.column(0, PPM), cases.column(0, 8 * PPM), cases.column(0, BPS))
    rows = list(zip(*columns, strict=True))
    results = [discounts.of_load(*r) for r in rows]
    covered(
        (
            "more" if x > load_curve.kink(c) else "all" if d == 0 < idle else "less"
            for (c, idle, _, _, x), d in zip(rows, results, strict=True)
        ),
        "more",
        "all",
        "less",
    )
    task_harness.agree("discount_of_load", rows, [(d,) for d in results])


def test_record(task_harness: Harness) -> None:
    """Any weight, with records below, at and above the level."""
    cases = Cases("discount of record")
    rows = [
        (weight, level, max(level + move, 0) if near else rho)
        for weight, level, rho, move, near in zip(
            cases.column(0, 4 * PPM),
            cases.column(0, PPM),
            cases.column(0, PPM),
            cases.column(-1, 1),
            cases.pick([True, False]),
            strict=True,
        )
    ]
    covered(((r[2] > r[1]) - (r[2] < r[1]) for r in rows), -1, 0, 1)
    task_harness.agree("discount_of_record", rows, [(discounts.of_record(*r),) for r in rows])


def test_controller(task_harness: Harness) -> None:
    """Parameters that move, and that a bound holds."""
    cases = Cases("controller")
    columns = (
        cases.column(0, PPM),
        cases.column(0, PPM // 5),
        cases.column(0, PPM),
        cases.column(0, PPM),
        cases.column(0, PPM),
    )
    rows = list(zip(*columns, strict=True))
    results = [(controller.lowered(*r[:4]), controller.raised(r[0], r[1], r[4])) for r in rows]
    covered(
        ((low == r[3], high == r[4]) for r, (low, high) in zip(rows, results, strict=True)),
        *((a, b) for a in (False, True) for b in (False, True)),
    )
    task_harness.agree("controlled", rows, results)
