"""All packings and the fee record, Vyper against Python: full fields into words, any words into fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ballast.model import (
    card_packing,
    fault_packing,
    fee_record,
    load_curve,
    mandate_packing,
    move_packing,
    task_packing,
)
from ballast.model.constants import MAX_AMOUNT
from ballast.model.fault_packing import Fault
from ballast.model.fee_record import MAX_FEES
from tests.differential.cases import Cases, covered
from tests.differential.harness import Harness, flat
from tests.model.test_packings import FAULT_WIDTHS, PACKINGS

FUNCTIONS = {
    "activity": "activity",
    "card": "card",
    "auction": "auction",
    "opening": "opening",
    "terms": "terms",
    "progress": "progress",
    "keeper": "keeper",
    "slash": "split",
    "filter": "filter",
    "curve": "curve",
}


@pytest.mark.parametrize("name", PACKINGS)
def test_pack(packings: Harness, name: str) -> None:
    """Every field over its full range, at its ends most often."""
    kind, pack, _, widths = PACKINGS[name]
    instances = Cases(f"pack {name}").instances(kind, **widths)
    packings.agree(f"pack_{FUNCTIONS[name]}", [flat(i) for i in instances], [(pack(i),) for i in instances])


@pytest.mark.parametrize("name", PACKINGS)
def test_unpack(packings: Harness, name: str) -> None:
    """Any word, also one that no packing makes."""
    unpack = PACKINGS[name][2]
    words = Cases(f"unpack {name}").words()
    packings.agree(f"unpack_{FUNCTIONS[name]}", [(w,) for w in words], [flat(unpack(w)) for w in words])


def test_bits(packings: Harness) -> None:
    """Two's complement under the masks in use."""
    numbers = Cases("bits").column(-(2**255), 2**255 - 1)
    for mask in (2**32 - 1, 2**33 - 1):
        rows = [(v,) for v in numbers]
        packings.agree("bits", rows, [(load_curve.bits(v, mask),) for v in numbers], trailing=(mask,))


def test_fault(packings: Harness) -> None:
    """Both words of a fault, either way, and the fields read alone."""
    cases = Cases("fault")
    faults = [replace(fault, proved=bool(fault.proved)) for fault in cases.instances(Fault, **FAULT_WIDTHS)]
    packings.agree("pack_fault", [flat(f) for f in faults], [fault_packing.pack(f) for f in faults])
    rows = list(zip(cases.words(), cases.words(), strict=True))
    covered(((second >> 74) & 1 for _, second in rows), 0, 1)
    packings.agree("unpack_fault", rows, [flat(fault_packing.unpack(*r)) for r in rows])
    alone = [(fault_packing.executor(first), fault_packing.released(second)) for first, second in rows]
    packings.agree("fault_fields", rows, alone)


def test_move(packings: Harness) -> None:
    """Gains and losses of either balance, the largest ones too."""
    cases = Cases("move")
    columns = [cases.column(0, 2**111 - 1) for _ in range(4)]
    rows = list(zip(cases.column(0, 2**32 - 1), *columns, strict=True))
    signs = (((a > b) - (a < b), (c > d) - (c < d)) for _, a, b, c, d in rows)
    covered(signs, *((free, locked) for free in (-1, 0, 1) for locked in (-1, 0, 1)), least=10)
    packings.agree("pack_move", rows, [(move_packing.move(*r),) for r in rows])
    words = cases.words()
    packings.agree("unpack_move", [(w,) for w in words], [move_packing.unpack(w) for w in words])


def test_card_account(packings: Harness) -> None:
    """The account of any word."""
    words = Cases("card account").words()
    packings.agree("card_account", [(w,) for w in words], [(card_packing.account_of(w),) for w in words])


def test_mandate(packings: Harness) -> None:
    """Any opening word, with an AVS and without; any word."""
    cases = Cases("mandate")
    rows = list(zip(cases.column(0, MAX_AMOUNT), cases.words(), strict=True))
    covered((opening >> 132 > 0 for _, opening in rows), True, False)
    packings.agree("pack_mandate", rows, [(mandate_packing.pack(*r),) for r in rows])
    words = cases.words()
    expected = [(mandate_packing.remaining(w), mandate_packing.opening(w)) for w in words]
    packings.agree("unpack_mandate", [(w,) for w in words], expected)


def test_terms_fields(packings: Harness) -> None:
    """Difficulty and outcome of any word, and a word with its outcome."""
    cases = Cases("terms fields")
    rows = list(zip(cases.words(), cases.column(0, 15), strict=True))
    expected = [(task_packing.difficulty(w), task_packing.outcome(w), task_packing.with_outcome(w, o)) for w, o in rows]
    packings.agree("terms_fields", rows, expected)


def test_fee_record(packings: Harness) -> None:
    """Every branch: the same epoch and another, good and bad, both counters full or not."""
    cases = Cases("fee record")
    columns = zip(
        cases.column(0, MAX_FEES),
        cases.column(0, MAX_FEES),
        cases.column(0, 2**24 - 1),
        cases.pick([0, 0, 0, 1]),
        cases.column(0, 2**128 - 1, MAX_FEES),
        cases.column(0, MAX_FEES),
        cases.pick([True, False]),
        cases.pick([True, False]),
        strict=True,
    )
    calls = []
    branches = []
    for n, k, epoch, other, huge, fee, big, good in columns:
        word = n | (k << 96) | ((epoch ^ other) << 192)
        paid = huge if big else fee % (MAX_FEES - max(n, k) + 1)
        calls.append((word, epoch, paid, good))
        full = n + paid > MAX_FEES or k + paid > MAX_FEES
        branches.append(("another" if other else "full" if full else "room", good))
    covered(branches, *((b, g) for b in ("another", "full", "room") for g in (True, False)))
    rows = [(w, e, f, int(g)) for w, e, f, g in calls]
    packings.agree("add_fee", rows, [(fee_record.add(*c),) for c in calls])
    records = [(w, e) for w, e, _, _ in calls]
    packings.agree("unpack_fee", records, [fee_record.unpack(*r) for r in records])
