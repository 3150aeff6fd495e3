"""Sending what was burned to an address nobody holds the key of."""

from __future__ import annotations

from tests.support.chain import events, refused
from tests.support.contract_words import BURN, move
from tests.support.protocol import Protocol

DEAD = "0x000000000000000000000000000000000000dEaD"


def test_sends_all_that_was_burned(protocol: Protocol) -> None:
    """Entry fees of two accounts and a burned slash, and no account is touched."""
    _, alice = protocol.account("alice", deposit=500)
    protocol.account("bob", deposit=500)
    protocol.escrow.move([move(alice, -30), move(BURN, 30)], sender=protocol.slasher.address)
    protocol.escrow.flush_burned(sender=protocol.stranger)
    assert protocol.token.balanceOf(DEAD) == 230
    assert protocol.token.balanceOf(protocol.escrow.address) == 970
    assert protocol.free(BURN) == 0
    assert protocol.free(alice) == 470


def test_is_announced(protocol: Protocol) -> None:
    """The event says how much."""
    protocol.account("alice")
    protocol.escrow.flush_burned()
    assert events(protocol.escrow, "Burned") == [(100,)]


def test_refused_when_nothing_was_burned(protocol: Protocol) -> None:
    """At first, and right after a flush."""
    with refused("escrow: nothing burned"):
        protocol.escrow.flush_burned()
    protocol.account("alice")
    protocol.escrow.flush_burned()
    with refused("escrow: nothing burned"):
        protocol.escrow.flush_burned()
