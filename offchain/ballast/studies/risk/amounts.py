"""What outcomes of a task come to, as shares of its reward: the one place where the risk model asks the protocol.

All amounts are those of `ballast.model`, of a reward large enough that rounding does not count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from ballast.model import class_packing, discounts, dutch_auction, load_curve, reputation_filter, slash_split
from ballast.model.class_packing import Auction
from ballast.model.constants import BPS, PPM
from ballast.model.fixed_point import sigmoid
from ballast.model.parameters import ClassParameters, NetworkParameters
from ballast.model.reputation_filter import FilterParameters
from ballast.sim.market.records import new_market
from ballast.sim.period.behaviour import record_at_stake

Floats = npt.NDArray[np.float64]
REWARD: Final = 10**12
"""Reward that shares are taken of, token units: a million times finer than ppm."""


RESTED: Final = 2_000
"""Epochs after which a reputation is at rest: each leaves at most beta of the distance, and 0.98**2000 is nothing."""


@lru_cache(maxsize=64)
def resting(p: FilterParameters, good: int, bonus: int) -> int:
    """Reputation, ppm, at which the filter rests.

    Parameters
    ----------
    p : FilterParameters
        The filter.
    good : int
        Share of good results, ppm.
    bonus : int
        f at the load as a share of max f, ppm; no more than F is ever loaded.
    """
    phi = p.newcomer
    for _ in range(RESTED):
        phi = reputation_filter.step(p, phi, PPM * p.n0, good * p.n0, bonus, 0)
    return sigmoid(phi)


@lru_cache(maxsize=8)
def amplifiers(curve: int) -> tuple[int, ...]:
    """Amplifiers m(x) of a packed curve at all loads, basis points from 0 to ``BPS``; ppm."""
    return tuple(load_curve.amplifier(curve, x) for x in range(BPS + 1))


@dataclass(frozen=True)
class Outcomes:
    """Amounts of one class on one network.

    Attributes
    ----------
    network : NetworkParameters
        For the load curve, the shares of a slash, the fee, and the stake behind a unit of capacity.
    terms : ClassParameters
        Terms of the class.
    backing : float
        Stake behind the executor's capacity, as a multiple of the reward: its part that is ``stake_share`` is locked,
        if that is more than the share of the reward.
    """

    network: NetworkParameters
    terms: ClassParameters
    backing: float = 0.0

    @cached_property
    def auction(self) -> Auction:
        """Terms that matter at every step of a task, with the network's fee."""
        return self.terms.auction(self.network.fee)

    @cached_property
    def _collateral(self) -> int:
        return class_packing.collateral(self.auction, REWARD, round(self.backing * REWARD))

    @property
    def collateral(self) -> float:
        """What an executor locks."""
        return self._collateral / REWARD

    @property
    def penalty(self) -> float:
        """What an operator loses with a task that fails: a share of the collateral that the reward asks for."""
        return class_packing.penalty(self.auction, class_packing.collateral(self.auction, REWARD, 0)) / REWARD

    @property
    def wrong(self) -> float:
        """Slash of a wrong result."""
        return slash_split.wrong_amount(REWARD, self._collateral, self.terms.wrong_factor) / REWARD

    @cached_property
    def late_by_load(self) -> Floats:
        """Slash of a late result by the load at which the task was won, basis points from 0 to ``BPS``."""
        factor, lowest = self.terms.slash_factor, self.network.slash.lateness_floor
        loads = amplifiers(load_curve.pack(self.network.chosen_curve))
        amounts = {m: slash_split.late_amount(REWARD, self._collateral, factor, m, lowest) / REWARD for m in set(loads)}
        return np.array([amounts[m] for m in loads])

    def compensation(self, slash: float) -> float:
        """Part of a slash that goes to the operator."""
        return slash_split.split(round(slash * REWARD), self.network.slash)[0] / REWARD

    def fee(self, price: float) -> float:
        """Protocol fee at a price; the smallest fee for a unit of difficulty is left out."""
        return class_packing.fee(self.auction, round(price * REWARD), 0) / REWARD

    @property
    def highest(self) -> float:
        """Highest price of an auction."""
        return self.terms.cap / PPM

    @property
    def lowest(self) -> float:
        """Lowest price of an auction."""
        return self.terms.floor / PPM

    def reputation(self, good: float, load: int) -> int:
        """Reputation of somebody who has long had a share of good results, ppm.

        Parameters
        ----------
        good : float
            Share of its results.
        load : int
            Its load, up to F, basis points.
        """
        curve = load_curve.pack(self.network.chosen_curve)
        bonus = load_curve.rate(curve, load) * PPM // load_curve.peak(curve)
        return resting(self.network.filter, round(good * PPM), bonus)

    def worth_of_record(self, reputation: int) -> float:
        """Find what a good result instead of none is worth to later auctions, as simulated hosts reckon.

        Parameters
        ----------
        reputation : int
            Of the host, ppm.
        """
        market = new_market(self.network, genesis=0, accounts=2, classes=1, operators=1, slots=1)
        market.classes["level"], market.classes["weight"] = self.terms.record_level, self.terms.record_weight
        return float(record_at_stake(market, market.classes[1], reputation))

    def auction_price(self, load: int, reputation: int) -> float:
        """Price at which a bidder may enter a new mandate's auction, before its price has moved.

        Parameters
        ----------
        load : int
            With the task at hand, basis points.
        reputation : int
            Ppm.
        """
        terms, curve = self.terms, load_curve.pack(self.network.chosen_curve)
        discount = discounts.of_load(curve, terms.idle_discount, terms.load_bonus, terms.load_malus, load)
        discount += discounts.of_record(terms.record_weight, terms.record_level, reputation)
        _, price = dutch_auction.entry_falling(terms.start, terms.floor, terms.steps, terms.tick, 0, discount, 0)
        return price / PPM

    def least_stake(self, capacity: int, reward: float) -> float:
        """Find the stake that somebody needs to keep its capacity and take one more task, token units.

        Parameters
        ----------
        capacity : int
            Resource units.
        reward : float
            Of a task, token units.
        """
        return max(capacity * self.network.stake_per_unit, self.collateral * reward)

    def backed_by(self, capacity: int, reward: float) -> Outcomes:
        """Amounts for an executor of some capacity (resource units), of tasks of some reward (token units)."""
        if self.terms.stake_share == 0:
            return self
        return replace(self, backing=capacity * self.network.stake_per_unit / reward)

    def at(self, slash_factor: float, collateral: float) -> Outcomes:
        """Amounts with another slash factor and collateral; the other shares stay within the bounds these give them.

        Parameters
        ----------
        slash_factor : float
            s, share of the collateral.
        collateral : float
            l, multiple of the reward; it may be more than contracts take.
        """
        factor = max(round(slash_factor * PPM), 1)
        share = min(self.terms.operator_share, factor // 2)
        terms = replace(
            self.terms,
            slash_factor=factor,
            wrong_factor=max(self.terms.wrong_factor, factor),
            collateral=round(collateral * PPM),
            operator_share=share,
        )
        return replace(self, terms=terms)
