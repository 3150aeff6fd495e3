"""Finding a deployment from the address of its task registry alone."""

from __future__ import annotations

from typing import Any

from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from ballast.chain.address import checked
from ballast.chain.artifacts import artifacts
from ballast.chain.contract import Contract
from ballast.chain.deployment import CONTRACTS, Deployment, constructor_arguments, deployment_of
from ballast.chain.rpc import Node
from ballast.errors import ChainError, NoContractError, RpcError, UserError
from ballast.model import load_curve, reputation_filter, slash_split
from ballast.model.parameters import NetworkParameters

LINKS = {
    "CollateralEscrow": "ESCROW",
    "ParticipantRegistry": "PARTICIPANTS",
    "ClassRegistry": "CLASS_REGISTRY",
    "Slasher": "SLASHER",
    "GasReputation": "REPUTATION",
}


def discover(rpc: Node, registry: str) -> Deployment:
    """Read a deployment off the chain.

    What the owner can change is recorded as it is now.

    Parameters
    ----------
    rpc : Node
        The node.
    registry : str
        Address of the task registry.

    Raises
    ------
    UserError
        If there is no task registry at the address.
    ChainError
        If the chain cannot be read.
    """
    if checked(registry) is None:
        raise UserError(f"{registry!r} is not an address: give that of the task registry")
    found: dict[str, Contract] = {"TaskRegistry": Contract(rpc, artifacts()["TaskRegistry"], registry)}
    tasks = found["TaskRegistry"]
    try:
        for name, getter in LINKS.items():
            found[name] = Contract(rpc, artifacts()[name], tasks.read(getter))
        genesis, epoch_seconds = tasks.read("clock")
        court, fee_per_unit = tasks.read("COURT"), tasks.read("FEE_PER_UNIT")
    except (RpcError, NoContractError, ValueError, DecodingError):
        raise UserError(f"there is no task registry at {registry}") from None
    escrow, reputation = found["CollateralEscrow"], found["GasReputation"]
    now = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    curve = found["ParticipantRegistry"].read("curve_in", (now - genesis) // epoch_seconds + 1)
    parameters = NetworkParameters(
        entry_fee=escrow.read("ENTRY_FEE"),
        thaw_seconds=escrow.read("THAW_SECONDS"),
        epoch_seconds=epoch_seconds,
        stake_per_unit=found["ParticipantRegistry"].read("STAKE_PER_UNIT"),
        fee=found["ClassRegistry"].read("fee"),
        fee_per_unit=fee_per_unit,
        bond_per_value=reputation.read("BOND_PER_VALUE"),
        pay_per_value=reputation.read("PAY_PER_VALUE"),
        curve=load_curve.unpack(curve),
        slash=slash_split.SlashTerms(*found["Slasher"].read("terms")),
        filter=reputation_filter.FilterParameters(*reputation.read("parameters")),
    )
    owner, token = to_checksum_address(escrow.read("owner")), to_checksum_address(escrow.read("TOKEN"))
    at = {name: found[name].address for name in CONTRACTS}
    arguments: dict[str, tuple[Any, ...]] = constructor_arguments(
        at, token, to_checksum_address(court), owner, genesis, parameters
    )
    return deployment_of(
        rpc,
        at,
        arguments,
        block=_first_block(rpc, tasks.address),
        genesis=genesis,
        deployer=owner,
        token=token,
        court=court,
        parameters=parameters,
    )


def _first_block(rpc: Node, address: str) -> int:
    """Block from which a contract stands; 0 if the node has forgotten states that old."""
    low, high = 0, int(rpc.call("eth_blockNumber"), 16)
    try:
        while low < high:
            middle = (low + high) // 2
            if len(rpc.call("eth_getCode", address, hex(middle))) > 2:
                high = middle
            else:
                low = middle + 1
    except ChainError:
        return 0
    return low


def network_of(deployment: Deployment) -> str:
    """Name the network of a deployment as a journal notes it: chain, contract, and when epoch 1 began.

    Local chains have one chain id and, deployed to in the same way, the same addresses; they began at different times.
    """
    return f"{deployment.chain_id}:{deployment.address('GasReputation')}:{deployment.genesis}"
