"""Typed calls on a chain: read one by one and together, sent, and taken together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ballast.chain.anvil import Anvil
from ballast.chain.contract import send_all
from ballast.client.contracts import (
    Bid,
    ClassRegistry,
    CollateralEscrow,
    GasReputation,
    MockToken,
    Order,
    ParticipantRegistry,
    Slasher,
    Submission,
    TaskRegistry,
)
from ballast.client.events import ResultSubmitted, TaskOpened, TaskWon, decoded, topic
from ballast.deployment import deploy
from ballast.devnet import Devnet, populate
from ballast.errors import ChainError
from ballast.model import class_packing, controller, task_packing
from ballast.model.keeper_packing import KeeperRecord
from ballast.model.parameters import ClassParameters, NetworkParameters

DAY = 86_400
TERMS = ClassParameters(
    steps=8, step_seconds=10, record_weight=0, risk=7, adjudicator="0x00000000000000000000000000000000000000AA"
)


@pytest.fixture(scope="module")
def market() -> Iterator[tuple[Anvil, Devnet]]:
    """One operator and two coprocessors, whose capacities count."""
    with Anvil("--order", "fifo") as anvil:
        net = populate(anvil.rpc, deploy(anvil.rpc, NetworkParameters(epoch_seconds=DAY)), 1, 2, TERMS)
        anvil.rpc.call("evm_increaseTime", DAY)
        anvil.rpc.call("evm_mine")
        yield anvil, net


def events(receipt: dict[str, Any]) -> list[Any]:
    """Decode what a transaction logged."""
    return [decoded(log) for log in receipt["logs"]]


def test_what_was_deployed_is_read_in_its_form(market: tuple[Anvil, Devnet]) -> None:
    anvil, net = market
    node, d = anvil.rpc, net.deployment
    token, participants = d.contract(MockToken), d.contract(ParticipantRegistry)
    assert (token.symbol().read(node), token.decimals().read(node)) == ("tBAL", 6)
    assert d.contract(CollateralEscrow).TOKEN().read(node) == token.address == d.token
    assert participants.clock().read(node) == (d.genesis, DAY)
    assert d.contract(Slasher).terms().read(node) == d.parameters.slash
    assert d.contract(GasReputation).parameters().read(node) == d.parameters.filter
    assert d.contract(GasReputation).keeper(3).read(node) == KeeperRecord(0, 0, 0, 0, 0)
    assert d.contract(ClassRegistry).disputes(net.class_id).read(node) == TERMS.dispute()
    auction, _ = d.contract(TaskRegistry).class_words(net.class_id).read(node)
    assert class_packing.auction(auction) == TERMS.auction(d.parameters.fee)


def test_calls_are_read_together_and_at_a_block(market: tuple[Anvil, Devnet]) -> None:
    anvil, net = market
    escrow = net.deployment.contract(CollateralEscrow)
    calls = [escrow.account_of(p.address) for p in net.participants]
    answers = anvil.rpc.batch("eth_call", [call.params() for call in calls])
    found = [call.decode(answer) for call, answer in zip(calls, answers, strict=True)]
    assert found == [p.account for p in net.participants]
    first = hex(net.deployment.block)
    assert [calls[1].read(anvil.rpc), calls[1].read(anvil.rpc, first)] == [found[1], 0]


def test_a_call_that_reverts_says_why(market: tuple[Anvil, Devnet]) -> None:
    anvil, net = market
    registry = net.deployment.contract(TaskRegistry)
    with pytest.raises(ChainError, match=r"^TaskRegistry\.pause reverted: .*ownable: not the owner"):
        registry.pause(True).send(anvil.rpc, net.having("operator")[0].address)
    assert not registry.paused().read(anvil.rpc)


def test_a_task_goes_through_its_life(market: tuple[Anvil, Devnet]) -> None:
    """Two tasks are opened in one transaction, and two coprocessors bid for one of them."""
    anvil, net = market
    node, tasks = anvil.rpc, net.deployment.contract(TaskRegistry)
    operator, (one, other) = net.having("operator")[0], net.having("coprocessor")
    assert tasks.card(one.address).read(node) != 0 == tasks.card(net.having("avs")[0].address).read(node)
    orders = [Order(slot, difficulty=100, reward=10_000, own=False) for slot in (0, 1)]
    steps = [tasks.open_tasks(net.class_id, [order], strict=True) for order in orders]
    opened = events(tasks.multicall(steps).send(node, operator.address))
    first, second = (event.task for event in opened)
    lower = controller.lowered(TERMS.start, TERMS.start_gain, TERMS.start_target, TERMS.floor)
    starts = zip((first, second), (TERMS.start, lower - lower % class_packing.PERMILLE), strict=True)
    assert opened == [TaskOpened(task, net.class_id, 100, 10_000, start, 0) for task, start in starts]
    found = node.call("eth_getLogs", {"fromBlock": "0x0", "topics": [topic(TaskOpened)]})
    assert [decoded(log) for log in found] == opened
    bid = Bid(first, net.class_id, 100, 10_000, min_price=1, max_load=10_000)
    wrong = replace(bid, reward=20_000)
    with pytest.raises(ChainError, match="registry: task terms"):
        tasks.bid([wrong], strict=True).send(node, one.address)
    receipts = send_all(node, [tasks.bid([wrong, bid], strict=False).request(p.address) for p in (one, other)])
    winners = [event for receipt in receipts for event in events(receipt) if isinstance(event, TaskWon)]
    executor = winners[-1].executor
    terms, progress, _ = tasks.task_words(first).read(node)
    assert task_packing.terms(terms).reward == 10_000
    assert task_packing.progress(progress).executor == executor
    load, capacity, _ = net.deployment.contract(ParticipantRegistry).load_of(executor).read(node)
    assert (load, capacity > load) == (100, True)
    node.call("evm_increaseTime", net.terms.steps * net.terms.step_seconds)
    winner = next(p for p in (one, other) if p.account == executor)
    assert events(tasks.submit([Submission(first, 2**255)], strict=True).send(node, winner.address)) == [
        ResultSubmitted(first, 2**255)
    ]
    assert tasks.task_words(first).read(node)[2] == 2**255
