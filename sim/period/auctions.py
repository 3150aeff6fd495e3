"""Auctions of a period: bids early and late, the second chance, and how loaded everybody is afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.model.constants import PPM
from ballast.sim.bidders import NOT_AT_ALL, Fractions, asked_at
from ballast.sim.compiled import allocating, compiled
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.rules import collateral_of, for_coprocessor, present_step
from ballast.sim.market.steps import NOBODY, capacity_of, reopen, room_of, take_own, win
from ballast.sim.period.allocation import find
from ballast.sim.period.behaviour import asking
from ballast.sim.period.placing import can_take_own
from ballast.sim.period.world import AGAIN, AUCTION, HEAVY_COMPLEXITY_FROM, SELF, Policy, World


@compiled
def gather(world: World, order: Integers) -> None:
    """Show the auctions the coprocessors of an order: their loads, funds, reputations and what they ask."""
    market, bidders = world.market, world.bidders
    bidders.size[0] = len(order)
    for i, account in enumerate(order):
        account_row, who = market.accounts[account], world.traits[account]
        capacity, room = capacity_of(market, account), room_of(market, account)
        bidders.account[i] = account
        bidders.load[i] = account_row.load
        bidders.share[i] = 1e4 / max(capacity, 1)
        bidders.free[i] = account_row.free
        bidders.early[i] = min(who.comfort * capacity // 10_000, room)
        bidders.late[i] = min(who.patience * capacity // 10_000, room)
        bidders.reputation[i] = account_row.reputation
        for class_id in range(1, len(market.classes)):
            task_class = market.classes[class_id]
            base, slope = asking(market, task_class, who, account_row.reputation)
            code = for_coprocessor(
                1, who.complexity, task_class.complexity, task_class.min_reputation, 0, 0, 0, 0, account_row.reputation
            )
            bidders.base[class_id, i] = base if code == 0 else NOT_AT_ALL
            bidders.slope[class_id, i] = slope
            bidders.behind[class_id, i] = task_class.reputation_handicap * (PPM - account_row.reputation)


@compiled
def auction(world: World, tasks: Records, draws: Fractions, policy: Policy, wave: int, tally: Any) -> int:
    """Auction what has no executor; the number of tasks still without one.

    ``wave`` is 0 for those who bid early, 1 for those who waited, 2 for the second chance.
    """
    market, bidders = world.market, world.bidders
    left = 0
    total = 0.0
    for place in range(bidders.size[0]):
        total += bidders.load[place] * bidders.share[place]
    for i in range(len(tasks)):
        task = tasks[i]
        if task.status != NOBODY or (wave == 2 and task.rising == 0):
            continue
        task_class = market.classes[task.class_id]
        now = present_step(task.opened, task_class.step_seconds, market.ledger[0].now)
        early = wave == 0 and policy.waiting == 1
        draw = draws[i, AUCTION : AUCTION + 3]
        place, step, x, score, price = find(bidders, task, task_class, policy.rule, early, now, policy.watch, draw)
        if place < 0:
            left += 1
            continue
        task.asked = int(asked_at(bidders, place, task.class_id, float(x)))
        who = world.traits[bidders.account[place]]
        task.ceiling = who.comfort if early else who.patience
        task.wave = wave
        win(market, task, bidders.account[place], step, x, score, price)
        tally.winners_gap += bidders.load[place] * bidders.share[place] - total / bidders.size[0]
        total += task.difficulty * bidders.share[place]
        bidders.load[place] += task.difficulty
        bidders.free[place] -= collateral_of(task_class, task.reward)
        tally.above_kink += x > market.rules[0].kink
        if wave == 0:
            tally.sold_early += 1
        elif wave == 1:
            tally.sold_later += 1
        else:
            tally.sold_again += 1
    return left


@compiled
def second_chance(world: World, tasks: Records, tally: Any) -> None:
    """Take unsold light tasks into own execution if there is room by now; reopen the others on the rising clock."""
    market = world.market
    for task in tasks:
        if task.status != NOBODY:
            continue
        task_class = market.classes[task.class_id]
        if task_class.complexity < HEAVY_COMPLEXITY_FROM and can_take_own(
            world, task, task_class, collateral_of(task_class, task.reward)
        ):
            take_own(market, task)
            task.second_chance = SELF
            tally.self_executed += 1
            tally.auctioned -= 1
        else:
            reopen(market, task)
            task.second_chance = AGAIN


@allocating
def measure_loads(world: World, tasks: Records, order: Integers, best: int, peak_load: Integers, tally: Any) -> None:
    """Take the loads of the coprocessors at their height, and count what expires while somebody could have taken it.

    ``best`` is B in basis points; ``peak_load`` gets everybody's load in them.
    """
    market = world.market
    total = squares = 0.0
    loads = np.empty(len(order))
    for i, account in enumerate(order):
        capacity = max(capacity_of(market, account), 1)
        x = min(market.accounts[account].load * 10_000 // capacity, 10_000)
        peak_load[account] = x
        loads[i] = x
        total += x
        squares += x * x
        tally.load_above += x > market.rules[0].kink
        tally.load_from_b += abs(x - best)
    if len(order) > 0:
        tally.load_jain = total * total / (len(order) * squares) if squares > 0 else 1.0
        tally.load_p95 = np.sort(loads)[min(int(0.95 * len(order)), len(order) - 1)]
        tally.load_mean = total / len(order)
        tally.load_above /= len(order)
        tally.load_from_b /= len(order)
    for task in tasks:
        if task.status != NOBODY:
            continue
        task_class = market.classes[task.class_id]
        collateral = collateral_of(task_class, task.reward)
        for account in order:
            account_row = market.accounts[account]
            code = for_coprocessor(
                1,
                world.traits[account].complexity,
                task_class.complexity,
                task_class.min_reputation,
                account_row.load + task.difficulty,
                room_of(market, account),
                0,
                0,
                account_row.reputation,
            )
            if code == 0 and account_row.free >= collateral:
                tally.idle_expired += 1
                break
