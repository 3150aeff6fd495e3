"""Results of a period's tasks: what is submitted, what is slashed, taken over and lost, and what is paid."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.model.constants import MAX_BATCH, PPM
from ballast.sim.bidders import Fractions
from ballast.sim.compiled import allocating, compiled
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.rules import collateral_of, for_coprocessor, load_bps, penalty_of
from ballast.sim.market.steps import (
    EXPIRED,
    FAILED,
    FORFEITED,
    LATE,
    LIVE,
    NOBODY,
    SUBMITTED,
    capacity_of,
    end_fault,
    end_unpaid,
    room_of,
    settle,
    slash,
    submit,
    take_over,
)
from ballast.sim.period.behaviour import makes_effort
from ballast.sim.period.world import (
    HEAVY_COMPLEXITY_FROM,
    IN_TIME,
    RESCUE,
    RESCUE_PREMIUM,
    RIGHT,
    WATCHING,
    Policy,
    Record,
    World,
)
from ballast.sim.scenario import WASH


@compiled
def sham(w: World, t: Any) -> bool:
    """Whether a ring executes a task of its own: nothing is done, and nobody complains."""
    return bool(t.class_id == WASH and w.traits[t.executor].ring == 1)


@compiled
def cost_share(w: World, t: Any) -> float:
    """Give what an executor's work for a task costs, as a share of the reward."""
    if sham(w, t):
        return 0.0
    who = w.traits[t.executor]
    if t.own == 1:
        heavy = w.m.classes[t.class_id].complexity >= HEAVY_COMPLEXITY_FROM
        cost = float(who.cost_heavy if heavy else who.cost)
    else:
        cost = who.cost + who.growth * t.x / 1e4
    return float(cost / PPM)


@compiled
def work(w: World, t: Any, punctuality: float, draw: float, tally: Any) -> bool:
    """Have an executor work or shirk; whether its result comes in time."""
    who, fortune = w.traits[t.executor], w.fortune[t.executor]
    if sham(w, t):
        fortune.tasks += 1
        return True
    effort = makes_effort(w.m, w.m.classes[t.class_id], t, who, punctuality)
    t.effort = effort
    fortune.tasks += 1
    cost = max(cost_share(w, t) - (0.0 if effort else who.effort), 0.0) * t.reward
    fortune.spent += cost
    tally.cost += cost
    if not effort:
        fortune.shirked += 1
        tally.shirked += 1
    return bool(draw < (punctuality if effort else who.careless))


@compiled
def submit_all(w: World, tasks: Records, draws: Fractions, tally: Any) -> None:
    """Executors submit, or fail to; some results are wrong."""
    for i in range(len(tasks)):
        t = tasks[i]
        if t.executor == 0:
            continue
        who = t.executor
        if w.fortune[who].online == 0 or not work(w, t, w.punctuality[who], draws[i, IN_TIME], tally):
            t.late = 1
            tally.late += 1
            continue
        t.wrong = draws[i, RIGHT] >= w.quality[who] and not sham(w, t)
        submit(w.m, t)


@compiled
def pay_slash(w: World, t: Any, finder: int, proved: bool, tally: Any) -> None:
    """Slash a task's executor; enter it in its fortune, and what compensates the operator in the operator's."""
    before = w.m.accounts[t.operator].free
    amount = slash(w.m, t, finder, proved)
    if t.executor != t.operator:
        w.fortune[t.operator].income += w.m.accounts[t.operator].free - before
    w.fortune[t.executor].slashed += amount
    tally.slashed += amount
    if t.own == 0:
        tally.slashed_auctioned += amount


@compiled
def lose(w: World, t: Any, outcome: int, tally: Any) -> None:
    """End a task unpaid; the operator's penalty goes to the AVS."""
    c = w.m.classes[t.class_id]
    penalty = penalty_of(c, collateral_of(c, t.reward))
    w.fortune[t.operator].slashed += penalty
    tally.penalties += penalty
    end_unpaid(w.m, t, w.rows[t.operator], outcome)


@compiled
def end_faults(w: World, tasks: Records, chosen: Integers, freed: bool) -> None:
    """Free loads and cut capacities as the task registry does: one call for neighbours of one executor."""
    executor, released = 0, 0
    for i in chosen:
        t = tasks[i]
        if t.executor != executor and executor > 0:
            end_fault(w.m, executor, released)
            released = 0
        executor = t.executor
        released += t.difficulty if freed else 0
    if executor > 0:
        end_fault(w.m, executor, released)


@compiled
def trim(w: World, tasks: Records, chosen: Integers) -> None:
    """Hold the operators' capacities to what their stakes cover, as the registry does after penalties."""
    last = 0
    for i in chosen:
        if tasks[i].operator != last:
            last = tasks[i].operator
            end_fault(w.m, last, 0)


@allocating
def enforce(w: World, tasks: Records, policy: Policy, tally: Any) -> None:
    """Expire what nobody took, overturn wrong results, slash overdue tasks, and let coprocessors take them over."""
    m = w.m
    for t in tasks:
        if t.status == NOBODY:
            end_unpaid(m, t, w.rows[t.operator], EXPIRED)
            tally.unsold += 1
    wrong = np.flatnonzero(tasks["wrong"])
    for first in range(0, len(wrong), MAX_BATCH):
        part = wrong[first : first + MAX_BATCH]
        for i in part:
            lose(w, tasks[i], FORFEITED, tally)
        for i in part:
            pay_slash(w, tasks[i], policy.keeper, True, tally)
        end_faults(w, tasks, part, False)
        trim(w, tasks, part)
    tally.forfeited += len(wrong)
    late = np.flatnonzero(tasks["late"])
    for first in range(0, len(late), MAX_BATCH):
        part = late[first : first + MAX_BATCH]
        for i in part:
            pay_slash(w, tasks[i], policy.keeper, False, tally)
        end_faults(w, tasks, part, True)


@allocating
def rescue(w: World, tasks: Records, draws: Fractions, tally: Any) -> int:
    """Coprocessors that look at late tasks take over what pays them; the number of tasks taken over.

    Of three that happen to look, the least loaded that fits and is paid its cost and a premium for the hurry.
    """
    m, b = w.m, w.b
    size = b.size[0]
    for i in np.flatnonzero(tasks["late"]):
        t = tasks[i]
        c = m.classes[t.class_id]
        chosen, least = 0, 0
        for d in range(WATCHING):
            if size == 0:
                break
            account = b.account[int(draws[i, RESCUE + d] * size)]
            a, who = m.accounts[account], w.traits[account]
            load = a.load + t.difficulty
            x = load_bps(load, capacity_of(m, account))
            code = for_coprocessor(t.number, c.min_reputation, load, room_of(m, account), x, who.patience, a.reputation)
            able = w.fortune[account].online == 1 and code == 0 and a.free >= collateral_of(c, t.reward)
            paid = t.price * PPM // t.reward >= who.cost + RESCUE_PREMIUM
            if able and paid and account != t.executor and (chosen == 0 or x < least):
                chosen, least = account, x
        if chosen == 0:
            continue
        t.limit = w.traits[chosen].patience
        take_over(m, t, chosen)
        w.fortune[t.executor].tasks += 1
        cost = cost_share(w, t) * t.reward
        w.fortune[t.executor].spent += cost
        tally.cost += cost
        tally.rescued += 1
    return int(tally.rescued)


@compiled
def submit_rescued(w: World, tasks: Records) -> None:
    """Rescuers submit."""
    for t in tasks:
        if t.rescued == 1:
            submit(w.m, t)


@allocating
def conclude(w: World, tasks: Records, kept: Record, tally: Any) -> None:
    """Fail late tasks nobody took over, and settle everything submitted."""
    late = np.flatnonzero((tasks["status"] == LATE) & (tasks["outcome"] == LIVE))
    for first in range(0, len(late), MAX_BATCH):
        part = late[first : first + MAX_BATCH]
        for i in part:
            lose(w, tasks[i], FAILED, tally)
        trim(w, tasks, part)
    tally.failed += len(late)
    settle_all(w, tasks, kept, tally)


@compiled
def settle_all(w: World, tasks: Records, kept: Record, tally: Any) -> None:
    """Settle everything submitted, and count who executed what."""
    m = w.m
    for t in tasks:
        if t.executor > 0:
            kept.tasks[t.executor] += 1
        if t.status != SUBMITTED or t.outcome != LIVE:
            continue
        kept.price[t.executor] += t.price
        c = m.classes[t.class_id]
        operator, executor = w.fortune[t.operator], w.fortune[t.executor]
        fee = settle(m, t, w.rows[t.operator])
        operator.income += t.reward - t.price
        executor.income += t.price - fee
        executor.good += 1
        tally.settled += 1
        tally.settled_reward += t.reward
        tally.settled_price += t.price
        if t.own == 0:
            tally.auctioned_reward += t.reward
            tally.auctioned_price += t.price
            tally.heavy_delegated += c.complexity >= HEAVY_COMPLEXITY_FROM
        if t.executor != t.operator and len(kept.edges) > 0:
            kept.edges[w.rows[t.operator], w.rows[t.executor]] += 1
