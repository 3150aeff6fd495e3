"""The phases of a period, compiled: participants decide, the market changes, tasks remember what happened to them.

Each phase is one moment of the period. The engines that work on contracts read from the tasks what to send
(`sim.replay`); nothing here knows of them.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from offchain.model.constants import MAX_BATCH, PPM
from sim.allocation import NOT_AT_ALL, Bidders, Fractions, asked_at, find, load_with
from sim.behaviour import asking, delegated_benefit, feel, makes_effort, own_benefit
from sim.compiled import allocating, compiled
from sim.market.records import Integers, Market, Records
from sim.market.steps import (
    EXPIRED,
    FAILED,
    FORFEITED,
    LATE,
    LIVE,
    NOBODY,
    SUBMITTED,
    capacity_of,
    collateral_of,
    end_fault,
    end_unpaid,
    penalty_of,
    reopen,
    room_of,
    set_time,
    settle,
    slash,
    start_task,
    submit,
    take_over,
    take_own,
    win,
)
from sim.scenario import WASH

# Moments of a period, seconds after its start. A period is one epoch, and everything in it ends in it.
OPEN, BID, BID_LATER, REOPEN, BID_AGAIN, SUBMIT = 1, 2, 10, 18, 19, 150
ENFORCE, SUBMIT_RESCUED, SETTLE = 196, 198, 260

HEAVY_COMPLEXITY_FROM: Final = 2
"""Complexity from which a class counts as heavy."""
RESCUE_PREMIUM: Final = 200_000
"""What a rescuer asks above its cost, ppm of the reward."""
WATCHING: Final = 3
"""Coprocessors that look at a late task."""
IN_TIME, RIGHT, WINDOW, RESCUE, DRAWS = 0, 1, 2, 5, 8
"""Columns of a task's random numbers: whether its result comes in time and is right, three for the auction, three for
those who look at it when it is late."""
SELF, AGAIN = 1, 2
"""What became of a task nobody bid for: own execution, or a second auction."""

TALLY: Final = np.dtype(
    [
        *((name, np.int64) for name in ("opened", "unplaced", "self_executed", "auctioned", "unsold", "settled")),
        *((name, np.int64) for name in ("failed", "forfeited", "late", "rescued", "shirked")),
        *((name, np.int64) for name in ("sold_early", "sold_later", "sold_again", "heavy", "heavy_delegated")),
        *((name, np.int64) for name in ("idle_expired", "above_kink", "by_choice")),
        *((name, np.int64) for name in ("settled_reward", "settled_price", "auctioned_reward", "auctioned_price")),
        *((name, np.int64) for name in ("slashed", "penalties")),
        *((name, np.float64) for name in ("cost", "load_jain", "load_p95", "load_mean", "load_above", "load_from_b")),
        ("winners_gap", np.float64),
        *((name, np.float64) for name in ("trust", "expected_price")),
        *((name, np.int64) for name in ("operators_active", "coprocessors_active", "slashed_auctioned")),
        *((name, np.int64) for name in ("operators_earned", "coprocessors_earned")),
        *((name, np.float64) for name in ("operators_reputation", "coprocessors_reputation")),
    ],
    align=True,
)
"""What happened in a period.

Counts of tasks, sums in token units, loads in basis points at their height. ``by_choice`` counts tasks auctioned though
the operator could have executed them; ``winners_gap`` sums, over auctions, the winner's load before less the mean load;
``idle_expired`` counts tasks nobody took though somebody had room and funds; ``load_from_b`` is the mean distance from
B; ``operators_earned`` and ``coprocessors_earned`` are income less slashes, summed from the first period on."""


class Policy(NamedTuple):
    """Settings of a run that the phases need.

    Attributes
    ----------
    keeper : int
        Account that enforces, settles and is paid for it.
    first_coprocessor : int
        The operators' accounts end below it.
    best_load : int
        B, the load with the largest bonus, basis points.
    rule : int
        Place in ``sim.allocation.ALLOCATIONS``.
    watch : int
        Coprocessors that see one auction.
    waiting : int
        1 if bidders loaded beyond their comfort wait for a later, lower price.
    deliberate : int
        1 if operators weigh own execution against delegation; 0 if they execute whatever they may.
    """

    keeper: int
    first_coprocessor: int
    best_load: int
    rule: int
    watch: int
    waiting: int
    deliberate: int


class Record(NamedTuple):
    """Where a period leaves what is kept of it.

    Attributes
    ----------
    load, price, tasks : array
        By account: load at the period's height (basis points), prices received (token units), tasks executed.
    edges : array of shape (operators, coprocessors)
        Settled tasks by who worked for whom, or of shape (0, 0).
    """

    load: Integers
    price: Fractions
    tasks: Integers
    edges: Integers


class World(NamedTuple):
    """Everything the phases work on.

    Attributes
    ----------
    m : Market
        The market.
    traits, fortune : array of records
        By account, as in ``sim.behaviour``.
    operators : array of int
        Accounts of the operators, by row in the table of slots.
    rows : array of int
        Row of an account among operators or among coprocessors.
    b : Bidders
        Coprocessors online, as auctions see them.
    punctuality, quality : array
        By account: chance of a result in time (with effort), and of a right one.
    """

    m: Market
    traits: Records
    fortune: Records
    operators: Integers
    rows: Integers
    b: Bidders
    punctuality: Fractions
    quality: Fractions


# Opening


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
    a = w.m.accounts[t.operator]
    fits = a.load + t.difficulty <= room_of(w.m, t.operator)
    return bool(fits and w.traits[t.operator].complexity >= c.complexity and locking <= a.free)


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


# Auctions


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
        now = (m.ledger[0].now - t.opened) // c.step_seconds
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


# Results


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
        chosen, least = -1, 0.0
        for d in range(WATCHING):
            if size == 0:
                break
            j = int(draws[i, RESCUE + d] * size)
            x = load_with(b, j, t.difficulty)
            paid = t.price * PPM // t.reward >= w.traits[b.account[j]].cost + RESCUE_PREMIUM
            able = w.fortune[b.account[j]].online == 1 and b.load[j] + t.difficulty <= b.late[j]
            able &= b.free[j] >= collateral_of(c, t.reward)
            able &= b.reputation[j] >= c.min_reputation
            if able and paid and b.account[j] != t.executor and (chosen < 0 or x < least):
                chosen, least = j, x
        if chosen < 0:
            continue
        t.limit = w.traits[b.account[chosen]].patience
        take_over(m, t, b.account[chosen])
        b.load[chosen] += t.difficulty
        b.free[chosen] -= collateral_of(c, t.reward)
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


@compiled
def take_stock(w: World, first: int, last: int) -> tuple[int, float, int]:
    """Active accounts of a range, their mean reputation (ppm), and what the range has earned (token units)."""
    active, total, earned = 0, 0.0, 0
    for account in range(first, last):
        earned += w.fortune[account].income - w.fortune[account].slashed
        if w.fortune[account].active == 1:
            active += 1
            total += w.m.accounts[account].reputation
    return active, total / max(active, 1), earned


@allocating
def play(
    w: World,
    tasks: Records,
    draws: Fractions,
    order: Integers,
    policy: Policy,
    start: int,
    trust: float,
    expected_price: float,
    kept: Record,
    tally: Any,
) -> None:
    """Play a period from the opening of its tasks to their ends.

    Parameters
    ----------
    w : World
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
    kept : Record
        Takes what is kept by account.
    tally : record
        Takes what is counted.
    """
    m = w.m
    tally.trust, tally.expected_price = trust, expected_price
    open_tasks(w, tasks, policy, trust, expected_price, tally)
    gather(w, order)
    set_time(m, start + BID)
    left = auction(w, tasks, draws, policy, 0, tally)
    if left > 0 and policy.waiting == 1:
        set_time(m, start + BID_LATER)
        left = auction(w, tasks, draws, policy, 1, tally)
    if left > 0:
        set_time(m, start + REOPEN)
        second_chance(w, tasks, tally)
        set_time(m, start + BID_AGAIN)
        auction(w, tasks, draws, policy, 2, tally)
    measure(w, tasks, order, policy.best_load, kept.load, tally)
    set_time(m, start + SUBMIT)
    submit_all(w, tasks, draws, tally)
    set_time(m, start + ENFORCE)
    enforce(w, tasks, policy, tally)
    gather(w, order)
    if rescue(w, tasks, draws, tally) > 0:
        set_time(m, start + SUBMIT_RESCUED)
        submit_rescued(w, tasks)
    set_time(m, start + SETTLE)
    conclude(w, tasks, kept, tally)
    first, between, last = w.operators[0], policy.first_coprocessor, m.ledger[0].accounts
    feel(m, w.fortune, first, last)
    active, reputation, earned = take_stock(w, first, between)
    tally.operators_active, tally.operators_reputation, tally.operators_earned = active, reputation, earned
    active, reputation, earned = take_stock(w, between, last)
    tally.coprocessors_active, tally.coprocessors_reputation, tally.coprocessors_earned = active, reputation, earned


@allocating
def ends(w: World, tasks: Records) -> Integers:
    """List number, outcome, executor and price of every task opened, in the order of their numbers."""
    slots = w.m.slots.shape[1]
    places = np.full(len(w.operators) * slots, -1, dtype=np.int64)
    count = 0
    for i in range(len(tasks)):
        if tasks[i].number > 0:
            places[w.rows[tasks[i].operator] * slots + tasks[i].slot] = i
            count += 1
    table = np.empty((count, 4), dtype=np.int64)
    row = 0
    for i in places:
        if i >= 0:
            t = tasks[i]
            table[row, 0], table[row, 1], table[row, 2], table[row, 3] = t.number, t.outcome, t.executor, t.price
            row += 1
    return table
