"""The reputation step and its parameters, Vyper against Python."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ballast.errors import ParameterError
from ballast.model import reputation_filter
from ballast.model.constants import MAX_AMOUNT, MAX_LOGIT, PPM
from ballast.model.reputation_filter import MAX_ALPHA, MAX_OMEGA, FilterParameters
from tests.differential.cases import Cases, covered
from tests.differential.harness import CASES, Harness, flat

FILTER = FilterParameters(20_000, 980_000, 1_000_000, 20_000, 10_000, 0, 8, 1_000)
FIERCE = FilterParameters(-7, PPM - 1, 7_999_995, 399_999, 10_000, -MAX_LOGIT, 8, 1)


def some_filters(cases: Cases) -> list[FilterParameters]:
    """Parameters that pass the check, at the joint bounds often."""
    found = []
    columns = zip(
        cases.column(-MAX_OMEGA, MAX_OMEGA),
        cases.column(0, PPM - 1),
        cases.column(0, MAX_ALPHA),
        cases.column(0, MAX_ALPHA // 20),
        cases.column(0, PPM),
        cases.column(-MAX_LOGIT, MAX_LOGIT),
        cases.column(2, 255),
        cases.column(1, MAX_AMOUNT),
        strict=True,
    )
    for omega, beta, alpha, gamma, drift, newcomer, stale, n0 in columns:
        alpha = min(alpha, 4 * (PPM + beta) - 1)
        highest = min((omega * PPM - 1) // (PPM - beta), MAX_LOGIT - 1)
        if highest < -MAX_LOGIT:
            omega, highest = 0, -1
        p = FilterParameters(omega, beta, alpha, min(gamma, alpha // 20), drift, min(newcomer, highest), stale, n0)
        reputation_filter.check(p)
        found.append(p)
    return found


def test_step(reputation_harness: Harness) -> None:
    """Every branch: drift from above or none, evidence for and against, weak evidence, load either way, both clamps."""
    cases = Cases("step")
    reputation_filter.check(FIERCE)
    n = [v if k else 0 for v, k in zip(cases.column(0, MAX_AMOUNT, 1_000), cases.pick([1, 1, 1, 1, 0]), strict=True)]
    k = [v * g // PPM for v, g in zip(n, cases.column(0, PPM), strict=True)]
    phi = cases.column(-MAX_LOGIT, MAX_LOGIT)
    bonus, overload = cases.column(0, PPM), cases.column(0, PPM)
    # half of the filters with an n0 of the size of n, so that the evidence is felt
    mixed = [replace(p, n0=max(1, v)) if v % 2 else p for p, v in zip(some_filters(cases), n, strict=True)]
    # an eighth of the records near the ends, under the filter that forgets least and reacts most
    for i in range(0, len(phi), 8):
        mixed[i] = FIERCE
        phi[i] = (MAX_LOGIT - abs(phi[i]) % 1_000) * (1 if phi[i] > 0 else -1)
        k[i] = n[i] if phi[i] > 0 else 0
    calls = list(zip(mixed, phi, n, k, bonus, overload, strict=True))
    results = [reputation_filter.step(*c) for c in calls]
    branches = []
    for (p, before, fees, good, up, down), after in zip(calls, results, strict=True):
        if fees == 0:
            branches.append("drift down" if before > p.newcomer else "stay")
        elif abs(after) == MAX_LOGIT:
            branches.append("clamp up" if after > 0 else "clamp down")
        else:
            weak = "weak" if fees < p.n0 else "full"
            branches.append(f"{weak} {'good' if 2 * good > fees else 'bad'} {'bonus' if up > down else 'overload'}")
    names = [f"{w} {g} {u}" for w in ("weak", "full") for g in ("good", "bad") for u in ("bonus", "overload")]
    covered(branches, "drift down", "stay", "clamp up", "clamp down", *names)
    rows = [(*flat(p), *rest) for p, *rest in calls]
    reputation_harness.agree("step", rows, [(v,) for v in results])


def test_clamp_and_scaled(reputation_harness: Harness) -> None:
    """Rounding towards zero with either sign, and the clamp far outside its range."""
    cases = Cases("scaled")
    numbers = cases.column(-(2**120), 2**120, MAX_LOGIT, -MAX_LOGIT)
    reputation_harness.agree("clamp", [(v,) for v in numbers], [(reputation_filter.clamp(v),) for v in numbers])
    rows = list(zip(numbers, cases.column(0, 2**24 - 1), cases.column(1, 2**116), strict=True))
    rows = [(v, a, b if n % 2 else abs(v) + 1 + b % 8) for n, (v, a, b) in enumerate(rows)]
    reputation_harness.agree("scaled", rows, [(reputation_filter.scaled(*r),) for r in rows])


def test_holding(reputation_harness: Harness) -> None:
    """A value never posted, fresh, stale above and below the newcomer's, and out of range either way."""
    cases = Cases("holding logit")
    rows, branches = [], []
    posts = zip(cases.column(0, 2**24 - 1), cases.pick([0, 1, 1, 1]), cases.column(2, 258), strict=True)
    logits = cases.column(-(2**23), 2**23 - 1, MAX_LOGIT, -MAX_LOGIT)
    for p, phi, (epoch, ever, ahead) in zip(some_filters(cases), logits, posts, strict=True):
        posted = epoch * ever
        rows.append((reputation_filter.pack(p), phi, posted, posted + ahead))
        stale = ahead > p.stale_epochs
        branches.append((posted > 0, stale, phi > p.newcomer) if posted else "never")
    covered(branches, "never", *((True, s, a) for s in (True, False) for a in (True, False)))
    reputation_harness.agree("held", rows, [(reputation_filter.holding(*r),) for r in rows])


BOUNDS = {
    "omega": (-MAX_OMEGA, 0, MAX_OMEGA),
    "beta": (0, 750_000, PPM),
    "alpha": (0, 400_000, 7_920_000, MAX_ALPHA),
    "gamma": (0, 50_000),
    "drift": (0, PPM),
    "newcomer": (-MAX_LOGIT, 0, 1_000_000, MAX_LOGIT),
    "stale_epochs": (0, 2, 255),
    "n0": (0, MAX_AMOUNT),
}
BASES = [
    FILTER,
    FilterParameters(MAX_OMEGA, 750_000, 6_999_999, 349_999, 0, 7_999_999, 2, 1),
    FilterParameters(-MAX_OMEGA, 700_000, 0, 0, PPM, -MAX_LOGIT, 255, MAX_AMOUNT),
    FilterParameters(1, 0, 3_999_999, 0, 0, 0, 2, 1),
]
SIGNED = ("omega", "newcomer")


def refusal(p: FilterParameters) -> str | None:
    """Reason of the twin, none if the parameters pass."""
    try:
        reputation_filter.check(p)
    except ParameterError as error:
        return str(error)
    return None


@pytest.mark.parametrize("base", BASES)
def test_check_at_every_bound(reputation_harness: Harness, base: FilterParameters) -> None:
    """Each parameter just inside and just outside each bound: the contract reverts where the twin raises."""
    assert refusal(base) is None
    for field, bounds in BOUNDS.items():
        here = (*bounds, getattr(base, field))
        for value in sorted({b + d for b in here for d in (-1, 0, 1)}):
            if value < 0 and field not in SIGNED:
                continue
            p = replace(base, **{field: value})
            assert reputation_harness.reason("filter_check", flat(p)) == refusal(p), p


def test_every_reason_is_met_at_a_bound() -> None:
    """The test above compares all ten reasons."""
    seen = {
        refusal(replace(base, **{field: value + d}))
        for base in BASES
        for field, bounds in BOUNDS.items()
        for value in bounds
        for d in (-1, 0, 1)
    }
    assert len(seen - {None}) == 10


@pytest.mark.parametrize("field", BOUNDS)
def test_check_at_the_ends_of_the_types(reputation_harness: Harness, field: str) -> None:
    """Parameters as large as the types allow are refused, with or without a reason, never wrapped into range."""
    ends = (-(2**255), 2**255 - 1) if field in SIGNED else (2**128, 2**255, 2**256 - 1)
    for value in ends:
        p = replace(FILTER, **{field: value})
        assert refusal(p) is not None
        assert reputation_harness.reason("filter_check", flat(p)) is not None


def test_check_by_fuzzing(reputation_harness: Harness) -> None:
    """Parameters near the joint conditions."""
    cases = Cases("filter check")
    size = CASES // 8
    moved = zip(some_filters(cases)[:size], cases.pick(list(BOUNDS), size), cases.column(-2, 2, size=size), strict=True)
    passed = 0
    for base, field, move in moved:
        value = getattr(base, field) + move
        p = replace(base, **{field: value if field in SIGNED else max(0, value)})
        expected = refusal(p)
        assert reputation_harness.reason("filter_check", flat(p)) == expected, p
        passed += expected is None
    assert size // 4 < passed < size
