"""The one sender of a key: every transaction is written down first, and the chain tells what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from eth_utils.address import to_checksum_address

from ballast.chain.anvil import TRANSACTION_GAS_LIMIT
from ballast.errors import ChainError, RevertError, RpcError
from ballast.node.phrases import Kind
from ballast.transact import tables
from ballast.transact.action import Action
from ballast.transact.answers import estimate, quantity
from ballast.transact.blocks import Tip
from ballast.transact.flight import CANCEL, Clerk, Flight
from ballast.transact.log import Code
from ballast.transact.tables import Transaction

WorkKey = tuple[str, int, tuple[str, ...], str, str, int]
"""Kind, epoch, units of work, receiver, calldata, gas limit."""
TRANSFER_GAS: Final = 21_000
GAS_RESERVE: Final = 125
"""Gas limit in percent of the estimate."""


@dataclass(eq=False, repr=False)
class Sender(Clerk):
    """Sends the actions of one key.

    Attributes
    ----------
    account : LocalAccount
        The key.
    chain_id : int
    checkpoint : callable
        Called at every boundary of a send.
    """

    account: LocalAccount
    chain_id: int
    checkpoint: Callable[[str], None]

    def act(self, action: Action, flight: Flight, tip: Tip) -> Transaction | None:
        """Send an action, unless it is under way already or its simulation reverts.

        Returns
        -------
        Transaction or None
            What was sent.
        """
        waiting = sum(t.state != tables.MINED for t in flight.open)
        if flight.blocked or flight.items & set(action.items) or waiting >= self.settings.max_in_flight:
            return None
        receiver, data = action.call.contract.address, action.call.data
        gas = self._estimate(receiver, data, action.kind)
        if gas is None:
            return None
        fees = self.fees(tip)
        if fees is None:
            return None
        cost = gas * 100 // GAS_RESERVE * min(fees[0], tip.head.base_fee + fees[1])
        if action.must_pay and action.gain * self.settings.token_wei <= cost:
            self.say(Code.NOT_WORTH_IT, kind=action.kind, cost=cost, gain=action.gain)
            return None
        return self._submit(flight, tip, action.kind, action.epoch, action.items, receiver, data, gas, *fees)

    def settle_flight(
        self,
        flight: Flight,
        wanted: dict[str, Action],
        outdated: Sequence[Transaction],
        unwanted: Sequence[Transaction],
        tip: Tip,
    ) -> None:
        """Send again what was lost, replace what is stuck or outdated, and cancel what is no longer wanted.

        A nonce once used is never used again for other work: what the nodes seem to have lost may come back.

        Parameters
        ----------
        flight : Flight
        wanted : dict of str to Action
            What is to be done, by unit of work.
        outdated : sequence of Transaction
            Those under way that would do the wrong thing now.
        unwanted : sequence of Transaction
            Those under way whose work need not be done any more.
        tip : Tip
        """
        if self.settings.dry_run:
            return
        for transaction in outdated:
            self._replace(flight, transaction, tip, self._renewed(transaction, wanted))
        flight.lost = [t for t in flight.lost if t not in outdated]
        flight.stuck = [t for t in flight.stuck if t not in outdated]
        for transaction in sorted(flight.lost, key=lambda t: t.nonce):
            old = tip.head.number - transaction.sent_block >= self.settings.stuck_blocks
            if transaction not in unwanted and transaction.raw and not old:
                self._send_again(transaction)
            else:
                self._replace(flight, transaction, tip, None if transaction in unwanted else transaction.data)
        for transaction in flight.stuck:
            self._replace(flight, transaction, tip, None if transaction in unwanted else transaction.data)

    def _renewed(self, transaction: Transaction, wanted: dict[str, Action]) -> str | None:
        """Calldata that does a transaction's work as it is wanted now; None if it is not."""
        action = next((wanted[item] for item in transaction.items if item in wanted), None)
        return None if action is None else action.call.data

    def _send_again(self, transaction: Transaction) -> None:
        """Hand over what no node has, as it was."""
        if self._hand_over(transaction):
            self.journal.change(transaction, state=tables.SENT, mined_block=0, mined_hash="")
            self.say(Code.RESENT, kind=transaction.kind, nonce=transaction.nonce, hash=transaction.hash)

    def _replace(self, flight: Flight, old: Transaction, tip: Tip, data: str | None) -> None:
        """Put a dearer transaction in the place of one: its work with this calldata, or nothing."""
        fees = self.fees(tip, old, lost=old in flight.lost)
        if fees is None:
            return
        if old.raw and data == old.data and fees == (old.max_fee, old.tip):
            self._send_again(old)
            return
        flight.open.remove(old)
        self.say(Code.CANCELLED if data is None else Code.REPLACED, kind=old.kind, nonce=old.nonce, hash=old.hash)
        if data is None:
            work: WorkKey = (CANCEL, old.epoch, (f"{CANCEL}:{old.nonce}",), self.address, "0x", TRANSFER_GAS)
        else:
            work = (old.kind, old.epoch, old.items, old.receiver, data, old.gas)
        if self._submit(flight, tip, *work, *fees, nonce=old.nonce) is None:
            flight.open.append(old)

    def fees(self, tip: Tip, old: Transaction | None = None, *, lost: bool = False) -> tuple[int, int] | None:
        """Highest fee and priority fee of a transaction sent now, wei; None if that is more than is allowed.

        Parameters
        ----------
        tip : Tip
        old : Transaction, optional
            The one it takes the place of; nodes that have that one want both fees higher.
        lost : bool
            Whether no node has that one. Then the highest fee allowed is enough, however much was offered before.
        """
        base = tip.head.base_fee
        try:
            suggested = self.nodes.call("eth_maxPriorityFeePerGas", as_=quantity)
        except RpcError:
            suggested = 0
        tip_fee = max(suggested, self.settings.min_tip)
        limit = self.settings.max_fee
        fee = min(2 * base + tip_fee, limit)
        if old is not None:
            # one that no node took may compete with one that nobody can show, at any fee
            percent = 100 if old.state == tables.INTENT else self.settings.bump_percent
            raised = _raised(old.max_fee, percent)
            if lost and raised > limit:
                fee, tip_fee = limit, max(tip_fee, old.tip)
            else:
                fee, tip_fee = max(fee, raised), max(tip_fee, _raised(old.tip, percent))
        tip_fee = min(tip_fee, fee)
        if fee > limit or base + min(tip_fee, self.settings.min_tip) > limit:
            self.say(Code.FEE_CAP, base_fee=base, max_fee=limit)
            return None
        return fee, tip_fee

    def _estimate(self, receiver: str, data: str, kind: str) -> int | None:
        """Gas limit for a call; None if it would revert, or no node can tell."""
        request = {"from": self.address, "to": receiver, "data": data}
        try:
            gas: int = self.nodes.call("eth_estimateGas", request, "latest", as_=estimate)
        except RevertError as error:
            self.say(Code.SIMULATION_REVERTS, kind=kind, reason=str(error))
            return None
        except RpcError as error:
            self.say(Code.SIMULATION_FAILED, kind=kind, error=str(error))
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
        if self.settings.dry_run:
            self.say(Code.DRY_RUN, kind=kind, items=" ".join(items), nonce=nonce)
            return None
        balance = self.nodes.call("eth_getBalance", self.address, "latest", as_=quantity)
        reserved = sum(t.gas * t.max_fee for t in flight.open if t.state != tables.MINED and t.nonce != nonce)
        if balance < reserved + gas * max_fee:
            self.say(Code.UNDERFUNDED, kind=kind, balance=balance, needed=reserved + gas * max_fee)
            return None
        signed = self.account.sign_transaction(
            {
                "type": 2,
                "chainId": self.chain_id,
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
        self.journal.add(transaction)
        flight.open.append(transaction)
        if nonce in flight.vacant:
            flight.vacant.remove(nonce)
        if self._hand_over(transaction):
            self.journal.change(transaction, state=tables.SENT)
            self.say(Code.SENT, kind=kind, items=" ".join(items), nonce=nonce, hash=transaction.hash)
        return transaction

    def _hand_over(self, transaction: Transaction) -> bool:
        """Give a signed transaction to every node; whether one of them has it."""
        if self.settings.dry_run:
            return False
        self.checkpoint(f"send:before:{transaction.kind}")
        accepted, failure = False, ""
        for endpoint in self.nodes.awake:
            try:
                self.nodes.ask(endpoint, "eth_sendRawTransaction", [(transaction.raw,)])
                accepted = True
            except ChainError as error:
                failure = str(error)
                accepted |= isinstance(error, RpcError) and error.kind == Kind.KNOWN
        self.checkpoint(f"send:after:{transaction.kind}")
        if not accepted:
            self.say(Code.SEND_ERROR, kind=transaction.kind, nonce=transaction.nonce, error=failure)
        return accepted


def _raised(fee: int, percent: int) -> int:
    return -(-fee * (100 + percent) // 100)
