"""Tasks nobody bid for: a second auction, own execution, or the end.

With the plain class the clock has run out 16 s after opening, and the time for a second chance ends 600 s later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boa
import pytest

from tests.support.books import Books, check_skipped
from tests.support.chain import events, refused
from tests.support.contract_words import (
    CALLER,
    CAPACITY,
    COMPLEXITY,
    EXPIRED,
    LIVE,
    NO_TASK,
    REASONS,
    STATE,
    TOO_EARLY,
    TOO_LATE,
    WON,
    progress,
    terms,
)
from tests.support.protocol import PLAIN, Market


def unsold(market: Market, seconds: int = 16, **order: Any) -> int:
    """Open a task and wait."""
    task = market.open(**order)
    market.wait(seconds)
    return task


def expiring(market: Market, task: int, who: str | None = None) -> Callable[[bool], Any]:
    """Make a call that expires one task."""
    return lambda strict: market.registry.expire([task], strict, sender=who or market.operator_address)


SECOND_CHANCES = pytest.mark.parametrize("chance", ["reopen", "self_execute"])


class TestSecondChances:
    """What reopening and self-execution have in common."""

    @SECOND_CHANCES
    @pytest.mark.parametrize("seconds", [16, 616])
    def test_from_the_end_of_the_clock_for_the_rescue_time(self, market: Market, chance: str, seconds: int) -> None:
        """The first and the last second."""
        task = unsold(market, seconds)
        getattr(market.registry, chance)(task, sender=market.operator_address)

    @SECOND_CHANCES
    @pytest.mark.parametrize(("seconds", "code"), [(0, TOO_EARLY), (15, TOO_EARLY), (617, TOO_LATE)])
    def test_not_before_nor_after(self, market: Market, chance: str, seconds: int, code: int) -> None:
        """The auction goes first; after the time for second chances anyone may end the task."""
        task = unsold(market, seconds)
        with refused(REASONS[code]):
            getattr(market.registry, chance)(task, sender=market.operator_address)

    @SECOND_CHANCES
    @pytest.mark.parametrize("who", ["avs", "coprocessor_address", "stranger", "owner"])
    def test_is_the_operators(self, market: Market, chance: str, who: str) -> None:
        """Nobody else's."""
        task = unsold(market)
        with refused(REASONS[CALLER]):
            getattr(market.registry, chance)(task, sender=getattr(market, who))

    @SECOND_CHANCES
    def test_not_of_a_task_that_was_sold(self, market: Market, chance: str) -> None:
        """The winner has a right to it."""
        task = market.award()
        with refused(REASONS[STATE]):
            getattr(market.registry, chance)(task, sender=market.operator_address)

    @SECOND_CHANCES
    @pytest.mark.parametrize("number", [0, 2**80, 2**256 - 1])
    def test_numbers_of_no_task(self, market: Market, chance: str, number: int) -> None:
        """There is nothing to give a chance."""
        with refused(REASONS[NO_TASK]):
            getattr(market.registry, chance)(number, sender=market.operator_address)

    @SECOND_CHANCES
    def test_not_of_an_ended_task(self, market: Market, chance: str) -> None:
        """An outcome is final."""
        task = unsold(market)
        market.registry.expire([task], True, sender=market.operator_address)
        with refused(REASONS[NO_TASK]):
            getattr(market.registry, chance)(task, sender=market.operator_address)

    @SECOND_CHANCES
    def test_not_while_paused(self, market: Market, chance: str) -> None:
        """A second chance is a kind of opening; ending the task is not."""
        task = unsold(market)
        market.registry.pause(True, sender=market.owner)
        with refused("registry: paused"):
            getattr(market.registry, chance)(task, sender=market.operator_address)
        market.registry.expire([task], True, sender=market.operator_address)


class TestReopen:
    """A second auction on the rising clock."""

    def test_starts_a_rising_clock_now(self, market: Market) -> None:
        """The same task, opened anew; everything else stays."""
        task = unsold(market, 100)
        before = terms(market.registry.task_words(task)[0])
        market.registry.reopen(task, sender=market.operator_address)
        announced = events(market.registry, "TaskReopened")
        word = market.registry.task_words(task)[0]
        assert terms(word) == before._replace(opened=market.now, rising=1)
        assert announced == [(task,)]

    def test_moves_no_money(self, market: Market) -> None:
        """Penalty and reward are locked already."""
        task = unsold(market)
        books = Books(market)
        mandate = market.registry.mandate_of(market.class_id, market.operator_account)
        market.registry.reopen(task, sender=market.operator_address)
        assert books.changes() == {}
        assert market.registry.mandate_of(market.class_id, market.operator_account) == mandate

    def test_only_once(self, market: Market) -> None:
        """A third auction there is not."""
        task = unsold(market)
        market.registry.reopen(task, sender=market.operator_address)
        market.wait(16)
        with refused(REASONS[STATE]):
            market.registry.reopen(task, sender=market.operator_address)

    def test_the_second_clock_runs_as_long_as_the_first(self, market: Market) -> None:
        """Bids until its end, then self-execution or the end."""
        task = unsold(market, 300)
        market.registry.reopen(task, sender=market.operator_address)
        market.wait(15)
        check_skipped(market, expiring(market, task), task, TOO_EARLY)
        with refused(REASONS[TOO_EARLY]):
            market.registry.self_execute(task, sender=market.operator_address)
        with boa.env.anchor():
            market.bid(task)
        market.wait(1)
        with boa.env.anchor():
            market.registry.self_execute(task, sender=market.operator_address)
        market.registry.expire([task], True, sender=market.operator_address)


class TestSelfExecute:
    """Own execution after the auction."""

    def test_operator_becomes_the_executor(self, market: Market) -> None:
        """Awarded now, due after the submit time, and opened anew so that the curve and terms of now apply."""
        task = unsold(market, 100)
        before = terms(market.registry.task_words(task)[0])
        market.registry.self_execute(task, sender=market.operator_address)
        won = events(market.registry, "TaskWon")
        words = market.registry.task_words(task)
        assert terms(words[0]) == before._replace(opened=market.now)
        expected = (1, market.operator_account, 0, WON, 1, 0, 1_000, 0, 980_000, market.now, 600, 100, 1_000)
        assert progress(words[1]) == expected
        assert won == [(task, market.operator_account, 0, 980_000, 1_000, market.now + 600)]

    def test_collateral_is_locked_beside_the_penalty(self, market: Market) -> None:
        """10,000 more, and the load rises."""
        task = unsold(market)
        books = Books(market)
        market.registry.self_execute(task, sender=market.operator_address)
        assert books.changes() == {market.operator_account: (-10_000, 10_000)}
        assert market.participants.load_of(market.operator_account)[0] == 100

    def test_x_includes_what_is_in_flight(self, market: Market) -> None:
        """500 of its own besides."""
        market.open(own=True, difficulty=500, slot=1)
        task = unsold(market)
        market.registry.self_execute(task, sender=market.operator_address)
        assert progress(market.registry.task_words(task)[1]).x == 6_000

    def test_only_once(self, market: Market) -> None:
        """It is the executor already."""
        task = unsold(market)
        market.registry.self_execute(task, sender=market.operator_address)
        with refused(REASONS[STATE]):
            market.registry.self_execute(task, sender=market.operator_address)

    @pytest.mark.parametrize("busy", [900, 901])
    def test_within_the_capacity(self, market: Market, busy: int) -> None:
        """The whole of it may be used."""
        task = unsold(market)
        market.open(own=True, difficulty=busy, slot=1)
        if busy == 900:
            market.registry.self_execute(task, sender=market.operator_address)
        else:
            with refused(REASONS[CAPACITY]):
                market.registry.self_execute(task, sender=market.operator_address)

    def test_within_the_capacity_of_the_next_epoch(self, market: Market) -> None:
        """What is taken now must fit later."""
        task = unsold(market)
        market.participants.resize(99, sender=market.operator_address)
        with refused(REASONS[CAPACITY]):
            market.registry.self_execute(task, sender=market.operator_address)

    @pytest.mark.parametrize("complexity", [5, 6])
    def test_within_the_complexity(self, market: Market, complexity: int) -> None:
        """The operator registered 5."""
        task = market.open(class_id=market.other_class(complexity=complexity))
        market.wait(16)
        if complexity == 5:
            market.registry.self_execute(task, sender=market.operator_address)
        else:
            with refused(REASONS[COMPLEXITY]):
                market.registry.self_execute(task, sender=market.operator_address)

    @pytest.mark.parametrize("free", [9_999, 10_000])
    def test_with_funds_for_the_collateral(self, market: Market, free: int) -> None:
        """One unit short is short."""
        task = unsold(market)
        market.reputation.bond(market.free(market.operator_account) - free, sender=market.operator_address)
        if free == 10_000:
            market.registry.self_execute(task, sender=market.operator_address)
        else:
            with refused("escrow: free out of range"):
                market.registry.self_execute(task, sender=market.operator_address)

    def test_not_after_leaving(self, market: Market) -> None:
        """Without capacity and complexity there is nothing to execute with; ending the task is still possible."""
        task = unsold(market)
        market.participants.leave(sender=market.operator_address)
        with refused(REASONS[COMPLEXITY]):
            market.registry.self_execute(task, sender=market.operator_address)
        market.registry.expire([task], True, sender=market.operator_address)


class TestExpire:
    """The end of a task nobody bid for."""

    def test_reward_and_penalty_return(self, market: Market) -> None:
        """The reward to the mandate, the penalty to the operator."""
        mandate = market.registry.mandate_of(market.class_id, market.operator_account)
        task = unsold(market)
        books = Books(market)
        market.registry.expire([task], True, sender=market.operator_address)
        assert books.changes() == {market.operator_account: (500, -500)}
        assert market.registry.mandate_of(market.class_id, market.operator_account) == mandate

    def test_outcome_is_stored_and_announced(self, market: Market) -> None:
        """And final."""
        task = unsold(market)
        market.registry.expire([task], True, sender=market.operator_address)
        assert events(market.registry, "TaskClosed") == [(task, EXPIRED)]
        assert terms(market.registry.task_words(task)[0]).outcome == EXPIRED
        check_skipped(market, expiring(market, task), task, NO_TASK)

    def test_leaves_no_record(self, market: Market) -> None:
        """Nothing was finished, well or badly."""
        task = unsold(market)
        market.registry.expire([task], True, sender=market.operator_address)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (0, 0)

    def test_not_before_the_clock_has_run_out(self, market: Market) -> None:
        """The last step may still find a bidder."""
        task = unsold(market, 15)
        check_skipped(market, expiring(market, task), task, TOO_EARLY)
        assert terms(market.registry.task_words(task)[0]).outcome == LIVE

    @pytest.mark.parametrize("who", ["stranger", "avs", "rival"])
    def test_others_wait_for_the_second_chance_to_pass(self, market: Market, who: str) -> None:
        """The operator may at once, anyone 601 s after the end of the clock."""
        task = unsold(market, 616)
        check_skipped(market, expiring(market, task, getattr(market, who)), task, CALLER)
        market.wait(1)
        books = Books(market)
        market.registry.expire([task], True, sender=getattr(market, who))
        assert books.changes() == {market.operator_account: (500, -500)}

    def test_not_of_a_task_that_was_sold(self, market: Market) -> None:
        """It is awarded, or late, or on its way to settlement."""
        task = market.award()
        check_skipped(market, expiring(market, task), task, STATE)

    @pytest.mark.parametrize("number", [0, 2**80, 2**256 - 1])
    def test_numbers_of_no_task(self, market: Market, number: int) -> None:
        """Reported like any other."""
        check_skipped(market, expiring(market, number), number, NO_TASK)

    def test_batch(self, market: Market) -> None:
        """Several operators and classes in one call, what does not apply is skipped."""
        other, number = market.operator("other")
        market.next_epoch()
        class_id = market.task_class(market.avs, replace(PLAIN, collateral=2_000_000))
        market.classes.fund_mandate(class_id, number, 10**6, sender=market.avs)
        first = market.open()
        second = market.registry.open_tasks(class_id, [(0, 100, 10_000, False, 0)], True, sender=other)
        sold = market.award(slot=1)
        market.wait(617)
        books = Books(market)
        market.registry.expire([first, sold, second], False)
        assert events(market.registry, "Skipped") == [(sold, STATE)]
        assert books.changes() == {market.operator_account: (500, -500), number: (1_000, -1_000)}

    def test_a_batch_takes_32(self, market: Market) -> None:
        """And not 33."""
        orders = [(slot, 1, 10, False, 0) for slot in range(32)]
        market.registry.open_tasks(market.class_id, orders, True, sender=market.operator_address)
        tasks = [market.operator_account << 48 | slot << 32 | 1 for slot in range(32)]
        market.wait(16)
        with boa.reverts():
            market.registry.expire([*tasks, 0], False, sender=market.operator_address)
        books = Books(market)
        market.registry.expire(tasks, True, sender=market.operator_address)
        assert books.changes() == {market.operator_account: (32, -32)}
