"""Who gets an auctioned task, compiled: by Ballast's modified Dutch auction, or by what it is compared with.

A rule looks at the bidders it may ask and answers with a position, or -1 if nobody can or wants to take the task. The
protocol's, ``dutch``, takes the earliest step that the discounts for load and record allow, then the best score, then
the smallest hash, at the price of the step; in the last call it takes who asks least with these discounts. The others
are in `ballast.sim.allocations`.

The scan of the falling clock is a second form of its rule, for speed: not bidder by bidder, as
`ballast.model.dutch_auction` has it with ``entry_falling`` and ``leads``, but all bidders in one loop, in floats, and
hashes only where scores tie. It is the only such form. ``tests/sim/period/test_allocation.py`` holds it against the
rule, on whole small domains and on random cases.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.sim.bidders import (
    NOT_AT_ALL,
    ROUND_X,
    Bidders,
    Fractions,
    Indices,
    asked_at,
    can_take,
    load_with,
    scan_fixed,
)
from ballast.sim.compiled import compiled
from ballast.sim.handicaps import (
    FALLING,
    FREE,
    RISING,
    SCORED,
    SECONDS,
    STEPS,
    handicapped_price,
    handicapped_step,
)
from ballast.sim.market.keccak import hash_of_two
from ballast.sim.market.rules import collateral_of, entry_rising
from ballast.sim.period.baselines import BATCHED, CLOCKS, by_baseline

DUTCH: Final = 0
"""Place of the protocol's rule."""
RANKS: Final = 2.0**34
"""Scores lie below this, so that ``step * RANKS - score`` orders bids by step and then by score, in one exact float."""

# Quotients are taken by multiplying, which is faster, and may miss a whole number by a rounding error (of at most 4e-12
# for loads, and of 4e-9 for steps). A margin above that error, and below the smallest distance of any other quotient
# from a whole number (1 / 2**32 and 1e-6), makes them exact.
ROUND_STEP: Final = 1e-7


@compiled
def write_discounts(
    load: Fractions, share: Fractions, difficulty: float, discount: Fractions, at: Indices, key: Fractions
) -> None:
    """Write the discount for the load of each bidder with a task: places in the table first, then four at a time.

    Loads of numbers at places that are not known cannot be done many at a time, and would hold up what can.
    """
    for place in range(len(key)):
        at[place] = np.int32(min(np.ceil((load[place] + difficulty) * share[place] - ROUND_X), 1e4))
    whole = len(key) // 4 * 4
    for i in range(0, whole, 4):
        a = discount[np.uint32(at[i])]
        b = discount[np.uint32(at[i + 1])]
        c = discount[np.uint32(at[i + 2])]
        d = discount[np.uint32(at[i + 3])]
        key[i], key[i + 1], key[i + 2], key[i + 3] = a, b, c, d
    for i in range(whole, len(key)):
        key[i] = discount[np.uint32(at[i])]


@compiled
def scan_falling(
    load: Fractions,
    share: Fractions,
    free: Fractions,
    most: Fractions,
    reputation: Fractions,
    base: Fractions,
    slope: Fractions,
    steep: Fractions,
    behind: Fractions,
    reach: Fractions,
    least: Fractions,
    key: Fractions,
    task: Any,
    task_class: Any,
    needed: int,
    now: int,
    kink: float,
) -> None:
    """Write the rank of each bidder on the falling clock over its discount: one loop without branches."""
    last_step, tick, per_tick = float(task_class.steps - 1), float(task_class.tick), 1.0 / task_class.tick
    start, lowest = float(task.start), float(task_class.floor_)
    difficulty, collateral, earliest = float(task.difficulty), float(needed), float(now)
    for place in range(len(key)):
        loaded = load[place] + difficulty
        x = np.ceil(loaded * share[place] - ROUND_X)
        below = key[place] + behind[place]
        step = max(np.ceil(below * per_tick - ROUND_STEP), earliest)
        price = start - step * tick
        able = (
            (loaded <= most[place])
            & (free[place] >= max(collateral, least[place]))
            & (step <= last_step)
            & (price >= lowest)
        )
        able &= difficulty <= reach[place]
        able &= slope[place] * x + steep[place] * max(x - kink, 0.0) < (price - base[place] + 1.0) * 1e4
        key[place] = step * RANKS - (1e4 - x) * reputation[place] if able else NOT_AT_ALL


@compiled
def scan_rising(
    load: Fractions,
    share: Fractions,
    free: Fractions,
    most: Fractions,
    reputation: Fractions,
    base: Fractions,
    slope: Fractions,
    steep: Fractions,
    behind: Fractions,
    reach: Fractions,
    least: Fractions,
    key: Fractions,
    task: Any,
    task_class: Any,
    needed: int,
    now: int,
    kink: float,
) -> None:
    """Write the rank of each bidder in the last call, as `scan_falling` does on the falling clock."""
    last_step, cap, start = float(task_class.steps - 1), float(task_class.cap), float(task.start)
    lowest, soft = float(task_class.floor_), 1.0 - task_class.hard
    per_price = last_step / (cap - start) if cap > start else 0.0
    difficulty, collateral, earliest = float(task.difficulty), float(needed), float(now)
    for place in range(len(key)):
        loaded = load[place] + difficulty
        x = np.ceil(loaded * share[place] - ROUND_X)
        asked = base[place] + np.floor((slope[place] * x + steep[place] * max(x - kink, 0.0)) / 1e4)
        asked = max(asked, lowest)
        left = cap - asked
        kept = min(behind[place], max(soft * left, (1.0 - soft) * behind[place]))
        total = asked + kept + min(key[place], left - kept)
        step = max(np.ceil((total - start) * per_price - ROUND_STEP), earliest)
        able = (loaded <= most[place]) & (free[place] >= max(collateral, least[place])) & (step <= last_step)
        able &= (difficulty <= reach[place]) & (kept <= left) & (left >= 0.0)
        key[place] = step * RANKS - (1e4 - x) * reputation[place] if able else NOT_AT_ALL


@compiled
def entry_of(
    bidders: Bidders, discounts: Fractions, place: int, task: Any, task_class: Any, x: int, asked: int, now: int
) -> tuple[int, int]:
    """Step and price at which a bidder enters the last call."""
    return entry_rising(
        task.start,
        task_class.floor_,
        task_class.cap,
        task_class.steps,
        asked,
        int(discounts[task.class_id, x]),
        int(bidders.behind[task.class_id, place]),
        task_class.hard,
        now,
    )


@compiled
def scan_handicapped(
    bidders: Bidders,
    most: Fractions,
    key: Fractions,
    first: int,
    task: Any,
    needed: int,
    now: int,
    clock: int,
) -> None:
    """Write the rank of each bidder from a first one on, on a clock with handicaps."""
    rising, scored = clock == RISING or task.rising == 1, clock != FALLING
    for i in range(len(key)):
        place = first + i
        key[i] = NOT_AT_ALL
        if can_take(bidders, place, most, task, needed):
            x = load_with(bidders, place, task.difficulty)
            asked, rho = int(asked_at(bidders, place, task.class_id, x)), int(bidders.reputation[place])
            step = handicapped_step(asked, int(x), rho, now, scored, rising)
            if step < STEPS:
                key[i] = step * RANKS - scored * (1e4 - x) * bidders.reputation[place]


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
def first_by_hash(bidders: Bidders, task: int, key: Fractions, best: float, begin: int) -> int:
    """Of those with the best rank the one whose hash with the task is smallest.

    Mostly there is one alone: it is found without branches, many at a time.
    """
    alike = places = 0
    for i in range(len(key)):
        alike += key[i] == best
        places += i if key[i] == best else 0
    if alike == 1:
        return int((begin + places) % bidders.size[0])
    mine, least = bidders.hashes[:4], bidders.hashes[4:8]
    chosen, tied = -1, False
    for i in range(len(key)):
        if key[i] != best:
            continue
        place = (begin + i) % bidders.size[0]
        if chosen < 0:
            chosen = place
            continue
        if not tied:
            hash_of_two(task, bidders.account[chosen], bidders.hashes[8:], least)
            tied = True
        hash_of_two(task, bidders.account[place], bidders.hashes[8:], mine)
        for k in range(4):
            if mine[k] != least[k]:
                if mine[k] < least[k]:
                    chosen = place
                    mine, least = least, mine
                break
    return chosen


@compiled
def as_planned(bidders: Bidders, task: Any) -> tuple[int, int, int, int]:
    """Who gets a task by the plan of its batch, which `ballast.sim.period.batches` has written into it."""
    place = task.executor - 1
    if place < 0:
        return -1, 0, 0, 0
    return place, task.step, int(load_with(bidders, place, task.difficulty)), task.price


@compiled
def find(
    bidders: Bidders,
    discounts: Fractions,
    task: Any,
    task_class: Any,
    rule: int,
    early: bool,
    gone: int,
    watch: int,
    draw: Fractions,
) -> tuple[int, int, int, int]:
    """Who gets a task.

    Parameters
    ----------
    bidders : Bidders
        All bidders.
    discounts : array of shape (classes + 1, 10_001)
        For loads, see `ballast.sim.market.records.Market`.
    task, task_class : record
        The task and its class.
    rule : int
        Place in ``ballast.sim.scenario.ALLOCATIONS``.
    early : bool
        Whether only bidders below their comfortable load bid.
    gone : int
        Seconds since the auction began.
    watch : int
        Bidders that see one auction: a window on their order that begins at random.
    draw : array of shape (3,)
        Uniform random numbers: where the window begins, and two for rules that draw.

    Returns
    -------
    position, step, x, price : int
        Position -1 if nobody takes it; load in basis points, price in ppm of the reward.
    """
    if rule != DUTCH and BATCHED[rule - 1]:
        return as_planned(bidders, task)
    size = bidders.size[0]
    seen = min(watch, size)
    begin = int(draw[0] * size) if seen < size else 0
    most = bidders.early if early else bidders.again if task.rising == 1 else bidders.late
    clock = FREE if rule == DUTCH else CLOCKS[rule - 1]
    now = gone // (task_class.step_seconds if rule == DUTCH else SECONDS)
    needed = collateral_of(task_class, task.reward, 0)
    wrapped = max(begin + seen - size, 0)
    key = bidders.key[:seen]
    for part in range(2):
        first, last, place = (begin, begin + seen - wrapped, 0) if part == 0 else (0, wrapped, seen - wrapped)
        if first == last:
            continue
        keys = key[place : place + last - first]
        if clock != FREE:
            scan_handicapped(bidders, most, keys, first, task, needed, now, clock)
        elif rule != DUTCH:
            scan_fixed(bidders, most, keys, first, task, task_class, needed)
        else:
            write_discounts(
                bidders.load[first:last],
                bidders.share[first:last],
                float(task.difficulty),
                discounts[task.class_id],
                bidders.at,
                keys,
            )
            seen_by = (
                bidders.load[first:last],
                bidders.share[first:last],
                bidders.free[first:last],
                most[first:last],
                bidders.reputation[first:last],
                bidders.base[task.class_id, first:last],
                bidders.slope[task.class_id, first:last],
                bidders.steep[task.class_id, first:last],
                bidders.behind[task.class_id, first:last],
                bidders.reach[task.class_id, first:last],
                bidders.least[task.class_id, first:last],
                keys,
                task,
                task_class,
                needed,
                now,
                float(bidders.size[2]),
            )
            if task.rising == 1:
                scan_rising(*seen_by)
            else:
                scan_falling(*seen_by)
    best = smallest(key)
    if best == NOT_AT_ALL:
        return -1, 0, 0, 0
    price = task_class.cap
    if rule == DUTCH or clock in (SCORED, RISING):
        chosen = first_by_hash(bidders, task.number, key, best, begin)
    else:
        chosen, price = by_baseline(rule - 1, bidders, task, task_class, key, best, begin, draw)
    x = int(load_with(bidders, chosen, task.difficulty))
    step = 0
    if rule == DUTCH:
        step = int(np.ceil(best / RANKS))
        price = task.start - step * task_class.tick
        if task.rising == 1:
            asked = int(asked_at(bidders, chosen, task.class_id, float(x)))
            step, price = entry_of(bidders, discounts, chosen, task, task_class, x, asked, now)
    elif clock != FREE:
        step = int(np.ceil(best / RANKS))
        price = handicapped_price(step, clock == RISING or task.rising == 1)
    return chosen, step, x, price
