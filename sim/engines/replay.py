"""What the contracts have to be sent so that they do what the compiled market did, phase by phase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ballast.model import page_packing, task_packing
from ballast.model.constants import PAGE
from ballast.model.page_packing import GROUP
from ballast.sim.engines.contracts import Calls, chunks
from ballast.sim.engines.engine import BidNumbers, Business, Member
from ballast.sim.market.records import Integers, Market, Records
from ballast.sim.market.storage_words import integers, storage_words
from ballast.sim.moments import Moments
from ballast.sim.period.world import SELF

PAGES_A_POST: Final = 128
MEANT: Final = ("number", "class_id", "difficulty", "reward")
"""What a bid is for."""
ANY_PRICE: Final = 1
"""Ppm of the reward: a rescuer has looked at the price before."""
Row = tuple[Any, ...]


def grouped(rows: Iterator[Row], keys: int) -> dict[Row, list[Row]]:
    """Rows by their first fields, in the order in which these appear."""
    groups: dict[Row, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[:keys], []).append(row[keys:])
    return groups


def result_of(number: int) -> int:
    """Invent a result: a number that looks like a hash of the task."""
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC8341082276BF3A27251F86C6A11D0C18E95) % 2**256


def posts(pages: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """Pages in posts that neither exceed a call nor cross the border of a group: first page, words."""
    first = 0
    while first < len(pages):
        last = min(first + PAGES_A_POST, len(pages), (first // GROUP + 1) * GROUP)
        yield first, pages[first:last]
        first = last


def send_epoch(calls: Calls, keeper: int, epoch: int, claimants: Integers, logits: Integers) -> None:
    """Claims, posts and the keeper's pay at the beginning of an epoch."""
    for part in chunks(claimants.tolist()):
        calls.claim(keeper, epoch - 1, part)
    values = logits.tolist()
    pages = [page_packing.pack(values[first : first + PAGE], 0, 0) for first in range(0, len(values), PAGE)]
    for first, part in posts(pages):
        calls.post(keeper, epoch - 1, first, part)
    calls.collect(keeper)


def send_tasks(calls: Calls, keeper: int, start: int, moments: Moments, tasks: Records) -> None:
    """Everything that happened to the tasks of a period that began at a timestamp, phase by phase."""
    tasks = tasks[tasks["number"] > 0]
    send_open(calls, tasks)
    calls.mine(start + moments.open)
    send_bids(calls, tasks, 0)
    calls.mine(start + moments.bid)
    send_bids(calls, tasks, 1)
    calls.mine(start + moments.bid_later)
    send_second_chance(calls, tasks)
    calls.mine(start + moments.reopen)
    send_bids(calls, tasks, 2)
    calls.mine(start + moments.bid_again)
    send_results(calls, tasks)
    calls.mine(start + moments.submit)
    send_enforcement(calls, keeper, tasks, moments.for_all <= moments.enforce)
    calls.mine(start + moments.enforce)
    send_rescued_results(calls, tasks)
    calls.mine(start + moments.submit_rescued)
    send_conclusion(calls, keeper, tasks)
    calls.mine(start + moments.settle)


def columns(tasks: Records, *names: str) -> Iterator[Row]:
    """Fields of tasks, one tuple a task."""
    return zip(*(tasks[name].tolist() for name in names), strict=True)


def send_open(calls: Calls, tasks: Records) -> None:
    """Operators open their tasks, some as their own."""
    for (operator, class_id), orders in grouped(
        columns(tasks, "operator", "class_id", "slot", "difficulty", "reward", "wave", "second_chance"), 2
    ).items():
        calls.open(
            operator,
            class_id,
            [(slot, difficulty, reward, wave < 0 and then == 0) for slot, difficulty, reward, wave, then in orders],
        )


def send_bids(calls: Calls, tasks: Records, wave: int) -> None:
    """Winning bids of a wave; of a task rescued since, its first executor's."""
    part = tasks[tasks["wave"] == wave]
    bids: dict[int, list[BidNumbers]] = {}
    for rescued, culprit, executor, *bid in columns(part, "rescued", "culprit", "executor", *MEANT, "asked", "ceiling"):
        bids.setdefault(culprit if rescued else executor, []).append(tuple(bid))
    for bidder, placed in bids.items():
        calls.bid(bidder, placed)


def send_second_chance(calls: Calls, tasks: Records) -> None:
    """Own executions and reopenings after an auction without a bid."""
    part = tasks[tasks["second_chance"] > 0]
    for operator, number, what in columns(part, "operator", "number", "second_chance"):
        if what == SELF:
            calls.self_execute(operator, number)
        else:
            calls.reopen(operator, number)


def send_results(calls: Calls, tasks: Records) -> None:
    """Results that come in time."""
    part = tasks[(tasks["executor"] > 0) & (tasks["late"] == 0)]
    for (executor,), numbers in grouped(columns(part, "executor", "number"), 1).items():
        calls.submit(executor, [(number, result_of(number)) for (number,) in numbers])


def send_enforcement(calls: Calls, keeper: int, tasks: Records, for_all: bool) -> None:
    """Expiries, overturned results, slashes and rescues; unsold tasks not yet for all are ended by their operators."""
    numbers = tasks["number"]
    expired = tasks[tasks["outcome"] == task_packing.EXPIRED]
    if for_all and len(expired):
        calls.expire(keeper, expired["number"].tolist())
    elif len(expired):
        for (operator,), unsold in grouped(columns(expired, "operator", "number"), 1).items():
            calls.expire(operator, [number for (number,) in unsold])
    for part in chunks(numbers[tasks["wrong"] == 1].tolist()):
        calls.hold(part)
        calls.overturn(part, keeper)
    for part in chunks(numbers[tasks["late"] == 1].tolist()):
        calls.slash(keeper, part)
    calls.barrier()
    for rescuer, *meant, limit in columns(tasks[tasks["rescued"] == 1], "executor", *MEANT, "limit"):
        calls.take_over(rescuer, (*meant, ANY_PRICE, limit))


def send_rescued_results(calls: Calls, tasks: Records) -> None:
    """Results of rescuers."""
    for executor, number in columns(tasks[tasks["rescued"] == 1], "executor", "number"):
        calls.submit(executor, [(number, result_of(number))])


def send_conclusion(calls: Calls, keeper: int, tasks: Records) -> None:
    """Failures and settlements; these in an order that lets neighbours share words."""
    for part in chunks(tasks["number"][tasks["outcome"] == task_packing.FAILED].tolist()):
        calls.fail(keeper, part)
    settled = tasks[tasks["outcome"] == task_packing.SETTLED]
    order = np.lexsort((settled["executor"], settled["operator"], settled["class_id"]))
    calls.settle(keeper, settled["number"][order].tolist())


class ContractEngine(Calls):
    """Carries a run out on contracts, by the calls it takes; a subclass executes them."""

    def set_up(self, business: Business, /) -> None:
        """Open accounts in one block, and register everybody and everything in a second."""
        self.open_accounts(business.deposits)
        self.mine(business.opened)
        for member in business.members:
            self.register(*member)
        for offer in business.offers:
            self.add_class(offer.avs, offer.terms)
            for operator, amount in offer.mandates:
                self.fund_mandate(offer.avs, offer.number, operator, amount)
        self.bond(business.keeper, business.bond)
        self.mine(business.registered)

    def admit(self, first: int, deposits: Sequence[int], members: Sequence[Member], /) -> None:
        """Open accounts and register their owners, in the next block."""
        self.open_accounts(deposits, first)
        for member in members:
            self.register(*member)

    def dismiss(self, account: int, /) -> None:
        """End a participation in the next block."""
        self.leave(account)

    def begin_epoch(self, keeper: int, epoch: int, claimants: Integers, logits: Integers, /) -> None:
        """Claim, post and collect in the next block."""
        send_epoch(self, keeper, epoch, claimants, logits)

    def carry_out(self, keeper: int, start: int, moments: Moments, tasks: Records, /) -> None:
        """Send what happened to the tasks of a period, a block a phase."""
        send_tasks(self, keeper, start, moments, tasks)

    def compare(self, market: Market, epoch: int, posted: int, period: int, /) -> None:
        """Compare all words of all accounts, later but before anything that follows.

        Raises
        ------
        DivergenceError
            Naming the first account and field that differ, and both values.
        """
        words = storage_words(market, epoch, posted)
        self.expect({name: integers(column) for name, column in words.items()}, epoch, period)
