"""The command ``ballast keeper``."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from eth_account.signers.local import LocalAccount
from eth_utils.address import is_address, to_checksum_address
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from offchain.chain.deployment import Deployment, elsewhere, find, verify
from offchain.errors import (
    BallastError,
    ChainError,
    DeploymentError,
    DisagreementError,
    JournalError,
    KeystoreError,
    UserError,
)
from offchain.keeper import log
from offchain.keeper.accounts import PASSPHRASE_VARIABLE, address_of, passphrase, unlock
from offchain.keeper.discover import discover, network_of
from offchain.keeper.explain import replay as replay_value
from offchain.keeper.explain import status as show_status
from offchain.keeper.journal import Journal
from offchain.keeper.keeper import Keeper, Report
from offchain.keeper.log import Code
from offchain.keeper.metrics import Metrics, Server
from offchain.keeper.nodes import Nodes
from offchain.keeper.observe import Observer
from offchain.keeper.settings import GWEI, POLICIES, Settings
from offchain.keeper.watch import Watch
from offchain.signals import handled

DEFAULT_JOURNAL: Final = "sqlite:///ballast-keeper.db"
DEFAULT_RPC: Final = "http://127.0.0.1:8545"
DEFAULTS: Final = Settings()

# Exit statuses beside 0, 1 (chain) and 2 (the user's mistake)
NEEDS_FUNDS: Final = 3
DISAGREEMENT: Final = 4
JOURNAL: Final = 5
STATUSES: Final = {
    NEEDS_FUNDS: {Code.UNDERFUNDED, Code.NO_ACCOUNT, Code.BOND_SHORT},
    DISAGREEMENT: {Code.NODES_DISAGREE, Code.VALUE_MISMATCH},
    JOURNAL: {Code.JOURNAL_DETACHED, Code.NOT_ALONE},
}

COLUMNS: Final = (
    *("kind", "epoch", "block", "code", "nonce", "state"),
    *("mined_block", "gas_used", "phi", "hash", "detail"),
)
"""What tables for people show of the journal's rows."""
F = TypeVar("F", bound=Callable[..., Any])


def options(*made: Callable[[F], F]) -> Callable[[F], F]:
    """Make one decorator of several options."""

    def decorate(function: F) -> F:
        for option in reversed(made):
            function = option(function)
        return function

    return decorate


network_options = options(
    click.option(
        "--deployment",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Deployment file.  [default: that of the node's chain]",
    ),
    click.option("--registry", help="Address of the task registry, in place of a deployment file."),
    click.option(
        "--rpc",
        "urls",
        multiple=True,
        envvar="BALLAST_KEEPER_RPC",
        help=f"Address of a node (http, https, ws, wss); several for failover.  [default: {DEFAULT_RPC}]",
    ),
    click.option(
        "--timeout",
        "timeout_seconds",
        type=float,
        default=DEFAULTS.timeout_seconds,
        show_default=True,
        help="Seconds an answer of a node may take.",
    ),
    click.option(
        "--confirmations",
        type=int,
        default=DEFAULTS.confirmations,
        show_default=True,
        help="Blocks on top of one before it counts as final.",
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
working_options = options(
    click.option("--account", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Keystore file."),
    click.option(
        "--passphrase-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"File whose first line is the passphrase; else the variable {PASSPHRASE_VARIABLE}, else a prompt.",
    ),
    click.option(
        "--poke",
        type=click.Choice(POLICIES),
        default=DEFAULTS.poke,
        show_default=True,
        help="Compute what nobody posted.",
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
    click.option("--token-wei", type=int, default=DEFAULTS.token_wei, show_default=True, help="Worth of a token unit."),
    click.option("--bond/--no-bond", default=DEFAULTS.bond, show_default=True, help="Bond free escrow funds."),
    click.option(
        "--max-fee-gwei",
        type=float,
        default=DEFAULTS.max_fee / GWEI,
        show_default=True,
        help="Highest price of a unit of gas.",
    ),
    click.option(
        "--stuck-blocks",
        type=int,
        default=DEFAULTS.stuck_blocks,
        show_default=True,
        help="Blocks after which a transaction not yet included is replaced.",
    ),
    click.option("--call-batch", type=int, default=DEFAULTS.call_batch, show_default=True, help="Calls in a request."),
    click.option("--dry-run", is_flag=True, help="Decide, but send nothing."),
)


@click.group()
def keeper() -> None:
    """Post reputations, challenge wrong ones, end overdue tasks.

    Exit statuses: 0 done, 1 the chain failed, 2 a mistake in the arguments, 3 funds, bond or escrow account are
    missing, 4 nodes contradict each other or the contract, 5 the journal cannot be used.
    """


@keeper.command()
@network_options
@working_options
@click.option(
    "--poll-seconds", type=float, default=DEFAULTS.poll_seconds, show_default=True, help="Pause between two passes."
)
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Serve /metrics and /health; 0 finds a free port.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address to serve them on.")
def run(metrics_port: int | None, metrics_host: str, **given: Any) -> None:
    """Keep until SIGINT or SIGTERM; the log on stderr is JSON, a line each."""
    stop = threading.Event()
    stopping = handled(lambda *_: stop.set(), (signal.SIGINT, signal.SIGTERM))
    with _statuses(), stopping, _opened(given) as work:
        metrics = Metrics(work.settings.poll_seconds)
        server = Server(metrics, metrics_host, metrics_port) if metrics_port is not None else None
        try:
            if server is not None:
                log.write(Code.SERVING, host=metrics_host, port=server.port)
            deployment = _patiently(work, stop)
            if deployment is not None:
                work.keeper(deployment, metrics).run(stop)
        finally:
            if server is not None:
                server.close()


@keeper.command()
@network_options
@working_options
def once(**given: Any) -> None:
    """Make one pass. What it sent may not be included yet: the next pass sees to it."""
    with _statuses(), _opened(given) as work:
        report = work.keeper(work.deployment()).once()
    _print(report.table(), given["as_json"], f"epoch {report.epoch}, block {report.block}")
    sys.exit(_status(report))


@keeper.command()
@network_options
@click.option("--account", help="Keystore file, or address, of the keeper to look at.")
def status(account: str | None, **given: Any) -> None:
    """Tell how the network and a keeper stand; needs no passphrase."""
    with _statuses(), _looking(given) as (journal, observer, watch):
        _print(show_status(journal, observer, watch.tip(), _address(account)), given["as_json"], "keeper")


@keeper.command()
@network_options
@click.option("--epoch", type=click.IntRange(0), default=0, help="Epoch of the value; 0 is the last that closed.")
@click.argument("account", type=click.IntRange(0))
def replay(epoch: int, account: int, **given: Any) -> None:
    """Explain the reputation of escrow ACCOUNT: inputs, formula, result, and who posted it."""
    with _statuses(), _looking(given) as (journal, observer, watch):
        _print(replay_value(journal, observer, watch.tip(), epoch, account), given["as_json"], "value")


# Putting it together


@dataclass
class Work:
    """What a keeper is made of."""

    nodes: Nodes
    account: LocalAccount
    journal: Journal
    settings: Settings
    given: dict[str, Any]

    def deployment(self) -> Deployment:
        """Read the deployment and check it against the chain."""
        found = _deployment(self.nodes, self.given)
        verify(self.nodes, found)
        return found

    def keeper(self, deployment: Deployment, metrics: Metrics | None = None) -> Keeper:
        """Make the keeper."""
        return Keeper(deployment, self.nodes, self.account, self.journal, self.settings, metrics=metrics)


def _settings(given: dict[str, Any]) -> Settings:
    names = {f.name for f in fields(Settings)}
    chosen = {name: value for name, value in given.items() if name in names}
    if "max_fee_gwei" in given:
        if not math.isfinite(given["max_fee_gwei"]):
            raise UserError(f"--max-fee-gwei is {given['max_fee_gwei']}: must be a number")
        chosen["max_fee"] = int(given["max_fee_gwei"] * GWEI)
    settings = Settings(**chosen)
    settings.validate()
    return settings


def _nodes(given: dict[str, Any], settings: Settings) -> Nodes:
    return Nodes(
        given["urls"] or [DEFAULT_RPC],
        settings.timeout_seconds,
        batch_size=settings.call_batch,
        rest_seconds=settings.rest_seconds,
    )


def _deployment(nodes: Nodes, given: dict[str, Any]) -> Deployment:
    if given["deployment"] is not None and given["registry"] is not None:
        raise UserError("give --deployment or --registry, not both")
    if given["registry"] is not None:
        return discover(nodes, given["registry"])
    if given["deployment"] is None:
        return find(nodes)[1]
    deployment = Deployment.load(given["deployment"])
    if why := elsewhere(nodes, deployment):
        raise DeploymentError(f"the deployment in {given['deployment']} {why}")
    return deployment


def _asked() -> str:
    """Ask for the passphrase.

    Raises
    ------
    KeystoreError
        If nobody answers, as under a service manager.
    """
    try:
        return str(click.prompt("Passphrase", hide_input=True, err=True))
    except click.Abort:
        raise KeystoreError(f"no passphrase: answer, or give --passphrase-file or {PASSPHRASE_VARIABLE}") from None


@contextlib.contextmanager
def _opened(given: dict[str, Any]) -> Iterator[Work]:
    """Open key, nodes and journal, and close them."""
    settings = _settings(given)
    if given["deployment"] is not None:
        Deployment.load(given["deployment"])  # a mistake here should not cost a passphrase
    nodes = _nodes(given, settings)
    _log_to_stderr()
    account = unlock(given["account"], lambda: passphrase(given["passphrase_file"], _asked))
    with contextlib.closing(nodes), Journal.open(given["journal_url"]) as journal, _discreet(nodes, journal):
        journal.claim(account.address)
        yield Work(nodes, account, journal, settings, given)


@contextlib.contextmanager
def _looking(given: dict[str, Any]) -> Iterator[tuple[Journal | None, Observer, Watch]]:
    """Open nodes and, if there is one, the journal, without writing to it."""
    settings = _settings(given)
    with contextlib.closing(_nodes(given, settings)) as nodes, contextlib.ExitStack() as stack:
        stack.enter_context(_discreet(nodes))
        deployment = _deployment(nodes, given)
        observer = Observer(deployment, nodes, settings)
        journal = Journal.to_read(given["journal_url"], network_of(deployment))
        if journal is not None:
            stack.enter_context(journal)
        memory = stack.enter_context(Journal.open("sqlite://"))
        watch = Watch(nodes, memory, settings.confirmations, log.nothing, log.nothing, deployment.block)
        yield journal, observer, watch


@contextlib.contextmanager
def _discreet(*holders: Nodes | Journal) -> Iterator[None]:
    """Hide in every error what is secret in addresses."""
    try:
        yield
    except BallastError as error:
        told = str(error)
        for holder in holders:
            told = holder.secrets.hide(told)
        raise type(error)(told) from None


def _patiently(work: Work, stop: threading.Event) -> Deployment | None:
    """Read the deployment, however long the nodes are away; None if asked to stop before."""
    while not stop.is_set():
        try:
            return work.deployment()
        except (DeploymentError, UserError):
            raise
        except ChainError as error:
            log.write(Code.CHAIN_ERROR, error=work.nodes.secrets.hide(str(error)))
        except Exception as error:
            log.write(Code.INTERNAL_ERROR, error=log.fault(error))
        stop.wait(work.settings.poll_seconds)
    return None


@contextlib.contextmanager
def _statuses() -> Iterator[None]:
    """End with the statuses of this command's own; the others are the whole program's."""
    try:
        yield
    except (DisagreementError, JournalError) as error:
        click.echo(f"ballast: {' '.join(str(error).split())}", err=True)
        sys.exit(DISAGREEMENT if isinstance(error, DisagreementError) else JOURNAL)
    except (BallastError, click.ClickException, click.Abort):
        raise
    except Exception as error:
        click.echo(f"ballast: what the nodes told makes no sense, or this is a fault: {log.fault(error)}", err=True)
        sys.exit(1)


def _status(report: Report) -> int:
    """Exit status of a pass."""
    met = {Code[name] for name in report.codes}
    return next((number for number, causes in STATUSES.items() if met & causes), 0)


def _address(account: str | None) -> str | None:
    """Address that a keystore or the user names."""
    if account is None:
        return None
    if is_address(account):
        return str(to_checksum_address(account))
    if not Path(account).exists():
        raise KeystoreError(f"{account!r} is neither an address nor a keystore file")
    return address_of(Path(account))


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(log.JsonLines())
    log.LOGGER.handlers = [handler]
    log.LOGGER.setLevel(logging.INFO)
    log.LOGGER.propagate = False
    for library in ("sqlalchemy", "websockets"):  # what fails there is told as a condition
        logging.getLogger(library).setLevel(logging.CRITICAL)


def _print(content: dict[str, Any], as_json: bool, title: str) -> None:
    if as_json:
        click.echo(json.dumps(content, indent=2))
        return
    console = Console(soft_wrap=True)
    console.print(title)
    _lines(console, content, 1)


def _lines(console: Console, content: dict[str, Any], depth: int) -> None:
    """Print a table of names and values, deeper ones further in."""
    for name, value in content.items():
        label = f"{'  ' * depth}{name.replace('_', ' '):<{max(1, 28 - 2 * depth)}}"
        if isinstance(value, dict):
            console.print(label, markup=False, highlight=False)
            _lines(console, value, depth + 1)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            console.print(label, markup=False, highlight=False)
            console.print(_table(value))
        else:
            console.print(f"{label}{value}", markup=False, highlight=False)


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    """Show what a reader looks for in rows; ``--json`` gives them whole."""
    columns = [name for name in COLUMNS if name in rows[0]]
    table = Table(box=SIMPLE_HEAD)
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    return table
