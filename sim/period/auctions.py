"""Auctions of a period: bids early and late, the second chance, and how loaded everybody is afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.model.constants import PPM
from ballast.sim.bidders import NOT_AT_ALL, Fractions, asked_at
from ballast.sim.compiled import allocating, compiled
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.rules import collateral_of, present_step
from ballast.sim.market.steps import NOBODY, capacity_of, reopen, room_of, take_own, win
from ballast.sim.period.allocation import find
from ballast.sim.period.behaviour import asking
from ballast.sim.period.placing import can_take_own
from ballast.sim.period.world import AGAIN, HEAVY_COMPLEXITY_FROM, SELF, WINDOW, Policy, World


@compiled
def gather(w: World, order: Integers) -> None:
    """Show the auctions the coprocessors of an order: their loads, funds, reputations and what they ask."""
    m, b = w.m, w.b
    b.size[0] = len(order)
    for i, account in enumerate(order):
        a, who = m.accounts[account], w.traits[account]
        capacity, room = capacity_of(m, account), room_of(m, account)
        b.account[i] = account
        b.load[i] = a.load
        b.share[i] = 1e4 / max(capacity, 1)
        b.free[i] = a.free
        b.early[i] = min(who.comfort * capacity // 10_000, room)
        b.late[i] = min(who.patience * capacity // 10_000, room)
        b.reputation[i] = a.reputation
        for class_id in range(1, len(m.classes)):
            c = m.classes[class_id]
            base, slope = asking(m, c, who, a.reputation)
            b.base[class_id, i] = base if a.reputation >= c.min_reputation else NOT_AT_ALL
            b.slope[class_id, i] = slope
            b.behind[class_id, i] = c.reputation_handicap * (PPM - a.reputation)


@compiled
def auction(w: World, tasks: Records, draws: Fractions, policy: Policy, wave: int, tally: Any) -> int:
    """Auction what has no executor; the number of tasks still without one.

    ``wave`` is 0 for those who bid early, 1 for those who waited, 2 for the second chance.
    """
    m, b = w.m, w.b
    left = 0
    total = 0.0
    for j in range(b.size[0]):
        total += b.load[j] * b.share[j]
    for i in range(len(tasks)):
        t = tasks[i]
        if t.status != NOBODY or (wave == 2 and t.rising == 0):
            continue
        c = m.classes[t.class_id]
        now = present_step(t.opened, c.step_seconds, m.ledger[0].now)
        early = wave == 0 and policy.waiting == 1
        draw = draws[i, WINDOW : WINDOW + 3]
        j, step, x, score, price = find(b, t, c, policy.rule, early, now, policy.watch, draw)
        if j < 0:
            left += 1
            continue
        t.asked = int(asked_at(b, j, t.class_id, float(x)))
        who = w.traits[b.account[j]]
        t.ceiling = who.comfort if early else who.patience
        t.wave = wave
        win(m, t, b.account[j], step, x, score, price)
        tally.winners_gap += b.load[j] * b.share[j] - total / b.size[0]
        total += t.difficulty * b.share[j]
        b.load[j] += t.difficulty
        b.free[j] -= collateral_of(c, t.reward)
        tally.above_kink += x > m.rules[0].kink
        if wave == 0:
            tally.sold_early += 1
        elif wave == 1:
            tally.sold_later += 1
        else:
            tally.sold_again += 1
    return left


@compiled
def second_chance(w: World, tasks: Records, tally: Any) -> None:
    """Take unsold light tasks into own execution if there is room by now; reopen the others on the rising clock."""
    m = w.m
    for t in tasks:
        if t.status != NOBODY:
            continue
        c = m.classes[t.class_id]
        if c.complexity < HEAVY_COMPLEXITY_FROM and can_take_own(w, t, c, collateral_of(c, t.reward)):
            take_own(m, t)
            t.second_chance = SELF
            tally.self_executed += 1
            tally.auctioned -= 1
        else:
            reopen(m, t)
            t.second_chance = AGAIN


@allocating
def measure(w: World, tasks: Records, order: Integers, best: int, peak_load: Integers, tally: Any) -> None:
    """Take the loads of the coprocessors at their height, and count what expires while somebody could have taken it.

    ``best`` is B in basis points; ``peak_load`` gets everybody's load in them.
    """
    m = w.m
    total = squares = 0.0
    loads = np.empty(len(order))
    for i, account in enumerate(order):
        capacity = max(capacity_of(m, account), 1)
        x = min(m.accounts[account].load * 10_000 // capacity, 10_000)
        peak_load[account] = x
        loads[i] = x
        total += x
        squares += x * x
        tally.load_above += x > m.rules[0].kink
        tally.load_from_b += abs(x - best)
    if len(order) > 0:
        tally.load_jain = total * total / (len(order) * squares) if squares > 0 else 1.0
        tally.load_p95 = np.sort(loads)[min(int(0.95 * len(order)), len(order) - 1)]
        tally.load_mean = total / len(order)
        tally.load_above /= len(order)
        tally.load_from_b /= len(order)
    for t in tasks:
        if t.status != NOBODY:
            continue
        collateral = collateral_of(m.classes[t.class_id], t.reward)
        for account in order:
            a = m.accounts[account]
            if a.load + t.difficulty <= room_of(m, account) and a.free >= collateral:
                tally.idle_expired += 1
                break
