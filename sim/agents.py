"""Who takes part, and how they decide: agents read the market and propose; the runner carries out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from offchain.model import class_packing, dutch_auction
from offchain.model.constants import BPS, PPM
from sim.market import Market, Task, tie_hash
from sim.workload import Workload

Integers = npt.NDArray[np.int64]
Fractions = npt.NDArray[np.float64]

TARGET_UTILISATION = 0.75
OWN_SHARE = 0.7
"""Operators' capacity, as a multiple of their mean light demand, is its reciprocal."""
RESCUE_PREMIUM = 200_000
"""What a rescuer asks above its cost, ppm of the reward."""
WATCHING = 3
"""Coprocessors that look for late tasks at a time."""
FUNDS_PER_DEMAND = 40
"""Free funds of a participant, as a multiple of the rewards it can have in flight at full load."""


@dataclass(frozen=True)
class Population:
    """Traits of the participants, drawn once from the seed.

    Attributes
    ----------
    operator_capacity, coprocessor_capacity : array of shape (n,)
        Resource units.
    operator_funds, coprocessor_funds : array of shape (n,)
        Deposits, token units.
    cost : array of shape (coprocessors,)
        Cost of a coprocessor's work, ppm of the reward.
    patience : array of shape (coprocessors,)
        Largest load it accepts, basis points.
    punctuality, quality : array of shape (operators + coprocessors,)
        Probability that a result comes in time, and that it is right. Operators first.
    """

    operator_capacity: Integers
    coprocessor_capacity: Integers
    operator_funds: Integers
    coprocessor_funds: Integers
    cost: Integers
    patience: Integers
    punctuality: Fractions
    quality: Fractions


def populate(
    workload: Workload, operators: int, coprocessors: int, periods: int, rng: np.random.Generator
) -> Population:
    """Draw a population that fits a workload.

    Capacities are lognormal around what the mean demand asks for; the largest tenth of the coprocessors can take the
    largest task.
    """
    heavy = int(workload.difficulty[workload.heavy].sum()) / periods
    light = int(workload.difficulty[~workload.heavy].sum()) / periods
    largest = int(workload.difficulty.max())
    rate = float(workload.reward.max() / max(workload.difficulty[workload.reward.argmax()], 1))

    def around(mean: float, n: int) -> Integers:
        drawn = np.maximum(np.rint(mean * rng.lognormal(-0.045, 0.3, n)), 1)
        return np.asarray(drawn, dtype=np.int64)

    operator_capacity = around(max(light / OWN_SHARE / operators, 1.0), operators)
    coprocessor_capacity = around(max(heavy / TARGET_UTILISATION / coprocessors, 1.0), coprocessors)
    strongest = np.argsort(coprocessor_capacity)[-max(1, coprocessors // 10) :]
    coprocessor_capacity[strongest] = np.maximum(coprocessor_capacity[strongest], largest + largest // 4)
    busiest = int(np.bincount(workload.period * operators + workload.operator, workload.reward).max())
    funds = 10_000 + np.rint(FUNDS_PER_DEMAND * rate * coprocessor_capacity).astype(np.int64)
    own_funds = 10_000 + np.rint(FUNDS_PER_DEMAND * rate * operator_capacity).astype(np.int64) + 2 * busiest
    return Population(
        operator_capacity=operator_capacity,
        coprocessor_capacity=coprocessor_capacity,
        operator_funds=own_funds,
        coprocessor_funds=funds,
        cost=np.rint(rng.uniform(400_000, 800_000, coprocessors)).astype(np.int64),
        patience=np.rint(rng.uniform(7_000, 10_000, coprocessors)).astype(np.int64),
        punctuality=rng.beta(60, 1, operators + coprocessors),
        quality=rng.beta(80, 2, operators + coprocessors),
    )


@cache
def _prices(start: int, floor: int, steps: int) -> Integers:
    """Price of each step of a clock, ppm."""
    return np.array([dutch_auction.price_at(start, floor, steps, k) for k in range(steps)], dtype=np.int64)


@dataclass
class Bidders:
    """All coprocessors as the auction sees them, in arrays over the coprocessors.

    ``best`` finds the bid that wins a task if everybody bids: the earliest step, then the best score, then the smaller
    hash. The arrays follow the market as bids are taken; ``refresh`` reads them anew.
    """

    market: Market
    accounts: Integers
    cost: Integers
    patience: Integers

    def refresh(self) -> None:
        """Read loads, capacities, funds and reputations from the market."""
        market = self.market
        loads = np.array([market.load_of(a) for a in self.accounts.tolist()], dtype=np.int64)
        self.load, self.capacity, self.room = loads.T.copy()
        self.free = np.array([market.free[a] for a in self.accounts.tolist()], dtype=np.int64)
        self.rho = np.array([market.reputation(a) for a in self.accounts.tolist()], dtype=np.int64)
        # Working costs more when busy: a tenth of the cost at full load.
        self._by_load = self.cost // 10

    def best(self, task: Task) -> tuple[int, int, int, int] | None:
        """Winning bid for a task at the present moment, of all that come in now.

        Returns
        -------
        tuple of int, or None
            Position of the bidder, step, load x in basis points, score; None if nobody can or wants to bid.
        """
        c = self.market.classes[task.class_id]
        start, floor = self.market.clock_prices(task)
        load = self.load + task.difficulty
        x = -(-load * BPS // np.maximum(self.capacity, 1))
        able = (load <= self.room) & (x <= self.patience) & (self.rho >= c.min_reputation)
        able &= self.free >= class_packing.collateral(c, task.reward)
        if not able.any():
            return None
        asked = self.cost + self._by_load * x // BPS
        prices = _prices(start, floor, c.steps)
        now = (self.market.now - task.opened) // c.step_seconds
        if start >= floor:
            lost = c.handicap * x * (PPM // BPS) + c.reputation_handicap * (PPM - self.rho)
            step = np.maximum((c.steps - 1) * lost // PPM**2, now)
            able &= step < c.steps
            able &= prices[np.minimum(step, c.steps - 1)] >= asked
        else:
            step = np.maximum(np.searchsorted(prices, asked, side="left"), now)
            able &= step < c.steps
        candidates = np.flatnonzero(able)
        if candidates.size == 0:
            return None
        candidates = candidates[step[candidates] == step[candidates].min()]
        score = (BPS - x[candidates]) * self.rho[candidates]
        leaders = candidates[score == score.max()]
        winner = int(leaders[0])
        if leaders.size > 1:
            winner = min(leaders.tolist(), key=lambda i: tie_hash(task.number, int(self.accounts[i])))
        return winner, int(step[winner]), int(x[winner]), int(score.max())

    def asked(self, position: int, x: int) -> int:
        """Smallest price a coprocessor accepts at a load, ppm of the reward."""
        return int(self.cost[position] + self._by_load[position] * x // BPS)

    def take(self, position: int, task: Task) -> None:
        """Book a task with its winner."""
        self.load[position] += task.difficulty
        self.free[position] -= class_packing.collateral(self.market.classes[task.class_id], task.reward)

    def rescuer(self, task: Task, watching: Integers) -> int | None:
        """Find who takes a late task over.

        That is the least loaded, among those watching, that fits and is paid its cost and a premium for the hurry.

        Parameters
        ----------
        task : Task
            A late task.
        watching : array
            Positions of the coprocessors that look for late tasks at the moment.

        Returns
        -------
        int or None
            Position of the rescuer.
        """
        c = self.market.classes[task.class_id]
        load = self.load + task.difficulty
        x = -(-load * BPS // np.maximum(self.capacity, 1))
        able = (load <= self.room) & (x <= self.patience) & (self.rho >= c.min_reputation)
        able &= self.free >= class_packing.collateral(c, task.reward)
        able &= task.price * PPM // task.reward >= self.cost + RESCUE_PREMIUM
        able &= self.accounts != task.executor
        candidates = watching[able[watching]]
        if candidates.size == 0:
            return None
        return int(candidates[np.argmin(x[candidates])])
