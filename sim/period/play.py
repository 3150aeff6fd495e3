"""The order of a period: its waves, one after the other, each with a turn, bids, and later bids."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.sim.bidders import Fractions
from ballast.sim.compiled import allocating, compiled
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.steps import set_time
from ballast.sim.moments import begins
from ballast.sim.period.auctions import auction, gather, in_turn, look, measure_loads, second_chance
from ballast.sim.period.behaviour import feel
from ballast.sim.period.endings import fail, overturn, rescue, settle_all, slash_overdue, submit_own, submit_won
from ballast.sim.period.placing import open_came, weigh
from ballast.sim.period.pool import ENDED, LIVING, NOTED, sort_out
from ballast.sim.period.world import HEAVY_COMPLEXITY_FROM, Arrivals, PeriodRecord, Policy, World


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
    came: Arrivals,
    order: Integers,
    policy: Policy,
    start: int,
    wave: int,
    until: int,
    trust: float,
    expected_price: float,
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
    trust, expected_price : float
        What operators expect of coprocessors, and of auctions as a share of the reward.
    kept : PeriodRecord
        Takes what is kept by account.
    tally : record
        Takes what is counted.
    """
    gains = np.empty((len(world.market.classes), len(world.operators)))
    weigh(world, trust, expected_price, gains)
    if wave == 0:
        tally.trust, tally.expected_price = trust, expected_price
        world.pool.counts[ENDED] = 0
        came.waits[0] = 0
    world.pool.counts[NOTED] = 0
    gather(world, order, policy)
    for each in range(wave, until):
        play_wave(world, came, order, policy, begins(policy.moments, start, each), each, gains, kept, tally)
    if until == policy.moments.waves:
        close_books(world, policy, tally)


@allocating
def play_wave(
    world: World,
    came: Arrivals,
    order: Integers,
    policy: Policy,
    start: int,
    wave: int,
    gains: Fractions,
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
    submit_own(world, kept, tally)
    second_chance(world, policy, tally)
    last = came.borders[wave + 1]
    came.waits[0] = open_came(world, came.tasks, came.draws, came.waits[0], last, policy, gains, tally)
    set_time(market, start + at.bid)
    submit_won(world, kept, tally)
    look(world)
    in_turn(world)
    if auction(world, policy, False, tally) > 0:
        set_time(market, start + at.bid_later)
        auction(world, policy, True, tally)
    measure_loads(world, order, policy, kept, tally)


@compiled
def close_books(world: World, policy: Policy, tally: Any) -> None:
    """Count at the end of a period what ended and is under way, who is there, and how they fare."""
    for i in range(world.pool.counts[ENDED]):
        task = world.pool.ended[i]
        tally.ended_reward += task.reward
        tally.late += task.late
        tally.faults += task.late == 1 or task.wrong == 1
        tally.heavy += world.market.classes[task.class_id].complexity >= HEAVY_COMPLEXITY_FROM
    tally.live = world.pool.counts[LIVING]
    first, between, last = world.operators[0], policy.first_coprocessor, world.market.ledger[0].accounts
    feel(world.market, world.fortune, first, last)
    active, reputation, earned = take_stock(world, first, between)
    tally.operators_active, tally.operators_reputation, tally.operators_earned = active, reputation, earned
    active, reputation, earned = take_stock(world, between, last)
    tally.coprocessors_active, tally.coprocessors_reputation, tally.coprocessors_earned = active, reputation, earned
