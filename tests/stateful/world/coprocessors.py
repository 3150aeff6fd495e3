"""What coprocessors do."""

from __future__ import annotations

from collections.abc import Sequence

from ballast.model import activity, deadlines, discounts, dutch_auction, gates
from ballast.model.constants import BPS
from ballast.model.reasons import COMPLEXITY
from tests.stateful.ground import Actor
from tests.stateful.ledger import OPEN, Job, Member
from tests.stateful.world.books import Books
from tests.support.contract_words import LATE, SUBMITTED, WON


class Coprocessors(Books):
    """What coprocessors do."""

    def biddable(self) -> list[Job]:
        """Tasks whose auction still runs."""
        return [
            job
            for job in self.jobs
            if self.now < job.closing
            and (job.status == OPEN or (job.status == WON and self.now < job.time and not job.own and not job.rescued))
        ]

    def entry(self, job: Job, min_price: int, x: int, rho: int) -> tuple[int, int]:
        """Step at which a bid enters and its price, or K and 0."""
        c = job.task_class.auction
        present = deadlines.present_step(job.opened, c.step_seconds, self.now)
        of_load = discounts.of_load(self.curve_in(self.epoch), c.idle, c.bonus, c.malus, x)
        of_record = discounts.of_record(c.weight, c.level, rho)
        if job.rising:
            prices = (job.start, c.floor_, c.cap, c.steps, min_price)
            return dutch_auction.entry_rising(*prices, of_load, of_record, c.hard, present)
        return dutch_auction.entry_falling(
            job.start, c.floor_, c.steps, c.tick, min_price, of_load + of_record, present
        )

    def gate(self, member: Member, job: Job, load: int, x: int, max_load: int) -> int:
        """Why a coprocessor with a load may not take a task, which makes its load x; 0 if it may."""
        c = job.task_class
        code = gates.for_coprocessor(
            1,
            member.complexity,
            c.opening.complexity,
            max(c.auction.min_reputation, job.min_reputation),
            load + job.difficulty,
            member.room,
            x,
            max_load,
            self.rho(member.actor.account),
        )
        self.reached["too complex"] += code == COMPLEXITY
        return code

    def bid(self, bidder: Actor, jobs: Sequence[Job], min_price: int, max_load: int, poison: bool = False) -> None:
        """Bid for tasks as far as funds allow."""
        member = self.members[bidder.account]
        rho = self.rho(bidder.account)
        load = member.load
        free = self.free[bidder.account]
        asked: list[Job] = []
        won: list[tuple[Job, int, int, int]] = []
        for job in jobs:
            x = activity.load_bps(load + job.difficulty, member.capacity)
            wins = self.gate(member, job, load, x, max_load) == 0
            if wins:
                step, price = self.entry(job, min_price, x, rho)
                wins = step < job.task_class.auction.steps
                if wins and job.status == WON:
                    leader = (job.executor, job.step, dutch_auction.score(job.x, job.rho))
                    score = dutch_auction.score(x, rho)
                    wins = dutch_auction.leads(job.number, bidder.account, step, score, *leader)
            collateral = job.collateral_at(member.capacity)
            if wins and collateral > free:
                continue
            asked.append(job)
            if wins:
                won.append((job, x, step, price))
                load += job.difficulty
                free -= collateral
        if not asked:
            return
        strict = len(won) == len(asked) and not poison
        orders = self.orders(asked, poison, min_price, max_load)
        self.ground.registry.bid(orders, strict, sender=bidder.address)
        for job, x, step, price in won:
            if job.status == WON:
                self.move(job.executor, job.collateral, -job.collateral)
                self.change_load(job.executor, -job.difficulty)
                self.reached["displaced"] += 1
            c = job.task_class.auction
            job.status, job.executor, job.x, job.rho, job.step, job.ppm = WON, bidder.account, x, rho, step, price
            job.capacity = member.capacity
            job.time = deadlines.awarded(job.opened, step, c.step_seconds)
            job.due = deadlines.due(job.time, c.submit_seconds)
            self.move(bidder.account, -job.collateral, job.collateral)
            self.change_load(bidder.account, job.difficulty)

    def awarded(self) -> list[Job]:
        """Tasks whose result is awaited."""
        return [job for job in self.jobs if job.status == WON and job.time < self.now <= job.due]

    def submit(self, jobs: Sequence[Job], poison: bool = False) -> None:
        """Submit the results of one executor's tasks."""
        executor = self.members[jobs[0].executor]
        results = [(number, number % 997) for number in self.poisoned((job.number for job in jobs), poison)]
        self.ground.registry.submit(results, not poison, sender=executor.actor.address)
        for job in jobs:
            job.status = SUBMITTED
            job.time = self.now
            self.change_load(job.executor, -job.difficulty)

    def rescuable(self) -> list[Job]:
        """Late tasks that wait for a rescuer."""
        return [job for job in self.jobs if job.status == LATE and not job.rescued and self.now <= job.rescue_end]

    def take_over(self, rescuer: Actor, jobs: Sequence[Job], poison: bool = False) -> None:
        """Rescue late tasks as far as means allow."""
        member = self.members[rescuer.account]
        load = member.load
        free = self.free[rescuer.account]
        asked: list[Job] = []
        taken: list[tuple[Job, int]] = []
        for job in jobs:
            x = activity.load_bps(load + job.difficulty, member.capacity)
            wins = self.gate(member, job, load, x, BPS) == 0
            wins = wins and job.executor != rescuer.account
            collateral = job.collateral_at(member.capacity)
            if wins and collateral > free:
                continue
            asked.append(job)
            if wins:
                load += job.difficulty
                free -= collateral
                taken.append((job, x))
        if not asked:
            return
        strict = len(taken) == len(asked) and not poison
        orders = self.orders(asked, poison, 1, BPS)
        self.ground.registry.take_over(orders, strict, sender=rescuer.address)
        for job, x in taken:
            job.status, job.executor, job.x, job.rescued = WON, rescuer.account, x, True
            job.rho, job.ppm = self.rho(rescuer.account), job.task_class.auction.cap
            job.capacity = member.capacity
            job.time = self.now
            job.due = deadlines.due(self.now, job.task_class.auction.submit_seconds)
            self.move(rescuer.account, -job.collateral, job.collateral)
            self.change_load(rescuer.account, job.difficulty)
