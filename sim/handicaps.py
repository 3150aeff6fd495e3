"""A clock with handicaps, compiled: the auction as it was before start prices adapted, kept for comparison.

The clock has few steps between two prices that never change. On the falling one a share of it is lost by load and by
record, so that a busy bidder comes later and is paid less; on the rising one a bidder comes at the step that pays what
it asks. It serves the rules of `ballast.sim.allocations` that have a clock.
"""

from __future__ import annotations

from ballast.model.constants import BPS, PPM
from ballast.sim.compiled import compiled

STEPS, SECONDS = 8, 2
"""Steps of the clock, and the length of one."""
HIGHEST, LOWEST = 980_000, 500_000
"""First and last price of the falling clock, ppm of the reward; the other way round on the rising one."""
BY_LOAD, BY_RECORD = 300_000, 100_000
"""Shares of the clock that a full load, and a reputation of zero, cost; ppm."""
FREE, FALLING, SCORED, RISING = 0, 1, 2, 3
"""Clocks: none; one that falls without handicaps and scores; one that falls with them; and one that rises."""


@compiled
def handicapped_price(step: int, rising: bool) -> int:
    """Price of a step, ppm of the reward; the distance gone is rounded down."""
    gone = (HIGHEST - LOWEST) * step // (STEPS - 1)
    return LOWEST + gone if rising else HIGHEST - gone


@compiled
def handicapped_step(asked: int, x: int, rho: int, present: int, scored: bool, rising: bool) -> int:
    """First step at which a bidder may take a task at what it asks, or ``STEPS`` if there is none.

    Parameters
    ----------
    asked : int
        Ppm of the reward.
    x, rho : int
        Load with the task, basis points; and reputation, ppm.
    present : int
        The step the clock is at.
    scored : bool
        Whether load and reputation count.
    rising : bool
        Whether the clock rises.
    """
    step = present
    if rising:
        gap = max(asked - LOWEST, 0) * (STEPS - 1) + HIGHEST - LOWEST - 1
        step = max(step, gap // (HIGHEST - LOWEST))
    elif scored:
        lost = BY_LOAD * x * (PPM // BPS) + BY_RECORD * (PPM - rho)
        step = max(step, (STEPS - 1) * lost // PPM**2)
    if step < STEPS and handicapped_price(step, rising) >= asked:
        return step
    return STEPS
