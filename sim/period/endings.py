"""What becomes of tasks: what is submitted, what is slashed, taken over and lost, and what is paid."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.model.constants import BPS, MAX_BATCH, PPM
from ballast.sim.compiled import compiled
from ballast.sim.kinds import HEAVY_COMPLEXITY_FROM
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.rules import collateral_of, for_coprocessor, load_bps, pay_of
from ballast.sim.market.steps import (
    FAILED,
    FORFEITED,
    backing_of,
    capacity_of,
    end_fault,
    end_unpaid,
    penalty_for,
    room_of,
    settle,
    slash,
    submit,
    take_over,
)
from ballast.sim.period.behaviour import asking, at_stake, dearness, makes_effort, reach, slowed, work_seconds
from ballast.sim.period.beliefs import (
    TELLING_FROM,
    learn_of_oneself,
    learn_of_room,
    observe,
    own_fault,
    right_in_class,
    strain,
)
from ballast.sim.period.pool import (
    DONE,
    DONE_BY_OPERATORS,
    FAIL,
    IN_TIME,
    LOST,
    NEVER,
    OVERDUE,
    OVERTURN,
    PAYABLE,
    RESCUE,
    RESCUED_IN_TIME,
    RESCUED_RIGHT,
    RIGHT,
    SETTLE,
    SLASH,
    SUBMIT,
    TAKE_OVER,
    WRONG_ONES,
    end,
    note,
    put,
)
from ballast.sim.period.world import (
    RESCUE_PREMIUM,
    WATCHING,
    PeriodRecord,
    Policy,
    World,
)


@compiled
def sham(world: World, task: Any) -> bool:
    """Whether a ring executes a task of its own: nothing is done, and nobody complains."""
    last = len(world.market.classes) - 1
    return bool(task.class_id == last and world.traits[task.executor].ring == 1)


@compiled
def cost_share(world: World, task: Any) -> float:
    """Give what an executor's work for a task costs, as a share of the reward."""
    if sham(world, task):
        return 0.0
    who = world.traits[task.executor]
    if task.executor == task.operator:
        heavy = world.market.classes[task.class_id].complexity >= HEAVY_COMPLEXITY_FROM
        cost = float(who.cost_heavy if heavy else who.cost)
    else:
        cost = who.cost + who.growth * task.x / 1e4
    return float(cost / PPM) * dearness(who, world.market.classes[task.class_id])


@compiled
def work(world: World, task: Any, policy: Policy, draw: float, tally: Any) -> bool:
    """Have an executor work or shirk; whether its result comes in time, which overload makes less likely."""
    who, fortune = world.traits[task.executor], world.fortune[task.executor]
    if sham(world, task):
        fortune.tasks += 1
        return True
    more_late = policy.overload * strain(world.market.rules[0].kink, float(task.x))
    punctuality = max(world.punctuality[task.executor] - more_late, 0.0)
    careless = max(who.careless - more_late, 0.0)
    effort = makes_effort(world.market, world.market.classes[task.class_id], task, who, punctuality, careless)
    task.effort = effort
    fortune.tasks += 1
    spared = 0.0 if effort else who.effort * dearness(who, world.market.classes[task.class_id])
    cost = max(cost_share(world, task) - spared, 0.0) * task.reward
    fortune.spent += cost
    tally.cost += cost
    if task.executor == task.operator:
        task.realised -= int(np.rint(cost))
    if not effort:
        fortune.shirked += 1
        tally.shirked += 1
    return bool(draw < (punctuality if effort else careless))


@compiled
def finish(world: World, places: Integers, policy: Policy, kept: PeriodRecord, tally: Any) -> None:
    """Executors submit what is done, or fail to: then the task is theirs until it is due. Some results are wrong."""
    for place in places:
        task, draws = world.pool.tasks[place], world.pool.draws[place]
        who = task.executor
        kept.tasks[who] += world.fortune[who].online
        if policy.learning == 1 and task.own == 0 and task.rescued == 0:
            learn_of_room(world.fortune[who], task)
        draw = draws[RESCUED_IN_TIME if task.rescued == 1 else IN_TIME]
        in_time = world.fortune[who].online == 1 and work(world, task, policy, draw, tally)
        if not in_time or task.ready > task.due - policy.moments.gap:  # given up, see `slowed`
            task.late, task.ready = 1, NEVER
            continue
        draw = draws[RESCUED_RIGHT if task.rescued == 1 else RIGHT]
        right = right_in_class(world.quality[who], world.traits[who], world.market.classes[task.class_id])
        task.wrong = draw >= right and not sham(world, task)
        submit(world.market, task)
        note(world.pool, SUBMIT, who, task, 0, 0)


@compiled
def submit_own(world: World, policy: Policy, kept: PeriodRecord, tally: Any) -> None:
    """Operators submit what they executed themselves."""
    finish(world, world.pool.lists[DONE_BY_OPERATORS, : world.pool.counts[DONE_BY_OPERATORS]], policy, kept, tally)


@compiled
def submit_won(world: World, policy: Policy, kept: PeriodRecord, tally: Any) -> None:
    """Coprocessors submit."""
    finish(world, world.pool.lists[DONE, : world.pool.counts[DONE]], policy, kept, tally)


@compiled
def look_back(world: World, task: Any, policy: Policy, late: float, wrong: float) -> None:
    """Let an executor, and everybody else, learn from what became of a task it had: 1 for late, or for wrong."""
    if policy.learning == 0 or sham(world, task):
        return
    kink, who = world.market.rules[0].kink, world.traits[task.executor]
    fault = 0.0 if late > 0 else own_fault(wrong, who, world.market.classes[task.class_id])
    learn_of_oneself(world.fortune[task.executor], late - policy.overload * strain(kink, float(task.x)), fault)
    if task.own == 0 and task.rescued == 0 and world.fortune[task.executor].tasks >= TELLING_FROM:
        observe(world.beliefs, kink, task, 1.0 - late - wrong)


@compiled
def pay_slash(world: World, task: Any, finder: int, proved: bool, tally: Any) -> None:
    """Slash a task's executor; enter it in its fortune, and what compensates the operator in the operator's.

    Of an executor that is the operator, what compensates somebody goes to the AVS.
    """
    before = world.market.accounts[task.operator].free
    amount = slash(world.market, task, finder, proved)
    if task.executor != task.operator:
        compensation = world.market.accounts[task.operator].free - before
        world.fortune[task.operator].income += compensation
        task.realised += compensation
    else:
        task.realised -= amount
    world.fortune[task.executor].slashed += amount
    tally.slashed += amount
    if task.own == 0:
        tally.slashed_auctioned += amount


@compiled
def lose(world: World, place: int, outcome: int, tally: Any) -> None:
    """End a task unpaid; the operator's penalty goes to the AVS."""
    task = world.pool.tasks[place]
    penalty = penalty_for(world.market, task)
    world.fortune[task.operator].slashed += penalty
    task.realised -= penalty
    tally.penalties += penalty
    end_unpaid(world.market, task, world.rows[task.operator], outcome)
    end(world.pool, place)


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


@compiled
def overturn(world: World, policy: Policy, tally: Any) -> None:
    """Overturn wrong results; the keeper has found them."""
    tasks, wrong = world.pool.tasks, world.pool.lists[WRONG_ONES, : world.pool.counts[WRONG_ONES]]
    for first in range(0, len(wrong), MAX_BATCH):
        part = wrong[first : first + MAX_BATCH]
        for place in part:
            note(world.pool, OVERTURN, policy.keeper, tasks[place], 0, 0)
            look_back(world, tasks[place], policy, 0.0, 1.0)
            pay_slash(world, tasks[place], policy.keeper, True, tally)
            lose(world, place, FORFEITED, tally)
        end_faults(world, tasks, part, False)
        trim(world, tasks, part)
    tally.forfeited += len(wrong)


@compiled
def slash_overdue(world: World, policy: Policy, tally: Any) -> None:
    """Slash the executors of overdue tasks; those of rescuers are lost."""
    tasks, late = world.pool.tasks, world.pool.lists[OVERDUE, : world.pool.counts[OVERDUE]]
    for first in range(0, len(late), MAX_BATCH):
        part = late[first : first + MAX_BATCH]
        for place in part:
            note(world.pool, SLASH, policy.keeper, tasks[place], 0, 0)
            look_back(world, tasks[place], policy, 1.0, 0.0)
            pay_slash(world, tasks[place], policy.keeper, False, tally)
            if tasks[place].rescued == 1:
                put(world.pool, LOST, place)
        end_faults(world, tasks, part, True)


@compiled
def rescue(world: World, order: Integers, policy: Policy, tally: Any) -> None:
    """Coprocessors that look at tasks slashed just now take over what pays them.

    Of three that happen to look, the least loaded that fits and is paid what it asks and a premium for the hurry. It is
    paid the highest price, as by the contracts, or by the policy the one that was agreed.
    """
    market = world.market
    for place in world.pool.lists[OVERDUE, : world.pool.counts[OVERDUE]]:
        task = world.pool.tasks[place]
        if task.rescued == 1 or len(order) == 0:
            continue
        task_class = market.classes[task.class_id]
        pay = pay_of(task.reward, task_class.cap) if policy.rescue_at_cap == 1 else task.price
        chosen, least = 0, 0
        for d in range(WATCHING):
            account = order[int(world.pool.draws[place, RESCUE + d] * len(order))]
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
                and account_row.free >= collateral_of(task_class, task.reward, backing_of(market, account))
                and task.difficulty <= reach(who, task_class.submit_seconds, policy.moments.gap, policy.pace)
            )
            fares, rho = world.fortune[account], account_row.reputation
            price = world.beliefs[task.class_id].price
            base, slope, steep = asking(
                market,
                task_class,
                who,
                fares,
                rho,
                policy.break_even,
                policy.markup,
                policy.overload,
                account,
                at_stake(market, task_class, who, fares, account, policy.pace, price),
            )
            asked = base + (slope * x + steep * max(x - market.rules[0].kink, 0)) // BPS
            paid = pay * PPM // task.reward >= asked + RESCUE_PREMIUM
            if able and paid and account != task.executor and (chosen == 0 or x < least):
                chosen, least = account, x
        if chosen == 0:
            continue
        take_over(market, task, chosen, policy.rescue_at_cap == 1)
        who = world.traits[chosen]
        limit = task_class.submit_seconds - policy.moments.gap
        seconds = slowed(who, work_seconds(who, task.difficulty, policy.pace), least, limit)
        task.ready = market.ledger[0].now + seconds
        note(world.pool, TAKE_OVER, chosen, task, 0, world.traits[chosen].patience)
        tally.rescued += 1


@compiled
def fail(world: World, policy: Policy, tally: Any) -> None:
    """Fail late tasks nobody took over, or whose rescuer was late too."""
    tasks, lost = world.pool.tasks, world.pool.lists[LOST, : world.pool.counts[LOST]]
    for first in range(0, len(lost), MAX_BATCH):
        part = lost[first : first + MAX_BATCH]
        for place in part:
            note(world.pool, FAIL, policy.keeper, tasks[place], 0, 0)
            lose(world, place, FAILED, tally)
        trim(world, tasks, part)
    tally.failed += len(lost)


@compiled
def settle_all(world: World, policy: Policy, kept: PeriodRecord, tally: Any) -> None:
    """Settle what can no longer be challenged."""
    market = world.market
    for place in world.pool.lists[PAYABLE, : world.pool.counts[PAYABLE]]:
        task = world.pool.tasks[place]
        kept.price[task.executor] += task.price
        look_back(world, task, policy, 0.0, 0.0)
        task_class = market.classes[task.class_id]
        operator, executor = world.fortune[task.operator], world.fortune[task.executor]
        fee = settle(market, task, world.rows[task.operator])
        note(world.pool, SETTLE, policy.keeper, task, 0, task.executor)
        operator.income += task.reward - task.price
        executor.income += task.price - fee
        task.realised += task.reward - task.price
        if task.executor == task.operator:
            task.realised += task.price - fee
        end(world.pool, place)
        executor.good += 1
        tally.settled += 1
        tally.settled_reward += task.reward
        tally.settled_price += task.price
        if task.own == 0:
            tally.auctioned_reward += task.reward
            tally.auctioned_price += task.price
            world.beliefs[task.class_id].sold[0] += task.reward
            world.beliefs[task.class_id].sold[1] += task.price
            tally.heavy_delegated += task_class.complexity >= HEAVY_COMPLEXITY_FROM
        if task.executor != task.operator and len(kept.edges) > 0:
            kept.edges[world.rows[task.operator], world.rows[task.executor]] += 1
