"""200 epochs over 100 coprocessors with a keeper that is killed again and again; its journal explains every value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from offchain.model.constants import PAGE
from tests.keeper.actor import SETTINGS, Actor
from tests.keeper.network import Network
from tests.keeper.survive import SEED

EPOCHS = 200
OPERATORS, COPROCESSORS = 4, 100
TASKS = 3
MOMENTS = (1_100, 1_300, 1_500, 1_700, 2_400)
KILLS = 0.15
"""Part of the passes that end with a kill, in periods in which the keeper is killed at all."""
PERIOD = 10
"""Epochs after which kills begin or end."""


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """Give a larger network, in its third epoch."""
    network = Network(OPERATORS, COPROCESSORS, 1, traded=(2,))
    try:
        yield network
    finally:
        network.stop()


def expected(network: Network, epoch: int, held: list[int]) -> list[int]:
    """Logits of all accounts after the epoch that closed last, from those that hold now."""
    busy = network.busy(epoch)
    idle = {phi: network.step_of(phi, 0, 0, 0, 0) for phi in set(held)}
    return [network.step(a, epoch, phi) if a in busy else idle[phi] for a, phi in enumerate(held)]


def test_every_value_is_explained(
    network: Network, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rng = Random(SEED)
    actor = Actor(network, network.keepers[0], [network.anvil.url], tmp_path, SETTINGS)
    killed = 0
    logits = {network.present - 2: [0] * network.pages * PAGE}
    first = network.present
    for epoch in range(first, first + EPOCHS):
        holding = logits[max(e for e in logits if e <= epoch - 2)]
        logits[epoch - 1] = expected(network, epoch - 1, holding)
        network.trade.begin(epoch, TASKS)
        deadly = epoch // PERIOD % 2 == 1
        for second in MOMENTS:
            for blocks_left in (2, 1, 0):
                network.go(epoch, second - 12 * blocks_left)
            if deadly and rng.random() < KILLS:
                killed += actor.killed(rng.randint(1, 6)) == 0
            else:
                actor.once()
        assert network.stored(epoch - 1) == logits[epoch - 1], f"values of epoch {epoch - 1}"
        network.go(epoch + 1, 1)
        network.trade.finish()
    actor.stop()
    assert killed > EPOCHS // 20
    record_property("fault runs", {"killed in 200 epochs": killed})
    print(f"a keeper over {EPOCHS} epochs and {COPROCESSORS} coprocessors, killed {killed} times")
