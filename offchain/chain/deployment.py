"""Putting the protocol on a chain, writing down where it stands, and checking it later.

The six contracts hold each other's addresses as immutables, so their addresses are predicted from the deployer's nonce
(``plan``) and confirmed one by one. ``deploy`` is the fast way over JSON-RPC, for nodes that hold the keys; the Ape
script signs the same plan with any account Ape knows. Both write the same file, and ``verify`` judges both.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import rlp
from eth_abi.abi import encode
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak

from offchain.chain.anvil import TRANSACTION_GAS_LIMIT
from offchain.chain.artifacts import Artifact, artifacts
from offchain.chain.contract import Contract, send_all, type_of
from offchain.chain.rpc import Node
from offchain.errors import DeploymentError, ParameterError, RecordError
from offchain.model import load_curve
from offchain.model.parameters import NetworkParameters, network_from_table

RECORDS = Path(os.environ.get("BALLAST_DEPLOYMENTS", Path(__file__).resolve().parents[2] / "deployments"))
TOKEN = "MockToken"
CONTRACTS = (
    "CollateralEscrow",
    "ParticipantRegistry",
    "ClassRegistry",
    "TaskRegistry",
    "Slasher",
    "GasReputation",
)
GENESIS, EPOCH_SECONDS = "clock: genesis", "clock: epoch seconds"
CLOCK = (GENESIS, EPOCH_SECONDS)
# The view that returns each constructor argument.
GETTERS = {
    "CollateralEscrow": (
        "TOKEN",
        "ENTRY_FEE",
        "THAW_SECONDS",
        *CLOCK,
        "PARTICIPANTS",
        "CLASS_REGISTRY",
        "TASK_REGISTRY",
        "SLASHER",
        "REPUTATION",
        "owner",
    ),
    "ParticipantRegistry": ("ESCROW", "TASK_REGISTRY", "SLASHER", *CLOCK, "STAKE_PER_UNIT", "curve_in", "owner"),
    "ClassRegistry": ("ESCROW", "TASK_REGISTRY", "fee", "owner"),
    "TaskRegistry": (
        "ESCROW",
        "PARTICIPANTS",
        "SLASHER",
        "REPUTATION",
        "CLASS_REGISTRY",
        "COURT",
        *CLOCK,
        "FEE_PER_UNIT",
        "owner",
    ),
    "Slasher": ("ESCROW", "PARTICIPANTS", "TASK_REGISTRY", "REPUTATION", *CLOCK, "terms", "owner"),
    "GasReputation": (
        "ESCROW",
        "SLASHER",
        "PARTICIPANTS",
        "TASK_REGISTRY",
        *CLOCK,
        "BOND_PER_VALUE",
        "PAY_PER_VALUE",
        "parameters",
        "owner",
    ),
}
# What the owner can change after deployment.
GOVERNED = ("owner", "fee", "curve_in", "terms", "parameters")
LOCAL_CHAINS = (1337, 31337)
ZERO_ADDRESS = "0x" + "00" * 20
FORMAT = 1

Plan = list[tuple[str, tuple[Any, ...]]]


@dataclass(frozen=True)
class Deployed:
    """A contract on the chain.

    Attributes
    ----------
    address : str
        Checksummed.
    arguments : tuple
        Of its constructor.
    code_hash : str
        Keccak of its runtime code, immutables included.
    """

    address: str
    arguments: tuple[Any, ...]
    code_hash: str


@dataclass(frozen=True)
class Deployment:
    """The protocol on a chain.

    Attributes
    ----------
    chain_id : int
        Chain it stands on.
    block : int
        Block of the last contract.
    genesis : int
        Timestamp at which epoch 1 starts.
    deployer, token, court : str
        Addresses.
    owner, pending_owner : str
        Owner of all contracts, and who may accept the ownership (the zero address for nobody).
    parameters : NetworkParameters
        Parameters it was deployed with.
    contracts : dict of str to Deployed
        By contract name, in the order of deployment.
    """

    chain_id: int
    block: int
    genesis: int
    deployer: str
    token: str
    court: str
    owner: str
    pending_owner: str
    parameters: NetworkParameters
    contracts: dict[str, Deployed]

    def address(self, name: str) -> str:
        """Address of a contract by its name; ``MockToken`` is the token."""
        return self.token if name == TOKEN else self.contracts[name].address

    def contract(self, rpc: Node, name: str) -> Contract:
        """Find a contract behind a node by its name; ``MockToken`` is the token."""
        return Contract(rpc, artifacts()[name], self.address(name))

    def to_json(self) -> str:
        """Text of the deployment file."""
        content = {"format": FORMAT, **asdict(self), "parameters": self.parameters.to_table()}
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str = "deployment") -> Deployment:
        """Read a deployment back.

        Parameters
        ----------
        text : str
            What ``to_json`` wrote.
        source : str
            Name of the file, for messages.

        Raises
        ------
        RecordError
            If the text is not a deployment.
        """
        try:
            content = json.loads(text)
            if not isinstance(content, dict):
                raise ValueError("not a table")
            if content.pop("format") != FORMAT:
                raise ValueError("unknown format")
            content["parameters"] = network_from_table(content["parameters"], source)
            content["contracts"] = {
                name: Deployed(_address(c["address"]), _tuples(c["arguments"]), _hash(c["code_hash"]))
                for name, c in content["contracts"].items()
            }
            if tuple(content["contracts"]) != CONTRACTS:
                raise ValueError(f"needs the contracts {', '.join(CONTRACTS)}")
            for key in ("chain_id", "block", "genesis"):
                if type(content[key]) is not int:
                    raise ValueError(f"{key} is not an integer")
            for key in ("deployer", "token", "court", "owner", "pending_owner"):
                content[key] = _address(content[key])
            return cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError, ParameterError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise RecordError(f"{source} is not a deployment file: {what}; give another or deploy anew") from error

    def save(self, path: Path) -> None:
        """Write the deployment file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w") as stream:
                stream.write(self.to_json())
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: Path) -> Deployment:
        """Read a deployment file.

        Raises
        ------
        RecordError
            If it cannot be read or is not a deployment.
        """
        try:
            return cls.from_json(path.read_text(), str(path))
        except OSError as error:
            raise RecordError(f"deployment file {path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise RecordError(f"{path} is not a deployment file: it is not UTF-8") from error


def _tuples(value: Any) -> Any:
    """Turn the lists of JSON into the tuples they were."""
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


def _address(value: Any) -> str:
    if not isinstance(value, str) or not is_address(value):
        raise ValueError(f"{value!r} is not an address")
    return str(to_checksum_address(value))


def _hash(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 66 or not value.startswith("0x"):
        raise ValueError(f"{value!r} is not a code hash")
    return value


def record_path(chain_id: int) -> Path:
    """Where the deployment on a chain is written down."""
    return RECORDS / f"{chain_id}.json"


# Planning


def create_address(deployer: str, nonce: int) -> str:
    """Address of the contract an account creates with a nonce."""
    return str(to_checksum_address(keccak(rlp.encode([bytes.fromhex(deployer[2:]), nonce]))[12:]))


def plan(
    deployer: str, nonce: int, token: str, court: str, owner: str, genesis: int, parameters: NetworkParameters
) -> Plan:
    """Plan what to deploy, in order, so that the contracts know each other.

    Parameters
    ----------
    deployer : str
        Account that creates all of them, one transaction after the other.
    nonce : int
        Nonce of the first.
    token, court : str
        Settlement token; who may hold and decide on tasks.
    owner : str
        First owner of all contracts.
    genesis : int
        Timestamp at which epoch 1 starts, not in the future.
    parameters : NetworkParameters
        Everything else.

    Returns
    -------
    list of (str, tuple)
        Contract name and constructor arguments.

    Raises
    ------
    ParameterError
        If a parameter is out of its bounds.
    """
    parameters.validate()
    at = {name: create_address(deployer, nonce + i) for i, name in enumerate(CONTRACTS)}
    return list(constructor_arguments(at, token, court, owner, genesis, parameters).items())


def constructor_arguments(
    at: dict[str, str], token: str, court: str, owner: str, genesis: int, parameters: NetworkParameters
) -> dict[str, tuple[Any, ...]]:
    """List the constructor arguments of all contracts, in the order of deployment.

    Parameters
    ----------
    at : dict of str to str
        Address of each contract by its name.
    token, court, owner, genesis, parameters
        As in ``plan``.
    """
    escrow, participants, classes, registry, slasher, reputation = (at[name] for name in CONTRACTS)
    p = parameters
    clock = (genesis, p.epoch_seconds)
    movers = (classes, registry, slasher, reputation)
    return {
        "CollateralEscrow": (token, p.entry_fee, p.thaw_seconds, *clock, participants, *movers, owner),
        "ParticipantRegistry": (escrow, registry, slasher, *clock, p.stake_per_unit, p.curve_constants(), owner),
        "ClassRegistry": (escrow, registry, p.fee, owner),
        "TaskRegistry": (escrow, participants, slasher, reputation, classes, court, *clock, p.fee_per_unit, owner),
        "Slasher": (escrow, participants, registry, reputation, *clock, p.slash_terms(), owner),
        "GasReputation": (
            escrow,
            slasher,
            participants,
            registry,
            *clock,
            p.bond_per_value,
            p.pay_per_value,
            p.filter_parameters(),
            owner,
        ),
    }


def creation_code(artifact: Artifact, arguments: Sequence[Any]) -> bytes:
    """Creation code of a contract with its constructor's arguments."""
    types = [type_of(i) for f in artifact.abi if f["type"] == "constructor" for i in f["inputs"]]
    return artifact.bytecode + bytes(encode(types, arguments))


# Deploying over JSON-RPC


def deploy(
    rpc: Node,
    parameters: NetworkParameters | None = None,
    *,
    deployer: str | None = None,
    token: str | None = None,
    court: str | None = None,
    owner: str | None = None,
    genesis: int | None = None,
) -> Deployment:
    """Deploy the protocol with an account whose key the node holds.

    Parameters
    ----------
    rpc : Node
        The node; one that mines on request only is asked to mine.
    parameters : NetworkParameters, optional
        The defaults if not given.
    deployer : str, optional
        Account that pays and is the first owner; the node's first by default.
    token : str, optional
        Settlement token; a test token that anyone can mint is deployed by default.
    court : str, optional
        Who may hold and decide on tasks; the deployer by default.
    owner : str, optional
        Who is to own the contracts. Handed over if the node holds its key, else offered.
    genesis : int, optional
        Timestamp at which epoch 1 starts, not in the future; that of the latest block by default.

    Returns
    -------
    Deployment
        Verified.

    Raises
    ------
    ParameterError
        If a parameter is out of its bounds; nothing has been sent then.
    ChainError
        If a transaction reverts.
    DeploymentError
        If a contract did not come to stand where it was planned.
    """
    parameters = parameters or NetworkParameters()
    parameters.validate()
    keys = [to_checksum_address(a) for a in rpc.call("eth_accounts")]
    if deployer is None and not keys:
        raise DeploymentError("the node holds no keys: use `ape run deploy`, which signs with an account of yours")
    sender = to_checksum_address(deployer) if deployer is not None else keys[0]
    if genesis is None:
        genesis = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    nonce = int(rpc.call("eth_getTransactionCount", sender, "latest"), 16)
    steps: Plan = []
    if token is None:
        token = create_address(sender, nonce)
        steps.append((TOKEN, ()))
    court = court or sender
    steps += plan(sender, nonce + len(steps), token, court, sender, genesis, parameters)
    addresses = [create_address(sender, nonce + i) for i in range(len(steps))]
    requests = [
        _transaction(sender, nonce + i, "0x" + creation_code(artifacts()[name], arguments).hex())
        for i, (name, arguments) in enumerate(steps)
    ]
    receipts = send_all(rpc, requests)
    for (name, _), address, receipt in zip(steps, addresses, receipts, strict=True):
        if to_checksum_address(receipt["contractAddress"]) != address:
            raise DeploymentError(f"{name} stands at {receipt['contractAddress']} instead of {address}")
    if owner is not None and to_checksum_address(owner) != sender:
        owner = to_checksum_address(owner)
        nonce += len(steps)
        targets = addresses[-len(CONTRACTS) :]
        send_all(rpc, [_transaction(sender, nonce + i, offer_data(owner), to) for i, to in enumerate(targets)])
        if owner in keys:
            nonce = int(rpc.call("eth_getTransactionCount", owner, "latest"), 16)
            send_all(rpc, [_transaction(owner, nonce + i, accept_data(), to) for i, to in enumerate(targets)])
    deployment = record(
        rpc,
        dict(zip(CONTRACTS, addresses[-len(CONTRACTS) :], strict=True)),
        {name: arguments for name, arguments in steps if name != TOKEN},
        block=max(int(r["blockNumber"], 16) for r in receipts),
        genesis=genesis,
        deployer=sender,
        token=token,
        court=court,
        parameters=parameters,
    )
    verify(rpc, deployment)
    return deployment


def record(
    rpc: Node,
    addresses: dict[str, str],
    arguments: dict[str, tuple[Any, ...]],
    *,
    block: int,
    genesis: int,
    deployer: str,
    token: str,
    court: str,
    parameters: NetworkParameters,
) -> Deployment:
    """Write down contracts that were just deployed; code and owners are read from the chain.

    Parameters
    ----------
    rpc : Node
        The node.
    addresses, arguments : dict
        Address and constructor arguments by contract name.
    block : int
        Block of the last contract.
    genesis, deployer, token, court, parameters
        As in ``Deployment``.
    """
    contracts = {
        name: Deployed(to_checksum_address(addresses[name]), arguments[name], code_hash(rpc, addresses[name]))
        for name in CONTRACTS
    }
    escrow = Contract(rpc, artifacts()["CollateralEscrow"], addresses["CollateralEscrow"])
    return Deployment(
        chain_id=int(rpc.call("eth_chainId"), 16),
        block=block,
        genesis=genesis,
        deployer=to_checksum_address(deployer),
        token=to_checksum_address(token),
        court=to_checksum_address(court),
        owner=to_checksum_address(escrow.read("owner")),
        pending_owner=to_checksum_address(escrow.read("pending_owner")),
        parameters=parameters,
        contracts=contracts,
    )


def offer_data(owner: str) -> str:
    """Calldata that offers a contract's ownership."""
    return f"0x{(keccak(text='offer_ownership(address)')[:4] + encode(['address'], [owner])).hex()}"


def accept_data() -> str:
    """Calldata that accepts a contract's ownership."""
    return f"0x{keccak(text='accept_ownership()')[:4].hex()}"


def _transaction(sender: str, nonce: int, data: str, to: str | None = None) -> dict[str, str]:
    request = {"from": sender, "nonce": hex(nonce), "data": data, "gas": hex(TRANSACTION_GAS_LIMIT)}
    return request if to is None else {**request, "to": to}


# Checking


def code_at(rpc: Node, address: str) -> bytes:
    """Runtime code at an address, empty if there is none."""
    return bytes.fromhex(rpc.call("eth_getCode", address, "latest")[2:])


def code_hash(rpc: Node, address: str) -> str:
    """Keccak of the runtime code at an address."""
    return f"0x{keccak(code_at(rpc, address)).hex()}"


def stands(rpc: Node, deployment: Deployment) -> bool:
    """Whether the chain has code at any of a deployment's addresses, be it the right code or not."""
    return any(code_at(rpc, c.address) for c in deployment.contracts.values())


def verify(rpc: Node, deployment: Deployment) -> tuple[str, ...]:
    """Check a deployment against the chain.

    Chain id, code (as recorded, and as this checkout compiles it), every address the contracts hold of each other, and
    every fixed parameter must be as recorded.

    Parameters
    ----------
    rpc : Node
        The node.
    deployment : Deployment
        What was recorded.

    Returns
    -------
    tuple of str
        What the owner has changed since: ownership, fee, load curve, slash terms, filter parameters; a line each.

    Raises
    ------
    DeploymentError
        At the first difference, naming the contract, what was expected and what was found.
    """
    chain_id = int(rpc.call("eth_chainId"), 16)
    if chain_id != deployment.chain_id:
        raise DeploymentError(f"the deployment is on chain {deployment.chain_id}, the node on chain {chain_id}")
    for name, deployed in deployment.contracts.items():
        _check_code(code_at(rpc, deployed.address), name, deployed)
    d = deployment
    at = {name: deployed.address for name, deployed in d.contracts.items()}
    planned = constructor_arguments(at, d.token, d.court, d.deployer, d.genesis, d.parameters)
    for name, deployed in d.contracts.items():
        if deployed.arguments != planned[name]:
            raise DeploymentError(f"{name}: the recorded arguments do not fit the recorded addresses and parameters")
    changes = []
    for name, deployed in d.contracts.items():
        contract = d.contract(rpc, name)
        for getter, expected in zip(GETTERS[name], deployed.arguments, strict=True):
            found = _read(contract, getter)
            if found == expected:
                continue
            if getter not in GOVERNED:
                raise DeploymentError(f"{name}.{getter}: expected {expected}, found {found}")
            if getter != "owner":
                changes.append(f"{name}.{getter} is now {found}, was deployed with {expected}")
        for getter, expected in (("owner", d.owner), ("pending_owner", d.pending_owner)):
            found = _read(contract, getter)
            if found != expected:
                changes.append(f"{name}.{getter} is now {found}, was recorded as {expected}")
    return tuple(changes)


def _check_code(code: bytes, name: str, deployed: Deployed) -> None:
    if not code:
        raise DeploymentError(f"{name}: there is no contract at {deployed.address}")
    found = f"0x{keccak(code).hex()}"
    if found != deployed.code_hash:
        raise DeploymentError(f"{name} at {deployed.address}: expected code hash {deployed.code_hash}, found {found}")
    artifact = artifacts()[name]
    if keccak(code[: artifact.runtime_size]).hex() != artifact.runtime_hash:
        raise DeploymentError(f"{name} at {deployed.address}: not the code of this checkout, whose contracts differ")


def _read(contract: Contract, getter: str) -> Any:
    """Read what a contract holds of a constructor argument, in the argument's form."""
    if getter in (GENESIS, EPOCH_SECONDS):
        return contract.read("clock")[getter == EPOCH_SECONDS]
    if getter == "curve_in":
        word = contract.read("curve_in", _epoch(contract))
        return astuple(load_curve.unpack(word))
    return _checksummed(contract.read(getter))


def _epoch(contract: Contract) -> int:
    """Present epoch by the latest block."""
    genesis, length = contract.read("clock")
    now = int(contract.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    return int((now - genesis) // length + 1)


def _checksummed(value: Any) -> Any:
    return to_checksum_address(value) if isinstance(value, str) else value
