"""The order of a period: each phase at its moment, from the opening of its tasks to their ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.sim.bidders import Fractions
from ballast.sim.compiled import allocating, compiled
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.steps import set_time
from ballast.sim.period.auctions import auction, gather, measure_loads, second_chance
from ballast.sim.period.behaviour import feel
from ballast.sim.period.endings import conclude, enforce, rescue, submit_all, submit_rescued
from ballast.sim.period.placing import open_tasks
from ballast.sim.period.world import PeriodRecord, Policy, World


@compiled
def take_stock(world: World, first: int, last: int) -> tuple[int, float, int]:
    """Active accounts of a range, their mean reputation (ppm), and what the range has earned (token units)."""
    active, total, earned = 0, 0.0, 0
    for account in range(first, last):
        earned += world.fortune[account].income - world.fortune[account].slashed
        if world.fortune[account].active == 1:
            active += 1
            total += world.market.accounts[account].reputation
    return active, total / max(active, 1), earned


@allocating
def play(
    world: World,
    tasks: Records,
    draws: Fractions,
    order: Integers,
    policy: Policy,
    start: int,
    trust: float,
    expected_price: float,
    kept: PeriodRecord,
    tally: Any,
) -> None:
    """Play a period from the opening of its tasks to their ends.

    Parameters
    ----------
    world : World
        Everything.
    tasks : array of records
        As arranged.
    draws : array of shape (tasks, DRAWS)
        Uniform random numbers.
    order : array of int
        Coprocessors online, in the order in which auctions see them.
    policy : Policy
        Settings of the run.
    start : int
        Timestamp of the period's start.
    trust, expected_price : float
        What operators expect of coprocessors, and of auctions as a share of the reward.
    kept : PeriodRecord
        Takes what is kept by account.
    tally : record
        Takes what is counted.
    """
    market, at = world.market, policy.moments
    tally.trust, tally.expected_price = trust, expected_price
    open_tasks(world, tasks, policy, trust, expected_price, tally)
    gather(world, order)
    set_time(market, start + at.bid)
    left = auction(world, tasks, draws, policy, 0, tally)
    if left > 0 and policy.waiting == 1:
        set_time(market, start + at.bid_later)
        left = auction(world, tasks, draws, policy, 1, tally)
    if left > 0:
        set_time(market, start + at.reopen)
        second_chance(world, tasks, tally)
        set_time(market, start + at.bid_again)
        auction(world, tasks, draws, policy, 2, tally)
    measure_loads(world, tasks, order, policy.best_load, kept.load, tally)
    set_time(market, start + at.submit)
    submit_all(world, tasks, draws, tally)
    set_time(market, start + at.enforce)
    enforce(world, tasks, policy, tally)
    if rescue(world, tasks, draws, tally) > 0:
        set_time(market, start + at.submit_rescued)
        submit_rescued(world, tasks)
    set_time(market, start + at.settle)
    conclude(world, tasks, kept, tally)
    first, between, last = world.operators[0], policy.first_coprocessor, market.ledger[0].accounts
    feel(market, world.fortune, first, last)
    active, reputation, earned = take_stock(world, first, between)
    tally.operators_active, tally.operators_reputation, tally.operators_earned = active, reputation, earned
    active, reputation, earned = take_stock(world, between, last)
    tally.coprocessors_active, tally.coprocessors_reputation, tally.coprocessors_earned = active, reputation, earned


@allocating
def ends(world: World, tasks: Records) -> Integers:
    """List number, outcome, executor and price of every task opened, in the order of their numbers."""
    slots = world.market.slots.shape[1]
    places = np.full(len(world.operators) * slots, -1, dtype=np.int64)
    count = 0
    for i in range(len(tasks)):
        if tasks[i].number > 0:
            places[world.rows[tasks[i].operator] * slots + tasks[i].slot] = i
            count += 1
    table = np.empty((count, 4), dtype=np.int64)
    row = 0
    for i in places:
        if i >= 0:
            task = tasks[i]
            table[row, 0], table[row, 1], table[row, 2], table[row, 3] = (
                task.number,
                task.outcome,
                task.executor,
                task.price,
            )
            row += 1
    return table
