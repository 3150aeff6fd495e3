"""Submitting results: by the executor, after the award and until the task is due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boa
import pytest

from tests.support.books import Books, check_skipped
from tests.support.chain import events, refused
from tests.support.contract_words import CALLER, NO_TASK, STATE, SUBMITTED, TOO_EARLY, TOO_LATE, progress
from tests.support.protocol import Market


def submitting(market: Market, task: int, who: str | None = None) -> Callable[[bool], Any]:
    """Make a call that submits one result."""
    return lambda strict: market.registry.submit([(task, 7)], strict, sender=who or market.coprocessor_address)


def test_result_is_stored_and_announced(market: Market) -> None:
    """All 256 bits of it, and the time at which the challenge window starts."""
    task = market.award()
    before = progress(market.registry.task_words(task)[1])
    market.submit(task, 2**256 - 1)
    assert events(market.registry, "ResultSubmitted") == [(task, 2**256 - 1)]
    _, word, result = market.registry.task_words(task)
    assert result == 2**256 - 1
    assert progress(word) == before._replace(status=SUBMITTED, time=market.now)


def test_load_falls_at_once_and_collateral_stays(market: Market) -> None:
    """Holding an unsettled task must not look like work, but the result can still be challenged."""
    task = market.award()
    books = Books(market)
    market.submit(task)
    assert market.participants.load_of(market.coprocessor_account)[0] == 0
    assert books.changes() == {}


def test_own_task(market: Market) -> None:
    """The operator submits what it executes itself."""
    task = market.open(own=True)
    market.wait(1)
    market.submit(task, who=market.operator_address)
    assert market.participants.load_of(market.operator_account)[0] == 0


@pytest.mark.parametrize("own", [False, True])
def test_not_in_the_second_of_the_award(market: Market, own: bool) -> None:
    """A second later is early enough."""
    task = market.open(own=own)
    who = market.operator_address if own else market.coprocessor_address
    if not own:
        market.bid(task)
        market.wait(2)
    check_skipped(market, submitting(market, task, who), task, TOO_EARLY)
    market.wait(1)
    market.submit(task, who=who)


@pytest.mark.parametrize("seconds", [0, 1])
def test_not_while_the_auction_runs(market: Market, seconds: int) -> None:
    """Another may still lead."""
    task = market.open()
    market.bid(task)
    market.wait(seconds)
    check_skipped(market, submitting(market, task), task, TOO_EARLY)


def test_until_the_task_is_due(market: Market) -> None:
    """Awarded 2 s after opening, so the last second is 602."""
    task = market.open()
    market.bid(task)
    market.wait(602)
    with boa.env.anchor():
        market.submit(task)
    market.wait(1)
    check_skipped(market, submitting(market, task), task, TOO_LATE)


@pytest.mark.parametrize("who", ["rival", "operator_address", "avs", "stranger"])
def test_only_the_executor(market: Market, who: str) -> None:
    """Not even the operator whose task it is, nor an address without account."""
    task = market.award()
    check_skipped(market, submitting(market, task, getattr(market, who)), task, CALLER)


@pytest.mark.parametrize("number", [0, 2**80, 2**256 - 1])
def test_numbers_of_no_task(market: Market, number: int) -> None:
    """Reported like any other."""
    check_skipped(market, submitting(market, number), number, NO_TASK)


def test_number_of_the_next_task_of_a_slot(market: Market) -> None:
    """The slot's words are of the task before."""
    task = market.award() + 1
    check_skipped(market, submitting(market, task), task, NO_TASK)


def test_previous_task_of_a_slot(market: Market) -> None:
    """Over, though the slot's present task awaits a result of the same executor."""
    task = market.award()
    market.submit(task)
    market.wait(61)
    market.registry.settle([task], True)
    assert market.award() == task + 1
    check_skipped(market, submitting(market, task), task, NO_TASK)


def test_task_without_executor(market: Market) -> None:
    """Nobody has bid."""
    task = market.open()
    market.wait(1)
    check_skipped(market, submitting(market, task), task, STATE)


def test_twice(market: Market) -> None:
    """The first result counts."""
    task = market.award()
    market.submit(task, 1)
    check_skipped(market, submitting(market, task), task, STATE)
    assert market.registry.task_words(task)[2] == 1


def test_after_the_slash(market: Market) -> None:
    """A late task is its rescuer's."""
    task = market.late()
    market.registry.slash([task], 0, True)
    check_skipped(market, submitting(market, task), task, STATE)


def test_after_the_end(market: Market) -> None:
    """A settled task is no task any more."""
    task = market.award()
    market.submit(task)
    market.wait(61)
    market.registry.settle([task], True)
    check_skipped(market, submitting(market, task), task, NO_TASK)


@pytest.mark.parametrize("end", ["expired", "failed", "forfeited"])
@pytest.mark.parametrize("reused", [False, True])
def test_after_an_end_without_payment(market: Market, end: str, reused: bool) -> None:
    """The slot's words may still be the task's, or those of another that nobody has won."""
    task = market.open()
    if end == "expired":
        market.wait(16)
        market.registry.expire([task], True, sender=market.operator_address)
    elif end == "failed":
        market.bid(task)
        market.wait(603)
        market.registry.slash([task], 0, True)
        market.wait(600)
        market.registry.fail([task], True)
    else:
        market.bid(task)
        market.wait(3)
        market.submit(task)
        market.registry.hold([task], True, sender=market.court)
        market.registry.overturn([task], 0, True, sender=market.court)
    if reused:
        assert market.open() == task + 1
    check_skipped(market, submitting(market, task), task, NO_TASK)


def test_a_batch_frees_the_sum_and_skips_the_rest(market: Market) -> None:
    """Two of three tasks are the caller's."""
    tasks = [market.open(slot=slot, difficulty=difficulty) for slot, difficulty in enumerate((100, 200, 300))]
    for task, who in zip(tasks, (market.coprocessor_address, market.rival, market.coprocessor_address), strict=True):
        market.bid(task, who)
    market.wait(20)
    market.registry.submit([(task, task) for task in tasks], False, sender=market.coprocessor_address)
    assert events(market.registry, "Skipped") == [(tasks[1], CALLER)]
    assert [market.registry.task_words(task)[2] for task in tasks] == [tasks[0], 0, tasks[2]]
    assert market.participants.load_of(market.coprocessor_account)[0] == 0
    assert market.participants.load_of(market.rival_account)[0] == 200


def test_a_batch_takes_32(market: Market) -> None:
    """And not 33."""
    market.registry.submit([(0, 0)] * 32, False, sender=market.coprocessor_address)
    assert len(events(market.registry, "Skipped")) == 32
    with boa.reverts():
        market.registry.submit([(0, 0)] * 33, False, sender=market.coprocessor_address)


def test_strict_batch_is_all_or_nothing(market: Market) -> None:
    """The first item that does not apply takes the others with it."""
    task = market.award()
    with refused("registry: no such task"):
        market.registry.submit([(task, 1), (0, 0)], True, sender=market.coprocessor_address)
    assert progress(market.registry.task_words(task)[1]).status != SUBMITTED
