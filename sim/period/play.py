"""The order of a period: its waves, one after the other, each with a turn, bids, and later bids."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.model.constants import BPS
from ballast.sim.bidders import Fractions
from ballast.sim.compiled import allocating, compiled
from ballast.sim.kinds import HEAVY_COMPLEXITY_FROM
from ballast.sim.market.records import Integers
from ballast.sim.market.steps import capacity_of, set_time
from ballast.sim.moments import begins
from ballast.sim.period.auctions import gather, in_turn, look, measure_loads, second_chance
from ballast.sim.period.batches import sell
from ballast.sim.period.behaviour import feel
from ballast.sim.period.beliefs import conclude, forget_sums
from ballast.sim.period.endings import fail, overturn, rescue, settle_all, slash_overdue, submit_own, submit_won
from ballast.sim.period.placing import open_came, weigh
from ballast.sim.period.pool import ENDED, LIVING, NOTED, sort_out
from ballast.sim.period.world import Arrivals, PeriodRecord, Policy, World
from ballast.sim.scenario import HEAVY


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


@compiled
def start_price(world: World) -> float:
    """Mean start price of the mandates for heavy tasks, ppm of the reward; 0 if there are none."""
    mandates, total = 0, 0.0
    for operator in world.operators:
        start = world.market.starts[HEAVY, operator]
        mandates += start > 0
        total += start
    return total / max(mandates, 1)


@allocating
def play(
    world: World,
    came: Arrivals,
    order: Integers,
    policy: Policy,
    start: int,
    wave: int,
    until: int,
    kept: PeriodRecord,
    tally: Any,
) -> None:
    """Play waves of a period.

    Parameters
    ----------
    world : World
        Everything.
    came : Arrivals
        Tasks that come in the period.
    order : array of int
        Coprocessors online, in the order in which auctions see them.
    policy : Policy
        Settings of the run.
    start : int
        Timestamp of the period's start.
    wave, until : int
        The first wave, and the first after the last.
    kept : PeriodRecord
        Takes what is kept by account.
    tally : record
        Takes what is counted.
    """
    if wave == 0:
        tally.expected_price = world.beliefs[HEAVY].price
        world.pool.counts[ENDED] = 0
        came.waits[0] = 0
        forget_sums(world.beliefs)
        kept.load[:] = 0.0
        gather(world, order, policy)
    world.pool.counts[NOTED] = 0
    delegated = np.zeros(len(world.market.classes))
    for each in range(wave, until):
        play_wave(world, came, order, policy, begins(policy.moments, start, each), each, delegated, kept, tally)
    if until == policy.moments.waves:
        close_books(world, policy, kept, tally)


@allocating
def play_wave(
    world: World,
    came: Arrivals,
    order: Integers,
    policy: Policy,
    start: int,
    wave: int,
    delegated: Fractions,
    kept: PeriodRecord,
    tally: Any,
) -> None:
    """Play a wave that begins at a timestamp."""
    market, at = world.market, policy.moments
    set_time(market, start + at.turn)
    sort_out(market, world.pool, start + at.bid)
    overturn(world, policy, tally)
    slash_overdue(world, policy, tally)
    rescue(world, order, policy, tally)
    fail(world, policy, tally)
    settle_all(world, policy, kept, tally)
    submit_own(world, policy, kept, tally)
    second_chance(world, policy, tally)
    look(world)
    weigh(world, delegated, tally)
    last = came.borders[wave + 1]
    came.waits[0] = open_came(world, came, came.waits[0], last, policy, delegated, tally)
    set_time(market, start + at.bid)
    submit_won(world, policy, kept, tally)
    look(world)
    in_turn(world)
    if sell(world, policy, False, tally) > 0:
        set_time(market, start + at.bid_later)
        sell(world, policy, True, tally)
    measure_loads(world, policy, kept, tally)


@compiled
def close_books(world: World, policy: Policy, kept: PeriodRecord, tally: Any) -> None:
    """Count at the end of a period what ended and is under way, who is there, how loaded, and how they fare."""
    for account in range(world.market.ledger[0].accounts):
        kept.load[account] *= BPS / max(capacity_of(world.market, account), 1)
    for i in range(world.pool.counts[ENDED]):
        task = world.pool.ended[i]
        tally.ended_reward += task.reward
        tally.operators_expected += task.expected
        tally.operators_realised += task.realised
        world.fortune[task.operator].expected += task.expected
        world.fortune[task.operator].realised += task.realised
        kept.given[task.operator] += task.reward
        kept.expected[task.operator] += task.expected
        kept.realised[task.operator] += task.realised
        tally.late += task.late
        fault = task.late == 1 or task.wrong == 1
        tally.faults += fault
        if fault and task.own == 0:
            world.beliefs[task.class_id].failed[0] += task.reward
            world.beliefs[task.class_id].failed[1] += task.realised
        tally.heavy += world.market.classes[task.class_id].complexity >= HEAVY_COMPLEXITY_FROM
    tally.live = world.pool.counts[LIVING]
    tally.start_price = start_price(world)
    first, between, last = world.operators[0], policy.first_coprocessor, world.market.ledger[0].accounts
    if policy.learning == 1:
        conclude(world.beliefs)
    feel(world.market, world.fortune, first, last)
    active, reputation, earned = take_stock(world, first, between)
    tally.operators_active, tally.operators_reputation, tally.operators_earned = active, reputation, earned
    active, reputation, earned = take_stock(world, between, last)
    tally.coprocessors_active, tally.coprocessors_reputation, tally.coprocessors_earned = active, reputation, earned
