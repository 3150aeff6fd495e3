"""The clock: bounds, monotony, inverses, and who may bid when."""

from __future__ import annotations

import pytest

from ballast.errors import ModelError
from ballast.model import dutch_auction
from ballast.model.constants import BPS, PPM
from tests.model.properties import assume, given, integers, ppm

clock = {"start": ppm, "floor_": ppm, "steps": integers(2, 63)}
load = integers(0, BPS)


@given(**clock)
def test_prices(start: int, floor_: int, steps: int) -> None:
    """The first price is the start, the last the floor, all lie between and never turn back."""
    prices = [dutch_auction.price_at(start, floor_, steps, k) for k in range(steps)]
    assert prices[0] == start
    assert prices[-1] == floor_
    assert prices == sorted(prices, reverse=start >= floor_)


@given(**clock, step=integers(0, 62))
def test_distance_gone_is_rounded_down(start: int, floor_: int, steps: int, step: int) -> None:
    """A falling price is rounded up, a rising one down: never further than the exact line, by less than one."""
    assume(step < steps)
    price = dutch_auction.price_at(start, floor_, steps, step)
    over = abs(start - floor_) * step - abs(start - price) * (steps - 1)
    assert 0 <= over < steps - 1


@given(**clock, step=integers(0, 62))
def test_step_at_inverts_price_at(start: int, floor_: int, steps: int, step: int) -> None:
    """Up to steps of equal price: the first step with that price."""
    assume(step < steps)
    prices = [dutch_auction.price_at(start, floor_, steps, k) for k in range(steps)]
    assert dutch_auction.step_at(start, floor_, steps, prices[step]) == prices.index(prices[step])


@given(**clock, price=integers(0, PPM + 1))
def test_step_at_is_the_first_step_that_reaches_a_price(start: int, floor_: int, steps: int, price: int) -> None:
    """For any price, by search over the clock; K if the clock never gets there."""
    falling = start >= floor_
    wanted = steps
    for k in range(steps):
        now = dutch_auction.price_at(start, floor_, steps, k)
        if (now <= price) if falling else (now >= price):
            wanted = k
            break
    assert dutch_auction.step_at(start, floor_, steps, price) == wanted


handicaps = {
    "steps": integers(2, 63),
    "handicap": integers(0, 375_000),
    "reputation_handicap": integers(0, 125_000),
    "x": load,
    "rho": ppm,
}


@given(**handicaps)
def test_first_step(steps: int, handicap: int, reputation_handicap: int, x: int, rho: int) -> None:
    """Handicaps that sum to a half postpone by at most half the clock; rounded down, in favour of the bidder."""
    first = dutch_auction.first_step(steps, handicap, reputation_handicap, x, rho)
    exact = (steps - 1) * (handicap * x * 100 + reputation_handicap * (PPM - rho))
    assert first * PPM**2 <= exact < (first + 1) * PPM**2
    assert first <= (steps - 1) // 2


@given(**handicaps)
def test_load_postpones_and_reputation_advances(
    steps: int, handicap: int, reputation_handicap: int, x: int, rho: int
) -> None:
    """Never the other way round."""
    first = dutch_auction.first_step(steps, handicap, reputation_handicap, x, rho)
    if x < BPS:
        assert dutch_auction.first_step(steps, handicap, reputation_handicap, x + 1, rho) >= first
    if rho < PPM:
        assert dutch_auction.first_step(steps, handicap, reputation_handicap, x, rho + 1) <= first


def test_first_step_by_hand() -> None:
    """Eight steps, 30% and 10%: idle with a perfect record at once, full with none after two of seven."""
    assert dutch_auction.first_step(8, 300_000, 100_000, 0, PPM) == 0
    assert dutch_auction.first_step(8, 300_000, 100_000, BPS, 0) == 2  # 7 * 0.4 = 2.8
    assert dutch_auction.first_step(8, 300_000, 100_000, BPS, PPM) == 2  # 7 * 0.3 = 2.1
    assert dutch_auction.first_step(8, 300_000, 100_000, 0, 0) == 0  # 7 * 0.1 = 0.7
    assert dutch_auction.first_step(11, 300_000, 100_000, BPS, 0) == 4  # 10 * 0.4, exactly


@given(x=load, rho=ppm)
def test_score(x: int, rho: int) -> None:
    """The product (1 - x) rho fits the 34 bits a task keeps for it."""
    score = dutch_auction.score(x, rho)
    assert score == BPS * rho - x * rho
    assert 0 <= score <= BPS * PPM < 2**34


def test_arithmetic_that_reverts() -> None:
    """A load that does not fit, or a reputation above one, has no score and no step."""
    with pytest.raises(ModelError, match=r"^arithmetic$"):
        dutch_auction.score(BPS + 1, PPM)
    with pytest.raises(ModelError, match=r"^arithmetic$"):
        dutch_auction.first_step(8, 0, 0, 0, PPM + 1)
