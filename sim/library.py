"""What `ballast` offers to programs: one call that runs a scenario, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from ballast.errors import ParameterError
from ballast.model import parameter_files as files
from ballast.model.load_curve import Curve
from ballast.model.parameters import ContractParameters, NetworkParameters, check_kind
from ballast.names import suggestion
from ballast.sim.directory import participants
from ballast.sim.engines import NAMES, TWIN
from ballast.sim.given import check_contracts, check_people, check_tasks
from ballast.sim.like import deployed
from ballast.sim.market.records import Records
from ballast.sim.population import Population, draw_people
from ballast.sim.run import generators, run_on
from ballast.sim.scenario import Scenario, decided, load, with_contracts
from ballast.sim.workload import Workload, workload_of

MARKET = "market"
"""Scenario that is run if none is given."""
GivenParameters = NetworkParameters | ContractParameters | Path | str


@dataclass(frozen=True, repr=False)
class Results:
    """What came out of a run.

    Attributes
    ----------
    periods : array of records
        One a period; ``periods["settled"]`` is a column. `ballast.sim.period.world.TALLY` says what each field means.
    accounts : array of records
        One a participant: number, role, capacity, reputation, funds, traits and how it fared.
    history : dict of array
        Everybody in every period: by name an array of periods by accounts, whose columns are the numbers of
        participants. `ballast.sim.state.RunState` says what they are; empty of runs too large for it.
    summary : dict
        Figures of the whole run, as in ``summary.json`` of ``ballast simulate``.
    """

    periods: Records
    accounts: Records
    history: dict[str, npt.NDArray[Any]]
    summary: dict[str, Any]

    def __repr__(self) -> str:
        engine, opened, digest = (self.summary[name] for name in ("engine", "tasks_opened", "state_digest"))
        return (
            f"<Results: {len(self.periods)} periods, {len(self.accounts)} accounts, {opened} tasks, {engine}, {digest}>"
        )


def simulate(
    scenario: Scenario | str | Path = MARKET,
    *,
    workload: Workload | None = None,
    population: tuple[Population, Population] | None = None,
    parameters: GivenParameters | None = None,
    like: Path | str | None = None,
    curve: Curve | None = None,
    engine: str = TWIN,
) -> Results:
    """Run a scenario.

    Parameters
    ----------
    scenario : Scenario, str or Path
        What to run, or the name or file of a scenario.
    workload : Workload, optional
        Tasks, from `ballast.workload`; by default the scenario's own.
    population : tuple of Population, optional
        Operators and coprocessors, from `ballast.population`; by default drawn for the tasks. They are not changed.
    parameters : NetworkParameters, ContractParameters or path, optional
        What the contracts are deployed with, in place of ``scenario.network()``; also with terms of a class, in place
        of ``scenario.task_class()``; or a parameter file.
    like : path, optional
        Deployment file: the contracts have the parameters of what is deployed, and the tasks its class.
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
    chosen = _scenario(scenario, parameters, like, curve)
    if not isinstance(engine, str) or engine not in NAMES:
        raise ParameterError(f"engine is {engine!r}: give one of {', '.join(NAMES)}{suggestion(engine, NAMES)}")
    if workload is not None:
        check_tasks(chosen, workload)
    if population is not None:
        check_people(chosen, population)
        population = (_copy(population[0]), _copy(population[1]))
    run = run_on(chosen, engine, workload=workload, people=population)
    return Results(run.periods, participants(run), run.history, run.summary)


def population(
    scenario: Scenario | str | Path = MARKET,
    *,
    workload: Workload | None = None,
    parameters: GivenParameters | None = None,
    like: Path | str | None = None,
) -> tuple[Population, Population]:
    """Draw the operators and coprocessors that a run would have, to look at or to change.

    A run with what this gives, unchanged, is the run without it.

    Parameters
    ----------
    scenario, workload, parameters, like
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
    chosen = _scenario(scenario, parameters, like)
    tasks_rng, people_rng, *_ = generators(chosen.seed)
    if workload is not None:
        check_tasks(chosen, workload)
    tasks = workload or workload_of(chosen, tasks_rng)
    return draw_people(chosen, tasks, people_rng)


def _scenario(
    scenario: Scenario | str | Path,
    parameters: GivenParameters | None,
    like: Path | str | None,
    curve: Curve | None = None,
) -> Scenario:
    """Put together what is run."""
    check_kind("scenario", scenario, Scenario | str | Path, "a Scenario, the name of one, or the path of a file")
    chosen = scenario if isinstance(scenario, Scenario) else load(scenario)
    chosen.validate()
    if parameters is not None and like is not None:
        raise ParameterError("parameters are given, and a deployment to be like: give one of them")
    if parameters is not None:
        given, source = parameters, "parameters"
        check_kind("parameters", given, GivenParameters, "NetworkParameters, ContractParameters, or the path of a file")
        if isinstance(given, Path | str):
            given, source = files.load(Path(given)), str(given)
        elif isinstance(given, NetworkParameters):
            given = ContractParameters(given)
        given.validate()
        chosen = with_contracts(chosen, given, source)
    if like is not None:
        check_kind("like", like, Path | str, "the path of a deployment file")
        chosen = with_contracts(chosen, deployed(Path(like)), str(like))
    if curve is not None:
        check_kind("curve", curve, Curve, "one of ballast.load_curve.designed or ballast.load_curve.PRESETS")
        contracts = chosen.contracts or ContractParameters(chosen.network())
        if contracts.network.curve is not None:
            raise ParameterError("the parameters have a curve, and another one is given: give one of them")
        contracts = replace(contracts, network=replace(contracts.network, curve=curve))
        contracts.validate()
        chosen = replace(chosen, contracts=contracts, **decided(contracts))
    check_contracts(chosen)
    return chosen


def _copy(people: Population) -> Population:
    """Stresses write into the traits and capacities."""
    return Population(people.traits.copy(), people.capacity.copy(), people.funds.copy())
