"""The JSON-RPC deployer, the deployment file, and what verification catches."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from ballast.chain.anvil import THROUGHPUT_FLAGS, Anvil
from ballast.chain.artifacts import artifacts
from ballast.chain.contract import send_all
from ballast.client.contracts import (
    PROTOCOL,
    ClassRegistry,
    CollateralEscrow,
    GasReputation,
    MockToken,
    ParticipantRegistry,
    Slasher,
)
from ballast.deployment import (
    CONTRACTS,
    TOKEN,
    ZERO_ADDRESS,
    Deployed,
    Deployment,
    absent,
    constructor_arguments,
    create_address,
    deploy,
    doubts,
    verify,
)
from ballast.deployment.planning import creation_code, plan
from ballast.errors import ChainError, DeploymentError, ParameterError, RecordError
from ballast.model.load_curve import PRESETS
from ballast.model.parameters import ClassParameters, NetworkParameters

STRANGER = "0x00000000000000000000000000000000000000AA"
DEFAULTS = NetworkParameters().to_table()


def test_deploys_what_it_verifies(anvil: Anvil) -> None:
    deployment = deploy(anvil.rpc)
    assert tuple(deployment.contracts) == CONTRACTS
    assert deployment.owner == deployment.court == deployment.deployer
    assert deployment.pending_owner == ZERO_ADDRESS
    assert absent(anvil.rpc, deployment) == ""
    assert verify(anvil.rpc, deployment) == ()


def test_a_deployment_that_was_given_up_holds_nobodys_tokens(anvil: Anvil) -> None:
    """The escrow comes last: until all others stand nobody has an account, and a deposit moves nothing."""
    rpc, parameters, terms = anvil.rpc, NetworkParameters(), ClassParameters()
    first = deploy(rpc)
    sender = first.deployer
    nonce = int(rpc.call("eth_getTransactionCount", sender, "latest"), 16)
    steps = plan(sender, nonce, first.token, sender, sender, first.genesis, parameters)
    assert [name for name, _ in steps] == list(CONTRACTS)
    for name, arguments in steps[:-1]:
        code = f"0x{creation_code(artifacts()[name], arguments).hex()}"
        rpc.call("eth_sendTransaction", {"from": sender, "data": code, "gas": hex(15_000_000)})
    at = {name: create_address(sender, nonce + i) for i, name in enumerate(CONTRACTS)}
    escrow, token = CollateralEscrow(at["CollateralEscrow"]), MockToken(first.token)
    assert steps[-1][0] == "CollateralEscrow"
    assert rpc.call("eth_getCode", escrow.address, "latest") == "0x"
    token.mint(sender, 100).send(rpc, sender)
    token.approve(escrow.address, 100).send(rpc, sender)
    for call in (
        ParticipantRegistry(at["ParticipantRegistry"]).register(2, 1, 0, 0),
        ClassRegistry(at["ClassRegistry"]).register_class(terms.auction(), terms.opening(), terms.dispute()),
        GasReputation(at["GasReputation"]).bond(1),
    ):
        with pytest.raises(ChainError):
            call.send(rpc, sender)
    rpc.call("eth_sendTransaction", {"from": sender, **escrow.deposit(2, 100).request(sender)})
    assert token.balanceOf(escrow.address).read(rpc) == 0


def test_amounts_that_prices_make_useless_are_told() -> None:
    """With a unit worth 333,333,333 wei a page's finder gets 1.33e12 wei: 60,000 gas at 22,222,222 wei, no more."""
    unit = 333_333_333
    cheap = NetworkParameters()
    share = 4 * cheap.bond_per_value * unit
    assert doubts(cheap, (share - 1) // 60_000, unit) == []
    (found,) = doubts(cheap, share // 60_000 + 1, unit)
    right = int(found.rpartition(" ")[2])
    assert right == cheap.bond_per_value + 1
    assert doubts(replace(cheap, bond_per_value=right), share // 60_000 + 1, unit) == []
    (found,) = doubts(cheap, 0, 0)
    assert "--token-wei" in found


@pytest.mark.parametrize(("seconds", "needed"), [(3_600, 175_200), (60, 10_512_000)])
def test_an_entry_fee_below_the_pay_of_two_years_is_told(seconds: int, needed: int) -> None:
    """Ten units an epoch: 17,520 epochs of an hour, 1,051,200 of a minute."""
    enough = NetworkParameters(epoch_seconds=seconds, entry_fee=needed)
    assert doubts(enough, 0, 1) == []
    (found,) = doubts(replace(enough, entry_fee=needed - 1), 0, 1)
    assert f"entry_fee is {needed - 1}" in found
    assert doubts(replace(enough, entry_fee=0, pay_per_value=0), 0, 1) == []


def test_deploys_on_a_node_that_mines_on_request() -> None:
    with Anvil(*THROUGHPUT_FLAGS, timestamp=1_700_000_000) as anvil:
        deployment = deploy(anvil.rpc)
        assert deployment.block == 1
        assert deployment.genesis == 1_700_000_000
        assert verify(anvil.rpc, deployment) == ()


def test_takes_parameters_token_court_and_genesis(anvil: Anvil) -> None:
    first = deploy(anvil.rpc)
    parameters = NetworkParameters(
        epoch_seconds=600, fee=100, preset="hump", slash=replace(NetworkParameters().slash, finder=1)
    )
    second = deploy(
        anvil.rpc, parameters, token=first.token, court=STRANGER, genesis=first.genesis, deployer=first.deployer
    )
    assert second.token == first.token
    assert second.court == STRANGER
    assert second.genesis == first.genesis
    assert second.contract(Slasher).terms().read(anvil.rpc).finder == 1
    assert second.contract(CollateralEscrow).clock().read(anvil.rpc) == (first.genesis, 600)
    assert verify(anvil.rpc, second) == ()
    assert set(first.contracts.values()).isdisjoint(second.contracts.values())


def test_hands_over_to_an_owner_whose_key_the_node_holds(anvil: Anvil) -> None:
    owner = anvil.rpc.call("eth_accounts")[1]
    deployment = deploy(anvil.rpc, owner=owner)
    assert deployment.owner.lower() == owner
    assert deployment.pending_owner == ZERO_ADDRESS
    for kind in PROTOCOL:
        assert deployment.contract(kind).owner().read(anvil.rpc) == to_checksum_address(owner)


def test_offers_to_an_owner_whose_key_it_does_not_hold(anvil: Anvil) -> None:
    deployment = deploy(anvil.rpc, owner=STRANGER)
    assert deployment.owner == deployment.deployer
    assert deployment.pending_owner == STRANGER
    for kind in PROTOCOL:
        assert deployment.contract(kind).pending_owner().read(anvil.rpc) == STRANGER


def test_sends_nothing_with_a_parameter_out_of_bounds(anvil: Anvil) -> None:
    with pytest.raises(ParameterError, match=r"^fee is 200001: must be from 0 to 200000 \(ppm of the price\)$"):
        deploy(anvil.rpc, NetworkParameters(fee=200_001))
    assert anvil.rpc.call("eth_blockNumber") == "0x0"


def test_says_which_constructor_refused(anvil: Anvil) -> None:
    with pytest.raises(ChainError, match="epoch_clock: genesis"):
        deploy(anvil.rpc, genesis=2**40)


def test_the_file_brings_a_deployment_back(anvil: Anvil, tmp_path: Path) -> None:
    curve = replace(PRESETS["smooth"], c=PRESETS["smooth"].c - 1)
    deployment = deploy(anvil.rpc, NetworkParameters(curve=curve), owner=STRANGER)
    path = tmp_path / "records" / "31337.json"
    deployment.save(path)
    assert Deployment.load(path) == deployment
    assert verify(anvil.rpc, Deployment.load(path)) == ()
    assert [p.name for p in path.parent.iterdir()] == ["31337.json"]
    assert json.loads(path.read_text())["pending_owner"] == STRANGER


def test_a_failing_write_leaves_the_old_file(anvil: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = deploy(anvil.rpc)
    path = tmp_path / "31337.json"
    deployment.save(path)
    before = path.read_text()

    def fail(_self: Deployment) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(Deployment, "to_json", fail)
    with pytest.raises(OSError, match="disk full"):
        deployment.save(path)
    assert path.read_text() == before
    assert [p.name for p in tmp_path.iterdir()] == ["31337.json"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("[]", "not a table"),
        ("{}", "'format' is missing"),
        ('{"format": 99}', "its format is 99, not 2"),
        ('{"format": 1}', "its format is 1, not 2"),
        ('{"format": 2}', "'parameters' is missing"),
        ('{"format": 2, "parameters": {"network": {"fee": "1"}}}', "fee is '1': must be an integer"),
        ('{"format": 2, "parameters": 3}', "parameters are 3: must be tables"),
        ('{"format": 2, "parameters": {}, "contracts": {}}', "its parameters are too few or too many"),
        (json.dumps({"format": 2, "parameters": DEFAULTS | {"class": {}}}), "its parameters are too few or too many"),
        (json.dumps({"format": 2, "parameters": DEFAULTS, "classes": {"1": {}}}), "its class 1 is not complete"),
        (json.dumps({"format": 2, "parameters": DEFAULTS, "contracts": {}}), "needs the contracts Participant"),
    ],
)
def test_refuses_a_file_that_is_no_deployment(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "31337.json"
    path.write_text(text)
    with pytest.raises(RecordError) as caught:
        Deployment.load(path)
    assert reason in str(caught.value)
    assert str(caught.value).count(str(path)) == 1
    assert "\n" not in str(caught.value)


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        Deployment.load(tmp_path / "31337.json")


def _with(deployment: Deployment, name: str, **changes: Any) -> Deployment:
    """Change what is recorded of one contract."""
    return replace(deployment, contracts={**deployment.contracts, name: replace(deployment.contracts[name], **changes)})


def test_every_tampered_field_is_found(anvil: Anvil) -> None:
    deployment = deploy(anvil.rpc)
    parameters = deployment.parameters
    escrow = deployment.contracts["CollateralEscrow"]
    tampered = {
        "another chain": replace(deployment, chain_id=1),
        "no code there": _with(deployment, "Slasher", address=STRANGER),
        "code of another contract": _with(deployment, "Slasher", address=escrow.address),
        "code hash": _with(deployment, "TaskRegistry", code_hash="0x" + "00" * 32),
        "argument": _with(deployment, "ClassRegistry", arguments=()),
        "token": replace(deployment, token=STRANGER),
        "court": replace(deployment, court=STRANGER),
        "genesis": replace(deployment, genesis=deployment.genesis - 1),
        "fixed parameter": replace(deployment, parameters=replace(parameters, stake_per_unit=11)),
        "governed parameter": replace(deployment, parameters=replace(parameters, preset="hump")),
    }
    for what, record in tampered.items():
        with pytest.raises(DeploymentError):
            pytest.fail(f"{what}: {verify(anvil.rpc, record)}")


@pytest.mark.parametrize(
    "change",
    [
        {"entry_fee": 1},
        {"thaw_seconds": 14 * 86_400 + 1},
        {"epoch_seconds": 61},
        {"stake_per_unit": 11},
        {"fee_per_unit": 2},
        {"bond_per_value": 1_001},
        {"pay_per_value": 9},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_fixed_parameter_is_read_back(change: dict[str, int], anvil: Anvil) -> None:
    """A file whose arguments were changed along with its parameters still differs from the chain."""
    deployment = deploy(anvil.rpc)
    parameters = replace(deployment.parameters, **change)  # type: ignore[arg-type]
    at = {name: c.address for name, c in deployment.contracts.items()}
    arguments = constructor_arguments(
        at, deployment.token, deployment.court, deployment.deployer, deployment.genesis, parameters
    )
    contracts = {name: Deployed(c.address, arguments[name], c.code_hash) for name, c in deployment.contracts.items()}
    with pytest.raises(DeploymentError, match=r"expected .*, found"):
        verify(anvil.rpc, replace(deployment, parameters=parameters, contracts=contracts))


def test_other_code_on_the_chain_is_found(anvil: Anvil) -> None:
    deployment = deploy(anvil.rpc)
    address = deployment.address("GasReputation")
    code = anvil.rpc.call("eth_getCode", address, "latest")
    anvil.rpc.call("anvil_setCode", address, code[:-2] + ("00" if code[-2:] != "00" else "01"))
    with pytest.raises(DeploymentError, match=r"GasReputation at .*: expected code hash"):
        verify(anvil.rpc, deployment)


def test_code_of_other_sources_is_found(anvil: Anvil) -> None:
    deployment = deploy(anvil.rpc)
    address = deployment.address("GasReputation")
    anvil.rpc.call("anvil_setCode", address, "0x00")
    consistent = _with(
        deployment,
        "GasReputation",
        code_hash="0xbc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a",
    )
    with pytest.raises(DeploymentError, match="not the code of this checkout"):
        verify(anvil.rpc, consistent)


def test_what_the_owner_changed_is_told(anvil: Anvil) -> None:
    deployment = deploy(anvil.rpc)
    owner = deployment.owner
    terms = replace(deployment.parameters.slash, finder=1)
    changes = [
        deployment.contract(ClassRegistry).set_fee(500).request(owner),
        deployment.contract(Slasher).set_terms(terms).request(owner),
        deployment.contract(Slasher).set_curve(NetworkParameters(preset="hump").chosen_curve).request(owner),
        deployment.contract(CollateralEscrow).offer_ownership(STRANGER).request(owner),
    ]
    send_all(anvil.rpc, changes)
    assert len(verify(anvil.rpc, deployment)) == 2
    anvil.rpc.call("evm_increaseTime", deployment.parameters.epoch_seconds)
    anvil.rpc.call("evm_mine")
    told = verify(anvil.rpc, deployment)
    assert [line.partition(" ")[0] for line in told] == [
        "ParticipantRegistry.curve_in",
        "ClassRegistry.fee",
        "Slasher.terms",
        "CollateralEscrow.pending_owner",
    ]
    assert told[1] == "ClassRegistry.fee is now 500, was deployed with 20000"


def test_addresses_follow_from_the_nonce() -> None:
    # The first two contracts of Anvil's first account, known from many tutorials.
    deployer = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert create_address(deployer, 0) == "0x5FbDB2315678afecb367f032d93F642f64180aa3"
    assert create_address(deployer, 1) == "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"


def test_the_token_is_found_by_its_name(anvil: Anvil) -> None:
    deployment = deploy(anvil.rpc)
    assert deployment.address(TOKEN) == deployment.token
    assert deployment.contract(MockToken).decimals().read(anvil.rpc) == 6
