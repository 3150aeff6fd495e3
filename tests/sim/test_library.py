"""What ``import ballast`` offers: a run with whatever it is given, refused where it cannot be run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ballast
from ballast.deployment import Deployment
from ballast.errors import ParameterError, WorkloadError
from ballast.model.parameter_files import load
from ballast.model.parameters import ContractParameters, NetworkParameters
from ballast.sim.engines.evm import EvmEngine
from ballast.sim.given import MAX_AMOUNT
from ballast.sim.population import Population
from ballast.sim.run import run_on

SMALL = ballast.Scenario(operators=5, coprocessors=6, periods=4, tasks_per_period=40, seed=3, utilisation=1.0)
TASKS = ballast.workload(np.arange(120) % 4, 1 + np.arange(120) * 7 % 90)


def digest(*arguments: Any, **given: Any) -> str:
    """Run, and give the digest of the state."""
    return str(ballast.simulate(*arguments, **given).summary["state_digest"])


@pytest.fixture(scope="module")
def plain() -> ballast.Results:
    return ballast.simulate(SMALL)


def test_import_loads_nothing_slow_and_offers_what_it_says() -> None:
    program = "import sys, ballast; print([m for m in ('numba', 'numpy', 'scipy', 'click') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert set(ballast.__all__) <= set(dir(ballast))
    assert all(getattr(ballast, name) is not None and name in (ballast.__doc__ or "") for name in ballast.__all__)
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = ballast.simulat  # type: ignore[attr-defined]


def test_a_run_is_that_of_the_command(plain: ballast.Results) -> None:
    run = run_on(SMALL)
    assert plain.summary["state_digest"] == run.summary["state_digest"]
    assert np.array_equal(plain.periods, run.periods)
    assert len(plain.periods) == 4
    assert plain.periods["opened"].sum() == plain.summary["tasks_opened"] == 160
    assert plain.accounts["account"].tolist() == list(range(4, 15))
    assert plain.accounts["tasks"].sum() >= plain.summary["tasks_settled"] == plain.periods["settled"].sum() > 0
    assert repr(plain).startswith("<Results: 4 periods, 11 accounts, 160 tasks, twin, ")


def test_a_scenario_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.sim.library.load", lambda name: {"mine": SMALL, Path("mine.toml"): SMALL}[name])
    assert digest("mine") == digest(Path("mine.toml")) == digest(SMALL)
    with pytest.raises(ParameterError, match="seed is -1"):
        ballast.simulate(replace(SMALL, seed=-1))
    with pytest.raises(ParameterError, match=r"engine is 'twins'.*did you mean twin"):
        ballast.simulate(SMALL, engine="twins")


@pytest.mark.parametrize("stress", ["none", "shirking", "wash_trading"])
def test_the_population_given_back_unchanged_changes_nothing(stress: str) -> None:
    scenario = replace(SMALL, stress=stress)
    people = ballast.population(scenario)
    before = [group.traits.copy() for group in people]
    assert digest(scenario, population=people) == digest(scenario)
    assert all(np.array_equal(old, group.traits) for old, group in zip(before, people, strict=True))


def test_the_population_changes_the_run(plain: ballast.Results) -> None:
    people = ballast.population(SMALL)
    people[1].traits["punctuality"] = 0.5
    changed = ballast.simulate(SMALL, population=people)
    assert changed.summary["tasks_late"] > 2 * plain.summary["tasks_late"]
    assert (changed.accounts["punctuality"][5:] == 0.5).all()


def test_tasks_participants_parameters_and_curve_hold_on_the_contracts_too() -> None:
    curve = ballast.load_curve.designed(idle=10_000_000, best=80_000_000, b=6_000, f=9_000, full=10**9)
    parameters = NetworkParameters(
        entry_fee=0,
        epoch_seconds=900,
        stake_per_unit=4_000,
        fee=100_000,
        fee_per_unit=1,
        bond_per_value=5_000,
        pay_per_value=500,
        slash=replace(NetworkParameters().slash, lateness_floor=100_000, burn=200_000),
        filter=replace(NetworkParameters().filter, alpha=500_000, newcomer=-200_000),
    )
    people = ballast.population(SMALL, workload=TASKS, parameters=parameters)
    people[1].traits["punctuality"] = 0.8
    given: dict[str, Any] = {"workload": TASKS, "population": people, "parameters": parameters, "curve": curve}
    twin, evm = (ballast.simulate(SMALL, engine=engine, **given) for engine in ("twin", "evm"))
    assert twin.summary["state_digest"] == evm.summary["state_digest"]
    assert twin.summary["conserved"]
    assert twin.summary["slashed_total"] > 0
    assert twin.summary["uptime_paid"] > 0
    assert twin.summary["parameters"]["submit_seconds"] == 0, "as it was asked for"
    needed = twin.summary["contracts"]["class"]["submit_seconds"]
    assert needed != SMALL.task_class().submit_seconds
    # what an idle bidder is paid less follows the curve: 0.3 of 8%
    terms = replace(SMALL.task_class(), submit_seconds=needed, idle_discount=24_000)
    assert twin.summary["contracts"] == ContractParameters(replace(parameters, curve=curve), terms).to_table()
    assert twin.summary["parameters"]["preset"] == "own"
    without = [digest(SMALL, **{name: each for name, each in given.items() if name != left_out}) for left_out in given]
    assert len({twin.summary["state_digest"], *without}) == 5


def test_everybody_in_every_period_is_kept(plain: ballast.Results) -> None:
    """In columns numbered as the accounts are; nothing of runs too large for it."""
    assert set(plain.history) == {"profit", "price", "tasks", "load", "given", "expected", "realised"}
    for name in ("tasks", "expected", "realised"):
        assert len(plain.history[name]) == len(plain.periods)
        assert np.array_equal(plain.history[name].sum(axis=0)[plain.accounts["account"]], plain.accounts[name])
    assert plain.accounts["realised"].any()


def test_the_scenarios_own_parameters_change_nothing(plain: ballast.Results) -> None:
    assert digest(SMALL, parameters=SMALL.network()) == plain.summary["state_digest"]
    assert digest(SMALL, curve=SMALL.network().chosen_curve) == plain.summary["state_digest"]


def test_what_is_deployed_is_simulated(tmp_path: Path, plain: ballast.Results) -> None:
    file, record = tmp_path / "parameters.toml", tmp_path / "record.json"
    file.write_text("[network]\nfee = 50_000\nepoch_seconds = 600\n[curve]\npreset = 'hump'\n[slash]\nburn = 200_000\n")
    read = load(file)
    engine = EvmEngine(read.network)
    engine.deployment.save(record)
    engine.close()
    assert Deployment.load(record).parameters == read.network
    found = {digest(SMALL, parameters=given) for given in (read, read.network, file, str(file))}
    assert found == {digest(SMALL, like=record), digest(SMALL, like=str(record))}
    assert plain.summary["state_digest"] not in found
    planned, standing = ballast.population(SMALL, parameters=file), ballast.population(SMALL, like=record)
    assert np.array_equal(planned[1].funds, standing[1].funds)
    with pytest.raises(ParameterError, match="parameters are given, and a deployment to be like: give one of them"):
        ballast.simulate(SMALL, parameters=file, like=record)


def test_entrants_have_the_stake_that_parameters_ask_for() -> None:
    scenario = replace(SMALL, entry=1.0, leaving=0.1, periods=6)
    high = replace(scenario.network(), stake_per_unit=60_000)
    accounts = ballast.simulate(scenario, parameters=high).accounts
    assert len(accounts) > 11
    held = accounts["free"] + accounts["locked"]
    assert (held > 50_000 * accounts["capacity"]).all()


def test_tasks_are_sorted_and_completed() -> None:
    tasks = ballast.workload([2, 0, 0], [5, 200, 10], operator=[1, -1, 0])
    assert tasks.period.tolist() == [0, 0, 2]
    assert tasks.difficulty.tolist() == [200, 10, 5]
    assert tasks.reward.tolist() == [2_000, 100, 100]
    assert tasks.heavy.tolist() == [True, False, False]
    assert tasks.operator.tolist() == [-1, 0, 1]
    given = ballast.workload([0, 1], [5, 6], [70, 80], [True, False])
    assert given.reward.tolist() == [70, 80]
    assert given.heavy.tolist() == [True, False]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([], []), "there is no task"),
        (([0], [0]), r"difficulty has 0: give whole numbers from 1 to \d+$"),
        (([0, 1], [1]), r"period has shape (2,), difficulty (1,): give one a task"),
        (([0], [1.5]), "difficulty is of float64 in 1 dimensions: give whole numbers"),
        (([0.5], [1]), "period is of float64"),
        (([[0]], [1]), "period is of int64 in 2 dimensions"),
        (([-1], [1]), "period has -1: give whole numbers from 0 to 99999$"),
        (([10**12], [1]), "period has 1000000000000: give whole numbers from 0 to"),
        (([0], [1], [2.5]), "reward is of float64"),
        (([0], [1], [1, 2]), "reward has shape (2,)"),
        (([0], [1], None, [2]), "heavy is of int64: give true or false for each task"),
        (([0], [1], None, None, ["a"]), "operator is of <U1"),
    ],
)
def test_arrays_that_are_no_tasks(columns: tuple[Any, ...], message: str) -> None:
    pattern = message if message.endswith("$") else re.escape(message)
    with pytest.raises(WorkloadError, match=f"^workload: {pattern}"):
        ballast.workload(*columns)


@pytest.mark.parametrize(
    ("columns", "changes", "message"),
    [
        (([4], [1]), {}, "period has 4: give whole numbers from 0 to 3"),
        (([0], [1], None, None, [5]), {}, "operator has 5: give whole numbers from -1 to 4"),
        (([0], [1], [9]), {}, "reward has 9: give whole numbers from 10 to"),
        (([0], [1]), {"stress": "burst"}, "stress is 'burst', which adds or changes tasks"),
    ],
)
def test_tasks_that_do_not_fit(columns: tuple[Any, ...], changes: dict[str, Any], message: str) -> None:
    scenario, tasks = replace(SMALL, **changes), ballast.workload(*columns)
    with pytest.raises(WorkloadError, match=message):
        ballast.simulate(scenario, workload=tasks)
    with pytest.raises(WorkloadError, match=message):
        ballast.population(scenario, workload=tasks)


def test_a_fee_is_at_most_the_lowest_price() -> None:
    tasks = ballast.workload([0], [100], [1_000])
    fits = replace(SMALL.network(), fee_per_unit=1)
    assert ballast.simulate(SMALL, workload=tasks, parameters=fits, engine="evm").summary["tasks_opened"] == 1
    with pytest.raises(WorkloadError, match="difficulty 100 and reward 1000 may be sold at 100, and its fee is 200:"):
        ballast.simulate(SMALL, workload=tasks, parameters=replace(fits, fee_per_unit=2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fee": -1}, "fee is -1: must be from 0"),
        ({"epoch_seconds": 59}, "epoch_seconds is 59: must be from 60"),
        ({"epoch_seconds": 127}, "waves is 8, and epoch_seconds 127: .* 16 seconds, or longer: give at most 7 --waves"),
        ({"entry_fee": MAX_AMOUNT + 1}, "entry_fee is .*: a run takes at most"),
        ({"filter": replace(NetworkParameters().filter, n0=2**64)}, "filter.n0 is .*: a run takes at most"),
    ],
)
def test_parameters_that_cannot_be_played(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        ballast.simulate(SMALL, parameters=replace(SMALL.network(), **changes))


def test_curves_that_cannot_be_played() -> None:
    smooth = ballast.load_curve.PRESETS["smooth"]
    with pytest.raises(ParameterError, match=r"curve\.b is 0"):
        ballast.simulate(SMALL, curve=replace(smooth, b=0))
    with pytest.raises(ParameterError, match="have a curve, and another one is given"):
        ballast.simulate(SMALL, parameters=NetworkParameters(curve=smooth), curve=smooth)


def wrong_traits(people: Population) -> Population:
    people.traits["quality"][2] = np.nan
    return people


def standing_still(people: Population) -> Population:
    people.traits["speed"][1] = 0
    return people


PEOPLE: dict[str, tuple[Callable[[Population], Population], str]] = {
    "a trait out of its range": (wrong_traits, "operators: quality has nan: give numbers from 0 to 1"),
    "a machine that stands still": (standing_still, "operators: speed has 0.0: give numbers from 0.01 to 100"),
    "other records": (lambda p: replace(p, traits=np.zeros(5, np.int64)), "operators: the traits are of another type"),
    "too few": (lambda p: replace(p, funds=p.funds[:4]), r"operators: funds has shape \(4,\), the scenario has 5"),
    "fractions": (lambda p: replace(p, capacity=p.capacity.astype(float)), "operators: capacity is of float64"),
    "no capacity": (lambda p: replace(p, capacity=p.capacity * 0), "operators: capacity has 0: give numbers from 1"),
    "debts": (lambda p: replace(p, funds=-p.funds), r"operators: funds has -\d+: give numbers from 0"),
    "no stake": (lambda p: replace(p, funds=p.capacity * 10 - 1), "operators: number 0 has funds of .* give more"),
}


@pytest.mark.parametrize("kind", PEOPLE)
def test_participants_that_cannot_be_registered(kind: str) -> None:
    change, message = PEOPLE[kind]
    operators, coprocessors = ballast.population(SMALL)
    with pytest.raises(ParameterError, match=message):
        ballast.simulate(SMALL, population=(change(operators), coprocessors))
