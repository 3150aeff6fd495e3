"""Keepers of reputations, honest ones and a liar: what they do, a ghost of what must hold, and invariant I9.

The ghost is made from `offchain.model` and the steps taken: it never asks the chain for a logit, a bond or a payment.
After each step all of them must agree with the chain to the unit. Only balances that trading changed are read back;
`world` judges those.

On Anvil, not on the in-process chain: a step there, with all views of all accounts after it, takes milliseconds instead
of half a second.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from functools import cache
from typing import Any

import vyper
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from offchain.chain.contract import Contract, send_all
from offchain.chain.deployment import deploy
from offchain.chain.rpc import JsonRpc
from offchain.errors import ParameterError, RpcError
from offchain.model import activity, class_packing, fee_record, load_curve, reputation_filter
from offchain.model.constants import (
    COPROCESSOR,
    EPOCH_RING,
    MAX_LOGIT,
    MAX_TASK_LIFE,
    OPERATOR,
    PAGE,
    PPM,
)
from offchain.model.fixed_point import sigmoid
from offchain.model.parameters import NetworkParameters
from offchain.model.reputation_filter import Parameters
from tests.stateful.ground import Actor
from tests.support.protocol import DAY, ClassTerms
from tests.support.words import BURN, POOL, logits, signed, task_number

EPOCH_SECONDS = DAY
HALF = EPOCH_SECONDS // 2
CAPACITY = 1_000
SLOTS = 4
BOND = 1_000
PAY = 10
GIFT = 8_000
DEPOSIT = 10**8
ACCOUNTS = 23
NEWCOMERS = 4
ANYBODY = "0x" + "0a" * 20
READER = "0x" + "0b" * 20
FIRST_FILTER = replace(NetworkParameters().filter, stale_epochs=4, drift=100_000)
FILTERS = (
    Parameters(2_000_000, 900_000, 7_000_000, 300_000, 500_000, -1_000_000, 2, 50),
    Parameters(-20_000, 990_000, 500_000, 25_000, 0, -3_000_000, 12, 5_000),
    Parameters(600_000, 500_000, 1_000_000, 50_000, 1_000_000, 1_000_000, 3, 1_000),
    Parameters(0, 980_000, 1_000_000, 20_000, 10_000, 0, 8, 1_000),  # refused: the newcomer is not below the level
)
TERMS = ClassTerms(start=800_000, floor=800_000, submit_seconds=40_000, rescue_seconds=60, challenge_seconds=60)
CLOCK = TERMS.steps * TERMS.step_seconds

# Everything the checks read, in one call.
SOURCE = """
# pragma version 0.4.3
interface Reputation:
    def reputation(account: uint256) -> uint256: view
    def logit(account: uint256) -> int256: view
    def computed(account: uint256) -> int256: view
    def keeper(account: uint256) -> (uint256, uint256, uint256, uint256): view
    def page_words(first_page: uint256, count: uint256) -> DynArray[uint256, 256]: view

interface Escrow:
    def account_count() -> uint256: view
    def balance_words(first: uint256, count: uint256) -> DynArray[uint256, 1024]: view
    def TOKEN() -> address: view

interface Token:
    def balanceOf(owner: address) -> uint256: view

@external
@view
def read(
    reputation: Reputation, escrow: Escrow, pages: uint256, keepers: DynArray[uint256, 8]
) -> DynArray[int256, 640]:
    out: DynArray[int256, 640] = []
    for account: uint256 in range(8 * pages, bound=128):
        out.append(convert(staticcall reputation.reputation(account), int256))
        out.append(staticcall reputation.logit(account))
        out.append(staticcall reputation.computed(account))
    words: DynArray[uint256, 256] = staticcall reputation.page_words(0, pages)
    for word: uint256 in words:
        out.append(convert(convert(word, bytes32), int256))
    for account: uint256 in keepers:
        a: uint256 = 0
        b: uint256 = 0
        c: uint256 = 0
        d: uint256 = 0
        a, b, c, d = staticcall reputation.keeper(account)
        out.append(convert(a, int256))
        out.append(convert(b, int256))
        out.append(convert(c, int256))
        out.append(convert(d, int256))
    count: uint256 = staticcall escrow.account_count()
    balances: DynArray[uint256, 1024] = staticcall escrow.balance_words(0, count)
    for word: uint256 in balances:
        out.append(convert(word, int256))
    out.append(convert(staticcall Token(staticcall escrow.TOKEN()).balanceOf(escrow.address), int256))
    return out
"""


@cache
def reader_code() -> str:
    """Runtime code of the contract that reads for the checks."""
    return str(vyper.compile_code(SOURCE, output_formats=["bytecode_runtime"])["bytecode_runtime"])


@dataclass
class Keeper:
    """A keeper as the ghost knows it."""

    actor: Actor
    honest: bool
    bond: int = 0
    put: int = 0  # bonded less unbonded
    lost: int = 0  # values corrected
    fresh: int = 0  # values posted in this epoch and not corrected
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


class Ground:
    """The protocol on a node: an AVS, operators, coprocessors, three keepers with bonds, and idle accounts.

    It ends in the first second of epoch 2. Three pages are in use, and one place is left on the last.

    Parameters
    ----------
    rpc : JsonRpc
        An Anvil that mines on request, with free gas.
    """

    def __init__(self, rpc: JsonRpc) -> None:
        self.rpc = rpc
        parameters = NetworkParameters(
            entry_fee=100, epoch_seconds=EPOCH_SECONDS, bond_per_value=BOND, pay_per_value=PAY, filter=FIRST_FILTER
        )
        self.parameters = parameters
        self.deployment = deploy(rpc, parameters)
        self.genesis = self.deployment.genesis
        names = ("CollateralEscrow", "ParticipantRegistry", "ClassRegistry", "TaskRegistry", "Slasher", "GasReputation")
        contracts = [self.deployment.contract(rpc, name) for name in (*names, "MockToken")]
        self.escrow, self.participants, self.classes, self.registry = contracts[:4]
        self.slasher, self.reputation, self.token = contracts[4:]
        self.owner = self.deployment.owner
        people = [Actor(f"0x{0xB0000 + number:040x}", number) for number in range(2, ACCOUNTS + NEWCOMERS)]
        for who in (ANYBODY, *(actor.address for actor in people)):
            rpc.call("anvil_setBalance", who, hex(10**30))
        rpc.call("anvil_setCode", READER, reader_code())
        self.avs, *rest = people[: ACCOUNTS - 2]
        self.operators, self.coprocessors, self.keepers = rest[:2], rest[2:5], rest[5:8]
        self.newcomers = people[ACCOUNTS - 2 :]
        here = people[: ACCOUNTS - 2]
        send_all(rpc, [self.token.request(actor.address, "mint", actor.address, 10 * DEPOSIT) for actor in people])
        allowance = (self.escrow.address, 2**256 - 1)
        send_all(rpc, [self.token.request(actor.address, "approve", *allowance) for actor in people])
        send_all(rpc, [self.escrow.request(actor.address, "open_account") for actor in here])
        for actor in here:
            assert self.escrow.read("account_of", actor.address) == actor.account
        active = here[:9]
        deposits = [self.escrow.request(actor.address, "deposit", actor.account, DEPOSIT) for actor in active]
        gift = self.escrow.request(self.avs.address, "deposit", POOL, GIFT)
        bonds = [
            self.reputation.request(actor.address, "bond", amount)
            for actor, amount in zip(self.keepers, (40_000, 8_000, 25_000), strict=True)
        ]
        members = [
            *(self.participants.request(o.address, "register", OPERATOR, CAPACITY, 5, SLOTS) for o in self.operators),
            *(self.participants.request(c.address, "register", COPROCESSOR, CAPACITY, 0, 0) for c in self.coprocessors),
        ]
        new_class = self.classes.request(self.avs.address, "register_class", *TERMS.structs())
        receipts = send_all(rpc, [*deposits, gift, *bonds, *members, new_class])
        self.registered = int(rpc.call("eth_getBlockByHash", receipts[-1]["blockHash"], False)["timestamp"], 16)
        self.class_id = int(self.registry.read("class_count"))
        funding = [
            self.classes.request(self.avs.address, "fund_mandate", self.class_id, o.account, DEPOSIT // 4)
            for o in self.operators
        ]
        send_all(rpc, funding)
        words: tuple[Any, Any] = self.registry.read("class_words", self.class_id)
        self.auction = class_packing.auction(words[0])
        self.start = self.genesis + EPOCH_SECONDS
        rpc.call("evm_mine", self.start)


class World:
    """One run, and the ghost.

    Parameters
    ----------
    ground : Ground
        What it starts from; the caller has the node forget what the run did.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.rpc = ground.rpc
        self.now = ground.start
        self.accounts = ACCOUNTS
        self.keepers = [Keeper(actor, honest=i < 2) for i, actor in enumerate(ground.keepers)]
        for keeper, bond in zip(self.keepers, (40_000, 8_000, 25_000), strict=True):
            keeper.bond = keeper.put = bond
        self.by_account = {keeper.actor.account: keeper for keeper in self.keepers}
        self.pages: defaultdict[int, dict[int, Record]] = defaultdict(dict)
        self.filters = [(0, FIRST_FILTER)]
        self.curve = load_curve.pack(load_curve.Curve(*ground.parameters.curve_constants()))
        self.terms = ground.parameters.slash
        self.activities = {
            actor.account: activity.Activity(0, CAPACITY, 0, role, 1, ground.registered - ground.genesis, 0, 0)
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
        self.reached: Counter[str] = Counter()
        self.read_balances()

    # The chain

    def send(self, sender: str, contract: Contract, name: str, *args: Any, mine: bool = True) -> None:
        """Send a transaction that must not revert."""
        request = contract.request(sender, name, *args)
        digest = self.rpc.call("eth_sendTransaction", request)
        if mine:
            self.rpc.call("evm_mine", self.now)
            receipt = self.rpc.call("eth_getTransactionReceipt", digest)
            if int(receipt["status"], 16) != 1:
                self.call(request)
                raise AssertionError(f"{name} reverted")

    def call(self, request: dict[str, str]) -> bytes:
        """Call a contract now without a transaction."""
        answer: str = self.rpc.call("eth_call", request, "latest", {}, {"time": hex(self.now)})
        return bytes.fromhex(answer[2:])

    def refuse(self, sender: str, contract: Contract, name: str, *args: Any, reason: str) -> None:
        """Call a function and expect it to revert with a reason."""
        said = ""
        try:
            self.call(contract.request(sender, name, *args))
        except RpcError as error:
            said = str(error)
        assert said.endswith(reason), f"{name} reverted with {said!r} instead of {reason!r}"

    def read(self) -> list[int]:
        """All that the checks look at, as signed words."""
        numbers = [keeper.actor.account for keeper in self.keepers]
        addresses = (self.ground.reputation.address, self.ground.escrow.address)
        arguments = encode(["address", "address", "uint256", "uint256[]"], [*addresses, self.page_count, numbers])
        data = selector() + arguments
        answer = self.call({"to": READER, "data": f"0x{data.hex()}", "gas": hex(2**40)})
        return [int.from_bytes(answer[i : i + 32], "big", signed=True) for i in range(64, len(answer), 32)]

    def read_balances(self) -> None:
        """Take over the balances that trading left."""
        *balances, _ = self.read()[-self.accounts - 1 :]
        for account, word in enumerate(balances):
            self.free[account], self.locked[account] = word & (2**96 - 1), word >> 96
        self.note_pool()

    # Time

    @property
    def epoch(self) -> int:
        """Number of the present epoch."""
        return (self.now - self.ground.genesis) // EPOCH_SECONDS + 1

    @property
    def clock(self) -> int:
        """Seconds since it began."""
        return (self.now - self.ground.genesis) % EPOCH_SECONDS

    @property
    def last(self) -> int:
        """Epoch that ended last, whose values are being written."""
        return self.epoch - 1

    def go(self, epochs: int, clock: int) -> None:
        """Go to a second of a later epoch, or of this one if it has not passed."""
        later = self.now - self.clock + epochs * EPOCH_SECONDS + clock
        if later <= self.now:
            return
        self.now = later
        if epochs == 0:
            return
        self.known.clear()
        self.paid_in_epoch = 0
        for keeper in self.keepers:
            keeper.due += keeper.fresh
            keeper.fresh = 0

    def wait(self, seconds: int) -> None:
        """Let seconds pass."""
        epochs, clock = divmod(self.clock + seconds, EPOCH_SECONDS)
        self.go(epochs, clock)

    # The ghost: reputations

    @property
    def page_count(self) -> int:
        """Pages in use."""
        return (self.accounts - 1) // PAGE + 1

    def filter_in(self, epoch: int) -> Parameters:
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
        call = (keeper.actor.address, self.ground.reputation, "post", epoch, first, words)
        if reason:
            self.refuse(*call, reason=reason)
            self.reached[reached] += 1
            return
        self.send(*call)
        for page in fresh:
            self.write(page, [signed(value % 2**24, 24) for value in pages[page - first]], keeper.actor.account)
        keeper.fresh += PAGE * len(fresh)
        self.reached["posted"] += 1
        self.reached["second post ignored"] += len(fresh) < len(pages)
        self.reached["last second of posting"] += self.clock == HALF - 1

    def poke(self, sender: Actor | None, pages: list[int]) -> None:
        """Have the chain compute pages, or fail to."""
        address = sender.address if sender else ANYBODY
        call = (address, self.ground.reputation, "poke", pages)
        if max(pages) >= self.page_count:
            self.refuse(*call, reason="reputation: page beyond accounts")
            return
        self.send(*call)
        done = 0
        for page in sorted({*pages} & {*self.unwritten()}):
            self.write(page, self.right(page), 0)
            done += PAGE
        if done and sender:
            self.pay(sender.account, done)
        self.reached["poked"] += done > 0

    def wrong(self) -> list[int]:
        """Accounts whose values for the last epoch are open to challenge and wrong."""
        records = {page: self.pages[page].get(self.last) for page in range(self.page_count)}
        return [PAGE * page + place for page, record in records.items() if record for place in sorted(record.wrong)]

    def challenge(self, sender: Actor, epoch: int, account: int, finder: int) -> None:
        """Challenge a value: it is corrected, once, if and only if it is wrong."""
        record = self.pages[account // PAGE].get(epoch)
        reason = reached = ""
        if epoch != self.last:
            reason, reached = "reputation: not the last epoch", "challenge too late"
        elif finder >= 2**32:
            reason, reached = "reputation: no such account", "no such finder"
        elif record is None or not record.poster:
            reason, reached = "reputation: not posted", "not posted"
        elif account % PAGE not in record.wrong:
            reason, reached = "reputation: value is right", "refused challenge"
        call = (sender.address, self.ground.reputation, "challenge", epoch, account, finder)
        if reason:
            self.refuse(*call, reason=reason)
            self.reached[reached] += 1
            return
        assert record is not None
        self.send(*call)
        keeper = self.by_account[record.poster]
        assert not keeper.honest, "I9: an honest keeper loses"
        record.values[account % PAGE] = self.computed(account)
        record.wrong.remove(account % PAGE)
        keeper.bond -= BOND
        keeper.lost += 1
        keeper.fresh -= 1
        share = BOND // 2 if finder else 0
        self.move(record.poster, 0, -BOND)
        self.move(finder, share)
        self.move(BURN, BOND - share)
        self.reached["corrected"] += 1
        self.refuse(*call, reason="reputation: value is right")

    def bond(self, keeper: Keeper, amount: int) -> None:
        """Add to a bond."""
        account = keeper.actor.account
        call = (keeper.actor.address, self.ground.reputation, "bond", amount)
        if amount > self.free[account]:
            self.refuse(*call, reason="escrow: free out of range")
            return
        self.send(*call)
        keeper.bond += amount
        keeper.put += amount
        self.move(account, -amount, amount)
        self.reached["bonded"] += 1

    def unbond(self, keeper: Keeper, amount: int) -> None:
        """Take a bond back, or fail to."""
        call = (keeper.actor.address, self.ground.reputation, "unbond", amount)
        if not 0 < amount <= keeper.bond:
            self.refuse(*call, reason="reputation: amount")
            return
        if keeper.bond - amount < keeper.fresh * BOND:
            self.refuse(*call, reason="reputation: bond at risk")
            self.reached["bond at risk"] += 1
            return
        self.send(*call)
        keeper.bond -= amount
        keeper.put -= amount
        self.move(keeper.actor.account, amount, -amount)
        self.reached["unbonded"] += 1

    def collect(self, keeper: Keeper) -> None:
        """Have a keeper paid for what stood."""
        self.send(keeper.actor.address, self.ground.reputation, "collect")
        if keeper.due:
            keeper.due -= self.pay(keeper.actor.account, keeper.due)
            self.reached["collected"] += 1

    # Others

    def govern(self, parameters: Parameters) -> None:
        """Schedule other parameters, or fail to."""
        call = (self.ground.owner, self.ground.reputation, "set_parameters", astuple(parameters))
        since, _ = self.filters[-1]
        try:
            reputation_filter.check(parameters)
        except ParameterError as error:
            self.refuse(*call, reason=str(error))
            return
        if len(self.filters) > 1 and self.epoch <= since + MAX_TASK_LIFE // EPOCH_SECONDS + EPOCH_RING + 1:
            self.refuse(*call, reason="parameter: change too soon")
            self.reached["change too soon"] += 1
            return
        self.send(*call)
        self.filters.append((self.epoch + 1, parameters))
        self.reached["parameters changed"] += 1
        self.reached["parameters changed again"] += len(self.filters) > 2

    def join(self) -> None:
        """Let somebody open an account and register as a coprocessor, while there are newcomers left."""
        if self.accounts == ACCOUNTS + NEWCOMERS:
            return
        actor = self.ground.newcomers[self.accounts - ACCOUNTS]
        before = self.page_count
        escrow, participants = self.ground.escrow, self.ground.participants
        self.send(actor.address, escrow, "open_account", mine=False)
        self.send(actor.address, escrow, "deposit", actor.account, DEPOSIT, mine=False)
        self.send(actor.address, participants, "register", COPROCESSOR, CAPACITY, 0, 0)
        self.accounts += 1
        self.move(BURN, self.ground.parameters.entry_fee)
        self.move(actor.account, DEPOSIT)
        self.activities[actor.account] = activity.Activity(0, CAPACITY, 0, COPROCESSOR, self.epoch, self.clock, 0, 0)
        self.coprocessors.append(actor)
        self.reached["page added"] += self.page_count > before

    def trade(self, operator: Actor, executor: Actor, orders: Sequence[Order], busy: int) -> None:
        """Open tasks, have them executed by two, hand in the good ones after a time and let the others fail."""
        registry, anybody = self.ground.registry, ANYBODY
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
        opened = [(slot, o.difficulty, o.difficulty * o.multiple, o.own) for slot, (_, o, _) in enumerate(tasks)]
        bids = [(task, 1, 10_000) for task, order, _ in tasks if not order.own]
        self.send(operator.address, registry, "open_tasks", self.ground.class_id, opened, True, mine=not bids)
        if bids:
            self.send(executor.address, registry, "bid", bids, True)
        for _, order, account in tasks:
            self.change_load(account, order.difficulty)
        self.wait(max(CLOCK + 1, busy))
        good = [entry for entry in tasks if entry[1].good]
        for actor in (operator, executor):
            results = [(task, 7) for task, _, account in good if account == actor.account]
            if results:
                self.send(actor.address, registry, "submit", results, True)
        for _, order, account in good:
            self.change_load(account, -order.difficulty)
        if good:
            self.wait(TERMS.challenge_seconds + 1)
            self.send(anybody, registry, "settle", [task for task, _, _ in good], True)
            self.finish(operator, good)
        bad = [entry for entry in tasks if not entry[1].good]
        if bad:
            numbers = [task for task, _, _ in bad]
            self.wait(max(0, CLOCK + TERMS.submit_seconds + 1 - busy))
            self.send(anybody, registry, "slash", numbers, 0, True)
            for _, order, account in bad:
                self.change_load(account, -order.difficulty)
            self.read_balances()
            self.wait(TERMS.rescue_seconds + 1)
            self.send(anybody, registry, "fail", numbers, True)
            self.finish(operator, bad)
        self.reached["traded"] += 1

    def finish(self, operator: Actor, tasks: list[tuple[int, Order, int]]) -> None:
        """Enter finished tasks in the records of who took part, and read what they were paid."""
        for _, order, account in tasks:
            price = order.difficulty * order.multiple * TERMS.start // PPM
            fee = class_packing.fee(self.ground.auction, price, order.difficulty * self.ground.parameters.fee_per_unit)
            for who in {account, operator.account}:
                self.record(who, fee, order.good)
            self.reached["good" if order.good else "bad"] += 1
        self.read_balances()

    # Invariants

    def check(self) -> None:
        """Check what must hold after every step."""
        words = iter(self.read())
        for account in range(PAGE * self.page_count):
            logit = self.logit(account)
            assert abs(logit) <= MAX_LOGIT, "I9: beyond the clamp"
            expected = (rho(logit), logit, self.computed(account))
            found = (next(words), next(words), next(words))
            assert found == expected, f"I9: account {account} in epoch {self.epoch}: {found} instead of {expected}"
        for page in range(self.page_count):
            self.check_page(page, [next(words) % 2**256, next(words) % 2**256])
        for keeper in self.keepers:
            bond, posted_in, values, unpaid = (next(words) for _ in range(4))
            fresh = values if posted_in == self.epoch else 0
            assert (bond, fresh, unpaid + values - fresh) == (keeper.bond, keeper.fresh, keeper.due), "I9: keeper"
            assert fresh * BOND <= bond, "I9: more at risk than bonded"
            assert bond == keeper.put - BOND * keeper.lost, "I9: a keeper loses what its wrong values cost"
            assert not (keeper.honest and keeper.lost), "I9: an honest keeper loses"
        total = 0
        for account in range(self.accounts):
            word = next(words)
            free, locked = word & (2**96 - 1), word >> 96
            total += free + locked
            assert (free, locked) == (self.free[account], self.locked[account]), (
                f"I1: account {account}: {free}, {locked}"
            )
        for keeper in self.keepers:
            assert self.locked[keeper.actor.account] == keeper.bond, "I1: a bond is not backed"
        assert next(words) == total, "I1: not solvent"
        most = [balance for since, balance in self.pool_log if since < self.epoch][-1]
        assert self.paid_in_epoch <= most * self.terms.keeper_budget // PPM, "I10: keepers' pay above the budget"
        assert next(words, None) is None

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


@cache
def selector() -> bytes:
    """Of the reader's only function."""
    return bytes(keccak(text="read(address,address,uint256,uint256[])")[:4])
