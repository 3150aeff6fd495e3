"""Which chain a deployment file belongs to, where new ones are written, and finding the one that stands on a node."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ballast.chain.anvil import Anvil
from ballast.client.contracts import CollateralEscrow
from ballast.deployment import GONE, Deployment, absent, aside_path, deploy, elsewhere, find, free_path, verify
from ballast.errors import DeploymentError, NoContractError, RecordError
from tests.integration.conftest import Run

EARLY, LATE = 1_700_000_000, 1_700_000_007


@pytest.fixture(scope="module")
def chains() -> Iterator[dict[str, Anvil]]:
    """Two chains that began at one moment and share their first block, and one that began later; all of one id."""
    with Anvil(timestamp=EARLY) as first, Anvil(timestamp=EARLY) as twin, Anvil(timestamp=LATE) as other:
        yield {"first": first, "twin": twin, "other": other}


@pytest.fixture(scope="module")
def deployments(chains: dict[str, Anvil]) -> dict[str, Deployment]:
    """Deploy on each, by the same account, so that the addresses are the same."""
    made = {}
    for seconds, (name, anvil) in enumerate(chains.items()):
        anvil.rpc.call("evm_setNextBlockTimestamp", LATE + 1 + seconds)
        made[name] = deploy(anvil.rpc)
    for anvil in chains.values():  # a block may hold several contracts, so that one chain is shorter than another
        anvil.rpc.call("anvil_mine", 10)
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of deployment files."""
    monkeypatch.setattr("ballast.deployment.records.RECORDS", tmp_path)
    return tmp_path


def old(deployment: Deployment) -> Deployment:
    """Give a deployment as it was recorded before chains were known by their blocks."""
    return replace(deployment, genesis_hash="", block_hash="")


def test_the_chains_differ_as_they_should(chains: dict[str, Anvil], deployments: dict[str, Deployment]) -> None:
    first, twin, other = deployments.values()
    assert first.genesis_hash == twin.genesis_hash != other.genesis_hash
    assert first.genesis_hash == chains["first"].rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
    assert first.block_hash == chains["first"].rpc.call("eth_getBlockByNumber", hex(first.block), False)["hash"]
    assert len({first.block_hash, twin.block_hash, other.block_hash}) == 3
    assert first.contracts == twin.contracts, "nothing but the blocks tells them apart"


def test_a_chain_is_known_by_its_first_block_and_else_by_the_deployments(
    chains: dict[str, Anvil], deployments: dict[str, Deployment]
) -> None:
    for here, anvil in chains.items():
        for name, deployment in deployments.items():
            told = elsewhere(anvil.rpc, deployment)
            if name == here:
                assert told == absent(anvil.rpc, deployment) == ""
                assert verify(anvil.rpc, deployment) == ()
                continue
            why = "genesis differs (0x" if "other" in (name, here) else f"block {deployment.block} differs"
            assert told.startswith(f"is of another chain: {why}")
            with pytest.raises(DeploymentError, match=r"^the deployment is of another chain: "):
                verify(anvil.rpc, deployment)


def test_a_local_chain_shorter_than_the_deployment_is_another_one(
    chains: dict[str, Anvil], deployments: dict[str, Deployment]
) -> None:
    later = replace(deployments["first"], block=1_000)
    assert elsewhere(chains["first"].rpc, later) == "is of another chain: the node's has no block 1000"


def test_a_chain_without_the_contracts_is_another_one(deployments: dict[str, Deployment]) -> None:
    with Anvil(timestamp=EARLY) as fresh:
        assert absent(fresh.rpc, old(deployments["first"])) == GONE
        assert absent(fresh.rpc, replace(deployments["first"], chain_id=1)) == "is on chain 1, the node on chain 31337"
        with pytest.raises(DeploymentError, match="ParticipantRegistry: there is no contract at 0x"):
            verify(fresh.rpc, old(deployments["first"]))


def test_on_a_chain_others_rely_on_a_reorganised_block_is_no_other_chain() -> None:
    with Anvil(timestamp=EARLY) as anvil:
        deployment = replace(deploy(anvil.rpc), chain_id=5, block_hash="0x" + "12" * 32)
        anvil.rpc.call("anvil_setChainId", 5)
        assert verify(anvil.rpc, deployment) == ()


def test_an_old_file_can_be_read_and_found(
    chains: dict[str, Anvil], deployments: dict[str, Deployment], folder: Path
) -> None:
    content = json.loads(deployments["first"].to_json())
    del content["genesis_hash"], content["block_hash"]
    (folder / "31337.json").write_text(json.dumps(content))
    assert Deployment.load(folder / "31337.json") == old(deployments["first"])
    assert find(chains["first"].rpc) == (folder / "31337.json", old(deployments["first"]))


@pytest.mark.parametrize("digest", [7, "0x12", "12" * 33])
def test_a_hash_that_is_none_is_refused(digest: object, deployments: dict[str, Deployment], tmp_path: Path) -> None:
    content = {**json.loads(deployments["first"].to_json()), "genesis_hash": digest}
    (tmp_path / "31337.json").write_text(json.dumps(content))
    with pytest.raises(RecordError, match="is not a hash"):
        Deployment.load(tmp_path / "31337.json")


def test_each_chain_has_a_file_of_its_own(
    chains: dict[str, Anvil], deployments: dict[str, Deployment], folder: Path
) -> None:
    for deployment in deployments.values():
        deployment.save(free_path(deployment))
    first, twin, other = deployments.values()
    assert {path.name for path in folder.iterdir()} == {
        "31337.json",
        f"31337-{twin.genesis_hash[2:10]}.json",
        f"31337-{other.genesis_hash[2:10]}.json",
    }
    again = replace(first, block_hash="0x" + "12" * 32)
    assert free_path(again).name == f"31337-{first.genesis_hash[2:10]}-12121212.json"
    for name, anvil in chains.items():
        path, found = find(anvil.rpc)
        assert found == deployments[name]
        assert path.name == ("31337.json" if name == "first" else f"31337-{found.genesis_hash[2:10]}.json")


def test_files_that_stand_elsewhere_or_nowhere_are_passed_over_and_named(
    chains: dict[str, Anvil], deployments: dict[str, Deployment], folder: Path
) -> None:
    deployments["other"].save(folder / "31337.json")
    replace(deployments["first"], chain_id=1).save(folder / "1.json")
    deployments["first"].save(folder / "31337.before-3.json")
    (folder / "letters.json").write_text("my letters")
    with pytest.raises(RecordError) as caught:
        find(chains["first"].rpc)
    told = str(caught.value)
    assert told.startswith(f"no deployment in {folder} stands on the node's chain (chain 31337), name its file; ")
    assert "1.json is on chain 1, the node on chain 31337; 31337.json is of another chain: genesis differs" in told
    assert "; letters.json is not a deployment file: Expecting value" in told
    assert "before" not in told
    assert "\n" not in told
    deployments["first"].save(folder / "devnet-8545.json")
    assert find(chains["first"].rpc) == (folder / "devnet-8545.json", deployments["first"])


def test_several_that_stand_are_named(
    chains: dict[str, Anvil], deployments: dict[str, Deployment], folder: Path
) -> None:
    names = [folder / name for name in ("31337.json", "devnet-8545.json")]
    for path in names:
        deployments["first"].save(path)
    with pytest.raises(RecordError) as caught:
        find(chains["first"].rpc)
    assert str(caught.value) == (
        f"several deployments stand on the node's chain (chain 31337), name one: {names[0]}; {names[1]}"
    )


def test_many_files_are_not_all_named(
    chains: dict[str, Anvil], deployments: dict[str, Deployment], folder: Path
) -> None:
    for number in range(9):
        deployments["other"].save(folder / f"31337-{number}.json")
    with pytest.raises(RecordError, match=r"31337-4\.json [^;]*; 4 more$"):
        find(chains["first"].rpc)


def test_verify_finds_the_file_and_says_what_is_of_another_chain(
    ballast: Run, chains: dict[str, Anvil], deployments: dict[str, Deployment], tmp_path: Path
) -> None:
    folder = tmp_path / "deployments"
    deployments["first"].save(folder / "31337.json")
    deployments["other"].save(folder / "devnet-8545.json")
    done = ballast("verify", "--rpc", chains["other"].url)
    assert (done.returncode, done.stdout) == (0, f"6 contracts stand as recorded in {folder / 'devnet-8545.json'}\n")
    done = ballast("verify", "--rpc", chains["other"].url, str(folder / "31337.json"))
    assert done.returncode == 1
    assert done.stderr.startswith("ballast: the deployment is of another chain: genesis differs (0x")
    assert done.stderr.count("\n") == 1


def test_what_is_read_where_no_contract_stands_is_said_in_words(chains: dict[str, Anvil]) -> None:
    nowhere = "0x00000000000000000000000000000000000000AA"
    escrow = CollateralEscrow(nowhere)
    with pytest.raises(NoContractError) as caught:
        escrow.account_count().read(chains["first"].rpc)
    assert str(caught.value) == (
        f"CollateralEscrow.account_count: no contract stands at {nowhere} at the block asked for"
    )


def test_files_set_aside_replace_no_other(folder: Path) -> None:
    names = []
    for _ in range(3):
        path = aside_path(folder / "31337.json", 7)
        path.write_text("theirs", encoding="utf-8")
        names.append(path.name)
    assert names == ["31337.before-7.json", "31337.before-7-2.json", "31337.before-7-3.json"]
