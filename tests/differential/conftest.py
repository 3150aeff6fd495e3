"""The node and the harness contracts, once for all differential tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ballast.chain.anvil import Anvil
from ballast.chain.rpc import JsonRpc
from tests.differential.harness import EPOCH_SECONDS, GENESIS, Harness


@pytest.fixture(scope="session")
def node() -> Iterator[JsonRpc]:
    """Start a local Anvil that answers calls of any size and stands still at ``GENESIS``."""
    with Anvil("--no-request-size-limit", timestamp=GENESIS - 1) as anvil:
        anvil.rpc.call("evm_setNextBlockTimestamp", GENESIS)
        anvil.rpc.call("evm_mine")  # calls on the very first block do not see its time
        yield anvil.rpc


@pytest.fixture(scope="session")
def formulas(node: JsonRpc) -> Harness:
    """Deployed ``FormulaHarness``; its epoch 1 starts at ``GENESIS``."""
    return Harness(node, "FormulaHarness", GENESIS, EPOCH_SECONDS)


@pytest.fixture(scope="session")
def packings(node: JsonRpc) -> Harness:
    """Deployed ``PackingHarness``."""
    return Harness(node, "PackingHarness")
