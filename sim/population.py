"""Who takes part: traits drawn once from the seed, to fit a workload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ballast.errors import WorkloadError
from ballast.model.activity import MAX_UNITS
from ballast.model.constants import BPS, PPM
from ballast.sim.bidders import Fractions
from ballast.sim.kinds import HEAVY_COMPLEXITY_FROM
from ballast.sim.market.records import Integers, Records
from ballast.sim.pace import ROOM, STRONGEST, held
from ballast.sim.period.behaviour import TRAITS
from ballast.sim.scenario import HEAVY_COMPLEXITY, LIGHT, LIGHT_COMPLEXITY, Scenario
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
    least = [float(scenario.network().stake_per_unit)]
    for number, collateral in enumerate((scenario.collateral, *_own_collaterals(scenario))):
        reward, difficulty = (column[workload.kind == number] for column in (workload.reward, workload.difficulty))
        if len(reward):
            rate = float(reward.max() / max(difficulty[reward.argmax()], 1))
            least.append(scenario.stake * rate * collateral)
    funds = FUNDS + np.rint(max(least) * capacity)
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
        rewards = np.maximum(rewards, np.resize(largest_rewards(workload, scenario.operators), count))
    capacity = shared_out(mean * count, around(mean, count, rng), least)
    funds = deposits(scenario, workload, capacity)
    funds += (8 * rewards * max(scenario.collateral, *_own_collaterals(scenario), 0.0)).astype(np.int64)
    traits = np.zeros(count, TRAITS)
    traits["cost"] = np.rint(rng.uniform(200_000, 500_000, count))
    traits["cost_heavy"] = np.rint(rng.uniform(750_000, 1_050_000, count))
    able = rng.random(count) < ABLE_SHARE
    levels, shares = needed_levels(scenario, workload)
    reached = rng.choice(levels, count, p=shares) if scenario.classes else levels[-1]
    traits["complexity"] = np.where(able, reached, LIGHT_COMPLEXITY)
    traits["taste"] = rng.normal(0, 0.03, count)
    _draw_reliability(scenario, traits, count, rng)
    _draw_records(scenario, traits, rng)
    return Population(traits, capacity, funds)


def draw_reserve(scenario: Scenario, workload: Workload, count: int, rng: np.random.Generator) -> Population:
    """Draw operators that may enter while the run goes on: like the others, with a newcomer's reputation."""
    if count == 0:
        return Population(np.zeros(0, TRAITS), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    reserve = draw_operators(scenario, workload, count, rng)
    reserve.traits["record"] = 0
    return reserve


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

    All can execute heavy tasks; of a scenario with classes of its own, some only the easier ones. Fewer than the
    scenario's are newcomers, who need not be together what is asked for, and have a newcomer's reputation. In a trace
    the largest are the most patient, and the very largest can take the largest task, be it a light one.
    """
    mean = max(held(scenario, workload, workload.heavy) / scenario.utilisation / scenario.coprocessors, 1.0)
    capacity = around(mean, count, rng)
    newcomers = count < scenario.coprocessors
    traits = np.zeros(count, TRAITS)
    traits["cost"] = np.rint(rng.uniform(400_000, 800_000, count))
    traits["cost_heavy"] = traits["cost"]
    traits["growth"] = traits["cost"] // 10
    levels, shares = needed_levels(scenario, workload)
    traits["complexity"] = levels[-1]
    limits = np.rint(rng.uniform(7_000, 10_000, count))
    traits["patience"] = limits if scenario.fixed_limits else BPS
    traits["comfort"] = np.rint(rng.uniform(4_000, 8_000, count))
    traits["caution"] = rng.uniform(0, 2, count)
    traits["incentives"], traits["room_worth"] = scenario.incentives, scenario.room_worth
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
    if scenario.classes:
        drawn = rng.choice(levels, count, p=shares)
        traits["complexity"] = drawn if newcomers else by_need(levels, shares, sizes, rng)
    if scenario.specialists > 0:
        _draw_specialists(scenario, workload, traits, rng)
    if not newcomers:
        _draw_records(scenario, traits, rng)
    return Population(traits, sizes, deposits(scenario, workload, sizes))


def draw_people(scenario: Scenario, workload: Workload, rng: np.random.Generator) -> tuple[Population, Population]:
    """Draw the operators and the coprocessors of a run."""
    operators = draw_operators(scenario, workload, scenario.operators, rng)
    coprocessors = draw_coprocessors(scenario, workload, scenario.coprocessors, rng)
    # the last draw, so that everybody else is as without
    if scenario.specialists > 0:
        _draw_specialists(scenario, workload, operators.traits, rng)
    return operators, coprocessors


def needed_levels(scenario: Scenario, workload: Workload) -> tuple[Integers, Fractions]:
    """Complexities that heavy tasks ask for, ascending, and the share of the heavy load that asks for each.

    Without classes of its own, a scenario has one, which its heavy tasks reach.
    """
    if not scenario.classes:
        return np.array([max(scenario.task_class().complexity, HEAVY_COMPLEXITY)]), np.ones(1)
    loads = loads_held(scenario, workload)
    asked = np.array([terms.complexity for terms in scenario.class_terms().values()])
    heavy = asked >= HEAVY_COMPLEXITY_FROM
    levels, places = np.unique(asked[heavy], return_inverse=True)
    shares = np.bincount(places, loads[heavy])
    return levels, shares / shares.sum() if shares.sum() > 0 else np.full(len(levels), 1 / len(levels))


def loads_held(scenario: Scenario, workload: Workload) -> Fractions:
    """Load of each class, from the first on, that is held at all times, resource units."""
    numbers = workload.class_numbers(scenario.wash_class)
    return np.array([held(scenario, workload, numbers == number) for number in range(LIGHT, scenario.wash_class)])


def by_need(levels: Integers, shares: Fractions, capacity: Integers, rng: np.random.Generator) -> Integers:
    """Draw complexities so that capacity is as able as the load asks for: each level has its share of both.

    The largest reaches the highest level, so that somebody can take the largest task of any class.
    """
    largest = int(np.argmax(capacity))
    order = rng.permutation(len(capacity))
    order = np.concatenate(([largest], order[order != largest]))
    middle = np.cumsum(capacity[order]) - capacity[order] / 2
    downwards = np.searchsorted(np.cumsum(shares[::-1])[:-1], middle / capacity.sum(), side="right")
    downwards[0] = 0
    complexity = np.empty(len(capacity), dtype=np.int64)
    complexity[order] = levels[::-1][downwards]
    return complexity


def _own_collaterals(scenario: Scenario) -> list[float]:
    """Collaterals of the scenario's own classes, as multiples of the reward."""
    terms = scenario.class_terms()
    return [terms[kind.name].collateral / PPM for kind in scenario.classes]


def _draw_specialists(scenario: Scenario, workload: Workload, traits: Records, rng: np.random.Generator) -> None:
    """Draw who is a specialist, and of which of the classes that it can do: by the load that there is of each."""
    loads = loads_held(scenario, workload)
    asked = np.array([terms.complexity for terms in scenario.class_terms().values()])
    chosen = rng.permutation(len(traits))[: round(scenario.specialists * len(traits))]
    for complexity in np.unique(traits["complexity"][chosen]):
        some = chosen[traits["complexity"][chosen] == complexity]
        weights = loads * (asked <= complexity)
        if weights.sum() > 0:
            traits["special"][some] = LIGHT + rng.choice(len(loads), len(some), p=weights / weights.sum())


def _draw_records(scenario: Scenario, traits: Records, rng: np.random.Generator) -> None:
    """Draw reputations at the start, of a beta distribution with the mean and spread that are asked for."""
    mean, spread = scenario.records, scenario.records_spread
    if mean == 0:
        return
    drawn = np.full(len(traits), mean)
    if spread > 0:
        weight = mean * (1 - mean) / spread**2 - 1
        drawn = rng.beta(mean * weight, (1 - mean) * weight, len(traits))
    traits["record"] = np.clip(np.rint(drawn * PPM), 1, PPM - 1)


def _draw_reliability(scenario: Scenario, traits: Records, count: int, rng: np.random.Generator) -> None:
    traits["punctuality"] = rng.beta(60, 1, count)
    quality = rng.beta(80, 2, count)
    traits["quality"] = quality if scenario.errors else 1.0
    traits["careless"] = scenario.careless
    traits["speed"] = np.exp(rng.normal(SPREAD**2 / 2, SPREAD, count))
    traits["effort"] = scenario.effort * rng.lognormal(-0.00125, 0.05, count)
    bad = rng.permutation(count)[: round(scenario.bad_share * count)]
    traits["quality"][bad] = BAD_QUALITY
