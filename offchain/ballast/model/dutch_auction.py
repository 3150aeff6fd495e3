"""Modified Dutch auction; twin of ``contracts/modules/dutch_auction.vy``.

A clock of K steps between two prices, given as parts per million of the task's reward. With start above floor it
falls, with start below floor the same code rises. Load and reputation decide from which step a coprocessor may bid,
and a score decides within a step.
"""

from __future__ import annotations

from ballast.errors import ModelError
from ballast.model._evm import ARITHMETIC
from ballast.model.constants import BPS, PPM


def price_at(start: int, floor_: int, steps: int, step: int) -> int:
    """Price of a step.

    Parameters
    ----------
    start, floor_ : int
        Prices of the first and the last step, ppm of the reward.
    steps : int
        K, at least 2.
    step : int
        Below K.

    Returns
    -------
    int
        Parts per million of the reward; the distance gone is rounded down.
    """
    if start >= floor_:
        return start - (start - floor_) * step // (steps - 1)
    return start + (floor_ - start) * step // (steps - 1)


def step_at(start: int, floor_: int, steps: int, price: int) -> int:
    """First step at which the clock has come to a price or passed it.

    The inverse of `price_at` up to steps of equal price.

    Parameters
    ----------
    start, floor_ : int
        Prices of the first and the last step, ppm of the reward.
    steps : int
        K, at least 2.
    price : int
        Parts per million of the reward.

    Returns
    -------
    int
        A step below K, or K if the clock never gets there.
    """
    if start >= floor_:
        distance = start - floor_
        gap = start - price
    else:
        distance = floor_ - start
        gap = price - start
    if gap <= 0:
        return 0
    if gap > distance:
        return steps
    return (gap * (steps - 1) + distance - 1) // distance


def first_step(steps: int, handicap: int, reputation_handicap: int, x: int, rho: int) -> int:
    """Step from which a coprocessor may take a falling clock.

    Parameters
    ----------
    steps : int
        K, at least 1.
    handicap : int
        Share of the clock lost at full load, ppm.
    reputation_handicap : int
        Share of the clock lost at reputation zero, ppm.
    x : int
        Load with the task at hand, basis points.
    rho : int
        Reputation, ppm.

    Returns
    -------
    int
        Step, rounded down: in favour of the bidder.
    """
    if rho > PPM:
        raise ModelError(ARITHMETIC)
    lost = handicap * x * (PPM // BPS) + reputation_handicap * (PPM - rho)
    return (steps - 1) * lost // PPM**2


def score(x: int, rho: int) -> int:
    """Rank within a step, higher is better: ``(1 - x) rho``.

    Parameters
    ----------
    x : int
        Load with the task at hand, basis points, at most ``BPS``.
    rho : int
        Reputation, ppm.

    Returns
    -------
    int
        At most ``BPS * PPM``, below 2**34.
    """
    if x > BPS:
        raise ModelError(ARITHMETIC)
    return (BPS - x) * rho
