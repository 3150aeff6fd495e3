"""The fast way to deploy, over JSON-RPC, for nodes that hold the keys; and what is noted of a deployment."""

from __future__ import annotations

from typing import Any

from eth_utils.address import to_checksum_address

from ballast.chain.anvil import TRANSACTION_GAS_LIMIT
from ballast.chain.artifacts import artifacts
from ballast.chain.contract import Contract, send_all
from ballast.chain.deployment.checking import block_hash, code_hash, verify
from ballast.chain.deployment.file import CONTRACTS, TOKEN, Deployed, Deployment
from ballast.chain.deployment.planning import (
    DeploymentPlan,
    accept_data,
    create_address,
    creation_code,
    offer_data,
    plan,
)
from ballast.chain.rpc import Node
from ballast.errors import DeploymentError
from ballast.model.parameters import NetworkParameters


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
    steps: DeploymentPlan = []
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
    deployment = deployment_of(
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


def deployment_of(
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
    """Write down contracts that were just deployed; code, owners and the chain's hashes are read from the node.

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
        genesis_hash=block_hash(rpc, 0),
        block_hash=block_hash(rpc, block),
    )


def _transaction(sender: str, nonce: int, data: str, to: str | None = None) -> dict[str, str]:
    request = {"from": sender, "nonce": hex(nonce), "data": data, "gas": hex(TRANSACTION_GAS_LIMIT)}
    return request if to is None else {**request, "to": to}
