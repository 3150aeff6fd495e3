"""A sender that is no keeper survives the faults that keepers do.

It allows a friend as many tokens as the epoch has for a number, once an epoch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ballast.chain.contract import Call
from ballast.client.contracts import MockToken
from ballast.errors import DisagreementError
from ballast.transact import journal
from ballast.transact.action import Action
from ballast.transact.blocks import Header
from ballast.transact.flight import CANCEL, Lookout
from ballast.transact.journal import Journal
from ballast.transact.log import Code, Condition, nothing
from ballast.transact.nodes import Nodes
from ballast.transact.sender import Sender
from ballast.transact.settings import SenderSettings
from ballast.transact.tables import MINED
from ballast.transact.watch import Watch
from tests.keeper.actor import SETTINGS, Checkpoint
from tests.keeper.faults import KINDS
from tests.keeper.network import Network, Poster
from tests.keeper.run import Run, Stage
from tests.keeper.survive import survive

FRIEND = "0x" + "11" * 20
EACH = 2
"""Runs with a fault of each kind."""


@dataclass
class Told:
    """What a pass tells."""

    codes: list[str] = field(default_factory=list)


def item(epoch: int) -> str:
    """Name the work of an epoch."""
    return f"allow:{epoch}"


def meaning(call: Call[Any]) -> tuple[int, tuple[str, ...]]:
    """Tell what a transaction found waiting is for."""
    assert call.function == "approve"
    epoch = call.arguments[1]
    return epoch, (item(epoch),)


class Approver:
    """Allows the friend its tokens."""

    def __init__(
        self,
        network: Network,
        poster: Poster,
        nodes: Nodes,
        journal: Journal,
        settings: SenderSettings,
        checkpoint: Checkpoint,
    ) -> None:
        deployment = network.deployment
        journal.bind("tokens")
        journal.checkpoint = checkpoint
        nodes.say, nodes.chain_id = self.say, deployment.chain_id
        self.owner, self.nodes, self.journal, self.settings = poster.account.address, nodes, journal, settings
        self.told = Told()
        self.token = deployment.contract(MockToken)
        self.watch = Watch(nodes, journal, settings.confirmations, self.say, nothing, deployment.block)
        office = (self.owner, nodes, journal, settings, self.say)
        self.lookout = Lookout(*office, [self.token])
        self.sender = Sender(*office, poster.account, deployment.chain_id, checkpoint)

    def say(self, condition: Condition, **_: Any) -> None:
        """Take down a condition."""
        self.told.codes.append(condition.name)

    def once(self) -> Told:
        """Do a pass."""
        self.told = Told()
        self.nodes.within(self.settings.pass_seconds)
        self.journal.retry()
        tip = self.watch.tip()
        flight = self.lookout.look(tip, meaning)
        epoch = Network.epoch_of(tip.head.timestamp)
        if Network.epoch_of(tip.block.timestamp) == epoch and self.journal.alone():
            done = epoch in (self.allowed(tip.block), self.allowed(tip.head))
            call = self.token.approve(FRIEND, epoch)
            wanted = {} if done else {item(epoch): Action(call, epoch, (item(epoch),))}
            waiting = [t for t in flight.open if t.kind != CANCEL and t.state != MINED]
            late = [t for t in waiting if t.epoch != epoch and t.nonce >= flight.latest]
            idle = [t for t in waiting if not wanted.keys() & set(t.items)]
            self.sender.settle_flight(flight, wanted, late, idle, tip)
            for action in wanted.values():
                self.sender.act(action, flight, tip)
        if self.journal.trouble:
            self.say(Code.JOURNAL_DETACHED)
        return self.told

    def allowed(self, header: Header) -> int:
        """Read the allowance at a block, as most nodes tell it."""
        call = self.token.allowance(self.owner, FRIEND)
        answers = self.nodes.poll("eth_call", *call.params(header.pinned), as_=call.decode)
        (most, votes), *_ = Counter(answer for _, answer in answers).most_common()
        if votes < self.nodes.majority([endpoint for endpoint, _ in answers]):
            raise DisagreementError("nodes disagree on the allowance")
        return int(most)


class ApproverRole:
    """The friend is allowed what it should be, whatever happens."""

    once = ("approve",)
    start = Approver

    def settings(self, several: bool) -> SenderSettings:
        """Give the one there is those of a keeper that is alone."""
        assert not several
        return SETTINGS

    def join(self, network: Network, poster: Poster) -> None:
        """Have nobody join."""
        raise AssertionError(network, poster)

    def check(self, run: Run) -> None:
        """Check the allowance, and that each epoch was seen to."""
        token, owner = run.network.contract(MockToken), run.actor.address
        done = [t for t in run.network.transactions(owner) if t["status"] and t["name"] == "approve"]
        allowed = [token.called(t["input"]).arguments for t in done]
        assert allowed == [(FRIEND, epoch) for epoch in run.epochs]
        assert token.allowance(owner, FRIEND).read(run.network.rpc) == run.epochs[-1]


@pytest.fixture(scope="module")
def approving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give a network with three nodes in front of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "LOCK_SECONDS", 0.02)
        stage = Stage(tmp_path_factory.mktemp("journals"), ApproverRole())
        try:
            yield stage
        finally:
            stage.close()


def test_nothing_wrong(approving: Stage) -> None:
    Run(approving, "nothing wrong").execute()


def test_survives(approving: Stage, record_property: Callable[[str, object], None]) -> None:
    survived = survive(approving, range(EACH * len(KINDS)), drawn=KINDS)
    assert survived.keys() >= {kind.kind for kind in KINDS}
    record_property("fault runs", dict(survived))
