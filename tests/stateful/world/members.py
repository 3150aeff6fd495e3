"""Funds, mandates, and who takes part."""

from __future__ import annotations

from ballast.model.constants import OPERATOR
from tests.stateful.ground import SLOTS, STAKE_PER_UNIT, Actor, TaskClass
from tests.stateful.ledger import Member
from tests.stateful.storage import refuse
from tests.stateful.world.books import Books
from tests.support.contract_words import BURN, POOL
from tests.support.protocol import DAY


class Members(Books):
    """Funds, mandates, and who takes part."""

    def required(self, account: int) -> int:
        """Stake an account's capacity needs."""
        member = self.members.get(account)
        return STAKE_PER_UNIT * max(member.capacity, member.next_capacity) if member else 0

    def spendable(self, account: int) -> int:
        """Free funds that back no capacity."""
        return max(0, min(self.free[account], self.free[account] + self.locked[account] - self.required(account)))

    def deposit(self, actor: Actor, amount: int) -> None:
        """Put tokens into an account."""
        self.ground.escrow.deposit(actor.account, amount, sender=actor.address)
        self.move(actor.account, amount)

    def thaw(self, actor: Actor, amount: int) -> None:
        """Start to take funds out. I8: only what backs nothing."""
        assert 0 < amount <= self.spendable(actor.account)
        self.ground.escrow.thaw(amount, sender=actor.address)
        self.move(actor.account, -amount)
        self.thawing[actor.account] += amount
        self.releasable[actor.account] = self.now + 14 * DAY

    def overthaw(self, actor: Actor) -> None:
        """Try to take out a unit too much."""
        spendable = self.spendable(actor.account)
        reason = "escrow: not enough free" if spendable == self.free[actor.account] else "escrow: stake backs capacity"
        refuse(self.ground.escrow.thaw, spendable + 1, sender=actor.address, reason=reason)

    def cancel_thaw(self, actor: Actor) -> None:
        """Return what thaws."""
        self.ground.escrow.cancel_thaw(sender=actor.address)
        self.move(actor.account, self.thawing.pop(actor.account))

    def withdraw(self, actor: Actor) -> None:
        """Take out what has thawed."""
        if self.now < self.releasable[actor.account]:
            refuse(self.ground.escrow.withdraw, actor.address, sender=actor.address, reason="escrow: still thawing")
            return
        self.ground.escrow.withdraw(actor.address, sender=actor.address)
        del self.thawing[actor.account]

    def fund(self, c: TaskClass, operator: Actor, amount: int) -> None:
        """Give an operator more to draw on."""
        self.ground.classes.fund_mandate(c.number, operator.account, amount, sender=c.avs.address)
        self.mandates[c.number, operator.account] += amount
        self.suspended.discard((c.number, operator.account))
        self.move(c.avs.account, -amount)
        self.move(POOL, 0, amount)

    def reduce(self, c: TaskClass, operator: Actor, amount: int) -> None:
        """Take back from a mandate."""
        self.ground.classes.reduce_mandate(c.number, operator.account, amount, sender=c.avs.address)
        self.mandates[c.number, operator.account] -= amount
        self.move(c.avs.account, amount)
        self.move(POOL, 0, -amount)

    def suspend(self, c: TaskClass, operator: Actor) -> None:
        """Let an operator draw no more."""
        self.ground.classes.suspend_mandate(c.number, operator.account, sender=c.avs.address)
        self.suspended.add((c.number, operator.account))
        self.reached["suspended"] += 1

    def flush(self) -> None:
        """Burn what is to burn."""
        self.ground.escrow.flush_burned(sender=self.ground.stranger)
        self.flushed += self.free.pop(BURN)

    # Membership

    def resize(self, member: Member, capacity: int) -> None:
        """Change a capacity, or fail to."""
        stake = self.free[member.actor.account] + self.locked[member.actor.account]
        reason = None
        if capacity < member.load:
            reason = "participants: load in flight"
        elif capacity * STAKE_PER_UNIT > stake:
            reason = "participants: stake too small"
        if reason:
            refuse(self.ground.participants.resize, capacity, sender=member.actor.address, reason=reason)
            return
        self.ground.participants.resize(capacity, sender=member.actor.address)
        member.next_capacity = capacity
        self.reached["resized"] += 1

    def leave(self, member: Member) -> None:
        """Leave, or fail to while load is in flight."""
        if member.load:
            refuse(self.ground.participants.leave, sender=member.actor.address, reason="participants: load in flight")
            return
        self.ground.participants.leave(sender=member.actor.address)
        member.registered = False
        member.next_capacity = 0
        self.reached["left"] += 1

    def rejoin(self, member: Member, capacity: int) -> None:
        """Come back after leaving."""
        account = member.actor.account
        register = self.ground.participants.register
        terms = (member.role, capacity, member.complexity, SLOTS if member.role == OPERATOR else 0)
        if capacity * STAKE_PER_UNIT > self.free[account] + self.locked[account]:
            refuse(register, *terms, sender=member.actor.address, reason="participants: stake too small")
            return
        register(*terms, sender=member.actor.address)
        member.registered = True
        member.next_capacity = capacity
        self.reached["rejoined"] += 1
