"""When things happen in a period: in waves, evenly over its epoch, each of a few blocks.

A wave begins with a turn: what is due is held, slashed, taken over, failed or settled, and operators open tasks. One
second later coprocessors submit what is done and bid; a step later those bid who waited. What nobody bid for is
reopened at the next wave's turn. So a wave takes at least as long as the clock, and waves follow one another faster
than any time limit passes: nothing is missed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ballast.errors import ParameterError
from ballast.model.parameters import ClassParameters
from ballast.sim.compiled import compiled
from ballast.sim.scenario import Scenario

TURN: Final = 1
"""Second of a wave at which its turn is."""
SHORTEST: Final = 3
"""Seconds a clock has at least: all bids, later ones too, come before its end."""


class Moments(NamedTuple):
    """Moments of a period.

    Attributes
    ----------
    epoch_seconds : int
        Length of the period.
    waves : int
        Waves in it.
    turn, bid, bid_later : int
        Seconds of a wave: when what is due is done and tasks are opened; when coprocessors submit and bid; when those
        bid who waited.
    gap : int
        Seconds from one wave to the next, at most.
    """

    epoch_seconds: int
    waves: int
    turn: int
    bid: int
    bid_later: int
    gap: int


@compiled
def begins(moments: Moments, start: int, wave: int) -> int:
    """Timestamp at which a wave begins, of a period that begins at a timestamp."""
    return start + wave * moments.epoch_seconds // moments.waves


def moments_of_all(scenario: Scenario) -> Moments:
    """Find the moments of a period of a scenario: later bids come before the end of every clock.

    Raises
    ------
    ParameterError
        If there are none, with the class.
    """
    every, found = scenario.class_terms(), []
    for name, terms in every.items():
        try:
            found.append(moments_of(terms, scenario.network().epoch_seconds, scenario.played_waves()))
        except ParameterError as error:
            raise error if not scenario.classes else ParameterError(f"class {name}: {error}") from None
    return min(found, key=lambda moments: moments.bid_later)


def moments_of(terms: ClassParameters, epoch_seconds: int, waves: int) -> Moments:
    """Find the moments of a period whose classes have some terms.

    Parameters
    ----------
    terms : ClassParameters
        Of the classes.
    epoch_seconds : int
        Length of the period.
    waves : int
        Waves in it.

    Raises
    ------
    ParameterError
        If there are none: waves are shorter than the clock, or come less often than a time limit asks for; with what
        would be right.

    Examples
    --------
    >>> moments_of(ClassParameters(rescue_seconds=60), epoch_seconds=320, waves=8)
    Moments(epoch_seconds=320, waves=8, turn=1, bid=2, bid_later=4, gap=40)
    """
    clock, gap = terms.steps * terms.step_seconds, -(-epoch_seconds // waves)
    if clock < SHORTEST:
        raise ParameterError(f"steps and step_seconds make a clock of {clock} seconds: a run needs at least {SHORTEST}")
    if epoch_seconds // waves < clock:
        fewer = (
            f"at most {epoch_seconds // clock} --waves" if epoch_seconds >= clock else f"an epoch of {clock} seconds"
        )
        raise ParameterError(
            f"waves is {waves}, and epoch_seconds {epoch_seconds}: a wave is as long as the clock, {clock} seconds, or "
            f"longer: give {fewer}"
        )
    for name, least in (("rescue_seconds", gap), ("challenge_seconds", gap), ("submit_seconds", 2 * gap)):
        if (seconds := getattr(terms, name)) < least:
            right = "more --waves" if waves < epoch_seconds // clock else "a shorter clock"
            raise ParameterError(
                f"{name} is {seconds}: a run looks at its tasks every {gap} seconds, and needs at least {least}; give "
                f"{right}, or longer limits"
            )
    return Moments(
        epoch_seconds=epoch_seconds,
        waves=waves,
        turn=TURN,
        bid=TURN + 1,
        bid_later=TURN + terms.step_seconds + 1,
        gap=gap,
    )
