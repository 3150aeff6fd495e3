"""All packings and the fee record, Vyper against Python: full fields into words, any words into fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ballast.errors import ModelError
from ballast.model import (
    balance_packing,
    card_packing,
    dated_amount,
    fault_packing,
    fee_record,
    load_curve,
    mandate_packing,
    move_packing,
    share_packing,
    task_packing,
)
from ballast.model.constants import MAX_AMOUNT
from ballast.model.fault_packing import Fault
from ballast.model.fee_record import MAX_FEES
from tests.differential.cases import Cases, covered
from tests.differential.harness import Harness, flat
from tests.model.test_packings import FAULT_WIDTHS, PACKINGS, counted

HOMES = {
    "activity": ("Load", "activity"),
    "card": ("Task", "card"),
    "auction": ("Task", "auction"),
    "opening": ("Task", "opening"),
    "terms": ("Task", "terms"),
    "progress": ("Task", "progress"),
    "keeper": ("Reputation", "keeper"),
    "slash": ("Money", "split"),
    "filter": ("Reputation", "filter"),
    "curve": ("Load", "curve"),
}
"""Subject of the harness that has a packing, and its name there."""


@pytest.mark.parametrize("name", PACKINGS)
def test_pack(harnesses: Callable[[str], Harness], name: str) -> None:
    """Every field over its full range, at its ends most often."""
    kind, pack, _, widths = PACKINGS[name]
    instances = [counted(name, i) for i in Cases(f"pack {name}").instances(kind, **widths)]
    subject, called = HOMES[name]
    harnesses(subject).agree(f"pack_{called}", [flat(i) for i in instances], [(pack(i),) for i in instances])


@pytest.mark.parametrize("name", PACKINGS)
def test_unpack(harnesses: Callable[[str], Harness], name: str) -> None:
    """Any word, also one that no packing makes."""
    unpack = PACKINGS[name][2]
    words = Cases(f"unpack {name}").words()
    subject, called = HOMES[name]
    harnesses(subject).agree(f"unpack_{called}", [(w,) for w in words], [flat(unpack(w)) for w in words])


def test_bits(load_harness: Harness) -> None:
    """Two's complement under the masks in use."""
    numbers = Cases("bits").column(-(2**255), 2**255 - 1)
    for mask in (2**32 - 1, 2**33 - 1):
        rows = [(v,) for v in numbers]
        load_harness.agree("bits", rows, [(load_curve.bits(v, mask),) for v in numbers], trailing=(mask,))


def test_fault(money_harness: Harness) -> None:
    """Both words of a fault, either way, and the fields read alone."""
    cases = Cases("fault")
    faults = [replace(fault, proved=bool(fault.proved)) for fault in cases.instances(Fault, **FAULT_WIDTHS)]
    money_harness.agree("pack_fault", [flat(f) for f in faults], [fault_packing.pack(f) for f in faults])
    rows = list(zip(cases.words(), cases.words(), strict=True))
    covered(((second >> 74) & 1 for _, second in rows), 0, 1)
    money_harness.agree("unpack_fault", rows, [flat(fault_packing.unpack(*r)) for r in rows])
    alone = [(fault_packing.executor(first), fault_packing.released(second)) for first, second in rows]
    money_harness.agree("fault_fields", rows, alone)


def test_move(money_harness: Harness) -> None:
    """Gains and losses of either balance, the largest ones too."""
    cases = Cases("move")
    columns = [cases.column(0, 2**111 - 1) for _ in range(4)]
    rows = list(zip(cases.column(0, 2**32 - 1), *columns, strict=True))
    signs = (((a > b) - (a < b), (c > d) - (c < d)) for _, a, b, c, d in rows)
    covered(signs, *((free, locked) for free in (-1, 0, 1) for locked in (-1, 0, 1)), least=10)
    money_harness.agree("pack_move", rows, [(move_packing.move(*r),) for r in rows])
    words = cases.words()
    expected = [(move_packing.account_of(w), int(move_packing.locks(w)), move_packing.net(w)) for w in words]
    money_harness.agree("move_fields", [(w,) for w in words], expected)


def test_balance(money_harness: Harness) -> None:
    """Free, locked and the mark, either way."""
    cases = Cases("balance")
    rows = list(zip(*(cases.column(0, 2**width - 1) for width in (96, 96, 24)), strict=True))
    money_harness.agree("pack_balance", rows, [(balance_packing.pack(*r),) for r in rows])
    rows = list(zip(cases.words(), cases.column(0, 2**24 - 1), strict=True))
    expected = []
    for word, epoch in rows:
        alone = (balance_packing.free(word), balance_packing.locked(word), balance_packing.epoch_of(word))
        assert alone == balance_packing.unpack(word)
        made = (balance_packing.marked(word, epoch), balance_packing.gathering(word), balance_packing.gathers(word))
        expected.append((*alone, balance_packing.stake(word), balance_packing.unmarked(word), *map(int, made)))
    money_harness.agree("balance_fields", rows, expected)


def test_moved(money_harness: Harness) -> None:
    """Any change that fits, to the last unit either way, whatever lies above the balances."""
    cases = Cases("moved")
    amounts = [cases.column(0, MAX_AMOUNT) for _ in range(4)]
    rows, signs = [], []
    for free, locked, free_after, locked_after, above in zip(*amounts, cases.column(0, 2**64 - 1), strict=True):
        change = move_packing.move(7, free_after, free, locked_after, locked)
        rows.append((balance_packing.pack(free, locked, above), change))
        signs.append(((free_after > free) - (free_after < free), (locked_after > locked) - (locked_after < locked)))
        assert balance_packing.moved(*rows[-1]) == balance_packing.pack(free_after, locked_after, above)
    covered(signs, *((free, locked) for free in (-1, 0, 1) for locked in (-1, 0, 1)), least=10)
    money_harness.agree("moved", rows, [(balance_packing.moved(*r),) for r in rows])


@pytest.mark.parametrize("free", [-6, -5, 0, MAX_AMOUNT - 5, MAX_AMOUNT - 4, 1 - 2**111, 2**111 - 1])
@pytest.mark.parametrize("locked", [-8, -7, 0, MAX_AMOUNT - 7, MAX_AMOUNT - 6, 1 - 2**111, 2**111 - 1])
def test_moved_out_of_range(money_harness: Harness, free: int, locked: int) -> None:
    """One unit beyond either end of either balance is refused, by the free one first."""
    change = move_packing.move(7, max(free, 0), max(-free, 0), max(locked, 0), max(-locked, 0))
    row = (balance_packing.pack(5, 7, 3), change)
    reason = None
    try:
        balance_packing.moved(*row)
    except ModelError as error:
        reason = str(error)
    assert money_harness.reason("move_one", row) == reason
    outside = {"free": not 0 <= 5 + free <= MAX_AMOUNT, "locked": not 0 <= 7 + locked <= MAX_AMOUNT}
    first = next((name for name, out in outside.items() if out), None)
    assert reason == (first and f"escrow: {first} out of range")


def test_dated(money_harness: Harness) -> None:
    """An amount and its date, either way."""
    cases = Cases("dated")
    rows = list(zip(cases.column(0, MAX_AMOUNT), cases.column(0, 2**64 - 1), cases.words(), strict=True))
    expected = [(dated_amount.pack(a, d), *dated_amount.unpack(w), dated_amount.amount(w)) for a, d, w in rows]
    money_harness.agree("dated", rows, expected)


def test_shares(money_harness: Harness) -> None:
    """A share that waits and the total of an epoch, either way; half of the words are of the epoch asked for."""
    cases = Cases("shares")
    columns = cases.column(0, 2**24 - 1), cases.column(0, 2**72 - 1), cases.column(0, 2**100)
    same = cases.pick([True, False])
    words = [w >> 24 << 24 | e if s else w for e, w, s in zip(columns[0], cases.words(), same, strict=True)]
    rows = list(zip(*columns, words, strict=True))
    covered((w >> 24 == share_packing.total(w, e) for e, _, _, w in rows), False, True)
    expected = [
        (
            share_packing.pack(*r[:3]),
            *share_packing.unpack(r[3]),
            share_packing.total(r[3], r[0]),
            share_packing.pack_total(r[0], r[2]),
        )
        for r in rows
    ]
    money_harness.agree("shares", rows, expected)


def test_card_account(task_harness: Harness) -> None:
    """The account of any word."""
    words = Cases("card account").words()
    task_harness.agree("card_account", [(w,) for w in words], [(card_packing.account_of(w),) for w in words])


def test_mandate(task_harness: Harness) -> None:
    """Any opening word, with a start price and an AVS and without; any word."""
    cases = Cases("mandate")
    starts = cases.column(0, 2**20 - 1)
    rows = list(zip(cases.column(0, MAX_AMOUNT), cases.words(), starts, strict=True))
    covered((opening >> 127 > 0 for _, opening, _ in rows), True, False)
    task_harness.agree("pack_mandate", rows, [(mandate_packing.pack(*r),) for r in rows])
    pairs = list(zip(cases.words(), starts, strict=True))
    expected = [
        (
            mandate_packing.remaining(w),
            mandate_packing.opening(w),
            mandate_packing.start(w),
            mandate_packing.with_start(w, s),
        )
        for w, s in pairs
    ]
    task_harness.agree("mandate_fields", pairs, expected)


def test_terms_fields(task_harness: Harness) -> None:
    """Outcome of any word, and a word with its outcome."""
    cases = Cases("terms fields")
    rows = list(zip(cases.words(), cases.column(0, 7), strict=True))
    expected = [(task_packing.outcome(w), task_packing.with_outcome(w, o)) for w, o in rows]
    task_harness.agree("terms_fields", rows, expected)


def test_progress_fields(task_harness: Harness) -> None:
    """Any word with another status, and with another status and time."""
    cases = Cases("progress fields")
    rows = list(zip(cases.words(), cases.column(0, 7), cases.column(0, 2**40 - 1), strict=True))
    expected = [(task_packing.with_status(w, s), task_packing.with_status_at(w, s, t)) for w, s, t in rows]
    task_harness.agree("progress_fields", rows, expected)


def test_delegated(money_harness: Harness) -> None:
    """Any fee."""
    fees = Cases("delegated").column(0, 2**128 - 1, MAX_FEES)
    money_harness.agree("delegated", [(f,) for f in fees], [(fee_record.delegated(f),) for f in fees])


def test_fee_record(money_harness: Harness) -> None:
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
    money_harness.agree("add_fee", rows, [(fee_record.add(*c),) for c in calls])
    records = [(w, e) for w, e, _, _ in calls]
    money_harness.agree("unpack_fee", records, [fee_record.unpack(*r) for r in records])
