"""Reorgs that change what an epoch measured: what was computed before them must not be posted after them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ballast.errors import RpcError
from ballast.model.constants import PAGE
from tests.keeper.actor import Actor
from tests.keeper.network import BOND, EPOCH_SECONDS, Network
from tests.keeper.proxy import Proxy
from tests.keeper.role import keeper
from tests.keeper.wire import SEND

LATE = EPOCH_SECONDS - 20
"""Second of the epoch at which tasks are settled, in a block that is undone."""


@pytest.fixture
def network() -> Iterator[Network]:
    """Give a network of the test's own, since it trades."""
    network = Network(traded=(2, 3))
    try:
        yield network
    finally:
        network.stop()


@pytest.mark.parametrize("forgets", [False, True], ids=["same process", "journal lost"])
@pytest.mark.parametrize("reach", ["waiting", "dropped", "undone", "final"])
def test_what_was_measured_changes(
    reach: str, forgets: bool, network: Network, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The post waits to be mined still, was dropped by the nodes, was undone, or is mined in the new branch too."""
    epoch, second = network.present, network.moment(network.present + 1, 0)
    with Proxy(network.anvil.port) as proxy:
        actor = Actor(network, network.keepers[0], [proxy.url], tmp_path, keeper)
        for moment in (150, 162):
            network.mine(network.moment(epoch, moment), 4)
            actor.once()
        network.trade.begin(epoch)
        held, branch = network.stored(epoch - 1), network.head()
        settle = network.trade.registry.settle(network.trade.submitted, False).request(network.stranger.address)
        network.rpc.call("eth_sendTransaction", settle)
        network.mine(network.moment(epoch, LATE))
        network.mine(second, 4)
        before = network.values(epoch, held)
        actor.once()
        assert network.waiting(actor.address) == 1
        if reach in ("undone", "final"):
            network.mine(second + 12, 4)
            actor.once()
        network.rpc.call("anvil_rollback", network.head() - branch)
        network.rpc.call("anvil_dropAllTransactions")
        network.mine(second + 1, 4)
        if forgets:
            actor.stop()
            actor.lose_journal()
        if reach in ("waiting", "final"):
            for raw in dict.fromkeys(proxy.raw):
                with contextlib.suppress(RpcError):
                    network.rpc.call(SEND, raw)
        if reach == "final":
            network.mine(second + 24, 4)
        for moment in (100, 400, 800, 1_200, 1_600, 2_200, 2_800, 3_000):
            actor.once()
            network.mine(second + moment, 4)
        after = network.values(epoch, held)
        assert before != after
        assert network.stored(epoch) == after
        pages = {account // PAGE for account, (a, b) in enumerate(zip(before, after, strict=True)) if a != b}
        lost = (BOND - network.bond_of(actor.poster)) // network.deployment.parameters.bond_per_value
        assert lost == (PAGE * len(pages) if reach == "final" else 0), "it posted what was no longer right"
        actor.stop()
    record_property("fault runs", {"reorg that changes what was measured": 1, "runs": 1})


def test_nothing_is_sent_before_the_epoch_is_confirmed(network: Network, tmp_path: Path) -> None:
    actor = Actor(network, network.keepers[0], [network.anvil.url], tmp_path, keeper)
    for blocks in range(1, actor.settings.confirmations + 1):
        network.go(network.present + 1, 1)
        actor.once()
        assert network.waiting(actor.address) == 0, f"sent {blocks} blocks into the epoch"
    network.go(network.present + 1, 1)
    actor.once()
    assert network.waiting(actor.address) == 1
    actor.stop()
