"""Options of the commands that work with a deployment and a key, and what is made of them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from click.core import ParameterSource
from eth_account.signers.local import LocalAccount

from ballast.chain.rpc import sensible
from ballast.deployment import Deployment, elsewhere, verify
from ballast.deployment import find as find_deployment
from ballast.errors import (
    BallastError,
    DeploymentError,
    DisagreementError,
    FundsError,
    JournalError,
    KeystoreError,
    UserError,
)
from ballast.keeper import config
from ballast.keeper.config import blamed
from ballast.keeper.discover import discover
from ballast.keeper.settings import BOUNDS, POLICIES, KeeperSettings, check
from ballast.signals import interruptible
from ballast.transact import log
from ballast.transact.accounts import ACCOUNT_HELP, find, passphrase, unlock
from ballast.transact.journal import Journal
from ballast.transact.nodes import Nodes
from ballast.transact.settings import GWEI

DEFAULT_JOURNAL: Final = "sqlite:///ballast-keeper.db"
DEFAULT_RPC: Final = "http://127.0.0.1:8545"
DEFAULTS: Final = KeeperSettings()
PASSPHRASE_VARIABLE: Final = "BALLAST_KEEPER_PASSPHRASE"

# Exit statuses beside 0, 1 (chain) and 2 (the user's mistake)
NEEDS_FUNDS: Final = 3
DISAGREEMENT: Final = 4
JOURNAL: Final = 5

F = TypeVar("F", bound=Callable[..., Any])
FILE: Final = click.Path(dir_okay=False, path_type=Path)


def options(*made: Callable[[F], F]) -> Callable[[F], F]:
    """Make one decorator of several options."""

    def decorate(function: F) -> F:
        for option in reversed(made):
            function = option(function)
        return function

    return decorate


def known() -> list[click.Option]:
    """List the options a configuration file may give."""

    @click.command()
    @network_options
    @key_options
    @sending_options
    @duty_options
    @serving_options
    @waiting_options
    def every(**_: Any) -> None:
        """Have all of them."""

    given = [p for p in every.params if isinstance(p, click.Option) and p.expose_value]
    return sorted(given, key=config.name_of)


network_options = options(
    config.option(lambda: known()),
    click.option("--deployment", type=FILE, help="Deployment file.  [default: that of the node's chain]"),
    click.option("--registry", help="Address of the task registry, in place of a deployment file."),
    click.option(
        "--rpc",
        "urls",
        multiple=True,
        envvar="BALLAST_KEEPER_RPC",
        help=f"Address of a node (http, https, ws, wss). Repeat it for failover.  [default: {DEFAULT_RPC}]",
    ),
    click.option(
        "--timeout",
        "timeout_seconds",
        type=float,
        default=DEFAULTS.timeout_seconds,
        show_default=True,
        help="Seconds a node may take to answer.",
    ),
    click.option(
        "--confirmations",
        type=int,
        default=DEFAULTS.confirmations,
        show_default=True,
        help="Blocks on top of a block before it counts as final.",
    ),
    click.option(
        "--journal",
        "journal_url",
        default=DEFAULT_JOURNAL,
        show_default=True,
        envvar="BALLAST_KEEPER_JOURNAL",
        help="Database of the journal, such as sqlite:///FILE or postgresql+pg8000://USER@HOST/NAME.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)
passphrase_option = click.option(
    "--passphrase-file",
    type=FILE,
    help=f"File whose first line is the passphrase.  [default: the variable {PASSPHRASE_VARIABLE}, else a prompt]",
)
key_options = options(click.option("--account", required=True, help=ACCOUNT_HELP), passphrase_option)
sending_options = options(
    click.option(
        "--max-fee-gwei",
        type=float,
        default=DEFAULTS.max_fee / GWEI,
        show_default=True,
        help="Highest price of a unit of gas, in gwei.",
    ),
    click.option(
        "--stuck-blocks",
        type=int,
        default=DEFAULTS.stuck_blocks,
        show_default=True,
        help="Blocks after which a transaction not yet included is replaced.",
    ),
    click.option(
        "--call-batch",
        type=int,
        default=DEFAULTS.call_batch,
        show_default=True,
        help="Most calls in a request to a node.",
    ),
    click.option("--dry-run", is_flag=True, help="Decide, but send nothing."),
)
duty_options = options(
    click.option(
        "--poke",
        type=click.Choice(POLICIES),
        default=DEFAULTS.poke,
        show_default=True,
        help="Have the contract compute pages nobody posted.",
    ),
    click.option(
        "--challenge",
        type=click.Choice(POLICIES),
        default=DEFAULTS.challenge,
        show_default=True,
        help="Challenge wrong values.",
    ),
    click.option(
        "--tasks", type=click.Choice(POLICIES), default=DEFAULTS.tasks, show_default=True, help="End overdue tasks."
    ),
    click.option(
        "--token-wei",
        type=int,
        default=DEFAULTS.token_wei,
        show_default=True,
        help="What a token unit is worth, in wei.",
    ),
    click.option(
        "--bond/--no-bond", default=DEFAULTS.bond, show_default=True, help="Whether to bond free escrow funds."
    ),
    click.option(
        "--log-format",
        type=click.Choice(list(log.FORMATS)),
        help="Format of the log on stderr.  [default: text on a terminal, else json]",
    ),
)
serving_options = options(
    click.option(
        "--poll-seconds",
        type=float,
        default=DEFAULTS.poll_seconds,
        show_default=True,
        help="Pause between two passes.",
    ),
    click.option(
        "--metrics-port", type=click.IntRange(0, 65535), help="Serve /metrics and /health; 0 finds a free port."
    ),
    click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address to serve them on."),
)
waiting_options = click.option(
    "--wait-seconds",
    type=click.FloatRange(0, 10**6, min_open=True),
    default=600.0,
    show_default=True,
    help="Longest wait for a transaction to be confirmed.",
)

# What is made of them


def settings_of(given: dict[str, Any]) -> KeeperSettings:
    """Make settings of what is given.

    Raises
    ------
    UserError
        If one makes no sense.
    """
    names = {f.name for f in fields(KeeperSettings)}
    chosen = {name: value for name, value in given.items() if name in names}
    for name, value in chosen.items():
        with blamed(name):
            check(name, value, config.told(name))
    if "max_fee_gwei" in given:
        with blamed("max_fee_gwei"):
            chosen["max_fee"] = _wei(given["max_fee_gwei"])
    return KeeperSettings(**chosen)


def _wei(gwei: float) -> int:
    low, high = (bound / GWEI for bound in BOUNDS["max_fee"])
    if not low <= gwei <= high:  # neither is what is no number
        raise UserError(f"--max-fee-gwei is {gwei}: must be between {low:.9f} and {high:,.0f}")
    return round(gwei * GWEI)


def nodes_of(given: dict[str, Any], settings: KeeperSettings) -> Nodes:
    """Nodes of the addresses given."""
    with blamed("urls"):
        return Nodes(
            given["urls"] or [DEFAULT_RPC],
            settings.timeout_seconds,
            batch_size=settings.call_batch,
            rest_seconds=settings.rest_seconds,
        )


def check_deployment(given: dict[str, Any]) -> None:
    """Find a mistake in what is given of the deployment without asking a node."""
    if _file_of(given) is not None:
        with blamed("deployment"):
            Deployment.load(given["deployment"])


def deployment_of(nodes: Nodes, given: dict[str, Any], *, verified: bool = False) -> Deployment:
    """Find the deployment that is given.

    Parameters
    ----------
    nodes : Nodes
    given : dict
        Options.
    verified : bool
        Whether to check all of it against the chain.

    Raises
    ------
    UserError
        If none can be found.
    ChainError
        If it does not stand on the chain as recorded, or a node's answers make no sense.
    """
    with sensible(nodes.name):
        found = _found(nodes, given)
        if verified:
            verify(nodes, found)
    return found


def _found(nodes: Nodes, given: dict[str, Any]) -> Deployment:
    path = _file_of(given)
    if path is None and given["registry"] is not None:
        with blamed("registry"):
            return discover(nodes, given["registry"])
    if path is None:
        return find_deployment(nodes)[1]
    with blamed("deployment"):
        deployment = Deployment.load(path)
    if why := elsewhere(nodes, deployment):
        raise DeploymentError(f"the deployment in {path} {why}")
    return deployment


def _file_of(given: dict[str, Any]) -> Path | None:
    """Deployment file that is given, unless a registry takes its place."""
    path: Path | None = given["deployment"]
    if path is None or given["registry"] is None:
        return path
    ctx = click.get_current_context()
    of_file, of_registry = (
        ctx.get_parameter_source(name) is ParameterSource.DEFAULT_MAP for name in ("deployment", "registry")
    )
    if of_file == of_registry:
        raise UserError("give --deployment or --registry, not both")
    return None if of_file else path


def unlocked(given: dict[str, Any]) -> LocalAccount:
    """Open the key that is given."""
    with blamed("account"):
        path = find(given["account"])
    with blamed("passphrase_file"):
        return unlock(path, lambda: passphrase(passphrase_file(given), PASSPHRASE_VARIABLE, asked))


def passphrase_file(given: dict[str, Any]) -> Path | None:
    """File of the passphrase; one that a configuration file names gives way to the environment."""
    if PASSPHRASE_VARIABLE in os.environ and config.from_file("passphrase_file"):
        return None
    path: Path | None = given["passphrase_file"]
    return path


def asked(*, twice: bool = False) -> str:
    """Ask for the passphrase.

    Raises
    ------
    KeystoreError
        If nobody answers, as under a service manager.
    KeyboardInterrupt
        If a signal comes meanwhile, whatever it means to the command: the prompt would go on waiting.
    """
    try:
        with interruptible():
            return str(click.prompt("Passphrase", hide_input=True, err=True, confirmation_prompt=twice))
    except click.Abort as abort:
        if isinstance(abort.__context__, KeyboardInterrupt):  # Click makes one of this and of the input's end
            raise KeyboardInterrupt from None
        raise KeystoreError(f"no passphrase: answer, or give --passphrase-file or {PASSPHRASE_VARIABLE}") from None


def journal_of(given: dict[str, Any]) -> Journal:
    """Open the journal that is given."""
    with blamed("journal_url"):
        return Journal.open(given["journal_url"])


@contextlib.contextmanager
def discreet(*holders: Nodes | Journal) -> Iterator[None]:
    """Hide in every error what is secret in addresses."""
    try:
        yield
    except BallastError as error:
        told = str(error)
        for holder in holders:
            told = holder.secrets.hide(told)
        raise type(error)(told) from None


@contextlib.contextmanager
def statuses() -> Iterator[None]:
    """End with the statuses of these commands' own; the others are the whole program's."""
    own = {DisagreementError: DISAGREEMENT, JournalError: JOURNAL, FundsError: NEEDS_FUNDS}
    try:
        yield
    except (DisagreementError, JournalError, FundsError) as error:
        click.echo(f"ballast: {' '.join(str(error).split())}", err=True)
        sys.exit(own[type(error)])
    except (BallastError, click.ClickException, click.Abort):
        raise
    except Exception as error:
        click.echo(f"ballast: what the nodes told makes no sense, or this is a fault: {log.fault(error)}", err=True)
        sys.exit(1)
