"""What tests ask of the in-process chain: reasons of reverts, events, contracts deployed alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boa
import pytest

from tests.support.protocol import DAY, EPOCH_SECONDS, FILTER, HUMP, SLASH_TERMS, deployer

SOMEONE = "0x" + "11" * 20
NOBODY = "0x" + "00" * 20


@contextmanager
def refused(reason: str) -> Iterator[None]:
    """Fail unless the block reverts with exactly this reason, in whichever contract."""
    with pytest.raises(boa.BoaError) as caught:
        yield
    assert caught.value.stack_trace.last_frame.pretty_vm_reason == reason


def events(contract: Any, name: str) -> list[Any]:
    """Fields of the events of this name in the last call of a contract, those of the contracts it called included."""
    found = [entry for entry in contract.get_logs() if type(entry).__name__ == name]
    return [tuple(value for key, value in entry._asdict().items() if key != "address") for entry in found]


def arguments(name: str) -> dict[str, Any]:
    """Name constructor arguments a contract accepts, in order."""
    clock = {"genesis": boa.env.timestamp, "epoch_seconds": EPOCH_SECONDS}
    return {
        "CollateralEscrow": {
            "token": SOMEONE,
            "entry_fee": 0,
            "thaw_seconds": 14 * DAY,
            **clock,
            "participants": SOMEONE,
            "class_registry": SOMEONE,
            "task_registry": SOMEONE,
            "slasher": SOMEONE,
            "reputation": SOMEONE,
            "owner": SOMEONE,
        },
        "ParticipantRegistry": {
            "escrow": SOMEONE,
            "task_registry": SOMEONE,
            "slasher": SOMEONE,
            **clock,
            "stake_per_unit": 10,
            "curve": HUMP,
            "owner": SOMEONE,
        },
        "ClassRegistry": {"escrow": SOMEONE, "task_registry": SOMEONE, "fee": 0, "owner": SOMEONE},
        "TaskRegistry": {
            "escrow": SOMEONE,
            "participants": SOMEONE,
            "slasher": SOMEONE,
            "reputation": SOMEONE,
            "class_registry": SOMEONE,
            "court": SOMEONE,
            **clock,
            "fee_per_unit": 1,
            "stake_per_unit": 10,
            "owner": SOMEONE,
        },
        "Slasher": {
            "escrow": SOMEONE,
            "participants": SOMEONE,
            "task_registry": SOMEONE,
            "reputation": SOMEONE,
            **clock,
            "terms": SLASH_TERMS,
            "owner": SOMEONE,
        },
        "GasReputation": {
            "escrow": SOMEONE,
            "slasher": SOMEONE,
            "participants": SOMEONE,
            "task_registry": SOMEONE,
            **clock,
            "bond_per_value": 1_000,
            "pay_per_value": 10,
            "parameters": FILTER,
            "owner": SOMEONE,
        },
    }[name]


def construct(name: str, **changes: Any) -> Any:
    """Deploy a contract alone, with some constructor arguments changed."""
    settings = arguments(name)
    assert set(changes) <= set(settings), f"no such argument: {set(changes) - set(settings)}"
    return deployer(name).deploy(*(settings | changes).values())
