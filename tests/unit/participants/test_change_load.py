"""The load, which only the task registry changes."""

from __future__ import annotations

import boa
import pytest

from tests.support.chain import refused
from tests.support.protocol import Protocol


@pytest.fixture
def alice(protocol: Protocol) -> tuple[str, int]:
    """Give a coprocessor of capacity 600 in force, with stake for 1,000."""
    who, number = protocol.account("alice", deposit=10_000)
    protocol.participants.register(2, 600, 0, 0, sender=who)
    protocol.next_epoch()
    return who, number


def change(protocol: Protocol, account: int, added: int, removed: int) -> None:
    """Change a load as the task registry."""
    protocol.participants.change_load(account, added, removed, sender=protocol.registry.address)


@pytest.mark.parametrize(
    ("changes", "load"),
    [([(600, 0)], 600), ([(200, 0), (300, 0)], 500), ([(500, 0), (0, 200)], 300), ([(500, 0), (100, 600)], 0)],
)
def test_adds_and_removes(
    protocol: Protocol, alice: tuple[str, int], changes: list[tuple[int, int]], load: int
) -> None:
    """Up to the capacity and down to nothing, both in one call too."""
    _, number = alice
    for added, removed in changes:
        change(protocol, number, added, removed)
    assert protocol.participants.load_of(number) == (load, 600, 600)


@pytest.mark.parametrize("before", [0, 600])
def test_not_beyond_the_capacity(protocol: Protocol, alice: tuple[str, int], before: int) -> None:
    """One unit too many is too many."""
    _, number = alice
    change(protocol, number, before, 0)
    with refused("participants: over capacity"):
        change(protocol, number, 601 - before, 0)


def test_not_beyond_the_capacity_of_the_next_epoch(protocol: Protocol, alice: tuple[str, int]) -> None:
    """What is taken now is still there after the boundary."""
    who, number = alice
    protocol.participants.resize(400, sender=who)
    with refused("participants: over capacity"):
        change(protocol, number, 401, 0)
    change(protocol, number, 400, 0)


def test_growth_to_come_is_no_room_yet(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The larger capacity counts from the boundary on."""
    who, number = alice
    protocol.participants.resize(1_000, sender=who)
    with refused("participants: over capacity"):
        change(protocol, number, 601, 0)
    protocol.next_epoch()
    change(protocol, number, 1_000, 0)


def test_load_survives_the_boundary(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Tasks in flight do not end with an epoch."""
    _, number = alice
    change(protocol, number, 300, 0)
    protocol.next_epoch()
    protocol.next_epoch()
    assert protocol.participants.load_of(number) == (300, 600, 600)


def test_cannot_fall_below_zero(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Removing what is not there is a bug of the caller and reverts."""
    _, number = alice
    change(protocol, number, 300, 0)
    with boa.reverts():
        change(protocol, number, 0, 301)


def test_nobody_takes_load_without_capacity(protocol: Protocol) -> None:
    """An account without role has none."""
    _, number = protocol.account("bob")
    with refused("participants: over capacity"):
        change(protocol, number, 1, 0)


@pytest.mark.parametrize("who", ["owner", "stranger", "slasher", "classes", "escrow", "reputation"])
@pytest.mark.parametrize("function", ["change_load", "end_fault"])
def test_is_the_task_registrys(protocol: Protocol, who: str, function: str) -> None:
    """Load is measured by the contracts, never reported."""
    caller = getattr(protocol, who)
    arguments = (2, 0, 0) if function == "change_load" else (2, 0)
    with refused("participants: not task registry"):
        getattr(protocol.participants, function)(*arguments, sender=getattr(caller, "address", caller))


def test_load_for_bid_says_the_same(protocol: Protocol, alice: tuple[str, int]) -> None:
    """And the load curve; unless bidding is paused."""
    who, number = alice
    protocol.participants.resize(400, sender=who)
    change(protocol, number, 300, 0)
    assert protocol.participants.load_for_bid(number) == (300, 600, 400, protocol.participants.curve_in(protocol.epoch))
    protocol.participants.pause(True, sender=protocol.owner)
    with refused("participants: paused"):
        protocol.participants.load_for_bid(number)
    assert protocol.participants.load_of(number) == (300, 600, 400)


def test_goes_on_while_paused(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Submitting and rescuing need it."""
    _, number = alice
    protocol.participants.pause(True, sender=protocol.owner)
    change(protocol, number, 300, 0)
    change(protocol, number, 0, 300)
    assert protocol.participants.load_of(number)[0] == 0
