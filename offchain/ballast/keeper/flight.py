"""Transactions under way: what the chain says became of each."""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import groupby
from typing import Any, Final

from ballast.chain.contract import Contract
from ballast.errors import RpcError
from ballast.keeper import tables
from ballast.keeper.answers import Waiting, mined, position, waiting_of
from ballast.keeper.decide import GAS_TASK, challenge_item, place_of, poke_item, post_item, task_item
from ballast.keeper.journal import Journal
from ballast.keeper.log import Code, Say
from ballast.keeper.nodes import Nodes
from ballast.keeper.settings import Settings
from ballast.keeper.tables import Transaction
from ballast.keeper.view import Header, Tip, View
from ballast.model.page_packing import LOGITS

CANCEL: Final = "cancel"
"""Kind of a transaction that does nothing, in the place of another."""
UNKNOWN: Final = "unknown"
"""Kind of a transaction of the key that is no action of a keeper."""
DEEDS: Final = ("approve", "open_account", "deposit", "thaw", "cancel_thaw", "withdraw")
"""Kinds of what the owner of the key does, by `ballast account`: nobody else decides that it is not wanted any more."""
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
    contracts : dict of str to Contract
        Contract an action's kind is a function of.
    say : callable
        Tells of conditions.
    """

    address: str
    nodes: Nodes
    journal: Journal
    settings: Settings
    contracts: dict[str, Contract]
    say: Say


@dataclass(eq=False, repr=False)
class Lookout(Clerk):
    """Follows the transactions of one key."""

    _unknown: dict[int, int] = field(default_factory=dict, init=False)

    def look(self, tip: Tip, closed: int) -> Flight:
        """Ask the chain what became of the transactions under way.

        Parameters
        ----------
        tip : Tip
        closed : int
            The epoch that closed last, which a poke found waiting would be for.
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
                self._adopt(flight, nonce, tip, closed)
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

    def _adopt(self, flight: Flight, nonce: int, tip: Tip, closed: int) -> None:
        """Find a transaction that waits with a nonce of ours but is not in the journal."""
        shown: dict[int, Waiting] = {}
        with suppress(RpcError):  # a node need not tell what waits
            shown = self.nodes.call("eth_getBlockByNumber", "pending", True, as_=partial(waiting_of, self.address))
        if nonce in shown:
            transaction = self._transaction_of(nonce, shown[nonce], tip, closed)
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

    def _transaction_of(self, nonce: int, waiting: Waiting, tip: Tip, closed: int) -> Transaction:
        kind, epoch, items = self._meaning(waiting.receiver, waiting.data, closed)
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

    def _meaning(self, receiver: str, data: str, closed: int) -> tuple[str, int, tuple[str, ...]]:
        """Tell what a transaction found waiting does: kind, epoch, units of work."""
        for kind, contract in self.contracts.items():
            if receiver.lower() != contract.address.lower() or not data.startswith(contract.selector(kind)):
                continue
            arguments = contract.arguments(kind, data)
            epoch = 0
            match kind:
                case "post":
                    epoch = arguments[0]
                    items: tuple[str, ...] = (post_item(arguments[0], arguments[1], self.settings),)
                case "challenge":
                    epoch = arguments[0]
                    items = (challenge_item(arguments[0], arguments[1]),)
                case "poke":
                    epoch = closed
                    items = tuple(poke_item(closed, page) for page in arguments[0])
                case "bond" | "collect":
                    items = (kind,)
                case _ if kind in DEEDS:
                    items = (kind,)
                case _:
                    items = tuple(task_item(task) for task in arguments[0])
            return kind, epoch, items
        return UNKNOWN, 0, ()

    def outdated(self, transaction: Transaction, view: View) -> bool:
        """Whether a transaction that waits would do the wrong thing if it was included now.

        So does one of an epoch that is over, or of the other half of this one; and a post that says of a page nobody
        has written what is not the computed value, or not any more, after a reorganisation that changed what the epoch
        measured.
        """
        if transaction.kind not in ("post", "poke", "challenge") or transaction.state == tables.MINED:
            return False
        first_half = view.clock < view.epoch_seconds // 2
        if transaction.epoch != view.closed or transaction.kind == ("poke" if first_half else "post"):
            return True
        if transaction.kind != "post":
            return False
        _, first, pages = self.contracts["post"].arguments("post", transaction.data)
        places = range(first, min(first + len(pages), len(view.expected)))
        return any(not view.written[page] and pages[page - first] & LOGITS != view.expected[page] for page in places)

    def unwanted(self, transaction: Transaction, due: Set[str], seen: Set[tuple[int, int]]) -> bool:
        """Whether a transaction's work need not be done any more.

        Parameters
        ----------
        transaction : Transaction
        due : set of str
            Units of work that are to be done.
        seen : set of tuple of int
            Operators and slots of the tasks looked at; the steps of others may still be due.
        """
        if transaction.kind in (CANCEL, *DEEDS) or any(item in due for item in transaction.items):
            return False
        return transaction.kind not in GAS_TASK or all(place_of(item) in seen for item in transaction.items)
