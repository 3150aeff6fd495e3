"""Auctions of a wave under rules that clear its tasks together: planned before they are carried out one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.model.constants import BURN_ACCOUNT
from ballast.sim.batch import Batch
from ballast.sim.compiled import allocating
from ballast.sim.market.rules import collateral_of
from ballast.sim.market.steps import NOBODY
from ballast.sim.period.auctions import auction
from ballast.sim.period.baselines import BATCHED, clear_by_baseline
from ballast.sim.period.pool import AUCTION, SELLING
from ballast.sim.period.world import Policy, World


@allocating
def sell(world: World, policy: Policy, later: bool, tally: Any) -> int:
    """Auction what has no executor; the number of tasks left to those who wait for a lower price."""
    if policy.rule > 0 and BATCHED[policy.rule - 1]:
        plan(world, policy, later, tally)
    return int(auction(world, policy, later, tally))


@allocating
def plan(world: World, policy: Policy, later: bool, tally: Any) -> None:
    """Clear the tasks of each class together, and write into each who gets it, if anybody, and at what price.

    Position of the winner and 1, step and price (ppm) stand where the award itself will stand.
    """
    market, bidders = world.market, world.bidders
    online = bidders.size[0]
    selling = world.pool.lists[SELLING, : world.pool.counts[SELLING]]
    load, free = bidders.load[:online].copy(), bidders.free[:online].copy()
    most = np.empty((2, online))
    most[1] = bidders.again[:online]
    for class_id in range(1, len(market.classes)):
        task_class = market.classes[class_id]
        lots = np.empty(len(selling), dtype=np.int64)
        count = 0
        for at in selling:
            task = world.pool.tasks[at]
            if task.class_id == class_id and task.status == NOBODY and not (later and task.rising == 1):
                task.executor = 0
                lots[count] = at
                count += 1
        if count == 0 or online == 0:
            continue
        lots = lots[:count]
        most[0] = bidders.early[:online] if policy.waiting == 1 and not later else bidders.late[:online]
        batch = Batch(
            world.pool.tasks[lots],
            np.array([collateral_of(task_class, world.pool.tasks[at].reward, 0) for at in lots]),
            np.array([world.pool.draws[at, AUCTION] for at in lots]),
            most,
            bidders.kept[class_id],
            market.ledger[0].epoch,
            bidders.key[:online],
            np.full(count, -1),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(online),
        )
        tally.surplus += int(clear_by_baseline(policy.rule - 1, bidders, batch, task_class))
        for i in range(count):
            task = world.pool.tasks[lots[i]]
            task.executor, task.step, task.price = batch.winner[i] + 1, batch.step[i], batch.price[i]
        for i in range(online):
            fee = int(batch.paid[i])
            account = bidders.account[i]
            market.accounts[account].free -= fee
            market.accounts[BURN_ACCOUNT].free += fee
            world.fortune[account].income -= fee
            tally.surplus += fee
            free[i] -= fee
    bidders.load[:online], bidders.free[:online] = load, free
