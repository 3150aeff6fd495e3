"""The clocks: bounds, monotony, inverses, where a bid enters and at what price, and who leads."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from ballast.errors import ModelError
from ballast.model import dutch_auction
from ballast.model.constants import BPS, PPM
from tests.model.properties import given, integers, lists, ppm

load = integers(0, BPS)
steps_ = integers(2, 63)


@given(one=ppm, other=ppm, steps=steps_)
def test_prices_of_the_last_call(one: int, other: int, steps: int) -> None:
    """The first is the start, the last the cap, all lie between and never turn back, each rounded down."""
    start, cap = sorted((one, other))
    prices = [dutch_auction.price_at(start, cap, steps, k) for k in range(steps)]
    assert (prices[0], prices[-1]) == (start, cap)
    assert prices == sorted(prices)
    for k, price in enumerate(prices):
        assert 0 <= (cap - start) * k - (price - start) * (steps - 1) < steps - 1


@given(one=ppm, other=ppm, steps=steps_, price=ppm)
def test_step_at_is_the_first_step_that_reaches_a_price(one: int, other: int, steps: int, price: int) -> None:
    """For any price up to the cap, by search over the clock."""
    start, cap = sorted((one, other))
    price = min(price, cap)
    wanted = next(k for k in range(steps) if dutch_auction.price_at(start, cap, steps, k) >= price)
    assert dutch_auction.step_at(start, cap, steps, price) == wanted


@given(x=load, rho=ppm)
def test_score(x: int, rho: int) -> None:
    """The product (1 - x) rho."""
    assert dutch_auction.score(x, rho) == BPS * rho - x * rho >= 0


@given(
    start=ppm,
    floor=ppm,
    steps=steps_,
    tick=integers(1, PPM),
    minimum=integers(0, PPM + 1),
    discount=integers(0, 2 * PPM),
    present=integers(0, 65),
)
def test_a_bid_enters_the_falling_clock_as_far_down_as_its_discount(
    start: int, floor: int, steps: int, tick: int, minimum: int, discount: int, present: int
) -> None:
    """By search over the clock from the present step on: the first price at least the discount below the start."""
    step, price = dutch_auction.entry_falling(start, floor, steps, tick, minimum, discount, present)
    wanted = next((k for k in range(present, steps) if k * tick >= discount), steps)
    if wanted < steps and start - wanted * tick >= max(floor, minimum):
        assert (step, price) == (wanted, start - wanted * tick)
    else:
        assert (step, price) == (steps, 0)


@given(
    prices=lists(ppm, 3),
    steps=steps_,
    minimum=integers(0, PPM + 1),
    of_load=integers(0, PPM),
    of_record=integers(0, PPM),
    hard=integers(0, 1),
    present=integers(0, 65),
)
def test_a_bid_enters_the_last_call_where_it_is_paid_its_minimum(
    prices: list[int], steps: int, minimum: int, of_load: int, of_record: int, hard: int, present: int
) -> None:
    """Whoever has a step is paid its minimum and no more than the cap; what is not hard is only left for a price."""
    floor, start, cap = sorted((*prices, *prices, *prices)[:3])
    found = dutch_auction.entry_rising(start, floor, cap, steps, minimum, of_load, of_record, hard, present)
    step, price = found
    ask = max(minimum, floor)
    if step < steps:
        assert step >= present
        assert ask <= price <= dutch_auction.price_at(start, cap, steps, step) <= cap
        lost = dutch_auction.price_at(start, cap, steps, step) - price
        assert lost == min(of_load + of_record, cap - ask)
        if hard:
            assert lost >= of_record
    else:
        assert found == (steps, 0)
        assert present >= steps or ask > cap or (hard and ask + of_record > cap)


@pytest.mark.parametrize(
    ("mine", "theirs", "leads"),
    [
        ((1, 5), (2, 9), True),
        ((2, 9), (1, 5), False),
        ((1, 5), (1, 4), True),
        ((1, 4), (1, 5), False),
    ],
)
def test_an_earlier_step_leads_and_then_a_better_score(
    mine: tuple[int, int], theirs: tuple[int, int], leads: bool
) -> None:
    """Whatever the hashes say; and nobody displaces itself."""
    assert all(dutch_auction.leads(task, 7, *mine, 8, *theirs) == leads for task in range(8))
    assert not dutch_auction.leads(1, 7, *mine, 7, *theirs)


@given(task=integers(0, 2**80 - 1), bidder=integers(0, 2**32 - 1), leader=integers(0, 2**32 - 1), step=integers(0, 62))
def test_the_smaller_hash_decides_between_equal_scores(task: int, bidder: int, leader: int, step: int) -> None:
    """As everybody's library computes it, of two words; so one of two bidders leads, whoever came first."""
    mine, theirs = (keccak(task.to_bytes(32, "big") + who.to_bytes(32, "big")) for who in (bidder, leader))
    assert dutch_auction.tie_hash(task, bidder) == int.from_bytes(mine, "big")
    assert dutch_auction.leads(task, bidder, step, 7, leader, step, 7) == (mine < theirs)


def test_arithmetic_that_reverts() -> None:
    """A load that does not fit has no score."""
    with pytest.raises(ModelError, match=r"^arithmetic$"):
        dutch_auction.score(BPS + 1, PPM)
