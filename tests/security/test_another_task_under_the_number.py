"""After a reorganisation, or when an opening is replaced, the number somebody bids for is another task.

A task's number says whose it is and where, not what it is. So a bid and a take-over say that too: class, difficulty and
reward. What is left can change by seconds and steps, and the bidder's own limits bound it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boa
import pytest

from ballast.model.constants import PPM
from tests.support.books import Books, check_skipped
from tests.support.contract_words import PRICE, STATE, TASK_TERMS, WON, progress
from tests.support.protocol import Market

Order = tuple[int, int, int, int, int, int]
SEEN: dict[str, Any] = {"difficulty": 100, "reward": 10**5}


@pytest.fixture
def trap(market: Market) -> int:
    """Give a class that takes four rewards of whoever is not done within a second."""
    return market.other_class(collateral=4_000_000, slash_factor=PPM, submit_seconds=1)


def bidding(market: Market, order: Order) -> Callable[[bool], Any]:
    """Make a call that bids."""
    return lambda strict: market.registry.bid([order], strict, sender=market.coprocessor_address)


def taking_over(market: Market, order: Order) -> Callable[[bool], Any]:
    """Make a call that takes over."""
    return lambda strict: market.registry.take_over([order], strict, sender=market.rival)


def seen_open(market: Market) -> Order:
    """Make the bid for a task of a block that goes."""
    with boa.env.anchor():
        return market.order(market.open(**SEEN), min_price=900_000)


def seen_late(market: Market, **limits: int) -> Order:
    """Make the order for a late task of a block that goes."""
    with boa.env.anchor():
        task = market.late(**SEEN)
        market.registry.slash([task], 0, True)
        return market.order(task, **limits)


def test_what_the_number_alone_would_lead_into(market: Market, trap: int) -> None:
    """The attack, by one who bids for whatever stands under the number: all of four rewards is lost for one."""
    seen, *_ = seen_open(market)
    assert market.open(**SEEN, class_id=trap) == seen
    books = Books(market)
    market.bid(seen, min_price=900_000)
    market.wait(17 + 2)
    market.registry.slash([seen], market.avs_account, True)
    assert books.changes()[market.coprocessor_account] == (-4 * 10**5, 0)


def test_a_bid_does_not_land_on_another_class(market: Market, trap: int) -> None:
    order = seen_open(market)
    assert market.open(**SEEN, class_id=trap) == order[0]
    check_skipped(market, bidding(market, order), order[0], TASK_TERMS)


@pytest.mark.parametrize("change", [{"reward": 10**6}, {"reward": 10**5 - 1}, {"difficulty": 101}, {"difficulty": 99}])
def test_a_bid_does_not_land_on_other_work_or_pay_of_the_class(market: Market, change: dict[str, int]) -> None:
    """More reward is more collateral at stake, less is less pay for the same work; both differ from what was seen."""
    order = seen_open(market)
    assert market.open(**{**SEEN, **change}) == order[0]
    check_skipped(market, bidding(market, order), order[0], TASK_TERMS)


def test_a_bid_survives_a_reorganisation_that_changes_nothing_but_time(market: Market) -> None:
    """The same task was opened three seconds later: the bid is as good as before."""
    order = seen_open(market)
    market.wait(3)
    assert market.open(**SEEN) == order[0]
    bidding(market, order)(True)
    assert progress(market.registry.task_words(order[0])[1]).executor == market.coprocessor_account


def test_other_terms_are_told_before_anything_else_of_the_task(market: Market) -> None:
    """Of a task that is both another and over, that it is another."""
    order = seen_open(market)
    market.open(difficulty=99, reward=10**5)
    market.wait(1_000)
    check_skipped(market, bidding(market, order), order[0], TASK_TERMS)


def test_a_take_over_does_not_land_on_another_class(market: Market, trap: int) -> None:
    order = seen_late(market)
    assert market.award(**SEEN, class_id=trap) == order[0]
    market.wait(2)
    market.registry.slash([order[0]], 0, True)
    check_skipped(market, taking_over(market, order), order[0], TASK_TERMS)


@pytest.mark.parametrize("change", [{"reward": 10**6}, {"reward": 10**5 - 1}, {"difficulty": 101}, {"difficulty": 99}])
def test_a_take_over_does_not_land_on_other_work_or_pay(market: Market, change: dict[str, int]) -> None:
    order = seen_late(market)
    assert market.late(**{**SEEN, **change}) == order[0]
    check_skipped(market, taking_over(market, order), order[0], TASK_TERMS)
    market.registry.slash([order[0]], 0, True)
    check_skipped(market, taking_over(market, order), order[0], TASK_TERMS)


@pytest.mark.parametrize("step", [0, 3])
def test_a_take_over_is_not_paid_less_than_it_asks(market: Market, step: int) -> None:
    """A rescuer is paid the cap of the class that its order names, whatever the price at which the task was won."""
    task = market.open(reward=10**6)
    market.wait(2 * step)
    market.bid(task)
    market.wait(17 + 601)
    market.registry.slash([task], 0, True)
    order = market.order(task, min_price=980_001)
    check_skipped(market, taking_over(market, order), task, PRICE)
    taking_over(market, market.order(task, min_price=980_000))(True)
    assert progress(market.registry.task_words(task)[1]).status == WON


def test_a_take_over_of_an_own_task_asks_for_the_best_price(market: Market) -> None:
    """The operator's own task is paid at the cap too."""
    task = market.open(reward=10**6, own=True)
    market.wait(601)
    market.registry.slash([task], 0, True)
    check_skipped(market, taking_over(market, market.order(task, min_price=980_001)), task, PRICE)
    taking_over(market, market.order(task, min_price=980_000))(True)


@pytest.mark.parametrize("reward", [10**5, 10**6])
def test_a_take_over_may_ask_for_all_of_the_reward(market: Market, reward: int) -> None:
    """Where the class pays all of it. A ppm more is out of reach, also where that is less than a unit."""
    task = market.late(reward=reward, class_id=market.other_class(cap=PPM))
    market.registry.slash([task], 0, True)
    check_skipped(market, taking_over(market, market.order(task, min_price=PPM + 1)), task, PRICE)
    taking_over(market, market.order(task, min_price=PPM))(True)
    assert progress(market.registry.task_words(task)[1]).status == WON


def test_absurd_limits_of_one_item_do_not_stop_a_batch(market: Market) -> None:
    """The smallest price of another item may be any number."""
    tasks = [market.open(slot=slot, **SEEN) for slot in range(2)]
    orders = [market.order(tasks[0], min_price=2**256 - 1), market.order(tasks[1])]
    market.registry.bid(orders, False, sender=market.coprocessor_address)
    market.wait(17 + 601)
    market.registry.slash([tasks[1]], 0, True)
    check_skipped(market, taking_over(market, market.order(tasks[1], min_price=2**256 - 1)), tasks[1], PRICE)
    check_skipped(market, bidding(market, market.order(tasks[1])), tasks[1], STATE)
