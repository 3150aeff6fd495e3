"""Who gets an auctioned task, compiled: by Ballast's modified Dutch auction, or by what it is compared with.

A rule looks at the bidders it may ask and answers with a position, or -1 if nobody can or wants to take the task. The
protocol's, ``dutch``, takes the earliest step that load and reputation allow, then the best score, then the smallest
hash, at the price of the step; with start below floor its clock rises. The others are in `ballast.sim.allocations`.

The scans of the protocol's auction are a second form of its rule, for speed: not bidder by bidder, as
`ballast.model.dutch_auction` has it with ``entry_step`` and ``leads``, but all bidders in one loop, in floats, and
hashes only where scores tie. They are the only such form. ``tests/sim/period/test_allocation.py`` holds them against
the rule, on whole small domains and on random cases.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.sim.bidders import NOT_AT_ALL, ROUND_X, Bidders, Fractions, asked_at, can_take, load_with, scan_fixed
from ballast.sim.compiled import compiled
from ballast.sim.market.keccak import hash_of_two
from ballast.sim.market.rules import clock_prices, collateral_of, entry_step, price_at
from ballast.sim.period.baselines import BATCHED, CLOCKED, by_baseline

DUTCH: Final = 0
"""Place of the protocol's rule."""
RANKS: Final = 2.0**34
"""Scores lie below this, so that ``step * RANKS - score`` orders bids by step and then by score, in one exact float."""

# Quotients are taken by multiplying, which is faster, and may miss a whole number by a rounding error (of at most
# 4e-12, 2e-14 and 2e-10). A margin above that error, and below the smallest distance of any other quotient from a whole
# number (1 / 2**32, 1e-12 and 1 / 62), makes them exact.
ROUND_STEP: Final = 1e-13
ROUND_PRICE: Final = 1e-6


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
    key: Fractions,
    task: Any,
    task_class: Any,
    needed: int,
    now: int,
    kink: float,
    scored: float,
) -> None:
    """Write the rank of each bidder on the falling clock: one loop without branches.

    With ``scored`` at 0 instead of 1, load and reputation count for nothing.
    """
    last_step = float(task_class.steps - 1)
    handicap, last = scored * last_step * task_class.handicap * 100.0, scored * last_step
    start, slide = float(task_class.start), (task_class.start - task_class.floor_) / last_step
    difficulty, collateral, earliest = float(task.difficulty), float(needed), float(now)
    for place in range(len(key)):
        loaded = load[place] + difficulty
        x = np.ceil(loaded * share[place] - ROUND_X)
        step = max(np.floor((handicap * x + last * behind[place]) * 1e-12 + ROUND_STEP), earliest)
        price = start - np.floor(slide * step + ROUND_PRICE)
        able = (loaded <= most[place]) & (free[place] >= collateral) & (step <= last_step)
        able &= difficulty <= reach[place]
        able &= slope[place] * x + steep[place] * max(x - kink, 0.0) < (price - base[place] + 1.0) * 1e4
        key[place] = step * RANKS - scored * (1e4 - x) * reputation[place] if able else NOT_AT_ALL


@compiled
def scan_rising(
    bidders: Bidders,
    most: Fractions,
    key: Fractions,
    first: int,
    task: Any,
    task_class: Any,
    needed: int,
    now: int,
    scored: float,
) -> None:
    """Write the rank of each bidder from a first one on, on the rising clock."""
    start, end = clock_prices(task_class, task.rising)
    for i in range(len(key)):
        place = first + i
        key[i] = NOT_AT_ALL
        if can_take(bidders, place, most, task, needed):
            x = load_with(bidders, place, task.difficulty)
            asked, rho = int(asked_at(bidders, place, task.class_id, x)), int(bidders.reputation[place])
            step = entry_step(
                start,
                end,
                task_class.steps,
                task_class.handicap,
                task_class.reputation_handicap,
                asked,
                int(x),
                rho,
                now,
            )
            if step < task_class.steps:
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
    """Of those with the best rank the one whose hash with the task is smallest."""
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
def as_planned(bidders: Bidders, task: Any) -> tuple[int, int, int, int, int]:
    """Who gets a task by the plan of its batch, which `ballast.sim.period.batches` has written into it."""
    place = task.executor - 1
    if place < 0:
        return -1, 0, 0, 0, 0
    x = load_with(bidders, place, task.difficulty)
    return place, task.step, int(x), int((1e4 - x) * bidders.reputation[place]), task.price


@compiled
def find(
    bidders: Bidders, task: Any, task_class: Any, rule: int, early: bool, now: int, watch: int, draw: Fractions
) -> tuple[int, int, int, int, int]:
    """Who gets a task.

    Parameters
    ----------
    bidders : Bidders
        All bidders.
    task, task_class : record
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
    if rule != DUTCH and BATCHED[rule - 1]:
        return as_planned(bidders, task)
    size = bidders.size[0]
    seen = min(watch, size)
    begin = int(draw[0] * size) if seen < size else 0
    most = bidders.early if early else bidders.again if task.rising == 1 else bidders.late
    needed = collateral_of(task_class, task.reward)
    falling = task_class.start >= task_class.floor_ and task.rising == 0
    clocked = rule == DUTCH or CLOCKED[rule - 1]
    scored = 1.0 if rule == DUTCH else 0.0
    wrapped = max(begin + seen - size, 0)
    key = bidders.key[:seen]
    for part in range(2):
        first, last, place = (begin, begin + seen - wrapped, 0) if part == 0 else (0, wrapped, seen - wrapped)
        if first == last:
            continue
        keys = key[place : place + last - first]
        if not clocked:
            scan_fixed(bidders, most, keys, first, task, task_class, needed)
        elif falling:
            scan_falling(
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
                keys,
                task,
                task_class,
                needed,
                now,
                float(bidders.size[2]),
                scored,
            )
        else:
            scan_rising(bidders, most, keys, first, task, task_class, needed, now, scored)
    best = smallest(key)
    if best == NOT_AT_ALL:
        return -1, 0, 0, 0, 0
    price, chosen = task_class.start, -1
    if rule == DUTCH:
        chosen = first_by_hash(bidders, task.number, key, best, begin)
    else:
        chosen, price = by_baseline(rule - 1, bidders, task, task_class, key, best, begin, draw)
    x = load_with(bidders, chosen, task.difficulty)
    step = 0
    if clocked:
        step = int(np.ceil(best / RANKS))
        start, end = clock_prices(task_class, task.rising)
        price = price_at(start, end, task_class.steps, step)
    return chosen, step, int(x), int((1e4 - x) * bidders.reputation[chosen]), price
