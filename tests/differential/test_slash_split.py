"""Slashes, their shares and uptime rewards, Vyper against Python."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ballast.errors import ParameterError
from ballast.model import slash_split, uptime_reward
from ballast.model.constants import MAX_AMOUNT, MAX_AMPLIFIER, PPM
from ballast.model.slash_split import (
    MAX_BUDGET,
    MAX_FINDER,
    MAX_LATENESS_FLOOR,
    MAX_REBATE,
    MAX_RETURNED,
    MIN_BURN,
    SlashTerms,
)
from tests.differential.cases import Cases, covered
from tests.differential.harness import CASES, Harness, flat

SLASH_TERMS = SlashTerms(50_000, 400_000, 250_000, 100_000, 100_000, 900_000, 50_000)


def some_terms(cases: Cases) -> list[SlashTerms]:
    """Terms that pass the check, shares at their bounds most often."""
    found = []
    columns = zip(
        cases.column(0, MAX_LATENESS_FLOOR),
        cases.column(0, PPM),
        cases.column(0, MAX_FINDER),
        cases.column(MIN_BURN, PPM),
        cases.column(0, MAX_BUDGET),
        cases.column(0, MAX_REBATE),
        cases.column(0, MAX_BUDGET),
        strict=True,
    )
    for floor, compensation, finder, burn, budget, rebate, keepers in columns:
        finder = min(finder, PPM - burn)
        compensation = min(compensation, MAX_RETURNED - finder, PPM - burn - finder)
        terms = SlashTerms(floor, compensation, finder, burn, budget, rebate, keepers)
        slash_split.check(terms)
        found.append(terms)
    return found


def test_late_amount(money_harness: Harness) -> None:
    """Every branch: the load's amount, the lateness floor, the collateral as the cap of either."""
    cases = Cases("late_amount")
    reward = cases.column(0, MAX_AMOUNT, PPM)
    related = cases.pick([True, False])
    shares = cases.column(0, 4 * PPM, PPM)
    free = cases.column(0, MAX_AMOUNT, PPM)
    collateral = [
        min(MAX_AMOUNT, r * s // PPM) if k else f for r, s, k, f in zip(reward, shares, related, free, strict=True)
    ]
    columns = (
        reward,
        collateral,
        cases.column(0, 2**20 - 1, PPM),
        cases.column(PPM, MAX_AMPLIFIER),
        cases.column(0, MAX_LATENESS_FLOOR),
    )
    rows = list(zip(*columns, strict=True))
    results = [slash_split.late_amount(*r) for r in rows]
    branches = []
    for (r, c, factor, m, floor), slash in zip(rows, results, strict=True):
        uncapped = slash_split.late_amount(r, 2**200, 0, m, floor)
        by_load = c * (factor * m // PPM) // PPM
        branches.append(("floor" if uncapped > by_load else "load", "capped" if max(uncapped, by_load) > c else "free"))
        assert slash == min(c, max(uncapped, by_load))
    covered(branches, *((a, b) for a in ("floor", "load") for b in ("capped", "free")))
    money_harness.agree("late_amount", rows, [(v,) for v in results])


def test_wrong_amount(money_harness: Harness) -> None:
    """Every branch: the reward, the share of the collateral, and all of it."""
    cases = Cases("wrong_amount")
    rows = []
    columns = (cases.column(0, MAX_AMOUNT, PPM), cases.column(0, MAX_AMOUNT, PPM), cases.column(0, 2**20 - 1, PPM))
    for reward, collateral, factor in zip(*columns, strict=True):
        rows.append((reward % (collateral + 1) if factor % 2 else reward, collateral, factor))
    results = [slash_split.wrong_amount(*r) for r in rows]
    covered(
        ("all" if v == c else "reward" if v == r else "share" for (r, c, _), v in zip(rows, results, strict=True)),
        "all",
        "reward",
        "share",
    )
    money_harness.agree("wrong_amount", rows, [(v,) for v in results])


def test_split(money_harness: Harness) -> None:
    """Any amount under any terms."""
    cases = Cases("split")
    amounts = cases.column(0, MAX_AMOUNT, PPM)
    pairs = list(zip(amounts, some_terms(cases), strict=True))
    results = [slash_split.split(*p) for p in pairs]
    covered((0 if r[3] == 0 else 1 if r[3] < 4 else 2 for r in results), 0, 1, 2)
    money_harness.agree("split", [(a, *flat(t)) for a, t in pairs], results)


def test_uptime_reward(money_harness: Harness) -> None:
    """Weight and bound of any figures, and every branch of the reward: the share, the bound, the whole budget."""
    cases = Cases("uptime_reward")
    whole = cases.pick([True, False, False])
    measured = list(zip(cases.column(0, 2**32 - 1), cases.column(0, 2**40 - 1), strict=True))
    budget, weight = cases.column(0, MAX_AMOUNT, PPM), cases.column(0, 2**72 - 1)
    total = [max(w + (0 if k else o), 1) for w, o, k in zip(weight, cases.column(0, 2**104), whole, strict=True)]
    rows = list(zip(budget, weight, total, cases.column(0, 10 * MAX_AMOUNT), strict=True))
    # the first two numbers of a row are also a capacity and a bonus, or fees and a rebate
    rows += [(capacity, bonus, bonus + 1, 1) for capacity, bonus in measured]
    fees = zip(cases.column(0, MAX_AMOUNT), cases.column(0, MAX_REBATE), strict=True)
    rows += [(paid, rebate, rebate + 1, paid) for paid, rebate in fees]
    results = [(uptime_reward.weight(*r[:2]), uptime_reward.bound(*r[:2]), uptime_reward.reward(*r)) for r in rows]
    branches = []
    for (b, w, t, most), (_, _, paid) in zip(rows, results, strict=True):
        branches.append("bound" if most < b * w // t else "whole" if w == t else "share")
        assert paid == min(b * w // t, most)
    covered(branches, "bound", "whole", "share")
    fitting = [(r, found) for r, found in zip(rows, results, strict=True) if max(found[:2]) < 2**256]
    money_harness.agree("rewards", [r for r, _ in fitting], [found for _, found in fitting])


BOUNDS = {
    "lateness_floor": (0, MAX_LATENESS_FLOOR),
    "compensation": (0, MAX_RETURNED - MAX_FINDER, 650_000, MAX_RETURNED, PPM),
    "finder": (0, MAX_FINDER),
    "burn": (0, MIN_BURN, 350_000, PPM),
    "budget": (0, MAX_BUDGET),
    "rebate": (0, MAX_REBATE),
    "keeper_budget": (0, MAX_BUDGET),
}
BASES = [
    SLASH_TERMS,
    SlashTerms(0, 0, 0, MIN_BURN, 0, 0, 0),
    SlashTerms(MAX_LATENESS_FLOOR, 400_000, MAX_FINDER, MIN_BURN, MAX_BUDGET, MAX_REBATE, MAX_BUDGET),
]


def refusal(terms: SlashTerms) -> str | None:
    """Reason of the twin, none if the terms pass."""
    try:
        slash_split.check(terms)
    except ParameterError as error:
        return str(error)
    return None


@pytest.mark.parametrize("base", BASES)
def test_check_at_every_bound(money_harness: Harness, base: SlashTerms) -> None:
    """Each share just inside and just outside each bound: the contract reverts where the twin raises, and says so."""
    seen = set()
    for field, bounds in BOUNDS.items():
        for value in sorted({b + d for b in bounds for d in (-1, 0, 1)} - {-1}):
            terms = replace(base, **{field: value})
            expected = refusal(terms)
            seen.add(expected)
            assert money_harness.reason("split_check", flat(terms)) == expected, terms
    assert len(seen) == 9  # all eight reasons, and none


@pytest.mark.parametrize("field", BOUNDS)
def test_check_at_the_end_of_the_type(money_harness: Harness, field: str) -> None:
    """No share wraps into range."""
    for value in (2**128, 2**256 - 1):
        terms = replace(SLASH_TERMS, **{field: value})
        assert refusal(terms) is not None
        assert money_harness.reason("split_check", flat(terms)) is not None


def test_check_by_fuzzing(money_harness: Harness) -> None:
    """Shares near the joint condition."""
    cases = Cases("split check")
    size = CASES // 8
    moved = zip(some_terms(cases)[:size], cases.pick(list(BOUNDS), size), cases.column(-2, 2, size=size), strict=True)
    passed = 0
    for base, field, move in moved:
        terms = replace(base, **{field: max(0, getattr(base, field) + move)})
        expected = refusal(terms)
        assert money_harness.reason("split_check", flat(terms)) == expected, terms
        passed += expected is None
    assert size // 4 < passed < size
