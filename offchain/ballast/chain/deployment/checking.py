"""Whether a deployment stands on a node's chain as it was recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import astuple, replace
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from ballast.chain.artifacts import artifacts
from ballast.chain.contract import Contract
from ballast.chain.deployment.file import Deployed, Deployment
from ballast.chain.deployment.planning import constructor_arguments
from ballast.chain.rpc import Node
from ballast.errors import DeploymentError, RpcError
from ballast.model import class_packing, load_curve
from ballast.model.parameters import ClassParameters

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
"""Chain ids that many chains have, none of which others rely on."""
HASH = re.compile("0x[0-9a-f]{64}")
GONE = "is of a chain that is gone, or of another one: no contract stands at its addresses"


def code_at(rpc: Node, address: str) -> bytes:
    """Runtime code at an address, empty if there is none."""
    return bytes.fromhex(rpc.call("eth_getCode", address, "latest")[2:])


def code_hash(rpc: Node, address: str) -> str:
    """Keccak of the runtime code at an address."""
    return f"0x{keccak(code_at(rpc, address)).hex()}"


def block_hash(rpc: Node, number: int) -> str | None:
    """Hash of a block; None if the node says that there is no such block, empty if it does not tell."""
    with suppress(RpcError):
        block = rpc.call("eth_getBlockByNumber", hex(number), False)
        if block is None:
            return None
        digest = str(block.get("hash")) if isinstance(block, dict) else ""
        return digest if HASH.fullmatch(digest) else ""
    return ""


def elsewhere(rpc: Node, deployment: Deployment) -> str:
    """Why a deployment cannot be of the node's chain; empty if it can.

    A chain is known by its first block. Local ones that were started in the same second may share it; then the block
    of the deployment tells. On other chains it does not, since a reorganisation may have put another in its place.
    """
    chain_id = int(rpc.call("eth_chainId"), 16)
    if chain_id != deployment.chain_id:
        return f"is on chain {deployment.chain_id}, the node on chain {chain_id}"
    found = block_hash(rpc, 0)
    if deployment.genesis_hash and found and found != deployment.genesis_hash:
        return f"is of another chain: genesis differs ({deployment.genesis_hash} recorded, {found} the node's)"
    if chain_id in LOCAL_CHAINS and deployment.block_hash:
        found = block_hash(rpc, deployment.block)
        if found is None:
            return f"is of another chain: the node's has no block {deployment.block}"
        if found and found != deployment.block_hash:
            return f"is of another chain: block {deployment.block} differs"
    return ""


def absent(rpc: Node, deployment: Deployment) -> str:
    """Why a deployment does not stand on the node's chain; empty if there is code, be it the right code or not."""
    if why := elsewhere(rpc, deployment):
        return why
    if any(code_at(rpc, c.address) for c in deployment.contracts.values()):
        return ""
    return GONE


def verify(rpc: Node, deployment: Deployment) -> tuple[str, ...]:
    """Check a deployment against the chain.

    The chain, code (as recorded, and as this checkout compiles it), every address the contracts hold of each other,
    every fixed parameter and the terms of every recorded class must be as recorded.

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
    if why := elsewhere(rpc, deployment):
        raise DeploymentError(f"the deployment {why}")
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
    for number, terms in d.classes.items():
        _check_class(rpc, d, number, terms)
    return tuple(changes)


def _check_class(rpc: Node, deployment: Deployment, number: int, terms: ClassParameters) -> None:
    """Compare a class's terms with the chain's; its fee and its AVS are not part of them."""
    auction, opening = deployment.contract(rpc, "TaskRegistry").read("class_words", number)
    found = (
        replace(class_packing.auction(auction), fee=0),
        replace(class_packing.opening(opening), avs=0),
        _checksummed_all(deployment.contract(rpc, "ClassRegistry").read("disputes", number)),
    )
    expected = (terms.auction(), terms.opening(), _checksummed_all(terms.arguments()[2]))
    if found != expected:
        raise DeploymentError(f"class {number}: expected {expected}, found {found}")


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


def _checksummed_all(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(map(_checksummed, values))


def _checksummed(value: Any) -> Any:
    return to_checksum_address(value) if isinstance(value, str) else value
