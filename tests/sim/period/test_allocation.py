"""Who gets a task: the protocol's auction against its twins, bidder by bidder, and each baseline against its rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast.model import activity, class_packing, dutch_auction
from ballast.sim.bidders import Bidders, no_bidders
from ballast.sim.market.records import CLASS, TASK
from ballast.sim.period.allocation import find
from ballast.sim.scenario import ALLOCATIONS, Scenario

FIRST = 40
"""Account of the first bidder."""


@dataclass(frozen=True)
class Bidder:
    """One bidder."""

    load: int
    capacity: int
    room: int
    free: int
    reputation: int
    comfort: int
    patience: int
    base: int
    slope: int

    def x(self, difficulty: int) -> int:
        """Load with a task, basis points."""
        return activity.load_bps(self.load + difficulty, self.capacity)

    def able(self, difficulty: int, collateral: int, early: bool) -> bool:
        """Whether it can and wants to take a task."""
        fits = self.load + difficulty <= self.room and self.free >= collateral
        return fits and self.x(difficulty) <= (self.comfort if early else self.patience)

    def asked(self, difficulty: int) -> int:
        """Smallest price it accepts, ppm."""
        return self.base + self.slope * self.x(difficulty) // 10_000


bidder = st.builds(
    lambda capacity, share, cut, **more: Bidder(
        capacity=capacity, load=capacity * share // 10, room=capacity - capacity * cut // 10, **more
    ),
    capacity=st.sampled_from([50, 100, 200, 1_000]),
    share=st.integers(0, 10),
    cut=st.sampled_from([0, 0, 0, 1, 5]),
    free=st.sampled_from([10**9, 10**9, 10**9, 1_000]),
    reputation=st.sampled_from([0, 500_000, 500_000, 999_665, 1_000_000]),
    comfort=st.integers(1, 10_000),
    patience=st.integers(1, 10_000),
    base=st.integers(0, 1_000_000),
    slope=st.sampled_from([0, 0, 50_000, 100_000]),
)
situations = st.fixed_dictionaries(
    {
        "people": st.lists(bidder, min_size=1, max_size=8)
        | st.lists(bidder, min_size=1, max_size=2).map(lambda b: b * 3),
        "difficulty": st.integers(1, 300),
        "early": st.booleans(),
        "now": st.integers(0, 8),
        "watch": st.integers(1, 9),
        "draw": st.tuples(*(st.integers(0, 999).map(lambda n: n / 1_000),) * 3),
        "number": st.integers(1, 2**62),
    }
)


def arranged(people: list[Bidder], clock: str = "falling") -> Bidders:
    """Bidders as auctions see them."""
    b = no_bidders(len(people), 1)
    c = terms(clock)[2]
    b.size[0] = len(people)
    b.account[:] = np.arange(FIRST, FIRST + len(people))
    for name in ("load", "free", "reputation"):
        getattr(b, name)[:] = [getattr(p, name) for p in people]
    b.share[:] = [1e4 / p.capacity for p in people]
    b.early[:] = [min(p.comfort * p.capacity // 10_000, p.room) for p in people]
    b.late[:] = [min(p.patience * p.capacity // 10_000, p.room) for p in people]
    for name in ("base", "slope"):
        getattr(b, name)[1] = [getattr(p, name) for p in people]
    b.behind[1] = [c.reputation_handicap * (1_000_000 - p.reputation) for p in people]
    return b


def terms(clock: str, rising: int = 0) -> tuple[Any, Any, class_packing.Auction]:
    """Make a task, its class as the market has it, and as the twins have it."""
    c = Scenario(clock=clock).task_class().auction(20_000)
    record = np.zeros(1, CLASS)
    for name in CLASS.names or ():
        record[name] = getattr(c, name, 0)
    t = np.zeros(1, TASK)
    t["class_id"], t["rising"] = 1, rising
    return t, record[0], c


def found(rule: str, clock: str, rising: int, given_: dict[str, Any], b: Bidders) -> tuple[int, ...]:
    """Ask the compiled rule."""
    t, record, _ = terms(clock, rising)
    t["number"], t["difficulty"], t["reward"] = given_["number"], given_["difficulty"], 1_000 * given_["difficulty"]
    early, now, watch = given_["early"], given_["now"], given_["watch"]
    return find(b, t[0], record, ALLOCATIONS.index(rule), early, now, watch, np.array(given_["draw"]))


def seen(given_: dict[str, Any]) -> list[int]:
    """Positions of those who see the auction, in their order."""
    size = len(given_["people"])
    watch = min(given_["watch"], size)
    begin = int(given_["draw"][0] * size) if watch < size else 0
    return [(begin + i) % size for i in range(watch)]


def digest_of(task: int, account: int) -> bytes:
    """Hash that breaks ties."""
    return bytes(keccak(task.to_bytes(32, "big") + account.to_bytes(32, "big")))


def by_clock(given_: dict[str, Any], clock: str, rising: int, j: int, by_load: bool) -> tuple[int, int] | None:
    """First step at which a bidder can take the task, and the price; as the contract finds it."""
    _, _, c = terms(clock, rising)
    start, floor_ = c.start, c.floor_
    if rising:
        start, floor_ = min(start, floor_), max(start, floor_)
    person, difficulty = given_["people"][j], given_["difficulty"]
    if not person.able(difficulty, class_packing.collateral(c, 1_000 * difficulty), given_["early"]):
        return None
    x, asked = person.x(difficulty), person.asked(difficulty)
    if start < floor_:
        step = dutch_auction.step_at(start, floor_, c.steps, asked)
    elif by_load:
        step = dutch_auction.first_step(c.steps, c.handicap, c.reputation_handicap, x, person.reputation)
    else:
        step = 0
    step = max(step, given_["now"])
    if step >= c.steps or dutch_auction.price_at(start, floor_, c.steps, step) < asked:
        return None
    return step, dutch_auction.price_at(start, floor_, c.steps, step)


@pytest.mark.parametrize(("clock", "rising"), [("falling", 0), ("falling", 1), ("rising", 0), ("rising", 1)])
@settings(max_examples=150)
@given(given_=situations)
def test_the_winner_is_the_one_the_protocol_would_pick(clock: str, rising: int, given_: dict[str, Any]) -> None:
    people, difficulty = given_["people"], given_["difficulty"]
    ranks = []
    for j in seen(given_):
        entry = by_clock(given_, clock, rising, j, by_load=True)
        if entry:
            score = dutch_auction.score(people[j].x(difficulty), people[j].reputation)
            ranks.append((entry[0], -score, digest_of(given_["number"], FIRST + j), j, entry[1]))
    result = found("dutch", clock, rising, given_, arranged(people, clock))
    if not ranks:
        assert result[0] == -1
        return
    step, score, _, j, price = min(ranks)
    assert result == (j, step, people[j].x(difficulty), -score, price)


@pytest.mark.parametrize(("clock", "rising"), [("falling", 0), ("falling", 1), ("rising", 0)])
@settings(max_examples=100)
@given(given_=situations)
def test_a_dutch_auction_on_price_alone_knows_no_load(clock: str, rising: int, given_: dict[str, Any]) -> None:
    entries = []
    for j in seen(given_):
        entry = by_clock(given_, clock, rising, j, by_load=False)
        if entry:
            entries.append((entry[0], j, entry[1]))
    j, step, _, _, price = found("price_dutch", clock, rising, given_, arranged(given_["people"], clock))
    if not entries:
        assert j == -1
        return
    first = [entry for entry in entries if entry[0] == min(entries)[0]]
    assert (step, j, price) == first[int(given_["draw"][1] * len(first))]


def fixed(given_: dict[str, Any]) -> dict[int, int]:
    """Positions of those who can take the task at the starting price, in their order, and what they ask."""
    _, _, c = terms("falling")
    difficulty = given_["difficulty"]
    collateral = class_packing.collateral(c, 1_000 * difficulty)
    asks = {}
    for j in seen(given_):
        person = given_["people"][j]
        if person.able(difficulty, collateral, given_["early"]) and person.asked(difficulty) <= c.start:
            asks[j] = person.asked(difficulty)
    return asks


@pytest.mark.parametrize("rule", ["random", "round_robin", "shortest_queue", "two_choices", "second_price"])
@settings(max_examples=100)
@given(given_=situations)
def test_rules_without_a_clock_pick_as_they_say(rule: str, given_: dict[str, Any]) -> None:
    people, difficulty = given_["people"], given_["difficulty"]
    asks = fixed(given_)
    chosen, price = -1, terms("falling")[2].start
    if rule == "random" and asks:
        chosen = list(asks)[int(given_["draw"][1] * len(asks))]
    elif rule == "round_robin" and asks:
        chosen = min(asks)
    elif rule == "shortest_queue" and asks:
        chosen = min(asks, key=lambda j: people[j].x(difficulty))
    elif rule == "two_choices" and asks:
        both = [list(asks)[int(given_["draw"][d] * len(asks))] for d in (1, 2)]
        chosen = min(both, key=lambda j: people[j].x(difficulty))
    elif rule == "second_price" and asks:
        chosen = min(asks, key=lambda j: asks[j])
        price = min([asks[j] for j in asks if j != chosen] + [price])
    j, step, x, score, paid = found(rule, "falling", 0, given_, arranged(people))
    assert j == chosen
    if chosen >= 0:
        expected = people[chosen].x(difficulty)
        assert (step, x, paid) == (0, expected, price)
        assert score == dutch_auction.score(expected, people[chosen].reputation)


IDLE = Bidder(0, 100, 100, 10**9, 500_000, 10_000, 10_000, 0, 0)


def plain(people: list[Bidder], draw: tuple[float, ...]) -> dict[str, Any]:
    """One small task at the first step, seen by everybody."""
    return {"people": people, "difficulty": 10, "early": False, "now": 0, "watch": 9, "draw": draw, "number": 1}


def test_each_in_turn_and_round_again() -> None:
    people = [IDLE, IDLE, Bidder(100, 100, 100, 10**9, 500_000, 10_000, 10_000, 0, 0), IDLE]
    b = arranged(people)
    situation = plain(people, (0.0, 0.0, 0.0))
    assert [found("round_robin", "falling", 0, situation, b)[0] for _ in range(7)] == [0, 1, 3, 0, 1, 3, 0]


@pytest.mark.parametrize("rule", ["random", "price_dutch"])
def test_anybody_who_can_is_as_likely_as_anybody_else(rule: str) -> None:
    people = [IDLE] * 5
    rng = np.random.default_rng(8)
    picked = np.zeros(5)
    for _ in range(5_000):
        situation = plain(people, tuple(rng.random(3)))
        picked[found(rule, "falling", 0, situation, arranged(people))[0]] += 1
    assert np.abs(picked / 5_000 - 0.2).max() < 0.02


def test_nobody_there_nobody_wins() -> None:
    situation = plain([], (0.5, 0.5, 0.5))
    for rule in ALLOCATIONS:
        assert found(rule, "falling", 0, situation, arranged([]))[0] == -1
