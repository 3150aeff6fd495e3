"""What the contracts have to be sent so that they do what the compiled market did, phase by phase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from ballast.model import page_packing
from ballast.model.constants import PAGE
from ballast.model.page_packing import GROUP
from ballast.sim.engines.contracts import (
    BID_WORDS,
    ORDER_WORDS,
    RESULT_WORDS,
    WORD,
    Calls,
    chunks,
    results_of,
    rows_of,
)
from ballast.sim.engines.engine import Business, Member
from ballast.sim.market.records import Integers, Market, Records
from ballast.sim.market.storage_words import integers, storage_words
from ballast.sim.moments import Moments
from ballast.sim.period.pool import (
    BID,
    BID_LATER,
    EXPIRE,
    FAIL,
    KINDS,
    OPEN,
    OPEN_OWN,
    OVERTURN,
    REOPEN,
    SELF_EXECUTE,
    SETTLE,
    SLASH,
    SUBMIT,
    TAKE_OVER,
)

PAGES_A_POST: Final = 128
MEANT: Final = ("number", "class_id", "difficulty", "reward")
"""What a bid is for."""
ANY_PRICE: Final = 1
"""Ppm of the reward: a rescuer has looked at the price before."""
ORDER: Final = ("slot", "difficulty", "reward")
"""What a task is opened with."""


def groups(events: Records, *keys: str) -> Iterator[tuple[list[int], slice]]:
    """Give the values of some fields, and the part of the events that has them; these are sorted by the fields."""
    if len(events) == 0:
        return
    columns = [events[name] for name in keys]
    changes = np.flatnonzero(np.any([column[1:] != column[:-1] for column in columns], axis=0)) + 1
    borders = [0, *changes.tolist(), len(events)]
    for first, last in pairwise(borders):
        yield [int(column[first]) for column in columns], slice(first, last)


def sorted_by(events: Records, *keys: str) -> Records:
    """Events sorted by some fields, the first before the others; equal ones stay in their order."""
    found: Records = events[np.lexsort([events[name] for name in reversed(keys)])]
    return found


def rows_in(rows: bytes, words: int, part: slice) -> bytes:
    """Part of some rows of words each."""
    return rows[part.start * words * WORD : part.stop * words * WORD]


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
        calls.claim(keeper, part)
    values = logits.tolist()
    pages = [page_packing.pack(values[first : first + PAGE], 0, 0) for first in range(0, len(values), PAGE)]
    for first, part in posts(pages):
        calls.post(keeper, epoch - 1, first, part)
    calls.collect(keeper)


def send_wave(calls: Calls, keeper: int, start: int, moments: Moments, events: Records) -> None:
    """Everything that happened in a wave that began at a timestamp, a block for its turn and each time of bids."""
    by_kind = [events[events["kind"] == kind] for kind in range(KINDS)]
    calls.barrier()  # after what the epoch began with
    send_turn(calls, keeper, by_kind)
    calls.mine(start + moments.turn)
    send_bids(calls, by_kind[SUBMIT][by_kind[SUBMIT]["account"] != by_kind[SUBMIT]["operator"]], by_kind[BID])
    calls.mine(start + moments.bid)
    send_bids(calls, by_kind[SUBMIT][:0], by_kind[BID_LATER])
    calls.mine(start + moments.bid_later)


def send_turn(calls: Calls, keeper: int, by_kind: Sequence[Records]) -> None:
    """Send what the court finds, what the keeper and rescuers do, and then operators."""
    for part in chunks(by_kind[OVERTURN]["number"].tolist()):
        calls.hold(part)
        calls.overturn(part, keeper)
    calls.barrier()
    for part in chunks(by_kind[SLASH]["number"].tolist()):
        calls.slash(keeper, part)
    calls.barrier()
    for event in by_kind[TAKE_OVER]:
        meant = [int(event[name]) for name in MEANT]
        calls.take_over(int(event["account"]), (*meant, ANY_PRICE, int(event["load"])))
    calls.barrier()
    for part in chunks(by_kind[FAIL]["number"].tolist()):
        calls.fail(keeper, part)
    settled = by_kind[SETTLE]  # "load" is the executor: neighbours share words
    order = np.lexsort((settled["load"], settled["operator"], settled["class_id"]))
    calls.settle(keeper, settled["number"][order].tolist())
    calls.barrier()
    send_operators(calls, by_kind)


def send_operators(calls: Calls, by_kind: Sequence[Records]) -> None:
    """Send what operators do: they submit, end, execute or reopen what nobody bid for, and open tasks."""
    steps: dict[int, list[bytes]] = {}
    done = by_kind[SUBMIT][by_kind[SUBMIT]["account"] == by_kind[SUBMIT]["operator"]]
    submit(calls, done, steps)
    ended = sorted_by(by_kind[EXPIRE], "account")
    rows = rows_of(ended["number"])
    for (operator,), part in groups(ended, "account"):
        steps.setdefault(operator, []).extend(calls.expire(rows_in(rows, 1, part)))
    for kind, call in ((SELF_EXECUTE, calls.self_execute), (REOPEN, calls.reopen)):
        for operator, number in by_kind[kind][["account", "number"]].tolist():
            steps.setdefault(operator, []).append(call(number))
    opened = np.sort(np.concatenate((by_kind[OPEN], by_kind[OPEN_OWN])), order="place", kind="stable")
    opened = sorted_by(opened, "account", "class_id")
    anybody = np.zeros(len(opened), dtype=np.int64)
    rows = rows_of(*(opened[name] for name in ORDER), opened["kind"] == OPEN_OWN, anybody)
    for (operator, class_id), part in groups(opened, "account", "class_id"):
        steps.setdefault(operator, []).extend(calls.open(class_id, rows_in(rows, ORDER_WORDS, part)))
    for operator, each in steps.items():
        calls.together(operator, each)


def send_bids(calls: Calls, done: Records, bids: Records) -> None:
    """Send what coprocessors do: they submit results, and bid."""
    steps: dict[int, list[bytes]] = {}
    submit(calls, done, steps)
    placed = sorted_by(bids, "account")
    rows = rows_of(*(placed[name] for name in (*MEANT, "price", "load")))
    for (bidder,), part in groups(placed, "account"):
        steps.setdefault(bidder, []).extend(calls.bid(rows_in(rows, BID_WORDS, part)))
    for account, each in steps.items():
        calls.together(account, each)


def submit(calls: Calls, done: Records, steps: dict[int, list[bytes]]) -> None:
    """Add the results of tasks to the steps of their executors."""
    submitted = sorted_by(done, "account")
    rows = results_of(submitted["number"])
    for (executor,), part in groups(submitted, "account"):
        steps.setdefault(executor, []).extend(calls.submit(rows_in(rows, RESULT_WORDS, part)))


class ContractEngine(Calls):
    """Carries a run out on contracts, by the calls it takes; a subclass executes them."""

    follows = True

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

    def carry_out(self, keeper: int, start: int, moments: Moments, events: Records, /) -> None:
        """Send what happened in a wave."""
        send_wave(self, keeper, start, moments, events)

    def compare(self, market: Market, epoch: int, posted: int, period: int, /) -> None:
        """Compare all words of all accounts, later but before anything that follows.

        Raises
        ------
        DivergenceError
            Naming the first account and field that differ, and both values.
        """
        words = storage_words(market, epoch, posted)
        self.expect({name: integers(column) for name, column in words.items()}, epoch, period)
