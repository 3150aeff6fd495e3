"""The command ``ballast keeper``."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import click
from eth_account.signers.local import LocalAccount

from ballast.deployment import Deployment
from ballast.errors import ChainError, DeploymentError, UserError
from ballast.keeper.conditions import CONDITIONS, KeeperCode
from ballast.keeper.config import blamed
from ballast.keeper.discover import network_of
from ballast.keeper.explain import replay as replay_value
from ballast.keeper.explain import status as show_status
from ballast.keeper.keeper import Keeper
from ballast.keeper.metrics import KeeperMetrics
from ballast.keeper.observe import Observer
from ballast.keeper.options import (
    DISAGREEMENT,
    JOURNAL,
    NEEDS_FUNDS,
    check_deployment,
    deployment_of,
    discreet,
    duty_options,
    journal_of,
    key_options,
    network_options,
    nodes_of,
    options,
    sending_options,
    serving_options,
    settings_of,
    statuses,
    unlocked,
)
from ballast.keeper.report import PassReport
from ballast.keeper.settings import KeeperSettings
from ballast.keeper.show import show
from ballast.signals import handled
from ballast.transact import log
from ballast.transact.accounts import address_named
from ballast.transact.journal import Journal
from ballast.transact.log import Code, Condition
from ballast.transact.metrics import Server
from ballast.transact.nodes import Nodes
from ballast.transact.watch import Watch

STATUSES: Final[dict[int, set[Condition]]] = {
    NEEDS_FUNDS: {Code.UNDERFUNDED, KeeperCode.NO_ACCOUNT, KeeperCode.BOND_SHORT},
    DISAGREEMENT: {Code.NODES_DISAGREE, KeeperCode.VALUE_MISMATCH},
    JOURNAL: {Code.JOURNAL_DETACHED, Code.NOT_ALONE},
}
working_options = options(network_options, key_options, duty_options, sending_options)


@click.group()
def keeper() -> None:
    """Post reputations, challenge wrong ones, end overdue tasks.

    Exit statuses: 0 done, 1 the chain failed, 2 a mistake in the arguments, 3 funds, bond or escrow account are
    missing, 4 nodes contradict each other or the contract, 5 the journal cannot be used.
    """


@keeper.command()
@working_options
@serving_options
def run(metrics_port: int | None, metrics_host: str, **given: Any) -> None:
    """Make passes until SIGINT or SIGTERM; the log goes to stderr."""
    stop = threading.Event()
    stopping = handled(lambda *_: stop.set(), (signal.SIGINT, signal.SIGTERM))
    with statuses(), stopping, _opened(given) as work:
        metrics = KeeperMetrics(work.settings.poll_seconds)
        with blamed("metrics_port"):
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
@working_options
def once(**given: Any) -> None:
    """Make one pass. Its transactions may still wait at the end; the next pass follows them."""
    with statuses(), _opened(given) as work:
        report = work.keeper(work.deployment()).once()
    content = report.table()
    if report.would_send is not None and not given["as_json"]:
        del content["actions"]
        content["would_send"] = report.would_send or "nothing"
    show(content, given["as_json"], f"epoch {report.epoch}, block {report.block}")
    sys.exit(_status(report))


@keeper.command()
@network_options
@click.option("--account", help="Keystore, name of an account, or address of the keeper to look at.")
def status(account: str | None, **given: Any) -> None:
    """Show the network, a keeper and its journal; needs no passphrase."""
    with statuses(), _looking(given) as (journal, observer, watch):
        show(show_status(journal, observer, watch.tip(), _named(account)), given["as_json"], "keeper")


@keeper.command()
@network_options
@click.option("--epoch", type=click.IntRange(0), default=0, help="Epoch of the value; 0 is the last that closed.")
@click.argument("account", type=click.IntRange(0))
def replay(epoch: int, account: int, **given: Any) -> None:
    """Explain the reputation of escrow ACCOUNT: inputs, formula, result, and who posted it."""
    with statuses(), _looking(given) as (journal, observer, watch):
        show(replay_value(journal, observer, watch.tip(), epoch, account), given["as_json"], "value")


# Putting it together


@dataclass
class Work:
    """What a keeper is made of."""

    nodes: Nodes
    account: LocalAccount
    journal: Journal
    settings: KeeperSettings
    given: dict[str, Any]

    def deployment(self) -> Deployment:
        """Read the deployment and check it against the chain."""
        return deployment_of(self.nodes, self.given, verified=True)

    def keeper(self, deployment: Deployment, metrics: KeeperMetrics | None = None) -> Keeper:
        """Make the keeper."""
        return Keeper(deployment, self.nodes, self.account, self.journal, self.settings, metrics=metrics)


@contextlib.contextmanager
def _opened(given: dict[str, Any]) -> Iterator[Work]:
    """Open key, nodes and journal, and close them."""
    settings = settings_of(given)
    check_deployment(given)  # a mistake here should not cost a passphrase
    nodes = nodes_of(given, settings)
    log.to_stderr(given["log_format"])
    account = unlocked(given)
    with contextlib.closing(nodes), journal_of(given) as journal, discreet(nodes, journal):
        journal.claim(account.address)
        yield Work(nodes, account, journal, settings, given)


@contextlib.contextmanager
def _looking(given: dict[str, Any]) -> Iterator[tuple[Journal | None, Observer, Watch]]:
    """Open nodes and, if there is one, the journal, without writing to it."""
    settings = settings_of(given)
    with contextlib.closing(nodes_of(given, settings)) as nodes, contextlib.ExitStack() as stack:
        stack.enter_context(discreet(nodes))
        deployment = deployment_of(nodes, given)
        observer = Observer(deployment, nodes, settings)
        with blamed("journal_url"):
            journal = Journal.to_read(given["journal_url"], network_of(deployment))
        if journal is not None:
            stack.enter_context(journal)
        memory = stack.enter_context(Journal.open("sqlite://"))
        watch = Watch(nodes, memory, settings.confirmations, log.nothing, log.nothing, deployment.block)
        yield journal, observer, watch


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


def _status(report: PassReport) -> int:
    """Exit status of a pass."""
    met = {CONDITIONS[name] for name in report.codes}
    return next((number for number, causes in STATUSES.items() if met & causes), 0)


def _named(account: str | None) -> str | None:
    """Address that a keystore or the user names."""
    if account is None:
        return None
    with blamed("account"):
        return address_named(account)
