"""Epochs: the same clock in every contract, and what its constructor asks."""

from __future__ import annotations

from typing import Any

import boa
import pytest

from tests.support.chain import construct, refused
from tests.support.protocol import Protocol

CONTRACTS = ("CollateralEscrow", "ParticipantRegistry", "TaskRegistry", "Slasher", "GasReputation")


@pytest.mark.parametrize("name", CONTRACTS)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"genesis": 0}, "epoch_clock: genesis"),
        ({"epoch_seconds": 59}, "epoch_clock: epoch too short"),
        ({"epoch_seconds": 10**6 + 1}, "epoch_clock: epoch too long"),
    ],
)
def test_refused_settings(name: str, changes: dict[str, Any], reason: str) -> None:
    """A genesis that has been, and epochs of a minute to a million seconds."""
    with refused(reason):
        construct(name, **changes)


@pytest.mark.parametrize("name", CONTRACTS)
def test_genesis_cannot_lie_ahead(name: str) -> None:
    """The next second is too late, this one is not."""
    with refused("epoch_clock: genesis"):
        construct(name, genesis=boa.env.timestamp + 1)
    assert construct(name, genesis=boa.env.timestamp).clock()[0] == boa.env.timestamp


@pytest.mark.parametrize("epoch_seconds", [60, 10**6])
def test_bounds_themselves_are_allowed(epoch_seconds: int) -> None:
    """The shortest and the longest epoch."""
    assert construct("TaskRegistry", epoch_seconds=epoch_seconds).clock() == (boa.env.timestamp, epoch_seconds)


def test_all_contracts_tell_the_same_time(protocol: Protocol) -> None:
    """Genesis and length are readable and equal everywhere."""
    names = ("escrow", "participants", "registry", "slasher", "reputation")
    assert {getattr(protocol, name).clock() for name in names} == {(protocol.genesis, 3_600)}


@pytest.mark.parametrize(("age", "epoch"), [(0, 1), (3_599, 1), (3_600, 2), (7_199, 2), (7_200, 3)])
def test_epochs_are_numbered_from_one(age: int, epoch: int) -> None:
    """The first second of an epoch belongs to it: only epochs before it are over."""
    escrow = construct("CollateralEscrow", genesis=boa.env.timestamp - age)
    with refused("escrow: epoch not over"):
        escrow.pool_at_end_of(epoch)
    assert escrow.pool_at_end_of(epoch - 1) == 0
