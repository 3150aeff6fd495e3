"""Coprocessors that look ahead: a forecast of their own load, the capacity that it asks for, and what capacity costs.

A coprocessor that registers more capacity has more machines, each as fast as those it has. It pays for all of them,
busy or idle, if holding a unit has a price, `rent_of`. What it registers counts from the next period on.

The forecast is Holt's linear exponential smoothing [1]_, of the mean load of each period. Its two weights are those
with which it is Brown's double smoothing: a line by least squares, in which a period counts ``DISCOUNT`` times as much
as the one after it [2]_.

.. [1] C. C. Holt, "Forecasting seasonals and trends by exponentially weighted moving averages", 1957; reprinted in the
   International Journal of Forecasting 20 (2004).
.. [2] R. G. Brown, "Smoothing, Forecasting and Prediction of Discrete Time Series", 1963; E. S. Gardner, "Exponential
   smoothing: the state of the art", Journal of Forecasting 4 (1985).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ballast.model.constants import BPS
from ballast.sim.bidders import Fractions
from ballast.sim.market import steps
from ballast.sim.market.records import Integers
from ballast.sim.pace import held, start_up
from ballast.sim.scenario import Scenario
from ballast.sim.state import RunState
from ballast.sim.workload import Workload

DISCOUNT: Final = 0.9
"""What a period counts beside the next one: Brown's weight of 0.1 for what is new, the usual one."""
OF_LEVEL: Final = 1 - DISCOUNT**2
"""Holt's weight of a load in the level."""
OF_TREND: Final = (1 - DISCOUNT) / (1 + DISCOUNT)
"""Holt's weight of a change of the level in the trend."""
WATCHED: Final = 20
"""Periods that a coprocessor has seen before it first decides: by then the periods seen weigh 0.9 together."""
EVERY: Final = 5
"""Periods from one decision to the next: half of the mean age, 1 / (1 - DISCOUNT), of what a forecast rests on. Not all
coprocessors decide in the same period."""
AHEAD: Final = 2 + (EVERY - 1) / 2
"""Periods from the last load seen to the middle of those in which a decision holds."""
STEP: Final = 0.25
"""Change of a capacity by one decision, as a share of it, at most: such that a demand that doubles, or halves, is met
in three or four, and a forecast that is wrong costs little."""
LEAST, MOST = 0.5, 4.0
"""Bounds of a capacity, as multiples of what its owner began with. In the default market half of that holds four heavy
tasks of mean size. A demand of twice the capacity, as in the stress ``double_demand``, asks for four times as much to
stand at a half."""


def smoothed(level: Fractions, trend: Fractions, load: Fractions) -> tuple[Fractions, Fractions]:
    """Level and trend after one more load."""
    now = OF_LEVEL * load + (1 - OF_LEVEL) * (level + trend)
    return now, OF_TREND * (now - level) + (1 - OF_TREND) * trend


def rent_of(scenario: Scenario, demand: Workload) -> float:
    """Give what a unit of a coprocessor's capacity costs a period, token units: a share of what it could earn.

    That is the rewards of the heavy tasks for each unit of load that they hold, if all are executed.
    """
    if scenario.rent == 0:
        return 0.0
    units = held(scenario, demand, demand.heavy) * scenario.periods
    return scenario.rent * float(demand.reward[demand.heavy].sum()) / units if units > 0 else 0.0


def capacities_now(state: RunState) -> Integers:
    """Capacities of all coprocessors in the present period, resource units."""
    market, who = state.world.market, state.coprocessors()
    accounts = market.accounts[who]
    touched = accounts["epoch"] == market.ledger[0]["epoch"]
    return np.where(touched, accounts["capacity"], accounts["next_capacity"])


def pay_rent(period: int, state: RunState, rent: float) -> None:
    """Have all coprocessors that have not left pay for what they hold in a period, ``rent`` token units a unit."""
    fortune, who = state.world.fortune, state.coprocessors()
    costs = rent * capacities_now(state) * (fortune["left"][who] == 0)
    fortune["spent"][who] += costs
    state.periods[period]["cost"] += costs.sum()


def take_note(state: RunState, load: Fractions) -> None:
    """Have active coprocessors take in their mean loads of a period that ends, basis points by account.

    While the market fills the last load is all that a forecast says.
    """
    fortune, who = state.world.fortune, state.coprocessors()
    active = fortune["active"][who] == 1
    units = (load[who] * capacities_now(state) / BPS)[active]
    who = who[active]
    level, trend = smoothed(fortune["level"][who], fortune["trend"][who], units)
    begins = fortune["watched"][who] < start_up(state.scenario)
    fortune["level"][who] = np.where(begins, units, level)
    fortune["trend"][who] = np.where(begins, 0.0, trend)
    fortune["watched"][who] += 1


def resize_all(period: int, state: RunState) -> None:
    """Have coprocessors whose turn it is register the capacity at which their forecast load is the best one, B.

    Nobody grows that loses. Nobody registers less than its load, nor what its stake does not cover.
    """
    market, fortune, who = state.world.market, state.world.fortune, state.coprocessors()
    seen = fortune["watched"][who] >= start_up(state.scenario) + WATCHED
    who = who[seen & (fortune["active"][who] == 1) & ((period + who) % EVERY == 0)]
    accounts, fares = market.accounts[who], fortune[who]
    present, own = accounts["next_capacity"], fares["registered"]
    wanted = (fares["level"] + AHEAD * fares["trend"]) * BPS / state.parameters.chosen_curve.b
    wanted = np.clip(np.clip(wanted, LEAST * own, MOST * own), (1 - STEP) * present, (1 + STEP) * present)
    wanted = np.where(fares["mood"] < 0, np.minimum(wanted, present), wanted)
    covered = (accounts["free"] + accounts["locked"]) // max(state.parameters.stake_per_unit, 1)
    capacity = np.maximum(np.minimum(np.rint(wanted).astype(np.int64), covered), np.maximum(accounts["load"], 1))
    changed = (capacity != present) & (capacity <= covered)
    for account, units in zip(who[changed].tolist(), capacity[changed].tolist(), strict=True):
        steps.resize(market, account, units)
        state.engine.resize(account, units)
