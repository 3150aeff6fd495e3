"""The one sender of a key: every transaction is written down first, and the chain tells what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from eth_utils.address import to_checksum_address

from offchain.chain.anvil import TRANSACTION_GAS_LIMIT
from offchain.chain.contract import Contract
from offchain.errors import ChainError, RevertError, RpcError
from offchain.keeper import tables
from offchain.keeper.compute import LOGITS_MASK
from offchain.keeper.decide import Action, challenge_item, poke_item, post_item, task_item
from offchain.keeper.journal import Journal
from offchain.keeper.log import Code, Say
from offchain.keeper.nodes import Nodes
from offchain.keeper.settings import Settings
from offchain.keeper.tables import Transaction
from offchain.keeper.view import Header, Tip, View

Work = tuple[str, int, tuple[str, ...], str, str, int]
"""Kind, epoch, units of work, receiver, calldata, gas limit."""
TRANSFER_GAS: Final = 21_000
GAS_RESERVE: Final = 125
"""Gas limit in percent of the estimate."""
CANCEL: Final = "cancel"
UNKNOWN: Final = "unknown"
KNOWN_ALREADY: Final = ("already known", "already imported", "known transaction")


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


class Sender:
    """Sends the actions of one key.

    Parameters
    ----------
    nodes : Nodes
    account : LocalAccount
        The key.
    journal : Journal
    settings : Settings
    chain_id : int
    contracts : dict of str to Contract
        Contract an action's kind is a function of.
    say : callable
        Tells of conditions.
    checkpoint : callable
        Called at every boundary of a send.
    """

    def __init__(
        self,
        nodes: Nodes,
        account: LocalAccount,
        journal: Journal,
        settings: Settings,
        chain_id: int,
        contracts: dict[str, Contract],
        say: Say,
        checkpoint: Callable[[str], None],
    ) -> None:
        self.address: str = account.address
        self._nodes = nodes
        self._account = account
        self._journal = journal
        self._settings = settings
        self._chain_id = chain_id
        self._contracts = contracts
        self._say = say
        self._checkpoint = checkpoint
        self._unknown: dict[int, int] = {}

    # Looking

    def look(self, tip: Tip) -> Flight:
        """Ask the chain what became of the transactions under way."""
        latest, settled = (
            int(self._nodes.call("eth_getTransactionCount", self.address, header.pinned), 16)
            for header in (tip.head, tip.block)
        )
        answers = self._nodes.poll("eth_getTransactionCount", self.address, "pending")
        pending = max(int(answer, 16) for _, answer in answers)
        flight = Flight(latest)
        for nonce, group in groupby(self._journal.open_transactions(self.address), key=lambda t: t.nonce):
            self._follow(flight, nonce, list(group), settled, tip)
        ours = {t.nonce for t in flight.open}
        for nonce in range(latest, pending):
            if nonce not in ours:
                self._adopt(flight, nonce, tip)
        self._unknown = {n: b for n, b in self._unknown.items() if n >= latest}
        return flight

    def _follow(self, flight: Flight, nonce: int, group: list[Transaction], settled: int, tip: Tip) -> None:
        """See what became of a nonce: a transaction and its replacements, the cheapest first."""
        for transaction in group:
            receipt = self._nodes.known("eth_getTransactionReceipt", transaction.hash)
            if receipt is not None:
                self._included(flight, transaction, receipt, group, tip)
                return
        if nonce < settled:
            for transaction in group:
                self._journal.change(transaction, state=tables.SUPERSEDED)
            self._say(Code.SUPERSEDED, nonce=nonce, hash=group[-1].hash)
            return
        newest = group[-1]
        flight.open.append(newest)
        if nonce < flight.latest:
            return
        known = [t for t in group if self._nodes.known("eth_getTransactionByHash", t.hash) is not None]
        if not known:
            flight.lost.append(newest)
            return
        if newest.state == tables.MINED:  # undone, and waiting anew
            self._journal.change(newest, state=tables.SENT, mined_block=0, mined_hash="", sent_block=tip.head.number)
        elif newest.state == tables.INTENT:
            self._journal.change(newest, state=tables.SENT)
        if tip.head.number - newest.sent_block >= self._settings.stuck_blocks:
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
            self._journal.change(transaction, state=tables.MINED, **found)
            flight.open.append(transaction)
            return
        if Header.of(self._nodes.call("eth_getBlockByNumber", hex(number), False)).hash != digest:
            flight.open.append(transaction)
            return
        good = int(receipt["status"], 16) == 1
        self._journal.change(transaction, state=tables.CONFIRMED if good else tables.REVERTED, **found)
        for other in group:
            if other is not transaction:
                self._journal.change(other, state=tables.SUPERSEDED)
        self._say(Code.CONFIRMED if good else Code.REVERTED, kind=transaction.kind, hash=transaction.hash, **found)

    def _adopt(self, flight: Flight, nonce: int, tip: Tip) -> None:
        """Find a transaction that waits with a nonce of ours but is not in the journal."""
        block = self._nodes.call("eth_getBlockByNumber", "pending", True)
        for waiting in (block or {}).get("transactions", []):
            mine = isinstance(waiting, dict) and str(waiting.get("from", "")).lower() == self.address.lower()
            if mine and int(waiting["nonce"], 16) == nonce:
                transaction = self._transaction_of(waiting, tip)
                self._journal.add(transaction)
                flight.open.append(transaction)
                self._say(Code.ADOPTED, nonce=nonce, hash=transaction.hash, kind=transaction.kind)
                return
        seen = self._unknown.setdefault(nonce, tip.head.number)
        self._say(Code.UNKNOWN_IN_FLIGHT, nonce=nonce, blocks=tip.head.number - seen)
        if tip.head.number - seen >= self._settings.stuck_blocks:
            flight.vacant.append(nonce)
        else:
            flight.blocked = True

    def _transaction_of(self, waiting: dict[str, Any], tip: Tip) -> Transaction:
        kind, epoch, items = self._meaning(str(waiting.get("to") or ""), str(waiting.get("input") or "0x"))
        price = waiting.get("gasPrice") or "0x0"
        return Transaction(
            hash=str(waiting["hash"]),
            sender=self.address,
            nonce=int(waiting["nonce"], 16),
            kind=kind,
            epoch=epoch,
            items=items,
            receiver=str(waiting.get("to") or ""),
            data=str(waiting.get("input") or "0x"),
            gas=int(waiting["gas"], 16),
            max_fee=int(waiting.get("maxFeePerGas") or price, 16),
            tip=int(waiting.get("maxPriorityFeePerGas") or price, 16),
            raw="",
            sent_block=tip.head.number,
            state=tables.SENT,
        )

    def _meaning(self, receiver: str, data: str) -> tuple[str, int, tuple[str, ...]]:
        """Tell what a transaction found waiting does: kind, epoch, units of work."""
        for kind, contract in self._contracts.items():
            if receiver.lower() != contract.address.lower() or not data.startswith(contract.selector(kind)):
                continue
            arguments = contract.arguments(kind, data)
            match kind:
                case "post":
                    items: tuple[str, ...] = (post_item(arguments[0], arguments[1], self._settings),)
                case "challenge":
                    items = (challenge_item(arguments[0], arguments[1]),)
                case "poke":
                    items = tuple(poke_item(page) for page in arguments[0])
                case "bond" | "collect":
                    items = (kind,)
                case _:
                    items = tuple(task_item(task) for task in arguments[0])
            return kind, arguments[0] if kind in ("post", "challenge") else 0, items
        return UNKNOWN, 0, ()

    def outdated(self, transaction: Transaction, view: View) -> bool:
        """Whether a post that waits says of a page nobody has written what is not the computed value, or not any more.

        So it is after a reorganisation that changed what the epoch measured.
        """
        if transaction.kind != "post" or transaction.state == tables.MINED or transaction.epoch != view.closed:
            return False
        _, first, pages = self._contracts["post"].arguments("post", transaction.data)
        places = range(first, min(first + len(pages), len(view.expected)))
        return any(
            not view.written[page] and pages[page - first] & LOGITS_MASK != view.expected[page] for page in places
        )

    # Sending

    def act(self, action: Action, flight: Flight, tip: Tip) -> Transaction | None:
        """Send an action, unless it is under way already or its simulation reverts.

        Returns
        -------
        Transaction or None
            What was sent.
        """
        waiting = sum(t.state != tables.MINED for t in flight.open)
        if flight.blocked or flight.items & set(action.items) or waiting >= self._settings.max_in_flight:
            return None
        contract = self._contracts[action.kind]
        data = contract.data(action.kind, *action.arguments)
        gas = self._estimate(contract.address, data, action.kind)
        if gas is None:
            return None
        fees = self.fees(tip)
        if fees is None:
            return None
        cost = gas * 100 // GAS_RESERVE * min(fees[0], tip.head.base_fee + fees[1])
        if action.must_pay and action.gain * self._settings.token_wei <= cost:
            self._say(Code.NOT_WORTH_IT, kind=action.kind, cost=cost, gain=action.gain)
            return None
        return self._submit(flight, tip, action.kind, action.epoch, action.items, contract.address, data, gas, *fees)

    def settle_flight(
        self, flight: Flight, wanted: dict[str, Action], outdated: Sequence[Transaction], tip: Tip
    ) -> None:
        """Send again what was lost, replace what is stuck or outdated, and drop what is no longer wanted.

        Parameters
        ----------
        flight : Flight
        wanted : dict of str to Action
            What is to be done, by unit of work.
        outdated : sequence of Transaction
            Those under way that would do the wrong thing now.
        tip : Tip
        """
        for transaction in outdated:
            self._replace(flight, transaction, tip, self._renewed(transaction, wanted))
        flight.lost = [t for t in flight.lost if t not in outdated]
        flight.stuck = [t for t in flight.stuck if t not in outdated]
        highest = max((t.nonce for t in flight.open), default=-1)
        for transaction in sorted(flight.lost, key=lambda t: t.nonce):
            keep = any(item in wanted for item in transaction.items)
            old = tip.head.number - transaction.sent_block >= self._settings.stuck_blocks
            if keep and transaction.raw and not old:
                if self._hand_over(transaction):
                    self._journal.change(transaction, state=tables.SENT, mined_block=0, mined_hash="")
                    self._say(Code.RESENT, kind=transaction.kind, nonce=transaction.nonce, hash=transaction.hash)
            elif keep:
                self._replace(flight, transaction, tip, transaction.data)
            elif transaction.nonce < highest:
                self._replace(flight, transaction, tip, None)
            else:
                for each in self._journal.open_transactions(self.address):
                    if each.nonce == transaction.nonce:
                        self._journal.change(each, state=tables.DROPPED)
                flight.open.remove(transaction)
        for transaction in flight.stuck:
            keep = any(item in wanted for item in transaction.items)
            self._replace(flight, transaction, tip, transaction.data if keep else None)

    def _renewed(self, transaction: Transaction, wanted: dict[str, Action]) -> str | None:
        """Calldata that does a transaction's work as it is wanted now; None if it is not."""
        action = next((wanted[item] for item in transaction.items if item in wanted), None)
        if action is None:
            return None
        return self._contracts[action.kind].data(action.kind, *action.arguments)

    def _replace(self, flight: Flight, old: Transaction, tip: Tip, data: str | None) -> None:
        """Put a dearer transaction in the place of one: its work with this calldata, or nothing."""
        fees = self.fees(tip, old)
        if fees is None:
            return
        flight.open.remove(old)
        self._say(Code.CANCELLED if data is None else Code.REPLACED, kind=old.kind, nonce=old.nonce, hash=old.hash)
        if data is None:
            work: Work = (CANCEL, old.epoch, (f"{CANCEL}:{old.nonce}",), self.address, "0x", TRANSFER_GAS)
        else:
            work = (old.kind, old.epoch, old.items, old.receiver, data, old.gas)
        if self._submit(flight, tip, *work, *fees, nonce=old.nonce) is None:
            flight.open.append(old)

    def fees(self, tip: Tip, old: Transaction | None = None) -> tuple[int, int] | None:
        """Highest fee and priority fee of a transaction sent now, wei; None if that is more than is allowed."""
        base = tip.head.base_fee
        try:
            suggested = int(self._nodes.call("eth_maxPriorityFeePerGas"), 16)
        except RpcError:
            suggested = 0
        tip_fee = max(suggested, self._settings.min_tip)
        limit = self._settings.max_fee
        fee = min(2 * base + tip_fee, limit)
        if old is not None:
            # one that no node took may compete with one that nobody can show, at any fee
            percent = 100 if old.state == tables.INTENT else self._settings.bump_percent
            fee = max(fee, _raised(old.max_fee, percent))
            tip_fee = max(tip_fee, _raised(old.tip, percent))
        tip_fee = min(tip_fee, fee)
        if fee > limit or base + min(tip_fee, self._settings.min_tip) > limit:
            self._say(Code.FEE_CAP, base_fee=base, max_fee=limit)
            return None
        return fee, tip_fee

    def _estimate(self, receiver: str, data: str, kind: str) -> int | None:
        """Gas limit for a call; None if it would revert."""
        request = {"from": self.address, "to": receiver, "data": data}
        try:
            gas = int(self._nodes.call("eth_estimateGas", request, "latest"), 16)
        except RevertError as error:
            self._say(Code.SIMULATION_REVERTS, kind=kind, reason=str(error))
            return None
        return min(gas * GAS_RESERVE // 100, TRANSACTION_GAS_LIMIT)

    def _submit(
        self,
        flight: Flight,
        tip: Tip,
        kind: str,
        epoch: int,
        items: tuple[str, ...],
        receiver: str,
        data: str,
        gas: int,
        max_fee: int,
        priority: int,
        nonce: int | None = None,
    ) -> Transaction | None:
        """Sign, write down, send."""
        nonce = flight.next_nonce() if nonce is None else nonce
        if self._settings.dry_run:
            self._say(Code.DRY_RUN, kind=kind, items=" ".join(items), nonce=nonce)
            return None
        balance = int(self._nodes.call("eth_getBalance", self.address, "latest"), 16)
        reserved = sum(t.gas * t.max_fee for t in flight.open if t.state != tables.MINED and t.nonce != nonce)
        if balance < reserved + gas * max_fee:
            self._say(Code.UNDERFUNDED, kind=kind, balance=balance, needed=reserved + gas * max_fee)
            return None
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": self._chain_id,
                "nonce": nonce,
                "to": to_checksum_address(receiver),
                "value": 0,
                "data": HexStr(data),
                "gas": gas,
                "maxFeePerGas": max_fee,
                "maxPriorityFeePerGas": priority,
                "accessList": [],
            }
        )
        transaction = Transaction(
            hash="0x" + bytes(signed.hash).hex(),
            sender=self.address,
            nonce=nonce,
            kind=kind,
            epoch=epoch,
            items=items,
            receiver=receiver,
            data=data,
            gas=gas,
            max_fee=max_fee,
            tip=priority,
            raw="0x" + bytes(signed.raw_transaction).hex(),
            sent_block=tip.head.number,
        )
        self._journal.add(transaction)
        flight.open.append(transaction)
        if nonce in flight.vacant:
            flight.vacant.remove(nonce)
        if self._hand_over(transaction):
            self._journal.change(transaction, state=tables.SENT)
            self._say(Code.SENT, kind=kind, items=" ".join(items), nonce=nonce, hash=transaction.hash)
        return transaction

    def _hand_over(self, transaction: Transaction) -> bool:
        """Give a signed transaction to every node; whether one of them has it."""
        self._checkpoint(f"send:before:{transaction.kind}")
        accepted, failure = False, ""
        for endpoint in self._nodes.awake:
            try:
                self._nodes.ask(endpoint, "eth_sendRawTransaction", [(transaction.raw,)])
                accepted = True
            except ChainError as error:
                failure = str(error)
                accepted |= any(text in failure.lower() for text in KNOWN_ALREADY)
        self._checkpoint(f"send:after:{transaction.kind}")
        if not accepted:
            self._say(Code.SEND_ERROR, kind=transaction.kind, nonce=transaction.nonce, error=failure)
        return accepted


def _raised(fee: int, percent: int) -> int:
    return -(-fee * (100 + percent) // 100)
