"""What `ballast` offers to programs: one call that runs a scenario, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ballast.errors import ParameterError
from ballast.model.load_curve import Curve
from ballast.model.parameters import NetworkParameters
from ballast.names import check_names
from ballast.sim.directory import participants
from ballast.sim.engines import NAMES, TWIN
from ballast.sim.given import check_parameters, check_people, check_tasks
from ballast.sim.market.records import Records
from ballast.sim.population import Population, draw_people
from ballast.sim.run import generators, run_on
from ballast.sim.scenario import Scenario, load
from ballast.sim.workload import Workload, workload_of

MARKET = "market"
"""Scenario that is run if none is given."""


@dataclass(frozen=True, repr=False)
class Results:
    """What came out of a run.

    Attributes
    ----------
    periods : array of records
        One a period; ``periods["settled"]`` is a column. `ballast.sim.period.world.TALLY` says what each field means.
    accounts : array of records
        One a participant: number, role, capacity, reputation, funds, traits and how it fared.
    summary : dict
        Figures of the whole run, as in ``summary.json`` of ``ballast simulate``.
    """

    periods: Records
    accounts: Records
    summary: dict[str, Any]

    def __repr__(self) -> str:
        engine, opened, digest = (self.summary[name] for name in ("engine", "tasks_opened", "state_digest"))
        return (
            f"<Results: {len(self.periods)} periods, {len(self.accounts)} accounts, {opened} tasks, {engine}, {digest}>"
        )


def simulate(
    scenario: Scenario | str = MARKET,
    *,
    workload: Workload | None = None,
    population: tuple[Population, Population] | None = None,
    parameters: NetworkParameters | None = None,
    curve: Curve | None = None,
    engine: str = TWIN,
) -> Results:
    """Run a scenario.

    Parameters
    ----------
    scenario : Scenario or str
        What to run, or the name or file of a scenario.
    workload : Workload, optional
        Tasks, from `ballast.workload`; by default the scenario's own.
    population : tuple of Population, optional
        Operators and coprocessors, from `ballast.population`; by default drawn for the tasks. They are not changed.
    parameters : NetworkParameters, optional
        What the contracts are deployed with, in place of ``scenario.network()``.
    curve : Curve, optional
        Load curve, for instance from `ballast.load_curve.designed`, in place of the parameters'.
    engine : str
        ``twin``, the model alone; ``evm``, the contracts in this process; ``anvil``, the contracts on a local chain.

    Raises
    ------
    UserError
        If something cannot be run, with what would be right; or if a function was replaced that machine code holds.
    DivergenceError
        If the engine does not do what the model predicts.

    Examples
    --------
    >>> small = Scenario(operators=10, coprocessors=10, periods=5, tasks_per_period=50)
    >>> simulate(small).summary["tasks_opened"]
    250
    """
    chosen = _scenario(scenario)
    check_names("engine", [engine], NAMES)
    network = _parameters(chosen, parameters, curve)
    if workload is not None:
        check_tasks(chosen, workload)
    if population is not None:
        check_people(chosen, population, network)
        population = (_copy(population[0]), _copy(population[1]))
    run = run_on(chosen, engine, workload=workload, people=population, parameters=network)
    return Results(run.periods, participants(run), run.summary)


def population(
    scenario: Scenario | str = MARKET,
    *,
    workload: Workload | None = None,
    parameters: NetworkParameters | None = None,
) -> tuple[Population, Population]:
    """Draw the operators and coprocessors that a run would have, to look at or to change.

    A run with what this gives, unchanged, is the run without it.

    Parameters
    ----------
    scenario, workload, parameters
        As for `simulate`.

    Returns
    -------
    tuple of Population
        Operators and coprocessors: ``traits`` (records), ``capacity`` (resource units) and ``funds`` (token units).

    Raises
    ------
    UserError
        If the scenario cannot be run.
    """
    chosen = _scenario(scenario)
    tasks_rng, people_rng, *_ = generators(chosen.seed)
    if workload is not None:
        check_tasks(chosen, workload)
    tasks = workload or workload_of(chosen, tasks_rng)
    return draw_people(chosen, tasks, people_rng, _parameters(chosen, parameters, None))


def _scenario(scenario: Scenario | str) -> Scenario:
    chosen = load(scenario) if isinstance(scenario, str) else scenario
    chosen.validate()
    return chosen


def _parameters(scenario: Scenario, parameters: NetworkParameters | None, curve: Curve | None) -> NetworkParameters:
    network = parameters or scenario.network()
    if curve is not None:
        if parameters is not None and parameters.curve is not None:
            raise ParameterError("the parameters have a curve, and another one is given: give one of them")
        network = replace(network, curve=curve)
    check_parameters(network)
    return network


def _copy(people: Population) -> Population:
    """Stresses write into the traits."""
    return Population(people.traits.copy(), people.capacity.copy(), people.funds.copy())
