"""The clock: bounds, monotony, inverses, who may bid when, and who leads."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

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


@given(**clock, **{name: handicaps[name] for name in handicaps if name != "steps"}, price=ppm, present=integers(0, 65))
def test_a_bid_enters_at_the_first_step_that_suits(
    start: int,
    floor_: int,
    steps: int,
    handicap: int,
    reputation_handicap: int,
    x: int,
    rho: int,
    price: int,
    present: int,
) -> None:
    """By search over the clock from the present step on; after the clock's end there is none, however late it is."""
    exact = (steps - 1) * (handicap * x * 100 + reputation_handicap * (PPM - rho))
    wanted = steps
    for k in range(present, steps):
        let_in = start < floor_ or (k + 1) * PPM**2 > exact
        enough = dutch_auction.price_at(start, floor_, steps, k) >= price
        if let_in and enough:
            wanted = k
            break
    assert (
        dutch_auction.entry_step(start, floor_, steps, handicap, reputation_handicap, price, x, rho, present) == wanted
    )


@pytest.mark.parametrize(
    ("prices", "price", "present", "step"),
    [
        ((980_000, 500_000), 1, 0, 2),  # 7 * 0.3 = 2.1 at full load
        ((980_000, 500_000), 1, 5, 5),
        ((980_000, 500_000), 842_858, 0, 2),
        ((980_000, 500_000), 842_859, 0, 8),  # the price has fallen below it by then
        ((980_000, 500_000), 1, 7, 7),
        ((980_000, 500_000), 1, 8, 8),
        ((980_000, 500_000), 1, 99, 8),
        ((500_000, 980_000), 1, 0, 0),  # load does not count on a rising clock
        ((500_000, 980_000), 500_001, 0, 1),
        ((500_000, 980_000), 500_001, 4, 4),
        ((500_000, 980_000), 980_000, 0, 7),
        ((500_000, 980_000), 980_001, 0, 8),
        ((500_000, 980_000), 1, 99, 8),
        ((700_000, 700_000), 700_000, 0, 2),  # a clock that stands counts as falling
        ((700_000, 700_000), 700_001, 0, 8),
    ],
)
def test_entry_step_by_hand(prices: tuple[int, int], price: int, present: int, step: int) -> None:
    """A bidder at full load with a perfect record, on eight steps with a handicap of 30%."""
    assert dutch_auction.entry_step(*prices, 8, 300_000, 100_000, price, BPS, PPM, present) == step


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
    """A load that does not fit, or a reputation above one, has no score and no step."""
    with pytest.raises(ModelError, match=r"^arithmetic$"):
        dutch_auction.score(BPS + 1, PPM)
    with pytest.raises(ModelError, match=r"^arithmetic$"):
        dutch_auction.first_step(8, 0, 0, 0, PPM + 1)
    with pytest.raises(ModelError, match=r"^arithmetic$"):
        dutch_auction.entry_step(2, 1, 8, 0, 0, 1, 0, PPM + 1, 0)
