"""Uptime rewards sum to at most the budget and never exceed the rebate."""

from __future__ import annotations

from ballast.model import uptime_reward
from ballast.model.constants import PPM
from tests.model.properties import amounts, given, integers, lists, ppm

capacities = integers(0, 2**32 - 1)
UNLIMITED = 2**128


@given(budget=amounts, members=lists(capacities, 12), idle=capacities, peak=integers(1, PPM))
def test_shares_sum_to_at_most_the_budget(budget: int, members: list[int], idle: int, peak: int) -> None:
    """Even if everyone has the best quality and fees without bound."""
    total = sum(members) + idle
    paid = sum(uptime_reward.reward(budget, c, total, peak, peak, UNLIMITED, PPM) for c in members)
    assert paid <= budget


claim = {
    "budget": amounts,
    "capacity": capacities,
    "others": capacities,
    "mean_rate": ppm,
    "peak": ppm,
    "fees": amounts,
    "rebate": integers(0, 10 * PPM),
}


@given(**claim)
def test_bounds(budget: int, capacity: int, others: int, mean_rate: int, peak: int, fees: int, rebate: int) -> None:
    """Never more than the rebate, nor than the exact share; below that by the roundings only."""
    total = capacity + others
    paid = uptime_reward.reward(budget, capacity, total, mean_rate, peak, fees, rebate)
    assert 0 <= paid * PPM <= fees * rebate
    if total == 0 or peak == 0:
        assert paid == 0
        return
    quality = min(mean_rate, peak)
    assert paid * total * peak <= budget * capacity * quality
    unlimited = uptime_reward.reward(budget, capacity, total, mean_rate, peak, UNLIMITED, PPM)
    assert paid == min(unlimited, fees * rebate // PPM)
    # three fractions, each short of the truth by less than a ppm, and a unit
    assert budget * capacity * quality < (unlimited + 1 + budget * 3 // PPM + 1) * total * peak


def test_by_hand() -> None:
    """A quarter of the capacity at half the best rate, and every rounding."""
    assert uptime_reward.reward(1_000_000, 250, 1_000, 75_000, 150_000, UNLIMITED, PPM) == 125_000
    assert uptime_reward.reward(1_000_000, 250, 1_000, 75_000, 150_000, 100_000, 900_000) == 90_000
    assert uptime_reward.reward(10**12, 1, 3, 1, 1, UNLIMITED, PPM) == 333_333_000_000  # the share is made ppm first
    assert uptime_reward.reward(10**12, 1, 1, 1, 3, UNLIMITED, PPM) == 333_333_000_000  # and so is the quality
    assert uptime_reward.reward(10**12, 2, 3, 2, 3, UNLIMITED, PPM) == 444_443_000_000  # 0.444443555...
    assert uptime_reward.reward(1_999, 1, 2, 1, 1, UNLIMITED, PPM) == 999
    assert uptime_reward.reward(10**6, 1, 1, 1, 1, 1_111, 900_000) == 999  # 999.9


def test_quality_is_at_most_one() -> None:
    """A mean above the peak, as rounding may give, is worth no more than the peak."""
    best = uptime_reward.reward(10**9, 1, 2, 150_000, 150_000, UNLIMITED, PPM)
    assert uptime_reward.reward(10**9, 1, 2, 150_001, 150_000, UNLIMITED, PPM) == best == 5 * 10**8


def test_nobody_or_no_bonus() -> None:
    """Without capacity, or with a curve that pays nothing, there is nothing to share."""
    assert uptime_reward.reward(10**9, 0, 0, 1, 1, UNLIMITED, PPM) == 0
    assert uptime_reward.reward(10**9, 1, 1, 1, 0, UNLIMITED, PPM) == 0
