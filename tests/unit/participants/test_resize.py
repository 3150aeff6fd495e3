"""Changing a capacity: at the next boundary, within the stake, never below the load."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.chain import events, refused
from tests.support.protocol import Protocol


@pytest.fixture
def alice(protocol: Protocol) -> tuple[str, int]:
    """Give a coprocessor of capacity 600 in force, with stake for 1,000."""
    who, number = protocol.account("alice", deposit=10_000)
    protocol.participants.register(2, 600, 0, 0, sender=who)
    protocol.next_epoch()
    return who, number


def loads(protocol: Protocol) -> Any:
    """Address that may change loads."""
    return protocol.registry.address


@pytest.mark.parametrize(("capacity", "room"), [(900, 600), (400, 400)])
def test_takes_effect_at_the_next_boundary(
    protocol: Protocol, alice: tuple[str, int], capacity: int, room: int
) -> None:
    """Until then x is measured against the old capacity, but no load may be taken that will not fit."""
    who, number = alice
    protocol.participants.resize(capacity, sender=who)
    protocol.wait(3_599)
    assert protocol.participants.load_of(number) == (0, 600, room)
    protocol.wait(1)
    assert protocol.participants.load_of(number) == (0, capacity, capacity)


def test_the_last_of_an_epoch_counts(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Earlier ones are as if they had not been."""
    who, number = alice
    for capacity in (900, 100, 700):
        protocol.participants.resize(capacity, sender=who)
    protocol.next_epoch()
    assert protocol.participants.load_of(number)[1] == 700


def test_is_announced_with_the_epoch_it_starts_in(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Also when the account was last touched in an earlier epoch."""
    who, number = alice
    protocol.next_epoch()
    protocol.participants.resize(900, sender=who)
    assert events(protocol.participants, "Resized") == [(number, 900, protocol.epoch + 1)]


def test_not_below_the_load(protocol: Protocol, alice: tuple[str, int]) -> None:
    """What is in flight must fit."""
    who, number = alice
    protocol.participants.change_load(number, 300, 0, sender=loads(protocol))
    with refused("participants: load in flight"):
        protocol.participants.resize(299, sender=who)
    protocol.participants.resize(300, sender=who)
    assert protocol.participants.load_of(number) == (300, 600, 300)


@pytest.mark.parametrize("capacity", [0, 2**32])
def test_refuses_capacities_out_of_range(protocol: Protocol, alice: tuple[str, int], capacity: int) -> None:
    """As when registering."""
    with refused("participants: capacity"):
        protocol.participants.resize(capacity, sender=alice[0])


def test_stake_must_cover_the_capacity(protocol: Protocol, alice: tuple[str, int]) -> None:
    """10,000 units of stake cover 1,000 of capacity and not one more."""
    who, _ = alice
    with refused("participants: stake too small"):
        protocol.participants.resize(1_001, sender=who)
    protocol.participants.resize(1_000, sender=who)


@pytest.mark.parametrize(("capacity", "now", "later"), [(900, 9_000, 9_000), (400, 6_000, 4_000), (600, 6_000, 6_000)])
def test_required_stake_covers_present_and_scheduled(
    protocol: Protocol, alice: tuple[str, int], capacity: int, now: int, later: int
) -> None:
    """The larger of both until the boundary, then the new one alone."""
    who, number = alice
    protocol.participants.resize(capacity, sender=who)
    assert protocol.participants.required_stake(number) == now
    protocol.next_epoch()
    assert protocol.participants.required_stake(number) == later


def test_needs_a_registered_participant(protocol: Protocol) -> None:
    """Neither an address without account, nor an account without role."""
    with refused("participants: no escrow account"):
        protocol.participants.resize(1, sender=protocol.stranger)
    who, _ = protocol.account("bob")
    with refused("participants: not registered"):
        protocol.participants.resize(1, sender=who)


def test_goes_on_while_paused(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The pause holds nobody in."""
    who, number = alice
    protocol.participants.pause(True, sender=protocol.owner)
    protocol.participants.resize(100, sender=who)
    protocol.next_epoch()
    assert protocol.participants.load_of(number)[1] == 100
