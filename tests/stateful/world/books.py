"""The ledger of a run: who has what, which tasks there are, and how time passes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import boa

from ballast.model import controller, load_curve, slash_split
from ballast.model.constants import COPROCESSOR, EPOCH_RING, OPERATOR
from tests.stateful.bound import bounds
from tests.stateful.ground import STAKE_PER_UNIT, Actor, Ground, TaskClass
from tests.stateful.ledger import OPEN, Job, Member
from tests.stateful.storage import Storage, funds
from tests.support import contract_words
from tests.support.contract_words import BURN, DISPUTED, LATE, SUBMITTED, WON
from tests.support.protocol import EPOCH_SECONDS, HUMP, SLASH_TERMS

ENDS = {
    contract_words.SETTLED: "SETTLED",
    contract_words.EXPIRED: "EXPIRED",
    contract_words.FAILED: "FAILED",
    contract_words.FORFEITED: "FORFEITED",
}
MALFORMED = (0, 2**79 + 5, 2**200, 2**256 - 1)


class Books:
    """What must be true on the chain, from the rules and the steps taken.

    Parameters
    ----------
    ground : Ground
        What it starts from; the caller undoes on the chain what the run did there.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.escrow = Storage(ground.escrow)
        self.participants = Storage(ground.participants)
        self.registry = Storage(ground.registry)
        self.token = Storage(ground.token)
        self.bounds = bounds(ground)
        self.escrow_address = int(ground.escrow.address, 16)
        self.owner = ground.owner
        self.accounts = ground.escrow.account_count()
        self.free: Counter[int] = Counter()
        self.locked: Counter[int] = Counter()
        self.thawing: Counter[int] = Counter()
        self.releasable: dict[int, int] = {}
        for account in range(self.accounts):
            self.free[account], self.locked[account] = funds(self.escrow, account)
        self.entry_fees = self.free[BURN]
        self.flushed = 0
        self.keepers_pay = 0
        self.mandates = dict(ground.mandates)
        self.starts = {
            (c.number, operator.account): c.opening.start for c in ground.task_classes for operator in ground.operators
        }
        self.suspended: set[tuple[int, int]] = set()
        self.members: dict[int, Member] = {}
        start = self.now
        for i, operator in enumerate(ground.operators):
            self.members[operator.account] = Member(operator, OPERATOR, 5 - 2 * i)
        for i, coprocessor in enumerate(ground.coprocessors):
            self.members[coprocessor.account] = Member(coprocessor, COPROCESSOR, 5 - 2 * i)
        for member in self.members.values():
            member.note(start)
        self.fees: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
        # epoch, weight and bound of the share that waits for an account; weight of all entered for an epoch
        self.shares: dict[int, tuple[int, int, int]] = {}
        self.weights: defaultdict[int, int] = defaultdict(int)
        self.paid: set[int] = set()
        self.slashed: set[tuple[int, int]] = set()
        self.jobs: list[Job] = []
        self.ended: list[int] = []
        self.sequences: Counter[tuple[int, int]] = Counter()
        self.seen: dict[tuple[int, int], tuple[str, int, int]] = {}
        self.rhos: dict[tuple[int, int], int] = {}
        self.terms = [(0, slash_split.SlashTerms(*SLASH_TERMS))]
        self.curves = [(0, load_curve.pack(load_curve.Curve(*HUMP)))]
        self.governed = False
        self.opening_paused = self.bidding_paused = self.deposits_paused = False
        self.bond = 0
        self.posted: dict[int, int] = {}  # page -> epoch for which it was posted or poked last
        self.zeros: set[int] = set()  # pages posted as zeros and still open to challenge
        self.corrected: set[int] = set()  # of these the ones that have been corrected
        self.reached: Counter[str] = Counter()

    # Time

    @property
    def now(self) -> int:
        """Timestamp of the next step."""
        return int(boa.env.timestamp)

    @property
    def epoch(self) -> int:
        """Number of the present epoch."""
        return self.ground.epoch

    def start_of(self, epoch: int) -> int:
        """First second of an epoch."""
        return int(self.ground.genesis) + (epoch - 1) * EPOCH_SECONDS

    def epoch_of(self, job: Job) -> int:
        """Epoch in which a task was opened."""
        return int(job.opened - self.ground.genesis) // EPOCH_SECONDS + 1

    def wait(self, seconds: int) -> None:
        """Let time pass; at each boundary scheduled capacities come into force."""
        before = self.epoch
        boa.env.time_travel(seconds=seconds)
        if self.epoch == before:
            return
        boundary = self.start_of(before + 1)
        for member in self.members.values():
            if member.capacity != member.next_capacity:
                member.capacity = member.next_capacity
                member.note(boundary)
        self.zeros.clear()
        self.corrected.clear()
        horizon = self.start_of(self.epoch - EPOCH_RING)
        for member in self.members.values():
            while len(member.history) > 1 and member.history[1][0] <= horizon:
                member.history.pop(0)

    def moments(self) -> list[int]:
        """Seconds until something becomes possible or impossible, ascending."""
        times = {self.start_of(self.epoch + 1)}
        for job in self.jobs:
            if job.status == OPEN:
                times |= {job.closing - 1, job.closing, job.rescue_end, job.rescue_end + 1}
            elif job.status == WON:
                times |= {job.time, job.time + 1, job.due, job.due + 1}
            elif job.status == LATE:
                times |= {job.rescue_end, job.rescue_end + 1}
            elif job.status == SUBMITTED:
                times |= {job.window_end, job.window_end + 1}
            elif job.status == DISPUTED:
                times.add(job.window_end + 1)
        return sorted(moment - self.now for moment in times if moment > self.now)

    # The ledger

    def move(self, account: int, free: int = 0, locked: int = 0) -> None:
        """Change an account's balances."""
        self.free[account] += free
        self.locked[account] += locked
        assert self.free[account] >= 0
        assert self.locked[account] >= 0

    def terms_in(self, epoch: int) -> slash_split.SlashTerms:
        """Slash terms in force in an epoch."""
        return [terms for since, terms in self.terms if since <= epoch][-1]

    def curve_in(self, epoch: int) -> int:
        """Load curve in force in an epoch."""
        return [curve for since, curve in self.curves if since <= epoch][-1]

    def rho(self, account: int) -> int:
        """Reputation that holds now."""
        key = (account, self.epoch)
        if key not in self.rhos:
            self.rhos[key] = self.ground.reputation.reputation(account)
        return int(self.rhos[key])

    def change_load(self, account: int, change: int) -> None:
        """Change a participant's load."""
        member = self.members[account]
        member.load += change
        member.note(self.now)

    def trim(self, account: int) -> None:
        """Hold a capacity to what the stake still covers."""
        member = self.members[account]
        bound = max((self.free[account] + self.locked[account]) // STAKE_PER_UNIT, member.load)
        if max(member.capacity, member.next_capacity) > bound:
            member.capacity = min(member.capacity, bound)
            member.next_capacity = min(member.next_capacity, bound)
            member.note(self.now)
            self.reached["capacity cut"] += 1

    def record(self, account: int, fee: int, good: bool) -> None:
        """Enter a finished task's fee."""
        entry = self.fees[account, self.epoch]
        entry[0] += fee
        entry[1] += fee if good else 0

    def left(self, job: Job) -> None:
        """Let the start price of a mandate learn that its first auction left a task."""
        c, key = job.task_class, (job.task_class.number, job.operator.account)
        if not job.rising and key not in self.suspended:
            self.starts[key] = controller.raised(self.starts[key], c.opening.gain, c.auction.cap)
            self.reached["left"] += 1

    def end(self, job: Job, outcome: int) -> None:
        """End a task."""
        self.jobs.remove(job)
        self.ended.append(job.number)
        self.reached[ENDS[outcome].lower()] += 1

    def pick(self, jobs: Sequence[Job], mask: int) -> list[Job]:
        """Pick some of the jobs, at least one."""
        return [job for i, job in enumerate(jobs) if mask >> i & 1] or list(jobs[:1])

    def poisoned(self, tasks: Iterable[int], poison: bool) -> list[int]:
        """Numbers of tasks, with some among them that cannot apply."""
        numbers = list(tasks)
        if poison:
            numbers = [MALFORMED[len(numbers) % 4], *numbers, *self.ended[-2:], *numbers[:1]]
        return numbers[:32]

    def orders(self, asked: Sequence[Job], poison: bool, *limits: int) -> list[tuple[int, ...]]:
        """Items of a bid or a take-over, with some among them that cannot apply."""
        known = {job.number: (job.task_class.number, job.difficulty, job.reward) for job in asked}
        return [(n, *known.get(n, (0, 0, 0)), *limits) for n in self.poisoned(known, poison)]

    def drawable(self, c: TaskClass, operator: Actor) -> int:
        """Token units an operator may draw now."""
        key = (c.number, operator.account)
        return 0 if key in self.suspended else self.mandates[key]
