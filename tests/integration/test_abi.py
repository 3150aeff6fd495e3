"""The ABI files: in step with the contracts, and of use to another library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from web3 import Web3
from web3.logs import DISCARD

from ballast.chain import artifacts as compiled
from ballast.chain.anvil import Anvil
from ballast.chain.artifacts import ABI, abi_text, artifacts, write_abis
from ballast.deployment import CONTRACTS, TOKEN, deploy
from ballast.model import layouts

NAMES = (*CONTRACTS, TOKEN)


def test_there_is_one_for_each_contract_and_one_of_layouts() -> None:
    assert sorted(path.name for path in ABI.iterdir()) == sorted(f"{name}.json" for name in (*NAMES, "layouts"))


@pytest.mark.parametrize("name", NAMES)
def test_they_are_what_the_compiler_makes(name: str) -> None:
    text = (ABI / f"{name}.json").read_text()
    assert text == abi_text(artifacts()[name]), "out of step: run `ballast compile` and commit abi/"
    assert json.loads(text) == artifacts()[name].abi


def test_layouts_are_those_of_the_model() -> None:
    text = (ABI / "layouts.json").read_text()
    assert text == layouts.text(), "out of step: run `ballast compile` and commit abi/"
    assert json.loads(text) == {word: [field._asdict() for field in layout] for word, layout in layouts.LAYOUTS.items()}


def test_compile_writes_those_that_are_missing_or_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "ABI", tmp_path / "abi")
    write_abis({"layouts": layouts.text()})
    (tmp_path / "abi" / "Slasher.json").write_text("[]")
    (tmp_path / "abi" / "TaskRegistry.json").unlink()
    (tmp_path / "abi" / "layouts.json").write_text("{}")
    write_abis({"layouts": layouts.text()})
    for name in (*NAMES, "layouts"):
        assert (tmp_path / "abi" / f"{name}.json").read_text() == (ABI / f"{name}.json").read_text()


def test_web3_reads_a_deployment_by_them(anvil: Anvil) -> None:
    """Each file has functions, events and a constructor; calls, transactions and events work with them alone."""
    deployment = deploy(anvil.rpc)
    web3 = Web3(Web3.HTTPProvider(anvil.url))
    owner = web3.eth.accounts[0]
    of = {
        name: web3.eth.contract(
            Web3.to_checksum_address(deployment.address(name)), abi=json.loads((ABI / f"{name}.json").read_text())
        )
        for name in NAMES
    }
    for name, contract in of.items():
        kinds = {entry["type"] for entry in contract.abi}
        assert kinds == ({"function", "event", "constructor"} if name != TOKEN else {"function", "event"}), name
    for name in CONTRACTS:
        assert of[name].functions.owner().call() == deployment.owner == owner
    of[TOKEN].functions.mint(owner, 10**9).transact({"from": owner})
    of[TOKEN].functions.approve(deployment.address("CollateralEscrow"), 10**9).transact({"from": owner})
    sent = of["CollateralEscrow"].functions.open_account().transact({"from": owner})
    receipt = web3.eth.wait_for_transaction_receipt(sent)
    (opened,) = of["CollateralEscrow"].events.AccountOpened().process_receipt(receipt, errors=DISCARD)
    assert opened["args"]["owner"] == owner
    assert of["CollateralEscrow"].functions.account_of(owner).call() == opened["args"]["account"]
