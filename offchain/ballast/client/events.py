"""The protocol's events, one class each, with the names and in the order of the ABI.

Amounts are token units, times timestamps, fractions ppm and loads basis points; accounts are numbers of the escrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from eth_utils.abi import event_abi_to_log_topic

from ballast.chain import abi
from ballast.chain.artifacts import artifacts
from ballast.model.class_packing import Auction, Opening
from ballast.model.load_curve import Curve
from ballast.model.parameters import Dispute
from ballast.model.reputation_filter import FilterParameters
from ballast.model.slash_split import SlashTerms

TOPIC: Final = 66
"""Length of a topic as hex."""


@dataclass(frozen=True)
class Event:
    """Something a contract of the protocol logged."""


# All contracts


@dataclass(frozen=True)
class OwnershipOffered(Event):
    """An owner named who may follow it."""

    owner: str
    pending_owner: str


@dataclass(frozen=True)
class OwnershipTransferred(Event):
    """A contract has a new owner."""

    previous_owner: str
    owner: str


@dataclass(frozen=True)
class Paused(Event):
    """Registering and bidding, or opening, was stopped or allowed again."""

    paused: bool


# Escrow


@dataclass(frozen=True)
class AccountOpened(Event):
    """An address got its account."""

    owner: str
    account: int


@dataclass(frozen=True)
class Deposited(Event):
    """Tokens came in."""

    account: int
    amount: int


@dataclass(frozen=True)
class ThawStarted(Event):
    """Funds began to thaw; all that thaws is withdrawable from a time on."""

    account: int
    amount: int
    releasable: int


@dataclass(frozen=True)
class ThawCancelled(Event):
    """Thawing funds are free again."""

    account: int
    amount: int


@dataclass(frozen=True)
class Withdrawn(Event):
    """Tokens went out."""

    account: int
    receiver: str
    amount: int


@dataclass(frozen=True)
class Burned(Event):
    """Tokens of the burn account left for good."""

    amount: int


@dataclass(frozen=True)
class DepositsPaused(Event):
    """Deposits were stopped or allowed again."""

    paused: bool


# Participants


@dataclass(frozen=True)
class Registered(Event):
    """An account became an operator (role 1) or a coprocessor (2)."""

    account: int
    role: int
    capacity: int
    complexity: int
    slots: int


@dataclass(frozen=True)
class Resized(Event):
    """A capacity changes with an epoch."""

    account: int
    capacity: int
    from_epoch: int


@dataclass(frozen=True)
class Left(Event):
    """A participant left."""

    account: int


@dataclass(frozen=True)
class CapacityCut(Event):
    """A capacity was held to what the stake covers."""

    account: int
    capacity: int


# Classes


@dataclass(frozen=True)
class ClassRegistered(Event):
    """An AVS registered a class of tasks."""

    class_id: int
    avs: int
    auction: Auction
    opening: Opening
    dispute: Dispute


@dataclass(frozen=True)
class FeeSet(Event):
    """Later classes have another fee."""

    fee: int


# Tasks


@dataclass(frozen=True)
class MandateChanged(Event):
    """An AVS changed what an operator may draw."""

    class_id: int
    operator: int
    remaining: int


@dataclass(frozen=True)
class MandateSuspended(Event):
    """An operator may draw nothing until its mandate is increased."""

    class_id: int
    operator: int


@dataclass(frozen=True)
class TaskOpened(Event):
    """An operator opened a task, with the start price of its auction."""

    task: int
    class_id: int
    difficulty: int
    reward: int
    start: int
    min_reputation: int


@dataclass(frozen=True)
class TaskReopened(Event):
    """A task nobody bid for has a last call, on the rising clock."""

    task: int


@dataclass(frozen=True)
class TaskWon(Event):
    """A bid leads, or the operator executes the task itself."""

    task: int
    executor: int
    step: int
    price: int
    load: int
    due: int


@dataclass(frozen=True)
class TaskTakenOver(Event):
    """A rescuer took a late task over, at the cap."""

    task: int
    executor: int
    load: int
    due: int


@dataclass(frozen=True)
class ResultSubmitted(Event):
    """An executor submitted its result."""

    task: int
    result: int


@dataclass(frozen=True)
class TaskHeld(Event):
    """The court holds a task."""

    task: int


@dataclass(frozen=True)
class TaskUpheld(Event):
    """The court lets a result stand."""

    task: int


@dataclass(frozen=True)
class TaskSettled(Event):
    """An executor was paid a price less a fee."""

    task: int
    price: int
    fee: int


@dataclass(frozen=True)
class TaskClosed(Event):
    """A task ended without payment, with an outcome of ``ballast.model.task_packing``."""

    task: int
    outcome: int


@dataclass(frozen=True)
class Skipped(Event):
    """An item did not apply, for a reason of ``ballast.model.reasons``: a task, or a position in orders to open."""

    item: int
    code: int


# Slasher


@dataclass(frozen=True)
class Slashed(Event):
    """An executor lost an amount, of which a finder (0 for none) had its share."""

    task: int
    executor: int
    finder: int
    amount: int


@dataclass(frozen=True)
class UptimeEntered(Event):
    """A coprocessor was entered for a share of an epoch's budget."""

    account: int
    epoch: int
    weight: int


@dataclass(frozen=True)
class UptimePaid(Event):
    """A coprocessor had its uptime reward of an epoch."""

    account: int
    epoch: int
    amount: int


@dataclass(frozen=True)
class UptimeSkipped(Event):
    """An account has no uptime reward of an epoch."""

    account: int
    epoch: int


@dataclass(frozen=True)
class KeeperPaid(Event):
    """A keeper was paid from the pool."""

    account: int
    amount: int


@dataclass(frozen=True)
class BudgetSet(Event):
    """An epoch's budget for uptime rewards was set aside."""

    epoch: int
    budget: int


@dataclass(frozen=True)
class TermsScheduled(Event):
    """Slash terms change with an epoch."""

    terms: SlashTerms
    from_epoch: int


@dataclass(frozen=True)
class CurveScheduled(Event):
    """The load curve changes with an epoch."""

    curve: Curve
    from_epoch: int


# Reputation


@dataclass(frozen=True)
class Posted(Event):
    """A keeper posted pages of an epoch: as many as given, from the first on that nobody had written."""

    epoch: int
    poster: int
    first_page: int
    pages: int


@dataclass(frozen=True)
class Poked(Event):
    """The contract computed a page of an epoch; logits of its accounts, lowest first, in micro-logits."""

    epoch: int
    page: int
    logits: tuple[int, ...]


@dataclass(frozen=True)
class Corrected(Event):
    """A posted page was wrong; logits of its accounts as they are now, lowest first, in micro-logits."""

    epoch: int
    page: int
    poster: int
    logits: tuple[int, ...]


@dataclass(frozen=True)
class BondChanged(Event):
    """A keeper changed its bond."""

    keeper: int
    bonded: int


@dataclass(frozen=True)
class ParametersScheduled(Event):
    """The filter's parameters change with an epoch."""

    parameters: FilterParameters
    from_epoch: int


KINDS: Final = {kind.__name__: kind for kind in Event.__subclasses__()}
"""Classes of events by name."""


@cache
def _entries() -> dict[str, dict[str, Any]]:
    """Entries of the ABIs by the event's name."""
    entries = (entry for artifact in artifacts().values() for entry in artifact.abi)
    return {entry["name"]: entry for entry in entries if entry["type"] == "event" and entry["name"] in KINDS}


@cache
def _by_topic() -> dict[str, type[Event]]:
    """Classes of events by their first topic."""
    return {topic(KINDS[name]): KINDS[name] for name in _entries()}


def topic(kind: type[Event]) -> str:
    """First topic of an event's logs, as hex, by which nodes find them."""
    return f"0x{bytes(event_abi_to_log_topic(_entries()[kind.__name__])).hex()}"


def decoded(log: Mapping[str, Any]) -> Event | None:
    """Decode a log, as nodes give it.

    Returns
    -------
    Event or None
        None if it is no event of the protocol.

    Raises
    ------
    Exception
        One of ``ballast.chain.rpc.UNREADABLE``, if it is no log at all.
    """
    first, *topics = log["topics"]
    kind = _by_topic().get(first)
    if kind is None:
        return None
    if {len(topic) for topic in topics} - {TOPIC}:
        raise ValueError("a topic is not 32 bytes")
    inputs = _entries()[kind.__name__]["inputs"]
    indexed = [argument for argument in inputs if argument["indexed"]]
    plain = [argument for argument in inputs if not argument["indexed"]]
    values = {
        argument["name"]: abi.decoded([argument], bytes.fromhex(topic[2:]))[0]
        for argument, topic in zip(indexed, topics, strict=True)
    }
    data = abi.decoded(plain, bytes.fromhex(log["data"][2:]))
    values |= {argument["name"]: value for argument, value in zip(plain, data, strict=True)}
    event: Event = abi.shaped(kind, [values[argument["name"]] for argument in inputs])
    return event
