"""Uptime reward; twin of ``contracts/modules/uptime_reward.vy``.

What a coprocessor earns in an epoch for capacity kept near the optimal load, never more than a rebate on the fees its
own tasks paid.
"""

from __future__ import annotations

from ballast.model.constants import PPM


def weight(capacity: int, bonus: int) -> int:
    """Give what a coprocessor counts for in an epoch: capacity times the integral of f.

    Parameters
    ----------
    capacity : int
        Resource units, below ``2**32``.
    bonus : int
        Integral of f over the time spent up to F, ppm seconds, below ``2**40``.
    """
    return capacity * bonus


def bound(fees_paid: int, rebate: int) -> int:
    """Give the most that a coprocessor may earn in an epoch: a rebate on the fees its tasks paid, rounded down.

    Parameters
    ----------
    fees_paid : int
        By its tasks that finished well in the epoch, token units.
    rebate : int
        Ppm of these fees.
    """
    return fees_paid * rebate // PPM


def pro_rata(budget: int, weight: int, total_weight: int) -> int:
    """Divide a budget by weight: ``budget * weight / total weight``, rounded down once.

    Parameters
    ----------
    budget : int
        Set aside for the epoch, token units.
    weight, total_weight : int
        Of the claimant, and of all who entered, the claimant among them, so not zero.
    """
    return budget * weight // total_weight


def reward(budget: int, weight: int, total_weight: int, bound: int) -> int:
    """Give the token units that a share comes to: ``min(budget * weight / total weight, bound)``.

    Parameters
    ----------
    budget, weight, total_weight : int
        As in `pro_rata`.
    bound : int
        As given by `bound`.
    """
    return min(pro_rata(budget, weight, total_weight), bound)
