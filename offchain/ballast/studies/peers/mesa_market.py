"""The market as a model in Mesa, and how long it takes. Runs in the peers' environment: no project imports.

Participants, tasks and terms come as JSON from ``ballast.studies.peers.market``; the rules are those of
``docs/simulation.md``, with loads, prices and chances as fractions and money in whole token units. Time goes on in
waves, and tasks live from wave to wave and from period to period. Simpler than there:

- no contracts and no words: neither task slots, mandates of single operators, account pages nor keepers
- nobody waits for a lower price
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


@dataclass(slots=True, eq=False)
class Task:
    """A task and who has to do with it.

    Its ``status`` is open, won, late or submitted; while it is open, its operator stands in place of an executor. Times
    are seconds.
    """

    heavy: bool
    difficulty: int
    reward: int
    collateral: int
    penalty: int
    operator: Operator
    executor: MesaParticipant
    opened: int
    turn: float
    status: str = "open"
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
        *("reach", "seconds"),
    )

    def __init__(self, model: MesaMarket, traits: dict[str, Any]) -> None:
        super().__init__(model)
        terms = model.terms
        self.free: int = traits["funds"]
        self.locked = 0
        self.capacity: int = traits["capacity"]
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
        self.fees = self.good_fees = 0

    def begin(self) -> None:
        """Let the reputation hold that was posted last, and post one for the last epoch."""
        terms = self.model.terms
        self.accrue()
        standing = (self.bonus / terms["peak"] - self.overload) / terms["epoch_seconds"]
        self.logit = self.next_logit
        self.reputation = 1 / (1 + math.exp(-self.logit))
        self.next_logit = stepped(terms, self.logit, self.fees, self.good_fees, standing)
        self.bonus = self.overload = 0.0
        self.fees = self.good_fees = 0

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

    def take(self, task: Task, begun: int) -> None:
        """Become a task's executor at a moment: lock its collateral, take its load, begin to work."""
        self.free -= task.collateral
        self.locked += task.collateral
        self.change_load(task.difficulty)
        task.executor, task.status = self, "won"
        task.x = self.load / self.capacity
        task.due = begun + self.model.terms["submit_seconds"]
        task.ready = begun + math.ceil(self.seconds * math.sqrt(task.difficulty))

    def finish(self, task: Task) -> None:
        """Submit what is done, or fail to: with effort where that pays."""
        model, random = self.model, self.random.random
        gain = self.punctuality - self.careless
        effort = (task.price + model.late_slash(task)) * gain >= self.effort * task.reward
        if random() >= (self.punctuality if effort else self.careless):
            task.ready = math.inf
            return
        task.wrong = random() >= self.quality
        task.status, task.submitted = "submitted", model.now
        self.change_load(-task.difficulty)


class Operator(MesaParticipant):
    """Opens tasks; executes what it may and what pays more than delegating."""

    __slots__ = ("cost_heavy", "prefers", "taste")

    def __init__(self, model: MesaMarket, traits: dict[str, Any]) -> None:
        super().__init__(model, traits)
        self.cost_heavy: float = traits["cost_heavy"]
        self.taste: float = traits["taste"]
        self.prefers: tuple[bool, bool] = (False, False)

    def weigh(self) -> None:
        """Decide for a period whether it prefers own execution, of light and of heavy tasks."""
        other = self.model.delegated_benefit()
        self.prefers = (self.own_benefit(heavy=False) >= other, self.own_benefit(heavy=True) >= other)

    def own_benefit(self, heavy: bool) -> float:
        """Net benefit of own execution, as a share of the reward."""
        terms = self.model.terms
        p = self.punctuality * self.quality
        late = max(terms["collateral"] * terms["slash_factor"], terms["lateness_floor"])
        lost = min(late, terms["collateral"]) + terms["collateral"] * terms["operator_share"]
        best = max(terms["start"], terms["floor"])
        gain = best * (1 - terms["fee"]) + 1 - best
        return float(gain * p - lost * (1 - p) - (self.cost_heavy if heavy else self.cost) + self.taste)

    def can_take(self, task: Task, locking: int) -> bool:
        """Whether complexity, room, funds and time allow own execution."""
        fits = self.load + task.difficulty <= self.capacity and self.free >= locking
        return fits and (self.able or not task.heavy) and task.difficulty <= self.reach

    def open_task(self, heavy: bool, difficulty: int, reward: int) -> None:
        """Open a task that came; auction it if one does not execute it."""
        model = self.model
        terms = model.terms
        collateral = math.ceil(reward * terms["collateral"])
        penalty = math.ceil(collateral * terms["operator_share"])
        task = Task(heavy, difficulty, reward, collateral, penalty, self, self, model.now, self.random.random())
        own = self.prefers[heavy] and self.can_take(task, collateral + penalty)
        model.open(task)
        if own:
            self.take_own(task)
        else:
            model.selling.append(task)

    def take_own(self, task: Task) -> None:
        """Execute a task of one's own, at the best price."""
        task.price = int(task.reward * max(self.model.terms["start"], self.model.terms["floor"]))
        task.own = True
        self.take(task, self.model.now)
        self.model.counts["self_executed"] += 1


class Coprocessor(MesaParticipant):
    """Bids for tasks by its cost, its load and what it stands to lose."""

    __slots__ = ("base", "behind", "caution", "growth", "most", "patience", "slope")

    def __init__(self, model: MesaMarket, traits: dict[str, Any]) -> None:
        super().__init__(model, traits)
        self.growth: float = traits["growth"]
        self.caution: float = traits["caution"]
        self.patience: float = traits["patience"]
        self.most = int(self.patience * self.capacity)

    def begin(self) -> None:
        """Take the uptime reward of the last epoch, step the reputation, and decide what to ask."""
        model, terms = self.model, self.model.terms
        self.accrue()
        share = self.capacity / model.total_capacity * self.bonus / terms["epoch_seconds"] / terms["peak"]
        model.pay_uptime(self, min(share * model.budget, terms["rebate"] * self.good_fees))
        super().begin()
        # what it expects to lose by a slash, at no load and how much more at full load
        risk = self.caution * (1 - self.reputation)
        idle = max(terms["collateral"] * terms["slash_factor"], terms["lateness_floor"])
        full = min(terms["collateral"], idle * (1 + model.rate(1.0)))
        self.base = self.cost + risk * idle
        self.slope = self.growth + risk * (full - idle)
        self.behind = terms["reputation_handicap"] * (1 - self.reputation)


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
        self.now = 0
        for traits in question["operators"]:
            Operator(self, traits)
        for traits in question["coprocessors"]:
            Coprocessor(self, traits)
        self.avs = sum(task[2] for tasks in self.periods for task in tasks)
        self.paid_in = self.avs + sum(self.agents.get("free"))
        self.total_capacity = sum(self.agents_by_type[Coprocessor].get("capacity"))
        self.escrowed = self.pool = self.burned = self.found = 0
        self.budget = 0.0
        self.trust: float = 0.5
        self.expected_price: float = 0.98
        self.counts: Counter[str] = Counter()
        self.played: list[Counter[str]] = []
        self.living: list[Task] = []
        self.selling: list[Task] = []

    # What participants ask

    def rate(self, x: float) -> float:
        """Load curve at a load."""
        return self.rates[min(math.ceil(x * 10_000 - 1e-9), 10_000)]

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
        self.living.append(task)

    def settle(self, task: Task) -> None:
        """Pay a task."""
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
        self.counts["settled"] += 1
        if not task.own:
            self.counts["price"] += task.price
            self.counts["reward"] += task.reward

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
            for who in {executor} if task.own else {executor, operator}:
                who.fees += self.fee(task)
        self.escrowed -= task.reward
        self.avs += task.reward
        self.counts[outcome] += 1

    def pay_uptime(self, coprocessor: Coprocessor, amount: float) -> None:
        """Pay an uptime reward from the pool."""
        coprocessor.free += int(amount)
        self.pool -= int(amount)

    # A period

    def step(self) -> None:
        """Play a period."""
        operators, coprocessors = self.agents_by_type[Operator], self.agents_by_type[Coprocessor]
        terms, period = self.terms, self.steps - 1
        start = self.now = period * terms["epoch_seconds"]
        self.budget = self.pool * terms["budget"]
        self.counts = Counter()
        self.agents.do("begin")
        operators.do("weigh")
        waves = self.share_out(list(operators.shuffle()), self.periods[period])
        order = list(coprocessors.shuffle())
        for wave, came in enumerate(waves):
            begins = start + wave * terms["epoch_seconds"] // terms["waves"]
            self.turn(begins + terms["turn"], begins + terms["bid"], came, order)
        self.trust = coprocessors.agg("reputation", sum) / len(coprocessors)
        if self.counts["reward"] > 0:
            self.expected_price += 0.1 * (self.counts["price"] / self.counts["reward"] - self.expected_price)
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
            self.end_unpaid(task, "forfeited")
            self.slash(task, task.collateral)
        for task in found["overdue"]:
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
            elif not task.heavy and task.operator.can_take(task, task.collateral):
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

        The coprocessor wins that load and reputation let in first or, on the rising clock, that is content first; the
        best score among those of one step.
        """
        terms = self.terms
        steps, last = terms["steps"], terms["steps"] - 1
        handicap, fall = terms["handicap"], (terms["start"] - terms["floor"]) / last
        watch, size, random = terms["watch"], len(order), self.random.random
        twice = order + order[:watch]
        self.selling.sort(key=lambda task: task.turn)
        for task in self.selling:
            heavy, difficulty, collateral, rising = task.heavy, task.difficulty, task.collateral, task.rising
            start, slide = (terms["floor"], -fall) if rising else (terms["start"], fall)
            now = (self.now - task.opened) // terms["step_seconds"]
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
                if difficulty > bidder.reach:
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
            if winner is not None:
                task.price = int(task.reward * (start - slide * first))
                winner.take(task, task.opened + (first + 1) * terms["step_seconds"])

    def rescue(self, task: Task, order: list[Coprocessor]) -> None:
        """Have a late task taken over by the least loaded of three that look and are paid enough."""
        premium, random, size = self.terms["premium"], self.random.random, len(order)
        found, least = None, 1.0
        for _ in range(WATCHING):
            who = order[int(random() * size)]
            x = (who.load + task.difficulty) / who.capacity
            fits = x <= who.patience and who.free >= task.collateral and task.difficulty <= who.reach
            fits = fits and (who.able or not task.heavy)
            paid = task.price >= (who.cost + premium) * task.reward
            if fits and paid and who is not task.executor and (found is None or x < least):
                found, least = who, x
        if found is not None:
            task.executor.fees += self.fee(task)
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
