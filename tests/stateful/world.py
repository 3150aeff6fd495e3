"""A market in which anything may happen: what actors do, a ledger of what must follow, and the invariants.

The ledger knows every balance, load, capacity and task by itself, from the rules in `ballast.model` and the steps
taken; after each step it must agree with the chain to the last unit. Beside it, what needs no ledger (solvency,
allowed transitions, loads against tasks in flight, slashes in another order, the places of live storage) is checked on
the chain's own words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple

import boa
from eth_utils import keccak

from ballast.model import activity, deadlines, dutch_auction, gates, load_curve, slash_split, uptime_reward
from ballast.model.constants import BPS, COPROCESSOR, EPOCH_RING, OPERATOR, PPM
from ballast.model.load_curve import designed
from tests.stateful.bound import bounds
from tests.stateful.ground import CAPACITY, GIFT, SLOTS, STAKE_PER_UNIT, Actor, Ground, TaskClass
from tests.stateful.ledger import OPEN, Job, Member
from tests.stateful.storage import Storage, funds, refuse
from tests.support import contract_words
from tests.support.contract_words import BURN, DISPUTED, LATE, LIVE, NOBODY, POOL, SUBMITTED, WON
from tests.support.protocol import DAY, EPOCH_SECONDS, HUMP, SLASH_TERMS

ENDS = {
    contract_words.SETTLED: "SETTLED",
    contract_words.EXPIRED: "EXPIRED",
    contract_words.FAILED: "FAILED",
    contract_words.FORFEITED: "FORFEITED",
}
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

LAST_SIZES = ((60, 12, False), (35, 20, False))

MALFORMED = (0, 2**79 + 5, 2**200, 2**256 - 1)
OTHER_SLASH_TERMS = astuple(slash_split.SlashTerms(100_000, 200_000, 500_000, 150_000, 50_000, 500_000, 20_000))
OTHER_CURVE = astuple(designed(idle=0, best=200_000_000, b=4_000, f=6_000, full=900_000_000))


class World:
    """One run.

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
        self.suspended: set[tuple[int, int]] = set()
        self.members: dict[int, Member] = {}
        start = self.now
        for i, operator in enumerate(ground.operators):
            self.members[operator.account] = Member(operator, OPERATOR, 5 - 2 * i)
        for coprocessor in ground.coprocessors:
            self.members[coprocessor.account] = Member(coprocessor, COPROCESSOR)
        for member in self.members.values():
            member.note(start)
        self.totals = {self.epoch: CAPACITY * len(self.members)}
        self.fees: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
        self.claims: set[tuple[int, int]] = set()
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
        self.corrected: set[int] = set()  # accounts whose value on such a page has been corrected
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
        total = sum(member.capacity for member in self.members.values())
        for epoch in range(max(before + 1, self.epoch - EPOCH_RING), self.epoch + 1):
            self.totals[epoch] = total
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

    # Operators

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
            lock = job.penalty + job.collateral * job.own
            if job.reward > mandate or lock > free:
                continue
            mandate -= job.reward
            free -= lock
            load += difficulty * job.own
            jobs.append(job)
        suspended = (c.number, operator.account) in self.suspended
        orders = [(job.slot, job.difficulty, job.reward, job.own) for job in jobs]
        if poison:
            beyond = [(SLOTS, 10, 100, False), (2**16, 10, 100, False), (slots[0], 10, 2**95, False)]
            orders = [*beyond, *orders, *orders[:1]]
            if suspended:
                orders.append((slots[0], 10, 100, False))
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
            if job.own:
                load += job.difficulty
                self.take_own(job, load)

    def take_own(self, job: Job, load: int) -> None:
        """Make an operator the executor of its task."""
        account = job.operator.account
        job.own = True
        job.executor = account
        job.status = WON
        job.x = activity.load_bps(load, self.members[account].capacity)
        job.time = self.now
        job.due = deadlines.due(self.now, job.task_class.auction.submit_seconds)
        self.move(account, -job.collateral, job.collateral)
        self.change_load(account, job.difficulty)
        self.reached["own"] += 1

    def unsold(self) -> list[Job]:
        """Tasks nobody bid for that may have a second chance."""
        return [job for job in self.jobs if job.status == OPEN and job.closing <= self.now <= job.rescue_end]

    def reopen(self, job: Job) -> None:
        """Auction a task again on the rising clock."""
        self.ground.registry.reopen(job.number, sender=job.operator.address)
        job.rising = True
        job.opened = self.now
        self.reached["reopened"] += 1

    def can_execute(self, job: Job) -> bool:
        """Whether the operator may execute an unsold task itself."""
        member = self.members[job.operator.account]
        complexity, load = job.task_class.opening.complexity, member.load + job.difficulty
        able = gates.for_operator(member.complexity, complexity, load, member.room) == 0
        return able and member.registered and job.collateral <= self.free[job.operator.account]

    def self_execute(self, job: Job) -> None:
        """Execute an unsold task oneself."""
        self.ground.registry.self_execute(job.number, sender=job.operator.address)
        job.opened = self.now
        self.take_own(job, self.members[job.operator.account].load + job.difficulty)

    # Coprocessors

    def biddable(self) -> list[Job]:
        """Tasks whose auction still runs."""
        return [
            job
            for job in self.jobs
            if self.now < job.closing
            and (job.status == OPEN or (job.status == WON and self.now < job.time and not job.own and not job.rescued))
        ]

    def entry_step(self, job: Job, min_price: int, x: int, rho: int) -> int:
        """Step at which a bid enters, or K."""
        c = job.task_class.auction
        present = deadlines.present_step(job.opened, c.step_seconds, self.now)
        return dutch_auction.entry_step(
            *job.clock, c.steps, c.handicap, c.reputation_handicap, min_price, x, rho, present
        )

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
            least = job.task_class.auction.min_reputation
            wins = gates.for_coprocessor(1, least, load + job.difficulty, member.room, x, max_load, rho) == 0
            if wins:
                step = self.entry_step(job, min_price, x, rho)
                score = dutch_auction.score(x, rho)
                wins = step < job.task_class.auction.steps
                if wins and job.status == WON:
                    leader = (job.executor, job.step, job.score)
                    wins = dutch_auction.leads(job.number, bidder.account, step, score, *leader)
            if wins and job.collateral > free:
                continue
            asked.append(job)
            if wins:
                won.append((job, x, step, score))
                load += job.difficulty
                free -= job.collateral
        if not asked:
            return
        strict = len(won) == len(asked) and not poison
        orders = self.orders(asked, poison, min_price, max_load)
        self.ground.registry.bid(orders, strict, sender=bidder.address)
        for job, x, step, score in won:
            if job.status == WON:
                self.move(job.executor, job.collateral, -job.collateral)
                self.change_load(job.executor, -job.difficulty)
                self.reached["displaced"] += 1
            c = job.task_class.auction
            job.status, job.executor, job.x, job.step, job.score = WON, bidder.account, x, step, score
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
        rho = self.rho(rescuer.account)
        asked: list[Job] = []
        taken: list[tuple[Job, int]] = []
        for job in jobs:
            x = activity.load_bps(load + job.difficulty, member.capacity)
            least = job.task_class.auction.min_reputation
            wins = gates.for_coprocessor(1, least, load + job.difficulty, member.room, x, BPS, rho) == 0
            wins = wins and job.executor != rescuer.account
            if wins and job.collateral > free:
                continue
            asked.append(job)
            if wins:
                load += job.difficulty
                free -= job.collateral
                taken.append((job, x))
        if not asked:
            return
        strict = len(taken) == len(asked) and not poison
        orders = self.orders(asked, poison, 1, BPS)
        self.ground.registry.take_over(orders, strict, sender=rescuer.address)
        for job, x in taken:
            job.status, job.executor, job.x, job.rescued = WON, rescuer.account, x, True
            job.time = self.now
            job.due = deadlines.due(self.now, job.task_class.auction.submit_seconds)
            self.move(rescuer.account, -job.collateral, job.collateral)
            self.change_load(rescuer.account, job.difficulty)

    # Anyone

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
            low, high = sorted(job.clock)
            assert job.reward * low // PPM <= job.price <= job.reward * high // PPM, (
                "I5: price out of the clock's range"
            )
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
        amount = job.collateral
        if not proved:
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
            self.record(job.operator.account, job.fee, False)

    def expired(self, anyone: bool) -> list[Job]:
        """Unsold tasks their operator, or anyone, may end."""
        wait = [(job, 0 if not anyone else job.rescue_end + 1 - job.closing) for job in self.jobs if job.status == OPEN]
        return [job for job, seconds in wait if self.now >= job.closing + seconds]

    def expire(self, jobs: Sequence[Job], sender: str, poison: bool = False) -> None:
        """End unsold tasks."""
        self.ground.registry.expire(self.poisoned((job.number for job in jobs), poison), not poison, sender=sender)
        for job in jobs:
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

    # Funds

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

    def drawable(self, c: TaskClass, operator: Actor) -> int:
        """Token units an operator may draw now."""
        key = (c.number, operator.account)
        return 0 if key in self.suspended else self.mandates[key]

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

    # Pool and keeper

    def earned(self) -> list[int]:
        """Epochs for which a coprocessor may have something to claim."""
        coprocessors = {actor.account for actor in self.ground.coprocessors}
        open_epochs = range(self.epoch - EPOCH_RING, self.epoch)
        paying = {key for key, (_, good) in self.fees.items() if good and key[0] in coprocessors}
        return sorted({epoch for account, epoch in paying - self.claims if epoch in open_epochs})

    def claim(self, epoch: int) -> None:
        """Claim everybody's uptime rewards of an epoch, and some that nobody has. I10: exactly what the rules give."""
        coprocessors = [actor.account for actor in self.ground.coprocessors]
        others = [actor.account for actor in self.ground.operators]
        self.ground.slasher.claim(epoch, [*coprocessors, *others, coprocessors[0]], sender=self.ground.stranger)
        budget, claimed = self.ground.slasher.budget_of(epoch)
        curve = self.curve_in(epoch)
        terms = self.terms_in(epoch)
        for account in coprocessors:
            start = self.start_of(epoch)
            capacity, bonus = self.members[account].measured(start, start + EPOCH_SECONDS, curve)
            good = self.fees[account, epoch][1]
            amount = uptime_reward.reward(
                budget,
                capacity,
                self.totals.get(epoch, 0),
                bonus // EPOCH_SECONDS,
                load_curve.peak(curve),
                good,
                terms.rebate,
            )
            if amount and (account, epoch) not in self.claims:
                assert amount <= good * terms.rebate // PPM, "I10: more than the rebate on fees paid"
                self.claims.add((account, epoch))
                self.move(account, amount)
                self.move(POOL, -amount)
                self.reached["claimed"] += 1
        assert claimed <= budget, "I10: claims above the budget"
        open_epochs = range(max(1, self.epoch - EPOCH_RING), self.epoch)
        budgets = [self.ground.slasher.budget_of(e) for e in open_epochs]
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
        return early and self.bond >= 8_000 * (len(self.zeros) + 1)

    def poke(self, page: int) -> None:
        """Have the chain compute a page."""
        before = self.ground.escrow.balances(self.ground.keeper.account)[0]
        self.ground.reputation.poke([page], sender=self.ground.keeper.address)
        self.posted[page] = self.epoch - 1
        self.pay_keeper(before, 80)

    def pay_keeper(self, before: int, most: int) -> None:
        """Enter what the pool paid the keeper."""
        paid = self.ground.escrow.balances(self.ground.keeper.account)[0] - before
        assert 0 <= paid <= most
        self.move(self.ground.keeper.account, paid)
        self.move(POOL, -paid)
        self.keepers_pay += paid

    def challenge(self, challenger: Actor, account: int) -> None:
        """Challenge a value of a page of zeros. I9: it is corrected once if, and only if, it is wrong."""
        reputation = self.ground.reputation
        right = account in self.corrected or reputation.computed(account) == 0
        terms = (self.epoch - 1, account, challenger.account)
        reason = "reputation: value is right"
        if right:
            refuse(reputation.challenge, *terms, sender=challenger.address, reason=reason)
            return
        reputation.challenge(*terms, sender=challenger.address)
        refuse(reputation.challenge, *terms, sender=challenger.address, reason=reason)
        self.bond -= 1_000
        self.move(self.ground.keeper.account, 0, -1_000)
        self.move(challenger.account, 500)
        self.move(BURN, 500)
        self.corrected.add(account)
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

    # Invariants

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
            given = (job.task_class.number, job.opened, job.difficulty, job.reward, job.rising)
            assert (*terms[1:5], bool(terms.rising)) == given, "I2: terms"
            if job.status == OPEN:
                assert state == "OPEN"
                continue
            assert (state, executor) == (STATES[job.status], job.executor), "I2: progress"
            assert (progress.x, progress.time, progress.due) == (job.x, job.time, job.due)
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

    # The end

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
