"""How participants decide, compiled: to work or to shirk, to delegate or not, what to ask, when to give up.

Shares of a reward are plain fractions here; what leaves for a contract is in ppm.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from ballast.model.constants import BPS, EPOCH_RING, PPM
from ballast.sim.compiled import compiled
from ballast.sim.market.records import Market
from ballast.sim.market.rules import amplifier, collateral_of, late_amount, penalty_of, split, wrong_amount
from ballast.sim.market.steps import backing_of, locked_for
from ballast.sim.period.beliefs import expected_in_class, expected_of_oneself

TRAITS: Final = np.dtype(
    [
        # what work costs, ppm of the reward: light and heavy tasks, and how much more at full load
        ("cost", np.int64),
        ("cost_heavy", np.int64),
        ("growth", np.int64),
        # what it asks above its costs, ppm of the reward
        ("markup", np.int64),
        # loads in basis points: below which it bids early, above which not at all
        ("comfort", np.int64),
        ("patience", np.int64),
        # 1 if it bids for nothing but what nobody took in a first auction
        ("last_call", np.int64),
        # 1 if what it asks counts what a task does to its record and uptime rewards; and what its room earns otherwise
        ("incentives", np.int64),
        ("room_worth", np.int64),
        # largest complexity it executes; class in which it is a specialist, 0 for none
        ("complexity", np.int64),
        ("special", np.int64),
        # how fast its machine is, 1 is the mean; how many times what it can hold it has registered, 0 and 1 for no more
        ("speed", np.float64),
        ("declared", np.float64),
        # chance of a result in time with and without effort, and that a result is right
        ("punctuality", np.float64),
        ("careless", np.float64),
        ("quality", np.float64),
        # what effort costs, as a share of the reward; taste for own execution; weight of what may be slashed
        ("effort", np.float64),
        ("taste", np.float64),
        ("caution", np.float64),
        # 1 if it never makes an effort; 1 if it belongs to a ring that trades with itself
        ("shirks", np.int64),
        ("ring", np.int64),
        # reputation that it begins the run with, ppm; 0 for a newcomer's
        ("record", np.int64),
    ],
    align=True,
)
"""What a participant is like; one row an account."""

FORTUNE: Final = np.dtype(
    [
        ("online", np.int64),
        ("active", np.int64),
        ("left", np.int64),
        ("registered", np.int64),
        ("income", np.int64),
        ("slashed", np.int64),
        ("tasks", np.int64),
        ("good", np.int64),
        ("shirked", np.int64),
        ("filled", np.int64),
        ("base", np.int64),
        ("slope", np.int64),
        ("steep", np.int64),
        ("spent", np.float64),
        ("before", np.float64),
        ("mood", np.float64),
        ("unrest", np.float64),
        ("late_rate", np.float64),
        ("wrong_rate", np.float64),
        ("full_rate", np.float64),
        ("expected", np.int64),
        ("realised", np.int64),
        ("watched", np.int64),
        ("level", np.float64),
        ("trend", np.float64),
    ],
    align=True,
)
"""How a participant fares; one row an account.

``online``, ``active`` and ``left`` are 0 or 1: who is offline neither bids nor submits; who is no longer active
takes no more tasks, and has left when its last one is done. ``registered`` is its capacity at first. ``income``
counts rewards and prices of settled tasks, ``spent`` the cost of work; ``before`` is what the account held less what
was spent, at the end of the last period, ``mood`` a moving average of its change a period, and ``unrest`` that of
the square of the change's distance from it. ``late_rate``, ``wrong_rate`` and ``full_rate`` are what it expects of
itself, see `ballast.sim.period.beliefs`, and ``filled`` is when its room was last full. ``base``, ``slope`` and
``steep`` are what it asks for heavy tasks in the present period, see `asking`. ``expected`` is the benefit that an
operator expected when it opened them of its tasks that have ended, B_v of the paper, token units; ``realised`` is what
came of the same tasks: rewards less prices, slashes, penalties, and costs of own work, plus compensations. ``level``
and ``trend`` are a coprocessor's forecast of its load, resource units and their change a period, from ``watched``
periods, see `ballast.sim.resizing`."""

SPECIAL_COST, COST_ELSEWHERE = 0.8, 1.1
"""What work costs a specialist in its class and in others, as a multiple of what it would cost it otherwise."""
WEIGHT_OF_NOW: Final = 0.05
"""Weight of the last period in the mood."""
MOST_ASKED: Final = 4.0 * PPM
"""What nobody asks more than, ppm of the reward; more than any class pays."""
MARKED_UP_TO: Final = 0.9 * PPM
"""What a markup raises no ask above, ppm of the reward."""


@compiled
def dearness(who: Any, task_class: Any) -> float:
    """Give what work in a class costs somebody of its reward, as a multiple of what its traits say."""
    usual = 1.0 + task_class.dearer / PPM
    if who.special > 0:
        usual *= SPECIAL_COST if who.special == task_class.number else COST_ELSEWHERE
    return float(usual)


@compiled
def record_at_stake(market: Market, task_class: Any, rho: float) -> float:
    """Give what a good result instead of none is worth to later auctions, as a share of a reward.

    An outcome moves the logit by alpha over the epoch's tasks, and so rho by rho (1 - rho) times that; the move decays
    by 1 - beta + alpha rho (1 - rho) an epoch. Each of the tasks of all those epochs sells for the discount on that
    much more, if the record falls short of the class's level, so their number cancels out.
    """
    if rho >= task_class.level:
        return 0.0
    rules = market.rules[0]
    spread = rho / PPM * (1.0 - rho / PPM) * rules.alpha / PPM
    lasting = spread / (1.0 - rules.beta / PPM + spread)
    return float(task_class.weight * lasting / PPM)


@compiled
def makes_effort(market: Market, task_class: Any, task: Any, who: Any, punctuality: float, careless: float) -> bool:
    """Whether an executor works for a task: if what effort adds to its chances is worth its cost.

    ``(price + slash + record) (p1 - p0) >= effort``: without a result the price is lost, the slash due, and the record
    worse. Where tasks are risky, a result in time brings price and record less often, and may cost the slash of a wrong
    one.
    """
    if who.shirks == 1:
        return False
    more = amplifier(market, task.x)
    risk, collateral = task_class.risk / PPM, locked_for(market, task)
    wrong = wrong_amount(task.reward, collateral, task_class.wrong_factor)
    slash = late_amount(
        task.reward,
        collateral,
        task_class.slash_factor,
        more,
        market.rules[0].lateness_floor,
    )
    record = record_at_stake(market, task_class, market.accounts[task.executor].reputation) * task.reward
    worth = task.price * (1.0 - risk) - wrong * risk + slash + record * (1.0 - risk)
    return bool(worth * (punctuality - careless) >= who.effort * dearness(who, task_class) * task.reward)


@compiled
def work_seconds(who: Any, difficulty: int, pace: float) -> int:
    """Give the seconds that a task takes: the root of its difficulty, since large tasks are wide as well as long.

    ``pace`` is what a task of difficulty 1 takes on a machine of speed 1.
    """
    return int(np.ceil(pace * np.sqrt(float(difficulty)) / who.speed))


@compiled
def slowed(who: Any, seconds: int, x: int, limit: int) -> int:
    """Give the seconds after which work ends, at a load of what is registered, basis points: more if that is not there.

    Somebody who has registered k times what its machine can hold is loaded k times as much as it seems. Above its true
    capacity the machine does everything that much slower; what was begun before is not slowed down. What takes longer
    than a limit, that of `reach`, is given up a second after it, and late.
    """
    return int(min(np.ceil(seconds * max(who.declared * x / BPS, 1.0)), limit + 1))


@compiled
def reach(who: Any, submit_seconds: int, gap: int, pace: float) -> float:
    """Give the largest difficulty that is surely done in time by somebody who submits every ``gap`` seconds."""
    return float(((submit_seconds - gap) * who.speed / pace) ** 2)


@compiled
def fee_share(market: Market, task_class: Any) -> float:
    """Give the fee as a share of a price, less what of all fees has come back as uptime rewards."""
    ledger = market.ledger[0]
    back = min(ledger.uptime / max(ledger.fees, 1), 1.0)
    return float(task_class.fee / PPM * (1.0 - back))


class Stakes(NamedTuple):
    """What a task means to a bidder beside its price and its cost; shares of the reward, if nothing else is said.

    Attributes
    ----------
    record, usual : float
        What a good result instead of a bad one is worth to later auctions; and the share of its good ones.
    idle, kink, full : float
        What the task's load adds to uptime rewards and to later auctions: at no load, at F, and at full load.
    fee : float
        Of the price.
    full_rate : float
        Chance that room is full before the work is over.
    price : float
        What a later task pays.
    """

    record: float
    usual: float
    idle: float
    kink: float
    full: float
    fee: float
    full_rate: float
    price: float


@compiled
def uptime_share(
    market: Market, task_class: Any, fares: Any, who: Any, pool: float, fee: float, units: float, x: int
) -> float:
    """Give the uptime reward at a load, for as long as a task of mean size lasts, as a share of the task's reward.

    ``min(pool f(x) / max f, rebate fees)`` up to F, as `ballast.model.uptime_reward`, and nothing above.

    Parameters
    ----------
    market, task_class, fares, who : record
        The market, the class, and the coprocessor.
    pool : float
        What its share of the epoch's pool comes to in that time at the best load.
    fee : float
        Of a task whose result is good, as a share of its reward.
    units : float
        Basis points of its capacity that the task takes.
    x : int
        The load, basis points.
    """
    rules = market.rules[0]
    if x > rules.kink:
        return 0.0
    in_time, right = expected_in_class(fares, 0.0, who, task_class)
    paid = fee * in_time * right * x / units
    return float(min(pool * market.rates[x] / rules.peak, rules.rebate / PPM * paid))


@compiled
def at_stake(
    market: Market, task_class: Any, who: Any, fares: Any, account: int, pace: float, expected_price: float
) -> Stakes:
    """Give what a task of mean size means to a coprocessor beside its price and its cost.

    Each branch of the load curve counts by its mean slope: a task that takes d of the capacity adds d (g(B) - g(0)) / B
    when idle, d (g(F) - g(B)) / (F - B) at F, and d (g(1) - g(F)) / (1 - F) at full load. For uptime rewards g is
    `uptime_share`. For the record it is f / max f, and -1 above F: the filter moves by gamma times that, as it does by
    alpha times the share of good results. The move raises the price of all tasks that a load x consists of, x / d, so
    that d cancels out.

    Parameters
    ----------
    market, task_class, who, fares : record
        The market, the class, and the coprocessor.
    account : int
        Its account.
    pace : float
        See `work_seconds`.
    expected_price : float
        What auctions have cost of late, as a share of the reward.

    Notes
    -----
    The pool is what was set aside for the last epoch. Who does not count incentives takes what came back of all fees
    off the fee.
    """
    account_row, rules = market.accounts[account], market.rules[0]
    full_rate = fares.full_rate if who.room_worth == 1 else 0.0
    if who.incentives == 0:
        return Stakes(0.0, 0.0, 0.0, 0.0, 0.0, fee_share(market, task_class), full_rate, expected_price)
    fee, record = task_class.fee / PPM, record_at_stake(market, task_class, account_row.reputation)
    in_time, right = expected_of_oneself(fares, 0.0)
    if account_row.capacity == 0 or task_class.worth == 0:
        return Stakes(record, in_time * right, 0.0, 0.0, 0.0, fee, full_rate, expected_price)
    budget = market.budgets[(market.ledger[0].epoch - 1) % EPOCH_RING]
    epochs = work_seconds(who, task_class.size, pace) / rules.epoch_seconds
    best_weight = account_row.capacity * float(rules.peak * rules.epoch_seconds)
    pool = budget.total * best_weight / max(budget.weight, 1) * epochs / task_class.worth
    units = BPS * task_class.size / account_row.capacity
    best, kink = rules.best, rules.kink
    good = fee * expected_price
    empty = uptime_share(market, task_class, fares, who, pool, good, units, 0)
    most = uptime_share(market, task_class, fares, who, pool, good, units, best)
    edge = uptime_share(market, task_class, fares, who, pool, good, units, kink)
    falls, beyond = max(kink - best, 1), max(BPS - kink, 1)
    of_load = record * rules.gamma / max(rules.alpha, 1)
    at_best, at_kink = market.rates[best] / rules.peak, market.rates[kink] / rules.peak
    return Stakes(
        record,
        in_time * right,
        (most - empty) * units / best,
        (edge - most) * units / falls + of_load * (at_kink - at_best) * kink / falls,
        -edge * units / beyond - of_load * (1.0 + at_kink) * BPS / beyond,
        fee,
        full_rate,
        expected_price,
    )


@compiled
def forfeits(market: Market, task_class: Any, account: int, x: int) -> tuple[int, int]:
    """Slashes of a late and of a wrong result at a load, of a task of mean reward, ppm of the reward."""
    backing = float(backing_of(market, account)) / max(task_class.worth, 1) * PPM
    collateral = collateral_of(task_class, PPM, int(backing))
    lowest = market.rules[0].lateness_floor
    late = late_amount(PPM, collateral, task_class.slash_factor, amplifier(market, x), lowest)
    return late, wrong_amount(PPM, collateral, task_class.wrong_factor)


@compiled
def own_benefit(
    market: Market, task_class: Any, who: Any, fares: Any, account: int, x: int, strained: float, heavy: bool
) -> float:
    """Give the net benefit to expect of executing a task oneself, as a share of its reward: ``r p - s (1 - p) - cost``.

    The paper's section 2.2; p is what the operator expects of itself at load x, s the slash of a late or of a wrong
    result, and the operator's penalty for both. ``strained`` is what that load adds to its
    chance to be late.
    """
    in_time, right = expected_in_class(fares, strained, who, task_class)
    late, wrong = forfeits(market, task_class, account, x)
    penalty = penalty_of(task_class, collateral_of(task_class, PPM, 0))
    cost = (who.cost_heavy if heavy else who.cost) * dearness(who, task_class)
    gain = PPM - task_class.cap * task_class.fee / PPM
    lost = (1.0 - in_time) * (late + penalty) + in_time * (1.0 - right) * (wrong + penalty)
    return float((gain * in_time * right - lost - cost) / PPM)


@compiled
def first_setback(market: Market, task_class: Any) -> float:
    """Give what a delegated task that fails is expected to cost its operator at first, as a share of the reward.

    The operator's penalty less what of the executor's slash compensates it: at least that of a late result.
    """
    collateral = collateral_of(task_class, PPM, 0)
    late = late_amount(PPM, collateral, task_class.slash_factor, PPM, market.rules[0].lateness_floor)
    compensation, _, _, _ = split(late, market.rules[0])
    return float((penalty_of(task_class, collateral) - compensation) / PPM)


@compiled
def delegated_benefit(expected_price: float, trust: float, setback: float) -> float:
    """Give the net benefit to expect of delegating a task, as a share of its reward: ``(r - b) p - s (1 - p)``.

    Parameters
    ----------
    expected_price : float
        b, what auctions have cost of late, as a share of the reward.
    trust : float
        p, chance that a coprocessor succeeds.
    setback : float
        s, what a failure has cost of late, as a share of the reward; negative if compensations outweigh penalties.
    """
    return (1.0 - expected_price) * trust - setback * (1.0 - trust)


@compiled
def auctioned_benefit(sale: float, delegated: float, fallback: float) -> float:
    """Give the net benefit to expect of auctioning a task, which somebody may buy, as a share of its reward.

    Parameters
    ----------
    sale : float
        Chance that it is sold.
    delegated : float
        What it brings then, see `delegated_benefit`.
    fallback : float
        What it brings otherwise: own execution, or 0, since a task that expires costs its operator nothing.
    """
    return sale * delegated + (1.0 - sale) * fallback


@compiled
def asking(
    market: Market,
    task_class: Any,
    who: Any,
    fares: Any,
    rho: int,
    covers: int,
    markup: float,
    overload: float,
    account: int,
    stakes: Stakes,
) -> tuple[int, int, int]:
    """Give what a coprocessor asks for a task, ppm of the reward.

    Its cost and its own markup, what it expects to lose, what its room would earn otherwise, and the markup of all; at
    full load work costs more, the load curve amplifies the slash, and it is late more often. A ring takes the tasks of
    its own class at any price.

    Parameters
    ----------
    market, task_class, who, fares : record
        The market, the class, and the bidder.
    rho : int
        Its reputation, ppm.
    covers : int
        1 if it covers what it expects to forfeit, see `break_even`; 0 if it looks at its costs and record alone.
    markup : float
        What everybody asks on top, see `on_top`.
    overload : float
        What a full load adds to its chance to be late.
    account : int
        Its account.
    stakes : Stakes
        What it counts beside price and cost, if it covers what it expects to forfeit.

    Returns
    -------
    base, slope, steep : int
        At no load; how much more for each full load; and for each full load above F besides.
    """
    if who.ring == 1 and task_class.avs == market.classes[len(market.classes) - 1].avs:
        return 0, 0, 0
    kink = market.rules[0].kink
    idle, wrong = forfeits(market, task_class, account, 0)
    full, _ = forfeits(market, task_class, account, BPS)
    if covers == 0:
        risk, dear = who.caution * (1.0 - rho / PPM * (1.0 - task_class.risk / PPM)), dearness(who, task_class)
        plain, more = who.cost * dear + who.markup + risk * idle, who.growth * dear + risk * (full - idle)
        extra = on_top(plain, markup)
        return int(plain + extra), int(more + on_top(plain + more, markup) - extra), 0
    base = break_even(task_class, who, fares, wrong, idle, 0.0, 0.0, stakes, stakes.idle)
    base += on_top(base, markup)
    at_kink = break_even(task_class, who, fares, wrong, idle, kink / BPS, 0.0, stakes, stakes.kink)
    at_kink += worth_of_room(at_kink, stakes)
    at_kink += on_top(at_kink, markup)
    slope = (at_kink - base) * BPS / max(kink, 1)
    if kink >= BPS:
        return int(base), int(slope), 0
    at_full = break_even(task_class, who, fares, wrong, full, 1.0, overload, stakes, stakes.full)
    at_full += worth_of_room(at_full, stakes)
    at_full += on_top(at_full, markup)
    steep = (at_full - at_kink) * BPS / (BPS - kink) - slope
    return int(base), int(slope), int(steep)


@compiled
def on_top(ask: float, markup: float) -> float:
    """Give what a markup, a share of an ask, adds to it, ppm of the reward; nothing above ``MARKED_UP_TO``."""
    return float(min(markup * ask, max(MARKED_UP_TO - ask, 0.0)))


@compiled
def worth_of_room(ask: float, stakes: Stakes) -> float:
    """Give what a later task of the same size is expected to pay above an ask, if room for it will be missing, ppm."""
    return float(stakes.full_rate * max(stakes.price * PPM - ask, 0.0))


@compiled
def break_even(
    task_class: Any,
    who: Any,
    fares: Any,
    wrong: int,
    late: int,
    load: float,
    more_late: float,
    stakes: Stakes,
    of_load: float,
) -> float:
    """Give the price at which a task pays what it costs on average, and the markup, ppm of the reward; never below 0.

    ``(1 - fee) b p q + record (p q - usual) + of_load = cost + p (1 - q) w + (1 - p) s``: a wrong result costs the
    slash w, a late one the slash s. A record is a share of good results, so one more task moves it by what its
    chance differs from the others'.

    Parameters
    ----------
    task_class, who, fares : record
        The class, and the bidder.
    wrong, late : int
        w and s, ppm of the reward.
    load : float
        Of the bidder, 1 is full.
    more_late : float
        What that load adds to its chance to be late.
    stakes : Stakes
        Fee, and what results are worth to its record.
    of_load : float
        What the task's load adds to its income, as a share of the reward.
    """
    in_time, right = expected_in_class(fares, more_late, who, task_class)
    more = dearness(who, task_class)
    cost = who.cost * more + who.markup + who.growth * load * more
    lost = in_time * (1.0 - right) * wrong + (1.0 - in_time) * late
    spent = max(cost + lost - PPM * (stakes.record * (in_time * right - stakes.usual) + of_load), 0.0)
    return float(min(spent / (in_time * right * (1.0 - stakes.fee)), MOST_ASKED))


@compiled
def feel(market: Market, fortune: Any, first: int, last: int) -> None:
    """Update the moods of a range of accounts at the end of a period, and sum up what they have."""
    for i in range(first, last):
        fares = fortune[i]
        wealth = market.accounts[i].free + market.accounts[i].locked - fares.spent
        if fares.active == 1:
            away = wealth - fares.before - fares.mood
            fares.mood += WEIGHT_OF_NOW * away
            fares.unrest += WEIGHT_OF_NOW * (away * away * (1.0 - WEIGHT_OF_NOW) - fares.unrest)
        fares.before = wealth
