"""What an address has, in the escrow and beside it, and what it can do with that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_abi.exceptions import DecodingError

from ballast.chain.contract import Call
from ballast.client.contracts import MockToken
from ballast.deployment import Deployment
from ballast.errors import FundsError, RpcError, UserError
from ballast.keeper.observe import Observer
from ballast.transact import units
from ballast.transact.answers import quantity
from ballast.transact.blocks import Tip
from ballast.transact.nodes import Nodes

WORDING = 128
"""Characters of a token's symbol at most; a longer one is none."""


@dataclass(frozen=True)
class Funds:
    """What an address has at the newest block; token amounts in whole token units.

    Attributes
    ----------
    address : str
    account : int
        Escrow account, 0 for none.
    final : bool
        Whether the confirmed block knows the account too. Before that its number may come to be somebody else's.
    free, locked, thawing : int
        In the account.
    thawed_at : int
        Timestamp from which what thaws can be withdrawn; 0 if nothing does.
    spendable : int
        What may leave the account: the rest backs capacity.
    tokens, allowance : int
        Of the address, and what of these the escrow may take.
    ether : int
        Of the address, wei.
    entry_fee, thaw_seconds : int
        Terms of the escrow.
    paused : bool
        Whether the owner stopped deposits and new accounts.
    now : int
        Timestamp of the newest block.
    symbol : str or None
    decimals : int or None
        Of the token, if it tells them.
    """

    address: str
    account: int
    final: bool
    free: int
    locked: int
    thawing: int
    thawed_at: int
    spendable: int
    tokens: int
    allowance: int
    ether: int
    entry_fee: int
    thaw_seconds: int
    paused: bool
    now: int
    symbol: str | None
    decimals: int | None

    def told(self, amount: int) -> str:
        """Amount as people read it."""
        return units.tokens(amount, self.symbol, self.decimals)

    @property
    def thaw_ends(self) -> str:
        """When what thaws can be withdrawn, as people read it."""
        left = self.thawed_at - self.now
        return f"{units.moment(self.thawed_at)}{f', in {units.duration(left)}' if left > 0 else ', now'}"

    # What can be done

    def check_open(self) -> None:
        """Refuse to open an account that cannot be opened now."""
        self._check_deposits()
        self._check_tokens(self.entry_fee, "the entry fee is")

    def check_deposit(self, amount: int) -> None:
        """Refuse a deposit that cannot be made now."""
        self.check_account()
        if not self.final:
            raise UserError(
                f"account {self.account} is not final yet, so that its number may still become another's: try again"
                " in a few blocks"
            )
        self._check_deposits()
        self._check_tokens(amount, "the deposit is")

    def check_thaw(self, amount: int) -> None:
        """Refuse a thaw that cannot begin now."""
        self.check_account()
        if amount > self.free:
            raise FundsError(f"account {self.account} has {self.told(self.free)} free, which is less than {amount:,}")
        if amount > self.spendable:
            raise FundsError(
                f"no more than {self.told(min(self.free, self.spendable))} can be thawed: the rest of account"
                f" {self.account} backs its capacity"
            )

    def check_cancel(self) -> None:
        """Refuse to end a thaw that is none."""
        self.check_account()
        if self.thawing == 0:
            raise FundsError(f"nothing of account {self.account} thaws")

    def check_withdraw(self) -> None:
        """Refuse to withdraw what is not thawed."""
        self.check_account()
        if self.thawing == 0:
            raise FundsError(f"nothing of account {self.account} is thawed: begin with `ballast account thaw AMOUNT`")
        if self.now < self.thawed_at:
            raise UserError(
                f"too early: {self.told(self.thawing)} can be withdrawn from {units.moment(self.thawed_at)} on,"
                f" in {units.duration(self.thawed_at - self.now)}"
            )

    def check_account(self) -> None:
        """Refuse an address without an account."""
        if self.account == 0:
            raise FundsError(f"{self.address} has no escrow account: open one with `ballast account open`")

    def _check_deposits(self) -> None:
        if self.paused:
            raise UserError("the owner of the escrow has paused deposits and new accounts: try again later")

    def _check_tokens(self, amount: int, what: str) -> None:
        if amount > self.tokens:
            raise FundsError(
                f"{self.address} has {self.told(self.tokens)}, and {what} {amount:,}: send it {amount - self.tokens:,}"
                " more"
            )

    # Telling

    def table(self) -> dict[str, Any]:
        """Content as JSON holds it: raw token units, and wei as text."""
        return {
            "address": self.address,
            "account": self.account or None,
            "free": self.free,
            "locked": self.locked,
            "thawing": self.thawing,
            "thawed_at": self.thawed_at or None,
            "tokens": self.tokens,
            "ether_wei": str(self.ether),
            "token": {"symbol": self.symbol, "decimals": self.decimals},
        }

    def lines(self) -> dict[str, Any]:
        """Content as people read it."""
        told: dict[str, Any] = {"address": self.address, "account": self.account or "none"}
        if self.account:
            told |= {name: self.told(getattr(self, name)) for name in ("free", "locked", "thawing")}
            if self.thawing:
                told["can be withdrawn"] = self.thaw_ends
        return {**told, "tokens": self.told(self.tokens), "ether": units.wei(self.ether, "ether")}


class Purse:
    """Reads the funds of an address.

    Parameters
    ----------
    deployment : Deployment
    nodes : Nodes
    observer : Observer
    """

    def __init__(self, deployment: Deployment, nodes: Nodes, observer: Observer) -> None:
        self._nodes = nodes
        self._observer = observer
        self._escrow = observer.escrow
        self._token = deployment.contract(MockToken)

    def read(self, address: str, tip: Tip) -> Funds:
        """Read them at the newest block.

        Raises
        ------
        ChainError
            If the chain cannot be read.
        """
        at = tip.head.pinned
        one = self._observer.one
        account = one(self._escrow.account_of(address), at)
        confirmed = account if tip.block == tip.head else self._known(address, tip)
        free, locked, thawing, thawed_at = one(self._escrow.balances(account), at) if account else (0, 0, 0, 0)
        return Funds(
            address=address,
            account=account,
            final=account == confirmed,
            free=free,
            locked=locked,
            thawing=thawing,
            thawed_at=thawed_at if thawing else 0,
            spendable=one(self._escrow.spendable_of(account), at) if account else 0,
            tokens=one(self._token.balanceOf(address), at),
            allowance=one(self._token.allowance(address, self._escrow.address), at),
            ether=self._nodes.call("eth_getBalance", address, at, as_=quantity),
            entry_fee=one(self._escrow.ENTRY_FEE(), at),
            thaw_seconds=one(self._escrow.THAW_SECONDS(), at),
            paused=one(self._escrow.deposits_paused(), at),
            now=tip.head.timestamp,
            symbol=self._optional(self._token.symbol(), _symbol, at),
            decimals=self._optional(self._token.decimals(), int, at),
        )

    def _known(self, address: str, tip: Tip) -> int:
        """Account of an address at the confirmed block, at which the escrow may not stand yet."""
        answer: str = self._nodes.call("eth_call", *self._escrow.account_of(address).params(tip.block.pinned))
        return int(answer, 16) if len(answer) > 2 else 0

    def _optional(self, call: Call[Any], as_: Callable[[Any], Any], at: Any) -> Any:
        """Value of a view that not every token has in this form; None if it has not."""
        try:
            return as_(call.decode(self._nodes.call("eth_call", *call.params(at))))
        except (RpcError, DecodingError, OverflowError, ValueError):
            return None


def _symbol(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > WORDING:
        raise ValueError
    return value
