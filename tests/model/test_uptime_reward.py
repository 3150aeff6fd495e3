"""Uptime rewards sum to at most the budget and never exceed the rebate."""

from __future__ import annotations

from ballast.model import uptime_reward
from ballast.model.constants import PPM
from tests.model.properties import amounts, given, integers, lists

weights = integers(0, 2**72 - 1)
UNLIMITED = 2**128


@given(budget=amounts, members=lists(weights, 12))
def test_shares_sum_to_the_budget_but_for_less_than_a_unit_each(budget: int, members: list[int]) -> None:
    """If everyone has fees without bound."""
    total = sum(members)
    paid = sum(uptime_reward.reward(budget, w, total, UNLIMITED) for w in members if total)
    assert paid <= budget
    if total:
        assert budget - paid < max(len(members), 1)


@given(budget=amounts, weight=weights, others=weights, fees=amounts, rebate=integers(0, 10 * PPM))
def test_bounds(budget: int, weight: int, others: int, fees: int, rebate: int) -> None:
    """Never more than the rebate, nor than the exact share."""
    total = max(weight + others, 1)
    bound = uptime_reward.bound(fees, rebate)
    assert 0 <= fees * rebate - bound * PPM < PPM
    paid = uptime_reward.reward(budget, weight, total, bound)
    share = uptime_reward.reward(budget, weight, total, UNLIMITED)
    assert paid == min(share, bound)
    assert 0 <= budget * weight - share * total < total


def test_by_hand() -> None:
    """A quarter of the capacity at half the others' rate, and every rounding."""
    own, others = uptime_reward.weight(250, 75_000 * 3_600), uptime_reward.weight(750, 150_000 * 3_600)
    assert own == 67_500_000_000
    assert uptime_reward.reward(700_000, own, own + others, UNLIMITED) == 100_000
    assert uptime_reward.reward(700_000, own, own + others, 90_000) == 90_000
    assert uptime_reward.reward(10**12, 1, 3, UNLIMITED) == 333_333_333_333
    assert uptime_reward.bound(1_111, 900_000) == 999  # 999.9


def test_declared_capacity_alone_weighs_nothing() -> None:
    """Without load the default curve gives no bonus, whatever the capacity."""
    assert uptime_reward.weight(2**32 - 1, 0) == 0
