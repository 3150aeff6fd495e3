"""The tasks that live: kept by the slots of their operators, from wave to wave and from period to period.

A task's place in the pool is its operator's row times the slots of an operator, plus its slot. Who is next to be looked
at stands in lists of places, in the order in which the tasks were opened.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from ballast.sim.bidders import Fractions
from ballast.sim.compiled import compiled
from ballast.sim.market.records import TASK, Integers, Market, Records, integer_record
from ballast.sim.market.rules import challenge_until, rescue_until
from ballast.sim.market.steps import LATE, NOBODY, WON

DRAWS: Final = 11
"""Random numbers of a task."""
IN_TIME, RIGHT, AUCTION, RESCUE, RESCUED_IN_TIME, RESCUED_RIGHT, TURN = 0, 1, 2, 5, 8, 9, 10
"""Their columns: whether a result comes in time and is right, three for the auction, three for those who look at the
task when it is late, whether the rescuer's result comes in time and is right, and when in a wave it is auctioned."""
NEVER: Final = 2**62
"""When work is done that is not done."""

WRONG_ONES, OVERDUE, LOST, PAYABLE, DONE_BY_OPERATORS, DONE, UNSOLD, SELLING, LIVING = range(9)
"""Lists of places: submitted and wrong; due and not submitted; late and beyond rescue; beyond all challenge; done by
their operators, and by coprocessors; nobody bid; up for auction in this wave; all."""
LISTS: Final = 9
ENDED, NOTED = LISTS, LISTS + 1
"""Other counts: tasks that ended in this period, and events of this call."""

OPEN, OPEN_OWN, SELF_EXECUTE, REOPEN, EXPIRE, BID, BID_LATER, SUBMIT, OVERTURN, SLASH, TAKE_OVER, FAIL, SETTLE = range(
    13
)
KINDS: Final = 13
"""Kinds of events."""
EVENT: Final = integer_record(
    *("place", "kind", "account", "number", "class_id", "difficulty", "reward", "slot", "price", "load", "operator")
)
"""What somebody did with a task: the caller's account and the task's terms; smallest price (ppm) and largest load of a
bid or a take-over (basis points); in place of the latter, the executor of a task that is settled. ``place`` is that
among the events."""
EVENTS_A_WAVE: Final = 6
"""Events of a task in one wave, at most: done, unsold, reopened, bid for, and bid for later; or overdue, taken over."""


class Pool(NamedTuple):
    """The tasks that live, and what happened to tasks of late.

    Attributes
    ----------
    tasks : array of records
        By place.
    draws : array of shape (places, DRAWS)
        Their uniform random numbers.
    lists : array of shape (LISTS, places)
        Places.
    counts : array of shape (LISTS + 2,)
        Entries of the lists, tasks that ended, events noted.
    ended : array of records
        Tasks that ended in this period.
    events : array of records
        What happened since the engine was told, in its order; not kept if the engine does not ask.
    """

    tasks: Records
    draws: Fractions
    lists: Integers
    counts: Integers
    ended: Records
    events: Records


def new_pool(operators: int, slots: int, most: int, noted: bool) -> Pool:
    """Pool without tasks.

    Parameters
    ----------
    operators, slots : int
        Operators, and task slots of each.
    most : int
        Tasks opened in a period, at most.
    noted : bool
        Whether events are noted.
    """
    places = operators * slots
    return Pool(
        tasks=np.zeros(places, TASK),
        draws=np.zeros((places, DRAWS)),
        lists=np.zeros((LISTS, places), dtype=np.int64),
        counts=np.zeros(LISTS + 2, dtype=np.int64),
        ended=np.zeros(places + most, TASK),
        events=np.zeros(EVENTS_A_WAVE * places if noted else 0, EVENT),
    )


@compiled
def clear(task: Any) -> None:
    """Forget what was in a place before."""
    task.executor = task.step = task.x = task.start = task.capacity = task.time = task.due = task.own = task.rising = (
        task.rescued
    ) = 0
    task.status = task.outcome = task.price = task.ready = task.asked = task.ceiling = task.second_chance = 0
    task.effort = task.late = task.wrong = task.culprit = task.record = task.chance = task.loaded = 0
    task.expected = task.realised = 0
    task.round = -1


@compiled
def put(pool: Pool, which: int, place: int) -> None:
    """Add a place to a list."""
    pool.lists[which, pool.counts[which]] = place
    pool.counts[which] += 1


@compiled
def sort_out(market: Market, pool: Pool, bids_at: int) -> None:
    """Find out what is due at a wave's turn, and what will be done when coprocessors bid; forget tasks that end now."""
    now, tasks = market.ledger[0].now, pool.tasks
    living = pool.counts[LIVING]
    for which in range(LISTS):
        pool.counts[which] = 0
    for i in range(living):
        place = pool.lists[LIVING, i]
        task = tasks[place]
        ends = False
        if task.status == NOBODY:
            ends = task.rising == 1
            put(pool, UNSOLD, place)
        elif task.status == WON:
            if now > task.due:
                ends = task.rescued == 1
                put(pool, OVERDUE, place)
            elif task.executor == task.operator:
                if task.ready <= now:
                    put(pool, DONE_BY_OPERATORS, place)
            elif task.ready <= bids_at:
                put(pool, DONE, place)
        elif task.status == LATE:
            ends = now > rescue_until(task.due, task.rescued, market.classes[task.class_id].rescue_seconds)
            if ends:
                put(pool, LOST, place)
        elif task.wrong == 1:
            ends = True
            put(pool, WRONG_ONES, place)
        elif now > challenge_until(task.time, market.classes[task.class_id].challenge_seconds):
            ends = True
            put(pool, PAYABLE, place)
        if not ends:  # its place is free before the turn is over
            put(pool, LIVING, place)


@compiled
def end(pool: Pool, place: int) -> None:
    """Keep what a task was when it ended."""
    pool.ended[pool.counts[ENDED]] = pool.tasks[place]
    pool.counts[ENDED] += 1


@compiled
def note(pool: Pool, kind: int, account: int, task: Any, price: int, load: int) -> None:
    """Note what an account did with a task, if that is asked for."""
    if len(pool.events) == 0:
        return
    event = pool.events[pool.counts[NOTED]]
    event.place = pool.counts[NOTED]
    event.kind, event.account, event.number, event.class_id = kind, account, task.number, task.class_id
    event.difficulty, event.reward, event.slot, event.operator = task.difficulty, task.reward, task.slot, task.operator
    event.price, event.load = price, load
    pool.counts[NOTED] += 1


def living(pool: Pool) -> Records:
    """Give the tasks that live, in the order in which they were opened."""
    tasks: Records = pool.tasks[pool.lists[LIVING, : pool.counts[LIVING]]]
    return tasks


def noted(pool: Pool) -> Records:
    """Give what happened since the engine was told."""
    return pool.events[: pool.counts[NOTED]]
