"""Deadlines; twin of ``contracts/modules/deadlines.vy``.

The moments of a task's life: when its auction ends and who leads has it, and until when a result, a second chance, a
rescue or a challenge is in time. Timestamps and seconds in, timestamps out.

How they are compared, everywhere. `closing` and `awarded` are the first second after a part of the auction: bids are in
time while ``now < moment``. Everything else is a last second: in time while ``now <= last``, over and the next thing
possible when ``now > last``. A result, too, comes when ``now > awarded``, so that no block holds a bid and the result
of the same task.
"""

from __future__ import annotations

from ballast.model.constants import DISPUTE_SECONDS


def present_step(opened: int, step_seconds: int, now: int) -> int:
    """Step a task's clock is at, beyond the last one when its time is over."""
    return (now - opened) // step_seconds


def closing(opened: int, steps: int, step_seconds: int) -> int:
    """Moment at which the clock has run through all its steps."""
    return opened + steps * step_seconds


def awarded(opened: int, step: int, step_seconds: int) -> int:
    """Moment at which whoever leads at a step has the task: the end of that step."""
    return opened + (step + 1) * step_seconds


def due(begun: int, submit_seconds: int) -> int:
    """Last second for the result.

    Parameters
    ----------
    begun : int
        Moment of the award, or the second in which an operator or a rescuer took the task.
    submit_seconds : int
        Time for the result.
    """
    return begun + submit_seconds


def chance_until(closing: int, rescue_seconds: int) -> int:
    """Last second in which the operator may give a task nobody bid for a second chance; then anyone may end it."""
    return closing + rescue_seconds


def rescue_until(due: int, rescued: int, rescue_seconds: int) -> int:
    """Last second in which a late task may be taken over; then anyone may fail it.

    Parameters
    ----------
    due : int
        Last second for the result that is late.
    rescued : int
        1 if a rescuer was late: there is no time for another.
    rescue_seconds : int
        Time for a rescuer.
    """
    return due if rescued == 1 else due + rescue_seconds


def challenge_until(submitted: int, challenge_seconds: int) -> int:
    """Last second in which the court may hold a result; then anyone may settle.

    Parameters
    ----------
    submitted : int
        When the result came, 0 if the court has upheld it: the time is over.
    challenge_seconds : int
        Time for a challenge.
    """
    return submitted + challenge_seconds


def dispute_until(held: int) -> int:
    """Last second of a hold; then anyone may settle a task the court left undecided."""
    return held + DISPUTE_SECONDS


def longest_life(
    steps: int, step_seconds: int, submit_seconds: int, rescue_seconds: int, challenge_seconds: int
) -> int:
    """Longest a task can live, seconds.

    Two auctions with the time between them, execution, rescue, the rescuer's execution, challenge and dispute.

    Parameters
    ----------
    steps : int
        K.
    step_seconds, submit_seconds, rescue_seconds, challenge_seconds : int
        Of the class.
    """
    clock = 2 * steps * step_seconds
    windows = 2 * (submit_seconds + rescue_seconds) + challenge_seconds
    return clock + windows + rescue_seconds + DISPUTE_SECONDS
