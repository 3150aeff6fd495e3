"""Opening an escrow account: numbers, the entry fee, and when it is refused."""

from __future__ import annotations

import boa
import pytest

from tests.support.chain import NOBODY, events, refused
from tests.support.contract_words import BURN, POOL
from tests.support.protocol import Protocol


def newcomer(protocol: Protocol, tokens: int = 100) -> str:
    """Make an address with tokens and an allowance, but no account."""
    who = str(boa.env.generate_address("newcomer"))
    protocol.token.mint(who, tokens)
    protocol.token.approve(protocol.escrow.address, tokens, sender=who)
    return who


def test_numbers_follow_the_two_reserved_accounts(protocol: Protocol) -> None:
    """Account 0 is the burn account and 1 the pool, so the first participant is 2."""
    first = protocol.escrow.open_account(sender=newcomer(protocol))
    second = protocol.escrow.open_account(sender=newcomer(protocol))
    assert (first, second) == (2, 3)
    assert protocol.escrow.account_count() == 4


def test_account_and_owner_point_at_each_other(protocol: Protocol) -> None:
    """Readers find the number by the address and the address by the number."""
    who = newcomer(protocol)
    number = protocol.escrow.open_account(sender=who)
    assert protocol.escrow.account_of(who) == number
    assert protocol.escrow.owner_of(number) == who


def test_reserved_accounts(protocol: Protocol) -> None:
    """The pool is the slasher's; nobody owns the burn account; a fresh escrow counts just these."""
    assert protocol.escrow.owner_of(POOL) == protocol.slasher.address
    assert protocol.escrow.owner_of(BURN) == NOBODY
    assert protocol.escrow.account_count() == 2
    assert protocol.escrow.account_of(NOBODY) == 0


def test_entry_fee_is_taken_and_counted_as_burned(protocol: Protocol) -> None:
    """The fee leaves the caller's tokens and lies in the burn account, not in the new one."""
    who = newcomer(protocol, 150)
    number = protocol.escrow.open_account(sender=who)
    assert protocol.token.balanceOf(who) == 50
    assert protocol.token.balanceOf(protocol.escrow.address) == 100
    assert protocol.free(BURN) == 100
    assert protocol.escrow.balances(number) == (0, 0, 0, 0)


def test_opening_is_announced(protocol: Protocol) -> None:
    """The event names owner and number."""
    who = newcomer(protocol)
    number = protocol.escrow.open_account(sender=who)
    assert events(protocol.escrow, "AccountOpened") == [(who, number)]


def test_without_an_entry_fee_no_tokens_are_needed() -> None:
    """A deployment without fee opens accounts for addresses that hold nothing."""
    protocol = Protocol(entry_fee=0)
    who = boa.env.generate_address()
    assert protocol.escrow.open_account(sender=who) == 2
    assert protocol.free(BURN) == 0


def test_one_account_an_address(protocol: Protocol) -> None:
    """A second account for the same address is refused."""
    who = newcomer(protocol, 200)
    protocol.escrow.open_account(sender=who)
    with refused("escrow: account exists"):
        protocol.escrow.open_account(sender=who)


def test_refused_while_deposits_are_paused(protocol: Protocol) -> None:
    """Pausing deposits stops new accounts too."""
    who = newcomer(protocol)
    protocol.escrow.pause_deposits(True, sender=protocol.owner)
    with refused("escrow: deposits paused"):
        protocol.escrow.open_account(sender=who)


@pytest.mark.parametrize("allowance", [0, 99])
def test_refused_without_allowance_for_the_fee(protocol: Protocol, allowance: int) -> None:
    """The whole fee must be allowed."""
    who = newcomer(protocol)
    protocol.token.approve(protocol.escrow.address, allowance, sender=who)
    with boa.reverts():
        protocol.escrow.open_account(sender=who)
    assert protocol.escrow.account_of(who) == 0
