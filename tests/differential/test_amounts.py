"""Collateral, penalty, fee, price and deadlines of a task, the epoch clock and the reasons, Vyper against Python."""

from __future__ import annotations

from functools import partial

import pytest

from ballast.chain.rpc import JsonRpc
from ballast.errors import ParameterError
from ballast.model import class_packing, deadlines, epoch_clock, reasons, task_packing
from ballast.model.activity import MAX_EPOCH_SECONDS
from ballast.model.class_packing import Auction
from ballast.model.constants import BPS, MAX_AMOUNT, PPM
from tests.differential.cases import Cases, covered
from tests.differential.harness import EPOCH_SECONDS, GENESIS, Harness, construct, encode, refused

NOTHING = dict.fromkeys(Auction.__dataclass_fields__, 0)


def test_collateral_penalty_and_fee(task_harness: Harness) -> None:
    """Collateral by the reward and by the stake; amounts whose share is exact and others, minima around the fee."""
    cases = Cases("class amounts")
    columns = zip(
        cases.column(0, 2**22 - 1, PPM),
        cases.column(0, 2**14 - 1, BPS),
        cases.column(0, 2**14 - 1, BPS),
        cases.column(0, 2**11 - 1),
        cases.column(0, MAX_AMOUNT, PPM),
        cases.column(0, 2 * MAX_AMOUNT, PPM),
        cases.column(0, 4 * MAX_AMOUNT, PPM),
        cases.column(0, MAX_AMOUNT, PPM),
        cases.column(0, MAX_AMOUNT, PPM),
        cases.column(-1, 1),
        cases.pick([True, False]),
        cases.pick([True, False]),
        strict=True,
    )
    rows = []
    results = []
    branches = []
    for by_reward, by_stake, penalty, fee, reward, backing, collateral, price, least, move, near, bare in columns:
        shares = (by_reward, 0 if bare else 100 * by_stake, 100 * penalty, 100 * fee)
        a = Auction(**NOTHING | dict(zip(("collateral", "stake_share", "operator_share", "fee"), shares, strict=True)))
        by_share = class_packing.fee(a, price, 0)
        minimum = max(0, by_share + move) if near else least
        rows.append((*shares, reward, backing, collateral, price, minimum))
        results.append(
            (
                class_packing.collateral(a, reward, backing),
                class_packing.penalty(a, collateral),
                class_packing.fee(a, price, minimum),
            )
        )
        binds = results[-1][0] > class_packing.collateral(a, reward, 0)
        branches.append(((minimum > by_share) - (minimum < by_share), binds))
    covered(branches, *((sign, binds) for sign in (-1, 0, 1) for binds in (False, True)))
    task_harness.agree("class_amounts", rows, results)


def test_pay(task_harness: Harness) -> None:
    """Any reward and price."""
    cases = Cases("pay")
    rows = list(zip(cases.column(0, MAX_AMOUNT, PPM), cases.column(0, PPM), strict=True))
    task_harness.agree("pay", rows, [(task_packing.pay(*r),) for r in rows])


def test_deadlines(task_harness: Harness) -> None:
    """Windows of all lengths, now and at the largest timestamps."""
    cases = Cases("deadlines")
    opened = cases.column(0, 2**40 - 1, GENESIS)
    rows = list(
        zip(
            cases.column(2, 63),
            cases.column(1, 2**16 - 1),
            *(cases.column(1, 2**18 - 1) for _ in range(3)),
            opened,
            cases.column(0, 62),
            cases.pick([0, 1]),
            (start + age for start, age in zip(opened, cases.column(0, 2**23), strict=True)),
            strict=True,
        )
    )
    results = []
    for steps, seconds, submit, rescue, challenge, start, step, rescued, now in rows:
        closing = deadlines.closing(start, steps, seconds)
        awarded = deadlines.awarded(start, step, seconds)
        due = deadlines.due(awarded, submit)
        results.append(
            (
                deadlines.present_step(start, seconds, now),
                closing,
                awarded,
                due,
                deadlines.chance_until(closing, rescue),
                deadlines.rescue_until(due, rescued, rescue),
                deadlines.challenge_until(now, challenge),
                deadlines.dispute_until(now),
                deadlines.longest_life(steps, seconds, submit, rescue, challenge),
            )
        )
    task_harness.agree("moments", rows, results)


def test_epoch_at(task_harness: Harness) -> None:
    """Moments on, next to and between the boundaries."""
    cases = Cases("epoch_at")
    ages = [e * EPOCH_SECONDS + m for e, m in zip(cases.column(1, 2**24), cases.column(-2, 2), strict=True)]
    moments = [GENESIS, *(GENESIS + a for a in ages)]
    expected = [(epoch_clock.epoch_at(GENESIS, EPOCH_SECONDS, t),) for t in moments]
    task_harness.agree("epoch_at", [(t,) for t in moments], expected)
    assert task_harness.reason("epoch_at", (32, 1, GENESIS - 1)) == ""


@pytest.mark.parametrize("age", [0, 1, EPOCH_SECONDS - 1, EPOCH_SECONDS, EPOCH_SECONDS + 1, 10 * EPOCH_SECONDS + 17])
def test_present_moment(node: JsonRpc, age: int) -> None:
    """Epoch and seconds into it, of a clock that has run for some time."""
    clock = (GENESIS - age, EPOCH_SECONDS)
    harness = Harness(node, "TaskHarness", *clock)
    assert harness.single("clock") == clock
    assert harness.single("position") == epoch_clock.position(*clock, GENESIS)
    assert harness.single("epoch") == (epoch_clock.epoch_at(*clock, GENESIS),)


@pytest.mark.parametrize("length", [0, 59, 60, MAX_EPOCH_SECONDS, MAX_EPOCH_SECONDS + 1])
def test_constructor_reverts_where_the_twin_raises(node: JsonRpc, length: int) -> None:
    """The shortest and the longest epoch, and geneses of this second and the next."""
    for genesis in (0, 1, GENESIS - 1, GENESIS, GENESIS + 1):
        expected = None
        try:
            epoch_clock.check(genesis, length, GENESIS)
        except ParameterError as error:
            expected = str(error)
        assert refused(partial(construct, node, "TaskHarness", genesis, length)) == expected


def test_texts(task_harness: Harness) -> None:
    """Each reason's text, and that of codes that are none."""
    for code in [*range(0, 25), 2**256 - 1]:
        words = task_harness.raw("text", encode([(code,)]))
        length = int.from_bytes(words[32:64], "big")
        assert words[64 : 64 + length].decode() == reasons.text(code)
