"""What the contracts have to be sent so that they do what the compiled market did, phase by phase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ballast.model import page_packing
from ballast.model.constants import PAGE
from ballast.model.page_packing import GROUP
from ballast.sim.engines.contracts import Calls, chunks
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


def columns(events: Records, *names: str) -> Iterator[Row]:
    """Fields of events, one tuple an event."""
    return zip(*(events[name].tolist() for name in names), strict=True)


def send_turn(calls: Calls, keeper: int, by_kind: Sequence[Records]) -> None:
    """Send what the court finds, what the keeper and rescuers do, and then operators."""
    for part in chunks(by_kind[OVERTURN]["number"].tolist()):
        calls.hold(part)
        calls.overturn(part, keeper)
    calls.barrier()
    for part in chunks(by_kind[SLASH]["number"].tolist()):
        calls.slash(keeper, part)
    calls.barrier()
    for rescuer, *meant, limit in columns(by_kind[TAKE_OVER], "account", *MEANT, "load"):
        calls.take_over(rescuer, (*meant, ANY_PRICE, limit))
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
    for (operator,), numbers in grouped(columns(done, "account", "number"), 1).items():
        steps.setdefault(operator, []).extend(calls.submit([(number, result_of(number)) for (number,) in numbers]))
    for (operator,), numbers in grouped(columns(by_kind[EXPIRE], "account", "number"), 1).items():
        steps.setdefault(operator, []).extend(calls.expire([number for (number,) in numbers]))
    for kind, call in ((SELF_EXECUTE, calls.self_execute), (REOPEN, calls.reopen)):
        for operator, number in columns(by_kind[kind], "account", "number"):
            steps.setdefault(operator, []).append(call(number))
    opened = np.sort(np.concatenate((by_kind[OPEN], by_kind[OPEN_OWN])), order="place", kind="stable")
    for (operator, class_id), orders in grouped(
        columns(opened, "account", "class_id", "slot", "difficulty", "reward", "kind"), 2
    ).items():
        listed = [(slot, difficulty, reward, kind == OPEN_OWN) for slot, difficulty, reward, kind in orders]
        steps.setdefault(operator, []).extend(calls.open(class_id, listed))
    for operator, each in steps.items():
        calls.together(operator, each)


def send_bids(calls: Calls, done: Records, bids: Records) -> None:
    """Send what coprocessors do: they submit results, and bid."""
    steps: dict[int, list[bytes]] = {}
    for (executor,), numbers in grouped(columns(done, "account", "number"), 1).items():
        steps[executor] = calls.submit([(number, result_of(number)) for (number,) in numbers])
    for (bidder,), placed in grouped(columns(bids, "account", *MEANT, "price", "load"), 1).items():
        steps.setdefault(bidder, []).extend(calls.bid(placed))
    for account, each in steps.items():
        calls.together(account, each)


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
