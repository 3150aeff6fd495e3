"""Discounts in price; twin of ``contracts/modules/discounts.vy``.

What a bidder of some load and record is paid less than the clock's start. Load is judged by the paper's curve f: up to
F a busier bidder that f favours less is paid less, above F it is paid much less. A record counts as far as it falls
short of a level.
"""

from __future__ import annotations

from ballast.model import load_curve
from ballast.model.constants import PPM


def of_load(curve: int, idle: int, bonus: int, malus: int, x: int) -> int:
    """Discount of a load.

    Parameters
    ----------
    curve : int
        Packed load curve.
    idle : int
        Discount where f is zero, ppm of the reward.
    bonus : int
        By how much f up to F lessens it, ppm of f.
    malus : int
        By how much f above F adds to it, ppm of f.
    x : int
        Load with the task at hand, basis points.

    Returns
    -------
    int
        Ppm of the reward, never negative; both products are rounded down.
    """
    rate = load_curve.rate(curve, x)
    if x > load_curve.kink(curve):
        return idle + malus * rate // PPM
    return idle - min(bonus * rate // PPM, idle)


def of_record(weight: int, level: int, rho: int) -> int:
    """Discount of a record.

    Parameters
    ----------
    weight : int
        What a missing share of good results costs, ppm.
    level : int
        Reputation from which nothing is missing, ppm.
    rho : int
        Reputation, ppm.

    Returns
    -------
    int
        Ppm of the reward, rounded down: in favour of the bidder.
    """
    if rho >= level:
        return 0
    return weight * (level - rho) // PPM
