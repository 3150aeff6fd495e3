"""What an engine has to send so that the contracts do what the compiled market did: read from the tasks of a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ballast.model import page_packing, task_packing
from ballast.model.constants import MAX_BATCH, PAGE
from ballast.model.page_packing import GROUP
from ballast.sim.engines.engine import Bid, Engine
from ballast.sim.market.records import Integers, Records
from ballast.sim.period.world import (
    BID,
    BID_AGAIN,
    BID_LATER,
    ENFORCE,
    OPEN,
    REOPEN,
    SELF,
    SETTLE,
    SUBMIT,
    SUBMIT_RESCUED,
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


def batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Pieces that fit into one batch call."""
    return (rows[i : i + MAX_BATCH] for i in range(0, len(rows), MAX_BATCH))


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


def send_epoch(engine: Engine, keeper: int, epoch: int, claimants: Integers, logits: Integers) -> None:
    """Claims, posts and the keeper's pay at the beginning of an epoch."""
    for part in batches(claimants.tolist()):
        engine.claim(keeper, epoch - 1, part)
    values = logits.tolist()
    pages = [page_packing.pack(values[first : first + PAGE], 0, 0) for first in range(0, len(values), PAGE)]
    for first, part in posts(pages):
        engine.post(keeper, epoch - 1, first, part)
    engine.collect(keeper)


def send_tasks(engine: Engine, keeper: int, start: int, tasks: Records) -> None:
    """Everything that happened to the tasks of a period that began at a timestamp, phase by phase."""
    tasks = tasks[tasks["number"] > 0]
    send_open(engine, tasks)
    engine.mine(start + OPEN)
    send_bids(engine, tasks, 0)
    engine.mine(start + BID)
    send_bids(engine, tasks, 1)
    engine.mine(start + BID_LATER)
    send_second_chance(engine, tasks)
    engine.mine(start + REOPEN)
    send_bids(engine, tasks, 2)
    engine.mine(start + BID_AGAIN)
    send_results(engine, tasks)
    engine.mine(start + SUBMIT)
    send_enforcement(engine, keeper, tasks)
    engine.mine(start + ENFORCE)
    send_rescued_results(engine, tasks)
    engine.mine(start + SUBMIT_RESCUED)
    send_conclusion(engine, keeper, tasks)
    engine.mine(start + SETTLE)


def columns(tasks: Records, *names: str) -> Iterator[Row]:
    """Fields of tasks, one tuple a task."""
    return zip(*(tasks[name].tolist() for name in names), strict=True)


def send_open(engine: Engine, tasks: Records) -> None:
    """Operators open their tasks, some as their own."""
    for (operator, class_id), orders in grouped(
        columns(tasks, "operator", "class_id", "slot", "difficulty", "reward", "wave", "second_chance"), 2
    ).items():
        engine.open(
            operator,
            class_id,
            [(slot, difficulty, reward, wave < 0 and then == 0) for slot, difficulty, reward, wave, then in orders],
        )


def send_bids(engine: Engine, tasks: Records, wave: int) -> None:
    """Winning bids of a wave; of a task rescued since, its first executor's."""
    part = tasks[tasks["wave"] == wave]
    bids: dict[int, list[Bid]] = {}
    for rescued, culprit, executor, *bid in columns(part, "rescued", "culprit", "executor", *MEANT, "asked", "ceiling"):
        bids.setdefault(culprit if rescued else executor, []).append(tuple(bid))
    for bidder, placed in bids.items():
        engine.bid(bidder, placed)


def send_second_chance(engine: Engine, tasks: Records) -> None:
    """Own executions and reopenings after an auction without a bid."""
    part = tasks[tasks["second_chance"] > 0]
    for operator, number, what in columns(part, "operator", "number", "second_chance"):
        if what == SELF:
            engine.self_execute(operator, number)
        else:
            engine.reopen(operator, number)


def send_results(engine: Engine, tasks: Records) -> None:
    """Results that come in time."""
    part = tasks[(tasks["executor"] > 0) & (tasks["late"] == 0)]
    for (executor,), numbers in grouped(columns(part, "executor", "number"), 1).items():
        engine.submit(executor, [(number, result_of(number)) for (number,) in numbers])


def send_enforcement(engine: Engine, keeper: int, tasks: Records) -> None:
    """Expiries, overturned results, slashes and rescues."""
    numbers = tasks["number"]
    expired = numbers[tasks["outcome"] == task_packing.EXPIRED].tolist()
    if expired:
        engine.expire(keeper, expired)
    for part in batches(numbers[tasks["wrong"] == 1].tolist()):
        engine.hold(part)
        engine.overturn(part, keeper)
    for part in batches(numbers[tasks["late"] == 1].tolist()):
        engine.slash(keeper, part)
    engine.barrier()
    for rescuer, *meant, limit in columns(tasks[tasks["rescued"] == 1], "executor", *MEANT, "limit"):
        engine.take_over(rescuer, (*meant, ANY_PRICE, limit))


def send_rescued_results(engine: Engine, tasks: Records) -> None:
    """Results of rescuers."""
    for executor, number in columns(tasks[tasks["rescued"] == 1], "executor", "number"):
        engine.submit(executor, [(number, result_of(number))])


def send_conclusion(engine: Engine, keeper: int, tasks: Records) -> None:
    """Failures and settlements; these in an order that lets neighbours share words."""
    for part in batches(tasks["number"][tasks["outcome"] == task_packing.FAILED].tolist()):
        engine.fail(keeper, part)
    settled = tasks[tasks["outcome"] == task_packing.SETTLED]
    order = np.lexsort((settled["executor"], settled["operator"], settled["class_id"]))
    engine.settle(keeper, settled["number"][order].tolist())
