"""The incentive pool, its keeper, and those who govern."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple

from ballast.model import load_curve, slash_split, uptime_reward
from ballast.model.constants import EPOCH_RING
from ballast.model.load_curve import designed
from tests.stateful.ground import Actor
from tests.stateful.storage import refuse
from tests.stateful.world.books import Books
from tests.support.contract_words import BURN, POOL
from tests.support.protocol import EPOCH_SECONDS

OTHER_SLASH_TERMS = astuple(slash_split.SlashTerms(100_000, 500_000, 250_000, 150_000, 50_000, 500_000, 20_000))
OTHER_CURVE = astuple(designed(idle=0, best=200_000_000, b=4_000, f=6_000, full=900_000_000))


class Pool(Books):
    """The incentive pool, its keeper, and those who govern."""

    def claimable(self) -> bool:
        """Whether a share waits to be paid, or somebody worked in the last epoch and is not entered."""
        last = self.epoch - 1
        members = [actor.account for actor in self.ground.coprocessors]
        waiting = any(account in self.shares and self.shares[account][0] < last for account in members)
        return waiting or any(
            self.fees[account, last][1] and self.shares.get(account, (0,))[0] < last for account in members
        )

    def claim(self) -> None:
        """Claim for everybody, and for some that have nothing. I10: exactly what the rules give."""
        coprocessors = [actor.account for actor in self.ground.coprocessors]
        others = [actor.account for actor in self.ground.operators]
        self.ground.slasher.claim([*coprocessors, *others, coprocessors[0]], sender=self.ground.stranger)
        last = self.epoch - 1
        start, curve, rebate = self.start_of(last), self.curve_in(last), self.terms_in(last).rebate
        for account in coprocessors:
            epoch, weight, bound = self.shares.get(account, (0, 0, 0))
            if epoch == last:
                continue
            if weight and epoch >= self.epoch - EPOCH_RING:
                budget, _ = self.ground.slasher.budget_of(epoch)
                amount = uptime_reward.reward(budget, weight, self.weights[epoch], bound)
                assert amount <= bound, "I10: more than the rebate on fees paid"
                self.move(account, amount)
                self.move(POOL, -amount)
                self.reached["claimed"] += bool(amount)
            capacity, bonus = self.members[account].measured(start, start + EPOCH_SECONDS, curve)
            weight = uptime_reward.weight(capacity, bonus)
            bound = uptime_reward.bound(self.fees[account, last][1], rebate)
            self.shares[account] = (last, weight, bound) if weight and bound else (0, 0, 0)
            self.weights[last] += self.shares[account][1]
            assert self.ground.slasher.share_of(account) == self.shares[account]
        open_epochs = range(max(1, self.epoch - EPOCH_RING), self.epoch)
        for epoch in open_epochs:
            assert self.ground.slasher.weight_of(epoch) == self.weights[epoch]
        budgets = [self.ground.slasher.budget_of(e) for e in open_epochs]
        assert all(taken <= total for total, taken in budgets), "I10: claims above the budget"
        reserved = sum(total - taken for total, taken in budgets) + self.ground.slasher.keeper_budget()
        assert reserved <= self.free[POOL], "I10: more promised than the pool holds"

    def add_bond(self, amount: int) -> None:
        """Put up a keeper's bond."""
        self.ground.reputation.bond(amount, sender=self.ground.keeper.address)
        self.move(self.ground.keeper.account, -amount, amount)
        self.bond += amount

    def unposted(self) -> list[int]:
        """Pages of the last epoch that nobody has posted."""
        pages = range((self.accounts - 1) // 8 + 1)
        return [page for page in pages if self.posted.get(page, 0) < self.epoch - 1]

    def post_zeros(self, page: int) -> None:
        """Post a page of zeros: right for those who did nothing, wrong for the others."""
        self.ground.reputation.post(self.epoch - 1, page, [0], sender=self.ground.keeper.address)
        self.posted[page] = self.epoch - 1
        self.zeros.add(page)

    def can_post(self) -> bool:
        """Whether the keeper may post another page."""
        early = self.now - self.start_of(self.epoch) < EPOCH_SECONDS // 2
        return early and self.bond >= 8_000 * (len(self.zeros - self.corrected) + 1)

    def poke(self, page: int) -> None:
        """Have the chain compute a page."""
        self.ground.reputation.poke([page], sender=self.ground.keeper.address)
        self.posted[page] = self.epoch - 1

    def pay_keeper(self, before: int, most: int) -> None:
        """Enter what the pool paid the keeper."""
        paid = self.ground.escrow.balances(self.ground.keeper.account)[0] - before
        assert 0 <= paid <= most
        self.move(self.ground.keeper.account, paid)
        self.move(POOL, -paid)
        self.keepers_pay += paid

    def challenge(self, challenger: Actor, page: int) -> None:
        """Challenge a page of zeros. I9: it is corrected once if, and only if, it is wrong."""
        reputation = self.ground.reputation
        accounts = range(8 * page, 8 * page + 8)
        right = page in self.corrected or all(reputation.computed(account) == 0 for account in accounts)
        terms = (self.epoch - 1, [page], challenger.account)
        reason = "reputation: nothing to correct"
        if right:
            refuse(reputation.challenge, *terms, sender=challenger.address, reason=reason)
            return
        reputation.challenge(*terms, sender=challenger.address)
        refuse(reputation.challenge, *terms, sender=challenger.address, reason=reason)
        self.bond -= 8_000
        self.move(self.ground.keeper.account, 0, -8_000)
        self.move(challenger.account, 4_000)
        self.move(BURN, 4_000)
        self.corrected.add(page)
        self.reached["corrected"] += 1

    def collect(self) -> None:
        """Have the keeper paid for its posts."""
        before = self.ground.escrow.balances(self.ground.keeper.account)[0]
        self.ground.reputation.collect(sender=self.ground.keeper.address)
        self.pay_keeper(before, 80 * len(self.posted) * self.epoch)

    def unbond(self) -> None:
        """Take the bond back, when nothing is at risk any more."""
        self.ground.reputation.unbond(self.bond, sender=self.ground.keeper.address)
        self.move(self.ground.keeper.account, self.bond, -self.bond)
        self.bond = 0

    # Governance

    def pause(self, what: str, on: bool) -> None:
        """Stop or allow opening, bidding or deposits."""
        call: dict[str, Callable[..., None]] = {
            "opening_paused": self.ground.registry.pause,
            "bidding_paused": self.ground.participants.pause,
            "deposits_paused": self.ground.escrow.pause_deposits,
        }
        call[what](on, sender=self.owner)
        setattr(self, what, on)

    def govern(self) -> None:
        """Schedule other slash terms and another load curve, once."""
        self.ground.slasher.set_terms(OTHER_SLASH_TERMS, sender=self.owner)
        self.ground.slasher.set_curve(OTHER_CURVE, sender=self.owner)
        self.terms.append((self.epoch + 1, slash_split.SlashTerms(*OTHER_SLASH_TERMS)))
        self.curves.append((self.epoch + 1, load_curve.pack(load_curve.Curve(*OTHER_CURVE))))
        self.governed = True
