"""The protocol's contracts, one class each: a method for each function, with the names and in the order of the ABI.

A method makes a `ballast.chain.contract.Call`, which says what it returns::

    free, locked, thawing, releasable = CollateralEscrow(address).balances(3).read(node)

Amounts are token units, difficulties and capacities resource units, times timestamps, fractions ppm and loads basis
points; accounts are numbers of the escrow. Words are packed as the modules of `ballast.model` say. Who may call what,
and when it reverts, is told in ``docs/protocol.md``.
"""

from typing import Final

from ballast.client.contracts.classes import ClassRegistry
from ballast.client.contracts.escrow import CollateralEscrow
from ballast.client.contracts.participants import ParticipantRegistry
from ballast.client.contracts.reputation import GasReputation
from ballast.client.contracts.shared import Owned
from ballast.client.contracts.slasher import Slasher
from ballast.client.contracts.tasks import Bid, Order, Submission, TaskRegistry
from ballast.client.contracts.token import MockToken

__all__ = [
    "PROTOCOL",
    "Bid",
    "ClassRegistry",
    "CollateralEscrow",
    "GasReputation",
    "MockToken",
    "Order",
    "ParticipantRegistry",
    "Slasher",
    "Submission",
    "TaskRegistry",
]

PROTOCOL: Final[tuple[type[Owned], ...]] = (
    ParticipantRegistry,
    ClassRegistry,
    TaskRegistry,
    Slasher,
    GasReputation,
    CollateralEscrow,
)
"""The protocol's contracts, in the order of their deployment. The escrow is the last: what is deposited could not thaw
before the others stand."""
