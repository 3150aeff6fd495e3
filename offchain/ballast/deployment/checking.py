"""Whether a deployment stands on a node's chain as it was recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import astuple, replace
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from ballast.chain.artifacts import artifacts
from ballast.chain.contract import Call
from ballast.chain.rpc import Node
from ballast.client.contracts import (
    PROTOCOL,
    ClassRegistry,
    CollateralEscrow,
    GasReputation,
    ParticipantRegistry,
    Slasher,
    TaskRegistry,
)
from ballast.client.contracts.shared import Clocked, Owned
from ballast.deployment.file import Deployed, Deployment
from ballast.deployment.planning import constructor_arguments
from ballast.errors import DeploymentError, RpcError
from ballast.model import class_packing, load_curve
from ballast.model.load_curve import Curve
from ballast.model.parameters import MAX_FEE, ClassParameters
from ballast.model.reputation_filter import FilterParameters
from ballast.model.slash_split import SlashTerms

# What the owner can change after deployment.
GOVERNED = tuple(
    view.__name__
    for view in (Owned.owner, ClassRegistry.fee, ParticipantRegistry.curve_in, Slasher.terms, GasReputation.parameters)
)
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
    for kind in PROTOCOL:
        name, contract = kind.__name__, d.contract(kind)
        for (view, found), expected in zip(_held(rpc, contract), d.contracts[name].arguments, strict=True):
            if found == expected:
                continue
            if view not in GOVERNED:
                raise DeploymentError(f"{name}.{view}: expected {expected}, found {found}")
            if view != Owned.owner.__name__:
                changes.append(f"{name}.{view} is now {found}, was deployed with {expected}")
        for call, recorded in ((contract.owner(), d.owner), (contract.pending_owner(), d.pending_owner)):
            if (held := call.read(rpc)) != recorded:
                changes.append(f"{call} is now {held}, was recorded as {recorded}")
    for number, terms in d.classes.items():
        _check_class(rpc, d, number, terms)
    return tuple(changes)


def _check_class(rpc: Node, deployment: Deployment, number: int, terms: ClassParameters) -> None:
    """Compare a class's terms with the chain's; its fee and its AVS are not part of them."""
    auction, opening = deployment.contract(TaskRegistry).class_words(number).read(rpc)
    found = (
        replace(class_packing.auction(auction), fee=MAX_FEE),
        replace(class_packing.opening(opening), avs=0),
        deployment.contract(ClassRegistry).disputes(number).read(rpc),
    )
    dispute = replace(terms.dispute(), adjudicator=str(to_checksum_address(terms.adjudicator)))
    expected = (terms.auction(), terms.opening(), dispute)
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


def _held(rpc: Node, contract: Owned) -> Iterator[tuple[str, Any]]:
    """Read what a contract holds of its constructor's arguments, in their order and form; each with its view."""
    for call in _views(rpc, contract):
        held: Any = call.read(rpc)
        if call.function == Clocked.clock.__name__:
            yield from zip(("clock: genesis", "clock: epoch seconds"), held, strict=True)
        else:
            if call.function == ParticipantRegistry.curve_in.__name__:
                held = load_curve.unpack(held)
            yield call.function, astuple(held) if isinstance(held, Curve | SlashTerms | FilterParameters) else held


def _views(rpc: Node, contract: Owned) -> tuple[Call[Any], ...]:
    """List the views that return a contract's constructor arguments, in order; the clock's returns two."""
    match contract:
        case CollateralEscrow() as c:
            movers = c.CLASS_REGISTRY(), c.TASK_REGISTRY(), c.SLASHER(), c.REPUTATION()
            return c.TOKEN(), c.ENTRY_FEE(), c.THAW_SECONDS(), c.clock(), c.PARTICIPANTS(), *movers, c.owner()
        case ParticipantRegistry() as c:
            links = c.ESCROW(), c.TASK_REGISTRY(), c.SLASHER()
            return *links, c.clock(), c.STAKE_PER_UNIT(), c.curve_in(_epoch(rpc, c)), c.owner()
        case ClassRegistry() as c:
            return c.ESCROW(), c.TASK_REGISTRY(), c.fee(), c.owner()
        case TaskRegistry() as c:
            links = c.ESCROW(), c.PARTICIPANTS(), c.SLASHER()
            return (
                *links,
                c.REPUTATION(),
                c.CLASS_REGISTRY(),
                c.COURT(),
                c.clock(),
                c.FEE_PER_UNIT(),
                c.STAKE_PER_UNIT(),
                c.owner(),
            )
        case Slasher() as c:
            links = c.ESCROW(), c.PARTICIPANTS(), c.TASK_REGISTRY()
            return *links, c.REPUTATION(), c.clock(), c.terms(), c.owner()
        case GasReputation() as c:
            links = c.ESCROW(), c.SLASHER(), c.PARTICIPANTS()
            rates = c.BOND_PER_VALUE(), c.PAY_PER_VALUE()
            return *links, c.TASK_REGISTRY(), c.clock(), *rates, c.parameters(), c.owner()
    raise TypeError(contract)


def _epoch(rpc: Node, contract: Clocked) -> int:
    """Present epoch by the latest block."""
    genesis, length = contract.clock().read(rpc)
    now = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    return (now - genesis) // length + 1
