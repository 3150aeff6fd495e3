"""Task words; twin of ``contracts/modules/task_packing.vy``.

A task lives in one of its operator's slots, three words: its terms, its progress, its result. A task's number holds,
from the lowest bit: sequence 32, slot 16, operator 32; the sequence counts the tasks that have used the slot.

The words of terms and progress hold the fields of `TaskTerms` and `TaskProgress`, in their order from the lowest bit.
Terms have the class's complexity, so that whoever takes a task reads one slot less, and progress the difficulty, so
that submitting reads one slot.
Where the sequence of the progress differs from that of the terms the task has no executor yet, so that opening a task
writes one slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.model import class_packing, dutch_auction, layout
from ballast.model.constants import PPM
from ballast.model.layout import bits

# Outcomes
LIVE: Final = 0
SETTLED: Final = 1
EXPIRED: Final = 2
FAILED: Final = 3
FORFEITED: Final = 4

# Status
NOBODY: Final = 0
"""No executor yet."""
WON: Final = 1
"""Leading, and awarded once the leader's step has ended."""
SUBMITTED: Final = 2
DISPUTED: Final = 3
LATE: Final = 4
"""Executor slashed, waiting for a rescuer."""


@dataclass(frozen=True, slots=True)
class TaskTerms:
    """What a task was opened with, and how it ended.

    Attributes
    ----------
    sequence : int
        Tasks that have used the slot.
    class_id : int
        Its class.
    opened : int
        Timestamp.
    difficulty : int
        Resource units.
    reward : int
        Token units.
    outcome : int
        ``LIVE`` or how it ended.
    rising : int
        1 on the second chance.
    complexity : int
        That of the class.
    """

    sequence: int = bits(32)
    class_id: int = bits(24)
    opened: int = bits(40)
    difficulty: int = bits(32)
    reward: int = bits(96)
    outcome: int = bits(4)
    rising: int = bits(1)
    complexity: int = bits(16, highest=True)


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """Who executes a task and how far it has come.

    Attributes
    ----------
    sequence : int
        Of the task this belongs to.
    executor : int
        Escrow account.
    step : int
        Step it won at.
    status : int
        ``NOBODY`` to ``LATE``.
    own : int
        1 if the operator executes the task itself.
    rescued : int
        1 if a rescuer took it over.
    x : int
        Executor's load with the task when it won it, basis points.
    score : int
        Executor's rank within the step.
    time : int
        Timestamp of the award, or of what came last: take-over, submission, hold.
    due : int
        Last timestamp at which the executor may submit.
    difficulty : int
        That of the terms.
    """

    sequence: int = bits(32)
    executor: int = bits(32)
    step: int = bits(8)
    status: int = bits(4)
    own: int = bits(1)
    rescued: int = bits(1)
    x: int = bits(14)
    score: int = bits(34)
    time: int = bits(40)
    due: int = bits(40)
    difficulty: int = bits(32, highest=True)


def pack_terms(t: TaskTerms) -> int:
    """Word of a task's terms."""
    return layout.pack(t)


def terms(word: int) -> TaskTerms:
    """Terms of a word."""
    return layout.unpack(TaskTerms, word)


def outcome(word: int) -> int:
    """Outcome in a word of terms."""
    return (word >> 224) & (2**4 - 1)


def with_outcome(word: int, outcome: int) -> int:
    """Word of a live task's terms with its outcome."""
    return word | (outcome << 224)


def pack_progress(p: TaskProgress) -> int:
    """Word of a task's progress."""
    return layout.pack(p)


def progress(word: int) -> TaskProgress:
    """Progress of a word."""
    return layout.unpack(TaskProgress, word)


def with_status(word: int, status: int) -> int:
    """Word of progress with another status."""
    return word & ~(15 << 72) | (status << 72)


def with_status_at(word: int, status: int, time: int) -> int:
    """Word of progress with another status, reached at a time."""
    return word & ~(15 << 72 | (2**40 - 1) << 126) | (status << 72) | (time << 126)


def clock_prices(a: class_packing.Auction, rising: int) -> tuple[int, int]:
    """Start and floor of a task's clock: the class's own, or on the second chance the lower price first.

    Returns
    -------
    start, floor_ : int
        Ppm of the reward.
    """
    if rising == 1:
        return min(a.start, a.floor_), max(a.start, a.floor_)
    return a.start, a.floor_


def price(a: class_packing.Auction, t: TaskTerms, step: int, own: int) -> int:
    """Pay of an executor: the price of the winning step, or of the best step for a self-executed task.

    Parameters
    ----------
    a : class_packing.Auction
        The task's class.
    t : TaskTerms
        The task.
    step : int
        Step it was won at.
    own : int
        1 if the operator executes the task itself.

    Returns
    -------
    int
        Token units, rounded down: against the executor.
    """
    ppm = max(a.start, a.floor_)
    if own == 0:
        start, floor_ = clock_prices(a, t.rising)
        ppm = dutch_auction.price_at(start, floor_, a.steps, step)
    return t.reward * ppm // PPM
