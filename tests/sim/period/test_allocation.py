"""Who gets a task: the scans of the protocol's auction against its rule, and each baseline against its own.

The rule is ``entry_falling``, ``entry_rising`` and ``leads`` of the model, applied bidder by bidder as the contract
does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast.model import activity, class_packing, discounts, dutch_auction, gates, load_curve
from ballast.model.constants import BPS, PPM
from ballast.model.load_curve import PRESETS
from ballast.sim.bidders import NOT_AT_ALL, Bidders, no_bidders
from ballast.sim.handicaps import STEPS, handicapped_price, handicapped_step
from ballast.sim.market.records import CLASS, TASK
from ballast.sim.period.allocation import RANKS, find, scan_falling, scan_rising, write_discounts
from ballast.sim.scenario import ALLOCATIONS, Scenario

FIRST = 40
"""Account of the first bidder."""
CURVE = load_curve.pack(PRESETS["monotone"])
KINK = load_curve.kink(CURVE)
"""F of the market, basis points."""
STAKE = 10
"""Behind a unit of capacity, token units."""
USUAL = Scenario().task_class().auction(20_000)
KINDS = {
    "usual": USUAL,
    "fine": replace(USUAL, steps=60, step_seconds=3, tick=10_000),
    "hard": replace(USUAL, hard=1, weight=2_000_000, idle=20_000),
    "narrow": replace(USUAL, floor_=600_000, cap=700_000, tick=33_000, weight=100_000),
    "staked": replace(USUAL, stake_share=10_000, idle=0, weight=0),
}
"""Classes; of the last one executors lock a tenth of a token for a unit of their capacity."""
CLASSES_AND_CALLS = list(product(KINDS, (0, 1)))


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
    last_call: bool = False

    def x(self, difficulty: int) -> int:
        """Load with a task, basis points."""
        return activity.load_bps(self.load + difficulty, self.capacity)

    def able(self, c: class_packing.Auction, difficulty: int, reward: int, early: bool, rising: int) -> bool:
        """Whether it can and wants to take a task of a class without a minimum of reputation."""
        load, limit = self.load + difficulty, self.comfort if early else self.patience
        code = gates.for_coprocessor(1, 0, 0, 0, load, self.room, self.x(difficulty), limit, self.reputation)
        enough = self.free >= class_packing.collateral(c, reward, self.capacity * STAKE)
        return code == 0 and enough and difficulty <= self.reach and not (self.last_call and rising == 0)

    def asked(self, difficulty: int) -> int:
        """Smallest price it accepts, ppm."""
        x = self.x(difficulty)
        return max(self.base + (self.slope * x + self.steep * max(x - KINK, 0)) // 10_000, 0)

    def entry(self, c: class_packing.Auction, start: int, difficulty: int, now: int, rising: int) -> tuple[int, int]:
        """Step and price at which it enters."""
        asked = self.asked(difficulty)
        of_load = discounts.of_load(CURVE, c.idle, c.bonus, c.malus, self.x(difficulty))
        of_record = discounts.of_record(c.weight, c.level, self.reputation)
        if rising == 1:
            return dutch_auction.entry_rising(start, c.floor_, c.cap, c.steps, asked, of_load, of_record, c.hard, now)
        return dutch_auction.entry_falling(start, c.floor_, c.steps, c.tick, asked, of_load + of_record, now)


bidder = st.builds(
    lambda capacity, share, cut, **more: Bidder(
        capacity=capacity, load=capacity * share // 10, room=capacity - capacity * cut // 10, **more
    ),
    capacity=st.sampled_from([50, 100, 200, 1_000]),
    share=st.integers(0, 10),
    cut=st.sampled_from([0, 0, 0, 1, 5]),
    free=st.sampled_from([10**9, 10**9, 10**9, 1_000, 100_000]),
    reputation=st.sampled_from([0, 500_000, 500_000, 999_665, 1_000_000]),
    comfort=st.integers(1, 10_000),
    patience=st.integers(1, 10_000),
    base=st.integers(-1_000, 1_000_000),
    slope=st.sampled_from([0, 0, 50_000, 100_000]),
    steep=st.sampled_from([0, 0, 70_001, 900_000]),
    reach=st.sampled_from([10**6, 10**6, 100]),
    last_call=st.sampled_from([False, False, False, True]),
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
        "start": st.sampled_from([1_000, 1_000, 700, 0]) | st.integers(0, 1_000),
    }
)


def arranged(people: list[Bidder], c: class_packing.Auction = USUAL) -> Bidders:
    """Bidders as auctions see them."""
    b = no_bidders(len(people), 1)
    b.size[0], b.size[2] = len(people), KINK
    b.account[:] = np.arange(FIRST, FIRST + len(people))
    for name in ("load", "free", "reputation"):
        getattr(b, name)[:] = [getattr(p, name) for p in people]
    b.share[:] = [1e4 / p.capacity for p in people]
    b.early[:] = [0 if p.last_call else min(p.comfort * p.capacity // 10_000, p.room) for p in people]
    b.again[:] = [min(p.patience * p.capacity // 10_000, p.room) for p in people]
    b.late[:] = [0 if p.last_call else most for p, most in zip(people, b.again, strict=True)]
    for name in ("base", "slope", "steep", "reach"):
        getattr(b, name)[1] = [getattr(p, name) for p in people]
    b.behind[1] = [discounts.of_record(c.weight, c.level, p.reputation) for p in people]
    b.least[1] = [class_packing.collateral(c, 0, p.capacity * STAKE) for p in people]
    return b


@cache
def table(c: class_packing.Auction) -> npt.NDArray[np.float64]:
    """Discounts for loads of a class, in the place of the first class."""
    found = np.zeros((2, BPS + 1))
    found[1] = [discounts.of_load(CURVE, c.idle, c.bonus, c.malus, x) for x in range(BPS + 1)]
    return found


def start_of(c: class_packing.Auction, given_: dict[str, Any]) -> int:
    """Start price of a situation: a share, in permille, of the way from the floor to the cap."""
    way: int = given_["start"] * (c.cap - c.floor_) // 1_000
    return c.floor_ + way // 1_000 * 1_000


def of_class(c: class_packing.Auction, rising: int, **known: int) -> tuple[Any, Any]:
    """Make a task of a class, and the class as the market has it."""
    record = np.zeros(1, CLASS)
    for name in CLASS.names or ():
        record[name] = getattr(c, name, 0)
    t = np.zeros(1, TASK)
    t["class_id"], t["rising"] = 1, rising
    for name, value in known.items():
        t[name] = value
    return t[0], record[0]


def found(rule: str, c: class_packing.Auction, rising: int, given_: dict[str, Any], b: Bidders) -> tuple[int, ...]:
    """Ask the compiled rule."""
    seconds = c.step_seconds if rule == "dutch" else 2
    names = ("number", "difficulty")
    t, record = of_class(
        c, rising, start=start_of(c, given_), reward=1_000 * given_["difficulty"], **{n: given_[n] for n in names}
    )
    early, gone = given_["early"] and rising == 0, given_["now"] * seconds + seconds - 1
    draw = np.array(given_["draw"])
    return find(b, table(c), t, record, ALLOCATIONS.index(rule), early, gone, given_["watch"], draw)


def seen(given_: dict[str, Any]) -> list[int]:
    """Positions of those who see the auction, in their order."""
    size = len(given_["people"])
    watch = min(given_["watch"], size)
    begin = int(given_["draw"][0] * size) if watch < size else 0
    return [(begin + i) % size for i in range(watch)]


def able(given_: dict[str, Any], c: class_packing.Auction, rising: int) -> list[int]:
    """Positions of those of them who can and want to take the task, if the price is right."""
    difficulty, early = given_["difficulty"], given_["early"] and rising == 0
    return [j for j in seen(given_) if given_["people"][j].able(c, difficulty, 1_000 * difficulty, early, rising)]


def winner(given_: dict[str, Any], c: class_packing.Auction, rising: int) -> tuple[int, ...]:
    """Position, step, load and price of the bid that leads when everybody has bid, one after the other."""
    people, difficulty = given_["people"], given_["difficulty"]
    leader, best = (-1, 0, 0, 0), 0
    for j in able(given_, c, rising):
        step, price = people[j].entry(c, start_of(c, given_), difficulty, given_["now"], rising)
        if step == c.steps:
            continue
        x = people[j].x(difficulty)
        score = dutch_auction.score(x, people[j].reputation)
        present = (FIRST + leader[0], leader[1], best)
        if leader[0] < 0 or dutch_auction.leads(given_["number"], FIRST + j, step, score, *present):
            leader, best = (j, step, x, price), score
    return leader


@pytest.mark.parametrize(("kind", "rising"), CLASSES_AND_CALLS)
@settings(max_examples=150)
@given(given_=situations)
def test_the_winner_is_the_one_the_protocol_would_pick(kind: str, rising: int, given_: dict[str, Any]) -> None:
    c = KINDS[kind]
    assert found("dutch", c, rising, given_, arranged(given_["people"], c)) == winner(given_, c, rising)


@pytest.mark.parametrize(("kind", "rising"), CLASSES_AND_CALLS)
def test_of_two_bidders_of_all_kinds_the_one_that_leads_wins(kind: str, rising: int) -> None:
    """Two loads, two reputations and three prices each, at each step of the clock and after it; ties of any hash."""
    c = KINDS[kind]
    bidders = [
        Bidder(load, 100, 100, 10**9, reputation, 10_000, 10_000, c.floor_ + ask * (c.cap - c.floor_) // 100, 1_000)
        for load, reputation, ask in product((0, 60), (850_000, 1_000_000), (10, 80, 100))
    ]
    wins = set()
    moments = sorted({*range(5), c.steps // 2, c.steps - 1, c.steps})
    for number, (first, second, now) in enumerate(product(bidders, bidders, moments), start=1):
        situation = {**plain([first, second], (0.0, 0.0, 0.0)), "now": now, "number": number}
        result = found("dutch", c, rising, situation, arranged([first, second], c))
        assert result == winner(situation, c, rising)
        wins.add((result[0], first == second))
    assert wins == {(j, same) for j in (-1, 0, 1) for same in (True, False)}


DOMAIN = [(capacity, load) for capacity in range(1, 41) for load in range(capacity + 1)]
"""All loads of all small capacities."""
REPUTATIONS = (0, 1, 333_333, 500_000, 949_999, 999_665, PPM)
TERMS = ("steps", "floor_", "cap", "tick", "idle", "bonus", "malus", "weight", "level", "hard", "stake_share")
CLASSES = [
    # start, then the above
    (980_000, 8, 100_000, 980_000, 100_000, 60_000, 300_000, 4_000_000, PPM, 950_000, 0, 0),
    (700_000, 8, 100_000, 980_000, 100_000, 60_000, 300_000, 4_000_000, PPM, 950_000, 1, 500_000),
    (PPM, 2, 1_000, PPM, 7_000, 0, 0, 0, 0, 0, 0, 500_000),
    (500_000, 63, 333_000, 600_000, 1_000, 20_000, 100_000, 0, 10_000, PPM, 0, 0),
    (500_000, 63, 333_000, 500_000, 333_000, 0, PPM, 8_000_000, 4_000_000, PPM, 1, 500_000),
    (1_000, 63, 1_000, PPM, PPM, 0, 1_000, PPM, 500_000, 500_000, 0, 0),
    (600_000, 63, 1_000, 900_000, 20_000, 500_000, 500_000, PPM, PPM, 900_000, 1, 0),
]


@cache
def everybody() -> list[Bidder]:
    """Bidders of all loads, capacities and reputations of the domain, of some rooms, limits and funds.

    Of every four, one has just what half of its stake asks for, and one a token unit less.
    """
    return [
        Bidder(
            load,
            capacity,
            capacity - i % 3,
            (10**9, 10**9, STAKE * capacity // 2, STAKE * capacity // 2 - 1)[i % 4],
            rho,
            10_000,
            10_000 - 1_250 * (i % 5),
            150_000 * (i // 7 % 7),
            60_000 * (i % 5 > 0),
            90_000 * (i % 2),
            3 + i % 11,
        )
        for i, ((capacity, load), rho) in enumerate(product(DOMAIN, REPUTATIONS))
    ]


def ranks(c: class_packing.Auction, start: int, rising: int, difficulty: int, now: int) -> Iterator[float]:
    """Rank of each of them: the step first and then the score."""
    for person in everybody():
        rank = NOT_AT_ALL
        if person.able(c, difficulty, NEEDED, False, rising):
            step, _ = person.entry(c, start, difficulty, now, rising)
            if step < c.steps:
                rank = step * RANKS - dutch_auction.score(person.x(difficulty), person.reputation)
        yield rank


NEEDED = 20
"""Reward and collateral of their task, token units."""


@pytest.mark.parametrize("rising", [0, 1])
@pytest.mark.parametrize("prices", CLASSES)
def test_the_scans_are_the_rule_on_a_whole_domain(prices: tuple[int, ...], rising: int) -> None:
    """Every load of every capacity up to 40, with any reputation, at some steps of the clock and after it."""
    start, *terms = prices
    c = replace(USUAL, collateral=PPM, **dict(zip(TERMS, terms, strict=True)))
    b = arranged(everybody(), c)
    scan, taken = scan_rising if rising == 1 else scan_falling, 0
    asked = (b.base[1], b.slope[1], b.steep[1], b.behind[1], b.reach[1], b.least[1])
    for difficulty, now in ((1, 0), (7, c.steps // 2), (3, c.steps - 1), (1, c.steps), (2, 1)):
        t, record = of_class(c, rising, start=start, difficulty=difficulty)
        write_discounts(b.load, b.share, float(difficulty), table(c)[1], b.at, b.key)
        most = b.again if rising == 1 else b.late
        scan(b.load, b.share, b.free, most, b.reputation, *asked, b.key, t, record, NEEDED, now, float(KINK))
        expected = list(ranks(c, start, rising, difficulty, now))
        np.testing.assert_array_equal(b.key, expected)
        taken += sum(rank != NOT_AT_ALL for rank in expected)
    assert 0 < taken < 5 * len(expected)


@pytest.mark.parametrize("number", range(1, 10))
def test_discounts_are_written_for_every_load_whatever_the_number_of_bidders(number: int) -> None:
    """Loads beyond the capacity count as full; what is beside the bidders stays."""
    discount = np.random.default_rng(number).permutation(10_001).astype(np.float64)
    capacity = np.array([1, 3, 7, 30, 40, 99, 1_000, 9_999, 10_000])[:number]
    at, key = np.zeros(number, dtype=np.int32), np.full(number + 3, -1.0)
    for difficulty in (1, 2, 3, 50, 9_999, 10_000, 10**8):
        load = capacity // 2
        write_discounts(load.astype(np.float64), 1e4 / capacity, float(difficulty), discount, at, key[:number])
        x = np.minimum(-(-(load + difficulty) * BPS // capacity), BPS)
        assert key.tolist() == [*discount[x].tolist(), -1.0, -1.0, -1.0]


# Rules with a clock that never learns

FALLS = [980_000, 911_429, 842_858, 774_286, 705_715, 637_143, 568_572, 500_000]
RISES = [500_000, 568_571, 637_142, 705_714, 774_285, 842_857, 911_428, 980_000]


def test_the_clock_with_handicaps_has_these_prices() -> None:
    assert [handicapped_price(step, False) for step in range(STEPS)] == FALLS
    assert [handicapped_price(step, True) for step in range(STEPS)] == RISES


@pytest.mark.parametrize(
    ("asked", "x", "rho", "present", "step"),
    [
        (0, 0, PPM, 0, 0),
        (0, BPS, PPM, 0, 2),  # 0.3 of 7 steps
        (0, BPS, 0, 0, 2),  # 0.4
        (0, 5_000, 500_000, 0, 1),  # 0.15 and 0.05
        (0, 4_761, PPM, 0, 0),  # just below a seventh
        (0, 4_762, PPM, 0, 1),
        (0, 1_429, 0, 0, 1),  # 0.04287 and 0.1
        (0, 1_428, 0, 0, 0),
        (842_858, BPS, PPM, 0, 2),
        (842_859, BPS, PPM, 0, STEPS),  # the price of its step is below what it asks
        (0, BPS, PPM, 5, 5),
        (637_144, BPS, PPM, 5, STEPS),
        (0, 0, PPM, 8, STEPS),
    ],
)
def test_load_and_record_hold_a_bidder_back_on_the_falling_clock(
    asked: int, x: int, rho: int, present: int, step: int
) -> None:
    assert handicapped_step(asked, x, rho, present, True, False) == step


@pytest.mark.parametrize(
    ("asked", "present", "step"),
    [
        (0, 0, 0),
        (500_000, 0, 0),
        (500_001, 0, 1),
        (568_571, 0, 1),
        (568_572, 0, 2),
        (911_428, 0, 6),
        (980_000, 0, 7),
        (980_001, 0, STEPS),
        (568_571, 4, 4),
        (0, 8, STEPS),
    ],
)
def test_a_bidder_comes_on_the_rising_clock_when_it_pays_what_it_asks(asked: int, present: int, step: int) -> None:
    for x, rho, scored in ((0, PPM, True), (BPS, 0, True), (BPS, 0, False)):
        assert handicapped_step(asked, x, rho, present, scored, True) == step


def test_without_handicaps_everybody_comes_at_once_as_long_as_the_price_suffices() -> None:
    for x, rho in ((0, PPM), (BPS, 0)):
        assert [handicapped_step(774_286, x, rho, now, False, False) for now in range(5)] == [0, 1, 2, 3, STEPS]


def clocked(rule: str, given_: dict[str, Any], rising: int) -> dict[int, tuple[int, int, int]]:
    """Step, price and score of each who comes, on a clock that never learns."""
    entries = {}
    upwards = rule == "rising" or rising == 1
    prices = RISES if upwards else FALLS
    for j in able(given_, USUAL, rising):
        person = given_["people"][j]
        x, asked = person.x(given_["difficulty"]), person.asked(given_["difficulty"])
        first = given_["now"]
        if rule == "handicaps" and not upwards:
            first = max(first, 7 * (3 * x * 100 + (PPM - person.reputation)) // (10 * PPM))
        steps = [step for step in range(first, 8) if prices[step] >= asked]
        if steps and (upwards or steps[0] == first):
            entries[j] = (steps[0], prices[steps[0]], 0 if rule == "price_dutch" else (BPS - x) * person.reputation)
    return entries


@pytest.mark.parametrize("rising", [0, 1])
@settings(max_examples=100)
@given(given_=situations)
def test_a_dutch_auction_on_price_alone_knows_no_load(rising: int, given_: dict[str, Any]) -> None:
    entries = clocked("price_dutch", given_, rising)
    j, step, _, price = found("price_dutch", USUAL, rising, given_, arranged(given_["people"]))
    if not entries:
        assert j == -1
        return
    first = [i for i in entries if entries[i][0] == min(entries.values())[0]]
    assert j == first[int(given_["draw"][1] * len(first))]
    assert (step, price) == entries[j][:2]


@pytest.mark.parametrize("rule", ["handicaps", "rising"])
@pytest.mark.parametrize("rising", [0, 1])
@settings(max_examples=100)
@given(given_=situations)
def test_on_the_clocks_before_step_score_and_hash_decide(rule: str, rising: int, given_: dict[str, Any]) -> None:
    entries = clocked(rule, given_, rising)
    result = found(rule, USUAL, rising, given_, arranged(given_["people"]))
    if not entries:
        assert result == (-1, 0, 0, 0)
        return

    def order(j: int) -> tuple[int, int, int]:
        return entries[j][0], -entries[j][2], dutch_auction.tie_hash(given_["number"], FIRST + j)

    chosen = min(entries, key=order)
    assert result == (chosen, entries[chosen][0], given_["people"][chosen].x(given_["difficulty"]), entries[chosen][1])


# Rules without a clock


def fixed(given_: dict[str, Any]) -> dict[int, int]:
    """Positions of those who can take the task at the highest price, in their order, and what they ask."""
    asks = {j: given_["people"][j].asked(given_["difficulty"]) for j in able(given_, USUAL, 0)}
    return {j: asked for j, asked in asks.items() if asked <= USUAL.cap}


@pytest.mark.parametrize("rule", ["random", "round_robin", "shortest_queue", "two_choices", "second_price"])
@settings(max_examples=100)
@given(given_=situations)
def test_rules_without_a_clock_pick_as_they_say(rule: str, given_: dict[str, Any]) -> None:
    people, difficulty = given_["people"], given_["difficulty"]
    asks = fixed(given_)
    chosen, price = -1, USUAL.cap
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
    j, step, x, paid = found(rule, USUAL, 0, given_, arranged(people))
    assert j == chosen
    if chosen >= 0:
        assert (step, x, paid) == (0, people[chosen].x(difficulty), price)


IDLE = Bidder(0, 100, 100, 10**9, 500_000, 10_000, 10_000, 0, 0)


def plain(people: list[Bidder], draw: tuple[float, ...]) -> dict[str, Any]:
    """One small task at the first step, seen by everybody."""
    known = {"difficulty": 10, "early": False, "now": 0, "watch": 9, "number": 1, "start": 1_000}
    return {"people": people, "draw": draw, **known}


def test_each_in_turn_and_round_again() -> None:
    people = [IDLE, IDLE, Bidder(100, 100, 100, 10**9, 500_000, 10_000, 10_000, 0, 0), IDLE]
    b = arranged(people)
    situation = plain(people, (0.0, 0.0, 0.0))
    assert [found("round_robin", USUAL, 0, situation, b)[0] for _ in range(7)] == [0, 1, 3, 0, 1, 3, 0]


@pytest.mark.parametrize("rule", ["random", "price_dutch"])
def test_anybody_who_can_is_as_likely_as_anybody_else(rule: str) -> None:
    people = [IDLE] * 5
    rng = np.random.default_rng(8)
    picked = np.zeros(5)
    for _ in range(5_000):
        situation = plain(people, tuple(rng.random(3)))
        picked[found(rule, USUAL, 0, situation, arranged(people))[0]] += 1
    assert np.abs(picked / 5_000 - 0.2).max() < 0.02


def test_nobody_there_nobody_wins() -> None:
    situation = plain([], (0.5, 0.5, 0.5))
    for rule in ALLOCATIONS:
        assert found(rule, USUAL, 0, situation, arranged([]))[0] == -1
