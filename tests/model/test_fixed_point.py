"""Exponential and sigmoid against mpmath. A mutation of any coefficient, shift or rounding breaks a bound here."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from mpmath import mp, mpf

from ballast.errors import ModelError
from ballast.model import fixed_point
from ballast.model.constants import MAX_LOGIT, MICRO, PPM
from ballast.model.fixed_point import MAX_EXPONENT_Q100, ONE_Q100
from tests.model.properties import given, integers, logits

POINTS = 20_000
SIGMOID_POINTS = 200_000
DIGITS = 160
WORST_TO_ONE = mpf("5.4e-25")
WORST_TO_EIGHT = mpf("2e-13")


@pytest.fixture(autouse=True)
def precision() -> None:
    """Digits of the reference."""
    mp.dps = 60


def exponents(most: int) -> list[int]:
    """Exponents in Q100 up to a bound: evenly spaced, of each magnitude, and the edges."""
    rng = random.Random(1)
    even = [most * i // POINTS for i in range(POINTS + 1)]
    return [*even, *(rng.randrange(most + 1) for _ in range(POINTS)), *(1 << s for s in range(100)), most - 1]


def worst_exp(most: int) -> Any:
    """Largest relative error of exp on [0, most], and whether any result is above the truth."""
    worst = mpf(0)
    for x in exponents(most):
        truth = mp.exp(mpf(x) / ONE_Q100)
        error = 1 - mpf(fixed_point.exp_q100(x)) / ONE_Q100 / truth
        assert error >= 0, f"exp({x}) is above the truth"
        worst = max(worst, error)
    return worst


def test_exp_on_zero_to_one() -> None:
    """The range the load curve uses."""
    worst = worst_exp(ONE_Q100)
    print(f"exp on [0, 1]: worst relative error {mp.nstr(worst, 3)}")
    assert WORST_TO_ONE * mpf("0.95") < worst <= WORST_TO_ONE


def test_exp_on_zero_to_eight() -> None:
    """The range the sigmoid uses."""
    worst = worst_exp(MAX_EXPONENT_Q100)
    print(f"exp on [0, 8]: worst relative error {mp.nstr(worst, 3)}")
    assert WORST_TO_EIGHT * mpf("0.95") < worst <= WORST_TO_EIGHT


def test_exp_of_zero_is_one() -> None:
    """Exactly, so that the curve is exact at B."""
    assert fixed_point.exp_q100(0) == ONE_Q100


def test_exp_stays_inside_a_word() -> None:
    """The unchecked products of the contract: 2**100 times the largest result, squared before the last shift."""
    assert fixed_point.exp_q100(MAX_EXPONENT_Q100) < 2**112
    assert fixed_point.exp_q100(MAX_EXPONENT_Q100 >> 1) ** 2 < 2**224


@given(x=integers(0, MAX_EXPONENT_Q100 - 1), step=integers(0, 2**80))
def test_exp_never_falls(x: int, step: int) -> None:
    """Monotone, in spite of a rounding at each step."""
    assert fixed_point.exp_q100(x) <= fixed_point.exp_q100(min(x + step, MAX_EXPONENT_Q100))


@pytest.mark.parametrize("x", [MAX_EXPONENT_Q100 + 1, 2**256 - 1])
def test_exp_refuses_more_than_eight(x: int) -> None:
    """The bound of the argument, with the contract's reason."""
    with pytest.raises(ModelError, match=r"^fixed_point: exponent$"):
        fixed_point.exp_q100(x)


def half_ways(count: int) -> list[int]:
    """Micro-logits next to where the truth lies half way between two ppm: the hardest to round."""
    rng = random.Random(2)
    lowest, highest = fixed_point.sigmoid(-MAX_LOGIT), fixed_point.sigmoid(MAX_LOGIT)
    found = []
    for _ in range(count):
        share = (mpf(rng.randrange(lowest, highest)) + mpf("0.5")) / PPM
        crossing = int(mp.floor(mp.log(share / (1 - share)) * MICRO))
        found += [v for v in (crossing, crossing + 1) if -MAX_LOGIT <= v <= MAX_LOGIT]
    return found


def quantised(value: Any) -> int:
    """Give a number of mpmath ``DIGITS`` fractional bits, so that plain integers can go on from there."""
    return int(mp.floor(value * 2**DIGITS))


def truths() -> Iterator[tuple[int, int]]:
    """Micro-logits of a dense grid, of edges, and of the points hardest to round; each with its sigmoid in ppm."""
    stride = 2 * MAX_LOGIT // SIGMOID_POINTS
    ratio = quantised(mp.exp(-mpf(stride) / MICRO))
    for anchor in range(-MAX_LOGIT, MAX_LOGIT + 1, 100 * stride):
        falling = quantised(mp.exp(-mpf(anchor) / MICRO))
        for phi in range(anchor, min(anchor + 100 * stride, MAX_LOGIT + 1), stride):
            yield phi, (PPM << 2 * DIGITS) // ((1 << DIGITS) + falling)
            falling = falling * ratio >> DIGITS
    edges = [*range(-MAX_LOGIT, -MAX_LOGIT + 100), *range(-100, 101), *range(MAX_LOGIT - 99, MAX_LOGIT + 1)]
    for phi in [*edges, *half_ways(4_000)]:
        yield phi, quantised(PPM / (1 + mp.exp(-mpf(phi) / MICRO)))


def test_sigmoid() -> None:
    """The result is the truth rounded to nearest: no other ppm anywhere, and an error that comes up to one half."""
    worst = misrounded = points = 0
    for phi, truth in truths():
        rho = fixed_point.sigmoid(phi)
        worst = max(worst, abs((rho << DIGITS) - truth))
        misrounded += rho != (truth + (1 << DIGITS - 1)) >> DIGITS
        points += 1
    error = mpf(worst) / 2**DIGITS
    print(f"sigmoid, {points:,} points: worst error {mp.nstr(error, 12)} ppm, {misrounded} not the nearest ppm")
    assert points > SIGMOID_POINTS
    assert misrounded == 0
    assert mpf("0.4999") < error <= mpf("0.5")


def test_sigmoid_at_edges() -> None:
    """Half at zero, and the reputations no one can leave."""
    assert fixed_point.sigmoid(0) == PPM // 2
    assert fixed_point.sigmoid(MAX_LOGIT) == 999_665
    assert fixed_point.sigmoid(-MAX_LOGIT) == 335


@given(phi=logits)
def test_sigmoid_is_symmetric(phi: int) -> None:
    """Both signs round to nearest, so that the two sides sum to one."""
    assert fixed_point.sigmoid(phi) + fixed_point.sigmoid(-phi) == PPM


@given(phi=integers(-MAX_LOGIT, MAX_LOGIT - 1), step=integers(1, 100))
def test_sigmoid_never_falls(phi: int, step: int) -> None:
    """A better logit is never a worse reputation."""
    assert fixed_point.sigmoid(phi) <= fixed_point.sigmoid(min(phi + step, MAX_LOGIT))


@pytest.mark.parametrize("phi", [MAX_LOGIT + 1, -MAX_LOGIT - 1])
def test_sigmoid_refuses_logits_out_of_range(phi: int) -> None:
    """As the exponential does."""
    with pytest.raises(ModelError, match=r"^fixed_point: exponent$"):
        fixed_point.sigmoid(phi)
