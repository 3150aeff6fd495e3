"""Doing one thing after the other with a key, and seeing each through: sent, replaced if stuck, included, final."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from eth_account.signers.local import LocalAccount

from ballast.account.funds import Funds, Purse
from ballast.chain.contract import Call
from ballast.client.contracts import MockToken
from ballast.deployment import Deployment
from ballast.errors import ChainError, FundsError, JournalError, UserError
from ballast.keeper.discover import network_of
from ballast.keeper.observe import Observer
from ballast.keeper.settings import KeeperSettings
from ballast.keeper.waiting import DEEDS, unwanted
from ballast.transact import tables, units
from ballast.transact.action import Action
from ballast.transact.blocks import Tip
from ballast.transact.flight import Flight, Lookout
from ballast.transact.journal import Journal
from ballast.transact.log import Code, Condition, nothing
from ballast.transact.nodes import Nodes
from ballast.transact.sender import Sender
from ballast.transact.tables import Transaction
from ballast.transact.watch import Watch

PAUSE: Final = 0.5
"""Seconds between two looks at the chain."""
QUIET: Final = 20.0
"""Seconds without a new block after which the user is told so."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Receipt:
    """What became of a transaction."""

    kind: str
    hash: str
    block: int
    gas_used: int
    gas_price: int

    def table(self) -> dict[str, Any]:
        """Content as JSON holds it."""
        return {
            "kind": self.kind,
            "hash": self.hash,
            "block": self.block,
            "gas_used": self.gas_used,
            "fee_wei": str(self.gas_used * self.gas_price),
        }


@dataclass
class _Seen:
    """Conditions met since something was sent."""

    ends: dict[str, tuple[Condition, dict[str, Any]]] = field(default_factory=dict)
    last: dict[Condition, dict[str, Any]] = field(default_factory=dict)


class Desk:
    """Does deeds of one key.

    Parameters
    ----------
    deployment : Deployment
    nodes : Nodes
    account : LocalAccount
        The key.
    journal : Journal
        One the key has claimed.
    settings : KeeperSettings
    wait_seconds : float
        Longest wait for a transaction.
    tell : callable
        Takes lines about what goes on.

    Raises
    ------
    JournalError
        If the journal cannot be written: what was sent would not be known to the next command.
    """

    def __init__(
        self,
        deployment: Deployment,
        nodes: Nodes,
        account: LocalAccount,
        journal: Journal,
        settings: KeeperSettings,
        wait_seconds: float,
        tell: Tell,
    ) -> None:
        journal.bind(network_of(deployment))
        if journal.trouble:
            raise JournalError(f"the journal {journal.name} cannot be written: {journal.trouble}")
        nodes.chain_id = deployment.chain_id
        self._nodes, self._journal, self._settings = nodes, journal, settings
        self._address = account.address
        self._wait, self._tell = wait_seconds, tell
        self._seen = _Seen()
        self._told: set[str] = set()
        self._observer = Observer(deployment, nodes, settings)
        self._purse = Purse(deployment, nodes, self._observer)
        self._watch = Watch(nodes, journal, settings.confirmations, self._say, nothing, deployment.block)
        office = (account.address, nodes, journal, settings, self._say)
        self.token, self.escrow = deployment.contract(MockToken), self._observer.escrow
        self._lookout = Lookout(*office, (self.token, self.escrow))
        self._sender = Sender(*office, account, deployment.chain_id, nothing)

    def funds(self) -> Funds:
        """Read what the key's address has."""
        return self._purse.read(self._address, self._watch.tip())

    def clear(self, kind: str) -> None:
        """See what an earlier command sent through, so that nothing is sent twice by mistake.

        Parameters
        ----------
        kind : str
            What is to be done next.

        Raises
        ------
        UserError
            If that was under way already.
        """
        earlier = self._waiting(self._look()[1])
        for transaction in earlier:
            self._tell(f"an earlier {_name(transaction.kind)} is under way: {transaction.hash}")
        for transaction in earlier:
            self._follow(transaction, final=False)
        if kind in {transaction.kind for transaction in earlier}:
            raise UserError(
                f"an earlier {_name(kind)} was under way and is included now: see `ballast account balance`, and"
                " give the command again if it is still wanted"
            )

    def do(self, call: Call[Any], *, final: bool = True) -> Receipt | None:
        """Do something.

        Parameters
        ----------
        call : Call
            Of the escrow or of the token.
        final : bool
            Whether to wait until it has the confirmations asked for, and not only until it is included.

        Returns
        -------
        Receipt or None
            None if it is not to be sent (``dry_run``).

        Raises
        ------
        FundsError
            If there is not enough ether.
        ChainError
            If it fails, or is not included in time.
        """
        deadline = time.monotonic() + self._wait
        kind = call.function
        while True:
            tip, flight = self._look()
            if not self._journal.alone():
                raise UserError(f"a keeper may be working with the key {self._address} and this journal: stop it first")
            epoch = self._observer.clock(tip.head.timestamp)[0]
            self._seen.last.clear()
            sent = self._sender.act(Action(call, epoch, (kind,)), flight, tip)
            if sent is not None:
                self._tell(f"{_name(kind)} sent: {sent.hash}")
                return self._follow(sent, final=final, deadline=deadline)
            if self._settings.dry_run:
                self._explain(kind)
                return None
            if not flight.blocked:
                self._explain(kind)
            if time.monotonic() > deadline:
                raise ChainError(
                    f"{_name(kind)} was not sent: another transaction of {self._address} waits for inclusion"
                )
            time.sleep(PAUSE)

    # Following

    def _look(self) -> tuple[Tip, Flight]:
        """See what became of everything under way, and mend what is lost or stuck."""
        self._nodes.within(self._settings.pass_seconds)
        self._journal.retry()
        tip = self._watch.tip()
        flight = self._lookout.look(tip, _meaning)
        idle = [t for t in flight.open if unwanted(t, set(), set())]
        self._sender.settle_flight(flight, {}, [], idle, tip)
        return tip, flight

    def _waiting(self, flight: Flight) -> list[Transaction]:
        """Deeds of earlier commands that are not included."""
        return [t for t in flight.open if t.kind in DEEDS and t.state != tables.MINED]

    def _follow(self, sent: Transaction, *, final: bool, deadline: float | None = None) -> Receipt:
        """Wait for what becomes of a transaction, or of one that takes its place."""
        deadline = deadline if deadline is not None else time.monotonic() + self._wait
        hashes, included = {sent.hash}, False
        head, since = 0, time.monotonic()
        while True:
            tip, flight = self._look_patiently(deadline)
            hashes |= {t.hash for t in self._journal.open_transactions(self._address) if t.nonce == sent.nonce}
            for digest in hashes & self._seen.ends.keys():
                code, fields = self._seen.ends[digest]
                if code is Code.REVERTED:
                    raise ChainError(f"{_name(sent.kind)} was included and reverted: {digest}")
                if code is Code.CONFIRMED:
                    return _receipt(sent.kind, digest, fields)
                raise ChainError(f"another sender of {self._address} took the nonce {sent.nonce}: one key, one sender")
            mined = next((t for t in flight.open if t.nonce == sent.nonce and t.state == tables.MINED), None)
            if mined is not None and not final:
                return Receipt(sent.kind, mined.hash, mined.mined_block, mined.gas_used, mined.gas_price)
            if mined is not None and not included:
                included = True
                blocks = self._settings.confirmations
                plural = "" if blocks == 1 else "s"
                self._tell(f"included in block {mined.mined_block}; waiting for {blocks} confirmation{plural}")
            now = time.monotonic()
            if tip.head.number != head:
                head, since = tip.head.number, now
            elif now - since > QUIET:
                hint = ": if the chain mines on demand, give --confirmations 0" if included else ""
                self._tell_once(f"block {head} is still the newest after {QUIET:.0f} s{hint}")
            if now > deadline:
                state = "included, but not confirmed" if included else "not included"
                raise ChainError(
                    f"{_name(sent.kind)} is {state} after {self._wait:g} s ({sent.hash}): the next command goes on"
                    " with it"
                )
            time.sleep(PAUSE)

    def _look_patiently(self, deadline: float) -> tuple[Tip, Flight]:
        """Look at the chain; nodes that are away for a while are waited for."""
        while True:
            try:
                return self._look()
            except ChainError as error:
                if time.monotonic() > deadline:
                    raise
                self._tell_once(str(error))
            time.sleep(PAUSE)

    def _tell_once(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._tell(line)

    def _say(self, code: Condition, **fields: Any) -> None:
        """Take down a condition, and tell of those that hold things up."""
        fields = (self._nodes.secrets | self._journal.secrets).hidden(fields)
        self._seen.last[code] = fields
        if code in (Code.CONFIRMED, Code.REVERTED, Code.SUPERSEDED):
            self._seen.ends[fields["hash"]] = code, fields
        elif code in (Code.REPLACED, Code.CANCELLED, Code.RESENT, Code.SEND_ERROR, Code.UNKNOWN_IN_FLIGHT, Code.REORG):
            detail = f": {fields['error']}" if "error" in fields else ""
            self._tell_once(f"{code.meaning}{detail}")

    def _explain(self, kind: str) -> None:
        """Raise for what kept the sender from sending, if anything did."""
        last, name = self._seen.last, _name(kind)
        if (told := last.get(Code.UNDERFUNDED)) is not None:
            have, need = (units.wei(int(told[key]), "ether") for key in ("balance", "needed"))
            raise FundsError(f"{name} may cost {need} for gas, and {self._address} has {have}: send it more")
        if (told := last.get(Code.FEE_CAP)) is not None:
            base, most = (units.wei(int(told[key]), "gwei") for key in ("base_fee", "max_fee"))
            raise ChainError(f"gas costs {base}, more than the highest price allowed, {most}: wait, or --max-fee-gwei")
        if (told := last.get(Code.SIMULATION_REVERTS)) is not None:
            raise ChainError(f"{name} would revert: {told['reason']}")
        if (told := last.get(Code.SIMULATION_FAILED)) is not None:
            raise ChainError(f"{name} could not be simulated: {told['error']}")


def _meaning(call: Call[Any]) -> tuple[int, tuple[str, ...]] | None:
    """Tell what a call found waiting is for: a deed is its own unit of work."""
    return (0, (call.function,)) if call.function in DEEDS else None


def _name(kind: str) -> str:
    return {"open_account": "open", "cancel_thaw": "cancelling of the thaw"}.get(kind, kind)


def _receipt(kind: str, digest: str, fields: dict[str, Any]) -> Receipt:
    return Receipt(kind, digest, fields["mined_block"], fields["gas_used"], fields["gas_price"])
