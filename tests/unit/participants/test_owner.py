"""What the owner and the slasher may set, and what the constructor asks."""

from __future__ import annotations

import pytest

from tests.support.chain import construct, events, refused
from tests.support.protocol import Protocol


@pytest.mark.parametrize("paused", [True, False])
def test_pause_is_announced(protocol: Protocol, paused: bool) -> None:
    """Watchers see it."""
    protocol.participants.pause(paused, sender=protocol.owner)
    assert events(protocol.participants, "Paused") == [(paused,)]


@pytest.mark.parametrize("who", ["stranger", "court", "slasher", "registry"])
def test_pause_is_the_owners(protocol: Protocol, who: str) -> None:
    """Nobody else's."""
    caller = getattr(protocol, who)
    with refused("ownable: not the owner"):
        protocol.participants.pause(True, sender=getattr(caller, "address", caller))


def test_curve_is_scheduled_for_the_next_epoch(protocol: Protocol) -> None:
    """The slasher brings a checked word; it holds from the boundary."""
    present = protocol.participants.curve_in(protocol.epoch)
    protocol.participants.schedule_curve(present + 1, sender=protocol.slasher.address)
    assert [protocol.participants.curve_in(protocol.epoch + ahead) for ahead in (0, 1)] == [present, present + 1]


@pytest.mark.parametrize("who", ["owner", "stranger", "registry", "reputation"])
def test_curve_is_the_slashers(protocol: Protocol, who: str) -> None:
    """The owner goes through the slasher, which checks."""
    caller = getattr(protocol, who)
    with refused("participants: not the slasher"):
        protocol.participants.schedule_curve(0, sender=getattr(caller, "address", caller))


def test_pause_and_curve_do_not_disturb_each_other(protocol: Protocol) -> None:
    """The pause lies in the curve's word, and survives a change of it, as the change survives the pause."""
    present = protocol.participants.curve_in(protocol.epoch)
    protocol.participants.pause(True, sender=protocol.owner)
    protocol.participants.schedule_curve(present + 1, sender=protocol.slasher.address)
    protocol.next_epoch()
    assert protocol.participants.curve_in(protocol.epoch) == present + 1
    with refused("participants: paused"):
        protocol.participants.load_for_bid(2)
    protocol.participants.pause(False, sender=protocol.owner)
    assert [protocol.participants.curve_in(protocol.epoch - ago) for ago in (0, 1)] == [present + 1, present]
    protocol.participants.load_for_bid(2)


def test_settings_are_readable(protocol: Protocol) -> None:
    """Each constructor argument ends up in the getter of its name."""
    participants = protocol.participants
    assert participants.ESCROW() == protocol.escrow.address
    assert participants.TASK_REGISTRY() == protocol.registry.address
    assert participants.SLASHER() == protocol.slasher.address
    assert participants.STAKE_PER_UNIT() == 10


@pytest.mark.parametrize("stake_per_unit", [0, 2**96])
def test_refused_stake_per_unit(stake_per_unit: int) -> None:
    """Capacity must cost something, and the product must fit."""
    with refused("participants: stake per unit"):
        construct("ParticipantRegistry", stake_per_unit=stake_per_unit)


def test_largest_stake_per_unit() -> None:
    """The bound itself is allowed."""
    assert construct("ParticipantRegistry", stake_per_unit=2**96 - 1).STAKE_PER_UNIT() == 2**96 - 1
