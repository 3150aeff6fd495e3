"""The pool's balance at the end of past epochs, from which budgets are made."""

from __future__ import annotations

import boa
import pytest

from tests.support.chain import refused
from tests.support.contract_words import POOL, move
from tests.support.protocol import Protocol


@pytest.fixture
def payer(protocol: Protocol) -> str:
    """Give an address that can make gifts to the pool."""
    who = str(boa.env.generate_address("payer"))
    protocol.token.mint(who, 10**9)
    protocol.token.approve(protocol.escrow.address, 10**9, sender=who)
    return who


def test_an_untouched_pool_was_empty(protocol: Protocol) -> None:
    """Also before anything ever moved."""
    protocol.next_epoch()
    assert protocol.escrow.pool_at_end_of(1) == 0


def test_a_change_counts_for_the_epoch_it_falls_in(protocol: Protocol, payer: str) -> None:
    """The last second of an epoch and the first of the next are on different sides."""
    protocol.wait(3_599)
    protocol.escrow.deposit(POOL, 100, sender=payer)
    protocol.wait(1)
    protocol.escrow.deposit(POOL, 20, sender=payer)
    protocol.wait(3_599)
    protocol.escrow.deposit(POOL, 3, sender=payer)
    protocol.wait(1)
    assert [protocol.escrow.pool_at_end_of(epoch) for epoch in (1, 2)] == [100, 123]


def test_untouched_epochs_keep_the_balance(protocol: Protocol, payer: str) -> None:
    """A gap is filled, whether or not something has changed since."""
    protocol.escrow.deposit(POOL, 100, sender=payer)
    for _ in range(3):
        protocol.next_epoch()
    assert [protocol.escrow.pool_at_end_of(epoch) for epoch in (1, 2, 3)] == [100, 100, 100]
    protocol.escrow.deposit(POOL, 20, sender=payer)
    assert [protocol.escrow.pool_at_end_of(epoch) for epoch in (1, 2, 3)] == [100, 100, 100]


@pytest.mark.parametrize("pool_change", [(-40, 0), (0, 40), (-40, 40)])
def test_moves_close_epochs_too(protocol: Protocol, payer: str, pool_change: tuple[int, int]) -> None:
    """Money that leaves the pool in the next epoch, or is locked there, was there when the epoch ended."""
    _, number = protocol.account("alice", deposit=100)
    protocol.escrow.deposit(POOL, 100, sender=payer)
    protocol.next_epoch()
    words = [move(POOL, *pool_change), move(number, -sum(pool_change))]
    protocol.escrow.move(words, sender=protocol.slasher.address)
    assert protocol.escrow.pool_at_end_of(1) == 100
    assert protocol.escrow.balances(POOL)[:2] == (100 + pool_change[0], pool_change[1])


def test_five_closed_epochs_are_remembered(protocol: Protocol, payer: str) -> None:
    """With a change in each of eight epochs, 3 to 7 are known and 2 is not."""
    for epoch in range(1, 9):
        if epoch > 1:
            protocol.next_epoch()
        protocol.escrow.deposit(POOL, 10**epoch, sender=payer)
    assert [protocol.escrow.pool_at_end_of(epoch) for epoch in range(3, 8)] == [
        1_110,
        11_110,
        111_110,
        1_111_110,
        11_111_110,
    ]
    for epoch in (1, 2):
        with refused("escrow: epoch forgotten"):
            protocol.escrow.pool_at_end_of(epoch)


def test_a_long_gap_fills_the_ring(protocol: Protocol, payer: str) -> None:
    """A change after eleven quiet epochs leaves the last five known and the others forgotten."""
    protocol.escrow.deposit(POOL, 100, sender=payer)
    for _ in range(11):
        protocol.next_epoch()
    protocol.escrow.deposit(POOL, 20, sender=payer)
    assert [protocol.escrow.pool_at_end_of(epoch) for epoch in range(7, 12)] == [100] * 5
    with refused("escrow: epoch forgotten"):
        protocol.escrow.pool_at_end_of(6)


@pytest.mark.parametrize("ahead", [0, 1])
def test_refused_for_an_epoch_not_over(protocol: Protocol, ahead: int) -> None:
    """The present epoch may still change."""
    with refused("escrow: epoch not over"):
        protocol.escrow.pool_at_end_of(protocol.epoch + ahead)
