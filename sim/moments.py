"""When the phases of a period are: one block each, so many seconds after its start, as a class's terms allow.

A task may be opened, auctioned twice, submitted, slashed, taken over and settled within one period. So each phase comes
as late as the tasks before it need, and as early as those that could be missed need: all late tasks are slashed in one
block, which is after the last of them is due and before the time to take over the first is over.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ballast.errors import ParameterError
from ballast.model.parameters import ClassParameters

OPENING: Final = 1
"""Second in which tasks are opened."""
MARGIN: Final = 2
"""Seconds from the end of a time limit to the block that relies on it."""
REST: Final = 10
"""Seconds of an epoch after the last phase."""


class Moments(NamedTuple):
    """Moments of a period, seconds after its start.

    Attributes
    ----------
    open, bid, bid_later : int
        Tasks are opened; coprocessors bid early; all bid.
    reopen, bid_again : int
        Unsold tasks are reopened; coprocessors bid again.
    submit : int
        Executors submit, or are late.
    enforce : int
        Unsold tasks expire, wrong results are overturned, late tasks are slashed and taken over.
    for_all : int
        From here on others than its operator may end an unsold task.
    submit_rescued, settle : int
        Rescuers submit; late tasks fail, and everything submitted is settled.
    end : int
        Seconds an epoch has at least.
    """

    open: int
    bid: int
    bid_later: int
    reopen: int
    bid_again: int
    submit: int
    enforce: int
    for_all: int
    submit_rescued: int
    settle: int
    end: int


def moments_of(terms: ClassParameters) -> Moments:
    """Find the moments of a period whose classes have some terms.

    Raises
    ------
    ParameterError
        If there are none: a time limit is too short for the clock, or the clock itself; with what would be right.

    Examples
    --------
    >>> moments_of(ClassParameters(submit_seconds=160, rescue_seconds=60))[:6]
    (1, 2, 10, 18, 19, 150)
    """
    clock = terms.steps * terms.step_seconds
    if clock < 3:
        raise ParameterError(f"steps and step_seconds make a clock of {clock} seconds: a run needs at least 3")
    closed = OPENING + 2 * clock + 1
    least = closed + MARGIN - OPENING
    for name in ("submit_seconds", "rescue_seconds", "challenge_seconds"):
        if (seconds := getattr(terms, name)) < least:
            raise ParameterError(
                f"{name} is {seconds}: a run ends the tasks of a period together, and needs at least {least} with a "
                f"clock of {clock} seconds"
            )
    enforce = closed + terms.submit_seconds + MARGIN
    submit = max(terms.submit_seconds * 15 // 16, enforce - terms.challenge_seconds, closed + 1)
    submit_rescued = enforce + MARGIN
    last = max(submit_rescued + terms.challenge_seconds, closed + terms.submit_seconds + terms.rescue_seconds)
    return Moments(
        open=OPENING,
        bid=OPENING + 1,
        bid_later=OPENING + terms.steps // 2 * terms.step_seconds + 1,
        reopen=OPENING + clock + 1,
        bid_again=OPENING + clock + 2,
        submit=submit,
        enforce=enforce,
        for_all=closed + terms.rescue_seconds + 1,
        submit_rescued=submit_rescued,
        settle=last + MARGIN,
        end=last + MARGIN + REST,
    )
