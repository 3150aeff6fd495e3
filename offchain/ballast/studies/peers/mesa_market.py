"""The market as a model in Mesa, and how long it takes. Runs in the peers' environment: no project imports.

Participants, tasks and terms come as JSON from ``ballast.studies.peers.market``; the rules are those of
``docs/simulation.md``, with loads, prices and chances as fractions and money in whole token units. Simpler than there:

- no contracts and no words: neither task slots, mandates of single operators, account pages nor keepers
- of equal bids the first seen wins, not that with the smaller hash
- loads are taken to last for a fixed share of the epoch, the same for all
- a capacity is not cut when its stake has been slashed
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


def stepped(terms: dict[str, Any], logit: float, fees: int, good_fees: int, standing: float) -> float:
    """Reputation after an epoch, in logits: as the filter of the market, in floating point.

    ``standing`` is the mean bonus of the epoch as a share of the highest, less the share of it spent in overload.
    """
    idle = logit + (terms["newcomer"] - logit) * terms["drift"]
    if fees == 0:
        return float(idle)
    surprise = good_fees / fees - 1 / (1 + math.exp(-logit))
    active = terms["omega"] + terms["beta"] * logit + terms["alpha"] * surprise + terms["gamma"] * standing
    active = min(max(active, -8.0), 8.0)
    return float(idle + (active - idle) * min(fees / terms["n0"], 1.0))


@dataclass(slots=True)
class Task:
    """A task and who has to do with it."""

    heavy: bool
    difficulty: int
    reward: int
    collateral: int
    penalty: int
    operator: Operator
    executor: MesaParticipant
    price: int = 0
    x: float = 0.0


class MesaParticipant(mesa.Agent):
    """What operators and coprocessors have in common: funds, capacity, load, work and reputation.

    Slots: with a dictionary an agent, an auction among ten thousand takes twice as long.
    """

    __slots__ = (
        *("free", "locked", "capacity", "able", "cost", "punctuality", "careless", "quality", "effort"),
        *("load", "height", "logit", "reputation", "fees", "good_fees", "tasks"),
    )

    def __init__(self, model: MesaMarket, traits: dict[str, Any]) -> None:
        super().__init__(model)
        self.free: int = traits["funds"]
        self.locked = 0
        self.capacity: int = traits["capacity"]
        self.able: bool = traits["able"]
        self.cost: float = traits["cost"]
        self.punctuality: float = traits["punctuality"]
        self.careless: float = traits["careless"]
        self.quality: float = traits["quality"]
        self.effort: float = traits["effort"]
        self.load = 0
        self.height = 0.0
        self.logit: float = model.terms["newcomer"]
        self.reputation = 1 / (1 + math.exp(-self.logit))
        self.fees = self.good_fees = 0
        self.tasks: list[Task] = []

    def begin(self) -> None:
        """Step the reputation over the last epoch."""
        terms = self.model.terms
        standing = -1.0 if self.height > terms["kink"] else self.model.rate(self.height) / terms["peak"]
        self.logit = stepped(terms, self.logit, self.fees, self.good_fees, standing * terms["busy"])
        self.reputation = 1 / (1 + math.exp(-self.logit))
        self.fees = self.good_fees = 0

    def take(self, task: Task) -> None:
        """Become a task's executor: lock its collateral, take its load."""
        self.free -= task.collateral
        self.locked += task.collateral
        self.load += task.difficulty
        task.executor = self
        task.x = self.load / self.capacity
        self.tasks.append(task)

    def work(self) -> None:
        """Execute one's tasks, with effort where that pays."""
        model, random = self.model, self.random.random
        gain = self.punctuality - self.careless
        for task in self.tasks:
            slash = model.late_slash(task)
            effort = (task.price + slash) * gain >= self.effort * task.reward
            if random() >= (self.punctuality if effort else self.careless):
                model.slash(task, slash)
                model.late.append(task)
            elif random() >= self.quality:
                model.slash(task, task.collateral)
                model.end_unpaid(task, "forfeited")
            else:
                model.settle(task)
        self.height, self.load, self.tasks = self.load / self.capacity, 0, []


class Operator(MesaParticipant):
    """Opens tasks; executes what it may and what pays more than delegating."""

    __slots__ = ("cost_heavy", "orders", "taste")

    def __init__(self, model: MesaMarket, traits: dict[str, Any]) -> None:
        super().__init__(model, traits)
        self.cost_heavy: float = traits["cost_heavy"]
        self.taste: float = traits["taste"]
        self.orders: list[tuple[bool, int, int]] = []

    def own_benefit(self, heavy: bool) -> float:
        """Net benefit of own execution, as a share of the reward."""
        terms = self.model.terms
        p = self.punctuality * self.quality
        lost = terms["collateral"] * (terms["slash_factor"] + terms["operator_share"])
        best = max(terms["start"], terms["floor"])
        gain = best * (1 - terms["fee"]) + 1 - best
        return float(gain * p - lost * (1 - p) - (self.cost_heavy if heavy else self.cost) + self.taste)

    def can_take(self, task: Task) -> bool:
        """Whether complexity, room and funds allow own execution."""
        fits = self.load + task.difficulty <= self.capacity and self.free >= task.collateral
        return fits and (self.able or not task.heavy)

    def open_tasks(self) -> None:
        """Open the tasks that came, light ones first; auction what one does not execute."""
        model = self.model
        terms, other = model.terms, model.delegated_benefit()
        gains = {heavy: self.own_benefit(heavy) >= other for heavy in (False, True)}
        self.orders.sort(key=lambda order: order[0])
        for heavy, difficulty, reward in self.orders:
            collateral = math.ceil(reward * terms["collateral"])
            penalty = math.ceil(collateral * terms["operator_share"])
            task = Task(heavy, difficulty, reward, collateral, penalty, self, self)
            model.open(task)
            if gains[heavy] and self.can_take(task):
                self.take_own(task)
            else:
                model.auctioned.append(task)
        self.orders = []

    def take_own(self, task: Task) -> None:
        """Execute a task of one's own, at the best price."""
        task.price = int(task.reward * max(self.model.terms["start"], self.model.terms["floor"]))
        self.take(task)
        self.model.counts["self_executed"] += 1


class Coprocessor(MesaParticipant):
    """Bids for tasks by its cost, its load and what it stands to lose."""

    __slots__ = ("base", "behind", "caution", "early", "growth", "late", "most", "slope")

    def __init__(self, model: MesaMarket, traits: dict[str, Any]) -> None:
        super().__init__(model, traits)
        self.growth: float = traits["growth"]
        self.caution: float = traits["caution"]
        self.early = int(traits["comfort"] * self.capacity)
        self.late = int(traits["patience"] * self.capacity)
        self.most = self.early

    def begin(self) -> None:
        """Take the uptime reward of the last epoch, step the reputation, and decide what to ask."""
        model, terms = self.model, self.model.terms
        share = self.capacity / model.total_capacity * model.rate(self.height) / terms["peak"]
        model.pay_uptime(self, min(share * terms["busy"] * model.budget, terms["rebate"] * self.good_fees))
        super().begin()
        # what it expects to lose by a slash, at no load and how much more at full load
        risk = self.caution * (1 - self.reputation)
        idle = max(terms["collateral"] * terms["slash_factor"], terms["lateness_floor"])
        full = min(terms["collateral"], idle * (1 + model.rate(1.0)))
        self.base = self.cost + risk * idle
        self.slope = self.growth + risk * (full - idle)
        self.behind = terms["reputation_handicap"] * (1 - self.reputation)
        self.most = self.early

    def wait(self) -> None:
        """Be ready to bid up to the largest load, now that the clock has gone on."""
        self.most = self.late


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
        self.periods: list[list[tuple[bool, int, int]]] = question["tasks"]
        for traits in question["operators"]:
            Operator(self, traits)
        for traits in question["coprocessors"]:
            Coprocessor(self, traits)
        self.avs = sum(reward for orders in self.periods for _, _, reward in orders)
        self.paid_in = self.avs + sum(self.agents.get("free"))
        self.total_capacity = sum(self.agents_by_type[Coprocessor].get("capacity"))
        self.escrowed = self.pool = self.burned = self.found = 0
        self.budget = 0.0
        self.trust: float = 0.5
        self.expected_price: float = 0.98
        self.sold_for = self.sold_of = 0
        self.counts: Counter[str] = Counter()
        self.auctioned: list[Task] = []
        self.late: list[Task] = []

    # What participants ask

    def rate(self, x: float) -> float:
        """Load curve at a load."""
        return self.rates[min(math.ceil(x * 10_000), 10_000)]

    def fee(self, task: Task) -> int:
        """Protocol fee of a task."""
        return int(max(math.ceil(task.price * self.terms["fee"]), self.terms["fee_per_unit"] * task.difficulty))

    def late_slash(self, task: Task) -> int:
        """Slash of a late result: amplified if its executor was overloaded when it won."""
        terms = self.terms
        factor = terms["slash_factor"] * (1 + self.rate(task.x) if task.x > terms["kink"] else 1)
        return int(min(task.collateral, max(terms["lateness_floor"] * task.reward, factor * task.collateral)))

    def delegated_benefit(self) -> float:
        """Net benefit an operator may expect of delegating, as a share of the reward."""
        penalty: float = self.terms["collateral"] * self.terms["operator_share"]
        return (1 - self.expected_price) * self.trust - penalty * (1 - self.trust)

    # Money

    def open(self, task: Task) -> None:
        """Set a task's reward and its operator's penalty aside."""
        self.avs -= task.reward
        self.escrowed += task.reward
        task.operator.free -= task.penalty
        task.operator.locked += task.penalty
        self.counts["opened"] += 1

    def settle(self, task: Task) -> None:
        """Pay a task."""
        operator, executor = task.operator, task.executor
        fee = self.enter_fee(task, good=True)
        self.escrowed -= task.reward
        operator.locked -= task.penalty
        operator.free += task.penalty + task.reward - task.price
        executor.locked -= task.collateral
        executor.free += task.collateral + task.price - fee
        self.pool += fee
        self.counts["settled"] += 1
        if executor is not operator:
            self.sold_for += task.price
            self.sold_of += task.reward

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
        operator = task.operator
        operator.locked -= task.penalty
        if outcome == "unsold":
            operator.free += task.penalty
        else:
            self.avs += task.penalty
            self.enter_fee(task, good=False)
        self.escrowed -= task.reward
        self.avs += task.reward
        self.counts[outcome] += 1

    def enter_fee(self, task: Task, good: bool) -> int:
        """Enter a finished task's fee in the records of those concerned."""
        fee = self.fee(task)
        for who in {task.executor, task.operator}:
            who.fees += fee
            who.good_fees += fee * good
        return fee

    def pay_uptime(self, coprocessor: Coprocessor, amount: float) -> None:
        """Pay an uptime reward from the pool."""
        coprocessor.free += int(amount)
        self.pool -= int(amount)

    # A period

    def step(self) -> None:
        """Play a period."""
        operators, coprocessors = self.agents_by_type[Operator], self.agents_by_type[Coprocessor]
        self.budget = self.pool * self.terms["budget"]
        self.agents.do("begin")
        if self.steps > 1:
            self.trust = coprocessors.agg("reputation", sum) / len(coprocessors)
        self.share_out(list(operators), self.periods[self.steps - 1])
        operators.do("open_tasks")
        order = list(coprocessors.shuffle())
        left = self.auction(self.auctioned, order, 0)
        coprocessors.do("wait")
        left = self.auction(left, order, self.terms["later"])
        again = []
        for task in left:
            if not task.heavy and task.operator.can_take(task):
                task.operator.take_own(task)
            else:
                again.append(task)
        for task in self.auction(again, order, 0, rising=True):
            self.end_unpaid(task, "unsold")
        self.agents.do("work")
        self.rescue(order)
        if self.sold_of > 0:
            self.expected_price += 0.1 * (self.sold_for / self.sold_of - self.expected_price)
        self.counts["price"] += self.sold_for
        self.counts["reward"] += self.sold_of
        self.sold_for = self.sold_of = 0
        self.auctioned, self.late = [], []

    def share_out(self, operators: list[Operator], orders: list[tuple[bool, int, int]]) -> None:
        """Give tasks to operators in proportion to their reputations, as evenly as can be."""
        bounds = list(accumulate(operator.reputation for operator in operators))
        begin, row = self.random.random(), 0
        for i, order in enumerate(orders):
            aim = (i + begin) / len(orders) * bounds[-1]
            while bounds[row] <= aim and row < len(bounds) - 1:
                row += 1
            operators[row].orders.append(order)

    def auction(self, tasks: list[Task], order: list[Coprocessor], now: int, rising: bool = False) -> list[Task]:
        """Auction tasks from a step of the clock on; those nobody took.

        The coprocessor wins that load and reputation let in first or, on the rising clock, that is content first; the
        best score among those of one step.
        """
        terms = self.terms
        steps, last = terms["steps"], terms["steps"] - 1
        handicap, start, slide = terms["handicap"], terms["start"], (terms["start"] - terms["floor"]) / last
        if rising:
            start, slide = terms["floor"], -slide
        watch, size, random = terms["watch"], len(order), self.random.random
        twice = order + order[:watch]
        left = []
        for task in tasks:
            heavy, difficulty, collateral = task.heavy, task.difficulty, task.collateral
            winner, first, score = None, steps, 0.0
            if watch < size:
                begin = int(random() * size)
                watching = twice[begin : begin + watch]
            else:
                watching = order
            for bidder in watching:
                load = bidder.load + difficulty
                if load > bidder.most or bidder.free < collateral or (heavy and not bidder.able):
                    continue
                x = load / bidder.capacity
                asked = bidder.base + bidder.slope * x
                at = math.ceil((start - asked) / slide) if rising else int(last * (handicap * x + bidder.behind))
                if at < now:
                    at = now
                if at > first or asked > start - slide * at:
                    continue
                scored = (1 - x) * bidder.reputation
                if at < first or scored > score:
                    winner, first, score = bidder, at, scored
            if winner is None:
                left.append(task)
            else:
                task.price = int(task.reward * (start - slide * first))
                winner.take(task)
        return left

    def rescue(self, order: list[Coprocessor]) -> None:
        """Have late tasks taken over by the least loaded of three that look and are paid enough; the others fail."""
        premium, random, size = self.terms["premium"], self.random.random, len(order)
        for task in self.late:
            found = None
            for _ in range(3):
                who = order[int(random() * size)]
                fits = who.load + task.difficulty <= who.late and who.free >= task.collateral
                fits = fits and (who.able or not task.heavy)
                paid = task.price >= (who.cost + premium) * task.reward
                if fits and paid and who is not task.executor and (found is None or who.load < found.load):
                    found = who
            if found is None:
                self.end_unpaid(task, "failed")
                continue
            task.executor.fees += self.fee(task)
            found.take(task)
            self.settle(task)
            self.counts["rescued"] += 1
        for task in self.late:
            task.executor.load, task.executor.tasks = 0, []

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
    answer = {"seconds": seconds, "paid_in": model.paid_in, "held": model.held(), "counts": model.counts}
    print(json.dumps({**answer, "version": version("mesa")}))


if __name__ == "__main__":
    main()
