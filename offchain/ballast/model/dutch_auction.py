"""Modified Dutch auction; twin of ``contracts/modules/dutch_auction.vy``.

A clock of K steps between two prices, given as parts per million of the task's reward. With start above floor it
falls, with start below floor the same code rises. Load and reputation decide from which step a coprocessor may bid,
a score decides within a step, and a hash between equal scores.
"""

from __future__ import annotations

from ballast.errors import ModelError
from ballast.model._evm import ARITHMETIC
from ballast.model.constants import BPS, PPM
from ballast.model.keccak import keccak_256


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


def entry_step(
    start: int,
    floor_: int,
    steps: int,
    handicap: int,
    reputation_handicap: int,
    min_price: int,
    x: int,
    rho: int,
    present: int,
) -> int:
    """Step at which a bid enters.

    On a falling clock that is the first that load and reputation allow, on a rising one the first at which the price is
    the bid's minimum; but none before the present one.

    Parameters
    ----------
    start, floor_ : int
        Prices of the first and the last step, ppm of the reward.
    steps : int
        K, at least 2.
    handicap, reputation_handicap : int
        Shares of the clock lost at full load and at reputation zero, ppm.
    min_price : int
        Ppm of the reward.
    x : int
        Load with the task at hand, basis points.
    rho : int
        Reputation, ppm.
    present : int
        The step the clock is at, beyond the last one when its time is over.

    Returns
    -------
    int
        A step below K at which the price is at least the minimum, or K if there is none.

    Examples
    --------
    A full bidder of perfect reputation has to wait for two steps of seven; by then the price is 842,858.

    >>> entry_step(980_000, 500_000, 8, 300_000, 100_000, 800_000, 10_000, 1_000_000, 0)
    2
    >>> entry_step(980_000, 500_000, 8, 300_000, 100_000, 900_000, 10_000, 1_000_000, 0)
    8
    """
    if start >= floor_:
        earliest = first_step(steps, handicap, reputation_handicap, x, rho)
    else:
        earliest = step_at(start, floor_, steps, min_price)
    step = max(earliest, present)
    # The price of a falling clock moves away from who has to wait.
    if step < steps and price_at(start, floor_, steps, step) >= min_price:
        return step
    return steps


def leads(task: int, bidder: int, step: int, score: int, leader: int, leader_step: int, leader_score: int) -> bool:
    """Whether a bid displaces the leader: by an earlier step, then a better score, then the smaller hash.

    Nobody displaces itself.

    Parameters
    ----------
    task : int
        The task's number.
    bidder, leader : int
        Escrow accounts.
    step, leader_step : int
        Steps at which they enter.
    score, leader_score : int
        Their scores.
    """
    if leader == bidder:
        return False
    if step != leader_step:
        return step < leader_step
    if score != leader_score:
        return score > leader_score
    return tie_hash(task, bidder) < tie_hash(task, leader)


def tie_hash(task: int, bidder: int) -> int:
    """Hash of a task's number and a bidder's account, which decides between equal scores."""
    return keccak_256(task.to_bytes(32) + bidder.to_bytes(32))
