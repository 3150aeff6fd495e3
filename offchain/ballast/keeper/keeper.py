"""The keeper: pass after pass it looks at its transactions, observes, decides and acts."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from eth_account.signers.local import LocalAccount

from ballast.chain.rpc import UNREADABLE
from ballast.deployment import Deployment
from ballast.errors import ChainError, DisagreementError, ModelError, NodeError, RpcError
from ballast.keeper.compute import lost_pages, written
from ballast.keeper.conditions import CONDITIONS, KeeperCode
from ballast.keeper.decide import (
    challenge_item,
    decide,
    my_turn,
    needed_bond,
    posting,
    wrong_pages,
    wrong_values,
)
from ballast.keeper.discover import network_of
from ballast.keeper.explain import describe_inputs
from ballast.keeper.metrics import KeeperMetrics
from ballast.keeper.observe import Evidence, Observer
from ballast.keeper.report import PassReport
from ballast.keeper.settings import KeeperSettings
from ballast.keeper.tasks import TaskScan
from ballast.keeper.view import Overdue, View
from ballast.keeper.waiting import meaning, outdated, unwanted
from ballast.model.constants import PAGE
from ballast.model.page_packing import epoch_of, logit, poster
from ballast.node.endpoint import Endpoint
from ballast.transact import log
from ballast.transact.action import Action
from ballast.transact.blocks import Header, Tip
from ballast.transact.flight import Flight, Lookout
from ballast.transact.journal import Journal
from ballast.transact.log import Code, Condition
from ballast.transact.nodes import Nodes
from ballast.transact.sender import Sender
from ballast.transact.watch import Watch

MAX_BACKOFF: Final = 60.0
"""Longest pause after failures, seconds; never more than a twentieth of an epoch."""
MAX_TOLD: Final = 20
"""Wrong values told of in one pass."""
GAS_POST: Final = 90_000
GAS_POST_PAGE: Final = 10_000
"""Gas of a post and of a page in it, rounded up from receipts of words in use; for the forecast of the balance only."""
SENSELESS: Final = (*UNREADABLE, ModelError)
"""What an answer of a node leads to that is well formed but makes no sense."""
TOLD: Final = frozenset(CONDITIONS.values()) - {
    KeeperCode.PASS,
    Code.SENT,
    Code.CONFIRMED,
    KeeperCode.WAITS_TURN,
    KeeperCode.BOUNDARY,
}
"""Conditions the journal keeps; transactions have their own table there."""


class Keeper:
    """A keeper of a deployment.

    Parameters
    ----------
    deployment : Deployment
        The protocol on a chain.
    nodes : Nodes
        Endpoints of that chain.
    account : LocalAccount
        The keeper's key.
    journal : Journal
        May be empty at any time.
    settings : KeeperSettings
    checkpoint : callable
        Called with a name at every boundary of a write or a send: ``journal:before:<what>``, ``journal:after:<what>``,
        ``send:before:<kind>``, ``send:after:<kind>``.
    metrics : KeeperMetrics, optional
        Takes down what happens.

    Attributes
    ----------
    report : PassReport
        Of the last pass, or the present one.
    evidence : Evidence or None
        What the epoch that closed last was computed from.

    Raises
    ------
    UserError
        If a setting makes no sense.
    """

    def __init__(
        self,
        deployment: Deployment,
        nodes: Nodes,
        account: LocalAccount,
        journal: Journal,
        settings: KeeperSettings,
        *,
        checkpoint: Callable[[str], None] = log.nothing,
        metrics: KeeperMetrics | None = None,
    ) -> None:
        settings.validate()
        self.report = PassReport()
        self.evidence: Evidence | None = None
        self._metrics = metrics or KeeperMetrics(settings.poll_seconds)
        self._known: set[str] = set()
        self._moved = (0, time.monotonic())
        self._deployment = deployment
        self._nodes = nodes
        self._journal = journal
        self._settings = settings
        self._secrets = nodes.secrets | journal.secrets
        self._read_at: Header | None = None
        journal.bind(network_of(deployment))
        journal.checkpoint = checkpoint
        nodes.say = self.say
        nodes.chain_id = deployment.chain_id
        self._observer = Observer(deployment, nodes, settings)
        self._watch = Watch(nodes, journal, settings.confirmations, self.say, self._observer.forget, deployment.block)
        self._scan = TaskScan(self._observer, deployment.parameters, settings.scan_slots)
        office = (account.address, nodes, journal, settings, self.say)
        self._lookout = Lookout(*office, (self._observer.reputation, self._observer.tasks))
        self._sender = Sender(*office, account, deployment.chain_id, checkpoint)

    def say(self, code: Condition, **fields: Any) -> None:
        """Tell of a condition: in the log, the report and the journal."""
        self._metrics.met(code, fields)
        fields = self._secrets.hidden(fields)
        log.write(code, epoch=self.report.epoch, **fields)
        if code is Code.DRY_RUN and self.report.would_send is not None:
            told = {"kind": fields["kind"], "epoch": self.report.epoch, "items": fields["items"].split()}
            self.report.would_send.append(told)
        first = code.name not in self.report.codes
        if first:
            self.report.codes.append(code.name)
        if first and code in TOLD and code.name not in self._known:  # not again while it lasts
            self._journal.tell(self.report.epoch, self.report.head, code.name, fields)

    def once(self) -> PassReport:
        """Make one pass.

        Returns
        -------
        PassReport
            Transactions in it may not be included yet; a later pass sees to that, be it of another process.

        Raises
        ------
        ChainError
            If the chain cannot be read.
        """
        try:
            return self._once()
        except SENSELESS as error:
            self._metrics.failed()
            raise NodeError(f"what the nodes told makes no sense: {log.fault(error)}") from None
        except Exception:
            self._metrics.failed()
            raise
        finally:
            self._known = set(self.report.codes)

    def _once(self) -> PassReport:
        self.report = PassReport(would_send=[] if self._settings.dry_run else None)
        self._nodes.within(self._settings.pass_seconds)
        self._journal.retry()
        tip = self._watch.tip()
        self.report.head, self.report.block = tip.head.number, tip.block.number
        self._check_head(tip)
        self.report.epoch = self._observer.clock(tip.head.timestamp)[0]
        flight = self._lookout.look(tip, partial(meaning, closed=self.report.epoch - 1, settings=self._settings))
        view = self._view(tip)
        if view is not None:
            self._act(decide(view, self._settings), flight, tip, view)
        self._check_journal()
        self.report.in_flight = len(flight.open)
        self._metrics.complete(self.report)
        self.say(KeeperCode.PASS, **{k: v for k, v in self.report.table().items() if k not in ("epoch", "codes")})
        return self.report

    def run(self, stop: threading.Event) -> None:
        """Make passes until asked to stop; no failure ends it.

        Parameters
        ----------
        stop : threading.Event
            Set to end after the present pass.
        """
        self.say(KeeperCode.STARTED, account=self._sender.address, nodes=[e.name for e in self._nodes.endpoints])
        failures = 0
        while not stop.is_set():
            try:
                self.once()
                failures = 0
            except ChainError as error:
                failures += 1
                if not isinstance(error, DisagreementError):
                    self.say(Code.CHAIN_ERROR, error=str(error), failures=failures)
            except Exception as error:
                failures += 1
                self.say(Code.INTERNAL_ERROR, error=log.fault(error), failures=failures)
            poll = self._settings.poll_seconds
            longest = min(MAX_BACKOFF, self._deployment.parameters.epoch_seconds / 20)
            stop.wait(min(poll * 2 ** min(failures, 10), max(longest, poll)))
        self.say(KeeperCode.STOPPED)

    # Observing

    def _view(self, tip: Tip) -> View | None:
        """Read all a decision depends on; None while the present epoch has no confirmed block."""
        epoch, clock = self._observer.clock(tip.head.timestamp)
        if self._observer.clock(tip.block.timestamp)[0] != epoch:
            self.say(KeeperCode.BOUNDARY)
            if clock >= self._deployment.parameters.epoch_seconds // 2:
                self.say(KeeperCode.BOUNDARY_LONG, confirmations=self._settings.confirmations)
            return None
        own = self._observer.own(self._sender.address, epoch, tip.head.pinned)
        evidence = self._read(tip) if epoch > 1 else None
        expected: tuple[int, ...] = ()
        confirmed = newest = []
        if evidence is not None:
            expected = evidence.pages
            confirmed = written(self._observer.page_words(self._nodes, len(expected), tip.block.pinned), epoch - 1)
            newest = confirmed
            if tip.head != tip.block:
                page_words = self._observer.page_words(self._nodes, len(expected), tip.head.pinned)
                newest = written(page_words, epoch - 1)
        parameters = self._deployment.parameters
        needed = len(expected) * PAGE * parameters.bond_per_value
        rank, keepers = self._observer.rank(tip, epoch, own.account, needed)
        view = View(
            epoch=epoch,
            clock=clock,
            epoch_seconds=parameters.epoch_seconds,
            expected=expected,
            confirmed=tuple(confirmed),
            written=tuple(newest),
            rank=rank,
            keepers=keepers,
            own=own,
            bond_per_value=parameters.bond_per_value,
            pay_per_value=parameters.pay_per_value,
            gas_price=tip.head.base_fee + self._settings.min_tip,
            overdue=self._overdue(tip, own.account),
            reputation=self._observer.reputation,
            tasks=self._observer.tasks,
        )
        self._tell(view)
        return view

    def _read(self, tip: Tip) -> Evidence:
        """Find the inputs of the epoch that closed last: read once an epoch, and again if that block was undone."""
        epoch = self.report.epoch - 1
        count = self._observer.accounts(self._nodes, tip.block.pinned)
        known = self.evidence if self._watch.stands(self._read_at, tip) else None
        if known is not None and known.inputs.epoch == epoch and len(known.pages) * PAGE >= count:
            return known
        evidence = self._agreed(tip)
        lost = lost_pages(evidence.inputs.page_words, epoch - 1)
        if lost and (self.evidence is None or self.evidence.inputs.epoch != epoch):
            self.say(KeeperCode.EPOCH_LOST, lost=epoch - 1, pages=lost)
        self._journal.observe(
            epoch,
            tip.block.number,
            tip.block.hash,
            evidence.inputs.accounts,
            describe_inputs(evidence),
            self._settings.keep_epochs,
        )
        self.evidence, self._read_at = evidence, tip.block
        return evidence

    def _agreed(self, tip: Tip) -> Evidence:
        """Follow what most nodes tell of the inputs, and have the contract compute some values on one of these.

        Raises
        ------
        ChainError
            If there is no majority, or the contract computes otherwise.
        """
        groups: list[tuple[Evidence, list[Endpoint]]] = []
        failure: ChainError = NodeError("no node tells the inputs")
        for endpoint in self._nodes.awake:
            try:
                told = self._observer.evidence(self._nodes.only(endpoint), tip.block)
            except ChainError as error:
                failure = error
                self._nodes.rest(endpoint, Code.NODE_FAILED, error=str(error))
                continue
            same = next((group for group in groups if group[0] == told), None)
            if same is None:
                groups.append((told, [endpoint]))
            else:
                same[1].append(endpoint)
        groups.sort(key=lambda group: -len(group[1]))
        if not groups:
            raise failure
        evidence, agreeing = groups[0]
        if len(agreeing) < self._nodes.majority([endpoint for _, group in groups for endpoint in group]):
            self.say(Code.NODES_DISAGREE, block=tip.block.number, told=[[e.name for e in group[1]] for group in groups])
            raise DisagreementError(f"no majority of the nodes tells the inputs of epoch {self.report.epoch - 1}")
        for _, minority in groups[1:]:
            for endpoint in minority:
                self._nodes.rest(endpoint, Code.NODE_LIES, block=tip.block.number)
        self._sample(evidence, agreeing, tip)
        return evidence

    def _sample(self, evidence: Evidence, agreeing: list[Endpoint], tip: Tip) -> None:
        """Compare some values with what the contract computes on one node, on all if they differ; raises ChainError."""
        good, odd = 0, []
        failure: ChainError = NodeError("no node computes a value")
        for endpoint in reversed(agreeing):
            try:
                found = self._observer.sample(evidence, self._nodes.only(endpoint), tip.head.pinned)
            except ChainError as error:
                failure = error
                if isinstance(error, RpcError):
                    self._nodes.rest(endpoint, Code.NODE_FAILED, error=str(error))
                continue
            if found:
                odd.append((endpoint, found[0]))
            else:
                good += 1
            if not odd:
                break
        if not good and not odd:
            raise failure
        if odd and good <= len(odd):
            account, ours, theirs = odd[0][1]
            self.say(KeeperCode.VALUE_MISMATCH, account=account, computed=ours, contract=theirs)
            raise DisagreementError(f"the contract computes {theirs} for account {account}, the keeper {ours}")
        for endpoint, _ in odd:
            self._nodes.rest(endpoint, Code.NODE_LIES, block=tip.head.number)

    def _tell(self, view: View) -> None:
        """Say what the view shows."""
        self.report.rank = view.rank
        self.report.pages = len(view.expected)
        missing = [not c and not w for c, w in zip(view.confirmed, view.written, strict=True)]
        self.report.missing = sum(missing)
        self.report.epoch_lag = self._lag(view)
        self._check_balance(view)
        wrong = wrong_values(view)
        self.report.wrong = len(wrong)
        for account in wrong[:MAX_TOLD]:
            page = account // PAGE
            fields = {
                "account": account,
                "poster": poster(view.confirmed[page]),
                "posted": logit(view.confirmed[page], account),
                "computed": logit(view.expected[page], account),
            }
            own = view.own.account and fields["poster"] == view.own.account
            self.say(KeeperCode.OWN_WRONG_VALUE if own else KeeperCode.WRONG_VALUE, **fields)
        if not view.own.account:
            self.say(KeeperCode.NO_ACCOUNT)
        elif self.report.missing and posting(view, self._settings):
            if view.own.bond < needed_bond(view) and not (
                self._settings.bond and view.own.free >= needed_bond(view) - view.own.bond
            ):
                self.say(KeeperCode.BOND_SHORT, bond=view.own.bond, needed=needed_bond(view), free=view.own.free)
            if not my_turn(view, self._settings):
                self.say(KeeperCode.WAITS_TURN, rank=view.rank)

    # Acting

    def _act(self, actions: list[Action], flight: Flight, tip: Tip, view: View) -> None:
        if not self._journal.alone():
            self.say(Code.NOT_ALONE, journal=self._journal.name)
            return
        wanted = {item: action for action in actions for item in action.items}
        wrong = [t for t in flight.open if t.nonce >= flight.latest and outdated(t, view)]
        due = wanted.keys() | {challenge_item(view.closed, page) for page in wrong_pages(view)}
        idle = [t for t in flight.open if unwanted(t, due, self._scan.seen)]
        self._sender.settle_flight(flight, wanted, wrong, idle, tip)
        bonding = any(t.kind == "bond" for t in self._journal.open_transactions(self._sender.address))
        for action in actions:
            if action.kind == "bond" and bonding:
                continue  # changes the bond by an amount, so it must not meet another of its kind, be it replaced
            sent = self._sender.act(action, flight, tip)
            if sent is not None:
                told = {name: getattr(sent, name) for name in ("kind", "epoch", "items", "nonce", "hash")}
                self.report.actions.append(told)
                if action.kind == "bond":
                    break

    # What is to be watched

    def _overdue(self, tip: Tip, account: int) -> tuple[Overdue, ...]:
        """Tasks that can be moved on, unless the settings rule out that any will be."""
        s = self._settings
        if s.tasks == "never" or (s.tasks == "pays" and s.token_wei == 0):
            return ()
        return self._scan.overdue(tip, account)

    def _lag(self, view: View) -> int:
        """Epochs by which the pages are behind; a page never written does not count."""
        if self.evidence is None:
            return 0
        pairs = zip(
            self.evidence.inputs.page_words[::2], self.evidence.inputs.page_words[1::2], view.written, strict=True
        )
        newest = [max(epoch_of(a), epoch_of(b), view.closed if w else 0) for a, b, w in pairs]
        return view.closed - min((epoch for epoch in newest if epoch), default=view.closed)

    def _check_balance(self, view: View) -> None:
        posts = -(-len(view.expected) // self._settings.post_pages)
        cost = (GAS_POST * posts + GAS_POST_PAGE * len(view.expected)) * view.gas_price
        left = view.own.balance / cost if cost else math.inf
        self._metrics.own(view.own, left)
        if left < self._settings.low_balance_epochs:
            self.say(KeeperCode.LOW_BALANCE, balance=view.own.balance, epochs_left=int(left))

    def _check_head(self, tip: Tip) -> None:
        number, since = self._moved
        now = time.monotonic()
        if tip.head.number != number:
            self._moved = (tip.head.number, now)
        elif now - since > self._settings.stale_seconds:
            self.say(Code.STALE_HEAD, block=tip.head.number, seconds=int(now - since))

    def _check_journal(self) -> None:
        if left_out := self._journal.take_left_out():
            self.say(Code.JOURNAL_GAP, journal=self._journal.name, entries=len(left_out), error=left_out[0])
        if self._journal.trouble:
            self.say(Code.JOURNAL_DETACHED, journal=self._journal.name, error=self._journal.trouble)
        elif Code.JOURNAL_DETACHED.name in self._known:
            self.say(Code.JOURNAL_BACK, journal=self._journal.name)
