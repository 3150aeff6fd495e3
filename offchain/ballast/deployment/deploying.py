"""The fast way to deploy, over JSON-RPC, for nodes that hold the keys; and what is noted of a deployment."""

from __future__ import annotations

from typing import Any

from eth_utils.address import to_checksum_address

from ballast.chain.anvil import TRANSACTION_GAS_LIMIT
from ballast.chain.artifacts import artifacts
from ballast.chain.contract import send_all
from ballast.chain.rpc import Node
from ballast.client.contracts import PROTOCOL, CollateralEscrow
from ballast.deployment.checking import block_hash, code_hash, verify
from ballast.deployment.file import CONTRACTS, TOKEN, Deployed, Deployment
from ballast.deployment.planning import DeploymentPlan, create_address, creation_code, plan
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
        {
            "from": sender,
            "data": f"0x{creation_code(artifacts()[name], arguments).hex()}",
            "gas": hex(TRANSACTION_GAS_LIMIT),
        }
        for name, arguments in steps
    ]
    receipts = send_all(rpc, _numbered(requests, nonce))
    for (name, _), address, receipt in zip(steps, addresses, receipts, strict=True):
        if to_checksum_address(receipt["contractAddress"]) != address:
            raise DeploymentError(f"{name} stands at {receipt['contractAddress']} instead of {address}")
    if owner is not None and to_checksum_address(owner) != sender:
        owner = to_checksum_address(owner)
        nonce += len(steps)
        owned = [kind(address) for kind, address in zip(PROTOCOL, addresses[-len(PROTOCOL) :], strict=True)]
        offers = [contract.offer_ownership(owner).request(sender) for contract in owned]
        send_all(rpc, _numbered(offers, nonce))
        if owner in keys:
            nonce = int(rpc.call("eth_getTransactionCount", owner, "latest"), 16)
            send_all(rpc, _numbered([contract.accept_ownership().request(owner) for contract in owned], nonce))
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
    escrow = CollateralEscrow(addresses[CollateralEscrow.__name__])
    return Deployment(
        chain_id=int(rpc.call("eth_chainId"), 16),
        block=block,
        genesis=genesis,
        deployer=to_checksum_address(deployer),
        token=to_checksum_address(token),
        court=to_checksum_address(court),
        owner=escrow.owner().read(rpc),
        pending_owner=escrow.pending_owner().read(rpc),
        parameters=parameters,
        contracts=contracts,
        genesis_hash=block_hash(rpc, 0) or "",
        block_hash=block_hash(rpc, block) or "",
    )


def _numbered(requests: list[dict[str, str]], nonce: int) -> list[dict[str, str]]:
    """Give transactions of an account their nonces, from one on."""
    return [{**request, "nonce": hex(nonce + i)} for i, request in enumerate(requests)]
