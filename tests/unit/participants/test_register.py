"""Becoming an operator or a coprocessor."""

from __future__ import annotations

import pytest

from tests.support.chain import events, refused
from tests.support.contract_words import activity, card
from tests.support.protocol import Protocol

OPERATOR, COPROCESSOR = 1, 2


@pytest.fixture
def alice(protocol: Protocol) -> tuple[str, int]:
    """Give an account whose stake of 10,009 covers a capacity of 1,000 at 10 a unit."""
    return protocol.account("alice", deposit=10_009)


@pytest.mark.parametrize(("role", "slots"), [(OPERATOR, 64), (COPROCESSOR, 0)])
def test_capacity_counts_from_the_next_epoch(protocol: Protocol, alice: tuple[str, int], role: int, slots: int) -> None:
    """Until the boundary there is no room for load, from its first second there is."""
    who, number = alice
    protocol.wait(100)
    protocol.participants.register(role, 1_000, 5, slots, sender=who)
    protocol.wait(3_499)
    assert protocol.participants.load_of(number) == (0, 0, 0)
    protocol.wait(1)
    assert protocol.participants.load_of(number) == (0, 1_000, 1_000)


def test_is_announced_with_the_epoch_it_starts_in(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Watchers learn role, capacity, complexity, slots and from when."""
    who, number = alice
    protocol.participants.register(OPERATOR, 1_000, 5, 64, sender=who)
    assert events(protocol.participants, "Resized") == [(number, 1_000, protocol.epoch + 1)]
    assert events(protocol.participants, "Registered") == [(number, OPERATOR, 1_000, 5, 64)]


@pytest.mark.parametrize(("role", "slots"), [(OPERATOR, 64), (COPROCESSOR, 0)])
def test_task_registry_learns_of_it(protocol: Protocol, alice: tuple[str, int], role: int, slots: int) -> None:
    """The card under the owner's address carries what tasks need to know."""
    who, number = alice
    protocol.participants.register(role, 1_000, 5, slots, sender=who)
    assert card(protocol.registry.card(who))[:4] == (number, slots, 5, role)


def test_activity_starts_at_the_moment_of_registering(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Nothing is measured of the time before."""
    who, number = alice
    protocol.wait(100)
    protocol.participants.register(COPROCESSOR, 1_000, 0, 0, sender=who)
    word = protocol.participants.activity_words(number, 1)[0]
    assert activity(word) == (0, 1_000, 0, COPROCESSOR, protocol.epoch, 100, 0, 0)


@pytest.mark.parametrize("role", [0, 3, 5, 6, 2**255])
def test_refuses_other_roles(protocol: Protocol, alice: tuple[str, int], role: int) -> None:
    """There are two roles."""
    with refused("participants: role"):
        protocol.participants.register(role, 1_000, 5, 1, sender=alice[0])


@pytest.mark.parametrize("capacity", [0, 2**32, 2**256 - 1])
def test_refuses_capacities_out_of_range(protocol: Protocol, alice: tuple[str, int], capacity: int) -> None:
    """A participant has some capacity, in 32 bits."""
    with refused("participants: capacity"):
        protocol.participants.register(COPROCESSOR, capacity, 0, 0, sender=alice[0])


def test_largest_capacity(protocol: Protocol) -> None:
    """All 32 bits may be used, and spill nowhere."""
    who, number = protocol.account("whale", deposit=10 * (2**32 - 1))
    protocol.participants.register(COPROCESSOR, 2**32 - 1, 0, 0, sender=who)
    protocol.next_epoch()
    assert protocol.participants.load_of(number) == (0, 2**32 - 1, 2**32 - 1)


def test_stake_must_cover_the_capacity(protocol: Protocol, alice: tuple[str, int]) -> None:
    """1,001 units need one unit of stake more than there is."""
    who, _ = alice
    with refused("participants: stake too small"):
        protocol.participants.register(COPROCESSOR, 1_001, 0, 0, sender=who)
    protocol.participants.register(COPROCESSOR, 1_000, 0, 0, sender=who)


def test_thawing_funds_are_no_stake(protocol: Protocol, alice: tuple[str, int]) -> None:
    """What may leave cannot back a promise."""
    who, _ = alice
    protocol.escrow.thaw(10, sender=who)
    with refused("participants: stake too small"):
        protocol.participants.register(COPROCESSOR, 1_000, 0, 0, sender=who)


def test_needs_an_escrow_account(protocol: Protocol) -> None:
    """Without account there is no stake."""
    with refused("participants: no escrow account"):
        protocol.participants.register(COPROCESSOR, 1, 0, 0, sender=protocol.stranger)


@pytest.mark.parametrize("role", [OPERATOR, COPROCESSOR])
def test_refuses_to_register_twice(protocol: Protocol, alice: tuple[str, int], role: int) -> None:
    """In either role, and in a later epoch."""
    who, _ = alice
    protocol.participants.register(COPROCESSOR, 500, 0, 0, sender=who)
    protocol.next_epoch()
    with refused("participants: already registered"):
        protocol.participants.register(role, 500, 0, 1, sender=who)


@pytest.mark.parametrize(
    ("role", "complexity", "slots", "reason"),
    [
        (OPERATOR, 5, 0, "registry: slots"),
        (OPERATOR, 5, 1_025, "registry: slots"),
        (COPROCESSOR, 5, 1, "registry: slots"),
        (OPERATOR, 2**16, 1, "registry: complexity"),
        (COPROCESSOR, 2**16, 0, "registry: complexity"),
    ],
)
def test_refuses_cards_out_of_range(
    protocol: Protocol, alice: tuple[str, int], role: int, complexity: int, slots: int, reason: str
) -> None:
    """An operator has 1 to 1,024 slots, a coprocessor none; complexity fits 16 bits."""
    with refused(reason):
        protocol.participants.register(role, 1_000, complexity, slots, sender=alice[0])


def test_largest_card(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The bounds themselves are allowed."""
    who, number = alice
    protocol.participants.register(OPERATOR, 1_000, 2**16 - 1, 1_024, sender=who)
    assert card(protocol.registry.card(who))[:4] == (number, 1_024, 2**16 - 1, OPERATOR)


def test_refused_while_paused(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The pause keeps newcomers out, and lets them in again."""
    who, _ = alice
    protocol.participants.pause(True, sender=protocol.owner)
    with refused("participants: paused"):
        protocol.participants.register(COPROCESSOR, 1_000, 0, 0, sender=who)
    protocol.participants.pause(False, sender=protocol.owner)
    protocol.participants.register(COPROCESSOR, 1_000, 0, 0, sender=who)
