"""Tasks of a wave and a class as a rule sees them that clears them together, and what such rules have in common."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ballast.model.constants import PPM
from ballast.sim.bidders import Bidders, Fractions, scan_fixed
from ballast.sim.compiled import compiled
from ballast.sim.market.records import Integers, Records

REVEALED: Final = 1
"""Step in which sealed bids are opened: they are committed to in the one before."""


class Batch(NamedTuple):
    """Tasks that are auctioned together, and what becomes of them.

    Attributes
    ----------
    tasks : array of records
        The tasks, in the order in which they would be auctioned one by one, which was drawn.
    needed : array of int
        The collateral of each, token units.
    draws : array
        A uniform random number of each.
    most : array of shape (2, bidders)
        Largest load at which a bidder bids, for tasks in their first auction and in their last call.
    kept : array of shape (KEPT,)
        What the rule remembers of the class from batch to batch; all 0 at first.
    epoch : int
        The epoch.
    key : array
        What each bidder asks for the task looked at, ppm of the reward, as `ask_all` writes it.
    winner : array of int
        Written by the rule: the winner's position, or -1.
    price, step : array of int
        Written by the rule: what the winner is paid, ppm of the reward, and the step of the clock that takes.
    paid : array
        Written by the rule: what each bidder pays whether it wins or not, token units; burned.
    """

    tasks: Records
    needed: Integers
    draws: Fractions
    most: Fractions
    kept: Fractions
    epoch: int
    key: Fractions
    winner: Integers
    price: Integers
    step: Integers
    paid: Fractions


@compiled
def ask_all(bidders: Bidders, batch: Batch, lot: int, task_class: Any) -> int:
    """Write what each bidder asks for a task, with what it has been given of the batch; position of the smallest."""
    task, key = batch.tasks[lot], batch.key
    scan_fixed(bidders, batch.most[task.rising], key, 0, task, task_class, batch.needed[lot])
    least = 0
    for i in range(1, len(key)):
        if key[i] < key[least]:
            least = i
    return least


@compiled
def give(bidders: Bidders, batch: Batch, lot: int, place: int) -> None:
    """Give a task to a bidder, for the time being."""
    bidders.load[place] += batch.tasks[lot].difficulty
    bidders.free[place] -= batch.needed[lot]
    batch.winner[lot] = place


@compiled
def take_back(bidders: Bidders, batch: Batch, lot: int) -> None:
    """Take a task back that was given to a bidder."""
    place = batch.winner[lot]
    bidders.load[place] -= batch.tasks[lot].difficulty
    bidders.free[place] += batch.needed[lot]
    batch.winner[lot] = -1


@compiled
def mean_rate(batch: Batch) -> float:
    """Reward of a resource unit, mean of a batch, token units."""
    rewards = units = 0
    for task in batch.tasks:
        rewards += task.reward
        units += task.difficulty
    return rewards / units


@compiled
def in_ppm(batch: Batch, lot: int, unit_price: float, rate: float) -> int:
    """Price of a task, ppm of its reward, from one for each resource unit, ppm of the mean rate."""
    task = batch.tasks[lot]
    return int(unit_price * rate * task.difficulty / task.reward)


@compiled
def worth_of_unit(batch: Batch, lot: int, task_class: Any, rate: float) -> float:
    """Most that the class pays for a resource unit of a task, ppm of the mean rate: the buyer's bid."""
    task = batch.tasks[lot]
    return float(task_class.cap * task.reward / (task.difficulty * rate))


@compiled
def in_tokens(batch: Batch, lot: int, ppm: float) -> float:
    """Share of a task's reward, token units."""
    return float(batch.tasks[lot].reward * ppm / PPM)
