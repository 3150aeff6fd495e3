"""What the escrow tells its readers."""

from __future__ import annotations

import boa
import pytest

from tests.support.contract_words import POOL, move
from tests.support.protocol import Protocol


@pytest.fixture
def alice(protocol: Protocol) -> int:
    """Give an account with 500 free, 300 locked and 200 thawing units."""
    who, number = protocol.account("alice", deposit=1_000)
    protocol.escrow.thaw(200, sender=who)
    protocol.escrow.move([move(number, -300, 300)], sender=protocol.registry.address)
    return number


def test_stake_is_free_and_locked(protocol: Protocol, alice: int) -> None:
    """What thaws is no stake."""
    assert protocol.escrow.stake_of(alice) == 800


@pytest.mark.parametrize(("capacity", "spendable"), [(0, 800), (30, 500), (80, 0)])
def test_spendable_is_stake_beyond_capacity(protocol: Protocol, alice: int, capacity: int, spendable: int) -> None:
    """A unit of capacity needs ten units of stake, free or locked."""
    if capacity:
        protocol.participants.register(2, capacity, 0, 0, sender=protocol.escrow.owner_of(alice))
    assert protocol.escrow.spendable_of(alice) == spendable


def test_nothing_is_spendable_where_the_stake_falls_short(protocol: Protocol, alice: int) -> None:
    """After a loss the capacity may need more than there is."""
    protocol.participants.register(2, 80, 0, 0, sender=protocol.escrow.owner_of(alice))
    protocol.escrow.move([move(alice, -1), move(0, 1)], sender=protocol.slasher.address)
    assert protocol.escrow.spendable_of(alice) == 0


def test_balances_are_told_apart(protocol: Protocol, alice: int) -> None:
    """Free, locked, thawing and when the last may go."""
    assert protocol.escrow.balances(alice) == (500, 300, 200, protocol.now + protocol.settings["thaw_seconds"])


def test_balance_words_come_in_order(protocol: Protocol, alice: int) -> None:
    """One word an account from the first one on, without the pool's epoch mark."""
    donor, _ = protocol.account("donor", deposit=70)
    protocol.token.mint(donor, 9)
    protocol.escrow.deposit(POOL, 9, sender=donor)
    assert protocol.escrow.balance_words(0, 4) == [200, 9, 500 | 300 << 96, 70]
    assert protocol.escrow.balance_words(alice, 1) == [500 | 300 << 96]
    assert protocol.escrow.balance_words(alice, 0) == []


def test_balance_words_are_at_most_64(protocol: Protocol) -> None:
    """A page has a bound."""
    assert protocol.escrow.balance_words(0, 64) == [0] * 64
    with boa.reverts():
        protocol.escrow.balance_words(0, 65)
