"""Deploy the protocol with Ape: ``ape run deploy --network ethereum:local:foundry``.

A running node is named by its address, ``--network ethereum:local:http://127.0.0.1:8545``. Where the contracts stand is
written to ``deployments/<chain id>.json``; a second run on the same chain verifies them instead of deploying again.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path
from typing import Any

import click
from ape import accounts, config
from ape.cli import AccountAliasPromptChoice, ConnectedProviderCommand
from ape.contracts import ContractContainer
from ape.exceptions import ApeException
from eth_utils.address import is_address, is_checksum_address, is_checksum_formatted_address, to_checksum_address
from ethpm_types import ContractType

from offchain.chain.anvil import anvil_binary
from offchain.chain.artifacts import artifacts
from offchain.chain.deployment import (
    CONTRACTS,
    LOCAL_CHAINS,
    TOKEN,
    ZERO_ADDRESS,
    Deployment,
    Plan,
    code_at,
    create_address,
    plan,
    record,
    record_path,
    stands,
    verify,
)
from offchain.errors import BallastError, ChainError, DeploymentError, RecordError, RpcError, UserError
from offchain.model.parameters import NetworkParameters, load_network

ROOT = Path(__file__).resolve().parents[1]

# Ape looks for Anvil on the search path.
with contextlib.suppress(UserError):
    os.environ["PATH"] = os.pathsep.join((str(anvil_binary().parent), os.environ.get("PATH", os.defpath)))


class OneLine(click.ClickException):
    """A failure that is told in one line: status 2 for a mistake of the user, 1 for a failure of the chain."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error).partition("\n")[0])
        self.exit_code = 2 if isinstance(error, UserError) else 1


class LocalCommand(ConnectedProviderCommand):
    """A command that keeps what Ape notes about local chains inside the checkout, and fails in one line.

    With an account of the user's, Ape's own folder is used, because the keys are there.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Choose Ape's data folder before anything is read from it."""
        networks = [value for option, value in itertools.pairwise(args) if option == "--network"]
        networks += [arg.partition("=")[2] for arg in args if arg.startswith("--network=")]
        local = all(choice.startswith(("ethereum:local", "::", "http://127.0.0.1")) for choice in networks)
        if local and "--account" not in args and "APE_DATA_FOLDER" not in os.environ:
            config.DATA_FOLDER = ROOT / ".make" / "ape"
            config.DATA_FOLDER.mkdir(parents=True, exist_ok=True)
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed

    def invoke(self, ctx: click.Context) -> Any:
        """Connect and run."""
        try:
            return super().invoke(ctx)
        except (BallastError, ApeException, OSError) as error:
            raise OneLine(error) from error


class Node:
    """The node behind an Ape provider, as the deployment code wants it.

    Parameters
    ----------
    provider
        A connected Ape provider.
    """

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def call(self, method: str, *params: Any) -> Any:
        """Send a JSON-RPC request and return its result.

        Raises
        ------
        RpcError
            If the node answers with an error.
        """
        try:
            return self._provider.make_request(method, list(params))
        except Exception as error:  # Ape and web3 share no base class
            raise RpcError(f"{method}: {error}") from error


def read_parameters(_ctx: click.Context, _param: click.Parameter, path: Path | None) -> NetworkParameters:
    """Read the parameter file, or take the defaults."""
    try:
        return NetworkParameters() if path is None else load_network(path)
    except UserError as error:
        raise OneLine(error) from None


def read_address(_ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Check an address given as an option."""
    if value is None:
        return None
    wrong = not is_address(value) or value.lower() == ZERO_ADDRESS
    if wrong or (is_checksum_formatted_address(value) and not is_checksum_address(value)):
        raise OneLine(UserError(f"--{param.name} is {value!r}: must be an address, 0x and 40 hex digits, not zero"))
    return str(to_checksum_address(value))


@click.command(cls=LocalCommand, name="deploy")
@click.option("--account", type=AccountAliasPromptChoice(), help="Who deploys; a test account on local networks.")
@click.option("--parameters", type=click.Path(path_type=Path), callback=read_parameters, help="TOML file.")
@click.option("--owner", callback=read_address, help="Who is to own the contracts; the deployer by default.")
@click.option("--court", callback=read_address, help="Who decides disputes; locally the deployer by default.")
@click.option("--token", callback=read_address, help="Settlement token; locally a test token by default.")
@click.option("--again", is_flag=True, help="Deploy even if the contracts stand on this chain already.")
def cli(
    provider: Any,
    account: Any,
    parameters: NetworkParameters,
    owner: str | None,
    court: str | None,
    token: str | None,
    again: bool,
) -> None:
    """Deploy the protocol, or verify it where it stands already."""
    node = Node(provider)
    chain_id = int(node.call("eth_chainId"), 16)
    if chain_id != provider.chain_id:
        raise UserError(
            f"the node is of chain {chain_id}, not a local Anvil: name it by its address alone, --network URL"
        )
    path = record_path(chain_id)
    if path.exists() and _stands_verified(node, path, parameters, again):
        return
    if chain_id in LOCAL_CHAINS:
        account = account or accounts.test_accounts[0]
    elif None in (account, court, token):
        raise UserError(f"chain {chain_id} is not a local one: give --account, --court and --token")
    deployment = _deploy(provider, node, account, parameters, owner, court, token)
    if path.exists() and again:
        kept = path.with_name(f"{path.stem}.before-{deployment.block}.json")
        path.replace(kept)
        click.echo(f"the earlier deployment is kept in {kept}")
    deployment.save(path)
    for name in (TOKEN, *CONTRACTS):
        click.echo(f"{name:<20} {deployment.address(name)}")
    pending = f", offered to {deployment.pending_owner}" if deployment.pending_owner != ZERO_ADDRESS else ""
    click.echo(f"{'owner':<20} {deployment.owner}{pending}")
    click.echo(f"deployed and verified on chain {deployment.chain_id}, written to {path}")


def _stands_verified(node: Node, path: Path, parameters: NetworkParameters, again: bool) -> bool:
    """Whether the recorded contracts stand on the chain and need no deployment."""
    deployment = Deployment.load(path)
    if again:
        return False
    if not stands(node, deployment):
        if deployment.chain_id not in LOCAL_CHAINS:
            raise RecordError(f"{path} records contracts this chain does not have: another node, or --again")
        click.echo(f"{path} is of a chain that is gone; deploying anew")
        return False
    for change in verify(node, deployment):
        click.echo(f"changed by the owner: {change}")
    if parameters not in (NetworkParameters(), deployment.parameters):
        click.echo("the parameters given differ from the deployed ones, which stay; --again deploys anew")
    click.echo(f"already deployed on chain {deployment.chain_id} and verified against {path}; --again deploys anew")
    return True


def _deploy(
    provider: Any,
    node: Node,
    account: Any,
    parameters: NetworkParameters,
    owner: str | None,
    court: str | None,
    token: str | None,
) -> Deployment:
    """Deploy with an Ape account, hand over and verify."""
    if token is not None and not code_at(node, token):
        raise UserError(f"--token {token}: there is no contract at this address")
    parameters.validate()
    deployer = str(account.address)
    nonce = account.nonce
    genesis = int(provider.get_block("latest").timestamp)
    steps: Plan = []
    if token is None:
        token = create_address(deployer, nonce)
        steps.append((TOKEN, ()))
    court = court or deployer
    steps += plan(deployer, nonce + len(steps), token, court, deployer, genesis, parameters)
    contracts: dict[str, Any] = {}
    for index, (name, arguments) in enumerate(steps):
        contract = account.deploy(container(name), *arguments)
        if contract.address != create_address(deployer, nonce + index):
            raise DeploymentError(f"{name} stands at {contract.address}: {deployer} sent other transactions meanwhile")
        contracts[name] = contract
    core = [contracts[name] for name in CONTRACTS]
    if owner is not None and owner != deployer:
        for contract in core:
            contract.offer_ownership(owner, sender=account)
        if (successor := _account_of(owner, provider.chain_id)) is not None:
            for contract in core:
                contract.accept_ownership(sender=successor)
    deployment = record(
        node,
        {name: contracts[name].address for name in CONTRACTS},
        {name: arguments for name, arguments in steps if name != TOKEN},
        block=core[-1].creation_metadata.block,
        genesis=genesis,
        deployer=deployer,
        token=token,
        court=court,
        parameters=parameters,
    )
    if changes := verify(node, deployment):
        raise ChainError(f"the fresh contracts differ from the plan: {changes[0]}")
    return deployment


def container(name: str) -> Any:
    """Wrap a compiled contract for Ape."""
    artifact = artifacts()[name]
    return ContractContainer(
        ContractType.model_validate(
            {
                "contractName": name,
                "abi": artifact.abi,
                "deploymentBytecode": {"bytecode": f"0x{artifact.bytecode.hex()}"},
            }
        )
    )


def _account_of(address: str, chain_id: int) -> Any | None:
    """Ape account of an address, if its key is here; test accounts count on local networks only."""
    known = [*accounts, *(accounts.test_accounts if chain_id in LOCAL_CHAINS else ())]
    return next((account for account in known if account.address == address), None)
