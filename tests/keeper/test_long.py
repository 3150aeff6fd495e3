"""200 epochs over 100 coprocessors with a keeper that is killed again and again; its journal explains every value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from ballast.cli import main
from ballast.keeper.discover import network_of
from ballast.keeper.explain import explain, inputs_of
from ballast.model.constants import PAGE
from ballast.transact.journal import Journal
from tests.keeper.actor import SETTINGS, Actor
from tests.keeper.network import Network
from tests.keeper.role import keeper
from tests.keeper.survive import SEED

EPOCHS = 200
OPERATORS, COPROCESSORS = 3, 100
TASKS = 3
MOMENTS = (1_100, 1_500, 2_400)
"""Moments of an epoch at which the keeper does a pass; at the last it is not killed."""
KILLS = 0.3
"""Part of the other passes that end with a kill, in periods with kills."""
PERIOD = 10
"""Epochs after which kills begin or end."""
REPLAYED = 20
"""Values the command explains."""
BLOCKS = 2
"""Blocks between two passes."""


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """Give a larger network, in its third epoch."""
    network = Network(OPERATORS, COPROCESSORS, 1, traded=(2,))
    try:
        yield network
    finally:
        network.stop()


def check_replay(actor: Actor, logits: dict[int, list[int]]) -> None:
    """Check that the keeper's journal explains every value: inputs, formula, result."""
    with Journal.open(f"sqlite:///{actor.path}") as journal:
        journal.bind(network_of(actor.network.deployment))
        for epoch, right in logits.items():
            inputs = inputs_of(journal.inputs_of(epoch)[0][2])
            assert [explain(inputs, account)["result"]["phi"] for account in range(inputs.accounts)] == right


def check_command(network: Network, actor: Actor, logits: dict[int, list[int]], rng: Random) -> None:
    """Check that `ballast keeper replay` says so too, of some values, and who posted them."""
    record = actor.path.with_name("deployment.json")
    network.deployment.save(record)
    given = ["--rpc", network.anvil.url, "--deployment", str(record), "--journal", f"sqlite:///{actor.path}", "--json"]
    for epoch in rng.sample(sorted(logits), REPLAYED):
        account = rng.randrange(len(logits[epoch]))
        done = CliRunner().invoke(main, ["keeper", "replay", str(account), "--epoch", str(epoch), *given])
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout)
        assert told["result"]["phi"] == logits[epoch][account]
        (sent,) = [each for each in told["transactions"] if each["state"] == "confirmed"]
        assert sent["phi"] == (logits[epoch][account] if sent["kind"] == "post" else None)


def test_every_value_is_explained(
    network: Network, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rng = Random(SEED)
    settings = replace(SETTINGS, confirmations=1)
    actor = Actor(network, network.keepers[0], [network.anvil.url], tmp_path, keeper, settings)
    killed, logits = 0, {network.present - 2: [0] * network.pages * PAGE}
    for epoch in range(network.present, network.present + EPOCHS):
        holding = logits[max(e for e in logits if e <= epoch - 2)]
        logits[epoch - 1] = network.values(epoch - 1, holding)
        network.trade.begin(epoch, TASKS)
        for second in MOMENTS:
            network.mine(network.moment(epoch, second), BLOCKS)
            if epoch // PERIOD % 2 and second != MOMENTS[-1] and rng.random() < KILLS:
                killed += actor.killed(rng.randint(1, 6)) == 0
            else:
                actor.once()
        network.mine(network.moment(epoch, MOMENTS[-1] + 100), BLOCKS)
        assert network.stored(epoch - 1) == logits[epoch - 1], f"values of epoch {epoch - 1}"
        network.go(epoch + 1, 1)
        network.trade.finish()
    actor.stop()
    del logits[network.present - 2]
    check_replay(actor, logits)
    check_command(network, actor, logits, rng)
    assert killed > EPOCHS // 10
    record_property("fault runs", {"killed in 200 epochs": killed})
    print(f"a keeper over {EPOCHS} epochs and {COPROCESSORS} coprocessors, killed {killed} times, all values explained")
