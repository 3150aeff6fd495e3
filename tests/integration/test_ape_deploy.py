"""The Ape script, run as a user runs it."""

from __future__ import annotations

from pathlib import Path

from offchain.chain.anvil import Anvil
from offchain.chain.deployment import Deployment, verify
from tests.integration.conftest import Run

STRANGER = "0x00000000000000000000000000000000000000AA"


def lines(output: str) -> list[str]:
    """Lines that are not Ape's own."""
    return [line for line in output.splitlines() if not line.startswith(("INFO:", "SUCCESS:"))]


def test_on_a_chain_of_its_own(ape_deploy: Run, tmp_path: Path) -> None:
    done = ape_deploy("--network", "ethereum:local:foundry")
    assert done.returncode == 0, done.stderr
    record = tmp_path / "deployments" / "31337.json"
    assert lines(done.stdout)[-1] == f"deployed and verified on chain 31337, written to {record}"
    assert Deployment.load(record).chain_id == 31337
    assert not list((tmp_path / "home").iterdir())


def test_on_a_running_node_once_unless_told_to(ape_deploy: Run, anvil: Anvil, tmp_path: Path) -> None:
    network = ("--network", f"ethereum:local:{anvil.url}")
    owner = anvil.rpc.call("eth_accounts")[1]
    parameters = tmp_path / "parameters.toml"
    parameters.write_text("epoch_seconds = 600\n")
    record = tmp_path / "deployments" / "31337.json"

    first = ape_deploy(*network, "--owner", owner, "--court", STRANGER, "--parameters", str(parameters))
    assert first.returncode == 0, first.stderr
    deployment = Deployment.load(record)
    assert verify(anvil.rpc, deployment) == ()
    assert deployment.owner.lower() == owner
    assert deployment.court == STRANGER
    assert deployment.parameters.epoch_seconds == 600
    height = anvil.rpc.call("eth_blockNumber")

    second = ape_deploy("--network", anvil.url)
    assert second.returncode == 0, second.stderr
    assert lines(second.stdout) == [
        f"already deployed on chain 31337 and verified against {record}; --again deploys anew"
    ]
    assert anvil.rpc.call("eth_blockNumber") == height

    recorded = record.read_text()
    record.write_text(recorded.replace('"fee_per_unit": 1,', '"fee_per_unit": 2,'))
    tampered = ape_deploy(*network)
    assert tampered.returncode == 1
    assert lines(tampered.stderr) == [
        "Error: TaskRegistry: the recorded arguments do not fit the recorded addresses and parameters"
    ]
    record.write_text(recorded)

    third = ape_deploy(*network, "--again", "--owner", STRANGER, "--token", deployment.token)
    assert third.returncode == 0, third.stderr
    anew = Deployment.load(record)
    assert verify(anvil.rpc, anew) == ()
    assert anew.token == deployment.token
    assert (anew.owner, anew.pending_owner) == (anew.deployer, STRANGER)
    kept = next(p for p in record.parent.iterdir() if p != record)
    assert Deployment.load(kept) == deployment


def test_a_mistake_costs_no_transaction(ape_deploy: Run, anvil: Anvil, tmp_path: Path) -> None:
    parameters = tmp_path / "parameters.toml"
    parameters.write_text("fee = 200_001\n")
    done = ape_deploy("--network", f"ethereum:local:{anvil.url}", "--parameters", str(parameters))
    assert done.returncode == 2
    assert lines(done.stderr) == [f"Error: {parameters}: fee is 200001: must be from 0 to 200000 (ppm of the price)"]
    assert anvil.rpc.call("eth_blockNumber") == "0x0"
    assert not (tmp_path / "deployments").exists()


def test_no_node_is_one_line(ape_deploy: Run) -> None:
    done = ape_deploy("--network", "ethereum:local:http://127.0.0.1:1")
    assert done.returncode == 1
    assert lines(done.stderr)[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr
