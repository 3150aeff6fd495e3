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

from ballast.model import class_packing, layout
from ballast.model.constants import PPM
from ballast.model.layout import bits

# Outcomes
LIVE: Final = 0
SETTLED: Final = 1
EXPIRED: Final = 2
FAILED: Final = 3
FORFEITED: Final = 4

MAX_REWARD: Final = 2**92 - 1
"""Token units."""
PERCENT: Final = PPM // 100
"""Unit of the smallest reputation that an operator names, ppm."""

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
        1 on the last call.
    complexity : int
        That of the class.
    start : int
        Start price of its clock, ppm of the reward; that of the mandate, rounded down.
    min_reputation : int
        Of its executor, ppm, beside that of the class; its operator's choice.
    """

    sequence: int = bits(32)
    class_id: int = bits(27)
    opened: int = bits(36)
    difficulty: int = bits(32)
    reward: int = bits(92)
    outcome: int = bits(3)
    rising: int = bits(1)
    complexity: int = bits(16)
    start: int = bits(10, unit=class_packing.PERMILLE)
    min_reputation: int = bits(7, unit=PERCENT, highest=True)


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
    rho : int
        Its reputation then, ppm; 0 if the operator took the task itself.
    price : int
        What it is paid, ppm of the reward.
    time : int
        Timestamp of the award, or of what came last: take-over, submission, hold; 0 once upheld.
    window : int
        Seconds that it has for the result, from the award on.
    difficulty : int
        That of the terms.
    capacity : int
        Its capacity when it won the task, resource units; its collateral depends on it.
    """

    sequence: int = bits(32)
    executor: int = bits(32)
    step: int = bits(6)
    status: int = bits(3)
    own: int = bits(1)
    rescued: int = bits(1)
    x: int = bits(14)
    rho: int = bits(20)
    price: int = bits(20)
    time: int = bits(40)
    window: int = bits(18)
    difficulty: int = bits(32)
    capacity: int = bits(32, highest=True)


def pack_terms(t: TaskTerms) -> int:
    """Word of a task's terms."""
    return layout.pack(t)


def terms(word: int) -> TaskTerms:
    """Terms of a word."""
    return layout.unpack(TaskTerms, word)


def outcome(word: int) -> int:
    """Outcome in a word of terms."""
    return (word >> 219) & (2**3 - 1)


def with_outcome(word: int, outcome: int) -> int:
    """Word of a live task's terms with its outcome."""
    return word | (outcome << 219)


def pack_progress(p: TaskProgress) -> int:
    """Word of a task's progress."""
    return layout.pack(p)


def progress(word: int) -> TaskProgress:
    """Progress of a word."""
    return layout.unpack(TaskProgress, word)


def with_status(word: int, status: int) -> int:
    """Word of progress with another status."""
    return word & ~(7 << 70) | (status << 70)


def with_status_at(word: int, status: int, time: int) -> int:
    """Word of progress with another status, reached at a time."""
    return word & ~(7 << 70 | (2**40 - 1) << 129) | (status << 70) | (time << 129)


def pay(reward: int, price: int) -> int:
    """Pay of an executor.

    Parameters
    ----------
    reward : int
        Token units.
    price : int
        Ppm of the reward.

    Returns
    -------
    int
        Token units, rounded down: against the executor.
    """
    return reward * price // PPM
