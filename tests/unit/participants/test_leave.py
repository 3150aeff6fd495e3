"""Leaving, and coming back."""

from __future__ import annotations

import pytest

from tests.support.chain import events, refused
from tests.support.contract_words import activity, card
from tests.support.protocol import Protocol

LEFT = 4


@pytest.fixture
def alice(protocol: Protocol) -> tuple[str, int]:
    """Give a coprocessor of capacity 600 in force."""
    who, number = protocol.account("alice", deposit=10_000)
    protocol.participants.register(2, 600, 7, 0, sender=who)
    protocol.next_epoch()
    return who, number


def test_capacity_ends_at_the_next_boundary(protocol: Protocol, alice: tuple[str, int]) -> None:
    """No load may be taken from now on, the stake is bound until the boundary."""
    who, number = alice
    protocol.participants.leave(sender=who)
    assert protocol.participants.load_of(number) == (0, 600, 0)
    assert protocol.participants.required_stake(number) == 6_000
    protocol.next_epoch()
    assert protocol.participants.load_of(number) == (0, 0, 0)
    assert protocol.participants.required_stake(number) == 0


def test_is_announced(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The event names the account."""
    who, number = alice
    protocol.participants.leave(sender=who)
    assert events(protocol.participants, "Left") == [(number,)]


def test_task_registry_keeps_only_the_account(protocol: Protocol, alice: tuple[str, int]) -> None:
    """No role, no slots, no complexity; the number still shows whose tasks are under way."""
    who, number = alice
    protocol.participants.leave(sender=who)
    assert card(protocol.registry.card(who))[:4] == (number, 0, 0, 0)


def test_role_is_remembered(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The closed epoch still shows what the account was, and that it left."""
    who, number = alice
    protocol.participants.leave(sender=who)
    protocol.next_epoch()
    assert activity(protocol.participants.activity_in(number, protocol.epoch - 1)).role == 2 | LEFT


def test_refused_with_load_in_flight(protocol: Protocol, alice: tuple[str, int]) -> None:
    """One unit is enough; without it the way is free."""
    who, number = alice
    protocol.participants.change_load(number, 1, 0, sender=protocol.registry.address)
    with refused("participants: load in flight"):
        protocol.participants.leave(sender=who)
    protocol.participants.change_load(number, 0, 1, sender=protocol.registry.address)
    protocol.participants.leave(sender=who)


def test_needs_a_registered_participant(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Neither without account, nor without role, nor twice."""
    with refused("participants: no escrow account"):
        protocol.participants.leave(sender=protocol.stranger)
    who, _ = protocol.account("bob")
    with refused("participants: not registered"):
        protocol.participants.leave(sender=who)
    protocol.participants.leave(sender=alice[0])
    with refused("participants: not registered"):
        protocol.participants.leave(sender=alice[0])


def test_who_left_cannot_resize(protocol: Protocol, alice: tuple[str, int]) -> None:
    """That would be a way back without registering."""
    who, _ = alice
    protocol.participants.leave(sender=who)
    with refused("participants: not registered"):
        protocol.participants.resize(600, sender=who)


@pytest.mark.parametrize("epochs", [0, 1, 6])
def test_may_come_back_in_the_same_role(protocol: Protocol, alice: tuple[str, int], epochs: int) -> None:
    """In the same epoch or later, with another capacity from the next boundary on."""
    who, number = alice
    protocol.participants.leave(sender=who)
    for _ in range(epochs):
        protocol.next_epoch()
    protocol.participants.register(2, 300, 0, 0, sender=who)
    protocol.next_epoch()
    assert protocol.participants.load_of(number) == (0, 300, 300)
    assert activity(protocol.participants.activity_in(number, protocol.epoch - 1)).role == 2


def test_may_not_come_back_in_the_other_role(protocol: Protocol, alice: tuple[str, int]) -> None:
    """An account in both roles could claim a rebate twice on one fee."""
    who, _ = alice
    protocol.participants.leave(sender=who)
    protocol.next_epoch()
    with refused("participants: role is for ever"):
        protocol.participants.register(1, 300, 0, 1, sender=who)


def test_goes_on_while_paused(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The pause holds nobody in."""
    who, number = alice
    protocol.participants.pause(True, sender=protocol.owner)
    protocol.participants.leave(sender=who)
    assert events(protocol.participants, "Left") == [(number,)]
