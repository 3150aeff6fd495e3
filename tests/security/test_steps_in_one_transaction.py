"""Somebody puts steps into one transaction: to be taken for somebody else, to be paid twice, or not to have to wait.

Each step has the caller, the checks and the moment it would have alone, and sees what the steps before it did.
"""

from __future__ import annotations

from typing import Any

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import (
    BURN,
    CAPACITY,
    MANDATE,
    POOL,
    REASONS,
    SENDER,
    TOO_EARLY,
    progress,
    task_number,
)
from tests.support.protocol import Market


def step(market: Market, name: str, *arguments: Any) -> bytes:
    """Encode a step."""
    return bytes(getattr(market.registry, name).prepare_calldata(*arguments))


def together(market: Market, who: Any, *steps: bytes) -> None:
    """Take steps in one transaction."""
    market.registry.multicall(list(steps), sender=who)


def state(market: Market, *tasks: int) -> tuple[Any, ...]:
    """All words of some tasks, of all accounts and of the cards of those who trade."""
    accounts = market.escrow.account_count()
    traders = (market.operator_address, market.coprocessor_address, market.rival)
    return (
        [market.registry.task_words(task) for task in tasks],
        [market.registry.card(who) for who in traders],
        market.registry.fee_words(0, accounts, market.epoch),
        market.registry.mandate_of(market.class_id, market.operator_account),
        market.escrow.balance_words(0, accounts),
        market.participants.activity_words(0, accounts),
    )


def test_a_task_is_paid_once(market: Market) -> None:
    """Settled six times: twice in a list, in two steps and in a step of a step."""
    task = market.award()
    market.submit(task)
    market.wait(61)
    settle = step(market, "settle", [task, task], False)
    books = Books(market)
    together(market, market.stranger, settle, settle, step(market, "multicall", [settle]))
    assert events(market.registry, "TaskSettled") == [(task, 9_800, 196)]
    assert len(events(market.registry, "Skipped")) == 5
    assert books.changes() == {
        POOL: (196, -10_000),
        market.operator_account: (700, -500),
        market.coprocessor_account: (19_604, -10_000),
    }
    for account in (market.operator_account, market.coprocessor_account):
        assert market.registry.fees_in(account, market.epoch) == (196, 196)


def test_an_executor_is_slashed_once(market: Market) -> None:
    """And its finder has one share, whoever asks in the second step."""
    task = market.late()
    books = Books(market)
    steps = [step(market, "slash", [task], finder, False) for finder in (market.rival_account, market.avs_account, 0)]
    together(market, market.rival, *steps)
    assert books.changes() == {
        market.coprocessor_account: (9_000, -10_000),
        market.operator_account: (400, 0),
        market.rival_account: (250, 0),
        BURN: (100, 0),
        POOL: (250, 0),
    }


@pytest.mark.parametrize("own", [False, True])
def test_a_result_waits_for_the_award(market: Market, own: bool) -> None:
    """No transaction holds both, so others see a task before its result can come."""
    if own:
        who = market.operator_address
        task = task_number(market.operator_account, 0, 1)
        first = step(market, "open_tasks", market.class_id, [(0, 100, 10_000, True, 0)], True)
    else:
        who = market.coprocessor_address
        task = market.open()
        first = step(market, "bid", [market.order(task)], True)
    with refused(REASONS[TOO_EARLY]):
        together(market, who, first, step(market, "submit", [(task, 7)], True))


@pytest.mark.parametrize("who", ["owner", "stranger", "avs", "operator_address"])
@pytest.mark.parametrize("nested", [False, True])
def test_no_step_is_another_contracts_or_the_courts(market: Market, who: str, nested: bool) -> None:
    """The registry calls itself, but not in its own name: no card, class, mandate or verdict of one's own."""
    task = market.award()
    market.submit(task)
    caller = getattr(market, who)
    steps = [
        step(market, "enroll", caller, market.avs_account, 1, 0, 64),
        step(market, "add_class", 1, 1),
        step(market, "change_mandate", market.class_id, market.operator_account, 1, 0),
        step(market, "suspend_mandate", market.class_id, market.operator_account),
        step(market, "hold", [task], False),
    ]
    for data in steps:
        with refused(REASONS[SENDER]):
            together(market, caller, step(market, "multicall", [data]) if nested else data)


def test_a_mandate_is_drawn_once(market: Market) -> None:
    """The second step knows what the first has drawn."""
    class_id = market.other_class()
    steps = [step(market, "open_tasks", class_id, [(slot, 100, 600_000, False, 0)], False) for slot in range(2)]
    together(market, market.operator_address, *steps)
    assert events(market.registry, "Skipped") == [(0, MANDATE)]
    assert market.registry.mandate_of(class_id, market.operator_account) == 400_000


@pytest.mark.parametrize(("difficulty", "fits"), [(500, True), (501, False)])
def test_a_capacity_is_filled_once(market: Market, difficulty: int, fits: bool) -> None:
    """The second bid has the load of the first, in its room and in its x."""
    tasks = [market.open(difficulty, slot=slot) for slot in range(2)]
    steps = [step(market, "bid", [market.order(task)], False) for task in tasks]
    together(market, market.coprocessor_address, *steps)
    assert events(market.registry, "Skipped") == ([] if fits else [(tasks[1], CAPACITY)])
    assert market.participants.load_of(market.coprocessor_account)[0] == difficulty * (1 + fits)
    if fits:
        assert [progress(market.registry.task_words(task)[1]).x for task in tasks] == [5_000, 10_000]


def test_funds_are_locked_once(market: Market) -> None:
    """What is enough for one bid is not enough for two, and then there is none."""
    tasks = [market.open(slot=slot) for slot in range(2)]
    market.reputation.bond(market.free(market.coprocessor_account) - 19_999, sender=market.coprocessor_address)
    books = Books(market)
    with refused("escrow: free out of range"):
        steps = [step(market, "bid", [market.order(task)], False) for task in tasks]
        together(market, market.coprocessor_address, *steps)
    assert books.changes() == {}


def test_the_words_are_those_of_steps_one_by_one(market: Market) -> None:
    """Both sides do all they can at one moment; every word is as if each step were a transaction of its own."""
    late = market.open(slot=0)
    market.bid(late, market.rival)
    market.wait(590)
    done, ready = (market.award(slot=slot) for slot in (1, 2))
    market.submit(done)
    market.wait(61)
    fresh = market.open(slot=3)
    slots = [(slot, 50, 20_000, slot == 5, 0) for slot in (1, 4, 5)]
    reused, sold, own = (task_number(market.operator_account, slot, 1 + (slot == 1)) for slot in (1, 4, 5))
    plans: tuple[tuple[Any, ...], ...] = (
        (
            market.operator_address,
            ("settle", [done], True),
            ("open_tasks", market.class_id, slots, True),
            ("slash", [late], market.operator_account, True),
        ),
        (
            market.coprocessor_address,
            ("submit", [(ready, 7)], True),
            ("take_over", [(late, market.class_id, 100, 10_000, 1, 10_000)], True),
            ("bid", [(sold, market.class_id, 50, 20_000, 1, 10_000)], True),
            ("bid", [(fresh, market.class_id, 100, 10_000, 1, 10_000)], True),
        ),
    )
    tasks = (late, done, ready, fresh, reused, sold, own)
    with boa.env.anchor():
        for who, *steps in plans:
            for name, *arguments in steps:
                getattr(market.registry, name)(*arguments, sender=who)
        expected = state(market, *tasks)
    for who, *steps in plans:
        together(market, who, *(step(market, name, *arguments) for name, *arguments in steps))
    assert state(market, *tasks) == expected
