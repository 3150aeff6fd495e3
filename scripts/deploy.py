"""Deploy the protocol with Ape: ``ape run deploy --network ethereum:local:foundry``.

A running node is named by its address, ``--network ethereum:local:http://127.0.0.1:8545``. Where the contracts stand is
written to ``deployments/<chain id>.json``, or to a file with more in its name if another chain has that one; a second
run on the same chain verifies them instead of deploying again.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from ape import accounts, config
from ape.cli import AccountAliasPromptChoice, ConnectedProviderCommand
from ape.contracts import ContractContainer
from ape.exceptions import ApeException
from ethpm_types import ContractType

from ballast.chain.address import checked
from ballast.chain.anvil import anvil_binary
from ballast.chain.artifacts import artifacts
from ballast.chain.rpc import JsonRpc, connected
from ballast.client.contracts import MockToken
from ballast.deployment import (
    CONTRACTS,
    DEVNET,
    GONE,
    LOCAL_CHAINS,
    TOKEN,
    ZERO_ADDRESS,
    Deployment,
    DeploymentPlan,
    aside_path,
    create_address,
    deployment_of,
    doubts,
    free_path,
    plan,
    standing,
    verify,
)
from ballast.deployment.token import check_token
from ballast.errors import BallastError, ChainError, DeploymentError, RecordError, UserError
from ballast.model.parameter_files import load
from ballast.model.parameters import ClassParameters, ContractParameters
from ballast.node.address import Address
from ballast.node.secrecy import Secrets

ROOT = Path(__file__).resolve().parents[1]
NODE = re.compile(r"(https?|wss?)://.*")
"""Address of a node in the choice of a network."""
CONNECT_SECONDS = 30.0
PARAMETERS = "TOML file with [network], [curve], [slash], [filter]; with [class], the deployer registers that class."

# Ape looks for Anvil on the search path.
with contextlib.suppress(UserError):
    os.environ["PATH"] = os.pathsep.join((str(anvil_binary().parent), os.environ.get("PATH", os.defpath)))


class OneLine(click.ClickException):
    """A failure that is told in one line: status 2 for a mistake of the user, 1 for a failure of the chain."""

    def __init__(self, error: Exception, secrets: Secrets | None = None) -> None:
        text = str(error).partition("\n")[0]
        super().__init__(secrets.hide(text) if secrets else text)
        self.exit_code = 2 if isinstance(error, UserError) else 1


class LocalCommand(ConnectedProviderCommand):
    """A command that keeps what Ape notes about local chains inside the checkout, and fails in one line.

    With an account of the user's, Ape's own folder is used, because the keys are there.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Choose Ape's data folder before anything is read from it."""
        networks = [value for option, value in itertools.pairwise(args) if option == "--network"]
        networks += [arg.partition("=")[2] for arg in args if arg.startswith("--network=")]
        self.urls = [found[0] for choice in networks if (found := NODE.search(choice))]
        local = all(choice.startswith(("ethereum:local", "::", "http://127.0.0.1")) for choice in networks)
        if local and "--account" not in args and "APE_DATA_FOLDER" not in os.environ:
            config.DATA_FOLDER = ROOT / ".make" / "ape"
            config.DATA_FOLDER.mkdir(parents=True, exist_ok=True)
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed

    def invoke(self, ctx: click.Context) -> Any:
        """Connect and run; a node that does not answer is told before Ape tries to start one of its own."""
        secrets = Secrets(())
        try:
            secrets = Secrets(part for url in self.urls for part in Address.of(url).secrets)
            with contextlib.ExitStack() as asked:  # to the end: Ape reads answers too
                for url in self.urls:
                    asked.enter_context(connected(url, CONNECT_SECONDS)).call("eth_chainId")
                return super().invoke(ctx)
        except (BallastError, ApeException, OSError) as error:
            raise OneLine(error, secrets) from None


def read_parameters(_ctx: click.Context, _param: click.Parameter, path: Path | None) -> ContractParameters:
    """Read the parameter file, or take the defaults."""
    try:
        return ContractParameters() if path is None else load(path)
    except UserError as error:
        raise OneLine(error) from None


def read_address(_ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Check an address given as an option."""
    if value is None:
        return None
    address = checked(value)
    if address in (None, ZERO_ADDRESS):
        wanted = "0x and 40 hex digits, in small letters or with its checksum, not zero"
        raise OneLine(UserError(f"--{param.name} is {value!r}: must be an address, {wanted}"))
    return address


@click.command(cls=LocalCommand, name="deploy")
@click.option("--account", type=AccountAliasPromptChoice(), help="Who deploys; a test account on local networks.")
@click.option("--parameters", type=click.Path(path_type=Path), callback=read_parameters, help=PARAMETERS)
@click.option("--owner", callback=read_address, help="Who is to own the contracts; the deployer by default.")
@click.option("--court", callback=read_address, help="Who decides disputes; locally the deployer by default.")
@click.option("--token", callback=read_address, help="Settlement token; locally a test token by default.")
@click.option("--token-wei", type=click.IntRange(min=0), default=0, help="What a token unit is worth, in wei.")
@click.option("--again", is_flag=True, help="Deploy even if the contracts stand on this chain already.")
def cli(
    provider: Any,
    account: Any,
    parameters: ContractParameters,
    owner: str | None,
    court: str | None,
    token: str | None,
    token_wei: int,
    again: bool,
) -> None:
    """Deploy the protocol, or verify it where it stands already."""
    with connected(getattr(provider, "http_uri", None) or provider.uri) as node:
        chain_id = int(node.call("eth_chainId"), 16)
        if chain_id != provider.chain_id:
            raise UserError(
                f"the node is of chain {chain_id}, not a local Anvil: name it by its address alone, --network URL"
            )
        earlier = _earlier(node, chain_id)
        if earlier is not None and not again:
            _check(node, *earlier, parameters)
            return
        if chain_id in LOCAL_CHAINS:
            account = account or accounts.test_accounts[0]
        elif None in (account, court, token):
            raise UserError(f"chain {chain_id} is not a local one: give --account, --court and --token")
        if token is not None:
            for doubt in doubts(parameters.network, int(node.call("eth_gasPrice"), 16), token_wei):
                click.echo(f"note: {doubt}")
        deployment = _deploy(provider, node, account, parameters, owner, court, token)
    path = earlier[0] if earlier else free_path(deployment)
    if path.exists():
        kept = aside_path(path, deployment.block)
        path.replace(kept)
        click.echo(f"the earlier deployment is kept in {kept}")
    deployment.save(path)
    for name in (TOKEN, *CONTRACTS):
        click.echo(f"{name:<20} {deployment.address(name)}")
    pending = f", offered to {deployment.pending_owner}" if deployment.pending_owner != ZERO_ADDRESS else ""
    click.echo(f"{'owner':<20} {deployment.owner}{pending}")
    click.echo(f"deployed and verified on chain {deployment.chain_id}, written to {path}")


def _earlier(node: JsonRpc, chain_id: int) -> tuple[Path, Deployment] | None:
    """Find the deployment that stands on the chain already, be it as recorded or not; those of devnets do not count."""
    found, others = standing(node)
    here = [(path, deployment) for path, deployment in found.items() if not path.name.startswith(DEVNET)]
    if len(here) > 1:
        names = ", ".join(str(path) for path, _ in here)
        raise RecordError(f"several deployments stand on chain {chain_id}: {names}; keep one of these files here")
    for path, why in others.items():
        if why == GONE and chain_id not in LOCAL_CHAINS:
            raise RecordError(f"{path} records contracts this chain does not have: another node, or move the file away")
        if path.stem == str(chain_id):
            click.echo(f"{path} {why}; it stays as it is")
    return here[0] if here else None


def _check(node: JsonRpc, path: Path, deployment: Deployment, parameters: ContractParameters) -> None:
    """Verify contracts that stand on the chain and need no deployment."""
    for change in verify(node, deployment):
        click.echo(f"changed by the owner: {change}")
    network, terms = parameters.network, parameters.terms
    if parameters != ContractParameters() and (
        network != deployment.parameters or terms not in (None, *deployment.classes.values())
    ):
        click.echo("the parameters given differ from the deployed ones, which stay; --again deploys anew")
    click.echo(f"already deployed on chain {deployment.chain_id} and verified against {path}; --again deploys anew")


def _deploy(
    provider: Any,
    node: JsonRpc,
    account: Any,
    parameters: ContractParameters,
    owner: str | None,
    court: str | None,
    token: str | None,
) -> Deployment:
    """Deploy with an Ape account, register the class if there is one, hand over and verify."""
    parameters.validate()
    network, terms = parameters.network, parameters.terms
    deployer = str(account.address)
    if token is not None:
        for note in check_token(node, token, deployer):
            click.echo(f"token {token}: {note}")
        held = MockToken(token).balanceOf(deployer).read(node)
        if terms is not None and held < network.entry_fee:
            raise UserError(f"{deployer} is to register [class], and lacks the entry fee of {network.entry_fee}")
    nonce = account.nonce
    genesis = int(provider.get_block("latest").timestamp)
    steps: DeploymentPlan = []
    if token is None:
        token = create_address(deployer, nonce)
        steps.append((TOKEN, ()))
    court = court or deployer
    steps += plan(deployer, nonce + len(steps), token, court, deployer, genesis, network)
    contracts: dict[str, Any] = {}
    for index, (name, arguments) in enumerate(steps):
        contract = account.deploy(container(name), *arguments)
        if contract.address != create_address(deployer, nonce + index):
            raise DeploymentError(f"{name} stands at {contract.address}: {deployer} sent other transactions meanwhile")
        contracts[name] = contract
    classes = {} if terms is None else {_register(account, contracts, token, network.entry_fee, terms): terms}
    core = [contracts[name] for name in CONTRACTS]
    if owner is not None and owner != deployer:
        for contract in core:
            contract.offer_ownership(owner, sender=account)
        if (successor := _account_of(owner, provider.chain_id)) is not None:
            for contract in core:
                contract.accept_ownership(sender=successor)
    deployment = deployment_of(
        node,
        {name: contracts[name].address for name in CONTRACTS},
        {name: arguments for name, arguments in steps if name != TOKEN},
        block=core[-1].creation_metadata.block,
        genesis=genesis,
        deployer=deployer,
        token=token,
        court=court,
        parameters=network,
    )
    deployment = replace(deployment, classes=classes)
    if changes := verify(node, deployment):
        raise ChainError(f"the fresh contracts differ from the plan: {changes[0]}")
    return deployment


def _register(account: Any, contracts: dict[str, Any], token: str, entry_fee: int, terms: ClassParameters) -> int:
    """Register a class of the deployer's, for which it opens an escrow account; the number of the class."""
    escrow = contracts["CollateralEscrow"]
    if TOKEN in contracts:
        contracts[TOKEN].mint(account, entry_fee, sender=account)
    coin = contracts.get(TOKEN) or container(TOKEN).at(token, fetch_from_explorer=False)
    coin.approve(escrow, entry_fee, sender=account)
    escrow.open_account(sender=account)
    contracts["ClassRegistry"].register_class(*terms.arguments(), sender=account)
    return int(contracts["TaskRegistry"].class_count())


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
