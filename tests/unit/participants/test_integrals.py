"""What an epoch measures: seconds weighted by f up to F, seconds above F.

The curve is the default one: f(0) = 0.205656972 / e - 0.055656972 = 0.01999999993, so 19,999 ppm;
f = 0.15 at half load, then falling by half the load, so 0.1 at 60 %; zero at F = 80 %.
"""

from __future__ import annotations

import pytest

from tests.support.contract_words import Activity, activity
from tests.support.protocol import Protocol

IDLE = 19_999


@pytest.fixture
def alice(protocol: Protocol) -> int:
    """Give a coprocessor of capacity 1,000 at the first second of an epoch."""
    who, number = protocol.account("alice")
    protocol.participants.register(2, 1_000, 0, 0, sender=who)
    protocol.next_epoch()
    return number


def set_load(protocol: Protocol, account: int, load: int) -> None:
    """Bring a load to a value."""
    present = protocol.participants.load_of(account)[0]
    added, removed = max(load - present, 0), max(present - load, 0)
    protocol.participants.change_load(account, added, removed, sender=protocol.registry.address)


def measured(protocol: Protocol, account: int) -> Activity:
    """Go to the next epoch and read the last."""
    protocol.next_epoch()
    return activity(protocol.participants.activity_in(account, protocol.epoch - 1))


@pytest.mark.parametrize(
    ("load", "bonus", "overload"),
    [
        (0, 3_600 * IDLE, 0),
        (500, 3_600 * 150_000, 0),
        (600, 3_600 * 100_000, 0),
        (799, 3_600 * 500, 0),
        (800, 0, 0),
        (801, 0, 3_600),
        (1_000, 0, 3_600),
    ],
)
def test_constant_load(protocol: Protocol, alice: int, load: int, bonus: int, overload: int) -> None:
    """A whole epoch at one load, at F itself on the side of the bonus."""
    set_load(protocol, alice, load)
    assert measured(protocol, alice) == (1_000, 1_000, load, 2, protocol.epoch - 1, 3_600, bonus, overload)


def test_each_load_counts_for_its_time(protocol: Protocol, alice: int) -> None:
    """100 s idle, 1,000 s at 50 %, 500 s at 90 %, the rest at 60 %."""
    protocol.wait(100)
    set_load(protocol, alice, 500)
    protocol.wait(1_000)
    set_load(protocol, alice, 900)
    protocol.wait(500)
    set_load(protocol, alice, 600)
    result = measured(protocol, alice)
    assert result.bonus == 100 * IDLE + 1_000 * 150_000 + 2_000 * 100_000
    assert result.overload == 500


def test_alternating_is_not_half(protocol: Protocol, alice: int) -> None:
    """Idle and full by turns have a mean load of 50 %, and earn what idling earns in half the time."""
    for _ in range(4):
        set_load(protocol, alice, 0)
        protocol.wait(450)
        set_load(protocol, alice, 1_000)
        protocol.wait(450)
    result = activity(protocol.participants.activity_in(alice, protocol.epoch - 1))
    assert (result.bonus, result.overload) == (1_800 * IDLE, 1_800)


def test_changes_within_a_second_leave_no_trace(protocol: Protocol, alice: int) -> None:
    """A load that comes and goes in one block was never there."""
    protocol.wait(1_000)
    set_load(protocol, alice, 1_000)
    set_load(protocol, alice, 0)
    result = measured(protocol, alice)
    assert (result.bonus, result.overload) == (3_600 * IDLE, 0)


def test_load_is_rounded_up(protocol: Protocol) -> None:
    """Two thirds are 6,667 basis points, whose f is 0.15 - 0.1667 / 2."""
    who, number = protocol.account("bob")
    protocol.participants.register(2, 3, 0, 0, sender=who)
    protocol.next_epoch()
    set_load(protocol, number, 2)
    assert measured(protocol, number).bonus == 3_600 * 66_650


def test_nothing_before_the_capacity_counts(protocol: Protocol) -> None:
    """The epoch of registering measures nothing, though f(0) is above zero."""
    who, number = protocol.account("bob")
    protocol.participants.register(2, 1_000, 0, 0, sender=who)
    result = measured(protocol, number)
    assert (result.bonus, result.overload, result.capacity) == (0, 0, 0)


def test_measured_against_the_capacity_of_the_epoch(protocol: Protocol, alice: int) -> None:
    """A larger capacity to come does not make the present load lighter."""
    who = protocol.escrow.owner_of(alice)
    set_load(protocol, alice, 600)
    protocol.participants.resize(1_200, sender=who)
    assert measured(protocol, alice).bonus == 3_600 * 100_000
    assert measured(protocol, alice).bonus == 3_600 * 150_000


def test_integrals_are_stored_up_to_the_last_change(protocol: Protocol, alice: int) -> None:
    """A reader of the stored word sees how far it is complete."""
    protocol.wait(200)
    set_load(protocol, alice, 500)
    protocol.wait(300)
    word = protocol.participants.activity_words(alice, 1)[0]
    assert activity(word) == (1_000, 1_000, 500, 2, protocol.epoch, 200, 200 * IDLE, 0)
