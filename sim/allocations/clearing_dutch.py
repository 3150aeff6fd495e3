"""A falling price for room, at whose last value all trade, above a reserve that adapts from period to period.

After the market of Polkadot's coretime (RFC 17): the price of cores falls in even steps from a premium to the reserve;
whoever buys pays what the price was when the last core was sold, or the reserve if some are left. Each period the
reserve is multiplied by ``exp(K (consumption - target))``. Here tasks buy room. Simplified:

- A task bids the most that its class pays, for each unit. Bidding less gains nothing where all pay one price.
- Cores cost nothing to offer and are as many at any price; room is not. So the price stops falling where tasks take all
  that is offered at it: at the dearest ask that is needed, if that is above the reserve.
- Who asks more than the reserve offers no room at it. So consumption is what is in use as a share of it and what is
  offered at the reserve, mean of the waves of a period.
- Room is alike: a task's executor is drawn from those who offer it at the reserve, as long as somebody does.
- The reserve begins at half of the reward and stays between that and the cap. The least increment of a sold-out period
  is left out: the floor is far from zero. So are renewals: no task is there twice.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.sim.batch import Batch, ask_all, give, in_ppm, mean_rate, take_back, worth_of_unit
from ballast.sim.bidders import Bidders, Fractions, drawn
from ballast.sim.compiled import allocating, compiled
from ballast.sim.handicaps import LOWEST

ABOUT: Final = "a falling price for room, all at its last value, above a reserve that adapts (coretime, RFC 17)"
SENSITIVITY: Final = 2.0
"""K: RFC 17 proposes 2 to 3."""
TARGET: Final = 0.9
"""Consumption at which the reserve stays; RFC 17's."""
PREMIUM: Final = 2.0
"""Where the price begins, as a multiple of the reserve: the smaller of RFC 17's examples."""
RESERVE, CONSUMED, WAVES, EPOCH = range(4)
"""What is remembered of a class: its reserve, ppm of the mean rate; consumption, summed over the waves of a period, and
their number; and the period's epoch."""


@compiled
def adapt(kept: Fractions, epoch: int, least: float, most: float) -> float:
    """Give the reserve of an epoch, between two bounds."""
    if kept[RESERVE] == 0:
        kept[RESERVE] = least
    if kept[EPOCH] != epoch:
        if kept[WAVES] > 0:
            change = np.exp(SENSITIVITY * (kept[CONSUMED] / kept[WAVES] - TARGET))
            kept[RESERVE] = min(max(kept[RESERVE] * change, least), most)
        kept[CONSUMED] = kept[WAVES] = 0.0
        kept[EPOCH] = epoch
    return float(kept[RESERVE])


@compiled
def step_of(price: float, reserve: float, steps: int) -> int:
    """First step at which the falling price is no higher than a price."""
    for step in range(steps):
        if reserve * (PREMIUM - (PREMIUM - 1.0) * step / (steps - 1)) <= price:
            return step
    return steps - 1


@allocating
def clear(bidders: Bidders, batch: Batch, task_class: Any) -> float:
    """Let tasks buy room from the highest bid down; nobody pays more than it bid."""
    count, online, rate = len(batch.tasks), bidders.size[0], mean_rate(batch)
    reserve = adapt(batch.kept, batch.epoch, float(LOWEST), float(task_class.cap))
    bid = np.array([worth_of_unit(batch, lot, task_class, rate) for lot in range(count)])
    price = reserve
    for lot in np.argsort(-bid, kind="mergesort"):
        if bid[lot] < reserve:
            continue
        cheapest = ask_all(bidders, batch, lot, task_class)
        place = drawn(batch.key, np.floor(reserve) + 1.0, batch.draws[lot])
        if place < 0:
            if batch.key[cheapest] > bid[lot]:
                continue
            place, price = cheapest, max(price, batch.key[cheapest])
        give(bidders, batch, lot, place)
    for lot in range(count):
        if batch.winner[lot] >= 0 and bid[lot] < price:
            take_back(bidders, batch, lot)
        batch.price[lot], batch.step[lot] = in_ppm(batch, lot, price, rate), step_of(price, reserve, task_class.steps)
    used = offered = 0.0
    ask_all(bidders, batch, 0, task_class)
    for i in range(online):
        used += bidders.load[i]
        offered += max(batch.most[0, i] - bidders.load[i], 0.0) if batch.key[i] <= reserve else 0.0
    batch.kept[CONSUMED] += used / (used + offered) if used + offered > 0 else 1.0
    batch.kept[WAVES] += 1.0
    return 0.0
