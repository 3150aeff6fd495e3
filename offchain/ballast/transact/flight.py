"""Transactions under way: what the chain says became of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import groupby
from typing import Any, Final

from ballast.chain.contract import Call, Contract
from ballast.chain.rpc import UNREADABLE
from ballast.errors import RpcError
from ballast.transact import tables
from ballast.transact.answers import Waiting, mined, position, waiting_of
from ballast.transact.blocks import Header, Tip
from ballast.transact.journal import Journal
from ballast.transact.log import Code, Say
from ballast.transact.nodes import Nodes
from ballast.transact.settings import SenderSettings
from ballast.transact.tables import Transaction

CANCEL: Final = "cancel"
"""Kind of a transaction that does nothing, in the place of another."""
UNKNOWN: Final = "unknown"
"""Kind of a transaction of the key that is none of its sender's actions."""
Meaning = Callable[[Call[Any]], tuple[int, tuple[str, ...]] | None]
"""``meaning(call)``: epoch and units of work of a call found waiting; None if it is none of the sender's actions."""
MAX_ADOPTED: Final = 64
"""Transactions not in the journal that are looked for in one pass, whatever number a node tells."""


@dataclass
class Flight:
    """Transactions of the key that are not final.

    Attributes
    ----------
    latest : int
        Nonce of the next transaction to be included.
    open : list of Transaction
        All that are under way, one a nonce.
    lost, stuck : list of Transaction
        Those of them no node knows, and those that wait too long.
    blocked : bool
        Whether one waits that nobody can show; nothing new may be sent then.
    vacant : list of int
        Nonces of such transactions that waited too long.
    """

    latest: int
    open: list[Transaction] = field(default_factory=list)
    lost: list[Transaction] = field(default_factory=list)
    stuck: list[Transaction] = field(default_factory=list)
    blocked: bool = False
    vacant: list[int] = field(default_factory=list)

    @property
    def items(self) -> set[str]:
        """Units of work under way."""
        return {item for t in self.open for item in t.items}

    def next_nonce(self) -> int:
        """Lowest nonce that is free."""
        if self.vacant:
            return self.vacant[0]
        taken = {t.nonce for t in self.open}
        nonce = self.latest
        while nonce in taken:
            nonce += 1
        return nonce


@dataclass(eq=False, repr=False)
class Clerk:
    """Somebody who deals with the transactions of one key.

    Attributes
    ----------
    address : str
        Of the key.
    nodes : Nodes
    journal : Journal
    settings : Settings
    say : callable
        Tells of conditions.
    """

    address: str
    nodes: Nodes
    journal: Journal
    settings: SenderSettings
    say: Say


@dataclass(eq=False, repr=False)
class Lookout(Clerk):
    """Follows the transactions of one key.

    Attributes
    ----------
    contracts : sequence of Contract
        Where its actions go.
    """

    contracts: Sequence[Contract]
    _unknown: dict[int, int] = field(default_factory=dict, init=False)

    def look(self, tip: Tip, meaning: Meaning) -> Flight:
        """Ask the chain what became of the transactions under way.

        Parameters
        ----------
        tip : Tip
        meaning : callable
            Tells what those are for that are found waiting and not in the journal.
        """
        latest, settled = (
            self.nodes.call("eth_getTransactionCount", self.address, header.pinned, as_=position)
            for header in (tip.head, tip.block)
        )
        answers = self.nodes.poll("eth_getTransactionCount", self.address, "pending", as_=position)
        pending = max(answer for _, answer in answers)
        flight = Flight(latest)
        for nonce, group in groupby(self.journal.open_transactions(self.address), key=lambda t: t.nonce):
            self._follow(flight, nonce, list(group), settled, tip)
        ours = {t.nonce for t in flight.open}
        for nonce in range(latest, min(pending, latest + MAX_ADOPTED)):
            if nonce not in ours:
                self._adopt(flight, nonce, tip, meaning)
        self._unknown = {n: b for n, b in self._unknown.items() if n >= latest}
        return flight

    def _follow(self, flight: Flight, nonce: int, group: list[Transaction], settled: int, tip: Tip) -> None:
        """See what became of a nonce: a transaction and its replacements, the cheapest first."""
        for transaction in group:
            receipt = self.nodes.known("eth_getTransactionReceipt", transaction.hash, as_=mined)
            if receipt is not None:
                self._included(flight, transaction, receipt, group, tip)
                return
        if nonce < settled:
            for transaction in group:
                self.journal.change(transaction, state=tables.SUPERSEDED)
            self.say(Code.SUPERSEDED, nonce=nonce, hash=group[-1].hash)
            return
        newest = group[-1]
        flight.open.append(newest)
        if nonce < flight.latest:
            return
        known = [t for t in group if self.nodes.known("eth_getTransactionByHash", t.hash) is not None]
        if not known:
            flight.lost.append(newest)
            return
        if newest.state == tables.MINED:  # undone, and waiting anew
            self.journal.change(newest, state=tables.SENT, mined_block=0, mined_hash="", sent_block=tip.head.number)
        elif newest.state == tables.INTENT:
            self.journal.change(newest, state=tables.SENT)
        if tip.head.number - newest.sent_block >= self.settings.stuck_blocks:
            flight.stuck.append(newest)

    def _included(
        self, flight: Flight, transaction: Transaction, receipt: Any, group: list[Transaction], tip: Tip
    ) -> None:
        """Take down a transaction that is part of a block, final or not yet."""
        number, digest = int(receipt["blockNumber"], 16), str(receipt["blockHash"])
        found = {
            "mined_block": number,
            "mined_hash": digest,
            "gas_used": int(receipt["gasUsed"], 16),
            "gas_price": int(receipt.get("effectiveGasPrice") or "0x0", 16),
        }
        if number > tip.block.number:
            self.journal.change(transaction, state=tables.MINED, **found)
            flight.open.append(transaction)
            return
        if self.nodes.call("eth_getBlockByNumber", hex(number), False, as_=Header.of).hash != digest:
            flight.open.append(transaction)
            return
        good = int(receipt["status"], 16) == 1
        self.journal.change(transaction, state=tables.CONFIRMED if good else tables.REVERTED, **found)
        for other in group:
            if other is not transaction:
                self.journal.change(other, state=tables.SUPERSEDED)
        self.say(Code.CONFIRMED if good else Code.REVERTED, kind=transaction.kind, hash=transaction.hash, **found)

    def _adopt(self, flight: Flight, nonce: int, tip: Tip, meaning: Meaning) -> None:
        """Find a transaction that waits with a nonce of ours but is not in the journal."""
        shown: dict[int, Waiting] = {}
        with suppress(RpcError):  # a node need not tell what waits
            shown = self.nodes.call("eth_getBlockByNumber", "pending", True, as_=partial(waiting_of, self.address))
        if nonce in shown:
            transaction = self._transaction_of(nonce, shown[nonce], tip, meaning)
            self.journal.add(transaction)
            flight.open.append(transaction)
            self.say(Code.ADOPTED, nonce=nonce, hash=transaction.hash, kind=transaction.kind)
            return
        seen = self._unknown.setdefault(nonce, tip.head.number)
        self.say(Code.UNKNOWN_IN_FLIGHT, nonce=nonce, blocks=tip.head.number - seen)
        if tip.head.number - seen >= self.settings.stuck_blocks:
            flight.vacant.append(nonce)
        else:
            flight.blocked = True

    def _transaction_of(self, nonce: int, waiting: Waiting, tip: Tip, meaning: Meaning) -> Transaction:
        kind, epoch, items = self._meaning(waiting.receiver, waiting.data, meaning)
        return Transaction(
            **asdict(waiting),
            sender=self.address,
            nonce=nonce,
            kind=kind,
            epoch=epoch,
            items=items,
            raw="",
            sent_block=tip.head.number,
            state=tables.SENT,
        )

    def _meaning(self, receiver: str, data: str, meaning: Meaning) -> tuple[str, int, tuple[str, ...]]:
        """Tell what a transaction found waiting does: kind, epoch, units of work."""
        call = self._call(receiver, data)
        if call is None or (found := meaning(call)) is None:
            return UNKNOWN, 0, ()
        return call.function, *found

    def _call(self, receiver: str, data: str) -> Call[Any] | None:
        """Find the call that a transaction makes of one of the contracts; None if it makes none."""
        for contract in self.contracts:
            if contract.address.lower() == receiver.lower():
                with suppress(*UNREADABLE):  # the owner of the key may have sent anything
                    return contract.called(data)
        return None
