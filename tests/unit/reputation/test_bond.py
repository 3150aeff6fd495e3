"""The keeper's bond."""

from __future__ import annotations

import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import logits
from tests.support.protocol import Market, Protocol

from .conftest import Keeper


@pytest.fixture
def alice(protocol: Protocol) -> tuple[str, int]:
    """Give an account with 10,000 free."""
    return protocol.account("alice", deposit=10_000)


def test_locks_free_funds(protocol: Protocol, alice: tuple[str, int]) -> None:
    """In the escrow; bonds add up."""
    who, number = alice
    books = Books(protocol)
    protocol.reputation.bond(3_000, sender=who)
    protocol.reputation.bond(500, sender=who)
    assert books.changes() == {number: (-3_500, 3_500)}
    assert protocol.reputation.keeper(number) == (3_500, 0, 0, 0, 0)


def test_returns_what_is_not_at_risk(protocol: Protocol, alice: tuple[str, int]) -> None:
    """All of it, where nothing was posted."""
    who, number = alice
    protocol.reputation.bond(3_000, sender=who)
    books = Books(protocol)
    protocol.reputation.unbond(1_000, sender=who)
    protocol.reputation.unbond(2_000, sender=who)
    assert books.changes() == {number: (3_000, -3_000)}
    assert protocol.reputation.keeper(number) == (0, 0, 0, 0, 0)


def test_is_announced(protocol: Protocol, alice: tuple[str, int]) -> None:
    """With what is bonded then."""
    who, number = alice
    protocol.reputation.bond(3_000, sender=who)
    protocol.reputation.bond(500, sender=who)
    assert events(protocol.reputation, "BondChanged") == [(number, 3_500)]
    protocol.reputation.unbond(1_000, sender=who)
    assert events(protocol.reputation, "BondChanged") == [(number, 2_500)]


@pytest.mark.parametrize("function", ["bond", "unbond"])
@pytest.mark.parametrize("amount", [0, 2**96])
def test_refused_amounts(protocol: Protocol, alice: tuple[str, int], function: str, amount: int) -> None:
    """Nothing, and what does not fit."""
    with refused("reputation: amount"):
        getattr(protocol.reputation, function)(amount, sender=alice[0])


def test_no_more_than_is_free(protocol: Protocol, alice: tuple[str, int]) -> None:
    """To the unit."""
    who, _ = alice
    with refused("escrow: free out of range"):
        protocol.reputation.bond(10_001, sender=who)
    protocol.reputation.bond(10_000, sender=who)


def test_no_more_than_is_bonded(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Other locked funds are not the keeper's."""
    who, _ = alice
    protocol.reputation.bond(3_000, sender=who)
    with refused("reputation: amount"):
        protocol.reputation.unbond(3_001, sender=who)


@pytest.mark.parametrize("function", ["bond", "unbond"])
def test_needs_an_escrow_account(protocol: Protocol, function: str) -> None:
    """A bond lies in the escrow."""
    with refused("reputation: no escrow account"):
        getattr(protocol.reputation, function)(1, sender=protocol.stranger)


def test_stays_while_values_are_open_to_challenge(worked: Market, keeper: Keeper) -> None:
    """Eight values posted put 8,000 of 16,000 at risk until the end of the epoch."""
    worked.reputation.post(2, 0, [logits()], sender=keeper.address)
    with refused("reputation: bond at risk"):
        worked.reputation.unbond(8_001, sender=keeper.address)
    worked.reputation.unbond(8_000, sender=keeper.address)
    worked.wait(3_599)
    with refused("reputation: bond at risk"):
        worked.reputation.unbond(1, sender=keeper.address)
    worked.wait(1)
    worked.reputation.unbond(8_000, sender=keeper.address)


def test_unbonding_keeps_the_account_of_values(worked: Market, keeper: Keeper) -> None:
    """Epoch, values at risk and unpaid are as before."""
    worked.reputation.post(2, 0, [logits()], sender=keeper.address)
    worked.reputation.unbond(1_000, sender=keeper.address)
    worked.reputation.bond(2_000, sender=keeper.address)
    assert worked.reputation.keeper(keeper.account) == (17_000, 3, 8, 0, 0)


def test_goes_on_while_all_is_paused(worked: Market, keeper: Keeper) -> None:
    """Keeping reputations cannot be paused."""
    for contract in (worked.registry, worked.participants):
        contract.pause(True, sender=worked.owner)
    worked.escrow.pause_deposits(True, sender=worked.owner)
    worked.reputation.bond(1, sender=keeper.address)
    worked.reputation.post(2, 0, [logits()], sender=keeper.address)
    worked.reputation.challenge(2, [0], keeper.account)
    worked.next_epoch()
    worked.reputation.collect(sender=keeper.address)
    worked.reputation.poke([0])
    worked.reputation.unbond(1, sender=keeper.address)
