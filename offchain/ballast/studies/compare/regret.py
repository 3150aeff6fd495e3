"""What one coprocessor could gain by not playing straight, all others as they are.

A clock auction is strategically a first-price auction, so straight asks, which break even, need not be a best response.
A deviating coprocessor asks more, or registers less capacity than it has, or more. Or it waits for a lower price when
it is loaded though nobody else does; or bids at once though all others wait; or bids in second chances alone. Or it
leaves out of its ask what all others count, its incentives or the worth of its room, or counts what they leave out. And
a fifth of the coprocessors ask for a fifth of the reward more, as in the stress ``collusion``.

A profit is what a balance grows by after the warm-up, less what the work truly cost. The *gain* is the difference to
the profit when all play straight, on the same seed, of a coalition the mean of its members'; the *regret* of a rule is
the largest gain of one on the grid. All are shares of the reward of an even share of the work: the rewards of the
auctioned tasks that were settled when all played straight, divided by the coprocessors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import is_
from typing import Final

import numpy as np

from ballast.sim.engines.twin import Twin
from ballast.sim.market.records import Integers
from ballast.sim.run import Progress, Run
from ballast.sim.scenario import CALM, Scenario
from ballast.studies.compare.comparison import spread
from ballast.studies.compare.rules import OURS, under
from ballast.studies.compare.settings import check_seeds
from ballast.studies.intervals import Estimate, estimate
from ballast.studies.measures import warmed_up

ASKS: Final = (0.05, 0.1, 0.2, 0.3, 0.5)
"""Markups on the cost, shares of it."""
WITHHELD: Final = (0.1, 0.25, 0.5)
"""Shares of the capacity that are not registered."""
QUANTILES: Final = (0.25, 0.5, 0.75)
"""Who deviates: coprocessors at these places in the order of costs, one at a time."""
DECLARED: Final = (3.0, 10.0)
"""Capacities that are registered, as multiples of what the machine can hold."""
COALITION: Final = "collusion"
"""Stress in which a ring deviates together."""
COMPARED: Final = (OURS, "waiting", "rising", "second_price")


@dataclass(frozen=True)
class Deviation:
    """How a coprocessor departs from straight play.

    Attributes
    ----------
    name : str
        For people.
    markup : float
        On its cost, a share of it.
    withheld : float
        Share of its capacity.
    declared : float
        What it registers, as a multiple of what its machine can hold, see `ballast.sim.period.behaviour.slowed`.
    coalition : bool
        Whether it is a ring that deviates, as in the stress ``collusion``, instead of one.
    waits : bool, optional
        Whether it waits for a lower price when it is loaded; by default as all others.
    last_call : bool
        Whether it bids for nothing but what nobody took in a first auction.
    incentives, room_worth : bool, optional
        Whether its ask counts them, see `ballast.sim.scenario.Scenario`; by default as all others'.
    """

    name: str
    markup: float = 0.0
    withheld: float = 0.0
    declared: float = 1.0
    coalition: bool = False
    waits: bool | None = None
    last_call: bool = False
    incentives: bool | None = None
    room_worth: bool | None = None


STRAIGHT: Final = Deviation("straight")
GRID: Final = (
    *(Deviation(f"asks {m:.0%} more", markup=m) for m in ASKS),
    *(Deviation(f"withholds {w:.0%}", withheld=w) for w in WITHHELD),
    Deviation("waits", waits=True),
    Deviation("does not wait", waits=False),
    Deviation("waits for the last call", last_call=True),
    Deviation("counts incentives", incentives=True),
    Deviation("ignores incentives", incentives=False),
    Deviation("asks for room", room_worth=True),
    Deviation("gives room away", room_worth=False),
    *(Deviation(f"declares {k:.0f} times its room", declared=k) for k in DECLARED),
    Deviation("a fifth asks 20% more", coalition=True),
)


def grid(scenario: Scenario) -> list[Deviation]:
    """Deviations that are some in a scenario: who does what all do does not deviate."""
    usual = scenario.waiting, scenario.incentives, scenario.room_worth
    every = [d for d in GRID if not any(map(is_, (d.waits, d.incentives, d.room_worth), usual))]
    return [d for d in every if scenario.stress == CALM or not d.coalition]


@dataclass(frozen=True)
class DeviationJob:
    """A run in which somebody deviates.

    Attributes
    ----------
    rule : str
        One of ``ballast.studies.compare.rules.RULES``.
    scenario : Scenario
        What is run.
    deviation : Deviation
        How.
    quantile : float or None
        Who: its place in the order of costs; None for a run in which all play straight, or a coalition deviates.
    """

    rule: str
    scenario: Scenario
    deviation: Deviation
    quantile: float | None


def deviators(run: Run) -> list[int]:
    """Rows of the coprocessors that deviate, by ``QUANTILES``."""
    order = np.argsort(run.people[1].traits["cost"], kind="stable")
    return [int(order[int(q * (len(order) - 1))]) for q in QUANTILES]


def profits(job: DeviationJob) -> tuple[list[float], float]:
    """Profits of those that may deviate, when one of them or nobody does, and the even share.

    By ``QUANTILES``, and last the mean of those who may form a coalition.
    """
    held: list[Integers] = []

    def watch(run: Run) -> None:
        known = run.world.market.accounts[accounts]
        held.append(known["free"] + known["locked"] - run.world.fortune["spent"][accounts])

    deviation = job.deviation
    stress = COALITION if deviation.coalition else job.scenario.stress
    run = Run(replace(job.scenario, waiting=True, stress=stress), watch=watch)
    rows = deviators(run)
    watched = np.concatenate((rows, run.stress.ring))
    accounts = run.first_coprocessor + watched
    people = run.people[1]
    waits = np.full(len(people.traits), job.scenario.waiting)
    if job.quantile is not None:
        row = rows[QUANTILES.index(job.quantile)]
        people.traits["markup"][row] = round(deviation.markup * int(people.traits["cost"][row]))
        people.traits["last_call"][row] = deviation.last_call
        for name in ("incentives", "room_worth"):
            counts = getattr(deviation, name)
            people.traits[name][row] = getattr(job.scenario, name) if counts is None else counts
        people.traits["declared"][row] = deviation.declared
        has = int(people.capacity[row])
        people.capacity[row] = max(round((1 - deviation.withheld) * deviation.declared * has), 1)
        # the stake behind what is registered and is not there
        people.funds[row] += max(int(people.capacity[row]) - has, 0) * job.scenario.network().stake_per_unit
        waits[row] = job.scenario.waiting if deviation.waits is None else deviation.waits
    # who is comfortable with any load it accepts does not wait
    people.traits["comfort"][~waits] = people.traits["patience"][~waits]
    run.execute(Twin(job.scenario.network()))
    first = warmed_up(run.scenario)
    made = held[-1] - (held[first - 1] if first else people.funds[watched])
    even = float(run.periods["auctioned_reward"][first:].sum()) / len(people.funds)
    return [*made[: len(rows)].tolist(), float(made[len(rows) :].mean())], even


def regret(
    scenario: Scenario,
    seeds: int,
    rules: Sequence[str] = COMPARED,
    workers: int = 1,
    progress: Progress | None = None,
) -> dict[str, dict[str, Estimate]]:
    """Gains of all deviations under some rules, with 95% intervals over seeds.

    Parameters
    ----------
    scenario : Scenario
        With the protocol's auction. Its seed is the first of the seeds, the others follow one by one.
    seeds : int
        How many.
    rules : sequence of str
        Some of ``ballast.studies.compare.rules.RULES``.
    workers : int
        Processes.
    progress : callable, optional
        Called after each run with the runs done so far and all runs.

    Returns
    -------
    dict
        By rule and deviation the gain; under ``STRAIGHT``'s name the profit of straight play.

    Raises
    ------
    ParameterError
        If something is out of its range.
    """
    check_seeds(scenario, seeds)
    jobs = []
    for rule in rules:
        for seed in range(scenario.seed, scenario.seed + seeds):
            base = replace(under(rule, scenario), seed=seed)
            jobs.append(DeviationJob(rule, base, STRAIGHT, None))
            for deviation in grid(base):
                who = (None,) if deviation.coalition else QUANTILES
                jobs += [DeviationJob(rule, base, deviation, q) for q in who]
    found: dict[DeviationJob, tuple[list[float], float]] = {}
    for job, made in spread(profits, jobs, workers):
        found[job] = made
        if progress:
            progress(len(found), len(jobs))
    return {rule: _gains([job for job in jobs if job.rule == rule], found) for rule in rules}


def _gains(jobs: Sequence[DeviationJob], found: dict[DeviationJob, tuple[list[float], float]]) -> dict[str, Estimate]:
    straight = {job.scenario.seed: found[job] for job in jobs if job.deviation == STRAIGHT}
    singles = len(QUANTILES)
    shares = {STRAIGHT.name: [float(np.mean(made[:singles])) / even for made, even in straight.values()]}
    for deviation in grid(jobs[0].scenario):
        shares[deviation.name] = []
        for seed, (usual, even) in straight.items():
            gains = []
            for job in jobs:
                if job.deviation == deviation and job.scenario.seed == seed:
                    who = singles if job.quantile is None else QUANTILES.index(job.quantile)
                    gains.append(found[job][0][who] - usual[who])
            shares[deviation.name].append(float(np.mean(gains)) / even)
    return {name: estimate(of_seeds) for name, of_seeds in shares.items()}


def largest(gains: dict[str, Estimate]) -> tuple[str, Estimate]:
    """Deviation of one coprocessor with the largest gain."""
    singles = [d.name for d in GRID if d.name in gains and not d.coalition]
    return max(((name, gains[name]) for name in singles), key=lambda item: item[1].mean)
