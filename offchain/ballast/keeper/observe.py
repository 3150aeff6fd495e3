"""Reading the network at one block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from ballast.chain.contract import Call
from ballast.client.contracts import CollateralEscrow, GasReputation, ParticipantRegistry, Slasher, TaskRegistry
from ballast.client.events import BondChanged, decoded, topic
from ballast.deployment import Deployment
from ballast.errors import NodeError, TooLargeError
from ballast.keeper import compute
from ballast.keeper.decide import order
from ballast.keeper.settings import KeeperSettings
from ballast.keeper.view import Own
from ballast.model import activity, epoch_clock, epoch_parameter, fee_record, load_curve, reputation_filter
from ballast.model.constants import MAX_PAGE, PAGE
from ballast.transact.answers import anything, quantity
from ballast.transact.blocks import Header, Tip
from ballast.transact.nodes import Nodes

MAX_ACCOUNTS: Final = MAX_PAGE
"""Accounts one call of a view covers."""
MAX_PAGES: Final = MAX_PAGE // 2
"""Pages one call of a view covers, with two words each."""
MAX_COUNT: Final = 2**24
"""Accounts of a network whose values can be computed in time; a node that tells of more is wrong."""
SEARCHED_AGAIN: Final = 512
"""Blocks searched for keepers once more each epoch."""
WORD_SLOTS: Final = (0, 1, 2)
"""Storage of GasReputation: filter parameters, those scheduled, and their first epoch (modules/epoch_parameter.vy)."""
T = TypeVar("T")


class Reader(Protocol):
    """What answers requests: all endpoints, or one of them."""

    def call(self, method: str, *params: Any, as_: Callable[[Any], Any] = anything) -> Any:
        """Send one request."""
        ...

    def batch(self, method: str, params: Sequence[Sequence[Any]], as_: Callable[[Any], Any] = anything) -> list[Any]:
        """Send many of one method."""
        ...


@dataclass(frozen=True)
class Evidence:
    """Inputs of a closed epoch, and what follows from them.

    Attributes
    ----------
    inputs : compute.Inputs
    parameter_words : tuple of int
        Words of the filter's parameters (in force in the epoch, in the next) and of the load curve.
    logits : list of int
        What a post must say, by account.
    pages : tuple of int
        The same, packed.
    """

    inputs: compute.Inputs
    parameter_words: tuple[int, int, int]
    logits: list[int]
    pages: tuple[int, ...]


class Observer:
    """Reads a deployment.

    Parameters
    ----------
    deployment : Deployment
    nodes : Nodes
    settings : KeeperSettings
    """

    def __init__(self, deployment: Deployment, nodes: Nodes, settings: KeeperSettings) -> None:
        self._deployment = deployment
        self.nodes = nodes
        self._settings = settings
        self.escrow = deployment.contract(CollateralEscrow)
        self.participants = deployment.contract(ParticipantRegistry)
        self.tasks = deployment.contract(TaskRegistry)
        self.slasher = deployment.contract(Slasher)
        self.reputation = deployment.contract(GasReputation)
        self._keepers: set[int] = set()
        self._searched = deployment.block - 1
        self._again = 0
        self._span = settings.log_blocks

    # Reading

    def read(self, reader: Reader, calls: Sequence[Call[T]], at: Any) -> list[T]:
        """Read what calls of one view return at a block."""
        return reader.batch("eth_call", [call.params(at) for call in calls], calls[0].decode) if calls else []

    def many(self, calls: Sequence[Call[T]], at: Any) -> list[T]:
        """Read what calls of one view return at a block, from whichever node answers."""
        return self.read(self.nodes, calls, at)

    def one(self, call: Call[T], at: Any) -> T:
        """Read what a call returns at a block, from whichever node answers."""
        return self.many([call], at)[0]

    def accounts(self, reader: Reader, at: Any) -> int:
        """Count the accounts at a block."""
        call = self.escrow.account_count()

        def bounded(answer: Any) -> int:
            count = call.decode(answer)
            if count > MAX_COUNT:
                raise NodeError(f"it tells of {count} accounts")
            return count

        return int(reader.batch("eth_call", [call.params(at)], bounded)[0])

    def clock(self, timestamp: int) -> tuple[int, int]:
        """Epoch of a timestamp and the seconds into it."""
        d = self._deployment
        return epoch_clock.position(d.genesis, d.parameters.epoch_seconds, timestamp)

    def page_words(self, reader: Reader, pages: int, at: Any) -> list[int]:
        """Words of the first pages, two a page."""
        firsts = range(0, pages, MAX_PAGES)
        calls = [self.reputation.page_words(first, min(MAX_PAGES, pages - first)) for first in firsts]
        return [word for part in self.read(reader, calls, at) for word in part]

    def evidence(self, reader: Reader, header: Header) -> Evidence:
        """Read the inputs of the epoch that closed last before a block, and compute.

        Raises
        ------
        ChainError
            If something cannot be read, or does not fit together.
        """
        epoch = self.clock(header.timestamp)[0] - 1
        at = header.pinned
        count = self.accounts(reader, at)
        pages = -(-count // PAGE)
        page_words = self.page_words(reader, pages, at)
        firsts = range(0, pages * PAGE, MAX_ACCOUNTS)
        parts = [self.tasks.fee_words(first, min(MAX_ACCOUNTS, pages * PAGE - first), epoch) for first in firsts]
        fees: dict[int, tuple[int, int]] = {}
        for first, records in zip(firsts, self.read(reader, parts, at), strict=True):
            for place, record in enumerate(records):
                if record and (n_k := fee_record.unpack(record, epoch))[0]:
                    fees[first + place] = n_k
        busy = list(fees)
        found = self.read(reader, [self.participants.activity_in(account, epoch) for account in busy], at)
        measured = [activity.integrals(word) for word in found]
        curve = self.read(reader, [self.participants.curve_in(epoch)], at)[0]
        slots = [(self.reputation.address, hex(slot), at) for slot in WORD_SLOTS]
        stored, following, since = reader.batch("eth_getStorageAt", slots, quantity)
        before, now = (epoch_parameter.at(stored, following, since, e) for e in (epoch, epoch + 1))
        inputs = compute.Inputs(
            epoch=epoch,
            epoch_seconds=self._deployment.parameters.epoch_seconds,
            parameters=reputation_filter.unpack(before),
            holding=reputation_filter.unpack(now),
            peak=load_curve.peak(curve),
            page_words=page_words,
            fees=fees,
            activity=dict(zip(busy, measured, strict=True)),
        )
        logits = compute.computed(inputs)
        return Evidence(inputs, (before, now, curve), logits, tuple(compute.pack(logits)))

    def own(self, address: str, epoch: int, at: Any) -> Own:
        """Read a keeper's own state at a block, which lies in an epoch."""
        account = self.one(self.escrow.account_of(address), at)
        balance = self.nodes.call("eth_getBalance", address, at, as_=quantity)
        if account == 0:
            return Own(0, 0, 0, 0, 0, balance)
        keeper = self.one(self.reputation.keeper(account), at)
        free = self.one(self.escrow.balances(account), at)[0]
        at_risk = keeper.at_risk if keeper.epoch == epoch else 0
        payable = 0
        if self._settings.token_wei and keeper.unpaid + keeper.at_risk > at_risk:
            call = self.reputation.collect()
            request, block = call.params(at)
            payable = self.nodes.call("eth_call", {"from": address, **request}, block, as_=call.decode)
        return Own(account, keeper.bond, at_risk, free, payable, balance)

    def sample(self, evidence: Evidence, reader: Reader, at: Any) -> list[tuple[int, int, int]]:
        """Compare some values with what the contract computes at a block: account, ours, its own, where they differ."""
        inputs = evidence.inputs
        each = max(1, self._settings.sample // 2)
        accounts = sorted({*_spread(list(inputs.fees), each), *_spread(range(inputs.accounts), each)})
        found = self.read(reader, [self.reputation.computed(account) for account in accounts], at)
        pairs = zip(accounts, found, strict=True)
        return [
            (account, evidence.logits[account], theirs)
            for account, theirs in pairs
            if evidence.logits[account] != theirs
        ]

    # The other keepers

    def rank(self, tip: Tip, epoch: int, account: int, needed: int) -> tuple[int, int]:
        """Place of an account in the order of the keepers whose bond covers all pages, and how many these are.

        A keeper whose bond is not there yet, or not confirmed, comes after all turns: else two that begin at the same
        time would both be the first.

        Parameters
        ----------
        tip : Tip
            Where the chain stands.
        epoch : int
            The present epoch.
        account : int
            The keeper's.
        needed : int
            Bond that all pages need, token units.
        """
        able = self.able(tip, needed)
        if account not in able:
            return max(len(able), self._settings.stand_ins), len(able)
        return order(epoch, able).index(account), len(able)

    def able(self, tip: Tip, needed: int) -> list[int]:
        """Keepers whose bond is not below an amount."""
        epoch = self.clock(tip.block.timestamp)[0]
        if epoch != self._again:  # a node that lagged may have shown nothing of the last blocks
            self._again, self._span = epoch, self._settings.log_blocks
            self.forget(max(tip.block.number - SEARCHED_AGAIN, self._deployment.block - 1))
        self._search(tip.block.number)
        known = sorted(self._keepers)
        states = self.many([self.reputation.keeper(k) for k in known], tip.block.pinned)
        return [k for k, state in zip(known, states, strict=True) if state.bond >= needed]

    def forget(self, number: int) -> None:
        """Search again for keepers in the blocks after one."""
        self._searched = min(self._searched, number)

    def _search(self, last: int) -> None:
        """Find accounts that ever bonded, in events not yet searched."""
        span = self._span
        while self._searched < last:
            end = min(self._searched + span, last)
            wanted = {
                "address": self.reputation.address,
                "topics": [topic(BondChanged)],
                "fromBlock": hex(self._searched + 1),
                "toBlock": hex(end),
            }
            try:
                found = self.nodes.call("eth_getLogs", wanted, as_=bonded)
            except TooLargeError:
                if end == self._searched + 1:
                    raise
                span = max(1, (end - self._searched) // 2)
                continue
            self._span = span  # what the node takes, until the next epoch
            self._keepers |= found
            self._searched = end


def bonded(answer: Any) -> set[int]:
    """Read the keepers whose bonds changed, from logs."""
    events = [decoded(log) for log in answer]
    keepers = {event.keeper for event in events if isinstance(event, BondChanged)}
    if not all(isinstance(event, BondChanged) for event in events):
        raise NodeError("a log is not of the event that was asked for")
    return keepers


def _spread(accounts: Sequence[int], number: int) -> Sequence[int]:
    """Choose some accounts, evenly."""
    return accounts[:: -(-len(accounts) // number) or 1]
