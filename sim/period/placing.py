"""Tasks find operators, and operators open them: as their own, or for auction."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.sim.bidders import NOT_AT_ALL, Fractions
from ballast.sim.compiled import allocating, compiled
from ballast.sim.kinds import HEAVY_COMPLEXITY_FROM
from ballast.sim.market.records import Integers
from ballast.sim.market.rules import collateral_of, for_operator, load_bps, penalty_of
from ballast.sim.market.steps import backing_of, capacity_of, put_up, room_of, start_task, take_own
from ballast.sim.period.behaviour import auctioned_benefit, delegated_benefit, own_benefit, reach, work_seconds
from ballast.sim.period.beliefs import chance, strain
from ballast.sim.period.pool import DRAWS, LIVING, OPEN, OPEN_OWN, SELLING, clear, note, put
from ballast.sim.period.world import Arrivals, Policy, World
from ballast.sim.scenario import HEAVY

WAITING, UNPLACED, OPENED = 0, -1, 1
"""Status of a task that came: not yet opened, given up, opened."""


@allocating
def assign(operator: Integers, order: Integers, weights: Fractions, start: float) -> None:
    """Give tasks without an operator to operators in proportion to weights, as evenly as can be.

    Neighbours go to the same operator, so that an operator's tasks come together.

    Parameters
    ----------
    operator : array of int
        By task, in the order in which they come; those for anybody are given an account.
    order : array of int
        Accounts of the operators, in the order in which tasks fall to them.
    weights : array of shape (operators,)
        Of each in that order, not negative; if they are all 0, tasks stay without an operator.
    start : float
        Uniform random number: where the even spacing begins.
    """
    total = weights.sum()
    if total <= 0:
        return
    count = len(operator)
    row, reached = 0, weights[0]
    for i in range(count):
        if operator[i] >= 0:
            continue
        aim = (i + start) / count * total
        while reached <= aim and row < len(weights) - 1:
            row += 1
            reached += weights[row]
        operator[i] = order[row]


@allocating
def arrange(operator: Integers, class_id: Integers, wave: Integers, place: Integers) -> Integers:
    """Give the order in which tasks are opened: by wave, by operator in the order drawn, by class; else as they came.

    Parameters
    ----------
    operator, class_id, wave : array of int
        By task; waves ascend.
    place : array of int
        Place of an account in the order drawn, for accounts up to the last operator's.
    """
    classes = 1
    for each in class_id:
        classes = max(classes, each + 1)
    size = len(place) * classes
    after = np.zeros((wave[-1] + 1 if len(wave) else 0) * size + 1, dtype=np.int64)
    key = np.empty(len(operator), dtype=np.int64)
    for i in range(len(operator)):
        key[i] = wave[i] * size + place[max(operator[i], 0)] * classes + class_id[i]
        after[key[i] + 1] += 1
    after = np.cumsum(after)
    order = np.empty(len(operator), dtype=np.int64)
    for i in range(len(operator)):
        order[after[key[i]]] = i
        after[key[i]] += 1
    return order


@compiled
def can_take_own(world: World, task: Any, task_class: Any, locking: int, policy: Policy) -> bool:
    """Whether an operator can execute a task itself: complexity, room, funds and time."""
    account_row, who = world.market.accounts[task.operator], world.traits[task.operator]
    code = for_operator(
        who.complexity, task_class.complexity, account_row.load + task.difficulty, room_of(world.market, task.operator)
    )
    in_time = task.difficulty <= reach(who, task_class.submit_seconds, policy.moments.gap, policy.pace)
    return bool(code == 0 and locking <= account_row.free and in_time)


@compiled
def weigh(world: World, delegated: Fractions, tally: Any) -> None:
    """Write what operators expect of delegating a task of each class, with coprocessors as they are at the moment.

    The chance that an executor succeeds is the mean over coprocessors that may execute it, weighted by the load they
    have: who asks too much has much room, a record that tells little, and no tasks. One unit more counts all alike
    where nobody is loaded.
    """
    market, bidders, beliefs = world.market, world.bidders, world.beliefs
    kink = market.rules[0].kink
    for class_id in range(1, len(market.classes)):
        trust = weights = 0.0
        for i in range(bidders.size[0]):
            if bidders.base[class_id, i] == NOT_AT_ALL:
                continue
            x = min(bidders.load[i] * bidders.share[i], 1e4)
            weight = bidders.load[i] + 1.0
            trust += weight * chance(beliefs, class_id, bidders.record[i], strain(kink, x))
            weights += weight
        trust = trust / weights if weights > 0 else 0.0
        delegated[class_id] = delegated_benefit(beliefs[class_id].price, trust, beliefs[class_id].setback)
        if class_id == HEAVY:
            tally.trust = trust


@compiled
def expected_of_own(world: World, task: Any, task_class: Any, policy: Policy) -> float:
    """Give what an operator expects of executing a task itself, with its load as it is, as a share of the reward."""
    market, account, who = world.market, task.operator, world.traits[task.operator]
    x = load_bps(market.accounts[account].load + task.difficulty, capacity_of(market, account))
    strained = policy.overload * strain(market.rules[0].kink, float(x))
    heavy = task_class.complexity >= HEAVY_COMPLEXITY_FROM
    return float(own_benefit(market, task_class, who, world.fortune[account], account, x, strained, heavy))


@compiled
def open_came(
    world: World, came: Arrivals, first: int, last: int, policy: Policy, delegated: Fractions, tally: Any
) -> int:
    """Open tasks that came, of a range; the first that still waits for a free slot of its operator."""
    waits = last
    for i in range(first, last):
        if came.status[i] == WAITING:
            open_one(world, came, i, policy, delegated, tally)
            if came.status[i] == WAITING and waits == last:
                waits = i
    return waits


@compiled
def open_one(world: World, came: Arrivals, i: int, policy: Policy, delegated: Fractions, tally: Any) -> None:
    """Open a task, as an own one where that is possible and gains; give it up if the contracts would not take it."""
    market = world.market
    operator, reward = came.operator[i], came.reward[i]
    task_class = market.classes[came.class_id[i]]
    penalty = penalty_of(task_class, collateral_of(task_class, reward, 0))
    row = world.rows[operator] if operator >= 0 else -1
    there = row >= 0 and world.fortune[operator].active == 1
    there = there and market.accounts[operator].reputation >= task_class.min_operator_reputation
    funded = there and market.mandates[came.class_id[i], operator] >= reward
    if there and market.tops[row] == 0 and policy.traced == 1:
        return
    if not funded or penalty > market.accounts[operator].free or market.tops[row] == 0:
        tally.unplaced += 1
        tally.ended_reward += reward
        came.status[i] = UNPLACED
        return
    place = row * market.slots.shape[1] + market.slots[row, market.tops[row] - 1]
    task = world.pool.tasks[place]
    clear(task)
    task.operator, task.class_id, task.difficulty, task.reward = operator, came.class_id[i], came.difficulty[i], reward
    for column in range(DRAWS):
        world.pool.draws[place, column] = came.draws[i, column]
    came.status[i] = OPENED
    locking = collateral_of(task_class, reward, backing_of(market, operator)) + penalty
    can = can_take_own(world, task, task_class, locking, policy)
    benefit = expected_of_own(world, task, task_class, policy) if can else 0.0
    fallback = benefit if task_class.complexity < HEAVY_COMPLEXITY_FROM else 0.0
    auctioned = auctioned_benefit(world.beliefs[task.class_id].sale, delegated[task.class_id], fallback)
    taste = world.traits[operator].taste
    own = can and (policy.deliberate == 0 or benefit + taste >= auctioned)
    task.expected = int(np.rint((benefit if own else auctioned) * reward))
    tally.by_choice += can and not own
    start_task(market, task, row)
    put(world.pool, LIVING, place)
    note(world.pool, OPEN_OWN if own else OPEN, task.operator, task, 0, 0)
    tally.opened += 1
    if own:
        take_own(market, task)
        task.ready = task.time + work_seconds(world.traits[task.operator], task.difficulty, policy.pace)
        tally.self_executed += 1
    else:
        put_up(market, task)
        put(world.pool, SELLING, place)
        tally.auctioned += 1
