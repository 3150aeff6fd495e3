"""What must hold after every step."""

from __future__ import annotations

from collections import Counter

from tests.stateful.ground import GIFT
from tests.stateful.ledger import OPEN
from tests.stateful.storage import funds
from tests.stateful.world.books import ENDS, Books
from tests.support import contract_words
from tests.support.contract_words import BURN, DISPUTED, LATE, LIVE, NOBODY, POOL, SUBMITTED, WON

STATES = {OPEN: "OPEN", WON: "WON", SUBMITTED: "SUBMITTED", DISPUTED: "DISPUTED", LATE: "LATE"}
FINAL = {"NONE", *ENDS.values()}

# I2: every transition, with the one function that may cause it
TRANSITIONS = {
    *((end, "OPEN", "open_tasks") for end in FINAL),
    *((end, "WON", "open_tasks") for end in FINAL),
    ("OPEN", "WON", "bid"),
    ("WON", "WON", "bid"),
    ("OPEN", "OPEN", "reopen"),
    ("OPEN", "WON", "self_execute"),
    ("OPEN", "EXPIRED", "expire"),
    ("WON", "SUBMITTED", "submit"),
    ("WON", "LATE", "slash"),
    ("LATE", "WON", "take_over"),
    ("LATE", "FAILED", "fail"),
    ("SUBMITTED", "SETTLED", "settle"),
    ("DISPUTED", "SETTLED", "settle"),
    ("SUBMITTED", "DISPUTED", "hold"),
    ("DISPUTED", "SUBMITTED", "uphold"),
    ("DISPUTED", "FORFEITED", "overturn"),
}


class Invariants(Books):
    """What must hold after every step."""

    def check(self, function: str) -> None:
        """Check what must hold after every step; ``function`` is the one that was called."""
        self.check_money()
        self.check_transitions(function)
        self.check_loads()
        self.check_storage()

    def check_money(self) -> None:
        """I1, and of I10 that nobody gets more out of the pool than keepers' pay."""
        total = 0
        for account in range(self.accounts):
            free, locked = funds(self.escrow, account)
            thawing = self.escrow.mapped("_thawing", account) & (2**96 - 1)
            total += free + locked + thawing
            expected = (self.free[account], self.locked[account], self.thawing[account])
            assert (free, locked, thawing) == expected, f"I1: account {account}"
        held = self.token.mapped("balanceOf", self.escrow_address)
        assert held == total, "I1: not solvent"
        promised = sum(self.mandates.values()) + sum(job.reward for job in self.jobs)
        assert self.locked[POOL] == promised, "I1: rewards not backed"
        lost = self.free[POOL] - GIFT + self.free[BURN] + self.flushed - self.entry_fees
        assert lost >= -self.keepers_pay, "I10: trading among themselves made them richer"

    def check_transitions(self, function: str) -> None:
        """I2, on the chain's words alone, and that the ledger agrees with them."""
        known = {(job.operator.account, job.slot): job for job in self.jobs}
        for key in self.sequences:
            index = (key[0] << 16) + key[1]
            terms = contract_words.terms(self.registry.word("_terms", index))
            progress = contract_words.progress(self.registry.word("_progress", index))
            running = progress.sequence == terms.sequence
            state = ENDS[terms.outcome] if terms.outcome != LIVE else STATES[progress.status if running else NOBODY]
            executor = progress.executor if running else 0
            before, sequence, former = self.seen.get(key, ("NONE", 0, 0))
            now = (state, terms.sequence, executor)
            if (before, sequence, former) != now:
                assert (before, state, function) in TRANSITIONS, f"I2: {before} to {state} by {function}"
                new = function == "open_tasks"
                assert terms.sequence == sequence + new, "I2: sequence"
                self.seen[key] = now
            job = known.get(key)
            assert (job is None) == (terms.outcome != LIVE), "I2: live or not"
            if job is None:
                continue
            given = (
                job.task_class.number,
                job.opened,
                job.difficulty,
                job.reward,
                job.rising,
                job.start,
                job.min_reputation,
            )
            assert (*terms[1:5], bool(terms.rising), terms.start, terms.min_reputation) == given, "I2: terms"
            if job.status == OPEN:
                assert state == "OPEN"
                continue
            assert (state, executor) == (STATES[job.status], job.executor), "I2: progress"
            assert (progress.x, progress.rho, progress.time) == (job.x, job.rho, job.time)
            assert (progress.price, progress.capacity) == (job.ppm, job.capacity)
            assert job.status not in (WON, LATE) or progress.due == job.due
            assert (progress.own, progress.rescued) == (job.own, job.rescued)
            assert progress.step == job.step < job.task_class.auction.steps, "I5: winning step"

    def check_loads(self) -> None:
        """I4, on the chain's words alone, and that the ledger agrees with them."""
        flying: Counter[int] = Counter()
        for account, slot in self.sequences:
            index = (account << 16) + slot
            terms = contract_words.terms(self.registry.word("_terms", index))
            progress = contract_words.progress(self.registry.word("_progress", index))
            if terms.outcome == LIVE and progress.sequence == terms.sequence and progress.status == WON:
                flying[progress.executor] += terms.difficulty
        for account, member in self.members.items():
            seen = contract_words.activity(self.participants.word("_activities", account))
            capacity = seen.capacity if seen.epoch == self.epoch else seen.next_capacity
            assert seen.load == flying[account], "I4: load is not what is in flight"
            assert seen.load <= capacity, "I4: over capacity"
            assert (seen.load, capacity, seen.next_capacity) == (member.load, member.capacity, member.next_capacity)

    def check_storage(self) -> None:
        """I12: every word that holds something is where the bound has a place for it."""
        for storage, places in self.bounds:
            assert not storage.strays(places), f"I12: storage of {storage.name} beyond its bound"
