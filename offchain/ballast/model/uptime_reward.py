"""Uptime reward; twin of ``contracts/modules/uptime_reward.vy``.

What a coprocessor earns in an epoch for capacity kept near the optimal load, never more than a rebate on the fees its
own tasks paid.
"""

from __future__ import annotations

from ballast.model.constants import PPM


def reward(
    budget: int, capacity: int, total_capacity: int, mean_rate: int, peak: int, fees_paid: int, rebate: int
) -> int:
    """``min(budget * (capacity / total capacity) * (mean f / max f), rebate * fees)``.

    Parameters
    ----------
    budget : int
        Set aside for the epoch, token units.
    capacity, total_capacity : int
        Of the claimant and of all, resource units.
    mean_rate : int
        Mean of f over the epoch, ppm.
    peak : int
        Largest f on [0, F], ppm.
    fees_paid : int
        By the claimant's tasks that finished in the epoch, token units.
    rebate : int
        Ppm of these fees.

    Returns
    -------
    int
        Token units. Both ratios are made ppm and rounded down first, so that all shares sum to at most the budget.
    """
    if total_capacity == 0 or peak == 0:
        return 0
    share = capacity * PPM // total_capacity
    quality = min(mean_rate * PPM // peak, PPM)
    by_share = budget * (share * quality // PPM) // PPM
    return min(by_share, fees_paid * rebate // PPM)
