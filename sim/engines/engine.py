"""What a run asks of an engine: a few phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from ballast.model.parameters import ClassParameters
from ballast.sim.market.records import Integers, Market, Records
from ballast.sim.moments import Moments

GENESIS = 1_700_000_000

BidNumbers = tuple[int, ...]
"""Task, class, difficulty, reward, smallest price in ppm, largest load in basis points."""


class Member(NamedTuple):
    """A participant to be registered.

    Attributes
    ----------
    account : int
        Escrow account.
    role : int
        As in ``ballast.model.constants``.
    capacity, complexity, slots : int
        Arguments of ``ParticipantRegistry.register``.
    """

    account: int
    role: int
    capacity: int
    complexity: int
    slots: int


class Offer(NamedTuple):
    """A class of tasks to be registered, with money behind operators.

    Attributes
    ----------
    avs, number : int
        Escrow account of the AVS; number the class will have.
    terms : ClassParameters
        Its terms.
    mandates : list of (int, int)
        Operators' accounts and amounts, token units.
    """

    avs: int
    number: int
    terms: ClassParameters
    mandates: list[tuple[int, int]]


@dataclass(frozen=True)
class Business:
    """What there is before the first period.

    Attributes
    ----------
    opened, registered : int
        Timestamps at which accounts are opened, and everything else is done.
    deposits : list of int
        Of all accounts from the first on, token units.
    members : list of Member
        Everybody who takes part.
    offers : list of Offer
        All classes.
    keeper, bond : int
        Account of the keeper, and what it locks, token units.
    """

    opened: int
    registered: int
    deposits: list[int]
    members: list[Member]
    offers: list[Offer]
    keeper: int
    bond: int


class Engine(Protocol):
    """What carries a run out.

    The market is ahead of it: a phase tells what has happened there. Arguments have no names to callers, so that an
    engine that needs none of them need not list them.

    Attributes
    ----------
    name : str
        One of ``ballast.sim.engines.NAMES``.
    measures_gas : bool
        Whether ``gas_used`` says anything.
    follows : bool
        Whether it carries out what happened; if not, nobody needs to tell it.
    genesis : int
        Start of epoch 1.
    gas_used, transactions : int
        What was spent so far, if the engine measures it.
    compared_at : list of float
        When each period was done, by ``time.perf_counter``.
    """

    name: str
    measures_gas: bool
    follows: bool
    genesis: int
    gas_used: int
    transactions: int
    compared_at: list[float]

    def set_up(self, business: Business, /) -> None:
        """Open accounts and register everybody and everything."""

    def admit(self, first: int, deposits: Sequence[int], members: Sequence[Member], /) -> None:
        """Open accounts from a first one on with deposits, token units, and register their owners."""

    def dismiss(self, account: int, /) -> None:
        """End a participation."""

    def resize(self, account: int, capacity: int, /) -> None:
        """Change a capacity, resource units, from the next epoch on."""

    def begin_epoch(self, keeper: int, epoch: int, claimants: Integers, logits: Integers, /) -> None:
        """Claim uptime rewards, post the logits of the epoch before, collect the keeper's pay."""

    def carry_out(self, keeper: int, start: int, moments: Moments, events: Records, /) -> None:
        """Do everything that happened in a wave that began at a timestamp, as in `ballast.sim.period.pool.EVENT`."""

    def compare(self, market: Market, epoch: int, posted: int, period: int, /) -> None:
        """Compare the state at the end of a period with the market's.

        Parameters
        ----------
        market : Market
            What is to be expected.
        epoch : int
            Present epoch.
        posted : int
            Accounts whose logits were posted.
        period : int
            For messages.
        """

    def wait(self) -> None:
        """Wait until everything is done; raises what went wrong."""

    def close(self) -> None:
        """Stop whatever was started."""

    def token_balance(self) -> int:
        """Token units the escrow holds."""


@runtime_checkable
class Resumable(Protocol):
    """An engine that can go on with a run that was stopped."""

    def snapshot(self) -> dict[str, Any]:
        """Return the arrays that make up the engine's state."""

    def restore(self, stored: dict[str, Any], /) -> None:
        """Take over the state of a snapshot."""
