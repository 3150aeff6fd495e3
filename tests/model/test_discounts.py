"""What is taken off a price for load and record, and start prices that learn."""

from __future__ import annotations

import pytest

from ballast.model import controller, discounts, load_curve
from ballast.model.constants import BPS, PPM
from tests.model.properties import given, integers, ppm

CURVE = load_curve.pack(load_curve.PRESETS["hump"])


@pytest.mark.parametrize(
    ("x", "discount"),
    [(0, 54_001), (5_000, 15_000), (6_500, 37_500), (8_000, 60_000), (9_000, 334_999), (BPS, 1_059_999)],
)
def test_load_by_hand(x: int, discount: int) -> None:
    """0.06, less 0.3 f up to 80%, plus f above; f is 0.019999, 0.15, 0.075, 0, 0.274999 and 0.999999."""
    assert discounts.of_load(CURVE, 60_000, 300_000, PPM, x) == discount


@given(idle=ppm, bonus=ppm, malus=integers(0, 8 * PPM), x=integers(0, BPS))
def test_load(idle: int, bonus: int, malus: int, x: int) -> None:
    """Never negative; up to F at most the idle discount, above it at least that."""
    discount = discounts.of_load(CURVE, idle, bonus, malus, x)
    if x > load_curve.kink(CURVE):
        assert discount == idle + malus * load_curve.rate(CURVE, x) // PPM
    else:
        assert discount == max(idle - bonus * load_curve.rate(CURVE, x) // PPM, 0)


@given(weight=integers(0, 4 * PPM), level=ppm, rho=ppm)
def test_record(weight: int, level: int, rho: int) -> None:
    """In proportion to what is missing, rounded down, and nothing from the level on."""
    discount = discounts.of_record(weight, level, rho)
    assert discount * PPM <= weight * max(level - rho, 0) < (discount + 1) * PPM


@given(start=ppm, gain=integers(0, PPM // 5), target=ppm, low=ppm, high=ppm)
def test_a_parameter_moves_by_its_gain_and_within_its_bounds(
    start: int, gain: int, target: int, low: int, high: int
) -> None:
    """Down by the target's share of the gain, rounded down, and up by all of it."""
    move = gain * target // PPM
    assert controller.lowered(start, gain, target, low) == max(start - move, low, 0)
    assert controller.raised(start, gain, high) == min(start + gain, high)


def test_in_the_long_run_the_target_is_met() -> None:
    """A parameter that decides what happens settles where a share of the target happens."""
    price, left = 900_000, 0
    for k in range(20_000):
        need = 500_000 + 7_919 * k % 100_000  # what a bidder asks for, evenly over a range
        at, price = price, controller.lowered(price, 2_000, 50_000, 1_000)
        if at < need:
            left += k >= 10_000
            price = controller.raised(price, 2_000, 980_000)
    assert 0.045 < left / 10_000 < 0.055
