"""What operators do."""

from __future__ import annotations

from collections.abc import Sequence

from ballast.model import activity, class_packing, controller, deadlines, gates, task_packing
from tests.stateful.ground import SLOTS, Actor, TaskClass
from tests.stateful.ledger import OPEN, Job
from tests.stateful.storage import refuse
from tests.stateful.world.books import Books
from tests.support import contract_words
from tests.support.contract_words import WON


class Operators(Books):
    """What operators do."""

    def slots(self, operator: Actor) -> list[int]:
        """Free task slots of an operator."""
        taken = {job.slot for job in self.jobs if job.operator == operator}
        return [slot for slot in range(SLOTS) if slot not in taken] if self.members[operator.account].registered else []

    def open_tasks(
        self, operator: Actor, c: TaskClass, sizes: Sequence[tuple[int, int, bool]], poison: bool = False
    ) -> None:
        """Open tasks of given difficulties, rewards a unit of difficulty and executors, as far as means allow."""
        member = self.members[operator.account]
        slots = self.slots(operator)
        mandate = self.drawable(c, operator)
        free = self.free[operator.account]
        load = member.load
        jobs: list[Job] = []
        for difficulty, multiple, own in sizes[: len(slots)]:
            job = Job(0, c, operator, slots[len(jobs)], self.now, difficulty, difficulty * multiple)
            code = gates.for_operator(member.complexity, c.opening.complexity, load + difficulty, member.room)
            job.own = own and code == 0
            job.min_reputation = task_packing.PERCENT * (difficulty % 53)
            lock = job.penalty + job.collateral_at(member.capacity) * job.own
            if job.reward > mandate or lock > free:
                continue
            mandate -= job.reward
            free -= lock
            load += difficulty * job.own
            jobs.append(job)
        suspended = (c.number, operator.account) in self.suspended
        orders = [(job.slot, job.difficulty, job.reward, job.own, job.min_reputation) for job in jobs]
        if poison:
            beyond = [(SLOTS, 10, 100, False, 0), (2**16, 10, 100, False, 0), (slots[0], 10, 2**95, False, 0)]
            orders = [*beyond, *orders, *orders[:1]]
            if suspended:
                orders.append((slots[0], 10, 100, False, 0))
        if not orders:
            return
        poor = self.rho(operator.account) < c.opening.min_reputation and not suspended
        if poor:
            refuse(
                self.ground.registry.open_tasks,
                c.number,
                orders,
                not poison,
                sender=operator.address,
                reason="registry: reputation too low",
            )
            return
        self.ground.registry.open_tasks(c.number, orders, not poison, sender=operator.address)
        load = member.load
        for job in jobs:
            self.sequences[operator.account, job.slot] += 1
            job.number = contract_words.task_number(
                operator.account, job.slot, self.sequences[operator.account, job.slot]
            )
            self.mandates[c.number, operator.account] -= job.reward
            self.move(operator.account, -job.penalty, job.penalty)
            self.jobs.append(job)
            if not job.own:
                start = self.starts[c.number, operator.account]
                job.start = start - start % class_packing.PERMILLE
                start = controller.lowered(start, c.opening.gain, c.opening.target, c.auction.floor_)
                self.starts[c.number, operator.account] = start
            if job.own:
                load += job.difficulty
                self.take_own(job, load)

    def take_own(self, job: Job, load: int) -> None:
        """Make an operator the executor of its task."""
        account = job.operator.account
        job.own = True
        job.executor = account
        job.status = WON
        job.capacity = self.members[account].capacity
        job.x = activity.load_bps(load, job.capacity)
        job.rho, job.ppm = 0, job.task_class.auction.cap
        job.time = self.now
        job.due = deadlines.due(self.now, job.task_class.auction.submit_seconds)
        self.move(account, -job.collateral, job.collateral)
        self.change_load(account, job.difficulty)
        self.reached["own"] += 1

    def unsold(self) -> list[Job]:
        """Tasks nobody bid for that may have a second chance."""
        return [job for job in self.jobs if job.status == OPEN and job.closing <= self.now <= job.rescue_end]

    def reopen(self, job: Job) -> None:
        """Give a task a last call."""
        self.ground.registry.reopen(job.number, sender=job.operator.address)
        self.left(job)
        job.rising = True
        job.opened = self.now
        self.reached["reopened"] += 1

    def can_execute(self, job: Job) -> bool:
        """Whether the operator may execute an unsold task itself."""
        member = self.members[job.operator.account]
        complexity, load = job.task_class.opening.complexity, member.load + job.difficulty
        able = gates.for_operator(member.complexity, complexity, load, member.room) == 0
        return able and member.registered and job.collateral_at(member.capacity) <= self.free[job.operator.account]

    def self_execute(self, job: Job) -> None:
        """Execute an unsold task oneself."""
        self.ground.registry.self_execute(job.number, sender=job.operator.address)
        self.left(job)
        job.opened = self.now
        self.take_own(job, self.members[job.operator.account].load + job.difficulty)
