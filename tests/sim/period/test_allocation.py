"""Who gets a task: the scans of the protocol's auction against its rule, and each baseline against its own.

The rule is ``entry_step`` and ``leads`` of the model, applied bidder by bidder as the contract does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast.model import activity, class_packing, dutch_auction, gates, task_packing
from ballast.model.constants import PPM
from ballast.sim.bidders import NOT_AT_ALL, Bidders, no_bidders
from ballast.sim.market.records import CLASS, TASK
from ballast.sim.period.allocation import RANKS, find, scan_falling, scan_rising
from ballast.sim.scenario import ALLOCATIONS, Scenario

FIRST = 40
"""Account of the first bidder."""
KINK = 6_000
"""F of the market, basis points."""
CLOCKS = [("falling", 0), ("falling", 1), ("rising", 0), ("rising", 1), ("flat", 0), ("flat", 1)]


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
    steep: int = 0
    reach: int = 10**6

    def x(self, difficulty: int) -> int:
        """Load with a task, basis points."""
        return activity.load_bps(self.load + difficulty, self.capacity)

    def able(self, difficulty: int, collateral: int, early: bool) -> bool:
        """Whether it can and wants to take a task of a class without a minimum of reputation."""
        load, limit = self.load + difficulty, self.comfort if early else self.patience
        code = gates.for_coprocessor(1, 0, 0, 0, load, self.room, self.x(difficulty), limit, self.reputation)
        return code == 0 and self.free >= collateral and difficulty <= self.reach

    def asked(self, difficulty: int) -> int:
        """Smallest price it accepts, ppm."""
        x = self.x(difficulty)
        return self.base + (self.slope * x + self.steep * max(x - KINK, 0)) // 10_000


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
    steep=st.sampled_from([0, 0, 70_001, 900_000]),
    reach=st.sampled_from([10**6, 10**6, 100]),
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
    b.size[0], b.size[2] = len(people), KINK
    b.account[:] = np.arange(FIRST, FIRST + len(people))
    for name in ("load", "free", "reputation"):
        getattr(b, name)[:] = [getattr(p, name) for p in people]
    b.share[:] = [1e4 / p.capacity for p in people]
    b.early[:] = [min(p.comfort * p.capacity // 10_000, p.room) for p in people]
    b.late[:] = b.again[:] = [min(p.patience * p.capacity // 10_000, p.room) for p in people]
    for name in ("base", "slope", "steep"):
        getattr(b, name)[1] = [getattr(p, name) for p in people]
    b.behind[1] = [c.reputation_handicap * (1_000_000 - p.reputation) for p in people]
    b.reach[1] = [p.reach for p in people]
    return b


def terms(clock: str, rising: int = 0) -> tuple[Any, Any, class_packing.Auction]:
    """Make a task, its class as the market has it, and as the twins have it."""
    c = Scenario(clock="falling" if clock == "flat" else clock).task_class().auction(20_000)
    if clock == "flat":
        c = replace(c, floor_=c.start)
    return of_class(c, rising)


def of_class(c: class_packing.Auction, rising: int) -> tuple[Any, Any, class_packing.Auction]:
    """Make a task of a class, and the class as the market has it."""
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


def entry(given_: dict[str, Any], clock: str, rising: int, j: int, by_load: bool) -> tuple[int, int] | None:
    """Step at which a bidder enters, and the price; None if it cannot or does not want to."""
    _, _, c = terms(clock, rising)
    person, difficulty = given_["people"][j], given_["difficulty"]
    if not person.able(difficulty, class_packing.collateral(c, 1_000 * difficulty), given_["early"]):
        return None
    start, floor_ = task_packing.clock_prices(c, rising)
    handicaps = (c.handicap, c.reputation_handicap) if by_load else (0, 0)
    bid = (person.asked(difficulty), person.x(difficulty), person.reputation, given_["now"])
    step = dutch_auction.entry_step(start, floor_, c.steps, *handicaps, *bid)
    return (step, dutch_auction.price_at(start, floor_, c.steps, step)) if step < c.steps else None


def winner(given_: dict[str, Any], clock: str, rising: int) -> tuple[int, ...]:
    """Position, step, load, score and price of the bid that leads when everybody has bid, one after the other."""
    people, difficulty = given_["people"], given_["difficulty"]
    leader = (-1, 0, 0, 0, 0)
    for j in seen(given_):
        found_ = entry(given_, clock, rising, j, by_load=True)
        if found_ is None:
            continue
        x = people[j].x(difficulty)
        score = dutch_auction.score(x, people[j].reputation)
        present = (FIRST + leader[0], leader[1], leader[3])
        if leader[0] < 0 or dutch_auction.leads(given_["number"], FIRST + j, found_[0], score, *present):
            leader = (j, found_[0], x, score, found_[1])
    return leader


@pytest.mark.parametrize(("clock", "rising"), CLOCKS)
@settings(max_examples=150)
@given(given_=situations)
def test_the_winner_is_the_one_the_protocol_would_pick(clock: str, rising: int, given_: dict[str, Any]) -> None:
    assert found("dutch", clock, rising, given_, arranged(given_["people"], clock)) == winner(given_, clock, rising)


@pytest.mark.parametrize(("clock", "rising"), CLOCKS)
def test_of_two_bidders_of_all_kinds_the_one_that_leads_wins(clock: str, rising: int) -> None:
    """Two loads, two reputations and three prices each, at each step of the clock and after it; ties of any hash."""
    kinds = [
        Bidder(load, 100, 100, 10**9, reputation, 10_000, 10_000, base, 50_000)
        for load, reputation, base in product((0, 90), (250_000, 1_000_000), (400_000, 800_000, 940_000))
    ]
    wins = set()
    for number, (first, second, now) in enumerate(product(kinds, kinds, range(10)), start=1):
        situation = {**plain([first, second], (0.0, 0.0, 0.0)), "now": now, "number": number}
        result = found("dutch", clock, rising, situation, arranged([first, second], clock))
        assert result == winner(situation, clock, rising)
        wins.add((result[0], first == second))
    assert wins == {(j, same) for j in (-1, 0, 1) for same in (True, False)}


DOMAIN = [(capacity, load) for capacity in range(1, 41) for load in range(capacity + 1)]
"""All loads of all small capacities."""
REPUTATIONS = (0, 1, 333_333, 500_000, 999_665, PPM)
CLASSES = [
    # steps, start, floor, handicaps by load and reputation
    (8, 980_000, 500_000, 300_000, 100_000),
    (2, PPM, 1, 375_000, 125_000),
    (63, 999_999, 333_333, 375_000, 125_000),
    (63, 700_000, 700_000, 1, 0),
    (8, 500_000, 980_000, 300_000, 100_000),
    (63, 1, PPM, 375_000, 125_000),
]


@cache
def everybody() -> list[Bidder]:
    """Bidders of all loads, capacities and reputations of the domain, of some rooms and limits."""
    return [
        Bidder(
            load, capacity, capacity - i % 3, 10**9, rho, 10_000, 10_000 - 1_250 * (i % 4), 150_000 * (i % 7), 60_000
        )
        for i, ((capacity, load), rho) in enumerate(product(DOMAIN, REPUTATIONS))
    ]


def ranks(c: class_packing.Auction, rising: int, difficulty: int, now: int) -> Iterator[float]:
    """Rank of each of them: the step first and then the score."""
    start, floor_ = task_packing.clock_prices(c, rising)
    for person in everybody():
        rank = NOT_AT_ALL
        if person.able(difficulty, 0, False):
            x = person.x(difficulty)
            bid = (person.asked(difficulty), x, person.reputation, now)
            step = dutch_auction.entry_step(start, floor_, c.steps, c.handicap, c.reputation_handicap, *bid)
            if step < c.steps:
                rank = step * RANKS - dutch_auction.score(x, person.reputation)
        yield rank


@pytest.mark.parametrize("prices", CLASSES)
def test_the_scans_are_the_rule_on_a_whole_domain(prices: tuple[int, ...]) -> None:
    """Every load of every capacity up to 40, with any reputation, at some steps of the clock and after it."""
    names = ("steps", "start", "floor_", "handicap", "reputation_handicap")
    c = replace(terms("falling")[2], **dict(zip(names, prices, strict=True)))
    people = everybody()
    b = arranged(people)
    b.behind[1] = [c.reputation_handicap * (PPM - p.reputation) for p in people]
    asked = (b.base[1], b.slope[1], b.steep[1])
    columns = (b.load, b.share, b.free, b.late, b.reputation, *asked, b.behind[1], b.reach[1], b.key)
    for rising, difficulty, now in ((0, 1, 0), (0, 7, c.steps // 2), (0, 3, c.steps - 1), (0, 1, c.steps), (1, 2, 1)):
        t, record, _ = of_class(c, rising)
        t["difficulty"] = difficulty
        if c.start >= c.floor_ and rising == 0:
            scan_falling(*columns, t[0], record, 0, now, float(KINK), 1.0)
        else:
            scan_rising(b, b.late, b.key, 0, t[0], record, 0, now, 1.0)
        np.testing.assert_array_equal(b.key, list(ranks(c, rising, difficulty, now)))


@pytest.mark.parametrize(("clock", "rising"), [("falling", 0), ("falling", 1), ("rising", 0)])
@settings(max_examples=100)
@given(given_=situations)
def test_a_dutch_auction_on_price_alone_knows_no_load(clock: str, rising: int, given_: dict[str, Any]) -> None:
    entries = []
    for j in seen(given_):
        found_ = entry(given_, clock, rising, j, by_load=False)
        if found_:
            entries.append((found_[0], j, found_[1]))
    j, step, _, _, price = found("price_dutch", clock, rising, given_, arranged(given_["people"], clock))
    if not entries:
        assert j == -1
        return
    first = [one for one in entries if one[0] == min(entries)[0]]
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
