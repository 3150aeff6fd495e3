"""What anyone may do about tasks, and the court."""

from __future__ import annotations

from collections.abc import Sequence

import boa
from eth_utils import keccak

from ballast.model import fee_record, load_curve, slash_split
from ballast.model.constants import PPM
from tests.stateful.ledger import OPEN, Job
from tests.stateful.storage import funds
from tests.stateful.world.books import Books
from tests.support import contract_words
from tests.support.contract_words import BURN, DISPUTED, LATE, POOL, SUBMITTED, WON
from tests.support.protocol import EPOCH_SECONDS


class Enforcement(Books):
    """What anyone may do about tasks, and the court."""

    def due_for_settlement(self) -> list[Job]:
        """List submitted tasks whose window has passed."""
        return [job for job in self.jobs if job.status in (SUBMITTED, DISPUTED) and self.now > job.window_end]

    def settle(self, jobs: Sequence[Job], poison: bool = False) -> None:
        """Settle tasks, whoever did them."""
        numbers = self.poisoned((job.number for job in jobs), poison)
        self.ground.registry.settle(numbers, not poison, sender=self.ground.stranger)
        for job in jobs:
            assert job.number not in self.paid, "I3: paid twice"
            assert (job.number, job.executor) not in self.slashed, "I3: paid and slashed"
            self.paid.add(job.number)
            c = job.task_class.auction
            assert c.floor_ <= job.ppm <= c.cap, "I5: price out of its range"
            self.move(job.operator.account, job.reward - job.price + job.penalty, -job.penalty)
            self.move(job.executor, job.price - job.fee + job.collateral, -job.collateral)
            self.move(POOL, job.fee, -job.reward)
            self.record(job.executor, job.fee, True)
            if job.executor != job.operator.account:
                self.record(job.operator.account, job.fee, True)
            for name, happened in (
                ("rescued", job.rescued),
                ("sold again", job.rising and not job.own),
                ("undecided", job.status == DISPUTED),
                ("upheld", job.upheld),
                ("own settled", job.own and not job.rescued),
            ):
                self.reached[name] += happened
            self.end(job, contract_words.SETTLED)

    def overdue(self) -> list[Job]:
        """Tasks whose executor may be slashed."""
        return [job for job in self.jobs if job.status == WON and self.now > job.due]

    def slash(self, jobs: Sequence[Job], finder: int, poison: bool = False) -> None:
        """Slash executors of overdue tasks. I8: whatever they did before, this goes through."""
        outcomes = self.slashed_otherwise(jobs, finder) if len(jobs) > 1 else []
        numbers = self.poisoned((job.number for job in jobs), poison)
        self.ground.registry.slash(numbers, finder, not poison, sender=self.ground.stranger)
        for outcome in outcomes:
            assert outcome == self.outcome(jobs, finder), "I7: the order of slashes matters"
        for job in jobs:
            self.punish(job, finder, proved=False)
            self.reached["late rescuer"] += job.rescued
            job.status = LATE
        for i, job in enumerate(jobs):
            self.change_load(job.executor, -job.difficulty)
            if i + 1 == len(jobs) or jobs[i + 1].executor != job.executor:
                self.trim(job.executor)

    def slashed_otherwise(self, jobs: Sequence[Job], finder: int) -> list[dict[str, list[int]]]:
        """Try slashes in reverse, and in a third order in two batches an epoch apart; say what they leave."""
        numbers = [job.number for job in jobs]
        mixed = sorted(numbers, key=lambda number: keccak(number.to_bytes(32, "big")))
        half = len(mixed) // 2
        outcomes = []
        for batches in ([numbers[::-1]], [mixed[:half], mixed[half:]]):
            with boa.env.anchor():
                for i, batch in enumerate(batches):
                    boa.env.time_travel(seconds=i * EPOCH_SECONDS)
                    self.ground.registry.slash(batch, finder, True, sender=self.ground.stranger)
                outcomes.append(self.outcome(jobs, finder))
        self.reached["slashed together"] += 1
        self.reached["one executor's together"] += len({job.executor for job in jobs}) < len(jobs)
        self.reached["two rules' together"] += len({self.terms_in(self.epoch_of(job)) for job in jobs}) > 1
        return outcomes

    def outcome(self, jobs: Sequence[Job], finder: int) -> dict[str, list[int]]:
        """Read what slashes must leave in any order (I7): all balances and loads, and capacities.

        A capacity is cut to what the stake covers at the moment of the slash, so those of accounts that one of the
        slashes pays are left out.
        """
        paid = {finder, *(job.operator.account for job in jobs if job.executor != job.operator.account)}
        seen = {
            account: contract_words.activity(self.participants.word("_activities", account)) for account in self.members
        }
        return {
            "balances": [amount for account in range(self.accounts) for amount in funds(self.escrow, account)],
            "loads": [word.load for word in seen.values()],
            "capacities": [word.next_capacity for account, word in seen.items() if account not in paid],
        }

    def punish(self, job: Job, finder: int, proved: bool) -> None:
        """Move what a fault moves."""
        terms = self.terms_in(self.epoch_of(job))
        curve = self.curve_in(self.epoch_of(job))
        if proved:
            factor = job.task_class.opening.wrong_factor
            amount = slash_split.wrong_amount(job.reward, job.collateral, factor)
            self.reached["less than all"] += amount < job.collateral
        else:
            amplifier = load_curve.amplifier(curve, job.x)
            factor = job.task_class.auction.slash_factor
            amount = slash_split.late_amount(job.reward, job.collateral, factor, amplifier, terms.lateness_floor)
            self.reached["amplified"] += amplifier > PPM
        assert 0 < amount <= job.collateral, "I6: slash above the collateral"
        compensation, found, burned, pooled = slash_split.split(amount, terms)
        if finder == 0:
            found, pooled = 0, pooled + found
        assert compensation + found + burned + pooled == amount, "I6: shares do not sum to the slash"
        assert (job.number, job.executor) not in self.slashed, "I3: slashed twice"
        assert job.number not in self.paid, "I3: paid and slashed"
        self.slashed.add((job.number, job.executor))
        own = job.executor == job.operator.account
        self.move(job.executor, job.collateral - amount, -job.collateral)
        self.move(job.task_class.avs.account if own else job.operator.account, compensation)
        self.move(finder, found)
        self.move(BURN, burned)
        self.move(POOL, pooled)
        self.record(job.executor, job.fee, False)

    def failed(self) -> list[Job]:
        """Late tasks past rescue."""
        return [job for job in self.jobs if job.status == LATE and self.now > job.rescue_end]

    def fail(self, jobs: Sequence[Job], poison: bool = False) -> None:
        """End tasks past rescue."""
        numbers = self.poisoned((job.number for job in jobs), poison)
        self.ground.registry.fail(numbers, not poison, sender=self.ground.stranger)
        for job in jobs:
            self.lose(job)
            self.end(job, contract_words.FAILED)
        for job in jobs:
            self.trim(job.operator.account)

    def lose(self, job: Job) -> None:
        """Return the reward of a task that failed, and pass the operator's penalty to the AVS."""
        self.mandates[job.task_class.number, job.operator.account] += job.reward
        self.move(job.operator.account, 0, -job.penalty)
        self.move(job.task_class.avs.account, job.penalty)
        if not job.own:
            self.record(job.operator.account, fee_record.delegated(job.fee), False)

    def expired(self, anyone: bool) -> list[Job]:
        """Unsold tasks their operator, or anyone, may end."""
        wait = [(job, 0 if not anyone else job.rescue_end + 1 - job.closing) for job in self.jobs if job.status == OPEN]
        return [job for job, seconds in wait if self.now >= job.closing + seconds]

    def expire(self, jobs: Sequence[Job], sender: str, poison: bool = False) -> None:
        """End unsold tasks."""
        self.ground.registry.expire(self.poisoned((job.number for job in jobs), poison), not poison, sender=sender)
        for job in jobs:
            self.left(job)
            self.mandates[job.task_class.number, job.operator.account] += job.reward
            self.move(job.operator.account, job.penalty, -job.penalty)
            self.end(job, contract_words.EXPIRED)

    # The court

    def contestable(self) -> list[Job]:
        """List submitted tasks still open to challenge."""
        return [job for job in self.jobs if job.status == SUBMITTED and self.now <= job.window_end]

    def held(self) -> list[Job]:
        """Tasks the court holds."""
        return [job for job in self.jobs if job.status == DISPUTED]

    def hold(self, jobs: Sequence[Job], poison: bool = False) -> None:
        """Hold tasks for a dispute."""
        numbers = self.poisoned((job.number for job in jobs), poison)
        self.ground.registry.hold(numbers, not poison, sender=self.ground.court)
        for job in jobs:
            job.status = DISPUTED
            job.time = self.now

    def uphold(self, jobs: Sequence[Job], poison: bool = False) -> None:
        """Let results stand."""
        numbers = self.poisoned((job.number for job in jobs), poison)
        self.ground.registry.uphold(numbers, not poison, sender=self.ground.court)
        for job in jobs:
            job.status, job.time, job.upheld = SUBMITTED, 0, True

    def overturn(self, jobs: Sequence[Job], finder: int, poison: bool = False) -> None:
        """Forfeit tasks with wrong results."""
        numbers = self.poisoned((job.number for job in jobs), poison)
        self.ground.registry.overturn(numbers, finder, not poison, sender=self.ground.court)
        for job in jobs:
            self.lose(job)
            self.punish(job, finder, proved=True)
            self.end(job, contract_words.FORFEITED)
        for job in jobs:
            self.trim(job.executor)
        for job in jobs:
            self.trim(job.operator.account)
