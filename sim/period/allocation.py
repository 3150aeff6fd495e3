"""Who gets an auctioned task, compiled: Ballast's modified Dutch auction, and what it is compared with.

A rule looks at the bidders it may ask and answers with a position, or -1 if nobody can or wants to take the task:

==================  ==================================================================================================
``dutch``           the protocol's: earliest step that load and reputation allow, then score, then hash; the price of
                    the step. With start below floor its clock rises.
``random``          anybody who can, at the starting price
``round_robin``     the next after the last winner, in the order of accounts, who can; at the starting price
``shortest_queue``  the least loaded who can, at the starting price
``two_choices``     the less loaded of two drawn with replacement from all who can, at the starting price
``second_price``    the cheapest, at the second cheapest's ask (or the starting price)
``price_dutch``     a Dutch auction on price alone, without handicaps and scores: drawn from all who bid first
==================  ==================================================================================================

Where nothing else decides a tie, it goes to whoever comes first in the order.

The scans of the protocol's auction are a second form of its rule, for speed: not bidder by bidder, as
`ballast.model.dutch_auction` has it with ``entry_step`` and ``leads``, but all bidders in one loop, in floats, and
hashes only where scores tie. They are the only such form. ``tests/sim/period/test_allocation.py`` holds them against
the rule, on whole small domains and on random cases.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ballast.sim.compiled import compiled
from ballast.sim.market.keccak import LANES, hash_of_two
from ballast.sim.market.records import Integers
from ballast.sim.market.rules import clock_prices, collateral_of, entry_step, price_at
from ballast.sim.scenario import ALLOCATIONS

Fractions = npt.NDArray[np.float64]
DUTCH, RANDOM, ROUND_ROBIN, SHORTEST_QUEUE, TWO_CHOICES, SECOND_PRICE, PRICE_DUTCH = range(len(ALLOCATIONS))
NOT_AT_ALL: Final = 1e15
FAR: Final = 2**40
"""More than there are accounts."""
RANKS: Final = 2.0**34
"""Scores lie below this, so that ``step * RANKS - score`` orders bids by step and then by score, in one exact float."""

# Quotients are taken by multiplying, which is faster, and may miss a whole number by a rounding error (of at most
# 4e-12, 2e-14 and 2e-10). A margin above that error, and below the smallest distance of any other quotient from a whole
# number (1 / 2**32, 1e-12 and 1 / 62), makes them exact.
ROUND_X: Final = 2e-11
ROUND_STEP: Final = 1e-13
ROUND_PRICE: Final = 1e-6


class Bidders(NamedTuple):
    """Coprocessors as an auction sees them, in an order of its own; whole numbers in floats, for speed.

    Attributes
    ----------
    account : array of int
        Escrow accounts.
    load, free : array
        Resource units, and free funds in token units.
    share : array
        Basis points of its capacity a resource unit takes.
    early, late : array
        Largest load it bids at while the auction begins, and at all, resource units.
    reputation : array
        Ppm.
    base, slope : array of shape (classes + 1, bidders)
        What it asks at no load and how much more at full load, by class, ppm of the reward; out of reach if its
        reputation does not suffice.
    behind : array of shape (classes + 1, bidders)
        Share of the clock its reputation costs it, by class, 1e-12.
    key : array
        Scratch: the step at which each of those asked could win, or what it asks.
    size : array of shape (1,)
        How many there are; the other columns have room for more.
    turn : array of shape (1,)
        The account after the last winner's (round robin).
    hashes : array of shape (8 + LANES,), uint64
        Scratch for ties.
    """

    account: Integers
    load: Fractions
    share: Fractions
    free: Fractions
    early: Fractions
    late: Fractions
    reputation: Fractions
    base: Fractions
    slope: Fractions
    behind: Fractions
    key: Fractions
    size: Integers
    turn: Integers
    hashes: Any


def no_bidders(size: int, classes: int) -> Bidders:
    """Room for so many bidders."""
    return Bidders(
        account=np.zeros(size, dtype=np.int64),
        load=np.zeros(size),
        share=np.zeros(size),
        free=np.zeros(size),
        early=np.zeros(size),
        late=np.zeros(size),
        reputation=np.zeros(size),
        base=np.zeros((classes + 1, size)),
        slope=np.zeros((classes + 1, size)),
        behind=np.zeros((classes + 1, size)),
        key=np.zeros(size),
        size=np.zeros(1, dtype=np.int64),
        turn=np.zeros(1, dtype=np.int64),
        hashes=np.zeros(8 + LANES, dtype=np.uint64),
    )


@compiled
def load_with(b: Bidders, j: int, difficulty: int) -> float:
    """Load x of a bidder with one more task, basis points, rounded up."""
    return float(np.ceil((b.load[j] + difficulty) * b.share[j] - ROUND_X))


@compiled
def asked_at(b: Bidders, j: int, class_id: int, x: float) -> float:
    """Smallest price a bidder accepts at a load, ppm of the reward."""
    return float(b.base[class_id, j] + np.floor(b.slope[class_id, j] * x / 1e4))


@compiled
def scan_falling(
    load: Fractions,
    share: Fractions,
    free: Fractions,
    most: Fractions,
    reputation: Fractions,
    base: Fractions,
    slope: Fractions,
    behind: Fractions,
    key: Fractions,
    t: Any,
    c: Any,
    needed: int,
    now: int,
    scored: float,
) -> None:
    """Write the rank of each bidder on the falling clock: one loop without branches.

    With ``scored`` at 0 instead of 1, load and reputation count for nothing.
    """
    last_step = float(c.steps - 1)
    handicap, last = scored * last_step * c.handicap * 100.0, scored * last_step
    start, slide = float(c.start), (c.start - c.floor_) / last_step
    difficulty, collateral, earliest = float(t.difficulty), float(needed), float(now)
    for j in range(len(key)):
        loaded = load[j] + difficulty
        x = np.ceil(loaded * share[j] - ROUND_X)
        step = max(np.floor((handicap * x + last * behind[j]) * 1e-12 + ROUND_STEP), earliest)
        price = start - np.floor(slide * step + ROUND_PRICE)
        able = (loaded <= most[j]) & (free[j] >= collateral) & (step <= last_step)
        able &= slope[j] * x < (price - base[j] + 1.0) * 1e4
        key[j] = step * RANKS - scored * (1e4 - x) * reputation[j] if able else NOT_AT_ALL


@compiled
def scan_rising(
    b: Bidders, most: Fractions, key: Fractions, first: int, t: Any, c: Any, needed: int, now: int, scored: float
) -> None:
    """Write the rank of each bidder from a first one on, on the rising clock."""
    start, floor_ = clock_prices(c, t.rising)
    for i in range(len(key)):
        j = first + i
        key[i] = NOT_AT_ALL
        if b.load[j] + t.difficulty <= most[j] and b.free[j] >= needed:
            x = load_with(b, j, t.difficulty)
            asked, rho = int(asked_at(b, j, t.class_id, x)), int(b.reputation[j])
            step = entry_step(start, floor_, c.steps, c.handicap, c.reputation_handicap, asked, int(x), rho, now)
            if step < c.steps:
                key[i] = step * RANKS - scored * (1e4 - x) * b.reputation[j]


@compiled
def scan_fixed(b: Bidders, most: Fractions, key: Fractions, first: int, t: Any, c: Any, needed: int) -> None:
    """Write what each bidder from a first one on asks, if it can take the task at the starting price."""
    for i in range(len(key)):
        j = first + i
        key[i] = NOT_AT_ALL
        if b.load[j] + t.difficulty <= most[j] and b.free[j] >= needed:
            asked = asked_at(b, j, t.class_id, load_with(b, j, t.difficulty))
            if asked <= c.start:
                key[i] = asked


@compiled
def smallest(key: Fractions) -> float:
    """Smallest of some numbers, or ``NOT_AT_ALL``; four at a time, since each comparison waits for the last."""
    a = b = c = d = NOT_AT_ALL
    whole = len(key) // 4 * 4
    for i in range(0, whole, 4):
        a = min(a, key[i])
        b = min(b, key[i + 1])
        c = min(c, key[i + 2])
        d = min(d, key[i + 3])
    for i in range(whole, len(key)):
        a = min(a, key[i])
    return float(min(min(a, b), min(c, d)))


@compiled
def first_by_hash(b: Bidders, task: int, key: Fractions, best: float, begin: int) -> int:
    """Of those with the best rank the one whose hash with the task is smallest."""
    mine, least = b.hashes[:4], b.hashes[4:8]
    chosen, tied = -1, False
    for i in range(len(key)):
        if key[i] != best:
            continue
        j = (begin + i) % b.size[0]
        if chosen < 0:
            chosen = j
            continue
        if not tied:
            hash_of_two(task, b.account[chosen], b.hashes[8:], least)
            tied = True
        hash_of_two(task, b.account[j], b.hashes[8:], mine)
        for k in range(4):
            if mine[k] != least[k]:
                if mine[k] < least[k]:
                    chosen = j
                    mine, least = least, mine
                break
    return chosen


@compiled
def drawn(key: Fractions, limit: float, draw: float) -> int:
    """Place of a bidder drawn from all whose key lies below a limit; there is at least one."""
    able = 0
    for k in key:
        able += k < limit
    left = int(draw * able)
    for i in range(len(key)):
        if key[i] < limit:
            if left == 0:
                return i
            left -= 1
    return -1


@compiled
def find(
    b: Bidders, t: Any, c: Any, rule: int, early: bool, now: int, watch: int, draw: Fractions
) -> tuple[int, int, int, int, int]:
    """Who gets a task.

    Parameters
    ----------
    b : Bidders
        All bidders.
    t, c : record
        The task and its class.
    rule : int
        Place in ``ballast.sim.scenario.ALLOCATIONS``.
    early : bool
        Whether only bidders below their comfortable load bid.
    now : int
        Step of the clock.
    watch : int
        Bidders that see one auction: a window on their order that begins at random.
    draw : array of shape (3,)
        Uniform random numbers: where the window begins, and two for rules that draw.

    Returns
    -------
    position, step, x, score, price : int
        Position -1 if nobody takes it; load in basis points, price in ppm of the reward.
    """
    size = b.size[0]
    seen = min(watch, size)
    begin = int(draw[0] * size) if seen < size else 0
    most = b.early if early else b.late
    needed = collateral_of(c, t.reward)
    falling = c.start >= c.floor_ and t.rising == 0
    clocked = rule in (DUTCH, PRICE_DUTCH)
    scored = 1.0 if rule == DUTCH else 0.0
    wrapped = max(begin + seen - size, 0)
    key = b.key[:seen]
    for part in range(2):
        first, last, at = (begin, begin + seen - wrapped, 0) if part == 0 else (0, wrapped, seen - wrapped)
        if first == last:
            continue
        keys = key[at : at + last - first]
        if not clocked:
            scan_fixed(b, most, keys, first, t, c, needed)
        elif falling:
            scan_falling(
                b.load[first:last],
                b.share[first:last],
                b.free[first:last],
                most[first:last],
                b.reputation[first:last],
                b.base[t.class_id, first:last],
                b.slope[t.class_id, first:last],
                b.behind[t.class_id, first:last],
                keys,
                t,
                c,
                needed,
                now,
                scored,
            )
        else:
            scan_rising(b, most, keys, first, t, c, needed, now, scored)
    best = smallest(key)
    if best == NOT_AT_ALL:
        return -1, 0, 0, 0, 0
    price, chosen = c.start, -1
    if rule == DUTCH:
        chosen = first_by_hash(b, t.number, key, best, begin)
    elif rule == PRICE_DUTCH:
        chosen = (begin + drawn(key, best + 1.0, draw[1])) % size
    elif rule == RANDOM:
        chosen = (begin + drawn(key, NOT_AT_ALL, draw[1])) % size
    elif rule == ROUND_ROBIN:
        nearest = 0
        for i in range(seen):
            j = (begin + i) % size
            ahead = b.account[j] - b.turn[0]
            if ahead < 0:
                ahead += FAR
            if key[i] < NOT_AT_ALL and (chosen < 0 or ahead < nearest):
                nearest, chosen = ahead, j
        b.turn[0] = b.account[chosen] + 1
    elif rule == SHORTEST_QUEUE:
        least = NOT_AT_ALL
        for i in range(seen):
            j = (begin + i) % size
            x = load_with(b, j, t.difficulty)
            if key[i] < NOT_AT_ALL and x < least:
                least, chosen = x, j
    elif rule == TWO_CHOICES:
        least = NOT_AT_ALL
        for d in range(1, 3):
            j = (begin + drawn(key, NOT_AT_ALL, draw[d])) % size
            x = load_with(b, j, t.difficulty)
            if x < least:
                least, chosen = x, j
    else:
        second = float(c.start)
        for i in range(seen):
            if key[i] == best and chosen < 0:
                chosen = (begin + i) % size
            elif key[i] < second:
                second = key[i]
        price = int(second)
    x = load_with(b, chosen, t.difficulty)
    step = 0
    if clocked:
        step = int(np.ceil(best / RANKS))
        start, floor_ = clock_prices(c, t.rising)
        price = price_at(start, floor_, c.steps, step)
    return chosen, step, int(x), int((1e4 - x) * b.reputation[chosen]), price
