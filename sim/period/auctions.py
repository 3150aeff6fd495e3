"""Auctions of a wave: bids early and late, the last call, and how loaded everybody is afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.model.constants import BPS, PPM
from ballast.sim.bidders import NOT_AT_ALL, asked_at
from ballast.sim.compiled import allocating, compiled
from ballast.sim.kinds import HEAVY_COMPLEXITY_FROM
from ballast.sim.market.records import Integers
from ballast.sim.market.rules import collateral_of, for_coprocessor, of_record
from ballast.sim.market.steps import (
    EXPIRED,
    NOBODY,
    backing_of,
    capacity_of,
    end_unpaid,
    leave_unsold,
    locked_for,
    reopen,
    room_of,
    take_own,
    win,
)
from ballast.sim.period.allocation import find
from ballast.sim.period.behaviour import asking, at_stake, reach, slowed, work_seconds
from ballast.sim.period.beliefs import chance, shown, strain
from ballast.sim.period.placing import can_take_own
from ballast.sim.period.pool import (
    AUCTION,
    BID,
    BID_LATER,
    EXPIRE,
    REOPEN,
    SELF_EXECUTE,
    SELLING,
    TURN,
    UNSOLD,
    end,
    note,
    put,
)
from ballast.sim.period.world import AGAIN, SELF, PeriodRecord, Policy, World
from ballast.sim.scenario import HEAVY

EARLY, LATER, SECOND_CHANCE = 0, 1, 2
"""Rounds of bids: of those who bid early, of those who waited, and in the last call."""


@compiled
def gather(world: World, order: Integers, policy: Policy) -> None:
    """Show the auctions the coprocessors of an order: reputations, what they ask, and what they manage in time."""
    market, bidders = world.market, world.bidders
    bidders.size[0], bidders.size[2] = len(order), market.rules[0].kink
    for i, account in enumerate(order):
        reputation, who = market.accounts[account].reputation, world.traits[account]
        fares = world.fortune[account]
        bidders.account[i] = account
        bidders.reputation[i], bidders.record[i] = reputation, shown(market, account)
        for class_id in range(1, len(market.classes)):
            task_class = market.classes[class_id]
            price = world.beliefs[class_id].price
            base, slope, steep = asking(
                market,
                task_class,
                who,
                fares,
                reputation,
                policy.break_even,
                policy.markup,
                policy.overload,
                account,
                at_stake(market, task_class, who, fares, account, policy.pace, price),
            )
            if class_id == HEAVY:
                fares.base, fares.slope, fares.steep = base, slope, steep
            code = for_coprocessor(
                1, who.complexity, task_class.complexity, task_class.min_reputation, 0, 0, 0, 0, reputation
            )
            bidders.base[class_id, i] = base if code == 0 else NOT_AT_ALL
            bidders.slope[class_id, i], bidders.steep[class_id, i] = slope, steep
            bidders.reach[class_id, i] = reach(who, task_class.submit_seconds, policy.moments.gap, policy.pace)
            bidders.behind[class_id, i] = of_record(task_class.weight, task_class.level, reputation)


@compiled
def look(world: World) -> None:
    """Show the auctions what changes within an epoch: loads, capacities and funds."""
    market, bidders = world.market, world.bidders
    bidders.size[1] = 0
    for i in range(bidders.size[0]):
        account = bidders.account[i]
        account_row, who = market.accounts[account], world.traits[account]
        capacity, room = capacity_of(market, account), room_of(market, account)
        bidders.size[1] += capacity
        bidders.load[i] = account_row.load
        bidders.share[i] = 1e4 / max(capacity, 1)
        bidders.free[i] = account_row.free
        for class_id in range(1, len(market.classes)):
            if market.classes[class_id].stake_share > 0:
                backing = capacity * market.rules[0].stake_per_unit
                bidders.least[class_id, i] = collateral_of(market.classes[class_id], 0, backing)
        bidders.again[i] = min(who.patience * capacity // 10_000, room)
        bidders.early[i] = min(who.comfort * capacity // 10_000, room) if who.last_call == 0 else 0
        bidders.late[i] = bidders.again[i] if who.last_call == 0 else 0


@allocating
def in_turn(world: World) -> None:
    """Put what is up for auction into the order in which it is auctioned, which was drawn."""
    selling = world.pool.lists[SELLING, : world.pool.counts[SELLING]]
    turns = np.empty(len(selling))
    for i in range(len(selling)):
        turns[i] = world.pool.draws[selling[i], TURN]
    selling[:] = selling[np.argsort(turns)]


@compiled
def auction(world: World, policy: Policy, later: bool, tally: Any) -> int:
    """Auction what has no executor; the number of tasks left to those who wait for a lower price."""
    market, bidders = world.market, world.bidders
    left = 0
    total = 0.0
    for place in range(bidders.size[0]):
        total += bidders.load[place] * bidders.share[place]
    for at in world.pool.lists[SELLING, : world.pool.counts[SELLING]]:
        task = world.pool.tasks[at]
        if task.status != NOBODY or (later and task.rising == 1):
            continue
        task_class = market.classes[task.class_id]
        gone = market.ledger[0].now - task.opened
        early = not later and task.rising == 0 and policy.waiting == 1
        draw = world.pool.draws[at, AUCTION : AUCTION + 3]
        place, step, x, price = find(
            bidders, market.discounts, task, task_class, policy.rule, early, gone, policy.watch, draw
        )
        if place < 0:
            left += early
            tally.idle_expired += task.rising == 1 and could_be_taken(world, task, task_class)
            continue
        bidder = bidders.account[place]
        who = world.traits[bidder]
        task.asked = int(asked_at(bidders, place, task.class_id, float(x)))
        task.ceiling = who.comfort if early else who.patience
        task.round = SECOND_CHANCE if task.rising == 1 else LATER if later else EARLY
        win(market, task, bidder, step, x, price)
        world.beliefs[task.class_id].offered[0] += task.reward
        record = bidders.record[place]
        believed = chance(world.beliefs, task.class_id, record, strain(market.rules[0].kink, float(x)))
        task.record, task.chance, task.loaded = int(record * PPM), int(believed * PPM), x
        limit = task_class.submit_seconds - policy.moments.gap
        task.ready = task.time + slowed(who, work_seconds(who, task.difficulty, policy.pace), x, limit)
        note(world.pool, BID_LATER if later else BID, bidder, task, task.asked, task.ceiling)
        tally.winners_gap += bidders.load[place] * bidders.share[place] - total / bidders.size[0]
        total += task.difficulty * bidders.share[place]
        bidders.load[place] += task.difficulty
        bidders.free[place] -= locked_for(market, task)
        tally.above_kink += x > market.rules[0].kink
        tally.steps += step
        if task.rising == 1:
            tally.sold_again += 1
        elif later:
            tally.sold_later += 1
        else:
            tally.sold_early += 1
    return left


@compiled
def could_be_taken(world: World, task: Any, task_class: Any) -> bool:
    """Whether somebody able has room, funds and time for a task."""
    market, bidders = world.market, world.bidders
    collateral = collateral_of(task_class, task.reward, 0)
    for i in range(bidders.size[0]):
        code = for_coprocessor(
            1,
            world.traits[bidders.account[i]].complexity,
            task_class.complexity,
            task_class.min_reputation,
            int(bidders.load[i]) + task.difficulty,
            room_of(market, bidders.account[i]),
            0,
            0,
            int(bidders.reputation[i]),
        )
        in_time = task.difficulty <= bidders.reach[task.class_id, i]
        needed = max(collateral, bidders.least[task.class_id, i])
        if code == 0 and bidders.free[i] >= needed and in_time:
            return True
    return False


@compiled
def second_chance(world: World, policy: Policy, tally: Any) -> None:
    """Take unsold light tasks into own execution if there is room by now; reopen others once, then let them expire."""
    market = world.market
    for place in world.pool.lists[UNSOLD, : world.pool.counts[UNSOLD]]:
        task = world.pool.tasks[place]
        task_class = market.classes[task.class_id]
        if task.rising == 1:
            note(world.pool, EXPIRE, task.operator, task, 0, 0)
            end_unpaid(market, task, world.rows[task.operator], EXPIRED)
            end(world.pool, place)
            world.beliefs[task.class_id].offered[1] += task.reward
            tally.unsold += 1
        elif task_class.complexity < HEAVY_COMPLEXITY_FROM and can_take_own(
            world, task, task_class, collateral_of(task_class, task.reward, backing_of(market, task.operator)), policy
        ):
            note(world.pool, SELF_EXECUTE, task.operator, task, 0, 0)
            leave_unsold(market, task)
            take_own(market, task)
            task.ready = task.time + work_seconds(world.traits[task.operator], task.difficulty, policy.pace)
            task.second_chance = SELF
            world.beliefs[task.class_id].offered[1] += task.reward
            tally.self_executed += 1
            tally.auctioned -= 1
        else:
            note(world.pool, REOPEN, task.operator, task, 0, 0)
            reopen(market, task)
            task.second_chance = AGAIN
            put(world.pool, SELLING, place)


@allocating
def measure_loads(world: World, policy: Policy, kept: PeriodRecord, tally: Any) -> None:
    """Take the loads after a wave's auctions, and note whose room is full; they stay until the next wave."""
    market, bidders = world.market, world.bidders
    waves = policy.moments.waves
    for account in range(market.ledger[0].accounts):
        kept.load[account] += market.accounts[account].load / waves
    load, capacity, there, shares = 0, 0, 0, 0.0
    for account in world.operators:
        held, room = market.accounts[account].load, capacity_of(market, account)
        load += held
        capacity += room
        there += room > 0
        shares += held * BPS / max(room, 1)
    tally.operators_capacity_used += load / max(capacity, 1) / waves
    tally.operators_load_mean += shares / max(there, 1) / waves
    online = bidders.size[0]
    if online == 0:
        return
    total = squares = taken = above = from_b = 0.0
    loads = bidders.key[:online]
    for i in range(online):
        x = min(bidders.load[i] * bidders.share[i], 1e4)
        loads[i] = x
        taken += bidders.load[i]
        total += x
        squares += x * x
        above += x > market.rules[0].kink
        from_b += abs(x - market.rules[0].best)
        if bidders.load[i] + market.classes[HEAVY].size > bidders.again[i]:
            world.fortune[bidders.account[i]].filled = market.ledger[0].now
    tally.load_jain += (total * total / (online * squares) if squares > 0 else 1.0) / waves
    tally.load_p95 += np.sort(loads)[min(int(0.95 * online), online - 1)] / waves
    tally.load_mean += total / online / waves
    tally.load_above += above / online / waves
    tally.load_from_b += from_b / online / waves
    tally.capacity_used += taken / max(bidders.size[1], 1) / waves
