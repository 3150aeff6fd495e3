"""Parameters of the contracts in a scenario: where they come from, what contradicts them, and that they are played."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from ballast.chain.anvil import Anvil
from ballast.cli import main
from ballast.client.contracts import (
    ClassRegistry,
    CollateralEscrow,
    GasReputation,
    ParticipantRegistry,
    Slasher,
    TaskRegistry,
)
from ballast.deployment import Deployment, deploy, verify
from ballast.devnet import populate
from ballast.errors import DeploymentError, ParameterError, RecordError, UserError, WorkloadError
from ballast.model import class_packing, load_curve
from ballast.model.load_curve import PRESETS, designed
from ballast.model.parameters import ClassParameters, ContractParameters, NetworkParameters
from ballast.sim.directory import simulate
from ballast.sim.engines.evm import EvmEngine
from ballast.sim.engines.twin import Twin
from ballast.sim.like import deployed
from ballast.sim.period.pool import LIVING
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario, decided, from_table, load, of_table, with_contracts
from ballast.sim.state import FIRST_OPERATOR

SMALL = Scenario(operators=5, coprocessors=6, periods=4, tasks_per_period=40, seed=3, utilisation=1.0)
CURVE = designed(idle=10_000_000, best=80_000_000, b=6_000, f=9_000, full=10**9)
NETWORK = NetworkParameters(
    epoch_seconds=600,
    fee=30_000,
    stake_per_unit=20,
    curve=CURVE,
    slash=replace(NetworkParameters().slash, burn=200_000),
    filter=replace(NetworkParameters().filter, alpha=500_000),
)
CLASS_TERMS = ClassParameters(
    steps=6,
    step_seconds=3,
    start=700_000,
    start_gain=25_000,
    start_target=150_000,
    cap=960_000,
    floor=500_000,
    tick=90_000,
    idle_discount=30_000,
    load_bonus=200_000,
    load_malus=2_000_000,
    record_weight=800_000,
    record_level=550_000,
    hard_quality=1,
    min_executor_reputation=300_000,
    min_operator_reputation=490_000,
    collateral=1_500_000,
    stake_share=2_000,
    operator_share=20_000,
    submit_seconds=500,
    rescue_seconds=300,
    challenge_seconds=90,
    slash_factor=200_000,
    wrong_factor=700_000,
    complexity=12,
    min_reward=50,
)
BOTH = ContractParameters(NETWORK, CLASS_TERMS)
LOWEST = ClassParameters().floor
"""Price below which no task is sold, ppm of the reward."""
LIKE = with_contracts(SMALL, BOTH, "here")


# Where they come from


def test_a_scenario_has_them_and_says_the_same() -> None:
    LIKE.validate()
    assert (LIKE.network(), LIKE.task_class()) == (NETWORK, CLASS_TERMS)
    assert LIKE.task_class(heavy=False) == replace(CLASS_TERMS, complexity=1)
    assert (LIKE.preset, LIKE.submit_seconds, LIKE.slashing, LIKE.collateral) == ("own", 500, 0.2, 1.5)
    assert (LIKE.start_gain, LIKE.start_target, LIKE.load_bonus, LIKE.load_malus) == (0.025, 0.15, 0.2, 2.0)
    assert (LIKE.record_weight, LIKE.hard_quality, LIKE.stake_share, LIKE.wrong_factor) == (0.8, True, 0.002, 0.7)
    assert LIKE.off_chain() is None


def test_without_a_class_the_scenarios_stays() -> None:
    scenario = with_contracts(replace(SMALL, slashing=0.3), ContractParameters(NETWORK), "here")
    # but for what an idle bidder is paid less, which is what the bonus takes off at the largest f: 0.3 of 8%
    assert scenario.task_class() == replace(replace(SMALL, slashing=0.3).task_class(), idle_discount=24_000)
    assert decided(ContractParameters(NetworkParameters(curve=PRESETS["smooth"]))) == {"preset": "smooth"}
    assert decided(None) == {}


def test_a_file_may_hold_tables(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        "[ours]\nperiods = 3\n[slash]\nfinder = 1\n[class]\ncollateral = 1_200_000\n[curve]\npreset = 'hump'\n"
    )
    scenario = load(path)
    plain = Scenario(periods=3)
    assert scenario.network() == replace(
        plain.network(), preset="hump", slash=replace(NETWORK.slash, finder=1, burn=100_000)
    )
    assert scenario.task_class() == replace(plain.task_class(), collateral=1_200_000)
    assert (scenario.preset, scenario.collateral, scenario.periods) == ("hump", 1.2, 3)
    without = from_table({"ours": {"slashing": 0.3}, "network": {"fee": 900}}, "here")
    assert without.task_class() == Scenario(slashing=0.3).task_class()
    assert without.network() == replace(Scenario().network(), fee=900)
    assert from_table({"filter": {"drift": 1}}, "here").network().filter.drift == 1


def test_a_file_may_name_one(tmp_path: Path) -> None:
    path, named = tmp_path / "mine.toml", tmp_path / "parameters.toml"
    named.write_text("[network]\nfee = 700\n")
    path.write_text(f'parameters = "{named}"\n')
    assert load(path).network() == NetworkParameters(fee=700)
    path.write_text(f'parameters = "{named}"\n[slash]\nfinder = 1\n')
    with pytest.raises(ParameterError, match=f"^{path}: {named}: the scenario has parameters of the contracts already"):
        load(path)
    path.write_text("parameters = 3\n")
    with pytest.raises(ParameterError, match=f"^{path}: parameters is 3: give a path$"):
        load(path)
    path.write_text('parameters = "nowhere.toml"\n')
    with pytest.raises(ParameterError, match=r"nowhere\.toml: cannot be read"):
        load(path)


@pytest.mark.parametrize("scenario", [SMALL, LIKE, replace(SMALL, workload=Path("trace.csv"))])
def test_a_table_brings_a_scenario_back(scenario: Scenario) -> None:
    table = json.loads(json.dumps(scenario.to_table()))
    assert set(table) == {f.name for f in fields(Scenario)}
    assert of_table(table, "here") == scenario


# What contradicts them


@pytest.mark.parametrize(
    ("field", "own", "value"),
    [
        ("preset", "smooth", "own"),
        ("slashing", 0.3, 0.2),
        ("collateral", 2.0, 1.5),
        ("start_gain", 0.04, 0.025),
        ("start_target", 0.3, 0.15),
        ("load_bonus", 0.1, 0.2),
        ("load_malus", 3.0, 2.0),
        ("record_weight", 2.0, 0.8),
        ("stake_share", 0.1, 0.002),
        ("wrong_factor", 0.4, 0.7),
    ],
)
def test_a_scenarios_own_value_is_refused(field: str, own: Any, value: Any) -> None:
    message = f"^here: {field} is {value}, and the scenario's is {own}: give one of the two$"
    with pytest.raises(ParameterError, match=message):
        with_contracts(replace(SMALL, **{field: own}), BOTH, "here")
    with_contracts(replace(SMALL, **{field: value}), BOTH, "here")
    with pytest.raises(ParameterError, match=f"is {own}, and the parameters of the contracts have {value}: give one"):
        replace(LIKE, **{field: own}).validate()


def test_quality_that_is_hard_for_one_alone_is_refused() -> None:
    soft = ContractParameters(NETWORK, replace(CLASS_TERMS, hard_quality=0))
    with pytest.raises(ParameterError, match=r"^here: hard_quality is False, and the scenario's is True"):
        with_contracts(replace(SMALL, hard_quality=True), soft, "here")
    with pytest.raises(
        ParameterError, match=r"^--hard-quality is False, and the parameters of the contracts have True"
    ):
        replace(LIKE, hard_quality=False).validate()


def test_a_file_that_says_it_twice(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[ours]\ncollateral = 2.0\n[class]\ncollateral = 1_500_000\n")
    with pytest.raises(ParameterError, match=f"^{path}: collateral is 1.5, and the scenario's is 2.0: give one"):
        load(path)
    path.write_text("[class]\nsteps = 99\n")
    with pytest.raises(ParameterError, match=f"^{path}: steps is 99: must be from 2 to 63"):
        load(path)
    path.write_text("[ours]\npreset = 'steep'\n[class]\nsteps = 9\n")
    with pytest.raises(ParameterError, match=f"^{path}: --preset is 'steep': give one of"):
        load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"min_operator_reputation": 501_000}, "min_operator_reputation is 501000: must be from 0 to 500000 "),
        ({"min_executor_reputation": 501_000}, "min_executor_reputation is 501000: must be from 0 to 500000 "),
        ({"complexity": 1}, "complexity is 1: it is that of heavy tasks, and a run needs at least 2"),
        (
            {"challenge_seconds": 17},
            "challenge_seconds is 17: .* every 19 seconds, .* at least 19; give a shorter clock, or longer limits$",
        ),
        ({"rescue_seconds": 18}, "rescue_seconds is 18: .* needs at least 19; give a shorter clock"),
        ({"submit_seconds": 37}, "submit_seconds is 37: .* needs at least 38; give a shorter clock"),
        (
            {"steps": 63, "step_seconds": 10},
            "waves is 8, and epoch_seconds 600: .* the clock, 630 seconds, or longer: give an epoch of 630 seconds",
        ),
    ],
)
def test_terms_that_cannot_be_played(change: dict[str, Any], message: str) -> None:
    scenario = with_contracts(SMALL, ContractParameters(NETWORK, replace(CLASS_TERMS, **change)), "here")
    with pytest.raises(ParameterError, match=f"^{message}"):
        Run(scenario)


@pytest.mark.parametrize("engine", ["twin", "evm"])
@pytest.mark.parametrize(
    ("reward", "parameters", "message"),
    [
        (9, {}, "difficulty 5 has a reward of 9, and its class asks for at least 10"),
        (60, {"min_reward": 61}, "difficulty 5 has a reward of 60, and its class asks for at least 61"),
        (
            100,
            {"fee_per_unit": 11},
            f"difficulty 5 and reward 100 may be sold at {LOWEST // 10_000}, and its fee is 55",
        ),
    ],
)
def test_a_trace_of_tasks_that_no_operator_could_open(
    engine: str, reward: int, parameters: dict[str, Any], message: str, tmp_path: Path
) -> None:
    trace = tmp_path / "trace.csv"
    trace.write_text(f"submit,duration,reward\n0,5,{reward}\n1,5,1000\n")
    terms = {name: value for name, value in parameters.items() if name == "min_reward"}
    network = {name: value for name, value in parameters.items() if name != "min_reward"}
    scenario = Scenario(operators=2, coprocessors=2, periods=1, workload=trace)
    given = ContractParameters(replace(scenario.network(), **network), replace(scenario.task_class(), **terms))
    with pytest.raises(WorkloadError, match=f"^a task of {message}"):
        run_on(with_contracts(scenario, given, "here"), engine)


# That they are played


@pytest.mark.parametrize(
    ("limits", "waves"),
    [
        ({}, 8),
        ({"challenge_seconds": 40}, 15),
        ({"rescue_seconds": 50}, 12),
        ({"submit_seconds": 81}, 15),
        ({"challenge_seconds": 19, "submit_seconds": 40}, 32),
    ],
)
def test_a_class_with_short_time_limits_is_looked_at_more_often(limits: dict[str, Any], waves: int) -> None:
    """Tasks that have little time are looked at in time, and the contracts agree."""
    terms = replace(CLASS_TERMS, **limits)
    scenario = replace(with_contracts(SMALL, ContractParameters(NETWORK, terms), "here"), periods=3)
    assert scenario.waves == 8
    assert scenario.played_waves() == waves
    twin, evm = (run_on(scenario, engine).summary for engine in ("twin", "evm"))
    assert twin["state_digest"] == evm["state_digest"]
    assert twin["tasks_settled"] > 30


def test_the_defaults_of_a_deployment_are_played() -> None:
    """An epoch of an hour, and a minute for a challenge."""
    scenario = replace(
        with_contracts(SMALL, ContractParameters(NetworkParameters(), ClassParameters()), "here"), periods=3
    )
    assert scenario.played_waves() == 60
    twin, evm = (run_on(scenario, engine).summary for engine in ("twin", "evm"))
    assert twin["state_digest"] == evm["state_digest"]
    assert twin["tasks_settled"] > 60


def test_more_waves_than_time_limits_ask_for_are_played() -> None:
    assert replace(LIKE, waves=20).played_waves() == 20
    with pytest.raises(ParameterError, match=r"^waves is 34, .* 18 seconds, or longer: give at most 33 --waves$"):
        Run(replace(LIKE, waves=34))


@pytest.mark.parametrize("rescue_seconds", [300, 700])
def test_the_contracts_take_the_class_too(rescue_seconds: int) -> None:
    """Before the time to rescue is over, none but its operator may end an unsold task."""
    both = replace(BOTH, terms=replace(CLASS_TERMS, rescue_seconds=rescue_seconds))
    scenario = replace(with_contracts(SMALL, both, "here"), periods=12, seed=4, break_even=False)
    twin, evm = (run_on(scenario, engine).summary for engine in ("twin", "evm"))
    assert twin["state_digest"] == evm["state_digest"]
    assert twin["conserved"]
    assert twin["contracts"] == both.to_table()
    assert twin["tasks_unsold"] > 0
    assert twin["tasks_late"] > 0
    assert twin["tasks_rescued"] > 0
    assert twin["tasks_forfeited"] > 0
    assert twin["tasks_settled"] > 100


def test_who_falls_below_the_classs_reputation_opens_and_executes_nothing() -> None:
    """A class that newcomers just reach; an operator and every other coprocessor give wrong results alone."""
    strict = replace(CLASS_TERMS, min_operator_reputation=500_000, min_executor_reputation=500_000)
    scenario = with_contracts(SMALL, ContractParameters(NETWORK, strict), "here")
    scenario = replace(scenario, deliberate=False, periods=8)
    digests = set()
    for engine in (Twin, EvmEngine):
        operators, coprocessors = Run(scenario).people
        operators.traits["quality"][0] = coprocessors.traits["quality"][::2] = 0.0
        out: set[int] = set()
        had: dict[int, int] = {}

        def look(run: Run, out: set[int] = out, had: dict[int, int] = had) -> None:
            low = run.world.market.accounts["reputation"] < 500_000
            pool = run.world.pool
            for task in np.concatenate((run.tasks, pool.tasks[pool.lists[LIVING, : pool.counts[LIVING]]])):
                number, executor = int(task["number"]), int(task["executor"])
                assert number in had or not low[task["operator"]]
                assert executor == had.get(number, 0) or not low[executor]
                had[number] = executor
            out.update(np.flatnonzero(low[FIRST_OPERATOR : FIRST_OPERATOR + 11]).tolist())

        run = Run(scenario, watch=look, people=(operators, coprocessors))
        digests.add(run.execute(engine(scenario.network()))["state_digest"])
        assert {0, 5, 7, 9} <= out < set(range(11)), "others may fall with those they trusted, not all"
        assert run.periods["opened"].min() > 0
        assert run.periods["unplaced"].sum() == 0, "others open what they may not"
    assert len(digests) == 1


def test_half_of_the_operators_are_able_however_complex_the_tasks() -> None:
    operators, coprocessors = Run(replace(LIKE, operators=200)).people
    assert set(operators.traits["complexity"].tolist()) == {1, 12}
    assert set(coprocessors.traits["complexity"].tolist()) == {12}


def test_a_run_that_goes_on_has_the_same_contracts(tmp_path: Path) -> None:
    kept = tmp_path / "kept.npz"

    def stop(done: int, _total: int) -> None:
        if done > 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_on(LIKE, progress=stop, kept_in=kept)
    other = replace(LIKE, contracts=replace(BOTH, network=replace(NETWORK, fee=100)))
    with pytest.raises(UserError, match="was begun with other parameters of the contracts; give the same"):
        run_on(other, kept_in=kept)
    assert run_on(LIKE, kept_in=kept).summary["state_digest"] == run_on(LIKE).summary["state_digest"]


# What is deployed


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Anvil, Path]]:
    """Deploy to a chain with other parameters than the defaults, and give the chain and the record."""
    with Anvil() as anvil:
        net = populate(anvil.rpc, deploy(anvil.rpc, NETWORK), 1, 1, CLASS_TERMS)
        record = tmp_path_factory.mktemp("like") / "31337.json"
        net.deployment.save(record)
        yield anvil, record


def read_back(anvil: Anvil, deployment: Deployment) -> ContractParameters:
    """Read all parameters from the chain, with no help of the record but for addresses."""
    escrow, tasks = deployment.contract(CollateralEscrow), deployment.contract(TaskRegistry)
    participants, reputation = deployment.contract(ParticipantRegistry), deployment.contract(GasReputation)
    node = anvil.rpc
    auction, opening = tasks.class_words(1).read(node)
    hot, cold = class_packing.auction(auction), class_packing.opening(opening)
    values = {name: getattr(hot, name) for name in hot.__slots__ if name in ClassParameters.__slots__}
    terms = ClassParameters(
        **values,
        floor=hot.floor_,
        idle_discount=hot.idle,
        load_bonus=hot.bonus,
        load_malus=hot.malus,
        record_weight=hot.weight,
        record_level=hot.level,
        hard_quality=hot.hard,
        min_executor_reputation=hot.min_reputation,
        min_operator_reputation=cold.min_reputation,
        complexity=cold.complexity,
        min_reward=cold.min_reward,
        start=cold.start,
        start_gain=cold.gain,
        start_target=cold.target,
        wrong_factor=cold.wrong_factor,
    )
    network = NetworkParameters(
        entry_fee=escrow.ENTRY_FEE().read(node),
        thaw_seconds=escrow.THAW_SECONDS().read(node),
        epoch_seconds=tasks.clock().read(node)[1],
        stake_per_unit=participants.STAKE_PER_UNIT().read(node),
        fee=deployment.contract(ClassRegistry).fee().read(node),
        fee_per_unit=tasks.FEE_PER_UNIT().read(node),
        bond_per_value=reputation.BOND_PER_VALUE().read(node),
        pay_per_value=reputation.PAY_PER_VALUE().read(node),
        curve=load_curve.unpack(participants.curve_in(1).read(node)),
        slash=deployment.contract(Slasher).terms().read(node),
        filter=reputation.parameters().read(node),
    )
    return ContractParameters(network, terms)


def test_what_is_deployed_is_simulated_on_the_model_and_on_a_chain(devnet: tuple[Anvil, Path], tmp_path: Path) -> None:
    anvil, record = devnet
    digests = []
    for engine in ("twin", "anvil"):
        out = tmp_path / engine
        size = ("--operators", "4", "--coprocessors", "5", "--periods", "2", "--tasks-per-period", "30")
        done = CliRunner().invoke(
            main, ["simulate", "--engine", engine, "--like", str(record), *size, "--out", str(out), "--json"]
        )
        assert done.exit_code == 0, done.output
        summary = json.loads((out / "summary.json").read_text())
        digests.append(summary["state_digest"])
        assert summary["contracts"] == read_back(anvil, Deployment.load(record)).to_table() == BOTH.to_table()
        assert "contracts" in summary["scenario"]["changed"]
    assert digests[0] == digests[1]


def test_a_class_that_is_not_as_recorded_is_found(devnet: tuple[Anvil, Path]) -> None:
    anvil, record = devnet
    deployment = Deployment.load(record)
    assert verify(anvil.rpc, deployment) == ()
    for terms in (replace(CLASS_TERMS, steps=5), replace(CLASS_TERMS, min_reward=51), replace(CLASS_TERMS, risk=1)):
        with pytest.raises(DeploymentError, match=r"^class 1: expected .* found "):
            verify(anvil.rpc, replace(deployment, classes={1: terms}))
    with pytest.raises(DeploymentError, match=r"^class 2: expected "):
        verify(anvil.rpc, replace(deployment, classes={2: CLASS_TERMS}))


def test_a_record_has_one_class_or_none(devnet: tuple[Anvil, Path], tmp_path: Path) -> None:
    _, record = devnet
    path, deployment = tmp_path / "record.json", Deployment.load(record)
    replace(deployment, classes={}).save(path)
    assert deployed(path) == ContractParameters(NETWORK)
    replace(deployment, classes={1: CLASS_TERMS, 2: CLASS_TERMS}).save(path)
    with pytest.raises(RecordError, match="has the classes 1, 2: a simulation takes one"):
        deployed(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--like", "RECORD", "--parameters", "FILE"), "--parameters and --like both say what the contracts have"),
        (("--like", "nowhere.json"), "deployment file nowhere.json cannot be read"),
        (("--like", "FILE"), "is not a deployment file"),
        (("--parameters", "nowhere.toml"), "nowhere.toml: cannot be read"),
        (("--parameters", "RECORD"), "not TOML"),
        (("--like", "RECORD", "--slashing", "0.1"), "--slashing is 0.1, and the parameters of the contracts have 0.2"),
        (
            ("--parameters", "FILE", "--preset", "smooth"),
            "--preset is smooth, and the parameters of the contracts have",
        ),
        (
            ("--parameters", "FILE", "--scenario", "MINE"),
            "--parameters FILE: preset is hump, and the scenario's is smooth",
        ),
    ],
)
@pytest.mark.parametrize("command", ["simulate", "parity"])
def test_a_mistake_is_one_line(
    command: str, options: tuple[str, ...], message: str, devnet: tuple[Anvil, Path], tmp_path: Path
) -> None:
    file, mine = tmp_path / "parameters.toml", tmp_path / "mine.toml"
    file.write_text("[curve]\npreset = 'hump'\n")
    mine.write_text("[ours]\npreset = 'smooth'\n")
    names = {"RECORD": str(devnet[1]), "FILE": str(file), "MINE": str(mine)}
    out = ("--out", str(tmp_path / "out")) if command == "simulate" else ()
    done = CliRunner(mix_stderr=False).invoke(main, [command, *(names.get(option, option) for option in options), *out])
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert message.replace("FILE", str(file)) in line
    assert not (tmp_path / "out").exists()


def test_figures_draw_the_curve_of_the_run(tmp_path: Path) -> None:
    from ballast.studies.figures import results
    from ballast.studies.figures.curve import load_curve as figure_8

    simulate(LIKE, tmp_path / "run", engine="twin")
    found = results.read(tmp_path / "run")
    assert found.the_run().curve == CURVE
    assert found.time == "time (periods of 600 s)"
    drawn = figure_8(found)
    lines = {line.get_label(): line for line in drawn.figure.axes[0].get_lines()}
    line = lines["own (this run)"]
    at = dict(zip(np.array(line.get_xdata()).tolist(), np.array(line.get_ydata()).tolist(), strict=True))
    assert at[60.0] == pytest.approx(8.0, abs=0.001)


def test_a_caption_speaks_of_the_curve_of_the_run() -> None:
    from ballast.studies.figures.curve import load_curve as figure_8
    from ballast.studies.figures.results import ResultsDirectory, RunResults

    curve = designed(idle=10_000_000, best=80_000_000, b=6_000, f=9_000, full=500_000_000)
    scenario = with_contracts(SMALL, ContractParameters(replace(NETWORK, curve=curve)), "here")
    run = RunResults(Path("run"), {"parameters": scenario.to_table()})
    drawn = figure_8(ResultsDirectory(Path("run"), run, (), {}))
    assert "; above F slashes grow to 1.5 times their size" in drawn.seen
    assert "All presets reach 0 at F = 80% and 100% at full load, this run's curve 0 at F = 90% and 50%" in drawn.alt
    plain = figure_8(ResultsDirectory(Path("run"), None, (), {}))
    assert "; above F slashes grow to twice their size" in plain.seen
    assert "All presets reach 0 at F = 80% and 100% at full load; the largest bonus: hump" in plain.alt
