"""Task words; twin of ``contracts/modules/task_packing.vy``.

A task lives in one of its operator's slots, three words: its terms, its progress, its result. A task's number holds,
from the lowest bit: sequence 32, slot 16, operator 32; the sequence counts the tasks that have used the slot.

Terms: sequence 32, class 24, opened 40, difficulty 32, reward 96, outcome 4, rising 1.
Progress: sequence 32, executor 32, step 8, status 4, own 1, rescued 1, x 14, score 34, time 40, due 40, difficulty 32;
the last is the terms', so that submitting reads one slot.
Where the sequence of the progress differs from that of the terms the task has no executor yet, so that opening a task
writes one slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.model import class_packing, dutch_auction
from ballast.model.constants import PPM

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
class Terms:
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
    """

    sequence: int
    class_id: int
    opened: int
    difficulty: int
    reward: int
    outcome: int
    rising: int


@dataclass(frozen=True, slots=True)
class Progress:
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

    sequence: int
    executor: int
    step: int
    status: int
    own: int
    rescued: int
    x: int
    score: int
    time: int
    due: int
    difficulty: int


def pack_terms(t: Terms) -> int:
    """Word of a task's terms."""
    low = t.sequence | (t.class_id << 32) | (t.opened << 56) | (t.difficulty << 96)
    return low | (t.reward << 128) | (t.outcome << 224) | (t.rising << 228)


def terms(word: int) -> Terms:
    """Terms of a word."""
    return Terms(
        sequence=word & (2**32 - 1),
        class_id=(word >> 32) & (2**24 - 1),
        opened=(word >> 56) & (2**40 - 1),
        difficulty=(word >> 96) & (2**32 - 1),
        reward=(word >> 128) & (2**96 - 1),
        outcome=(word >> 224) & (2**4 - 1),
        rising=(word >> 228) & 1,
    )


def outcome(word: int) -> int:
    """Outcome in a word of terms."""
    return (word >> 224) & (2**4 - 1)


def with_outcome(word: int, outcome: int) -> int:
    """Word of a live task's terms with its outcome."""
    return word | (outcome << 224)


def pack_progress(p: Progress) -> int:
    """Word of a task's progress."""
    low = p.sequence | (p.executor << 32) | (p.step << 64) | (p.status << 72) | (p.own << 76)
    high = (p.x << 78) | (p.score << 92) | (p.time << 126) | (p.due << 166) | (p.difficulty << 206)
    return low | (p.rescued << 77) | high


def progress(word: int) -> Progress:
    """Progress of a word."""
    return Progress(
        sequence=word & (2**32 - 1),
        executor=(word >> 32) & (2**32 - 1),
        step=(word >> 64) & (2**8 - 1),
        status=(word >> 72) & (2**4 - 1),
        own=(word >> 76) & 1,
        rescued=(word >> 77) & 1,
        x=(word >> 78) & (2**14 - 1),
        score=(word >> 92) & (2**34 - 1),
        time=(word >> 126) & (2**40 - 1),
        due=(word >> 166) & (2**40 - 1),
        difficulty=word >> 206,
    )


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


def price(a: class_packing.Auction, t: Terms, step: int, own: int) -> int:
    """Pay of an executor: the price of the winning step, or of the best step for a self-executed task.

    Parameters
    ----------
    a : class_packing.Auction
        The task's class.
    t : Terms
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
