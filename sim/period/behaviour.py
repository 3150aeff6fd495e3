"""How participants decide, compiled: to work or to shirk, to delegate or not, what to ask, when to give up.

Shares of a reward are plain fractions here; what leaves for a contract is in ppm.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.model.constants import BPS, PPM
from ballast.sim.compiled import compiled
from ballast.sim.market.records import Market
from ballast.sim.market.rules import amplifier, collateral_of, late_amount, penalty_of
from ballast.sim.scenario import WASH

TRAITS: Final = np.dtype(
    [
        # what work costs, ppm of the reward: light and heavy tasks, and how much more at full load
        ("cost", np.int64),
        ("cost_heavy", np.int64),
        ("growth", np.int64),
        # what it asks above its costs, ppm of the reward
        ("markup", np.int64),
        # loads in basis points: below which it bids early, above which not at all
        ("comfort", np.int64),
        ("patience", np.int64),
        # 1 if it bids for nothing but what nobody took in a first auction
        ("last_call", np.int64),
        # largest complexity it executes
        ("complexity", np.int64),
        # how fast its machine is, 1 is the mean
        ("speed", np.float64),
        # chance of a result in time with and without effort, and that a result is right
        ("punctuality", np.float64),
        ("careless", np.float64),
        ("quality", np.float64),
        # what effort costs, as a share of the reward; taste for own execution; weight of what may be slashed
        ("effort", np.float64),
        ("taste", np.float64),
        ("caution", np.float64),
        # 1 if it never makes an effort; 1 if it belongs to a ring that trades with itself
        ("shirks", np.int64),
        ("ring", np.int64),
    ],
    align=True,
)
"""What a participant is like; one row an account."""

FORTUNE: Final = np.dtype(
    [
        ("online", np.int64),
        ("active", np.int64),
        ("left", np.int64),
        ("income", np.int64),
        ("slashed", np.int64),
        ("tasks", np.int64),
        ("good", np.int64),
        ("shirked", np.int64),
        ("spent", np.float64),
        ("before", np.float64),
        ("mood", np.float64),
    ],
    align=True,
)
"""How a participant fares; one row an account.

``online``, ``active`` and ``left`` are 0 or 1: who is offline neither bids nor submits; who is no longer active takes no
more tasks, and has left when its last one is done. ``income`` counts rewards and prices of settled tasks, ``spent`` the cost of work;
``before`` is what the account held less what was spent, at the end of the last period, and ``mood`` a moving average of
its change a period."""

WEIGHT_OF_NOW: Final = 0.05
"""Weight of the last period in the mood."""


@compiled
def makes_effort(market: Market, task_class: Any, task: Any, who: Any, punctuality: float) -> bool:
    """Whether an executor works for a task: if what effort adds to its chances is worth its cost.

    ``(price + slash) (p1 - p0) >= effort``: the price is lost and the slash due when the result does not come.
    """
    if who.shirks == 1:
        return False
    more = amplifier(market, task.x)
    slash = late_amount(
        task.reward,
        collateral_of(task_class, task.reward),
        task_class.slash_factor,
        more,
        market.rules[0].lateness_floor,
    )
    return bool((task.price + slash) * (punctuality - who.careless) >= who.effort * task.reward)


@compiled
def work_seconds(who: Any, difficulty: int, pace: float) -> int:
    """Give the seconds that a task takes: the root of its difficulty, since large tasks are wide as well as long.

    ``pace`` is what a task of difficulty 1 takes on a machine of speed 1.
    """
    return int(np.ceil(pace * np.sqrt(float(difficulty)) / who.speed))


@compiled
def reach(who: Any, submit_seconds: int, gap: int, pace: float) -> float:
    """Give the largest difficulty that is surely done in time by somebody who submits every ``gap`` seconds."""
    return float(((submit_seconds - gap) * who.speed / pace) ** 2)


@compiled
def own_benefit(market: Market, task_class: Any, who: Any, heavy: bool) -> float:
    """Give the net benefit to expect of executing a task oneself, as a share of its reward: ``r p - s (1 - p) - cost``.

    The paper's section 2.2; s holds the slash of a late result and the operator's penalty.
    """
    p = who.punctuality * who.quality
    collateral = collateral_of(task_class, PPM)
    slash = late_amount(PPM, collateral, task_class.slash_factor, PPM, market.rules[0].lateness_floor) + penalty_of(
        task_class, collateral
    )
    cost = who.cost_heavy if heavy else who.cost
    gain = (
        max(task_class.start, task_class.floor_) * (1.0 - task_class.fee / PPM)
        + PPM
        - max(task_class.start, task_class.floor_)
    )
    return float((gain * p - slash * (1.0 - p) - cost) / PPM)


@compiled
def delegated_benefit(task_class: Any, expected_price: float, trust: float) -> float:
    """Give the net benefit to expect of delegating a task, as a share of its reward: ``(r - b) p - penalty (1 - p)``.

    Parameters
    ----------
    task_class : record
        The class.
    expected_price : float
        b, what auctions have cost of late, as a share of the reward.
    trust : float
        p, chance that a coprocessor succeeds.
    """
    penalty = penalty_of(task_class, collateral_of(task_class, PPM)) / PPM
    return float((1.0 - expected_price) * trust - penalty * (1.0 - trust))


@compiled
def asking(market: Market, task_class: Any, who: Any, rho: int) -> tuple[int, int]:
    """Give what a coprocessor asks for a task: at no load, and how much more at full load, ppm of the reward.

    Its cost and markup, and what it expects to lose by slashing, weighted by its caution; at full load work costs more
    and the load curve amplifies the slash. A ring takes the tasks of its own class at any price.
    """
    if who.ring == 1 and task_class.avs == market.classes[WASH].avs:
        return 0, 0
    risk = who.caution * (1.0 - rho / PPM)
    collateral = collateral_of(task_class, PPM)
    lowest = market.rules[0].lateness_floor
    idle = late_amount(PPM, collateral, task_class.slash_factor, PPM, lowest)
    full = late_amount(PPM, collateral, task_class.slash_factor, amplifier(market, BPS), lowest)
    return int(who.cost + who.markup + risk * idle), int(who.growth + risk * (full - idle))


@compiled
def feel(market: Market, fortune: Any, first: int, last: int) -> None:
    """Update the moods of a range of accounts at the end of a period, and sum up what they have."""
    for i in range(first, last):
        fares = fortune[i]
        wealth = market.accounts[i].free + market.accounts[i].locked - fares.spent
        if fares.active == 1:
            fares.mood += WEIGHT_OF_NOW * (wealth - fares.before - fares.mood)
        fares.before = wealth
