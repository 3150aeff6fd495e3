"""Capacities that have lost their stake: cut after a slash, or by anyone."""

from __future__ import annotations

import pytest

from tests.support.chain import events
from tests.support.contract_words import Activity, activity, move
from tests.support.protocol import Protocol


@pytest.fixture
def alice(protocol: Protocol) -> tuple[str, int]:
    """Give a coprocessor of capacity 1,000 in force, with a stake that covers just that."""
    who, number = protocol.account("alice", deposit=10_000)
    protocol.participants.register(2, 1_000, 0, 0, sender=who)
    protocol.next_epoch()
    return who, number


def lose(protocol: Protocol, account: int, amount: int) -> None:
    """Burn free funds of an account as the slasher."""
    protocol.escrow.move([move(account, -amount), move(0, amount)], sender=protocol.slasher.address)


def change_load(protocol: Protocol, account: int, added: int) -> None:
    """Add load as the task registry."""
    protocol.participants.change_load(account, added, 0, sender=protocol.registry.address)


def stored(protocol: Protocol, account: int) -> Activity:
    """Activity as last stored."""
    return activity(protocol.participants.activity_words(account, 1)[0])


def cut(protocol: Protocol, account: int, way: str) -> None:
    """Cut a capacity in one of the two ways."""
    if way == "trim":
        protocol.participants.trim(account, sender=protocol.stranger)
    else:
        protocol.participants.end_fault(account, 0, sender=protocol.registry.address)


@pytest.mark.parametrize("way", ["trim", "end_fault"])
@pytest.mark.parametrize(("lost", "left"), [(1, 999), (10, 999), (11, 998), (10_000, 0)])
def test_cut_to_what_the_stake_covers(
    protocol: Protocol, alice: tuple[str, int], lost: int, left: int, way: str
) -> None:
    """At once and for the epochs to come, rounded down."""
    _, number = alice
    lose(protocol, number, lost)
    cut(protocol, number, way)
    assert events(protocol.participants, "CapacityCut") == [(number, left)]
    assert protocol.participants.load_of(number) == (0, left, left)


@pytest.mark.parametrize("way", ["trim", "end_fault"])
def test_locked_funds_are_stake(protocol: Protocol, alice: tuple[str, int], way: str) -> None:
    """Collateral in use still backs the capacity."""
    _, number = alice
    protocol.escrow.move([move(number, -4_000, 4_000)], sender=protocol.registry.address)
    cut(protocol, number, way)
    assert events(protocol.participants, "CapacityCut") == []
    assert protocol.participants.load_of(number) == (0, 1_000, 1_000)


@pytest.mark.parametrize("way", ["trim", "end_fault"])
@pytest.mark.parametrize(("load", "left"), [(995, 995), (1_000, 1_000), (989, 990)])
def test_not_below_the_load(protocol: Protocol, alice: tuple[str, int], load: int, left: int, way: str) -> None:
    """What is in flight stays possible, so that load never exceeds capacity."""
    _, number = alice
    change_load(protocol, number, load)
    lose(protocol, number, 100)
    cut(protocol, number, way)
    assert protocol.participants.load_of(number) == (load, left, left)


def test_a_fault_releases_its_load_first(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The load of the slashed task is gone when the capacity is cut."""
    _, number = alice
    change_load(protocol, number, 1_000)
    lose(protocol, number, 100)
    protocol.participants.end_fault(number, 300, sender=protocol.registry.address)
    assert protocol.participants.load_of(number) == (700, 990, 990)


def test_growth_to_come_is_cut_and_the_present_kept(protocol: Protocol) -> None:
    """Capacity 500, 1,000 from the next epoch on, stake for 990."""
    who, number = protocol.account("bob", deposit=10_000)
    protocol.participants.register(2, 500, 0, 0, sender=who)
    protocol.next_epoch()
    protocol.participants.resize(1_000, sender=who)
    lose(protocol, number, 100)
    protocol.participants.trim(number)
    assert stored(protocol, number)[:2] == (500, 990)


def test_shrinking_to_come_is_kept_and_the_present_cut(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Capacity 1,000, 300 from the next epoch on, stake for 700."""
    who, number = alice
    protocol.participants.resize(300, sender=who)
    lose(protocol, number, 3_000)
    protocol.participants.trim(number)
    assert stored(protocol, number)[:2] == (700, 300)


def test_time_before_the_cut_counts_at_the_old_capacity(protocol: Protocol, alice: tuple[str, int]) -> None:
    """600 s at 500 of 1,000 (f = 0.15), then the same load is all that is left of the capacity."""
    _, number = alice
    change_load(protocol, number, 500)
    protocol.wait(600)
    lose(protocol, number, 10_000)
    protocol.participants.trim(number)
    protocol.next_epoch()
    record = activity(protocol.participants.activity_in(number, protocol.epoch - 1))
    assert (record.capacity, record.bonus, record.overload) == (500, 600 * 150_000, 3_000)


def test_restores_nothing(protocol: Protocol, alice: tuple[str, int]) -> None:
    """New stake does not raise a capacity; its owner does."""
    _, number = alice
    lose(protocol, number, 100)
    protocol.participants.trim(number)
    protocol.escrow.move([move(0, -100), move(number, 100)], sender=protocol.slasher.address)
    protocol.participants.trim(number)
    assert protocol.participants.load_of(number) == (0, 990, 990)


def test_trimming_who_never_registered_does_nothing(protocol: Protocol) -> None:
    """Not even a word is written."""
    _, number = protocol.account("bob")
    protocol.participants.trim(number)
    assert protocol.participants.activity_words(number, 1) == [0]


def test_goes_on_while_paused(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Slashing cannot be paused."""
    _, number = alice
    lose(protocol, number, 100)
    protocol.participants.pause(True, sender=protocol.owner)
    protocol.participants.end_fault(number, 0, sender=protocol.registry.address)
    assert protocol.participants.load_of(number)[1] == 990
