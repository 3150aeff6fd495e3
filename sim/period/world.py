"""What a period is played on: its settings, the world, and what is counted and kept of it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ballast.sim.bidders import Bidders, Fractions
from ballast.sim.market.records import Integers, Market, Records
from ballast.sim.moments import Moments
from ballast.sim.period.pool import Pool

RESCUE_PREMIUM: Final = 200_000
"""What a rescuer asks above what it would ask in an auction, ppm of the reward."""
WATCHING: Final = 3
"""Coprocessors that look at a late task."""
SELF, AGAIN = 1, 2
"""What became of a task nobody bid for: own execution, or a second auction."""

TALLY: Final = np.dtype(
    [
        *((name, np.int64) for name in ("opened", "unplaced", "self_executed", "auctioned", "unsold", "settled")),
        *((name, np.int64) for name in ("failed", "forfeited", "late", "rescued", "shirked", "queued", "live")),
        *(
            (name, np.int64)
            for name in ("sold_early", "sold_later", "sold_again", "heavy", "heavy_delegated", "faults")
        ),
        *((name, np.int64) for name in ("idle_expired", "above_kink", "by_choice")),
        *((name, np.int64) for name in ("settled_reward", "settled_price", "auctioned_reward", "auctioned_price")),
        *((name, np.int64) for name in ("ended_reward", "slashed", "penalties")),
        *((name, np.float64) for name in ("cost", "load_jain", "load_p95", "load_mean", "load_above", "load_from_b")),
        *((name, np.float64) for name in ("capacity_used", "operators_capacity_used", "operators_load_mean")),
        *((name, np.int64) for name in ("operators_expected", "operators_realised")),
        ("winners_gap", np.float64),
        *((name, np.int64) for name in ("steps", "surplus")),
        *((name, np.float64) for name in ("trust", "expected_price", "start_price")),
        *((name, np.int64) for name in ("operators_active", "coprocessors_active", "slashed_auctioned")),
        *((name, np.int64) for name in ("operators_earned", "coprocessors_earned")),
        *((name, np.float64) for name in ("operators_reputation", "coprocessors_reputation")),
    ],
    align=True,
)
"""What happened in a period.

Counts of tasks, sums in token units, loads of coprocessors in basis points, as means over the waves. ``queued`` counts
tasks that wait for a free slot when the period ends, ``live`` those that are under way then. Of the tasks that ended in
the period ``late`` counts those whose first executor was late, ``faults`` those whose first executor was late or wrong,
and ``heavy`` the heavy ones; ``ended_reward`` sums their rewards, and those of tasks that found no operator.
``operators_expected`` and ``operators_realised`` sum the benefits of their operators, as
``ballast.sim.period.behaviour.FORTUNE`` says. ``capacity_used`` is the load of all as a share of their capacity,
``operators_capacity_used`` that of operators; ``operators_load_mean`` is the mean of the operators' own loads;
``by_choice`` counts tasks auctioned though the operator could have executed them; ``winners_gap`` sums, over auctions,
the winner's load before less the mean load, and ``steps`` the steps of the clock before the award; ``surplus`` is what
buyers pay more than sellers get, and what bidders pay for taking part, of rules that have such; ``idle_expired`` counts
tasks nobody took though somebody had room and funds; ``load_from_b`` is the mean distance from B;
``start_price`` is the mean start price of the operators' mandates for heavy tasks at the end of the period, ppm;
``operators_earned`` and ``coprocessors_earned`` are income less slashes, summed from the first period on."""


class Policy(NamedTuple):
    """Settings of a run that the phases need.

    Attributes
    ----------
    keeper : int
        Account that enforces, settles and is paid for it.
    first_coprocessor : int
        The operators' accounts end below it.
    rule : int
        Place in ``ballast.sim.scenario.ALLOCATIONS``.
    watch : int
        Coprocessors that see one auction.
    waiting : int
        1 if bidders loaded beyond their comfort wait for a later, lower price.
    deliberate : int
        1 if operators weigh own execution against delegation; 0 if they execute whatever they may.
    learning : int
        1 if participants learn from outcomes.
    break_even : int
        1 if coprocessors ask for what they expect to forfeit; 0 if they look at their costs and records alone.
    markup : float
        What they ask above that, a share of it, see `ballast.sim.period.behaviour.on_top`.
    overload : float
        Chance that a full load adds of being late, see `ballast.sim.period.beliefs.strain`.
    pace : float
        Seconds that a task of difficulty 1 takes on a machine of speed 1; others take the root of their difficulty as
        long.
    rescue_at_cap : int
        1 if rescuers are paid the highest price, 0 if the one that was agreed.
    traced : int
        1 if tasks wait until their operator has a free slot.
    moments : Moments
        When the phases are.
    """

    keeper: int
    first_coprocessor: int
    rule: int
    watch: int
    waiting: int
    deliberate: int
    learning: int
    break_even: int
    markup: float
    overload: float
    pace: float
    rescue_at_cap: int
    traced: int
    moments: Moments


class Arrivals(NamedTuple):
    """Tasks that come in a period, in the order in which they are opened.

    Attributes
    ----------
    operator, class_id, difficulty, reward : array of int
        Its operator's account, or -1 for nobody; and its terms.
    status : array of int
        What became of it, as in `ballast.sim.period.placing`.
    draws : array of shape (tasks, DRAWS)
        Uniform random numbers.
    borders : array of shape (waves + 1,)
        Place of each wave's first task.
    waits : array of shape (1,)
        First task that still waits for a free slot.
    """

    operator: Integers
    class_id: Integers
    difficulty: Integers
    reward: Integers
    status: Integers
    draws: Fractions
    borders: Integers
    waits: Integers


class PeriodRecord(NamedTuple):
    """Where a period leaves what is kept of it.

    Attributes
    ----------
    load, price, tasks : array
        By account: mean load (basis points), prices received (token units), tasks done.
    given, expected, realised : array
        By account of an operator, over its tasks that ended: rewards, and the benefit that it expected of them and that
        came of them, as in ``ballast.sim.period.behaviour.FORTUNE``; token units.
    edges : array of shape (operators, coprocessors)
        Settled tasks by who worked for whom, or of shape (0, 0).
    """

    load: Fractions
    price: Fractions
    tasks: Integers
    given: Integers
    expected: Integers
    realised: Integers
    edges: Integers


class World(NamedTuple):
    """Everything the phases work on.

    Attributes
    ----------
    market : Market
        The market.
    pool : Pool
        The tasks that live.
    traits, fortune : array of records
        By account, as in ``ballast.sim.period.behaviour``.
    operators : array of int
        Accounts of the operators, by row in the table of slots.
    rows : array of int
        Row of an account among operators or among coprocessors.
    bidders : Bidders
        Coprocessors online, as auctions see them.
    punctuality, quality : array
        By account: chance of a result in time (with effort), and of a right one.
    beliefs : array of records
        What everybody believes of coprocessors and auctions.
    """

    market: Market
    pool: Pool
    traits: Records
    fortune: Records
    operators: Integers
    rows: Integers
    bidders: Bidders
    punctuality: Fractions
    quality: Fractions
    beliefs: Records
