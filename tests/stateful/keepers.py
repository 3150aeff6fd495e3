"""Keepers of reputations, honest ones and a liar: what they do, a ghost of what must hold, and invariant I9.

The ghost is made from `ballast.model` and the steps taken: it never asks the chain for a logit, a bond or a payment.
After each step all of it must agree with the chain's storage to the unit. Only balances that trading changed are read
back; `world` judges those. The views, which make reputations of that storage, are asked by turns, one of one account
after each step, and for every value that fees were paid for: a call takes milliseconds here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from functools import cache
from typing import Any

import boa

from ballast.errors import ParameterError
from ballast.model import activity, class_packing, fee_record, load_curve, reputation_filter
from ballast.model.constants import (
    COPROCESSOR,
    EPOCH_RING,
    MAX_LOGIT,
    MAX_TASK_LIFE,
    OPERATOR,
    PAGE,
    PPM,
)
from ballast.model.fixed_point import sigmoid
from ballast.model.parameters import ClassParameters, NetworkParameters
from ballast.model.reputation_filter import FilterParameters
from tests.stateful.ground import Actor
from tests.stateful.storage import Storage, funds, refuse
from tests.support.contract_words import BURN, POOL, fields, logits, signed, task_number
from tests.support.protocol import DAY, Protocol

EPOCH_SECONDS = DAY
HALF = EPOCH_SECONDS // 2
CAPACITY = 1_000
SLOTS = 4
BOND = 1_000
PAY = 10
GIFT = 8_000
DEPOSIT = 10**8
ACCOUNTS = 15
NEWCOMERS = 4
BONDS = (40_000, 8_000, 25_000)
NETWORK = NetworkParameters(entry_fee=100, epoch_seconds=EPOCH_SECONDS, bond_per_value=BOND, pay_per_value=PAY)
FIRST_FILTER = replace(NETWORK.filter, stale_epochs=4, drift=100_000, n0=1_000)
FILTERS = (
    FilterParameters(2_000_000, 900_000, 7_000_000, 300_000, 500_000, -1_000_000, 2, 50),
    FilterParameters(-20_000, 990_000, 500_000, 25_000, 0, -3_000_000, 12, 5_000),
    FilterParameters(600_000, 500_000, 1_000_000, 50_000, 1_000_000, 1_000_000, 3, 1_000),
    FilterParameters(
        0, 980_000, 1_000_000, 20_000, 10_000, 0, 8, 1_000
    ),  # refused: the newcomer is not below the level
)
CLASS_TERMS = ClassParameters(
    start=800_000,
    cap=800_000,
    floor=800_000,
    start_gain=0,
    idle_discount=0,
    load_malus=0,
    record_weight=0,
    submit_seconds=40_000,
    rescue_seconds=60,
    challenge_seconds=60,
)
CLOCK = CLASS_TERMS.steps * CLASS_TERMS.step_seconds


@dataclass
class Keeper:
    """A keeper as the ghost knows it."""

    actor: Actor
    honest: bool
    bond: int = 0
    put: int = 0  # bonded less unbonded
    lost: int = 0  # values of pages corrected
    fresh: int = 0  # values posted in this epoch and not corrected
    poked: int = 0  # values the contract computed for it in this epoch
    due: int = 0  # values of earlier epochs not paid yet


@dataclass
class Record:
    """A page as it was written for an epoch."""

    values: list[int]
    poster: int
    wrong: set[int]  # places

    def word(self, epoch: int) -> int:
        """Word the contract must keep."""
        return logits(*self.values) | epoch << 192 | self.poster << 216


@dataclass
class Order:
    """A task to be traded."""

    difficulty: int
    multiple: int
    own: bool
    good: bool


class Ground(Protocol):
    """An AVS, operators, coprocessors, three keepers with bonds, and idle accounts.

    It ends in the first second of epoch 2. Two pages are in use, and one place is left on the last.
    """

    def __init__(self) -> None:
        super().__init__(
            entry_fee=NETWORK.entry_fee,
            epoch_seconds=EPOCH_SECONDS,
            bond_per_value=BOND,
            pay_per_value=PAY,
            curve=NETWORK.curve_constants(),
            terms=astuple(NETWORK.slash),
            filter=astuple(FIRST_FILTER),
        )
        self.avs, *rest = [Actor(*self.account(f"account {i}", DEPOSIT)) for i in range(ACCOUNTS - 2)]
        self.operators, self.coprocessors, self.keepers = rest[:2], rest[2:5], rest[5:8]
        self.newcomers = [boa.env.generate_address(f"newcomer {i}") for i in range(NEWCOMERS)]
        for address in self.newcomers:
            self.token.mint(address, 2 * DEPOSIT)
            self.token.approve(self.escrow.address, 2**256 - 1, sender=address)
        self.token.mint(self.avs.address, GIFT)
        self.escrow.deposit(POOL, GIFT, sender=self.avs.address)
        for keeper, amount in zip(self.keepers, BONDS, strict=True):
            self.reputation.bond(amount, sender=keeper.address)
        for operator in self.operators:
            self.participants.register(OPERATOR, CAPACITY, 5, SLOTS, sender=operator.address)
        for coprocessor in self.coprocessors:
            self.participants.register(COPROCESSOR, CAPACITY, 5, 0, sender=coprocessor.address)
        self.class_id = self.task_class(self.avs.address, CLASS_TERMS)
        for operator in self.operators:
            self.classes.fund_mandate(self.class_id, operator.account, DEPOSIT // 4, sender=self.avs.address)
        words: tuple[Any, Any] = self.registry.class_words(self.class_id)
        self.auction = class_packing.auction(words[0])
        self.next_epoch()


class World:
    """One run, and the ghost.

    Parameters
    ----------
    ground : Ground
        What it starts from; the caller undoes on the chain what the run did there.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.escrow = Storage(ground.escrow)
        self.reputation = Storage(ground.reputation)
        self.token = Storage(ground.token)
        self.escrow_address = int(ground.escrow.address, 16)
        self.genesis: int = ground.genesis
        self.now: int = boa.env.timestamp
        self.accounts = ACCOUNTS
        self.keepers = [Keeper(actor, honest=i < 2) for i, actor in enumerate(ground.keepers)]
        for keeper, bond in zip(self.keepers, BONDS, strict=True):
            keeper.bond = keeper.put = bond
        self.by_account = {keeper.actor.account: keeper for keeper in self.keepers}
        self.pages: defaultdict[int, dict[int, Record]] = defaultdict(dict)
        self.filters = [(0, FIRST_FILTER)]
        self.curve = load_curve.pack(load_curve.Curve(*NETWORK.curve_constants()))
        self.terms = NETWORK.slash
        self.activities = {
            actor.account: activity.Activity(0, CAPACITY, 0, role, 1, 0, 0, 0)
            for role, actors in ((OPERATOR, ground.operators), (COPROCESSOR, ground.coprocessors))
            for actor in actors
        }
        self.closed: dict[tuple[int, int], activity.Activity] = {}
        self.coprocessors = list(ground.coprocessors)
        self.fees: Counter[tuple[int, int]] = Counter()  # account, epoch -> word of fee_record
        self.sequences: Counter[tuple[int, int]] = Counter()
        self.free: Counter[int] = Counter()
        self.locked: Counter[int] = Counter()
        self.pool_log = [(1, GIFT)]  # epoch of a change, the pool after it
        self.budgets: dict[int, int] = {}
        self.closed_epoch = 0
        self.keeper_budget = self.paid_in_epoch = 0
        self.known: dict[tuple[str, int], int] = {}
        self.turn = 0
        self.viewed: set[int] = set()  # accounts whose record of the last epoch the views have judged
        self.reached: Counter[str] = Counter()
        self.read_balances()

    # The chain

    def read_balances(self) -> None:
        """Take over the balances that trading left."""
        for account in range(self.accounts):
            self.free[account], self.locked[account] = self.balances(account)
        self.note_pool()

    def balances(self, account: int) -> tuple[int, int]:
        """Free and locked funds of an account."""
        return funds(self.escrow, account)

    # Time

    @property
    def epoch(self) -> int:
        """Number of the present epoch."""
        return (self.now - self.genesis) // EPOCH_SECONDS + 1

    @property
    def clock(self) -> int:
        """Seconds since it began."""
        return (self.now - self.genesis) % EPOCH_SECONDS

    @property
    def last(self) -> int:
        """Epoch that ended last, whose values are being written."""
        return self.epoch - 1

    def go(self, epochs: int, clock: int) -> None:
        """Go to a second of a later epoch, or of this one if it has not passed."""
        later = self.now - self.clock + epochs * EPOCH_SECONDS + clock
        if later <= self.now:
            return
        self.now = boa.env.timestamp = later
        if epochs == 0:
            return
        self.known.clear()
        self.viewed.clear()
        self.paid_in_epoch = 0
        for keeper in self.keepers:
            keeper.due += keeper.fresh + keeper.poked
            keeper.fresh = keeper.poked = 0

    def wait(self, seconds: int) -> None:
        """Let seconds pass."""
        epochs, clock = divmod(self.clock + seconds, EPOCH_SECONDS)
        self.go(epochs, clock)

    # The ghost: reputations

    @property
    def page_count(self) -> int:
        """Pages in use."""
        return (self.accounts - 1) // PAGE + 1

    def filter_in(self, epoch: int) -> FilterParameters:
        """Filter parameters in force in an epoch."""
        return [parameters for since, parameters in self.filters if since <= epoch][-1]

    def holding(self, account: int, epoch: int) -> int:
        """Logit that holds in an epoch: the newest written for an epoch two before or earlier."""
        records = self.pages[account // PAGE]
        final = [written for written in records if written <= epoch - 2]
        p = self.filter_in(epoch)
        if not final:
            return p.newcomer
        newest = max(final)
        value = reputation_filter.clamp(records[newest].values[account % PAGE])
        self.reached["lie held"] += account % PAGE in records[newest].wrong
        if newest + p.stale_epochs < epoch:
            self.reached["stale"] += value > p.newcomer
            return min(value, p.newcomer)
        self.reached["clamped"] += value != records[newest].values[account % PAGE]
        self.reached["held on"] += newest < epoch - 2
        return value

    def logit(self, account: int) -> int:
        """Logit that holds now: constant within the epoch, so worked out once."""
        if ("logit", account) not in self.known:
            self.known["logit", account] = self.holding(account, self.epoch)
        return self.known["logit", account]

    def computed(self, account: int) -> int:
        """Logit that the last epoch's measures make of the one that holds now."""
        if ("computed", account) not in self.known:
            self.known["computed", account] = self.step(account, self.last)
        return self.known["computed", account]

    def step(self, account: int, epoch: int) -> int:
        """Take the filter's step over an epoch."""
        n, k = fee_record.unpack(self.fees[account, epoch], epoch)
        bonus = overload = 0
        if n:
            measured = self.measured(account, epoch)
            peak = load_curve.peak(self.curve)
            bonus = min(measured.bonus // EPOCH_SECONDS * PPM // peak, PPM)
            overload = measured.overload * PPM // EPOCH_SECONDS
            self.reached["overloaded"] += overload > 0
        return reputation_filter.step(self.filter_in(epoch), self.logit(account), n, k, bonus, overload)

    def edges(self) -> list[int]:
        """Epochs from now to the last in which a page is not stale, and to the first in which it is."""
        patience = self.filter_in(self.epoch).stale_epochs
        last = {max(records) + patience for records in self.pages.values() if records}
        return sorted({epoch + more - self.epoch for epoch in last for more in (0, 1) if epoch + more > self.epoch})

    def right(self, page: int) -> list[int]:
        """Values that a post of a page must say."""
        return [self.computed(account) for account in range(PAGE * page, PAGE * page + PAGE)]

    # The ghost: what epochs measure

    def complete(self, a: activity.Activity, epoch: int) -> activity.Activity:
        """Activity of an epoch that is over."""
        start = a if a.epoch == epoch else activity.next_epoch(a, epoch)
        return activity.accrue(start, self.curve, EPOCH_SECONDS)

    def measured(self, account: int, epoch: int) -> activity.Activity:
        """Activity of a participant in an epoch that is over."""
        a = self.activities[account]
        return self.complete(a, epoch) if a.epoch <= epoch else self.closed[account, epoch]

    def change_load(self, account: int, change: int) -> None:
        """Change a participant's load now."""
        a = self.activities[account]
        if a.epoch < self.epoch:
            for past in range(max(a.epoch, self.epoch - EPOCH_RING), self.epoch):
                self.closed[account, past] = self.complete(a, past)
            a = activity.next_epoch(a, self.epoch)
        a = activity.accrue(a, self.curve, self.clock)
        self.activities[account] = replace(a, load=a.load + change)

    def record(self, account: int, fee: int, good: bool) -> None:
        """Enter a finished task's fee."""
        key = (account, self.epoch)
        self.fees[key] = fee_record.add(self.fees[key], self.epoch, fee, good)

    # The ghost: money

    def move(self, account: int, free: int = 0, locked: int = 0) -> None:
        """Change an account's balances."""
        self.free[account] += free
        self.locked[account] += locked
        assert self.free[account] >= 0
        assert self.locked[account] >= 0

    def note_pool(self) -> None:
        """Remember the pool's balance after a change."""
        self.pool_log.append((self.epoch, self.free[POOL]))

    def pay(self, account: int, values: int) -> int:
        """Pay for values as far as the epoch's budget reaches; how many were paid for."""
        for epoch in range(max(self.closed_epoch + 1, self.epoch - EPOCH_RING), self.epoch):
            reserved = sum(total for since, total in self.budgets.items() if since + EPOCH_RING > epoch)
            pool = [balance for since, balance in self.pool_log if since <= epoch][-1]
            unreserved = pool - min(pool, reserved)
            self.budgets[epoch] = unreserved * self.terms.budget // PPM
            self.keeper_budget = unreserved * self.terms.keeper_budget // PPM
        self.closed_epoch = self.epoch - 1
        affordable = min(values, self.keeper_budget // PAY)
        self.keeper_budget -= affordable * PAY
        self.move(account, affordable * PAY)
        self.move(POOL, -affordable * PAY)
        self.note_pool()
        self.paid_in_epoch += affordable * PAY
        self.reached["paid"] += affordable > 0
        self.reached["budget short"] += affordable < values
        return affordable

    # Keepers

    def unwritten(self) -> list[int]:
        """Pages nobody has written for the last epoch."""
        return [page for page in range(self.page_count) if self.last not in self.pages[page]]

    def write(self, page: int, values: list[int], poster: int) -> None:
        """Enter a page; before it, see whether it overwrites what still holds."""
        records = self.pages[page]
        newest = max(records, default=0)
        assert newest < self.last, "I9: written twice, or for an earlier epoch"
        self.reached["carried"] += 0 < newest < self.last - 1 and newest % 2 == self.last % 2
        wrong = {place for place, value in enumerate(self.right(page)) if values[place] != value}
        records[self.last] = Record(values, poster, wrong)

    def post(self, keeper: Keeper, epoch: int, first: int, pages: Sequence[list[int]], junk: int = 0) -> None:
        """Post pages, or fail to."""
        fresh = [page for page in range(first, first + len(pages)) if epoch not in self.pages[page]]
        reason = reached = ""
        if epoch != self.last:
            reason, reached = "reputation: not the last epoch", "replay refused"
        elif self.clock >= HALF:
            reason, reached = "reputation: posting is over", "late post refused"
        elif (first + len(pages) - 1) * PAGE >= self.accounts:
            reason, reached = "reputation: page beyond accounts", "page refused"
        elif not fresh:
            reason, reached = "reputation: pages already posted", "second post refused"
        elif (keeper.fresh + PAGE * len(fresh)) * BOND > keeper.bond:
            reason, reached = "reputation: bond too small", "bond too small"
        words = [logits(*values) | junk << 192 for values in pages]
        post = self.ground.reputation.post
        terms = (epoch, first, words)
        if reason:
            refuse(post, *terms, sender=keeper.actor.address, reason=reason)
            self.reached[reached] += 1
            return
        post(*terms, sender=keeper.actor.address)
        for page in fresh:
            self.write(page, [signed(value % 2**24, 24) for value in pages[page - first]], keeper.actor.account)
        keeper.fresh += PAGE * len(fresh)
        self.reached["posted"] += 1
        self.reached["second post ignored"] += len(fresh) < len(pages)
        self.reached["last second of posting"] += self.clock == HALF - 1

    def poke(self, sender: Actor | None, pages: list[int]) -> None:
        """Have the chain compute pages, or fail to."""
        address = sender.address if sender else self.ground.stranger
        poke = self.ground.reputation.poke
        terms = (pages,)
        if max(pages) >= self.page_count:
            refuse(poke, *terms, sender=address, reason="reputation: page beyond accounts")
            return
        poke(*terms, sender=address)
        done = 0
        for page in sorted({*pages} & {*self.unwritten()}):
            self.write(page, self.right(page), 0)
            done += PAGE
        if done and sender and sender.account in self.by_account:  # nobody else collects
            self.by_account[sender.account].poked += done
        self.reached["poked"] += done > 0

    def wrong(self) -> list[int]:
        """Pages for the last epoch that are open to challenge and wrong."""
        records = {page: self.pages[page].get(self.last) for page in range(self.page_count)}
        return [page for page, record in records.items() if record and record.wrong]

    def challenge(self, sender: Actor, epoch: int, pages: list[int], finder: int) -> None:
        """Challenge pages: each is corrected, once, if and only if it is wrong, and no other spoils that."""
        records = {page: self.pages[page].get(epoch) for page in dict.fromkeys(pages)}
        wrong = {page: record for page, record in records.items() if record and record.poster and record.wrong}
        reason = reached = ""
        if epoch != self.last:
            reason, reached = "reputation: not the last epoch", "challenge too late"
        elif finder >= 2**32:
            reason, reached = "reputation: no such account", "no such finder"
        elif not wrong:
            posted = any(record and record.poster for record in records.values())
            reason, reached = "reputation: nothing to correct", "refused challenge" if posted else "not posted"
        challenge = self.ground.reputation.challenge
        terms = (epoch, pages, finder)
        if reason:
            refuse(challenge, *terms, sender=sender.address, reason=reason)
            self.reached[reached] += 1
            return
        challenge(*terms, sender=sender.address)
        for page, record in wrong.items():
            keeper = self.by_account[record.poster]
            assert not keeper.honest, "I9: an honest keeper loses"
            self.pages[page][epoch] = Record(self.right(page), 0, set())
            keeper.bond -= PAGE * BOND
            keeper.lost += PAGE
            keeper.fresh -= PAGE
            share = PAGE * BOND // 2 if finder else 0
            self.move(record.poster, 0, -PAGE * BOND)
            self.move(finder, share)
            self.move(BURN, PAGE * BOND - share)
        self.reached["corrected"] += 1
        refuse(challenge, *terms, sender=sender.address, reason="reputation: nothing to correct")

    def bond(self, keeper: Keeper, amount: int) -> None:
        """Add to a bond."""
        account = keeper.actor.account
        bond = self.ground.reputation.bond
        terms = (amount,)
        if amount > self.free[account]:
            refuse(bond, *terms, sender=keeper.actor.address, reason="escrow: free out of range")
            return
        bond(*terms, sender=keeper.actor.address)
        keeper.bond += amount
        keeper.put += amount
        self.move(account, -amount, amount)
        self.reached["bonded"] += 1

    def unbond(self, keeper: Keeper, amount: int) -> None:
        """Take a bond back, or fail to."""
        unbond = self.ground.reputation.unbond
        terms = (amount,)
        if not 0 < amount <= keeper.bond:
            refuse(unbond, *terms, sender=keeper.actor.address, reason="reputation: amount")
            return
        if keeper.bond - amount < keeper.fresh * BOND:
            refuse(unbond, *terms, sender=keeper.actor.address, reason="reputation: bond at risk")
            self.reached["bond at risk"] += 1
            return
        unbond(*terms, sender=keeper.actor.address)
        keeper.bond -= amount
        keeper.put -= amount
        self.move(keeper.actor.account, amount, -amount)
        self.reached["unbonded"] += 1

    def collect(self, keeper: Keeper) -> None:
        """Have a keeper paid for what stood."""
        self.ground.reputation.collect(sender=keeper.actor.address)
        if keeper.due:
            keeper.due -= self.pay(keeper.actor.account, keeper.due)
            self.reached["collected"] += 1

    # Others

    def govern(self, parameters: FilterParameters) -> None:
        """Schedule other parameters, or fail to."""
        set_parameters = self.ground.reputation.set_parameters
        terms = (astuple(parameters),)
        since, _ = self.filters[-1]
        try:
            reputation_filter.check(parameters)
        except ParameterError as error:
            refuse(set_parameters, *terms, sender=self.ground.owner, reason=str(error))
            return
        if len(self.filters) > 1 and self.epoch <= since + MAX_TASK_LIFE // EPOCH_SECONDS + EPOCH_RING + 1:
            refuse(set_parameters, *terms, sender=self.ground.owner, reason="parameter: change too soon")
            self.reached["change too soon"] += 1
            return
        set_parameters(*terms, sender=self.ground.owner)
        self.filters.append((self.epoch + 1, parameters))
        self.reached["parameters changed"] += 1
        self.reached["parameters changed again"] += len(self.filters) > 2

    def join(self) -> None:
        """Let somebody open an account and register as a coprocessor, while there are newcomers left."""
        if self.accounts == ACCOUNTS + NEWCOMERS:
            return
        address = self.ground.newcomers[self.accounts - ACCOUNTS]
        actor = Actor(address, self.ground.escrow.open_account(sender=address))
        before = self.page_count
        self.ground.escrow.deposit(actor.account, DEPOSIT, sender=address)
        self.ground.participants.register(COPROCESSOR, CAPACITY, 5, 0, sender=address)
        self.accounts += 1
        self.move(BURN, NETWORK.entry_fee)
        self.move(actor.account, DEPOSIT)
        self.activities[actor.account] = activity.Activity(0, CAPACITY, 0, COPROCESSOR, self.epoch, self.clock, 0, 0)
        self.coprocessors.append(actor)
        self.reached["page added"] += self.page_count > before

    def trade(self, operator: Actor, executor: Actor, orders: Sequence[Order], busy: int) -> None:
        """Open tasks, have them executed by two, hand in the good ones after a time and let the others fail."""
        registry = self.ground.registry
        a = self.activities[executor.account]
        if a.epoch == self.epoch and not a.capacity:
            return  # registered in this epoch
        tasks: list[tuple[int, Order, int]] = []
        room = {operator.account: CAPACITY, executor.account: CAPACITY}
        for order in orders[:SLOTS]:
            account = operator.account if order.own else executor.account
            if order.difficulty <= room[account]:
                room[account] -= order.difficulty
                slot = len(tasks)
                self.sequences[operator.account, slot] += 1
                sequence = self.sequences[operator.account, slot]
                tasks.append((task_number(operator.account, slot, sequence), order, account))
        opened = [(slot, o.difficulty, o.difficulty * o.multiple, o.own, 0) for slot, (_, o, _) in enumerate(tasks)]
        bids = [
            (task, self.ground.class_id, o.difficulty, o.difficulty * o.multiple, 1, 10_000)
            for task, o, _ in tasks
            if not o.own
        ]
        registry.open_tasks(self.ground.class_id, opened, True, sender=operator.address)
        if bids:
            registry.bid(bids, True, sender=executor.address)
        for _, order, account in tasks:
            self.change_load(account, order.difficulty)
        self.wait(max(CLOCK + 1, busy))
        good = [entry for entry in tasks if entry[1].good]
        for actor in (operator, executor):
            results = [(task, 7) for task, _, account in good if account == actor.account]
            if results:
                registry.submit(results, True, sender=actor.address)
        for _, order, account in good:
            self.change_load(account, -order.difficulty)
        if good:
            self.wait(CLASS_TERMS.challenge_seconds + 1)
            registry.settle([task for task, _, _ in good], True)
            self.finish(operator, good)
        bad = [entry for entry in tasks if not entry[1].good]
        if bad:
            numbers = [task for task, _, _ in bad]
            self.wait(max(0, CLOCK + CLASS_TERMS.submit_seconds + 1 - busy))
            registry.slash(numbers, 0, True)
            for _, order, account in bad:
                self.change_load(account, -order.difficulty)
            self.read_balances()
            self.wait(CLASS_TERMS.rescue_seconds + 1)
            registry.fail(numbers, True)
            self.finish(operator, bad)
        self.reached["traded"] += 1

    def finish(self, operator: Actor, tasks: list[tuple[int, Order, int]]) -> None:
        """Enter finished tasks in the records of who took part, and read what they were paid."""
        for _, order, account in tasks:
            price = order.difficulty * order.multiple * CLASS_TERMS.start // PPM
            fee = class_packing.fee(self.ground.auction, price, order.difficulty * NETWORK.fee_per_unit)
            self.record(account, fee, order.good)
            if account != operator.account:
                self.record(operator.account, fee if order.good else fee_record.delegated(fee), order.good)
            self.reached["good" if order.good else "bad"] += 1
        self.read_balances()

    # Invariants

    def check(self) -> None:
        """Check what must hold after every step."""
        for page in range(self.page_count):
            self.check_page(page, [self.reputation.word("_pages", 2 * page + parity) for parity in range(2)])
        for keeper in self.keepers:
            word = self.reputation.mapped("_keepers", keeper.actor.account)
            bond, last, values, unpaid, computed = fields(word, 96, 24, 32, 32, 32)
            fresh, poked = (values, computed) if last == self.epoch else (0, 0)
            due = unpaid + values - fresh + computed - poked
            assert (bond, fresh, poked, due) == (keeper.bond, keeper.fresh, keeper.poked, keeper.due), "I9: keeper"
            assert fresh * BOND <= bond, "I9: more at risk than bonded"
            assert bond == keeper.put - BOND * keeper.lost, "I9: a keeper loses what its wrong values cost"
            assert not (keeper.honest and keeper.lost), "I9: an honest keeper loses"
            assert self.locked[keeper.actor.account] == bond, "I1: a bond is not backed"
        total = 0
        for account in range(self.accounts):
            found = self.balances(account)
            total += sum(found)
            assert found == (self.free[account], self.locked[account]), f"I1: account {account}: {found}"
        assert self.token.mapped("balanceOf", self.escrow_address) == total, "I1: not solvent"
        most = [balance for since, balance in self.pool_log if since < self.epoch][-1]
        assert self.paid_in_epoch <= most * self.terms.keeper_budget // PPM, "I10: keepers' pay above the budget"
        self.check_views()

    def check_views(self) -> None:
        """I9: views agree to the unit: one of one account, by turns, and every computed value with fees behind it."""
        reputation = self.ground.reputation
        self.turn += 1
        which, account = self.turn % 3, self.turn // 3 % (PAGE * self.page_count)
        logit = self.logit(account)
        assert abs(logit) <= MAX_LOGIT, "I9: beyond the clamp"
        if which == 0:
            assert reputation.logit(account) == logit, f"I9: logit of account {account}"
        elif which == 1:
            assert reputation.reputation(account) == rho(logit), f"I9: reputation of account {account}"
        judged = {account for account, epoch in self.fees if epoch == self.last}
        for each in judged - self.viewed | ({account} if which == 2 else set()):
            assert reputation.computed(each) == self.computed(each), f"I9: account {each} in epoch {self.epoch}"
        self.viewed |= judged

    def check_page(self, page: int, found: list[int]) -> None:
        """I9: a page keeps the newest record and the one that holds."""
        records = self.pages[page]
        if not records:
            assert found == [0, 0]
            return
        newest = max(records)
        assert found[newest % 2] == records[newest].word(newest), f"I9: newest word of page {page}"
        holding = max((epoch for epoch in records if epoch <= self.epoch - 2), default=newest)
        assert records[holding].word(holding) in found, f"I9: page {page} has lost what holds"

    def drain(self) -> None:
        """From here everybody gets the bond back, less what was proved wrong; all values go stale, page after page."""
        self.go(1, 0)
        for keeper in self.keepers:
            self.collect(keeper)
            if keeper.bond:
                self.unbond(keeper, keeper.bond)
            assert keeper.put == BOND * keeper.lost, "I9: a bond is not whole"
            assert self.locked[keeper.actor.account] == 0, "I11: a bond is stuck"
        self.check()
        while edges := self.edges():
            self.go(edges[0], HALF)
            self.check()


@cache
def rho(logit: int) -> int:
    """Reputation of a logit."""
    return sigmoid(logit)
