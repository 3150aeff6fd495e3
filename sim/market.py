"""The market as the contracts keep it: an exact, stateful model built from the twins in ``offchain.model``.

Every method is one step of the protocol and changes the state as the contracts would, to the unit. Agents read the
state to decide; an engine carries the same steps out on a chain; the runner compares the two.

Accounts are numbered as in the escrow: 0 burn, 1 pool, then everybody in the order in which accounts were opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from eth_utils.crypto import keccak

from offchain.errors import ModelError
from offchain.model import (
    activity,
    class_packing,
    dutch_auction,
    fee_record,
    fixed_point,
    load_curve,
    reputation_filter,
    slash_split,
    task_packing,
    uptime_reward,
)
from offchain.model.activity import Activity
from offchain.model.constants import BURN_ACCOUNT, COPROCESSOR, EPOCH_RING, OPERATOR, PAGE, POOL_ACCOUNT, PPM
from offchain.model.parameters import NetworkParameters

FEE_RING = EPOCH_RING + 1


@dataclass(slots=True)
class Task:
    """A task and what became of it.

    Attributes
    ----------
    number : int
        As on the chain: operator 32, slot 16, sequence 32.
    operator, class_id, difficulty, reward : int
        As opened.
    opened : int
        Timestamp of the (last) opening.
    rising : int
        1 on the second chance.
    executor : int
        Account, 0 while there is none.
    step, x, score, time, due, own, rescued, status, outcome : int
        As in ``offchain.model.task_packing``.
    price : int
        What the executor is paid, token units.
    """

    number: int
    operator: int
    class_id: int
    difficulty: int
    reward: int
    opened: int
    rising: int = 0
    executor: int = 0
    step: int = 0
    x: int = 0
    score: int = 0
    time: int = 0
    due: int = 0
    own: int = 0
    rescued: int = 0
    status: int = task_packing.NOBODY
    outcome: int = task_packing.LIVE
    price: int = 0


@dataclass(slots=True)
class Budget:
    """What an epoch set aside for uptime rewards, and what was claimed of it, token units."""

    epoch: int = 0
    total: int = 0
    claimed: int = 0


@dataclass(slots=True)
class Totals:
    """Sums over a run, token units."""

    slashed: int = 0
    burned: int = 0
    compensation: int = 0
    finder: int = 0
    pooled: int = 0
    fees: int = 0
    uptime: int = 0
    rewards: int = 0
    prices: int = 0
    keepers: int = 0


@dataclass(slots=True)
class Keeper:
    """A keeper's bond and its values: at risk since an epoch, and not yet paid."""

    bonded: int = 0
    epoch: int = 0
    at_risk: int = 0
    unpaid: int = 0


@dataclass
class Market:
    """State of the market.

    Parameters
    ----------
    parameters : NetworkParameters
        What the contracts were deployed with.
    genesis : int
        Start of epoch 1, timestamp.
    """

    parameters: NetworkParameters
    genesis: int
    now: int = 0
    free: list[int] = field(default_factory=lambda: [0, 0])
    locked: list[int] = field(default_factory=lambda: [0, 0])
    activities: dict[int, Activity] = field(default_factory=dict)
    closed: dict[tuple[int, int], Activity] = field(default_factory=dict)
    fees: dict[int, list[int]] = field(default_factory=dict)
    classes: dict[int, class_packing.Auction] = field(default_factory=dict)
    avs: dict[int, int] = field(default_factory=dict)
    mandates: Counter[tuple[int, int]] = field(default_factory=Counter)
    sequences: Counter[tuple[int, int]] = field(default_factory=Counter)
    slots: dict[int, list[int]] = field(default_factory=dict)
    logits: dict[int, dict[int, int]] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    keepers: dict[int, Keeper] = field(default_factory=dict)
    total_capacity: dict[int, int] = field(default_factory=dict)
    budgets: list[Budget] = field(default_factory=lambda: [Budget() for _ in range(EPOCH_RING)])
    claimed: set[tuple[int, int]] = field(default_factory=set)
    pool_closings: dict[int, int] = field(default_factory=dict)
    keeper_budget: int = 0

    def __post_init__(self) -> None:
        self.now = self.genesis
        self.curve = load_curve.pack(self.parameters.chosen_curve)
        self.table = load_curve.table(self.curve)
        self.kink = load_curve.kink(self.curve)
        self.peak = load_curve.peak(self.curve)
        self.terms = self.parameters.slash
        self.filter = self.parameters.filter
        self._pool_epoch = 0
        self._closed_epoch = 0
        self._next_total = 0

    # Time

    @property
    def epoch(self) -> int:
        """Number of the present epoch."""
        return (self.now - self.genesis) // self.parameters.epoch_seconds + 1

    def start_of(self, epoch: int) -> int:
        """Timestamp at which an epoch starts."""
        return self.genesis + (epoch - 1) * self.parameters.epoch_seconds

    # Escrow

    def open_account(self, deposit: int) -> int:
        """Open an account with a deposit; its number. The entry fee is burned."""
        self.free.append(deposit)
        self.locked.append(0)
        self.free[BURN_ACCOUNT] += self.parameters.entry_fee
        return len(self.free) - 1

    def _lock(self, account: int, amount: int) -> None:
        if amount > self.free[account]:
            raise ModelError("escrow: free out of range")
        self.free[account] -= amount
        self.locked[account] += amount

    def _unlock(self, account: int, amount: int) -> None:
        self.locked[account] -= amount
        self.free[account] += amount

    def _touch_pool(self) -> None:
        """Record the pool's balance at the ends of the epochs since it last changed."""
        epoch = self.epoch
        if self._pool_epoch != epoch:
            for past in range(max(self._pool_epoch, epoch - FEE_RING, 1), epoch):
                self.pool_closings[past] = self.free[POOL_ACCOUNT]
            self.pool_closings.pop(epoch - FEE_RING - 1, None)
            self._pool_epoch = epoch

    def _pool_at_end_of(self, epoch: int) -> int:
        return self.free[POOL_ACCOUNT] if self._pool_epoch <= epoch else self.pool_closings[epoch]

    # Participants

    def register(self, account: int, role: int, capacity: int, slots: int = 0) -> None:
        """Register a participant; its capacity counts from the next epoch."""
        stake = self.free[account] + self.locked[account]
        if capacity * self.parameters.stake_per_unit > stake:
            raise ModelError("participants: stake too small")
        clock = (self.now - self.genesis) % self.parameters.epoch_seconds
        self.activities[account] = Activity(0, capacity, 0, role, self.epoch, clock, 0, 0)
        self._change_total(capacity)
        self.fees[account] = [0] * FEE_RING
        if role == OPERATOR:
            self.slots[account] = list(range(slots - 1, -1, -1))

    def _change_total(self, change: int) -> None:
        epoch = self.epoch
        self.total_capacity.setdefault(epoch, self._next_total)
        self._next_total += change
        for past in [e for e in self.total_capacity if e + EPOCH_RING < epoch]:
            del self.total_capacity[past]

    def _total_capacity_in(self, epoch: int) -> int:
        """Sum of the capacities in an epoch: that of the last change before it, or of the epoch itself."""
        if epoch in self.total_capacity:
            return self.total_capacity[epoch]
        later = [e for e in self.total_capacity if e > epoch]
        return self.total_capacity[min(later)] if later else self._next_total

    def touch(self, account: int) -> Activity:
        """Bring a participant's activity up to now."""
        a = self.activities[account]
        age = self.now - self.genesis
        length = self.parameters.epoch_seconds
        epoch = age // length + 1
        if a.epoch != epoch:
            for past in range(max(a.epoch, epoch - EPOCH_RING), epoch):
                self.closed[account, past % EPOCH_RING] = self._complete(a, past)
            a = activity.next_epoch(a, epoch)
        clock = age % length
        if a.clock != clock:
            a = activity.accrue(a, self.curve, clock)
        self.activities[account] = a
        return a

    def _complete(self, a: Activity, epoch: int) -> Activity:
        if a.epoch != epoch:
            a = activity.next_epoch(a, epoch)
        return activity.accrue(a, self.curve, self.parameters.epoch_seconds)

    def activity_in(self, account: int, epoch: int) -> Activity:
        """Activity of a closed epoch, complete to its end."""
        a = self.activities[account]
        return self._complete(a, epoch) if a.epoch <= epoch else self.closed[account, epoch % EPOCH_RING]

    def load_of(self, account: int) -> tuple[int, int, int]:
        """Load, capacity and room of a participant now, resource units."""
        a = self.activities[account]
        capacity = a.capacity if a.epoch == self.epoch else a.next_capacity
        return a.load, capacity, min(capacity, a.next_capacity)

    def _change_load(self, account: int, change: int) -> None:
        a = self.touch(account)
        a.load += change
        if change > 0 and a.load > min(a.capacity, a.next_capacity):
            raise ModelError("participants: over capacity")

    def _end_fault(self, account: int, released: int) -> None:
        a = self.touch(account)
        a.load -= released
        bound = max((self.free[account] + self.locked[account]) // self.parameters.stake_per_unit, a.load)
        if a.next_capacity > bound:
            self._change_total(bound - a.next_capacity)
            a.next_capacity = bound
        a.capacity = min(a.capacity, bound)

    # Reputation

    def logit(self, account: int, epoch: int | None = None) -> int:
        """Logit of an account that holds in an epoch (the present one by default), micro-logits."""
        epoch = self.epoch if epoch is None else epoch
        held = [e for e in self.logits if e + 2 <= epoch]
        if not held:
            return self.filter.newcomer
        newest = max(held)
        phi = reputation_filter.clamp(self.logits[newest].get(account, self.filter.newcomer))
        return min(phi, self.filter.newcomer) if newest + self.filter.stale_epochs < epoch else phi

    def reputation(self, account: int) -> int:
        """Reputation of an account that holds now, ppm."""
        return fixed_point.sigmoid(self.logit(account))

    def step(self, account: int, epoch: int) -> int:
        """Logit after an account's closed epoch, micro-logits."""
        n, k = self.fees_in(account, epoch)
        bonus = overload = 0
        if n > 0:
            a = self.activity_in(account, epoch)
            length = self.parameters.epoch_seconds
            bonus = min(a.bonus // length * PPM // self.peak, PPM)
            overload = a.overload * PPM // length
        return reputation_filter.step(self.filter, self.logit(account, epoch + 1), n, k, bonus, overload)

    def fees_in(self, account: int, epoch: int) -> tuple[int, int]:
        """Fees of an account's tasks that finished in an epoch, and of the good ones, token units."""
        words = self.fees.get(account)
        return fee_record.unpack(words[epoch % FEE_RING], epoch) if words else (0, 0)

    def bond(self, keeper: int, amount: int) -> None:
        """Lock a keeper's bond."""
        self._lock(keeper, amount)
        self.keepers.setdefault(keeper, Keeper()).bonded += amount

    def post(self, keeper: int) -> dict[int, int]:
        """Step all accounts over the last closed epoch and put the bond at risk; the logits by account."""
        epoch = self.epoch - 1
        pages = -(-len(self.free) // PAGE)
        logits = {account: self.step(account, epoch) for account in range(pages * PAGE)}
        record = self._mature(keeper)
        record.epoch = self.epoch
        record.at_risk += len(logits)
        if record.at_risk * self.parameters.bond_per_value > record.bonded:
            raise ModelError("reputation: bond too small")
        self.logits[epoch] = logits
        for old in sorted(self.logits)[:-2]:
            del self.logits[old]
        return logits

    def _mature(self, keeper: int) -> Keeper:
        record = self.keepers[keeper]
        if record.epoch != self.epoch:
            record.unpaid += record.at_risk
            record.at_risk = record.epoch = 0
        return record

    def collect(self, keeper: int) -> int:
        """Pay a keeper for values no longer open to challenge; token units paid."""
        record = self._mature(keeper)
        pay = self.parameters.pay_per_value
        if pay == 0 or record.unpaid == 0:
            return 0
        self._close_epochs()
        values = min(record.unpaid, self.keeper_budget // pay)
        paid = values * pay
        self.keeper_budget -= paid
        record.unpaid -= values
        if paid:
            self._touch_pool()
            self.free[POOL_ACCOUNT] -= paid
            self.free[keeper] += paid
            self.totals.keepers += paid
        return paid

    # Uptime rewards

    def _close_epochs(self) -> None:
        now_epoch = self.epoch
        for epoch in range(max(self._closed_epoch + 1, now_epoch - EPOCH_RING, 1), now_epoch):
            reserved = sum(b.total - b.claimed for b in self.budgets if b.epoch + EPOCH_RING > epoch)
            unreserved = max(self._pool_at_end_of(epoch) - reserved, 0)
            self.budgets[epoch % EPOCH_RING] = Budget(epoch, unreserved * self.terms.budget // PPM)
            self.keeper_budget = unreserved * self.terms.keeper_budget // PPM
        self._closed_epoch = max(self._closed_epoch, now_epoch - 1)
        self.claimed = {c for c in self.claimed if c[1] + EPOCH_RING >= now_epoch}

    def claim(self, epoch: int, accounts: Iterable[int]) -> None:
        """Pay the uptime rewards of a closed epoch."""
        self._close_epochs()
        budget = self.budgets[epoch % EPOCH_RING]
        if budget.epoch != epoch:
            raise ModelError("slasher: epoch not claimable")
        total_capacity = self._total_capacity_in(epoch)
        paid = 0
        for account in accounts:
            a = self.activity_in(account, epoch)
            if a.role != COPROCESSOR or (account, epoch) in self.claimed:
                continue
            amount = uptime_reward.reward(
                budget.total,
                a.capacity,
                total_capacity,
                a.bonus // self.parameters.epoch_seconds,
                self.peak,
                self.fees_in(account, epoch)[1],
                self.terms.rebate,
            )
            if amount:
                self.claimed.add((account, epoch))
                self.free[account] += amount
                paid += amount
        if paid:
            budget.claimed += paid
            self._touch_pool()
            self.free[POOL_ACCOUNT] -= paid
            self.totals.uptime += paid

    # Classes and mandates

    def add_class(self, avs: int, auction: class_packing.Auction) -> int:
        """Register a class of an AVS; its number."""
        number = len(self.classes) + 1
        self.classes[number] = auction
        self.avs[number] = avs
        return number

    def fund_mandate(self, class_id: int, operator: int, amount: int) -> None:
        """Move an AVS's free funds behind an operator's mandate."""
        avs = self.avs[class_id]
        if amount > self.free[avs]:
            raise ModelError("escrow: free out of range")
        self._touch_pool()
        self.free[avs] -= amount
        self.locked[POOL_ACCOUNT] += amount
        self.mandates[class_id, operator] += amount

    # Tasks

    def open(self, operator: int, class_id: int, difficulty: int, reward: int, own: bool) -> Task:
        """Open a task in a free slot of an operator."""
        if reward > self.mandates[class_id, operator]:
            raise ModelError("registry: mandate exhausted")
        if not self.slots[operator]:
            raise ModelError("registry: slot")
        c = self.classes[class_id]
        collateral = class_packing.collateral(c, reward)
        slot = self.slots[operator].pop()
        self.sequences[operator, slot] += 1
        number = (operator << 48) | (slot << 32) | self.sequences[operator, slot]
        task = Task(number, operator, class_id, difficulty, reward, self.now)
        self.mandates[class_id, operator] -= reward
        self._lock(operator, class_packing.penalty(c, collateral) + (collateral if own else 0))
        if own:
            self._take_own(task)
        return task

    def _take_own(self, task: Task) -> None:
        self._change_load(task.operator, task.difficulty)
        a = self.activities[task.operator]
        c = self.classes[task.class_id]
        task.executor, task.own, task.status = task.operator, 1, task_packing.WON
        task.x = activity.load_bps(a.load, a.capacity)
        task.time, task.due = self.now, self.now + c.submit_seconds
        task.price = task.reward * max(c.start, c.floor_) // PPM

    def self_execute(self, task: Task) -> None:
        """Take a task nobody bid for into own execution."""
        task.opened = self.now
        self._lock(task.operator, class_packing.collateral(self.classes[task.class_id], task.reward))
        self._take_own(task)

    def reopen(self, task: Task) -> None:
        """Give a task nobody bid for a second auction on the rising clock."""
        task.opened, task.rising = self.now, 1

    def clock_prices(self, task: Task) -> tuple[int, int]:
        """First and last price of a task's clock, ppm of the reward."""
        return task_packing.clock_prices(self.classes[task.class_id], task.rising)

    def win(self, task: Task, bidder: int, step: int, x: int, score: int) -> None:
        """Enter a bid that leads a task without a leader."""
        c = self.classes[task.class_id]
        self._lock(bidder, class_packing.collateral(c, task.reward))
        self._change_load(bidder, task.difficulty)
        start, floor = self.clock_prices(task)
        task.executor, task.status, task.step, task.x, task.score = bidder, task_packing.WON, step, x, score
        task.time = task.opened + (step + 1) * c.step_seconds
        task.due = task.time + c.submit_seconds
        task.price = task.reward * dutch_auction.price_at(start, floor, c.steps, step) // PPM

    def submit(self, task: Task) -> None:
        """Submit a result."""
        if not task.time < self.now <= task.due:
            raise ModelError("registry: too early or too late")
        self._change_load(task.executor, -task.difficulty)
        task.status, task.time = task_packing.SUBMITTED, self.now

    def slash(self, tasks: Sequence[Task], finder: int) -> None:
        """Slash the executors of overdue tasks in one batch."""
        for task in tasks:
            if self.now <= task.due:
                raise ModelError("registry: too early")
            task.status = task_packing.LATE
            self._slash(task, finder, False)
        self._end_faults([(task.executor, task.difficulty) for task in tasks])

    def _slash(self, task: Task, finder: int, proved: bool) -> None:
        c = self.classes[task.class_id]
        collateral = class_packing.collateral(c, task.reward)
        amount = collateral
        if not proved:
            amplifier = load_curve.amplifier(self.curve, task.x)
            amount = slash_split.late_amount(
                task.reward, collateral, c.slash_factor, amplifier, self.terms.lateness_floor
            )
        compensation, found, burned, pooled = slash_split.split(amount, self.terms)
        harmed = self.avs[task.class_id] if task.executor == task.operator else task.operator
        self._touch_pool()
        self.locked[task.executor] -= collateral
        self.free[task.executor] += collateral - amount
        self.free[harmed] += compensation
        self.free[finder] += found
        self.free[BURN_ACCOUNT] += burned
        self.free[POOL_ACCOUNT] += pooled
        totals = self.totals
        totals.slashed += amount
        totals.compensation += compensation
        totals.finder += found
        totals.burned += burned
        totals.pooled += pooled

    def _end_faults(self, faults: Sequence[tuple[int, int]]) -> None:
        """Free loads and cut capacities as the task registry does: one call for neighbours of one executor."""
        executor, released = 0, 0
        for following, load in faults:
            if following != executor and executor:
                self._end_fault(executor, released)
                released = 0
            executor = following
            released += load
        self._end_fault(executor, released)

    def take_over(self, task: Task, rescuer: int) -> None:
        """Make a coprocessor the executor of a late task."""
        c = self.classes[task.class_id]
        self._lock(rescuer, class_packing.collateral(c, task.reward))
        self._change_load(rescuer, task.difficulty)
        a = self.activities[rescuer]
        self._record(task.executor, task, False)
        task.executor, task.status, task.rescued = rescuer, task_packing.WON, 1
        task.x = activity.load_bps(a.load, a.capacity)
        task.time, task.due = self.now, self.now + c.submit_seconds

    def hold(self, task: Task) -> None:
        """Hold a submitted task for a dispute."""
        if self.now > task.time + self.classes[task.class_id].challenge_seconds:
            raise ModelError("registry: too late")
        task.status, task.time = task_packing.DISPUTED, self.now

    def overturn(self, tasks: Sequence[Task], finder: int) -> None:
        """Forfeit held tasks whose results were proved wrong."""
        for task in tasks:
            self._end(task, task_packing.FORFEITED)
        for task in tasks:
            self._slash(task, finder, True)
        self._end_faults([(task.executor, 0) for task in tasks])
        self._trim(tasks)

    def settle(self, tasks: Iterable[Task]) -> None:
        """Pay submitted tasks whose window has passed."""
        self._touch_pool()
        for task in tasks:
            c = self.classes[task.class_id]
            if self.now <= task.time + c.challenge_seconds:
                raise ModelError("registry: too early")
            fee = self._record(task.executor, task, True)
            if task.executor != task.operator:
                self._record(task.operator, task, True)
            collateral = class_packing.collateral(c, task.reward)
            self._unlock(task.operator, class_packing.penalty(c, collateral))
            self._unlock(task.executor, collateral)
            self.locked[POOL_ACCOUNT] -= task.reward
            self.free[task.operator] += task.reward - task.price
            self.free[task.executor] += task.price - fee
            self.free[POOL_ACCOUNT] += fee
            self._finish(task, task_packing.SETTLED)
            self.totals.fees += fee
            self.totals.rewards += task.reward
            self.totals.prices += task.price

    def fail(self, tasks: Sequence[Task]) -> None:
        """End late tasks nobody rescued, in one batch."""
        for task in tasks:
            self._end(task, task_packing.FAILED)
        self._trim(tasks)

    def _trim(self, tasks: Sequence[Task]) -> None:
        """Hold the operators' capacities to what their stakes cover, as the registry does after penalties."""
        last = 0
        for task in tasks:
            if task.operator != last:
                last = task.operator
                self._end_fault(last, 0)

    def expire(self, task: Task) -> None:
        """End a task nobody bid for."""
        self._end(task, task_packing.EXPIRED)

    def _end(self, task: Task, outcome: int) -> None:
        c = self.classes[task.class_id]
        penalty = class_packing.penalty(c, class_packing.collateral(c, task.reward))
        self.locked[task.operator] -= penalty
        if outcome == task_packing.EXPIRED:
            self.free[task.operator] += penalty
        else:
            self.free[self.avs[task.class_id]] += penalty
            self._record(task.executor, task, False)
            if not task.own:
                self._record(task.operator, task, False)
        self.mandates[task.class_id, task.operator] += task.reward
        self._finish(task, outcome)

    def _finish(self, task: Task, outcome: int) -> None:
        task.outcome = outcome
        self.slots[task.operator].append((task.number >> 32) & 0xFFFF)

    def _record(self, account: int, task: Task, good: bool) -> int:
        """Enter a finished task's fee in an account's record; the fee."""
        minimum = self.parameters.fee_per_unit * task.difficulty
        fee = class_packing.fee(self.classes[task.class_id], task.price, minimum)
        epoch = self.epoch
        words = self.fees[account]
        words[epoch % FEE_RING] = fee_record.add(words[epoch % FEE_RING], epoch, fee, good)
        return fee


def tie_hash(task: int, bidder: int) -> int:
    """Hash by which a tie between equal scores is broken; the smaller leads."""
    return int.from_bytes(keccak(task.to_bytes(32, "big") + bidder.to_bytes(32, "big")), "big")
