"""Who takes part: traits drawn once from the seed, to fit a workload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ballast.errors import WorkloadError
from ballast.model.activity import MAX_UNITS
from ballast.model.constants import BPS
from ballast.sim.bidders import Fractions
from ballast.sim.market.records import Integers, Records
from ballast.sim.period.behaviour import TRAITS
from ballast.sim.scenario import HEAVY_COMPLEXITY, LIGHT_COMPLEXITY, Scenario
from ballast.sim.workload import ANYBODY, Workload

OWN_SHARE: Final = 0.7
"""Operators' capacity, as a multiple of their mean light demand, is its reciprocal."""
ABLE_SHARE: Final = 0.5
"""Operators whose complexity reaches that of heavy tasks."""
FUNDS: Final = 10_000
"""Token units everybody has beside what its load needs."""
MAX_FUNDS: Final = 2**52
"""Bound of the funds of a kind of participants, token units: exact in floats, and small enough for every sum."""


@dataclass(frozen=True)
class Population:
    """Participants to be, one row each.

    Attributes
    ----------
    traits : array of records
        As in ``ballast.sim.period.behaviour.TRAITS``.
    capacity : array of int
        Resource units.
    funds : array of int
        Deposits, token units.
    """

    traits: Records
    capacity: Integers
    funds: Integers


def around(mean: float, count: int, rng: np.random.Generator) -> Integers:
    """Capacities lognormal around a mean, at least 1."""
    return np.asarray(np.maximum(np.rint(mean * rng.lognormal(-0.045, 0.3, count)), 1), dtype=np.int64)


def deposits(scenario: Scenario, workload: Workload, capacity: Integers) -> Integers:
    """Funds that cover the collaterals of a full load as many times as the scenario says, and what capacity needs.

    Raises
    ------
    WorkloadError
        If a capacity or all funds together are too large for their words.
    """
    rate = float(workload.reward.max() / max(workload.difficulty[workload.reward.argmax()], 1))
    per_unit = max(scenario.stake * rate * scenario.collateral, scenario.network().stake_per_unit)
    funds = FUNDS + np.rint(per_unit * capacity)
    if capacity.max() > MAX_UNITS or funds.sum() > MAX_FUNDS:
        raise WorkloadError(
            f"the workload asks for a capacity of {capacity.max()} and funds of {funds.sum():.0f}, more than "
            f"{MAX_UNITS} and {MAX_FUNDS}: give more periods or participants, or less stake"
        )
    return np.asarray(funds, dtype=np.int64)


def draw_operators(scenario: Scenario, workload: Workload, count: int, rng: np.random.Generator) -> Population:
    """Draw operators: their capacities fit the light demand, half of them can execute heavy tasks too.

    In a trace each has room for the largest light task, and funds for the period that asks most of it.
    """
    light = float(workload.difficulty[~workload.heavy].sum()) / scenario.periods
    capacity = around(max(light / OWN_SHARE / scenario.operators, 1.0), count, rng)
    rewards = np.full(count, float(workload.reward.sum()) / scenario.periods / scenario.operators)
    if workload.traced:
        capacity = np.maximum(capacity, workload.difficulty[~workload.heavy].max(initial=1))
        rewards = np.maximum(rewards, largest_rewards(workload, count))
    funds = deposits(scenario, workload, capacity)
    funds += (8 * rewards * scenario.collateral).astype(np.int64)
    traits = np.zeros(count, TRAITS)
    traits["cost"] = np.rint(rng.uniform(200_000, 500_000, count))
    traits["cost_heavy"] = np.rint(rng.uniform(750_000, 1_050_000, count))
    traits["complexity"] = np.where(rng.random(count) < ABLE_SHARE, _able(scenario), LIGHT_COMPLEXITY)
    traits["taste"] = rng.normal(0, 0.03, count)
    _draw_reliability(scenario, traits, count, rng)
    return Population(traits, capacity, funds)


def largest_rewards(workload: Workload, operators: int) -> Fractions:
    """Rewards of what operators get in the period in which that is most, with an even share of what is for anybody."""
    own = workload.operator != ANYBODY
    places, found = np.unique(workload.period[own] * operators + workload.operator[own], return_inverse=True)
    largest = np.zeros(operators)
    np.maximum.at(largest, places % operators, np.bincount(found, workload.reward[own], len(places)))
    others = np.bincount(workload.period[~own], workload.reward[~own], 1)
    return np.asarray(largest + others.max() / operators, dtype=np.float64)


def draw_coprocessors(scenario: Scenario, workload: Workload, count: int, rng: np.random.Generator) -> Population:
    """Draw coprocessors: together they have the capacity asked for; a tenth can take the largest task.

    All can execute heavy tasks. In a trace the largest may be a light one, if the trace says which are heavy.
    """
    heavy = float(workload.difficulty[workload.heavy].sum()) / scenario.periods
    capacity = around(max(heavy / scenario.demand / scenario.coprocessors, 1.0), count, rng)
    strongest = np.argsort(capacity)[-max(1, count // 10) :]
    if workload.heavy.any():
        largest = int(workload.difficulty[workload.heavy].max())
        capacity[strongest] = np.maximum(capacity[strongest], largest + largest // 4)
    traits = np.zeros(count, TRAITS)
    traits["cost"] = np.rint(rng.uniform(400_000, 800_000, count))
    traits["cost_heavy"] = traits["cost"]
    traits["growth"] = traits["cost"] // 10
    traits["complexity"] = _able(scenario)
    traits["patience"] = np.rint(rng.uniform(7_000, 10_000, count))
    if workload.traced:
        room = -(-int(workload.difficulty.max()) * BPS // traits["patience"][strongest])
        capacity[strongest] = np.maximum(capacity[strongest], room)
    traits["comfort"] = np.rint(rng.uniform(4_000, 8_000, count))
    traits["caution"] = rng.uniform(0, 2, count)
    _draw_reliability(scenario, traits, count, rng)
    return Population(traits, capacity, deposits(scenario, workload, capacity))


def draw_people(scenario: Scenario, workload: Workload, rng: np.random.Generator) -> tuple[Population, Population]:
    """Draw the operators and the coprocessors of a run."""
    return (
        draw_operators(scenario, workload, scenario.operators, rng),
        draw_coprocessors(scenario, workload, scenario.coprocessors, rng),
    )


def _able(scenario: Scenario) -> int:
    """Complexity of who can execute heavy tasks."""
    return max(scenario.task_class().complexity, HEAVY_COMPLEXITY)


def _draw_reliability(scenario: Scenario, traits: Records, count: int, rng: np.random.Generator) -> None:
    traits["punctuality"] = rng.beta(60, 1, count)
    quality = rng.beta(80, 2, count)
    traits["quality"] = quality if scenario.errors else 1.0
    traits["careless"] = scenario.careless
    traits["effort"] = scenario.effort * rng.lognormal(-0.00125, 0.05, count)
