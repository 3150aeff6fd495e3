"""Modified Dutch auction; twin of ``contracts/modules/dutch_auction.vy``.

A clock of K steps, at prices in parts per million of the task's reward. In the first auction it falls by a fixed tick
from the task's start price, and a bid enters as many ticks below it as its discounts for load and record ask for. In
the last call, for what nobody took, it rises from the start price to the cap, and a bid enters where it pays the bid's
minimum and the discounts. A score decides within a step, and a hash between equal scores.
"""

from __future__ import annotations

from ballast.errors import ModelError
from ballast.model._evm import ARITHMETIC
from ballast.model.constants import BPS
from ballast.model.keccak import keccak_256


def price_at(start: int, cap: int, steps: int, step: int) -> int:
    """Price of a step of the rising clock.

    Parameters
    ----------
    start, cap : int
        Prices of the first and the last step, ppm of the reward; the cap is not below the start.
    steps : int
        K, at least 2.
    step : int
        Below K.

    Returns
    -------
    int
        Parts per million of the reward, rounded down.
    """
    return start + (cap - start) * step // (steps - 1)


def step_at(start: int, cap: int, steps: int, price: int) -> int:
    """First step at which the rising clock has come to a price.

    Parameters
    ----------
    start, cap : int
        Prices of the first and the last step, ppm of the reward; the cap is not below the start.
    steps : int
        K, at least 2.
    price : int
        Parts per million of the reward, at most the cap.

    Returns
    -------
    int
        A step below K.
    """
    if price <= start:
        return 0
    return ((price - start) * (steps - 1) + cap - start - 1) // (cap - start)


def entry_falling(
    start: int, floor_: int, steps: int, tick: int, min_price: int, discount: int, present: int
) -> tuple[int, int]:
    """Step at which a bid enters the falling clock, and its price.

    Parameters
    ----------
    start, floor_ : int
        The task's start price, and the lowest price, ppm of the reward.
    steps : int
        K, at least 2.
    tick : int
        By how much the price falls each step, ppm of the reward.
    min_price : int
        The bid's, ppm of the reward.
    discount : int
        For load and record, ppm of the reward.
    present : int
        The step the clock is at, beyond the last one when its time is over.

    Returns
    -------
    step, price : int
        A step below K and its price, ppm of the reward; or K and 0 if the price would be below the minimum.

    Examples
    --------
    A discount of 45,000 is rounded up to five ticks of 10,000.

    >>> entry_falling(800_000, 100_000, 60, 10_000, 700_000, 45_000, 0)
    (5, 750000)
    >>> entry_falling(800_000, 100_000, 60, 10_000, 760_000, 45_000, 0)
    (60, 0)
    """
    step = max((discount + tick - 1) // tick, present)
    if step >= steps or step * tick + max(floor_, min_price) > start:
        return steps, 0
    return step, start - step * tick


def entry_rising(
    start: int,
    floor_: int,
    cap: int,
    steps: int,
    min_price: int,
    of_load: int,
    of_record: int,
    hard: int,
    present: int,
) -> tuple[int, int]:
    """Step at which a bid enters the last call, and its price.

    It is ranked by its minimum and its discounts, and paid less by these. Where the sum exceeds the cap, the discount
    for load gives way first, and then that for the record, so that nothing is left unsold for a discount alone.

    Parameters
    ----------
    start, floor_, cap : int
        The task's start price, and the lowest and the highest price, ppm of the reward.
    steps : int
        K, at least 2.
    min_price : int
        The bid's, ppm of the reward.
    of_load, of_record : int
        Discounts, ppm of the reward.
    hard : int
        1 if the discount for the record does not give way.
    present : int
        The step the clock is at, beyond the last one when its time is over.

    Returns
    -------
    step, price : int
        A step below K, and what is paid, ppm of the reward; or K and 0 if there is none.

    Examples
    --------
    Halfway from 800,000 to the cap the clock pays a minimum of 850,000 and 40,000 of discounts.

    >>> entry_rising(800_000, 100_000, 980_000, 61, 850_000, 15_000, 25_000, 0, 0)
    (30, 850000)
    """
    ask = max(min_price, floor_)
    if ask > cap:
        return steps, 0
    kept = of_record if hard == 1 else min(of_record, cap - ask)
    if ask + kept > cap:
        return steps, 0
    discount = kept + min(of_load, cap - ask - kept)
    step = max(step_at(start, cap, steps, ask + discount), present)
    if step >= steps:
        return steps, 0
    return step, price_at(start, cap, steps, step) - discount


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
