"""Several steps of a caller in one transaction: all or none, each with the checks it has alone."""

from __future__ import annotations

from typing import Any

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import CALLER, REASONS, SUBMITTED, WON, progress
from tests.support.protocol import Market


def call(market: Market, name: str, *arguments: Any) -> bytes:
    """Encode a call of the registry."""
    return bytes(getattr(market.registry, name).prepare_calldata(*arguments))


def status(market: Market, task: int) -> int:
    """Status of a task."""
    return progress(market.registry.task_words(task)[1]).status


def test_a_result_and_the_next_bid(market: Market) -> None:
    """As the coprocessor would send them one after the other."""
    first = market.award()
    second = market.open(slot=1)
    steps = [call(market, "submit", [(first, 7)], True), call(market, "bid", [market.order(second)], True)]
    market.registry.multicall(steps, sender=market.coprocessor_address)
    assert events(market.registry, "ResultSubmitted") == [(first, 7)]
    assert status(market, first) == SUBMITTED
    assert status(market, second) == WON
    assert progress(market.registry.task_words(second)[1]).executor == market.coprocessor_account


def test_the_caller_of_each_step_is_the_caller(market: Market) -> None:
    """Not the contract, and not whoever called before."""
    task = market.award()
    with refused(REASONS[CALLER]):
        market.registry.multicall([call(market, "submit", [(task, 7)], True)], sender=market.stranger)
    with refused("ownable: not the owner"):
        market.registry.multicall([call(market, "pause", True)], sender=market.stranger)
    market.registry.multicall([call(market, "pause", True)], sender=market.owner)
    assert market.registry.paused()


@pytest.mark.parametrize("order", [1, -1])
def test_all_or_none(market: Market, order: int) -> None:
    """What reverts in one step, before or after others, reverts them all, with its reason."""
    task = market.award()
    books = Books(market)
    steps = [call(market, "submit", [(task, 7)], True), call(market, "settle", [task], True)]
    with boa.reverts():  # too early to settle, or not submitted yet
        market.registry.multicall(steps[::order], sender=market.coprocessor_address)
    assert status(market, task) == WON
    assert books.changes() == {}


def test_an_item_that_is_skipped_stops_nothing(market: Market) -> None:
    """Without ``strict`` a step reverts as little here as alone."""
    task = market.award()
    steps = [call(market, "settle", [task], False), call(market, "submit", [(task, 7)], True)]
    market.registry.multicall(steps, sender=market.coprocessor_address)
    assert status(market, task) == SUBMITTED


def test_takes_no_value(market: Market) -> None:
    """A step that counted the value of the transaction would count it once a step."""
    boa.env.set_balance(market.stranger, 1)
    with boa.reverts():
        market.registry.multicall([], sender=market.stranger, value=1)


def test_calls_of_other_functions_are_refused(market: Market) -> None:
    """There is no fallback, and nothing is called but this contract."""
    for data in (b"", b"\0" * 4, call(market, "pause", True)[:4]):
        with boa.reverts():
            market.registry.multicall([data], sender=market.owner)
    transfer = bytes(market.token.transfer.prepare_calldata(market.owner, 0))
    with boa.reverts():
        market.registry.multicall([transfer], sender=market.owner)


def test_takes_four_steps(market: Market) -> None:
    """And not five; each has room for six bids."""
    step = call(market, "bid", [(2**80, 1, 1, 1, 1, 10_000)] * 6, False)
    market.registry.multicall([step] * 4, sender=market.coprocessor_address)
    with boa.reverts():
        market.registry.multicall([step] * 5, sender=market.coprocessor_address)


def test_a_step_has_1280_bytes(market: Market) -> None:
    """And not one more; what stands behind the arguments is ignored, as in a call of its own."""
    step = call(market, "settle", [], True)
    market.registry.multicall([step.ljust(1_280, b"\0")], sender=market.stranger)
    with boa.reverts():
        market.registry.multicall([step.ljust(1_281, b"\0")], sender=market.stranger)


def test_within_itself(market: Market) -> None:
    """A step may be such a call again; its steps have the same caller."""
    task = market.award()
    inner = call(market, "multicall", [call(market, "submit", [(task, 7)], True)])
    market.registry.multicall([inner], sender=market.coprocessor_address)
    assert status(market, task) == SUBMITTED
