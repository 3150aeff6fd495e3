"""Changes of balances, the one entry for the protocol's own contracts."""

from __future__ import annotations

import boa
import pytest

from tests.support.chain import refused
from tests.support.contract_words import BURN, move
from tests.support.protocol import Protocol

MAX_AMOUNT = 2**96 - 1
FREE = "escrow: free out of range"
LOCKED = "escrow: locked out of range"


@pytest.fixture
def pair(protocol: Protocol) -> tuple[int, int]:
    """Give two accounts: 1,000 free and 200 locked, 500 free."""
    _, alice = protocol.account("alice", deposit=1_200)
    _, bob = protocol.account("bob", deposit=500)
    protocol.escrow.move([move(alice, -200, 200)], sender=protocol.registry.address)
    return alice, bob


@pytest.mark.parametrize("mover", ["registry", "slasher", "reputation", "classes"])
def test_the_four_movers_may(protocol: Protocol, pair: tuple[int, int], mover: str) -> None:
    """Each of the contracts fixed at deployment."""
    alice, bob = pair
    sender = getattr(protocol, mover).address
    protocol.escrow.move([move(alice, -10), move(bob, 10)], sender=sender)
    assert (protocol.free(alice), protocol.free(bob)) == (990, 510)


@pytest.mark.parametrize("who", ["owner", "court", "stranger", "participants", "escrow"])
def test_nobody_else_may(protocol: Protocol, who: str) -> None:
    """Neither the owner nor a contract that has no business with balances, not even for an empty list."""
    caller = getattr(protocol, who)
    with refused("escrow: not a mover"):
        protocol.escrow.move([], sender=getattr(caller, "address", caller))


@pytest.mark.parametrize(
    ("changes", "alice_after", "bob_after"),
    [
        ([(0, -1_000, 1_000)], (0, 1_200), (500, 0)),
        ([(0, 200, -200)], (1_200, 0), (500, 0)),
        ([(0, 0, -200), (1, 200, 0)], (1_000, 0), (700, 0)),
        ([(0, 0, -200), (1, 0, 200)], (1_000, 0), (500, 200)),
        ([(0, -1_000, -200), (1, 1_100, 100)], (0, 0), (1_600, 100)),
        ([(0, -600, 0), (1, 100, 0), (0, 500, 0)], (900, 200), (600, 0)),
        ([], (1_000, 200), (500, 0)),
    ],
)
def test_changes_apply(
    protocol: Protocol,
    pair: tuple[int, int],
    changes: list[tuple[int, int, int]],
    alice_after: tuple[int, int],
    bob_after: tuple[int, int],
) -> None:
    """Locking, unlocking, paying from either balance to either, one account twice."""
    words = [move(pair[who], free, locked) for who, free, locked in changes]
    protocol.escrow.move(words, sender=protocol.slasher.address)
    assert protocol.escrow.balances(pair[0])[:2] == alice_after
    assert protocol.escrow.balances(pair[1])[:2] == bob_after


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ([(0, -1_001, 1_001)], FREE),
        ([(0, 201, -201)], LOCKED),
        ([(0, -1_001, 0), (1, 1_001, 0)], FREE),
        ([(0, 0, -201), (1, 0, 201)], LOCKED),
        ([(0, -1_001, 0), (0, 1_001, 0)], FREE),
        ([(1, 0, -1), (1, 1, 0)], LOCKED),
    ],
)
def test_no_balance_goes_below_zero(
    protocol: Protocol, pair: tuple[int, int], changes: list[tuple[int, int, int]], reason: str
) -> None:
    """Not even for the time between two words of one call."""
    words = [move(pair[who], free, locked) for who, free, locked in changes]
    with refused(reason):
        protocol.escrow.move(words, sender=protocol.slasher.address)


@pytest.mark.parametrize("difference", [-1, 1, 2**96])
@pytest.mark.parametrize("locked", [False, True])
def test_what_does_not_add_up_to_zero_is_refused(
    protocol: Protocol, pair: tuple[int, int], difference: int, locked: bool
) -> None:
    """Money is neither made nor lost, in either balance."""
    alice, bob = pair
    change = (0, 10 + difference) if locked else (10 + difference, 0)
    expected = (LOCKED if locked else FREE) if difference == 2**96 else "escrow: moves do not balance"
    with refused(expected):
        protocol.escrow.move([move(alice, -10), move(bob, *change)], sender=protocol.slasher.address)


@pytest.mark.parametrize("locked", [False, True])
def test_no_balance_goes_above_the_bound(protocol: Protocol, pair: tuple[int, int], locked: bool) -> None:
    """A balance of 96 bits is full at 2**96 - 1, not even a word of the same call may exceed it for a moment."""
    bob = pair[1]
    room = MAX_AMOUNT if locked else MAX_AMOUNT - 500
    words = [[move(bob, locked=change) if locked else move(bob, change)] for change in (room, -room, room + 1)]
    protocol.escrow.move(words[0] + words[1], sender=protocol.slasher.address)
    with refused(LOCKED if locked else FREE):
        protocol.escrow.move(words[2] + words[1], sender=protocol.slasher.address)


def test_burn_account_takes_moves(protocol: Protocol, pair: tuple[int, int]) -> None:
    """Burned shares add to the entry fees of the two accounts."""
    protocol.escrow.move([move(pair[0], -7), move(BURN, 7)], sender=protocol.slasher.address)
    assert protocol.free(BURN) == 207


def test_takes_66_changes(protocol: Protocol, pair: tuple[int, int]) -> None:
    """Two for each of 32 items and two for all."""
    protocol.escrow.move([move(pair[0], -1), move(pair[1], 1)] * 33, sender=protocol.registry.address)
    assert protocol.free(pair[1]) == 533
    with boa.reverts():
        protocol.escrow.move([0] * 67, sender=protocol.registry.address)


def test_goes_on_while_deposits_are_paused(protocol: Protocol, pair: tuple[int, int]) -> None:
    """Settling and slashing need it."""
    protocol.escrow.pause_deposits(True, sender=protocol.owner)
    protocol.escrow.move([move(pair[0], -10), move(pair[1], 10)], sender=protocol.registry.address)
    assert protocol.free(pair[1]) == 510
