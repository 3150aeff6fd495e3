"""What a keeper knows when it decides, all of it read from the chain."""

from __future__ import annotations

from dataclasses import dataclass

from ballast.client.contracts import GasReputation, TaskRegistry


@dataclass(frozen=True, slots=True)
class Overdue:
    """A task anyone can move on.

    Attributes
    ----------
    task : int
        Its number.
    step : str
        ``settle``, ``slash``, ``fail`` or ``expire``.
    gain : int
        What the keeper's account gains from it, token units.
    """

    task: int
    step: str
    gain: int


@dataclass(frozen=True, slots=True)
class Own:
    """The keeper's own state at the newest block.

    Attributes
    ----------
    account : int
        Escrow account, 0 for none.
    bond : int
        Token units.
    at_risk : int
        Values open to challenge.
    free : int
        Free funds in the escrow, token units.
    payable : int
        What `collect` would pay now, token units.
    balance : int
        Of the address, wei.
    """

    account: int
    bond: int
    at_risk: int
    free: int
    payable: int
    balance: int


@dataclass(frozen=True, slots=True)
class View:
    """All a decision depends on.

    Attributes
    ----------
    epoch : int
        The present epoch, by the newest block.
    clock : int
        Seconds into it.
    epoch_seconds : int
        Its length.
    expected : tuple of int
        What a post for the epoch before must say, a word of eight logits a page.
    confirmed, written : tuple of int
        What stands for that epoch, page by page, at the confirmed and at the newest block; 0 for a page not written.
    rank : int
        Place of the keeper in this epoch's order, 0 for the first.
    keepers : int
        Keepers in that order.
    own : Own
        The keeper.
    bond_per_value, pay_per_value : int
        Token units.
    gas_price : int
        Wei a transaction sent now would pay for a unit of gas.
    overdue : tuple of Overdue
        Tasks that can be moved on.
    reputation : GasReputation
    tasks : TaskRegistry
        Where what is decided is done.
    """

    epoch: int
    clock: int
    epoch_seconds: int
    expected: tuple[int, ...]
    confirmed: tuple[int, ...]
    written: tuple[int, ...]
    rank: int
    keepers: int
    own: Own
    bond_per_value: int
    pay_per_value: int
    gas_price: int
    overdue: tuple[Overdue, ...]
    reputation: GasReputation
    tasks: TaskRegistry

    @property
    def closed(self) -> int:
        """The epoch that posts are for."""
        return self.epoch - 1
