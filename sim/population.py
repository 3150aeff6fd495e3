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
from ballast.sim.pace import ROOM, STRONGEST, held
from ballast.sim.period.behaviour import TRAITS
from ballast.sim.scenario import HEAVY_COMPLEXITY, LIGHT_COMPLEXITY, Scenario
from ballast.sim.trial import capacities
from ballast.sim.workload import ANYBODY, Workload

OWN_SHARE: Final = 0.5
"""Operators' capacity, as a multiple of their mean light demand, is its reciprocal."""
KEPT: Final = 0.5
"""What those who need no more than others keep of their capacity, at least."""
ABLE_SHARE: Final = 0.5
"""Operators whose complexity reaches that of heavy tasks."""
BAD_QUALITY: Final = 0.6
"""Share of the results of a bad participant that are right."""
SPREAD: Final = 0.2
"""Of the logarithms of speeds; the mean of what machines take for the same work is 1."""
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


def around(mean: float, count: int, rng: np.random.Generator) -> Fractions:
    """Capacities lognormal around a mean."""
    return np.asarray(mean * rng.lognormal(-0.045, 0.3, count), dtype=np.float64)


def shared_out(total: float, capacity: Fractions, least: Fractions) -> Integers:
    """Scale capacities so that they are ``total`` together, though some have a least one of their own.

    Where the latter leave too little to the others, these keep ``KEPT`` of what they had, and the sum is larger.
    """
    capacity = capacity * (total / capacity.sum())
    lifted = capacity < least
    others = capacity[~lifted].sum()
    if others > 0:
        capacity[~lifted] *= max((total - least[lifted].sum()) / others, KEPT)
    return whole(np.maximum(capacity, least))


def whole(capacity: Fractions) -> Integers:
    """Capacities in whole units, at least 1."""
    return np.asarray(np.maximum(np.rint(capacity), 1), dtype=np.int64)


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
    mean = max(held(scenario, workload, ~workload.heavy) / OWN_SHARE / scenario.operators, 1.0)
    least = np.zeros(count)
    rewards = np.full(count, float(workload.reward.sum()) / scenario.periods / scenario.operators)
    if workload.traced:
        least[:] = workload.difficulty[~workload.heavy].max(initial=1)
        rewards = np.maximum(rewards, largest_rewards(workload, count))
    capacity = shared_out(mean * count, around(mean, count, rng), least)
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

    All can execute heavy tasks. Fewer than the scenario's are newcomers, who need not be together what is asked for. In
    a trace the largest are the most patient, and the very largest can take the largest task, be it a light one.
    """
    mean = max(held(scenario, workload, workload.heavy) / scenario.utilisation / scenario.coprocessors, 1.0)
    capacity = around(mean, count, rng)
    newcomers = count < scenario.coprocessors
    traits = np.zeros(count, TRAITS)
    traits["cost"] = np.rint(rng.uniform(400_000, 800_000, count))
    traits["cost_heavy"] = traits["cost"]
    traits["growth"] = traits["cost"] // 10
    traits["complexity"] = _able(scenario)
    limits = np.rint(rng.uniform(7_000, 10_000, count))
    traits["patience"] = limits if scenario.fixed_limits else BPS
    traits["comfort"] = np.rint(rng.uniform(4_000, 8_000, count))
    traits["caution"] = rng.uniform(0, 2, count)
    _draw_reliability(scenario, traits, count, rng)
    by_size = np.argsort(capacity)
    if newcomers:
        sizes = whole(capacity)
    elif workload.traced:
        traits["patience"][by_size] = np.sort(traits["patience"])
        traits["speed"][by_size[-1]] = max(traits["speed"][by_size[-1]], 1.0)
        of_machines = (traits[name][by_size] for name in ("patience", "speed"))
        capacity[by_size] = capacities(scenario, workload, capacity[by_size], *of_machines)
        sizes = whole(capacity)
    else:
        least = np.zeros(count)
        if workload.heavy.any():
            strongest = by_size[count - max(1, count // STRONGEST) :]
            least[strongest] = ROOM * workload.difficulty[workload.heavy].max()
        sizes = shared_out(mean * count, capacity, least)
    return Population(traits, sizes, deposits(scenario, workload, sizes))


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
    traits["speed"] = np.exp(rng.normal(SPREAD**2 / 2, SPREAD, count))
    traits["effort"] = scenario.effort * rng.lognormal(-0.00125, 0.05, count)
    bad = rng.permutation(count)[: round(scenario.bad_share * count)]
    traits["quality"][bad] = BAD_QUALITY
