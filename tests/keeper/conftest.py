"""One network a module, set back after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.keeper.world import World, world


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """Network of a module; epoch 2 holds a settled and an overdue task, and epoch 3 has begun."""
    with world(keepers=3) as made:
        made.go(2)
        made.work()
        made.go(3)
        yield made


@pytest.fixture
def net(shared: World) -> Iterator[World]:
    """Network as it was when the module began."""
    snapshot = shared.anvil.rpc.call("evm_snapshot")
    shared.go(3, clock=8)  # a snapshot does not set back the clock of the blocks to come
    try:
        yield shared
    finally:
        shared.close()
        shared.anvil.rpc.call("anvil_dropAllTransactions")  # first, or they are mined when mining goes on
        shared.anvil.rpc.call("evm_setAutomine", True)
        assert shared.anvil.rpc.call("evm_revert", snapshot)
