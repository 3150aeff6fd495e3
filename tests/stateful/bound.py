"""I12: all that storage may ever hold, slot by slot, from who takes part and not from what has happened.

What the end of section 16 of ``docs/protocol.md`` counts, as the very places.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ballast.model.constants import EPOCH_RING, PAGE
from tests.stateful.ground import SLOTS, Ground
from tests.stateful.storage import Storage

DISPUTE_WORDS = 5


@cache
def bounds(ground: Ground) -> list[tuple[Storage, frozenset[int]]]:
    """Slots each contract may use for the accounts, participants, classes and task slots there are."""
    accounts = range(ground.escrow.account_count())
    pages = range((len(accounts) - 1) // PAGE + 1)
    addresses = [int(actor.address, 16) for actor in ground.actors]
    operators = [actor.account for actor in ground.operators]
    coprocessors = [actor.account for actor in ground.coprocessors]
    members = [*operators, *coprocessors]
    cards = [int(actor.address, 16) for actor in (*ground.operators, *ground.coprocessors)]
    classes = [c.number for c in ground.task_classes]
    tasks = [(operator << 16) + slot for operator in operators for slot in range(SLOTS)]

    escrow, participants, disputes = (Storage(c) for c in (ground.escrow, ground.participants, ground.classes))
    registry, slasher, reputation = (Storage(c) for c in (ground.registry, ground.slasher, ground.reputation))
    return [
        _bound(
            escrow,
            (escrow.mapped_slot("account_of", address) for address in addresses),
            (escrow.mapped_slot("owner_of", account) for account in accounts),
            (escrow.slot("_balances", account) for account in accounts),
            (escrow.mapped_slot("_thawing", account) for account in accounts),
        ),
        _bound(
            participants,
            (participants.slot("_activities", account) for account in members),
            (participants.slot("_closed", place) for place in _rings(members, EPOCH_RING)),
        ),
        _bound(disputes, (disputes.mapped_slot("disputes", c) + i for c in classes for i in range(DISPUTE_WORDS))),
        _bound(
            registry,
            (registry.mapped_slot("_cards", address) for address in cards),
            (registry.mapped_slot(name, c) for name in ("_auctions", "_openings") for c in classes),
            (registry.mapped_slot("_mandates", c, operator) for c in classes for operator in operators),
            (registry.slot(name, task) for name in ("_terms", "_progress", "_results") for task in tasks),
            (registry.slot("_fees", place) for place in _rings(members, EPOCH_RING + 1)),
        ),
        _bound(slasher, (slasher.mapped_slot("_shares", account) for account in coprocessors)),
        _bound(
            reputation,
            (reputation.slot("_pages", place) for place in _rings(pages, 2)),
            (reputation.mapped_slot("_posted", parity) for parity in range(2)),
            [reputation.mapped_slot("_keepers", ground.keeper.account)],
        ),
    ]


def _rings(numbers: Iterable[int], length: int) -> list[int]:
    """Places of a ring for each number."""
    return [number * length + i for number in numbers for i in range(length)]


def _bound(storage: Storage, *places: Iterable[int]) -> tuple[Storage, frozenset[int]]:
    """Give a contract with its fixed variables and the places named."""
    return storage, storage.fixed.union(*places)
