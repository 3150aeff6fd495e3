"""Finding a deployment from the address of its task registry alone."""

from __future__ import annotations

from eth_abi.exceptions import DecodingError

from ballast.chain.address import checked
from ballast.chain.rpc import Node
from ballast.client.contracts import (
    ClassRegistry,
    CollateralEscrow,
    GasReputation,
    ParticipantRegistry,
    Slasher,
    TaskRegistry,
)
from ballast.deployment import Deployment, constructor_arguments, deployment_of
from ballast.errors import ChainError, NoContractError, RpcError, UserError
from ballast.model import load_curve
from ballast.model.parameters import NetworkParameters


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
    tasks = TaskRegistry(registry)
    try:
        escrow = CollateralEscrow(tasks.ESCROW().read(rpc))
        participants = ParticipantRegistry(tasks.PARTICIPANTS().read(rpc))
        classes = ClassRegistry(tasks.CLASS_REGISTRY().read(rpc))
        slasher = Slasher(tasks.SLASHER().read(rpc))
        reputation = GasReputation(tasks.REPUTATION().read(rpc))
        genesis, epoch_seconds = tasks.clock().read(rpc)
        court, fee_per_unit = tasks.COURT().read(rpc), tasks.FEE_PER_UNIT().read(rpc)
    except (RpcError, NoContractError, ValueError, DecodingError):
        raise UserError(f"there is no task registry at {registry}") from None
    now = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    curve = participants.curve_in((now - genesis) // epoch_seconds + 1).read(rpc)
    parameters = NetworkParameters(
        entry_fee=escrow.ENTRY_FEE().read(rpc),
        thaw_seconds=escrow.THAW_SECONDS().read(rpc),
        epoch_seconds=epoch_seconds,
        stake_per_unit=participants.STAKE_PER_UNIT().read(rpc),
        fee=classes.fee().read(rpc),
        fee_per_unit=fee_per_unit,
        bond_per_value=reputation.BOND_PER_VALUE().read(rpc),
        pay_per_value=reputation.PAY_PER_VALUE().read(rpc),
        curve=load_curve.unpack(curve),
        slash=slasher.terms().read(rpc),
        filter=reputation.parameters().read(rpc),
    )
    owner, token = escrow.owner().read(rpc), escrow.TOKEN().read(rpc)
    contracts = (escrow, participants, classes, tasks, slasher, reputation)
    at = {type(contract).__name__: contract.address for contract in contracts}
    arguments = constructor_arguments(at, token, court, owner, genesis, parameters)
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
