"""One run, and how it ends."""

from __future__ import annotations

from collections.abc import Callable

from ballast.model.constants import BPS
from tests.stateful.ground import CAPACITY
from tests.stateful.ledger import Job
from tests.stateful.world.coprocessors import Coprocessors
from tests.stateful.world.enforcement import Enforcement
from tests.stateful.world.invariants import Invariants
from tests.stateful.world.members import Members
from tests.stateful.world.operators import Operators
from tests.stateful.world.pool import Pool
from tests.support.contract_words import BURN, POOL
from tests.support.protocol import DAY, EPOCH_SECONDS

LAST_SIZES = ((60, 12, False), (35, 20, False))


class World(Operators, Coprocessors, Enforcement, Members, Pool, Invariants):
    """One run."""

    def leave_undone(self) -> None:
        """Have tasks won that nobody will deliver, as far as means allow, before and after a change of the rules."""
        for what in ("opening_paused", "bidding_paused"):
            if getattr(self, what):
                self.pause(what, False)
        for member in self.members.values():
            if not member.registered:
                self.rejoin(member, CAPACITY // 4)
        self.wait(self.start_of(self.epoch + 1) - self.now)
        bidders = [actor for actor in self.ground.coprocessors if self.members[actor.account].registered][:2]
        for operator in self.ground.operators[:2]:
            mandates = {c: self.drawable(c, operator) for c in self.ground.task_classes}
            before = len(self.jobs)
            self.open_tasks(operator, max(mandates, key=lambda c: mandates[c]), LAST_SIZES)
            self.check("open_tasks")
            opened = self.jobs[before:]
            for i, bidder in enumerate(bidders):
                self.bid(bidder, opened[i::2], 1, BPS)
                self.check("bid")
            if not self.governed:
                self.govern()
            self.wait(self.start_of(self.epoch + 1) - self.now)

    def drain(self) -> None:
        """I11: from here everybody gets out what is theirs, with nobody's help."""
        for what in ("opening_paused", "bidding_paused", "deposits_paused"):
            if not getattr(self, what):
                self.pause(what, True)
        self.leave_idle()
        self.wait(2 * DAY)
        self.batch(self.expire, self.expired(anyone=True), self.ground.stranger)
        self.batch(self.slash, self.overdue(), 0)
        self.batch(self.settle, self.due_for_settlement())
        self.wait(4 * DAY)
        self.batch(self.fail, self.failed())
        self.batch(self.settle, self.due_for_settlement())
        assert not self.jobs, "I11: a task has no end"
        self.leave_idle()
        assert not any(member.registered for member in self.members.values()), "I11: somebody cannot leave"
        for c in self.ground.task_classes:
            for operator in self.ground.operators:
                remaining = self.mandates[c.number, operator.account]
                if remaining:
                    self.reduce(c, operator, remaining)
        assert self.locked[POOL] == 0, "I11: rewards are stuck"
        if self.bond:
            self.unbond()
        self.wait(EPOCH_SECONDS)
        for actor in self.ground.actors:
            if self.free[actor.account]:
                self.thaw(actor, self.free[actor.account])
        self.wait(14 * DAY)
        for actor in self.ground.actors:
            if self.thawing[actor.account]:
                self.withdraw(actor)
        self.check("drain")
        for actor in self.ground.actors:
            account = actor.account
            assert self.free[account] == self.locked[account] == self.thawing[account] == 0, "I11: funds are stuck"
        if self.free[BURN]:
            self.flush()
        held = self.token.mapped("balanceOf", self.escrow_address)
        assert held == self.free[POOL], "I11: more left than the pool"

    def leave_idle(self) -> None:
        """Let everybody leave who has nothing in flight."""
        for member in self.members.values():
            if member.registered and member.load == 0:
                self.leave(member)

    def batch(self, action: Callable[..., None], jobs: list[Job], *args: object) -> None:
        """Apply an action to jobs, if there are any, and check."""
        if jobs:
            action(jobs, *args)
        self.check(action.__name__)
