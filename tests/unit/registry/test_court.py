"""What the court does with submitted tasks: hold, uphold, overturn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boa
import pytest

from tests.support.books import Books, check_skipped
from tests.support.chain import events, refused
from tests.support.contract_words import (
    BURN,
    DISPUTED,
    FORFEITED,
    NO_TASK,
    POOL,
    REASONS,
    SENDER,
    STATE,
    SUBMITTED,
    TOO_EARLY,
    TOO_LATE,
    progress,
    terms,
)
from tests.support.protocol import DAY, Market


@pytest.fixture
def finder(market: Market) -> int:
    """Give an account that proves results wrong."""
    return market.account("fisherman", deposit=0)[1]


def submitted(market: Market, **order: Any) -> int:
    """Make a task whose result was submitted just now."""
    if order.get("own"):
        task = market.open(**order)
        market.wait(1)
        market.submit(task, who=market.operator_address)
    else:
        task = market.award(**order)
        market.submit(task)
    return task


def held(market: Market, **order: Any) -> int:
    """Make a held task."""
    task = submitted(market, **order)
    market.registry.hold([task], True, sender=market.court)
    return task


def judging(market: Market, verdict: str, task: int, who: str | None = None) -> Callable[[bool], Any]:
    """Make a call of the court about one task."""
    entry = getattr(market.registry, verdict)
    finder = (0,) if verdict == "overturn" else ()
    return lambda strict: entry([task], *finder, strict, sender=who or market.court)


VERDICTS = pytest.mark.parametrize("verdict", ["hold", "uphold", "overturn"])


@VERDICTS
@pytest.mark.parametrize("who", ["owner", "stranger", "avs", "operator_address", "coprocessor_address"])
def test_only_the_court(market: Market, verdict: str, who: str) -> None:
    """Fixed at deployment; not even for an empty list."""
    finder = (0,) if verdict == "overturn" else ()
    with refused(REASONS[SENDER]):
        getattr(market.registry, verdict)([], *finder, False, sender=getattr(market, who))


@VERDICTS
@pytest.mark.parametrize("number", [0, 2**80, 2**256 - 1])
def test_numbers_of_no_task(market: Market, verdict: str, number: int) -> None:
    """Reported like any other."""
    check_skipped(market, judging(market, verdict, number), number, NO_TASK)


@pytest.mark.parametrize("verdict", ["uphold", "overturn"])
def test_verdicts_need_a_hold(market: Market, verdict: str) -> None:
    """Neither an awarded nor a submitted task."""
    task = market.award()
    check_skipped(market, judging(market, verdict, task), task, STATE)
    market.submit(task)
    check_skipped(market, judging(market, verdict, task), task, STATE)


@VERDICTS
def test_not_about_settled_tasks(market: Market, verdict: str) -> None:
    """What was paid is paid."""
    task = submitted(market)
    market.wait(61)
    market.registry.settle([task], True)
    check_skipped(market, judging(market, verdict, task), task, NO_TASK)


@VERDICTS
def test_a_batch_takes_32(market: Market, verdict: str) -> None:
    """And not 33."""
    finder = (0,) if verdict == "overturn" else ()
    getattr(market.registry, verdict)([0] * 32, *finder, False, sender=market.court)
    assert len(events(market.registry, "Skipped")) == 32
    with boa.reverts():
        getattr(market.registry, verdict)([0] * 33, *finder, False, sender=market.court)


class TestHold:
    """Stopping the settlement."""

    def test_state_and_event(self, market: Market) -> None:
        """Disputed since now."""
        task = submitted(market)
        before = progress(market.registry.task_words(task)[1])
        market.wait(10)
        market.registry.hold([task], True, sender=market.court)
        assert events(market.registry, "TaskHeld") == [(task,)]
        after = progress(market.registry.task_words(task)[1])
        assert after == before._replace(status=DISPUTED, time=market.now)

    def test_within_the_challenge_window(self, market: Market) -> None:
        """60 s after submission is the last second; a task is always either open to challenge or to settlement."""
        task = submitted(market)
        market.wait(60)
        with boa.env.anchor():
            market.registry.hold([task], True, sender=market.court)
        market.wait(1)
        check_skipped(market, judging(market, "hold", task), task, TOO_LATE)

    def test_stops_the_settlement(self, market: Market) -> None:
        """Also after the challenge window."""
        task = held(market)
        market.wait(61)
        with refused(REASONS[TOO_EARLY]):
            market.registry.settle([task], True)

    def test_moves_no_money(self, market: Market) -> None:
        """All stays locked."""
        task = submitted(market)
        books = Books(market)
        market.registry.hold([task], True, sender=market.court)
        assert books.changes() == {}

    def test_once(self, market: Market) -> None:
        """A held task is held."""
        task = held(market)
        check_skipped(market, judging(market, "hold", task), task, STATE)

    def test_only_what_was_submitted(self, market: Market) -> None:
        """There is no result to doubt."""
        task = market.award()
        check_skipped(market, judging(market, "hold", task), task, STATE)

    def test_the_rest_of_a_batch_goes_on(self, market: Market) -> None:
        """Two tasks to hold, one not submitted."""
        tasks = [submitted(market, slot=0), market.award(slot=1), submitted(market, slot=2)]
        market.registry.hold(tasks, False, sender=market.court)
        assert events(market.registry, "Skipped") == [(tasks[1], STATE)]
        assert events(market.registry, "TaskHeld") == [(tasks[0],), (tasks[2],)]


class TestUphold:
    """A result that stands."""

    def test_state_and_event(self, market: Market) -> None:
        """Submitted again, its window over."""
        task = held(market)
        before = progress(market.registry.task_words(task)[1])
        market.registry.uphold([task], True, sender=market.court)
        assert events(market.registry, "TaskUpheld") == [(task,)]
        assert progress(market.registry.task_words(task)[1]) == before._replace(status=SUBMITTED, time=0)

    def test_cannot_be_held_again(self, market: Market) -> None:
        """One dispute a task."""
        task = held(market)
        market.registry.uphold([task], True, sender=market.court)
        check_skipped(market, judging(market, "hold", task), task, TOO_LATE)

    def test_moves_no_money(self, market: Market) -> None:
        """Anyone settles after it."""
        task = held(market)
        books = Books(market)
        market.registry.uphold([task], True, sender=market.court)
        assert books.changes() == {}
        market.registry.settle([task], True)
        assert books.changes()[market.coprocessor_account] == (19_604, -10_000)

    @pytest.mark.parametrize("verdict", ["uphold", "overturn"])
    def test_still_possible_long_after(self, market: Market, verdict: str) -> None:
        """As long as nobody has settled the undecided task."""
        task = held(market)
        market.wait(30 * DAY)
        judging(market, verdict, task)(True)


class TestOverturn:
    """A result proved wrong."""

    def test_all_of_the_collateral_is_slashed(self, market: Market, finder: int) -> None:
        """4,000 to the operator, 2,500 to the finder, 1,000 burned, 2,500 to the pool; the penalty goes to the AVS."""
        task = held(market)
        books = Books(market)
        market.registry.overturn([task], finder, True, sender=market.court)
        assert books.changes() == {
            market.coprocessor_account: (0, -10_000),
            market.operator_account: (4_000, -500),
            market.avs_account: (500, 0),
            finder: (2_500, 0),
            BURN: (1_000, 0),
            POOL: (2_500, 0),
        }

    def test_without_finder_its_share_goes_to_the_pool(self, market: Market) -> None:
        """As of a late task."""
        task = held(market)
        books = Books(market)
        market.registry.overturn([task], 0, True, sender=market.court)
        assert books.changes()[POOL] == (5_000, 0)

    @pytest.mark.parametrize(
        ("factor", "share", "amount"),
        [(100_000, 0, 10_000), (300_000, 100_000, 10_000), (300_000, 500_000, 15_000), (1_000_000, 500_000, 50_000)],
    )
    def test_a_share_of_the_collateral_and_at_least_the_reward(
        self, market: Market, factor: int, share: int, amount: int
    ) -> None:
        """Of a collateral of 10,000 by the reward, or of half the stake of 100,000 behind 10,000 units."""
        market.participants.resize(10_000, sender=market.coprocessor_address)
        market.next_epoch()
        lock = max(10_000, share // 10)
        task = held(market, class_id=market.other_class(wrong_factor=factor, stake_share=share))
        books = Books(market)
        market.registry.overturn([task], 0, True, sender=market.court)
        assert books.changes()[market.coprocessor_account] == (lock - amount, -lock)

    def test_own_task(self, market: Market, finder: int) -> None:
        """The AVS is harmed, and has the penalty too."""
        task = held(market, own=True)
        books = Books(market)
        market.registry.overturn([task], finder, True, sender=market.court)
        assert books.changes() == {
            market.operator_account: (0, -10_500),
            market.avs_account: (4_500, 0),
            finder: (2_500, 0),
            BURN: (1_000, 0),
            POOL: (2_500, 0),
        }

    def test_reward_returns_to_the_mandate(self, market: Market) -> None:
        """The AVS has paid nothing."""
        before = market.registry.mandate_of(market.class_id, market.operator_account)
        task = held(market)
        market.registry.overturn([task], 0, True, sender=market.court)
        assert market.registry.mandate_of(market.class_id, market.operator_account) == before

    def test_outcome_and_events(self, market: Market, finder: int) -> None:
        """Forfeited, with the slash in full."""
        task = held(market)
        market.registry.overturn([task], finder, True, sender=market.court)
        closed, slashes = (events(market.registry, name) for name in ("TaskClosed", "Slashed"))
        assert closed == [(task, FORFEITED)]
        assert slashes == [(task, market.coprocessor_account, finder, 10_000)]
        assert terms(market.registry.task_words(task)[0]).outcome == FORFEITED
        check_skipped(market, judging(market, "overturn", task), task, NO_TASK)

    def test_records_suffer(self, market: Market) -> None:
        """Of the executor, a quarter as much of the operator, and once where they are one."""
        task, own = held(market), held(market, own=True, slot=1)
        market.registry.overturn([task], 0, True, sender=market.court)
        assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (196, 0)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (49, 0)
        market.registry.overturn([own], 0, True, sender=market.court)
        assert market.registry.fees_in(market.operator_account, market.epoch) == (49 + 196, 0)

    def test_load_was_free_already(self, market: Market) -> None:
        """It fell with the submission, and does not fall again."""
        task = held(market, difficulty=300)
        market.participants.change_load(market.coprocessor_account, 200, 0, sender=market.registry.address)
        market.registry.overturn([task], 0, True, sender=market.court)
        assert market.participants.load_of(market.coprocessor_account)[0] == 200

    @pytest.mark.parametrize("own", [False, True])
    def test_capacity_is_held_to_the_stake(self, market: Market, own: bool) -> None:
        """A capacity that needs all of the stake: the executor loses 10,000, and 500 more as operator."""
        who = market.operator_address if own else market.coprocessor_address
        number = market.operator_account if own else market.coprocessor_account
        market.participants.resize(10**8, sender=who)
        task = held(market, own=own)
        market.next_epoch()
        market.registry.overturn([task], 0, True, sender=market.court)
        assert market.participants.load_of(number)[1] == 10**8 - (1_050 if own else 1_000)

    def test_batch(self, market: Market, finder: int) -> None:
        """Two executors and one task that is not held."""
        first = held(market, slot=0)
        task = market.open(slot=1, reward=20_000)
        market.bid(task, market.rival)
        market.wait(17)
        market.submit(task, who=market.rival)
        market.registry.hold([task], True, sender=market.court)
        third = submitted(market, slot=2)
        books = Books(market)
        market.registry.overturn([first, third, task], finder, False, sender=market.court)
        assert events(market.registry, "Skipped") == [(third, STATE)]
        assert books.changes() == {
            market.coprocessor_account: (0, -10_000),
            market.rival_account: (0, -20_000),
            market.operator_account: (12_000, -1_500),
            market.avs_account: (1_500, 0),
            finder: (7_500, 0),
            BURN: (3_000, 0),
            POOL: (7_500, 0),
        }
