"""The filter: contraction, clamp, drift from above alone, the value it settles at, and every condition of its check."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from ballast.errors import ParameterError
from ballast.model import fixed_point, reputation_filter
from ballast.model.constants import MAX_AMOUNT, MAX_LOGIT, PPM
from ballast.model.reputation_filter import MAX_ALPHA, MAX_OMEGA, FilterParameters
from tests.model.properties import amounts, assume, built, given, integers, logits, ppm

FILTER = FilterParameters(20_000, 980_000, 1_000_000, 20_000, 10_000, 0, 8, 1_000)
checked: Any = built(
    FilterParameters,
    omega=integers(-MAX_OMEGA, MAX_OMEGA),
    beta=integers(0, PPM - 1),
    alpha=integers(0, MAX_ALPHA),
    gamma=integers(0, MAX_ALPHA // 20),
    drift=ppm,
    newcomer=logits,
    stale_epochs=integers(2, 255),
    n0=integers(1, MAX_AMOUNT),
)


def settle(p: FilterParameters) -> FilterParameters:
    """Parameters with what breaks the joint conditions of the check pulled inside; refused ones are discarded."""
    p = replace(p, alpha=min(p.alpha, 4 * (PPM + p.beta) - 1))
    p = replace(p, gamma=min(p.gamma, p.alpha // 20))
    level = (p.omega * PPM - 1) // (PPM - p.beta)
    p = replace(p, newcomer=min(p.newcomer, level, MAX_LOGIT - 1))
    assume(p.newcomer >= -MAX_LOGIT)
    reputation_filter.check(p)
    return p


epoch = {"p": checked, "phi": logits, "n": amounts, "good": ppm, "bonus": ppm, "overload": ppm}


@given(**epoch)
def test_step(p: FilterParameters, phi: int, n: int, good: int, bonus: int, overload: int) -> None:
    """Within the clamp, and within five units of the exact formula: each of five products is rounded towards zero."""
    p = settle(p)
    k = n * good // PPM
    after = reputation_filter.step(p, phi, n, k, bonus, overload)
    assert abs(after) <= MAX_LOGIT
    if n == 0:
        return
    weight = min(Fraction(n, p.n0), Fraction(1))
    active = p.omega + Fraction(p.beta * phi + p.gamma * (bonus - overload), PPM)
    active += Fraction(p.alpha * (k * PPM - fixed_point.sigmoid(phi) * n), n * PPM)
    active = max(Fraction(-MAX_LOGIT), min(Fraction(MAX_LOGIT), active))
    idle = phi - Fraction(max(phi - p.newcomer, 0) * p.drift, PPM)
    assert abs(after - (weight * active + (1 - weight) * idle)) < 5


@given(**epoch, apart=integers(1, 10**5))
def test_contraction(p: FilterParameters, phi: int, n: int, good: int, bonus: int, overload: int, apart: int) -> None:
    """Two records under the same evidence never drift further apart, but for roundings of rho and of five products."""
    p = settle(p)
    other = min(phi + apart, MAX_LOGIT)
    k = n * good // PPM
    ends = [reputation_filter.step(p, start, n, k, bonus, overload) for start in (phi, other)]
    rounding = 10 + 2 * p.alpha // PPM
    assert abs(ends[1] - ends[0]) <= other - phi + rounding


@given(p=checked, phi=logits, bonus=ppm, overload=ppm)
def test_drift(p: FilterParameters, phi: int, bonus: int, overload: int) -> None:
    """Without a finished task phi drifts towards the newcomer value from above and never past it, and else stays."""
    p = settle(p)
    after = reputation_filter.step(p, phi, 0, 0, bonus, overload)
    if phi <= p.newcomer:
        assert after == phi
    else:
        before, left = phi - p.newcomer, after - p.newcomer
        assert 0 <= left == before - before * p.drift // PPM


def test_drift_by_hand() -> None:
    """One per cent of the way, rounded towards staying."""
    assert reputation_filter.step(FILTER, 1_000_099, 0, 0, PPM, 0) == 990_099
    assert reputation_filter.step(FILTER, -1_000_099, 0, 0, 0, PPM) == -1_000_099
    assert reputation_filter.step(FILTER, 99, 0, 0, 0, 0) == 99
    home = replace(FILTER, drift=PPM, newcomer=-500_000)
    assert reputation_filter.step(home, MAX_LOGIT, 0, 0, 0, 0) == -500_000
    assert reputation_filter.step(home, -MAX_LOGIT, 0, 0, 0, 0) == -MAX_LOGIT


def test_step_by_hand() -> None:
    """Each term of the formula, at rho = 1/2."""
    step = reputation_filter.step
    assert step(FILTER, 0, 1_000, 500, 0, 0) == 20_000
    assert step(FILTER, 0, 1_000, 1_000, 0, 0) == 20_000 + 500_000
    assert step(FILTER, 0, 1_000, 0, 0, 0) == 20_000 - 500_000
    assert step(FILTER, 0, 500, 500, 0, 0) == (20_000 + 500_000) // 2  # half of n0: half the weight, idle for the rest
    assert step(FILTER, 0, 2_000, 2_000, 0, 0) == 20_000 + 500_000
    assert step(FILTER, 0, 1_000, 500, PPM, 0) == 20_000 + 20_000
    assert step(FILTER, 0, 1_000, 500, 0, PPM) == 20_000 - 20_000
    assert step(FILTER, 0, 1_000, 500, 250_000, 750_000) == 20_000 - 10_000
    assert step(replace(FILTER, omega=0), 0, 3, 0, 0, 0) == -1_500  # 3 / 1000 of -1/2
    # idle 990,000 and 9/10 of what separates it from 980,000 + 20,000 - 731,059
    assert step(FILTER, 1_000_000, 900, 0, 0, 0) == 990_000 - (990_000 - 268_941) * 9 // 10


def test_every_quotient_is_rounded_towards_zero() -> None:
    """Python's floor would take one more from a negative term than Vyper's truncation does."""
    assert reputation_filter.scaled(-1, 1, 2) == reputation_filter.scaled(1, 1, 2) == 0
    assert reputation_filter.scaled(-7, 1, 2) == -3
    assert reputation_filter.scaled(7, 1, 2) == 3
    persistent = replace(FILTER, omega=0, alpha=0, gamma=0, beta=999_999)
    assert reputation_filter.step(persistent, -1_000_001, 1_000, 0, 0, 0) == -999_999
    assert reputation_filter.step(persistent, 1_000_001, 1_000, 0, 0, 0) == 999_999
    loaded = replace(FILTER, omega=0, alpha=0, gamma=3)
    assert reputation_filter.step(loaded, 0, 1_000, 0, 0, 500_000) == -1


def test_clamp() -> None:
    """The bounds themselves are allowed."""
    assert reputation_filter.clamp(MAX_LOGIT + 1) == reputation_filter.clamp(MAX_LOGIT) == MAX_LOGIT
    assert reputation_filter.clamp(-MAX_LOGIT - 1) == reputation_filter.clamp(-MAX_LOGIT) == -MAX_LOGIT
    assert reputation_filter.clamp(MAX_LOGIT - 1) == MAX_LOGIT - 1
    fierce = replace(FILTER, omega=MAX_OMEGA, beta=999_999, alpha=7_999_995)
    assert reputation_filter.step(fierce, 7_000_000, 1_000, 1_000, 0, 0) == MAX_LOGIT
    assert reputation_filter.step(fierce, -7_000_000, 10, 0, 0, 0) < -4_000_000
    assert reputation_filter.step(replace(fierce, omega=-MAX_OMEGA), -7_999_999, 1_000, 0, 0, 0) == -MAX_LOGIT


def test_honest_work_settles_above_the_newcomer() -> None:
    """A coprocessor that is always right climbs; one that is right half the time stays near rho = 1/2."""
    good, coin = 0, 0
    for _ in range(400):
        good = reputation_filter.step(FILTER, good, 1_000, 1_000, 0, 0)
        coin = reputation_filter.step(FILTER, coin, 1_000, 500, 0, 0)
    assert fixed_point.sigmoid(good) > 950_000
    assert 500_000 < fixed_point.sigmoid(coin) < 530_000
    assert reputation_filter.step(FILTER, good, 1_000, 1_000, 0, 0) == good


REFUSALS = [
    ("reputation: omega", {"omega": MAX_OMEGA + 1}),
    ("reputation: omega", {"omega": -MAX_OMEGA - 1}),
    ("reputation: beta", {"beta": PPM}),
    ("reputation: beta", {"beta": -1}),
    ("reputation: alpha", {"alpha": MAX_ALPHA + 1}),
    ("reputation: alpha", {"alpha": -1}),
    ("reputation: not contracting", {"alpha": 7_920_000}),
    ("reputation: not contracting", {"beta": 0, "alpha": 4_000_000, "omega": 1}),
    ("reputation: gamma", {"gamma": 50_001}),
    ("reputation: gamma", {"gamma": -1}),
    ("reputation: drift", {"drift": PPM + 1}),
    ("reputation: drift", {"drift": -1}),
    ("reputation: newcomer", {"newcomer": MAX_LOGIT + 1}),
    ("reputation: newcomer", {"newcomer": -MAX_LOGIT - 1}),
    ("reputation: level", {"newcomer": 1_000_000}),
    ("reputation: level", {"omega": 0}),
    ("reputation: n0", {"n0": 0}),
    ("reputation: n0", {"n0": MAX_AMOUNT + 1}),
    ("reputation: stale epochs", {"stale_epochs": 1}),
    ("reputation: stale epochs", {"stale_epochs": 256}),
]


@pytest.mark.parametrize(("reason", "change"), REFUSALS)
def test_check_refuses(reason: str, change: dict[str, int]) -> None:
    """One parameter out of its bounds by the least amount, and the contract's reason."""
    with pytest.raises(ParameterError) as refusal:
        reputation_filter.check(replace(FILTER, **change))
    assert str(refusal.value) == reason


ACCEPTED: list[dict[str, int]] = [
    {"omega": MAX_OMEGA},
    {"omega": -MAX_OMEGA, "newcomer": -MAX_LOGIT, "beta": 700_000},
    {"beta": PPM - 1},
    {"beta": 0, "alpha": 3_999_999},
    {"alpha": 7_919_999},
    {"alpha": 0, "gamma": 0},
    {"gamma": 50_000},
    {"drift": PPM},
    {"drift": 0},
    {"newcomer": 999_999},
    {"newcomer": -MAX_LOGIT},
    {"n0": 1},
    {"n0": MAX_AMOUNT},
    {"stale_epochs": 2},
    {"stale_epochs": 255},
]


@pytest.mark.parametrize("change", ACCEPTED)
def test_check_accepts_bounds(change: dict[str, int]) -> None:
    """Parameters at their bounds."""
    reputation_filter.check(replace(FILTER, **change))
