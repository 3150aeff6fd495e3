"""Coprocessors as an auction sees them, and what all rules ask of them."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ballast.sim.compiled import compiled
from ballast.sim.market.keccak import LANES
from ballast.sim.market.records import Integers

Fractions = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32]
NOT_AT_ALL: Final = 1e15
"""Key of who cannot or does not want to take a task."""
KEPT: Final = 4
"""Numbers that a rule may remember of a class, see `ballast.sim.allocations`."""
# A quotient is taken by multiplying, see `ballast.sim.period.allocation`.
ROUND_X: Final = 2e-11


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
    early, late, again : array
        Largest load it bids at while the auction begins, at all in it, and in a task's last call, resource units.
    reputation, record : array
        Ppm; and the share of good results that it shows, see `ballast.sim.period.beliefs`.
    base, slope, steep : array of shape (classes + 1, bidders)
        What it asks at no load, how much more for each full load, and for each full load above F besides, by class, ppm
        of the reward; out of reach if its complexity or its reputation does not suffice.
    behind : array of shape (classes + 1, bidders)
        What its record costs it of the price, by class, ppm of the reward.
    least : array of shape (classes + 1, bidders)
        Collateral that its capacity asks for whatever the task, by class, token units.
    reach : array of shape (classes + 1, bidders)
        Largest difficulty it can do in time, by class.
    at : array of int32
        Scratch: places in a table.
    key : array
        Scratch: the step at which each of those asked could win, or what it asks.
    size : array of shape (3,)
        How many there are, and their capacity together; the other columns have room for more. Then F, basis points.
    turn : array of shape (1,)
        The account after the last winner's, 0 before the first (round robin).
    hashes : array of shape (8 + LANES,), uint64
        Scratch for ties.
    kept : array of shape (classes + 1, KEPT)
        What a rule that clears batches remembers from one to the next, by class.
    """

    account: Integers
    load: Fractions
    share: Fractions
    free: Fractions
    early: Fractions
    late: Fractions
    again: Fractions
    reputation: Fractions
    record: Fractions
    base: Fractions
    slope: Fractions
    steep: Fractions
    behind: Fractions
    least: Fractions
    reach: Fractions
    at: Indices
    key: Fractions
    size: Integers
    turn: Integers
    hashes: Any
    kept: Fractions


def no_bidders(size: int, classes: int) -> Bidders:
    """Room for so many bidders."""
    return Bidders(
        account=np.zeros(size, dtype=np.int64),
        load=np.zeros(size),
        share=np.zeros(size),
        free=np.zeros(size),
        early=np.zeros(size),
        late=np.zeros(size),
        again=np.zeros(size),
        reputation=np.zeros(size),
        record=np.zeros(size),
        base=np.zeros((classes + 1, size)),
        slope=np.zeros((classes + 1, size)),
        steep=np.zeros((classes + 1, size)),
        behind=np.zeros((classes + 1, size)),
        least=np.zeros((classes + 1, size)),
        reach=np.zeros((classes + 1, size)),
        at=np.zeros(size, dtype=np.int32),
        key=np.zeros(size),
        size=np.zeros(3, dtype=np.int64),
        turn=np.zeros(1, dtype=np.int64),
        hashes=np.zeros(8 + LANES, dtype=np.uint64),
        kept=np.zeros((classes + 1, KEPT)),
    )


@compiled
def load_with(bidders: Bidders, place: int, difficulty: int) -> float:
    """Load x of a bidder with one more task, basis points, rounded up."""
    return float(np.ceil((bidders.load[place] + difficulty) * bidders.share[place] - ROUND_X))


@compiled
def asked_at(bidders: Bidders, place: int, class_id: int, x: float) -> float:
    """Smallest price a bidder accepts at a load, ppm of the reward; 0 if rounding leads below."""
    above = max(x - bidders.size[2], 0.0)
    more = bidders.slope[class_id, place] * x + bidders.steep[class_id, place] * above
    return float(max(bidders.base[class_id, place] + np.floor(more / 1e4), 0.0))


@compiled
def drawn(key: Fractions, limit: float, draw: float) -> int:
    """Place of a bidder drawn from all whose key lies below a limit; there is at least one."""
    able = 0
    for each in key:
        able += each < limit
    left = int(draw * able)
    for i in range(len(key)):
        if key[i] < limit:
            if left == 0:
                return i
            left -= 1
    return -1


@compiled
def can_take(bidders: Bidders, place: int, most: Fractions, task: Any, needed: int) -> bool:
    """Whether a bidder has room, funds and time for a task, of which ``needed`` is the collateral by its reward."""
    enough = bidders.free[place] >= max(needed, bidders.least[task.class_id, place])
    fits = bidders.load[place] + task.difficulty <= most[place] and enough
    return bool(fits and task.difficulty <= bidders.reach[task.class_id, place])


@compiled
def scan_fixed(
    bidders: Bidders, most: Fractions, key: Fractions, first: int, task: Any, task_class: Any, needed: int
) -> None:
    """Write what each bidder from a first one on asks, if it can take the task at the highest price."""
    for i in range(len(key)):
        place = first + i
        key[i] = NOT_AT_ALL
        if can_take(bidders, place, most, task, needed):
            asked = asked_at(bidders, place, task.class_id, load_with(bidders, place, task.difficulty))
            if asked <= task_class.cap:
                key[i] = asked
