"""Words of the contracts taken apart for assertions, written from their documented layouts and from nothing else."""

from __future__ import annotations

from typing import NamedTuple

BURN = 0
POOL = 1

LIVE, SETTLED, EXPIRED, FAILED, FORFEITED = range(5)
NOBODY, WON, SUBMITTED, DISPUTED, LATE = range(5)

NO_TASK, STATE, TOO_EARLY, TOO_LATE, CALLER, CAPACITY, REPUTATION, PRICE, LOAD_LIMIT = range(1, 10)
NOT_LEADING, MANDATE, SLOT, TASK_TERMS, COMPLEXITY, PAUSED, ROLE, SENDER = range(10, 18)

REASONS = {
    NO_TASK: "registry: no such task",
    STATE: "registry: wrong state",
    TOO_EARLY: "registry: too early",
    TOO_LATE: "registry: too late",
    CALLER: "registry: not the caller's",
    CAPACITY: "registry: over capacity",
    REPUTATION: "registry: reputation too low",
    PRICE: "registry: price out of reach",
    LOAD_LIMIT: "registry: load above limit",
    NOT_LEADING: "registry: bid does not lead",
    MANDATE: "registry: mandate exhausted",
    SLOT: "registry: slot",
    TASK_TERMS: "registry: task terms",
    COMPLEXITY: "registry: too complex",
    PAUSED: "registry: paused",
    ROLE: "registry: wrong role",
    SENDER: "registry: sender not allowed",
}


class TaskTerms(NamedTuple):
    """First word of a task."""

    sequence: int
    class_id: int
    opened: int
    difficulty: int
    reward: int
    outcome: int
    rising: int
    complexity: int
    start: int
    min_reputation: int


class TaskProgress(NamedTuple):
    """Second word of a task."""

    sequence: int
    executor: int
    step: int
    status: int
    own: int
    rescued: int
    x: int
    rho: int
    price: int
    time: int
    window: int
    difficulty: int
    capacity: int

    @property
    def due(self) -> int:
        """Last second for the result, while nothing came after the award or the take-over."""
        return self.time + self.window


class Activity(NamedTuple):
    """The hot word of a participant."""

    capacity: int
    next_capacity: int
    load: int
    role: int
    epoch: int
    clock: int
    bonus: int
    overload: int


class Card(NamedTuple):
    """What the task registry knows of a participant; its reputation as read in an epoch."""

    account: int
    slots: int
    complexity: int
    role: int
    reputation: int
    epoch: int


class Page(NamedTuple):
    """A page of eight logits."""

    logits: tuple[int, ...]
    epoch: int
    poster: int


def fields(word: int, *widths: int) -> tuple[int, ...]:
    """Take a word apart from its lowest bit; the last field takes what remains."""
    values = []
    for width in widths[:-1]:
        values.append(word & (2**width - 1))
        word >>= width
    assert word < 2 ** widths[-1]
    return (*values, word)


def terms(word: int) -> TaskTerms:
    """Terms of a task; the start price and the minimum reputation in ppm."""
    t = TaskTerms(*fields(word, 32, 27, 36, 32, 92, 3, 1, 16, 10, 7))
    return t._replace(start=1_000 * t.start, min_reputation=10_000 * t.min_reputation)


def progress(word: int) -> TaskProgress:
    """Progress of a task."""
    return TaskProgress(*fields(word, 32, 32, 6, 3, 1, 1, 14, 20, 20, 40, 18, 32, 32))


def activity(word: int) -> Activity:
    """Activity of a participant."""
    return Activity(*fields(word, 32, 32, 32, 8, 24, 20, 40, 20))


def card(word: int) -> Card:
    """Card of a participant."""
    return Card(*fields(word, 32, 16, 16, 2, 20, 24))


def signed(bits: int, width: int) -> int:
    """Read a number in two's complement."""
    return bits - 2**width if bits >> (width - 1) else bits


def page(word: int) -> Page:
    """Read a page of logits."""
    *logits, epoch, poster = fields(word, *(24,) * 8, 24, 32)
    return Page(tuple(signed(bits, 24) for bits in logits), epoch, poster)


def logits(*values: int) -> int:
    """Pack logits for a post, lowest account first; zeros where none is given."""
    assert len(values) <= 8
    return sum((value % 2**24) << (24 * place) for place, value in enumerate(values))


def move(account: int, free: int = 0, locked: int = 0) -> int:
    """Pack a change of an account's balances."""
    return account << 224 | (free % 2**112) << 112 | locked % 2**112


def task_number(operator: int, slot: int, sequence: int) -> int:
    """Make the number of a task."""
    return operator << 48 | slot << 32 | sequence
