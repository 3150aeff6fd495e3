"""One network a module, set back after each test; and a stage for fault runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ballast.transact import journal
from tests.keeper.role import KEEPER
from tests.keeper.run import Stage
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


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give a network that was traded in, and three nodes in front of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "LOCK_SECONDS", 0.02)
        stage = Stage(tmp_path_factory.mktemp("journals"), KEEPER)
        try:
            yield stage
        finally:
            stage.close()
