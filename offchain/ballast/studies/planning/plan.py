"""A plan for the next periods, and what plans made the same way would have been worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.random import SeedSequence

from ballast.sim.origin import origin, stamp
from ballast.sim.scenario import Scenario
from ballast.studies.planning.capacity import Plan, check, make_plan
from ballast.studies.planning.demand import Demand, demand_of
from ballast.studies.planning.forecast import FORECASTERS, DemandForecast, Scores, futures, naive_error, origins, score
from ballast.studies.planning.question import Question

DRAWS: Final = 1_000
"""Futures of a forecast."""
STREAM: Final = 2
"""Makes the random numbers of demand, forecasts and plans others than those of the market (``ballast.sim.run``)."""


@dataclass(frozen=True)
class Trial:
    """A plan made before a window, and what the market sold in it.

    Attributes
    ----------
    forecast : DemandForecast
        Of the window.
    plan : Plan
        Made from it.
    tasks : int
        Heavy tasks that came.
    work : float
        Room that they took, summed over periods, resource units.
    sold : float
        Share of them sold.
    """

    forecast: DemandForecast
    plan: Plan
    tasks: int
    work: float
    sold: float


@dataclass(frozen=True)
class Backtest:
    """What a forecaster's forecasts and plans were worth.

    Attributes
    ----------
    trials : list of Trial
        One a window.
    scores : Scores
        Of the forecasts.
    """

    trials: list[Trial]
    scores: Scores

    @property
    def sold(self) -> float:
        """Share of all tasks sold."""
        tasks = sum(t.tasks for t in self.trials)
        return sum(t.tasks * t.sold for t in self.trials) / tasks if tasks else 1.0

    @property
    def capacity(self) -> float:
        """Mean capacity of all coprocessors together, resource units."""
        return float(np.mean([t.plan.total_capacity for t in self.trials]))

    @property
    def load(self) -> float:
        """Room that what came took, over the capacity."""
        horizon = len(self.trials[0].forecast.mean)
        return sum(t.work for t in self.trials) / sum(t.plan.total_capacity * horizon for t in self.trials)


@dataclass(frozen=True)
class Answer:
    """Plan for the periods after the demand.

    Attributes
    ----------
    question : Question
        What was asked.
    demand : Demand
        The past.
    records : dict of str to Backtest
        By forecaster.
    best : str
        Forecaster with the smallest mean pinball loss; the plan is made with it.
    forecast : DemandForecast
        Of the periods to come.
    plan : Plan
        For these.
    made : mapping
        Where it comes from, as `ballast.sim.origin.stamp` says it.
    """

    question: Question
    demand: Demand
    records: dict[str, Backtest]
    best: str
    forecast: DemandForecast
    plan: Plan
    made: Mapping[str, Any]


def streams_of(seed: int, count: int) -> list[SeedSequence]:
    """Make streams for the demand, the plan of the periods to come, and the plan before each window."""
    return SeedSequence([seed, STREAM]).spawn(count)


def answer(question: Question, progress: Callable[[int, int], None] | None = None) -> Answer:
    """Forecast, plan, and check on what came.

    Every forecaster plans for each window, from what came before it; the market is then run with the plan's capacity
    and stake on the tasks that came in the window, after those of a start-up. The forecaster with the smallest pinball
    loss plans for the periods after the last.

    Parameters
    ----------
    question : Question
        What is asked.
    progress : callable, optional
        Called before each window with its number and the number of windows.

    Raises
    ------
    UserError
        If the question cannot be answered.
    """
    question.validate()
    scenario, season, horizon = question.scenario, question.season, question.horizon
    firsts = origins(scenario.periods, season, horizon, question.windows)
    workload, *streams = streams_of(scenario.seed, 2 + len(firsts))
    demand = demand_of(scenario, season, firsts[0], np.random.default_rng(workload))
    history = demand.arrivals.astype(np.float64)
    naive_error(history[: firsts[0]], season)  # refuses what never changes, before the work begins

    def ahead(name: str, past: Demand, stream: SeedSequence) -> tuple[DemandForecast, Plan]:
        rng = np.random.default_rng(stream)
        drawn = futures(name, history[: past.periods], season, horizon, DRAWS, rng)
        return DemandForecast.of(past.periods, drawn), make_plan(scenario, past, drawn, question.level, rng)

    trials: dict[str, list[Trial]] = {name: [] for name in FORECASTERS}
    for number, (first, stream) in enumerate(zip(firsts, streams[1:], strict=True), start=1):
        if progress:
            progress(number, len(firsts))
        past, came = demand.between(0, first), demand.between(first, first + horizon)
        for name in FORECASTERS:
            forecast, plan = ahead(name, past, stream)
            sold = check(scenario, plan, demand.between(first - plan.start_up, first + horizon))
            trials[name].append(Trial(forecast, plan, int(came.arrivals.sum()), float(came.work.sum()), sold))
    records = {
        name: Backtest(made, score(history, season, [t.forecast for t in made])) for name, made in trials.items()
    }
    best = min(records, key=lambda name: records[name].scores.loss)
    scenario = question.scenario
    made = stamp(origin("market", scenario, Scenario()), scenario.seed, "scipy", "statsmodels")
    return Answer(question, demand, records, best, *ahead(best, demand, streams[0]), made)
