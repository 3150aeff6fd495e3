"""What the escrow asks of its deployer."""

from __future__ import annotations

import pytest

from tests.support.chain import NOBODY, construct, refused
from tests.support.protocol import DAY, Protocol


def test_settings_are_readable(protocol: Protocol) -> None:
    """Each constructor argument ends up in the getter of its name."""
    escrow = protocol.escrow
    assert escrow.TOKEN() == protocol.token.address
    assert escrow.ENTRY_FEE() == 100
    assert escrow.THAW_SECONDS() == 14 * DAY
    assert escrow.PARTICIPANTS() == protocol.participants.address
    assert escrow.CLASS_REGISTRY() == protocol.classes.address
    assert escrow.TASK_REGISTRY() == protocol.registry.address
    assert escrow.SLASHER() == protocol.slasher.address
    assert escrow.REPUTATION() == protocol.reputation.address


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"token": NOBODY}, "escrow: zero token"),
        ({"entry_fee": 2**96}, "escrow: entry fee"),
        ({"thaw_seconds": 14 * DAY - 1}, "escrow: thaw shorter than a task"),
        ({"thaw_seconds": 90 * DAY + 1}, "escrow: thaw too long"),
    ],
)
def test_refused_settings(changes: dict[str, object], reason: str) -> None:
    """A token there must be, a fee that fits, and a thaw from the life of a task to 90 days."""
    with refused(reason):
        construct("CollateralEscrow", **changes)


def test_bounds_themselves_are_allowed() -> None:
    """The largest fee, and the shortest and longest thaw."""
    for thaw in (14 * DAY, 90 * DAY):
        escrow = construct("CollateralEscrow", entry_fee=2**96 - 1, thaw_seconds=thaw)
        assert (escrow.ENTRY_FEE(), escrow.THAW_SECONDS()) == (2**96 - 1, thaw)
