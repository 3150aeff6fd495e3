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
def assign(w: World, operator: Integers, weights: Fractions, start: float) -> None:
    """Give tasks without an operator to operators in proportion to weights, as evenly as can be.

    Parameters
    ----------
    w : World
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
    left = w.m.tops.copy()
    for account in operator:
        if account >= 0:
            left[w.rows[account]] -= 1
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
                operator[i] = w.operators[chosen]
                left[chosen] -= 1
                break
            chosen = (chosen + 1) % len(weights)


@allocating
def arrange(
    w: World,
    operator: Integers,
    class_id: Integers,
    difficulty: Integers,
    reward: Integers,
    draws: Fractions,
    tasks: Records,
    sorted_draws: Fractions,
) -> None:
    """Put a period's tasks and their random numbers in the order in which they are opened: by operator, by class."""
    classes = len(w.m.classes)
    places = np.zeros(len(w.operators) * classes + 1, dtype=np.int64)
    for i in range(len(operator)):
        places[w.rows[max(operator[i], 0)] * classes + class_id[i] + 1] += 1
    places = np.cumsum(places)
    for i in range(len(operator)):
        key = w.rows[max(operator[i], 0)] * classes + class_id[i]
        t = tasks[places[key]]
        t.operator, t.class_id, t.difficulty, t.reward = operator[i], class_id[i], difficulty[i], reward[i]
        t.wave = -1
        sorted_draws[places[key]] = draws[i]
        places[key] += 1


@compiled
def can_take_own(w: World, t: Any, c: Any, locking: int) -> bool:
    """Whether an operator may execute a task itself: complexity, room and funds."""
    a, able = w.m.accounts[t.operator], w.traits[t.operator].complexity
    code = for_operator(able, c.complexity, a.load + t.difficulty, room_of(w.m, t.operator))
    return bool(code == 0 and locking <= a.free)


@allocating
def open_tasks(w: World, tasks: Records, policy: Policy, trust: float, expected_price: float, tally: Any) -> None:
    """Operators open their tasks, and execute themselves what they may and what pays more than delegating."""
    m = w.m
    gains = np.empty((len(m.classes), len(w.operators)))
    weigh(w, trust, expected_price, gains)
    open_all(w, tasks, policy, gains, tally)


@compiled
def weigh(w: World, trust: float, expected_price: float, gains: Fractions) -> None:
    """Write what operators gain by executing tasks of a class themselves rather than delegating them."""
    m = w.m
    for class_id in range(1, len(m.classes)):
        c = m.classes[class_id]
        other = delegated_benefit(c, expected_price, trust)
        for row in range(len(w.operators)):
            who = w.traits[w.operators[row]]
            gains[class_id, row] = own_benefit(m, c, who, c.complexity >= HEAVY_COMPLEXITY_FROM) + who.taste - other


@compiled
def open_all(w: World, tasks: Records, policy: Policy, gains: Fractions, tally: Any) -> None:
    """Open tasks, as own ones where that is possible and gains."""
    m = w.m
    for t in tasks:
        c = m.classes[t.class_id]
        collateral = collateral_of(c, t.reward)
        penalty = penalty_of(c, collateral)
        row = w.rows[t.operator] if t.operator >= 0 else -1
        there = row >= 0 and w.fortune[t.operator].active == 1
        there = there and m.accounts[t.operator].reputation >= c.min_operator_reputation
        funded = there and m.mandates[t.class_id, t.operator] >= t.reward
        if not funded or penalty > m.accounts[t.operator].free or m.tops[row] == 0:
            tally.unplaced += 1
            t.status = -1
            continue
        can = can_take_own(w, t, c, collateral + penalty)
        own = can and (policy.deliberate == 0 or gains[t.class_id, row] >= 0)
        tally.by_choice += can and not own
        start_task(m, t, row)
        tally.opened += 1
        tally.heavy += c.complexity >= HEAVY_COMPLEXITY_FROM
        if own:
            take_own(m, t)
            tally.self_executed += 1
        else:
            tally.auctioned += 1
