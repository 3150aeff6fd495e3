"""The node and the harness contracts, once for all differential tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

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
def harnesses(node: JsonRpc) -> Callable[[str], Harness]:
    """Give what deploys a harness by its subject, when it is asked for; epoch 1 of tasks is at ``GENESIS``."""
    arguments = {"Task": (GENESIS, EPOCH_SECONDS)}
    return cache(lambda subject: Harness(node, f"{subject}Harness", *arguments.get(subject, ())))


@pytest.fixture(scope="session")
def load_harness(harnesses: Callable[[str], Harness]) -> Harness:
    """Deployed ``LoadHarness``."""
    return harnesses("Load")


@pytest.fixture(scope="session")
def task_harness(harnesses: Callable[[str], Harness]) -> Harness:
    """Deployed ``TaskHarness``."""
    return harnesses("Task")


@pytest.fixture(scope="session")
def money_harness(harnesses: Callable[[str], Harness]) -> Harness:
    """Deployed ``MoneyHarness``."""
    return harnesses("Money")


@pytest.fixture(scope="session")
def reputation_harness(harnesses: Callable[[str], Harness]) -> Harness:
    """Deployed ``ReputationHarness``."""
    return harnesses("Reputation")
