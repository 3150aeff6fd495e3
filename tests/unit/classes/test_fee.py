"""The protocol fee, frozen into classes when they are registered."""

from __future__ import annotations

import pytest

from tests.support.chain import SOMEONE, construct, events, refused
from tests.support.protocol import PLAIN, Protocol


def fee_of(protocol: Protocol, class_id: int) -> int:
    """Read the fee frozen in a class, basis points."""
    return int(protocol.registry.class_words(class_id)[0]) >> 222 & (2**11 - 1)


def test_counts_for_classes_yet_to_come(protocol: Protocol) -> None:
    """Nobody can change the terms of tasks of a class that is used already."""
    who, _ = protocol.account("avs")
    before = protocol.task_class(who)
    protocol.classes.set_fee(30_000, sender=protocol.owner)
    after = protocol.task_class(who)
    assert (fee_of(protocol, before), fee_of(protocol, after)) == (200, 300)


def test_is_announced_and_readable(protocol: Protocol) -> None:
    """In an event and in a view."""
    protocol.classes.set_fee(30_000, sender=protocol.owner)
    assert events(protocol.classes, "FeeSet") == [(30_000,)]
    assert protocol.classes.fee() == 30_000


def test_is_the_owners(protocol: Protocol) -> None:
    """Nobody else's."""
    with refused("ownable: not the owner"):
        protocol.classes.set_fee(0, sender=protocol.stranger)


@pytest.mark.parametrize("fee", [0, 200_000])
def test_from_nothing_to_a_fifth(protocol: Protocol, fee: int) -> None:
    """The bounds themselves, by the setter and by the constructor."""
    protocol.classes.set_fee(fee, sender=protocol.owner)
    assert protocol.classes.fee() == construct("ClassRegistry", fee=fee).fee() == fee


@pytest.mark.parametrize("fee", [200_100, 200_001, 99, 20_050])
def test_above_a_fifth_or_between_basis_points_is_refused(protocol: Protocol, fee: int) -> None:
    """By the setter and by the constructor."""
    with refused("class: fee"):
        protocol.classes.set_fee(fee, sender=protocol.owner)
    with refused("class: fee"):
        construct("ClassRegistry", fee=fee)


@pytest.mark.parametrize("largest", [0, 19_999, 20_000, 2**256 - 1])
def test_an_avs_says_how_much_it_takes(protocol: Protocol, largest: int) -> None:
    """So that the owner cannot raise the fee in front of a registration that is for ever."""
    who, _ = protocol.account("avs")
    auction, opening, dispute = PLAIN.arguments()
    register = protocol.classes.register_class
    arguments = ((*auction[:-2], largest, auction[-1]), opening, dispute)
    if largest >= 20_000:
        assert fee_of(protocol, register(*arguments, sender=who)) == 200
    else:
        with refused("class: fee above maximum"):
            register(*arguments, sender=who)


def test_settings_are_readable() -> None:
    """Each constructor argument ends up in the getter of its name."""
    registry = "0x" + "55" * 20
    classes = construct("ClassRegistry", task_registry=registry)
    assert (classes.ESCROW(), classes.TASK_REGISTRY()) == (SOMEONE, registry)
