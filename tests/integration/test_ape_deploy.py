"""The Ape script, run as a user runs it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from ballast.chain.anvil import Anvil
from ballast.chain.artifacts import artifacts
from ballast.chain.contract import wait_for
from ballast.client.contracts import MockToken
from ballast.deployment import Deployment, find, verify
from ballast.model.parameters import ClassParameters
from tests.integration.conftest import Run
from tests.support import liar

STRANGER = "0x00000000000000000000000000000000000000AA"


def lines(output: str) -> list[str]:
    """Lines that are not Ape's own."""
    return [line for line in output.splitlines() if not line.startswith(("INFO:", "SUCCESS:"))]


@pytest.mark.usefixtures("only_ape")
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
    parameters.write_text("[network]\nepoch_seconds = 600\n[class]\nsubmit_seconds = 120\n")
    record = tmp_path / "deployments" / "31337.json"

    first = ape_deploy(*network, "--owner", owner, "--court", STRANGER, "--parameters", str(parameters))
    assert first.returncode == 0, first.stderr
    deployment = Deployment.load(record)
    assert verify(anvil.rpc, deployment) == ()
    assert deployment.owner.lower() == owner
    assert deployment.court == STRANGER
    assert deployment.parameters.epoch_seconds == 600
    assert deployment.classes == {1: ClassParameters(submit_seconds=120)}
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
    assert f"token {deployment.token}: 6 decimals, supply 1000000 units; " in third.stdout
    anew = Deployment.load(record)
    assert verify(anvil.rpc, anew) == ()
    assert anew.token == deployment.token
    assert (anew.owner, anew.pending_owner) == (anew.deployer, STRANGER)
    kept = next(p for p in record.parent.iterdir() if p != record)
    assert Deployment.load(kept) == deployment


def test_a_mistake_costs_no_transaction(ape_deploy: Run, anvil: Anvil, tmp_path: Path) -> None:
    parameters = tmp_path / "parameters.toml"
    parameters.write_text("[network]\nfee = 200_001\n")
    done = ape_deploy("--network", f"ethereum:local:{anvil.url}", "--parameters", str(parameters))
    assert done.returncode == 2
    assert lines(done.stderr) == [f"Error: {parameters}: fee is 200001: must be from 0 to 200000 (ppm of the price)"]
    assert anvil.rpc.call("eth_blockNumber") == "0x0"
    assert not (tmp_path / "deployments").exists()


def test_a_node_that_does_not_answer_is_named_without_its_secrets(ape_deploy: Run) -> None:
    done = ape_deploy(
        "--network", "ethereum:local:http://me:hunter2hunter2@127.0.0.1:1/v2/5f3759df5f3759df?key=s3cr3ts3cr3t"
    )
    assert done.returncode == 1
    assert lines(done.stderr)[-1].startswith("Error: no usable answer from the node at http://127.0.0.1:1: ")
    assert "Traceback" not in done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in ("hunter2", "5f3759df", "s3cr3t"))


def test_an_address_that_is_none_is_the_users_mistake(ape_deploy: Run) -> None:
    done = ape_deploy("--network", "ethereum:local:http://127.0.0.1:99999")
    assert done.returncode == 2
    assert lines(done.stderr)[-1].startswith("Error: a node's address is not usable")


def test_a_node_that_answers_null_is_named(ape_deploy: Run) -> None:
    with liar.serving(lambda asked: (200, orjson.dumps(liar.plain(asked, None)))) as url:
        done = ape_deploy("--network", f"ethereum:local:{url}")
    assert done.returncode == 1
    assert lines(done.stderr)[-1].startswith(f"Error: what the node at {url} answers makes no sense: ")
    assert "Traceback" not in done.stderr


def test_a_token_with_a_wrong_checksum_is_told_in_one_line(ape_deploy: Run, anvil: Anvil) -> None:
    token = "0x5fbDB2315678afecb367f032d93F642f64180aa3"
    done = ape_deploy("--network", f"ethereum:local:{anvil.url}", "--token", token)
    assert done.returncode == 2
    wanted = "0x and 40 hex digits, in small letters or with its checksum, not zero"
    assert lines(done.stderr) == [f"Error: --token is '{token}': must be an address, {wanted}"]
    assert anvil.rpc.call("eth_blockNumber") == "0x0"


def test_the_second_of_two_chains_with_one_id_leaves_the_record_of_the_first(ape_deploy: Run, tmp_path: Path) -> None:
    with Anvil(timestamp=1_700_000_000) as first, Anvil(timestamp=1_700_000_007) as second:
        assert ape_deploy("--network", f"ethereum:local:{first.url}").returncode == 0
        record = tmp_path / "deployments" / "31337.json"
        text = record.read_text()
        done = ape_deploy("--network", f"ethereum:local:{second.url}")
        assert done.returncode == 0, done.stderr
        told = lines(done.stdout)
        assert told[0].startswith(f"{record} is of another chain: genesis differs (0x")
        assert told[0].endswith("; it stays as it is")
        assert "gone" not in done.stdout
        assert record.read_text() == text
        genesis = second.rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
        other = tmp_path / "deployments" / f"31337-{genesis[2:10]}.json"
        assert told[-1] == f"deployed and verified on chain 31337, written to {other}"
        assert find_in(tmp_path, first) == Deployment.load(record)
        assert find_in(tmp_path, second) == Deployment.load(other)
        again = ape_deploy("--network", f"ethereum:local:{second.url}")
        assert lines(again.stdout)[-1] == (
            f"already deployed on chain 31337 and verified against {other}; --again deploys anew"
        )


def find_in(home: Path, anvil: Anvil) -> Deployment:
    """Deployment of a test's folder that stands on a chain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ballast.deployment.records.RECORDS", home / "deployments")
        return find(anvil.rpc)[1]


def test_a_token_of_too_large_a_supply_is_refused(ape_deploy: Run, anvil: Anvil) -> None:
    owner = anvil.rpc.call("eth_accounts")[0]
    digest = anvil.rpc.call(
        "eth_sendTransaction", {"from": owner, "data": f"0x{artifacts()['MockToken'].bytecode.hex()}"}
    )
    token = MockToken(wait_for(anvil.rpc, digest)["contractAddress"])
    token.mint(owner, 2**96).send(anvil.rpc, owner)
    height = anvil.rpc.call("eth_blockNumber")
    done = ape_deploy("--network", f"ethereum:local:{anvil.url}", "--token", token.address)
    assert done.returncode == 2
    told = f"Error: --token {token.address}: its supply is {2**96}, must be below 2**96, "
    assert lines(done.stderr) == [f"{told}else deposits can be blocked for good"]
    assert anvil.rpc.call("eth_blockNumber") == height
