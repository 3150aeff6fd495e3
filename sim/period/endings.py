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
    PeriodRecord,
    Policy,
    World,
)
from ballast.sim.scenario import WASH


@compiled
def sham(world: World, task: Any) -> bool:
    """Whether a ring executes a task of its own: nothing is done, and nobody complains."""
    return bool(task.class_id == WASH and world.traits[task.executor].ring == 1)


@compiled
def cost_share(world: World, task: Any) -> float:
    """Give what an executor's work for a task costs, as a share of the reward."""
    if sham(world, task):
        return 0.0
    who = world.traits[task.executor]
    if task.own == 1:
        heavy = world.market.classes[task.class_id].complexity >= HEAVY_COMPLEXITY_FROM
        cost = float(who.cost_heavy if heavy else who.cost)
    else:
        cost = who.cost + who.growth * task.x / 1e4
    return float(cost / PPM)


@compiled
def work(world: World, task: Any, punctuality: float, draw: float, tally: Any) -> bool:
    """Have an executor work or shirk; whether its result comes in time."""
    who, fortune = world.traits[task.executor], world.fortune[task.executor]
    if sham(world, task):
        fortune.tasks += 1
        return True
    effort = makes_effort(world.market, world.market.classes[task.class_id], task, who, punctuality)
    task.effort = effort
    fortune.tasks += 1
    cost = max(cost_share(world, task) - (0.0 if effort else who.effort), 0.0) * task.reward
    fortune.spent += cost
    tally.cost += cost
    if not effort:
        fortune.shirked += 1
        tally.shirked += 1
    return bool(draw < (punctuality if effort else who.careless))


@compiled
def submit_all(world: World, tasks: Records, draws: Fractions, tally: Any) -> None:
    """Executors submit, or fail to; some results are wrong."""
    for i in range(len(tasks)):
        task = tasks[i]
        if task.executor == 0:
            continue
        who = task.executor
        if world.fortune[who].online == 0 or not work(world, task, world.punctuality[who], draws[i, IN_TIME], tally):
            task.late = 1
            tally.late += 1
            continue
        task.wrong = draws[i, RIGHT] >= world.quality[who] and not sham(world, task)
        submit(world.market, task)


@compiled
def pay_slash(world: World, task: Any, finder: int, proved: bool, tally: Any) -> None:
    """Slash a task's executor; enter it in its fortune, and what compensates the operator in the operator's."""
    before = world.market.accounts[task.operator].free
    amount = slash(world.market, task, finder, proved)
    if task.executor != task.operator:
        world.fortune[task.operator].income += world.market.accounts[task.operator].free - before
    world.fortune[task.executor].slashed += amount
    tally.slashed += amount
    if task.own == 0:
        tally.slashed_auctioned += amount


@compiled
def lose(world: World, task: Any, outcome: int, tally: Any) -> None:
    """End a task unpaid; the operator's penalty goes to the AVS."""
    task_class = world.market.classes[task.class_id]
    penalty = penalty_of(task_class, collateral_of(task_class, task.reward))
    world.fortune[task.operator].slashed += penalty
    tally.penalties += penalty
    end_unpaid(world.market, task, world.rows[task.operator], outcome)


@compiled
def end_faults(world: World, tasks: Records, chosen: Integers, freed: bool) -> None:
    """Free loads and cut capacities as the task registry does: one call for neighbours of one executor."""
    executor, released = 0, 0
    for i in chosen:
        task = tasks[i]
        if task.executor != executor and executor > 0:
            end_fault(world.market, executor, released)
            released = 0
        executor = task.executor
        released += task.difficulty if freed else 0
    if executor > 0:
        end_fault(world.market, executor, released)


@compiled
def trim(world: World, tasks: Records, chosen: Integers) -> None:
    """Hold the operators' capacities to what their stakes cover, as the registry does after penalties."""
    last = 0
    for i in chosen:
        if tasks[i].operator != last:
            last = tasks[i].operator
            end_fault(world.market, last, 0)


@allocating
def enforce(world: World, tasks: Records, policy: Policy, tally: Any) -> None:
    """Expire what nobody took, overturn wrong results, slash overdue tasks, and let coprocessors take them over."""
    market = world.market
    for task in tasks:
        if task.status == NOBODY:
            end_unpaid(market, task, world.rows[task.operator], EXPIRED)
            tally.unsold += 1
    wrong = np.flatnonzero(tasks["wrong"])
    for first in range(0, len(wrong), MAX_BATCH):
        part = wrong[first : first + MAX_BATCH]
        for i in part:
            lose(world, tasks[i], FORFEITED, tally)
        for i in part:
            pay_slash(world, tasks[i], policy.keeper, True, tally)
        end_faults(world, tasks, part, False)
        trim(world, tasks, part)
    tally.forfeited += len(wrong)
    late = np.flatnonzero(tasks["late"])
    for first in range(0, len(late), MAX_BATCH):
        part = late[first : first + MAX_BATCH]
        for i in part:
            pay_slash(world, tasks[i], policy.keeper, False, tally)
        end_faults(world, tasks, part, True)


@allocating
def rescue(world: World, tasks: Records, draws: Fractions, tally: Any) -> int:
    """Coprocessors that look at late tasks take over what pays them; the number of tasks taken over.

    Of three that happen to look, the least loaded that fits and is paid its cost and a premium for the hurry.
    """
    market, bidders = world.market, world.bidders
    size = bidders.size[0]
    for i in np.flatnonzero(tasks["late"]):
        task = tasks[i]
        task_class = market.classes[task.class_id]
        chosen, least = 0, 0
        for d in range(WATCHING):
            if size == 0:
                break
            account = bidders.account[int(draws[i, RESCUE + d] * size)]
            account_row, who = market.accounts[account], world.traits[account]
            load = account_row.load + task.difficulty
            x = load_bps(load, capacity_of(market, account))
            code = for_coprocessor(
                task.number,
                who.complexity,
                task_class.complexity,
                task_class.min_reputation,
                load,
                room_of(market, account),
                x,
                who.patience,
                account_row.reputation,
            )
            able = (
                world.fortune[account].online == 1
                and code == 0
                and account_row.free >= collateral_of(task_class, task.reward)
            )
            paid = task.price * PPM // task.reward >= who.cost + RESCUE_PREMIUM
            if able and paid and account != task.executor and (chosen == 0 or x < least):
                chosen, least = account, x
        if chosen == 0:
            continue
        task.limit = world.traits[chosen].patience
        take_over(market, task, chosen)
        world.fortune[task.executor].tasks += 1
        cost = cost_share(world, task) * task.reward
        world.fortune[task.executor].spent += cost
        tally.cost += cost
        tally.rescued += 1
    return int(tally.rescued)


@compiled
def submit_rescued(world: World, tasks: Records) -> None:
    """Rescuers submit."""
    for task in tasks:
        if task.rescued == 1:
            submit(world.market, task)


@allocating
def conclude(world: World, tasks: Records, kept: PeriodRecord, tally: Any) -> None:
    """Fail late tasks nobody took over, and settle everything submitted."""
    late = np.flatnonzero((tasks["status"] == LATE) & (tasks["outcome"] == LIVE))
    for first in range(0, len(late), MAX_BATCH):
        part = late[first : first + MAX_BATCH]
        for i in part:
            lose(world, tasks[i], FAILED, tally)
        trim(world, tasks, part)
    tally.failed += len(late)
    settle_all(world, tasks, kept, tally)


@compiled
def settle_all(world: World, tasks: Records, kept: PeriodRecord, tally: Any) -> None:
    """Settle everything submitted, and count who executed what."""
    market = world.market
    for task in tasks:
        if task.executor > 0:
            kept.tasks[task.executor] += 1
        if task.status != SUBMITTED or task.outcome != LIVE:
            continue
        kept.price[task.executor] += task.price
        task_class = market.classes[task.class_id]
        operator, executor = world.fortune[task.operator], world.fortune[task.executor]
        fee = settle(market, task, world.rows[task.operator])
        operator.income += task.reward - task.price
        executor.income += task.price - fee
        executor.good += 1
        tally.settled += 1
        tally.settled_reward += task.reward
        tally.settled_price += task.price
        if task.own == 0:
            tally.auctioned_reward += task.reward
            tally.auctioned_price += task.price
            tally.heavy_delegated += task_class.complexity >= HEAVY_COMPLEXITY_FROM
        if task.executor != task.operator and len(kept.edges) > 0:
            kept.edges[world.rows[task.operator], world.rows[task.executor]] += 1
