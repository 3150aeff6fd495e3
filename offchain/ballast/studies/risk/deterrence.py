"""A map of terms: slash factor by collateral, where effort pays, where staying pays, and what is cheapest for an AVS.

An executor makes an effort if ``(b + slash + record) (p1 - p0) >= e``: b is its price, the slash that of a late result,
the record what a good result adds to the prices of its later tasks, p1 and p0 its chances of a result in time with and
without effort, and e what effort costs. It stays if the highest price of an auction covers its cost, and the slashes
and collaterals it expects to lose. All are shares of the reward.

The worse a record is the more a good result adds to it. So who shirks comes to a record at which effort pays, and
works for a part of its tasks; the theory asks what pays at the record of somebody who works for half of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ballast.studies.risk.amounts import Outcomes

WORKS, SHIRKS, LEAVES = VERDICTS = ("works", "shirks", "leaves")
FACTORS: Final = (0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
"""Slash factors of a map: the paper's, and on to the bound of the contracts."""
COLLATERALS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 10.0, 25.0, 50.0)
"""Collaterals of a map, multiples of the reward: up to 4 as contracts take them, then to that of ``deterrence``."""
HALF: Final = 0.5
"""Share of the tasks that has to be worked for, so that somebody works."""
TINY: Final = 1e-12
"""What keeps a quotient finite whose divisor may be nothing."""
CONTRACTS_TO: Final = 4.0
"""Largest collateral that contracts take, multiples of the reward."""


@dataclass(frozen=True)
class Executor:
    """Who has to be kept, and kept working; shares of the reward, and chances.

    Attributes
    ----------
    cost : float
        Of the work, effort included.
    effort : float
        Part of the cost that shirking saves.
    in_time, careless : float
        Chances of a result in time, with and without effort.
    right : float
        Chance that a result in time is right.
    load : int
        At which tasks are won, basis points.
    """

    cost: float
    effort: float
    in_time: float
    careless: float
    right: float
    load: int = 0

    def in_time_with(self, effort: float) -> float:
        """Chance of a result in time, if there is an effort for a share of the tasks."""
        return effort * self.in_time + (1.0 - effort) * self.careless


@dataclass(frozen=True)
class RiskOffer:
    """What an AVS can have under some terms, if it pays a price.

    Attributes
    ----------
    price : float
        Least price at which somebody works so, share of the reward.
    failures : float
        Share of the tasks that fail.
    """

    price: float
    failures: float


@dataclass(frozen=True)
class RiskCell:
    """Terms, and what they lead to.

    Attributes
    ----------
    factor, collateral : float
        s, and l as a multiple of the reward.
    effort_price : float
        Price from which on effort pays for all tasks, share of the reward.
    working_price, shirking_price : float
        Prices at which work breaks even with effort and without, or the lowest of an auction if that is more.
    verdict : str
        What executors do at the price that competition leaves them.
    working, shirking : RiskOffer or None
        With effort and without; None if no auction pays that much.
    """

    factor: float
    collateral: float
    effort_price: float
    working_price: float
    shirking_price: float
    verdict: str
    working: RiskOffer | None
    shirking: RiskOffer | None

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def break_even_price(amounts: Outcomes, who: Executor, in_time: float, cost: float) -> float:
    """Price at which work costs what it brings, share of the reward.

    Parameters
    ----------
    amounts : Outcomes
        Of the terms.
    who : Executor
        Whose work.
    in_time : float
        Chance of a result in time.
    cost : float
        Of the work, share of the reward.
    """
    lost = (1.0 - in_time) * float(amounts.late_by_load[who.load]) + in_time * (1.0 - who.right) * amounts.wrong
    return (max(cost, 0.0) + lost) / max(in_time * who.right * (1.0 - amounts.fee(1.0)), TINY)


def effort_pays_from(amounts: Outcomes, who: Executor, reputation: int) -> float:
    """Price from which on effort pays for somebody of a reputation (ppm), share of the reward."""
    slash, record = float(amounts.late_by_load[who.load]), amounts.worth_of_record(reputation)
    return who.effort / max(who.in_time - who.careless, TINY) - slash - record


def cell_of(amounts: Outcomes, who: Executor, factor: float, collateral: float) -> RiskCell:
    """Find what terms lead to.

    Executors are paid what the clock shows when they may enter, or what they ask if that is more: the price at which
    all work breaks even with effort, which they decide on when they have won. If at the record and the chances of
    somebody who works for half of its tasks effort pays, they work, or leave if that does not pay; else they shirk, or
    leave. What an AVS has to pay for effort at all tasks is less: its clock can begin lower.
    """
    at = amounts.at(factor, collateral)
    half, all_of_it = (at.reputation(who.in_time_with(share) * who.right, who.load) for share in (HALF, 1.0))
    effort_price = effort_pays_from(at, who, all_of_it)
    working = max(break_even_price(at, who, who.in_time, who.cost), at.lowest)
    shirking = max(break_even_price(at, who, who.careless, who.cost - who.effort), at.lowest)
    deterring = max(working, effort_price)
    offers = (
        RiskOffer(deterring, 1.0 - who.in_time * who.right) if deterring <= at.highest else None,
        RiskOffer(shirking, 1.0 - who.careless * who.right) if shirking <= at.highest else None,
    )
    asked = break_even_price(at, who, who.in_time_with(HALF), who.cost)
    paid = min(max(at.auction_price(who.load, half), asked), at.highest)
    verdict, needed = (WORKS, working) if effort_pays_from(at, who, half) <= paid else (SHIRKS, shirking)
    if needed > at.highest:
        verdict = LEAVES
    return RiskCell(factor, collateral, max(effort_price, 0.0), working, shirking, verdict, *offers)


def map_of(
    amounts: Outcomes,
    who: Executor,
    factors: Sequence[float] = FACTORS,
    collaterals: Sequence[float] = COLLATERALS,
) -> list[RiskCell]:
    """Cells of a map, by collateral and then by slash factor."""
    return [cell_of(amounts, who, s, most) for most in collaterals for s in factors]


def cheapest(
    cells: Sequence[RiskCell], failures: float, most: float = CONTRACTS_TO
) -> tuple[RiskCell, RiskOffer] | None:
    """Terms that have at most a share of failures at the least price; of those the least collateral and factor.

    Parameters
    ----------
    cells : sequence of RiskCell
        Terms to choose from.
    failures : float
        Largest share of failures.
    most : float
        Largest collateral, as a multiple of the reward.
    """
    fit = [
        (cell, offer)
        for cell in cells
        for offer in (cell.working, cell.shirking)
        if offer is not None and offer.failures <= failures and cell.collateral <= most
    ]
    return min(fit, key=lambda each: (round(each[1].price, 9), each[0].collateral, each[0].factor), default=None)
