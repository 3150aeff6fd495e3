"""The market as a model in Mesa, and how long it takes. Runs in the peers' environment: no project imports.

Participants, tasks and terms come as JSON from ``ballast.studies.peers.market``; the rules are those of
``docs/simulation.md``, with loads, prices and chances as fractions and money in whole token units. Time goes on in
waves, and tasks live from wave to wave and from period to period. Simpler than there:

- no contracts and no words: neither task slots, money of single mandates, account pages nor keepers
- nobody waits for a lower price, and nobody comes or goes
- operators expect of all coprocessors the share of good results of late, whatever records and loads say; that every
  task is sold, and that a failure costs what a late result does
- of equal bids the first seen wins, not that with the smaller hash
- a capacity is not cut when its stake has been slashed, and what was not claimed of a budget is free at once
- random numbers are drawn when they are needed
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Any

import mesa

WATCHING = 3
"""Coprocessors that look at a late task."""
LATE_AT_FIRST, WRONG_AT_FIRST = 0.02, 0.03
"""What somebody expects of itself before it has done anything: results that are late, and wrong."""
TASKS_AT_FIRST = 20
"""Tasks that this counts as, and what is expected of all coprocessors at first."""
SLOWEST = 0.005
"""Weight of a task in what somebody expects of itself, at least."""
LEAST = 0.01
"""Chance that nobody's falls below."""
MOST_ASKED = 4.0
"""What nobody asks more than, as a share of the reward."""
GOOD_AT_FIRST, KEPT = 0.95, 0.98
"""What is expected of all coprocessors at first; what results of a period are worth one period later."""
ROUNDING = 1e-9
"""What a quotient may be above a whole number for its floating point."""
FIRST_PRICE, WEIGHT_OF_NOW = 0.98, 0.1
"""Price to expect before the first auction, as a share of the reward; weight of a period's price in it."""


def stepped(terms: dict[str, Any], logit: float, fees: int, good_fees: int, standing: float) -> float:
    """Reputation after an epoch, in logits: as the filter of the market, in floating point.

    ``standing`` is the mean bonus of the epoch as a share of the highest, less the share of it spent in overload.
    """
    idle = logit - max(logit - terms["newcomer"], 0.0) * terms["drift"]
    if fees == 0:
        return float(idle)
    surprise = good_fees / fees - 1 / (1 + math.exp(-logit))
    active = terms["omega"] + terms["beta"] * logit + terms["alpha"] * surprise + terms["gamma"] * standing
    active = min(max(active, -8.0), 8.0)
    return float(idle + (active - idle) * min(fees / terms["n0"], 1.0))


def expected(late_rate: float, wrong_rate: float, more_late: float) -> tuple[float, float]:
    """Chances that a result comes in time, and that it is then right, by the rates of those that did not."""
    in_time = 1 - min(max(late_rate, 0.0) + more_late, 1 - LEAST)
    return in_time, 1 - min(max(wrong_rate, 0.0), 1 - LEAST)


def late_loss(terms: dict[str, Any], amplified: float, collateral: float) -> float:
    """Slash of a late result whose executor has locked a collateral, both as shares of the reward."""
    return float(min(collateral, max(terms["lateness_floor"], terms["slash_factor"] * amplified * collateral)))


def wrong_loss(terms: dict[str, Any], collateral: float) -> float:
    """Slash of a wrong result, as `late_loss`."""
    return float(min(collateral, max(1.0, terms["wrong_factor"] * collateral)))


def load_discount(terms: dict[str, Any], x: float, rate: float) -> float:
    """Discount of a load at which the load curve has some rate, as a share of the reward."""
    idle = terms["idle_discount"]
    if x > terms["kink"]:
        return float(idle + terms["load_malus"] * rate)
    return float(idle - min(terms["load_bonus"] * rate, idle))


def record_discount(terms: dict[str, Any], reputation: float) -> float:
    """Discount of a record, as a share of the reward."""
    return float(terms["record_weight"] * max(terms["record_level"] - reputation, 0.0))


def at_stake(terms: dict[str, Any], reputation: float) -> float:
    """Give what a good result instead of none is worth to later auctions, as a share of a reward."""
    if reputation >= terms["record_level"]:
        return 0.0
    moved = terms["alpha"] * reputation * (1 - reputation)
    return float(terms["record_weight"] * moved / (1 - terms["beta"] + moved))


def last_call(
    terms: dict[str, Any], start: float, asked: float, of_load: float, of_record: float, now: int
) -> tuple[int, float]:
    """Step and price at which a bid enters the last call; as many steps as there are, and 0, if it does not.

    Where ask and discounts exceed the cap, that for the load gives way first, and that for the record after it.
    """
    steps, cap = terms["steps"], terms["cap"]
    asked = max(asked, terms["floor"])
    left = cap - asked
    kept = of_record if terms["hard"] else min(of_record, left)
    if left < 0 or kept > left:
        return steps, 0.0
    discount = kept + min(of_load, left - kept)
    above, way = asked + discount - start, cap - start
    step = max(math.ceil(above * (steps - 1) / way - ROUNDING) if above > 0 else 0, now)
    return (step, start + way * step / (steps - 1) - discount) if step < steps else (steps, 0.0)


def break_even(
    cost: float,
    chances: tuple[float, float],
    late: float,
    wrong: float,
    stakes: dict[str, float],
    of_load: float,
) -> float:
    """Price at which a task pays what it costs on average; a wrong result costs ``wrong``, a late one ``late``.

    What its result does to the record, and its load (``of_load``), is part of the pay.
    """
    in_time, right = chances
    lost = in_time * (1 - right) * wrong + (1 - in_time) * late
    spent = max(cost + lost - stakes["record"] * (in_time * right - stakes["usual"]) - of_load, 0.0)
    return float(min(spent / (in_time * right * (1 - stakes["fee"])), MOST_ASKED))


def asking(
    terms: dict[str, Any],
    cost: float,
    growth: float,
    late_rate: float,
    wrong_rate: float,
    collateral: float,
    stakes: dict[str, float],
) -> tuple[float, float, float]:
    """Asks of a coprocessor: at no load, how much more for each full load, and for each full load above F besides.

    ``collateral`` is what it locks for a task of mean reward, as a share of that.
    """
    kink, usual = terms["kink"], expected(late_rate, wrong_rate, 0.0)
    idle, wrong = late_loss(terms, 1.0, collateral), wrong_loss(terms, collateral)
    base = break_even(cost, usual, idle, wrong, stakes, stakes["idle"])
    at_kink = break_even(cost + growth * kink, usual, idle, wrong, stakes, stakes["kink"])
    at_kink += stakes["full_rate"] * max(stakes["price"] - at_kink, 0.0)
    slope = (at_kink - base) / kink
    if kink >= 1:
        return base, slope, 0.0
    strained = expected(late_rate, wrong_rate, terms["overload"])
    full = late_loss(terms, terms["amplified"], collateral)
    at_full = break_even(cost + growth, strained, full, wrong, stakes, stakes["full"])
    at_full += stakes["full_rate"] * max(stakes["price"] - at_full, 0.0)
    return base, slope, (at_full - at_kink) / (1 - kink) - slope


def load_gains(
    terms: dict[str, Any], curve: tuple[float, float, float], units: float, pool: float, good_fee: float, record: float
) -> dict[str, float]:
    """Give what the load of a task of mean size adds to uptime rewards and later auctions, as shares of its reward.

    At no load, at F and at full load, by the mean slope of each branch of the load curve. ``curve`` is f at no load, at
    B and at F; the task takes ``units`` of the capacity; ``pool`` is what the capacity's share of the pool comes to
    while it lasts, ``good_fee`` the fee it is expected to pay, ``record`` what a good result is worth.
    """
    best, kink, peak = terms["best"], terms["kink"], terms["peak"]
    empty, most, edge = (
        min(pool * f / peak, terms["rebate"] * good_fee * x / units)
        for x, f in zip((0.0, best, kink), curve, strict=True)
    )
    falls, beyond = max(kink - best, 1e-4), max(1 - kink, 1e-4)
    of_load = record * terms["gamma"] / max(terms["alpha"], 1e-6)
    at_best, at_kink = curve[1] / peak, curve[2] / peak
    return {
        "idle": (most - empty) * units / best,
        "kink": (edge - most) * units / falls + of_load * (at_kink - at_best) * kink / falls,
        "full": -edge * units / beyond - of_load * (1 + at_kink) / beyond,
    }


@dataclass(slots=True, eq=False)
class Task:
    """A task and who has to do with it.

    Its ``status`` is open, won, late or submitted; while it is open, its operator stands in place of an executor.
    ``start`` is the price at which its auction starts, a share of the reward. Times are seconds.
    """

    heavy: bool
    difficulty: int
    reward: int
    penalty: int
    operator: Operator
    executor: MesaParticipant
    opened: int
    turn: float
    status: str = "open"
    collateral: int = 0
    start: float = 0.0
    own: bool = False
    rising: bool = False
    rescued: bool = False
    wrong: bool = False
    price: int = 0
    x: float = 0.0
    due: int = 0
    ready: float = 0.0
    submitted: int = 0


class MesaParticipant(mesa.Agent):
    """What operators and coprocessors have in common: funds, capacity, load, work and reputation.

    Slots: with a dictionary an agent, an auction among ten thousand takes twice as long.
    """

    __slots__ = (
        *("free", "locked", "capacity", "able", "cost", "punctuality", "careless", "quality", "effort"),
        *("load", "since", "bonus", "overload", "logit", "next_logit", "reputation", "fees", "good_fees"),
        *("reach", "seconds", "late_rate", "wrong_rate", "tasks", "at_stake", "least"),
    )

    def __init__(self, model: MesaMarket, traits: dict[str, Any]) -> None:
        super().__init__(model)
        terms = model.terms
        self.free: int = traits["funds"]
        self.locked = 0
        self.capacity: int = traits["capacity"]
        # collateral that its stake asks for, whatever the task
        self.least = math.ceil(self.capacity * terms["stake_per_unit"] * terms["stake_share"] - ROUNDING)
        self.able: bool = traits["able"]
        self.cost: float = traits["cost"]
        self.punctuality: float = traits["punctuality"]
        self.careless: float = traits["careless"]
        self.quality: float = traits["quality"]
        self.effort: float = traits["effort"]
        # seconds for the root of a unit of difficulty, and the largest difficulty that is surely done in time
        self.seconds: float = terms["pace"] / traits["speed"]
        self.reach = ((terms["submit_seconds"] - terms["gap"]) / self.seconds) ** 2
        self.load = self.since = 0
        self.bonus = self.overload = 0.0
        self.logit: float = terms["newcomer"]
        self.next_logit = self.logit
        self.reputation = 1 / (1 + math.exp(-self.logit))
        self.fees = self.good_fees = self.tasks = 0
        self.late_rate, self.wrong_rate = LATE_AT_FIRST, WRONG_AT_FIRST
        self.at_stake = 0.0

    def begin(self) -> None:
        """Let the reputation hold that was posted last, and post one for the last epoch; see what a result moves."""
        terms = self.model.terms
        self.accrue()
        standing = (self.bonus / terms["peak"] - self.overload) / terms["epoch_seconds"]
        self.logit = self.next_logit
        self.reputation = 1 / (1 + math.exp(-self.logit))
        self.next_logit = stepped(terms, self.logit, self.fees, self.good_fees, standing)
        self.bonus = self.overload = 0.0
        self.fees = self.good_fees = 0
        self.at_stake = at_stake(terms, self.reputation)

    def accrue(self) -> None:
        """Integrate the load curve up to now."""
        model = self.model
        seconds, x = model.now - self.since, self.load / self.capacity
        self.since = model.now
        if x > model.terms["kink"]:
            self.overload += seconds
        else:
            self.bonus += seconds * model.rate(x)

    def change_load(self, change: int) -> None:
        """Add or free load."""
        self.accrue()
        self.load += change

    def locking(self, reward: int) -> int:
        """Collateral that it locks for a task."""
        return int(max(self.model.locking(reward), self.least))

    def take(self, task: Task, begun: int) -> None:
        """Become a task's executor at a moment: lock its collateral, take its load, begin to work."""
        task.collateral = self.locking(task.reward)
        self.free -= task.collateral
        self.locked += task.collateral
        self.change_load(task.difficulty)
        task.executor, task.status = self, "won"
        task.x = self.load / self.capacity
        task.due = begun + self.model.terms["submit_seconds"]
        task.ready = begun + math.ceil(self.seconds * math.sqrt(task.difficulty))

    def finish(self, task: Task) -> None:
        """Submit what is done, or fail to, more often if overloaded: with effort where that pays."""
        model, random = self.model, self.random.random
        more_late = model.strain(task.x)
        punctuality, careless = max(self.punctuality - more_late, 0.0), max(self.careless - more_late, 0.0)
        lost = task.price + model.late_slash(task) + self.at_stake * task.reward
        effort = lost * (punctuality - careless) >= self.effort * task.reward
        self.tasks += 1
        if random() >= (punctuality if effort else careless):
            task.ready = math.inf
            return
        task.wrong = random() >= self.quality
        task.status, task.submitted = "submitted", model.now
        self.change_load(-task.difficulty)

    def learn(self, task: Task, late: int, wrong: int) -> None:
        """Learn of oneself from a task that came to its end: 1 for late or wrong, less what overload explains."""
        weight = max(1 / (self.tasks + TASKS_AT_FIRST), SLOWEST)
        self.late_rate += weight * (late - self.model.strain(task.x) - self.late_rate)
        self.wrong_rate += weight * (wrong - self.wrong_rate)


class Operator(MesaParticipant):
    """Opens tasks; executes what it may and what pays more than delegating."""

    __slots__ = ("cost_heavy", "starts", "taste")

    def __init__(self, model: MesaMarket, traits: dict[str, Any]) -> None:
        super().__init__(model, traits)
        self.cost_heavy: float = traits["cost_heavy"]
        self.taste: float = traits["taste"]
        # where its next auction starts, by class
        self.starts: list[float] = [model.terms["start"]] * 2

    def own_benefit(self, task: Task) -> float:
        """Net benefit to expect of executing a task, with the load as it is, as a share of the reward."""
        model, terms = self.model, self.model.terms
        x = (self.load + task.difficulty) / self.capacity
        in_time, right = expected(self.late_rate, self.wrong_rate, model.strain(x))
        penalty = terms["collateral"] * terms["operator_share"]
        collateral = max(terms["collateral"], self.least / terms["worth"])
        late, wrong = (
            loss + penalty for loss in (late_loss(terms, model.amplifier(x), collateral), wrong_loss(terms, collateral))
        )
        gain = 1 - terms["cap"] * terms["fee"]
        lost = (1 - in_time) * late + in_time * (1 - right) * wrong
        return float(gain * in_time * right - lost - (self.cost_heavy if task.heavy else self.cost))

    def can_take(self, task: Task, locking: int) -> bool:
        """Whether complexity, room, funds and time allow own execution."""
        fits = self.load + task.difficulty <= self.capacity and self.free >= locking
        return fits and (self.able or not task.heavy) and task.difficulty <= self.reach

    def open_task(self, heavy: bool, difficulty: int, reward: int) -> None:
        """Open a task that came; auction it if one does not execute it."""
        model = self.model
        penalty = math.ceil(model.locking(reward) * model.terms["operator_share"])
        task = Task(heavy, difficulty, reward, penalty, self, self, model.now, self.random.random())
        own = self.can_take(task, self.locking(reward) + penalty)
        own = own and self.own_benefit(task) + self.taste >= model.delegated_benefit(heavy)
        model.open(task)
        if own:
            self.take_own(task)
        else:
            self.put_up(task)

    def put_up(self, task: Task) -> None:
        """Put a task up for auction at the start price of its class, which falls for the next one."""
        terms, start = self.model.terms, self.starts[task.heavy]
        task.start = math.floor(start * 1_000 + ROUNDING) / 1_000
        self.starts[task.heavy] = max(start - terms["start_gain"] * terms["start_target"], terms["floor"])
        self.model.selling.append(task)

    def leave_unsold(self, task: Task) -> None:
        """Have the start price of its class rise, since the first auction left a task."""
        terms = self.model.terms
        self.starts[task.heavy] = min(self.starts[task.heavy] + terms["start_gain"], terms["cap"])

    def take_own(self, task: Task) -> None:
        """Execute a task of one's own, at the highest price."""
        task.price = int(task.reward * self.model.terms["cap"])
        task.own = True
        self.take(task, self.model.now)
        self.model.counts["self_executed"] += 1


class Coprocessor(MesaParticipant):
    """Bids for tasks at prices that break even, by its cost, its load and what it expects to lose."""

    __slots__ = (
        *("base", "behind", "bound", "filled", "full_rate", "growth", "most", "patience", "slope", "steep", "weight"),
    )

    def __init__(self, model: MesaMarket, traits: dict[str, Any]) -> None:
        super().__init__(model, traits)
        self.growth: float = traits["growth"]
        self.patience: float = traits["patience"]
        self.most = int(self.patience * self.capacity)
        self.filled = -1
        self.full_rate = self.weight = self.bound = 0.0

    def claim(self) -> None:
        """Take the uptime reward that waits, and enter for the last epoch."""
        model = self.model
        if self.weight:
            model.pay_uptime(self, min(model.shared * self.weight / model.shared_weight, self.bound))
        self.accrue()
        self.bound = model.terms["rebate"] * self.good_fees
        self.weight = self.capacity * self.bonus if self.bound else 0.0

    def begin(self) -> None:
        """Step the reputation, and decide what to ask."""
        terms = self.model.terms
        super().begin()
        rates = self.late_rate, self.wrong_rate
        collateral = max(terms["collateral"], self.least / terms["worth"])
        self.base, self.slope, self.steep = asking(terms, self.cost, self.growth, *rates, collateral, self.stakes())
        self.behind = record_discount(terms, self.reputation)

    def stakes(self) -> dict[str, float]:
        """Give what a task means to it beside its price and its cost."""
        model, terms = self.model, self.model.terms
        price = model.expected_price[1]
        known = {"full_rate": self.full_rate if terms["room_worth"] else 0.0, "price": price}
        if not terms["incentives"]:
            gains = dict.fromkeys(("record", "usual", "idle", "kink", "full"), 0.0)
            return {**known, **gains, "fee": model.fee_share()}
        in_time, right = expected(self.late_rate, self.wrong_rate, 0.0)
        epochs = math.ceil(self.seconds * math.sqrt(terms["size"])) / terms["epoch_seconds"]
        best = self.capacity * terms["peak"] * terms["epoch_seconds"]
        pool = model.budget * best / max(model.weight, 1.0) * epochs / terms["worth"]
        curve = model.rate(0.0), model.rate(terms["best"]), model.rate(terms["kink"])
        good_fee = terms["fee"] * price * in_time * right
        gains = load_gains(terms, curve, terms["size"] / self.capacity, pool, good_fee, self.at_stake)
        return {**known, **gains, "record": self.at_stake, "usual": in_time * right, "fee": terms["fee"]}

    def finish(self, task: Task) -> None:
        """Learn whether room was full since the task's auction; submit, or fail to."""
        if not (task.own or task.rescued):
            weight = max(1 / (self.tasks + TASKS_AT_FIRST), SLOWEST)
            self.full_rate += weight * ((self.filled >= task.opened) - self.full_rate)
        super().finish(task)

    def asks(self, x: float) -> float:
        """Smallest price it accepts at a load, as a share of the reward."""
        return float(self.base + self.slope * x + self.steep * max(x - self.model.terms["kink"], 0.0))


class MesaMarket(mesa.Model):
    """The market.

    Parameters
    ----------
    question : dict
        What `ballast.studies.peers.market.question` gives.
    """

    def __init__(self, question: dict[str, Any]) -> None:
        super().__init__(rng=question["seed"])
        self.terms: dict[str, Any] = question["terms"]
        self.rates: list[float] = question["rates"]
        self.periods: list[list[tuple[int, int, int, int]]] = question["tasks"]
        self.discounts = [load_discount(self.terms, x / 10_000, rate) for x, rate in enumerate(self.rates)]
        self.now = 0
        for traits in question["operators"]:
            Operator(self, traits)
        for traits in question["coprocessors"]:
            Coprocessor(self, traits)
        self.avs = sum(task[2] for tasks in self.periods for task in tasks)
        self.paid_in = self.avs + sum(self.agents.get("free"))
        self.escrowed = self.pool = self.burned = self.found = self.fees = self.uptime = 0
        # budget of the last epoch and the weight of all who entered; those of the one before, which are paid now
        self.budget = self.weight = self.shared = self.shared_weight = 0.0
        # by class: price to expect; rewards and prices of what was sold in this period
        self.expected_price = [FIRST_PRICE, FIRST_PRICE]
        self.sold = [[0, 0], [0, 0]]
        self.good = self.ended = 0.0
        self.counts: Counter[str] = Counter()
        self.played: list[Counter[str]] = []
        self.living: list[Task] = []
        self.selling: list[Task] = []

    # What participants ask

    def rate(self, x: float) -> float:
        """Load curve at a load."""
        return self.rates[min(math.ceil(x * 10_000 - ROUNDING), 10_000)]

    def locking(self, reward: int) -> int:
        """Collateral that anybody locks for a task at least."""
        return math.ceil(reward * float(self.terms["collateral"]))

    def fee(self, task: Task) -> int:
        """Protocol fee of a task."""
        return int(max(math.ceil(task.price * self.terms["fee"]), self.terms["fee_per_unit"] * task.difficulty))

    def fee_share(self) -> float:
        """Fee as a share of a price, less what of all fees has come back as uptime rewards."""
        return float(self.terms["fee"] * (1 - min(self.uptime / max(self.fees, 1), 1)))

    def strain(self, x: float) -> float:
        """Chance to be late that a load adds."""
        kink = self.terms["kink"]
        return float(self.terms["overload"] * ((x - kink) / (1 - kink)) ** 2) if x > kink else 0.0

    def amplifier(self, x: float) -> float:
        """Multiple of the slash of a late result whose executor had a load when it won."""
        return 1 + self.rate(x) if x > self.terms["kink"] else 1.0

    def late_slash(self, task: Task) -> int:
        """Slash of a late result."""
        terms = self.terms
        factor = terms["slash_factor"] * self.amplifier(task.x)
        return int(min(task.collateral, max(terms["lateness_floor"] * task.reward, factor * task.collateral)))

    def delegated_benefit(self, heavy: bool) -> float:
        """Net benefit to expect of delegating a task, as a share of the reward."""
        terms = self.terms
        trust = (self.good + TASKS_AT_FIRST * GOOD_AT_FIRST) / (self.ended + TASKS_AT_FIRST)
        late = late_loss(terms, 1.0, terms["collateral"])
        lost = terms["collateral"] * terms["operator_share"] - terms["compensation"] * late
        return float((1 - self.expected_price[heavy]) * trust - lost * (1 - trust))

    def look_back(self, task: Task, late: int = 0, wrong: int = 0) -> None:
        """Let an executor, and everybody else, learn from what became of a task it had: 1 for late, or for wrong."""
        task.executor.learn(task, late, wrong)
        if not (task.own or task.rescued):
            self.ended += 1
            self.good += 1 - late - wrong

    def conclude(self) -> None:
        """Draw the conclusions from a period: what to expect of auctions and coprocessors."""
        for heavy, (rewards, prices) in enumerate(self.sold):
            if rewards > 0:
                self.expected_price[heavy] += WEIGHT_OF_NOW * (prices / rewards - self.expected_price[heavy])
        self.good *= KEPT
        self.ended *= KEPT

    # Money

    def open(self, task: Task) -> None:
        """Set a task's reward and its operator's penalty aside."""
        self.avs -= task.reward
        self.escrowed += task.reward
        task.operator.free -= task.penalty
        task.operator.locked += task.penalty
        self.counts["opened"] += 1
        self.living.append(task)

    def settle(self, task: Task) -> None:
        """Pay a task."""
        self.look_back(task)
        operator, executor = task.operator, task.executor
        fee = self.fee(task)
        for who in {executor, operator}:
            who.fees += fee
            who.good_fees += fee
        self.escrowed -= task.reward
        operator.locked -= task.penalty
        operator.free += task.penalty + task.reward - task.price
        executor.locked -= task.collateral
        executor.free += task.collateral + task.price - fee
        self.pool += fee
        self.fees += fee
        self.counts["settled"] += 1
        if not task.own:
            self.counts["price"] += task.price
            self.counts["reward"] += task.reward
            self.sold[task.heavy][0] += task.reward
            self.sold[task.heavy][1] += task.price

    def slash(self, task: Task, amount: int) -> None:
        """Take part of an executor's collateral, and free the rest."""
        operator, executor, terms = task.operator, task.executor, self.terms
        executor.locked -= task.collateral
        executor.free += task.collateral - amount
        compensation, found, burned = (int(amount * terms[share]) for share in ("compensation", "finder", "burn"))
        if executor is operator:
            self.avs += compensation
        else:
            operator.free += compensation
        self.found += found
        self.burned += burned
        self.pool += amount - compensation - found - burned
        self.counts["slashed"] += amount

    def end_unpaid(self, task: Task, outcome: str) -> None:
        """Return a task's reward; its operator keeps the penalty only if nobody took the task."""
        operator, executor = task.operator, task.executor
        operator.locked -= task.penalty
        if task.status == "open":
            operator.free += task.penalty
        else:
            self.avs += task.penalty
            executor.fees += self.fee(task)
            if not task.own:
                operator.fees += self.fee(task) // self.terms["delegated"]
        self.escrowed -= task.reward
        self.avs += task.reward
        self.counts[outcome] += 1

    def pay_uptime(self, coprocessor: Coprocessor, amount: float) -> None:
        """Pay an uptime reward from the pool."""
        coprocessor.free += int(amount)
        self.pool -= int(amount)
        self.uptime += int(amount)

    # A period

    def step(self) -> None:
        """Play a period."""
        operators, coprocessors = self.agents_by_type[Operator], self.agents_by_type[Coprocessor]
        terms, period = self.terms, self.steps - 1
        start = self.now = period * terms["epoch_seconds"]
        self.shared, self.shared_weight = self.budget, self.weight
        self.budget = (self.pool - self.shared) * terms["budget"]
        coprocessors.do("claim")
        self.weight = sum(coprocessors.get("weight"))
        self.counts = Counter()
        self.sold = [[0, 0], [0, 0]]
        self.agents.do("begin")
        waves = self.share_out(list(operators.shuffle()), self.periods[period])
        order = list(coprocessors.shuffle())
        for wave, came in enumerate(waves):
            begins = start + wave * terms["epoch_seconds"] // terms["waves"]
            self.turn(begins + terms["turn"], begins + terms["bid"], came, order)
        self.conclude()
        self.counts["live"] = len(self.living)
        self.played.append(self.counts)

    def share_out(
        self, operators: list[Operator], tasks: list[tuple[int, int, int, int]]
    ) -> list[list[tuple[int, int, int, int, Operator]]]:
        """Give tasks to operators in proportion to their reputations, as evenly as can be.

        Those of each wave, in the order in which they are opened: by operator, light ones first.
        """
        bounds = list(accumulate(operator.reputation for operator in operators))
        begin, row = self.random.random(), 0
        waves: list[list[tuple[int, int, int, int, Operator]]] = [[] for _ in range(self.terms["waves"])]
        for i, (heavy, difficulty, reward, wave) in enumerate(tasks):
            aim = (i + begin) / len(tasks) * bounds[-1]
            while bounds[row] <= aim and row < len(bounds) - 1:
                row += 1
            waves[wave].append((row, heavy, difficulty, reward, operators[row]))
        for came in waves:
            came.sort(key=lambda task: task[:2])
        return waves

    def turn(
        self, now: int, bids_at: int, came: list[tuple[int, int, int, int, Operator]], order: list[Coprocessor]
    ) -> None:
        """Play a wave: what is due is ended or done, tasks are opened; then coprocessors submit and bid."""
        self.now = now
        self.selling = []
        found = self.sort_out(bids_at)
        for task in found["wrong"]:
            self.look_back(task, wrong=1)
            self.end_unpaid(task, "forfeited")
            wrong = int(max(task.reward, self.terms["wrong_factor"] * task.collateral))
            self.slash(task, min(task.collateral, wrong))
        for task in found["overdue"]:
            self.look_back(task, late=1)
            self.slash(task, self.late_slash(task))
            task.executor.change_load(-task.difficulty)
            task.status = "late"
        for task in found["overdue"]:
            if not task.rescued:
                self.rescue(task, order)
        for task in (*found["lost"], *(task for task in found["overdue"] if task.rescued and task.status == "late")):
            self.end_unpaid(task, "failed")
        for task in found["payable"]:
            self.settle(task)
        for task in found["own"]:
            task.executor.finish(task)
        for task in found["unsold"]:
            if task.rising:
                self.end_unpaid(task, "unsold")
                continue
            task.operator.leave_unsold(task)
            if not task.heavy and task.operator.can_take(task, task.operator.locking(task.reward)):
                task.operator.take_own(task)
            else:
                task.opened, task.rising = now, True
                self.selling.append(task)
        for _, heavy, difficulty, reward, operator in came:
            operator.open_task(bool(heavy), difficulty, reward)
        self.now = bids_at
        for task in found["done"]:
            task.executor.finish(task)
        self.auction(order)
        for bidder in order:
            if bidder.load + self.terms["size"] > bidder.most:
                bidder.filled = bids_at

    def sort_out(self, bids_at: int) -> dict[str, list[Task]]:
        """Find out what is due now, and what will be done when coprocessors bid; forget tasks that end now."""
        now, terms = self.now, self.terms
        names = ("wrong", "overdue", "lost", "payable", "own", "unsold", "done")
        found: dict[str, list[Task]] = {name: [] for name in names}
        living = []
        for task in self.living:
            kind, ends = "", False
            if task.status == "open":
                kind, ends = "unsold", task.rising
            elif task.status == "won":
                if now > task.due:
                    kind, ends = "overdue", task.rescued
                elif task.executor is task.operator:
                    kind = "own" if task.ready <= now else ""
                elif task.ready <= bids_at:
                    kind = "done"
            elif task.status == "late":
                ends = now > task.due + terms["rescue_seconds"]
                kind = "lost" if ends else ""
            elif task.wrong:
                kind, ends = "wrong", True
            elif now > task.submitted + terms["challenge_seconds"]:
                kind, ends = "payable", True
            if kind:
                found[kind].append(task)
            if not ends:
                living.append(task)
        self.living = living
        return found

    def auction(self, order: list[Coprocessor]) -> None:
        """Auction what has no executor, in the order drawn.

        The coprocessor wins whose discounts let it in first or, in the last call, whose ask and discounts are least;
        the best score among those of one step.
        """
        terms = self.terms
        steps, kink, tick, floor = terms["steps"], terms["kink"], terms["tick"], terms["floor"]
        watch, size, random = terms["watch"], len(order), self.random.random
        twice = order + order[:watch]
        self.selling.sort(key=lambda task: task.turn)
        for task in self.selling:
            heavy, difficulty, rising, start = task.heavy, task.difficulty, task.rising, task.start
            collateral, now = self.locking(task.reward), (self.now - task.opened) // terms["step_seconds"]
            winner, first, score, paid = None, steps, 0.0, 0.0
            if watch < size:
                begin = int(random() * size)
                watching = twice[begin : begin + watch]
            else:
                watching = order
            for bidder in watching:
                load = bidder.load + difficulty
                if load > bidder.most or bidder.free < collateral or (heavy and not bidder.able):
                    continue
                if difficulty > bidder.reach or bidder.free < bidder.least:
                    continue
                x = load / bidder.capacity
                asked = bidder.base + bidder.slope * x
                if x > kink:
                    asked += bidder.steep * (x - kink)
                discount = self.discounts[min(math.ceil(x * 10_000 - ROUNDING), 10_000)]
                if rising:
                    at, price = last_call(terms, start, asked, discount, bidder.behind, now)
                else:
                    at = max(math.ceil((discount + bidder.behind) / tick - ROUNDING), now)
                    price = start - at * tick
                    if price < asked or price < floor:
                        continue
                if at > first or at >= steps:
                    continue
                scored = (1 - x) * bidder.reputation
                if at < first or scored > score:
                    winner, first, score, paid = bidder, at, scored, price
            if winner is not None:
                task.price = int(task.reward * paid)
                winner.take(task, task.opened + (first + 1) * terms["step_seconds"])

    def rescue(self, task: Task, order: list[Coprocessor]) -> None:
        """Have a late task taken over, at the highest price, by the least loaded of three that look and accept that."""
        premium, cap, random, size = self.terms["premium"], self.terms["cap"], self.random.random, len(order)
        found, least = None, 1.0
        for _ in range(WATCHING):
            who = order[int(random() * size)]
            x = (who.load + task.difficulty) / who.capacity
            fits = x <= who.patience and who.free >= who.locking(task.reward) and task.difficulty <= who.reach
            fits = fits and (who.able or not task.heavy)
            paid = cap >= who.asks(x) + premium
            if fits and paid and who is not task.executor and (found is None or x < least):
                found, least = who, x
        if found is not None:
            task.executor.fees += self.fee(task)
            task.price = int(task.reward * cap)
            found.take(task, self.now)
            task.rescued = True
            self.counts["rescued"] += 1

    def held(self) -> int:
        """All money there is."""
        everybody = sum(self.agents.get("free")) + sum(self.agents.get("locked"))
        return int(everybody + self.avs + self.escrowed + self.pool + self.burned + self.found)


def main() -> None:
    """Read the question, play its periods, print the answer as JSON."""
    model = MesaMarket(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    started = time.perf_counter()
    for _ in model.periods:
        model.step()
    seconds = time.perf_counter() - started
    answer = {"seconds": seconds, "paid_in": model.paid_in, "held": model.held(), "periods": model.played}
    print(json.dumps({**answer, "version": version("mesa")}))


if __name__ == "__main__":
    main()
