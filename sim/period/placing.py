"""Tasks find operators, and operators open them: as their own, or for auction."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.sim.bidders import Fractions
from ballast.sim.compiled import allocating, compiled
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.rules import collateral_of, for_operator, penalty_of
from ballast.sim.market.steps import room_of, start_task, take_own
from ballast.sim.period.behaviour import delegated_benefit, own_benefit
from ballast.sim.period.world import HEAVY_COMPLEXITY_FROM, Policy, World


@allocating
def assign(world: World, operator: Integers, weights: Fractions, start: float) -> None:
    """Give tasks without an operator to operators in proportion to weights, as evenly as can be.

    Parameters
    ----------
    world : World
        Everything.
    operator : array of int
        By task; those of -1 are given an account; where nobody has a slot left, it stays.
    weights : array of shape (operators,)
        Not negative.
    start : float
        Uniform random number: where the even spacing begins.
    """
    total = weights.sum()
    if total <= 0:
        return
    left = world.market.tops.copy()
    for account in operator:
        if account >= 0:
            left[world.rows[account]] -= 1
    count = len(operator)
    row, reached = 0, weights[0]
    for i in range(count):
        if operator[i] >= 0:
            continue
        aim = (i + start) / count * total
        while reached < aim and row < len(weights) - 1:
            row += 1
            reached += weights[row]
        chosen = row
        for _ in range(len(weights)):
            if left[chosen] > 0 and weights[chosen] > 0:
                operator[i] = world.operators[chosen]
                left[chosen] -= 1
                break
            chosen = (chosen + 1) % len(weights)


@allocating
def arrange(
    world: World,
    operator: Integers,
    class_id: Integers,
    difficulty: Integers,
    reward: Integers,
    draws: Fractions,
    tasks: Records,
    sorted_draws: Fractions,
) -> None:
    """Put a period's tasks and their random numbers in the order in which they are opened: by operator, by class."""
    classes = len(world.market.classes)
    places = np.zeros(len(world.operators) * classes + 1, dtype=np.int64)
    for i in range(len(operator)):
        places[world.rows[max(operator[i], 0)] * classes + class_id[i] + 1] += 1
    places = np.cumsum(places)
    for i in range(len(operator)):
        key = world.rows[max(operator[i], 0)] * classes + class_id[i]
        task = tasks[places[key]]
        task.operator, task.class_id, task.difficulty, task.reward = operator[i], class_id[i], difficulty[i], reward[i]
        task.wave = -1
        sorted_draws[places[key]] = draws[i]
        places[key] += 1


@compiled
def can_take_own(world: World, task: Any, task_class: Any, locking: int) -> bool:
    """Whether an operator may execute a task itself: complexity, room and funds."""
    account_row, able = world.market.accounts[task.operator], world.traits[task.operator].complexity
    code = for_operator(
        able, task_class.complexity, account_row.load + task.difficulty, room_of(world.market, task.operator)
    )
    return bool(code == 0 and locking <= account_row.free)


@allocating
def open_tasks(world: World, tasks: Records, policy: Policy, trust: float, expected_price: float, tally: Any) -> None:
    """Operators open their tasks, and execute themselves what they may and what pays more than delegating."""
    market = world.market
    gains = np.empty((len(market.classes), len(world.operators)))
    weigh(world, trust, expected_price, gains)
    open_all(world, tasks, policy, gains, tally)


@compiled
def weigh(world: World, trust: float, expected_price: float, gains: Fractions) -> None:
    """Write what operators gain by executing tasks of a class themselves rather than delegating them."""
    market = world.market
    for class_id in range(1, len(market.classes)):
        task_class = market.classes[class_id]
        other = delegated_benefit(task_class, expected_price, trust)
        for row in range(len(world.operators)):
            who = world.traits[world.operators[row]]
            gains[class_id, row] = (
                own_benefit(market, task_class, who, task_class.complexity >= HEAVY_COMPLEXITY_FROM) + who.taste - other
            )


@compiled
def open_all(world: World, tasks: Records, policy: Policy, gains: Fractions, tally: Any) -> None:
    """Open tasks, as own ones where that is possible and gains."""
    market = world.market
    for task in tasks:
        task_class = market.classes[task.class_id]
        collateral = collateral_of(task_class, task.reward)
        penalty = penalty_of(task_class, collateral)
        row = world.rows[task.operator] if task.operator >= 0 else -1
        there = row >= 0 and world.fortune[task.operator].active == 1
        there = there and market.accounts[task.operator].reputation >= task_class.min_operator_reputation
        funded = there and market.mandates[task.class_id, task.operator] >= task.reward
        if not funded or penalty > market.accounts[task.operator].free or market.tops[row] == 0:
            tally.unplaced += 1
            task.status = -1
            continue
        can = can_take_own(world, task, task_class, collateral + penalty)
        own = can and (policy.deliberate == 0 or gains[task.class_id, row] >= 0)
        tally.by_choice += can and not own
        start_task(market, task, row)
        tally.opened += 1
        tally.heavy += task_class.complexity >= HEAVY_COMPLEXITY_FROM
        if own:
            take_own(market, task)
            tally.self_executed += 1
        else:
            tally.auctioned += 1
