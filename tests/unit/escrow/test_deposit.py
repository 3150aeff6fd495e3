"""Depositing tokens, and the pause that stops it."""

from __future__ import annotations

import boa
import pytest

from tests.support.chain import events, refused
from tests.support.contract_words import POOL
from tests.support.protocol import Protocol

MAX_AMOUNT = 2**96 - 1


@pytest.fixture
def payer(protocol: Protocol) -> str:
    """Give an address with tokens and an allowance."""
    who = str(boa.env.generate_address("payer"))
    protocol.token.mint(who, 2**97)
    protocol.token.approve(protocol.escrow.address, 2**97, sender=who)
    return who


def test_credits_the_named_account_from_the_callers_tokens(protocol: Protocol, payer: str) -> None:
    """Anyone may deposit for another's account."""
    _, number = protocol.account("alice", deposit=0)
    before = protocol.token.balanceOf(protocol.escrow.address)
    protocol.escrow.deposit(number, 700, sender=payer)
    assert protocol.escrow.balances(number) == (700, 0, 0, 0)
    assert protocol.token.balanceOf(payer) == 2**97 - 700
    assert protocol.token.balanceOf(protocol.escrow.address) == before + 700


def test_deposits_add_up(protocol: Protocol, payer: str) -> None:
    """A second deposit joins the first."""
    _, number = protocol.account("alice", deposit=300)
    protocol.escrow.deposit(number, 1, sender=payer)
    assert protocol.free(number) == 301


def test_is_announced(protocol: Protocol, payer: str) -> None:
    """The event names account and amount."""
    _, number = protocol.account("alice", deposit=0)
    protocol.escrow.deposit(number, 700, sender=payer)
    assert events(protocol.escrow, "Deposited") == [(number, 700)]


def test_the_pool_takes_gifts(protocol: Protocol, payer: str) -> None:
    """The incentive pool can be endowed by anyone."""
    protocol.escrow.deposit(POOL, 5_000, sender=payer)
    assert protocol.free(POOL) == 5_000


@pytest.mark.parametrize("offset", [-2, 0, 1, 2**40])
def test_refused_for_an_account_nobody_opened(protocol: Protocol, payer: str, offset: int) -> None:
    """Neither the burn account nor a number not yet given can receive."""
    number = protocol.escrow.account_count() + offset
    with refused("escrow: no such account"):
        protocol.escrow.deposit(number, 1, sender=payer)


def test_refused_for_nothing(protocol: Protocol, payer: str) -> None:
    """A deposit of zero is a mistake."""
    with refused("escrow: zero amount"):
        protocol.escrow.deposit(POOL, 0, sender=payer)


def test_all_tokens_together_may_reach_the_bound(protocol: Protocol, payer: str) -> None:
    """The bound of 96 bits itself is a valid sum."""
    protocol.escrow.deposit(POOL, MAX_AMOUNT, sender=payer)
    assert protocol.escrow.balances(POOL) == (MAX_AMOUNT, 0, 0, 0)


@pytest.mark.parametrize(("held", "amount"), [(0, 2**96), (1, MAX_AMOUNT), (MAX_AMOUNT, 1), (2**96, 1)])
def test_refused_above_the_bound(protocol: Protocol, payer: str, held: int, amount: int) -> None:
    """One unit more would make a sum of balances that does not fit; tokens given to the escrow count."""
    protocol.token.mint(protocol.escrow.address, held)
    with refused("escrow: amount too large"):
        protocol.escrow.deposit(POOL, amount, sender=payer)


def test_refused_far_above_the_bound(protocol: Protocol, payer: str) -> None:
    """The check itself cannot overflow."""
    with refused("escrow: amount too large"):
        protocol.escrow.deposit(POOL, 2**256 - 1, sender=payer)


def test_refused_while_paused(protocol: Protocol, payer: str) -> None:
    """The pause stops deposits, gifts to the pool included."""
    protocol.escrow.pause_deposits(True, sender=protocol.owner)
    with refused("escrow: deposits paused"):
        protocol.escrow.deposit(POOL, 1, sender=payer)


def test_goes_on_after_the_pause(protocol: Protocol, payer: str) -> None:
    """Lifting the pause lifts it."""
    protocol.escrow.pause_deposits(True, sender=protocol.owner)
    protocol.escrow.pause_deposits(False, sender=protocol.owner)
    protocol.escrow.deposit(POOL, 1, sender=payer)
    assert protocol.free(POOL) == 1


@pytest.mark.parametrize("paused", [True, False])
def test_pause_is_announced_and_readable(protocol: Protocol, paused: bool) -> None:
    """Watchers see the pause in an event and in a view."""
    protocol.escrow.pause_deposits(paused, sender=protocol.owner)
    assert events(protocol.escrow, "DepositsPaused") == [(paused,)]
    assert protocol.escrow.deposits_paused() is paused


def test_pause_is_the_owners(protocol: Protocol) -> None:
    """Nobody else may pause, not even the slasher."""
    for who in (protocol.stranger, protocol.slasher.address, protocol.court):
        with refused("ownable: not the owner"):
            protocol.escrow.pause_deposits(True, sender=who)
