"""Scenarios and their files: what is refused and how it is said, and what runs on the twin alone."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from ballast.errors import ParameterError
from ballast.model import discounts, load_curve
from ballast.model.load_curve import PRESETS
from ballast.model.parameters import ContractParameters
from ballast.sim import run
from ballast.sim.command import DEFAULT
from ballast.sim.kinds import kinds_of
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import (
    ALLOCATIONS,
    CHOICES,
    FOLDER,
    HEAVY_COMPLEXITY,
    LIGHT_COMPLEXITY,
    MAX_PERIODS,
    RANGES,
    SWITCHES,
    TOLD,
    WHOLE,
    Scenario,
    from_table,
    load,
)

SHIPPED = sorted(FOLDER.glob("*.toml"))


def changed(scenario: Scenario, name: str, value: Any) -> Scenario:
    """Scenario with one field changed, whatever the type."""
    change: dict[str, Any] = {name: value}
    return replace(scenario, **change)


# Ranges


@pytest.mark.parametrize(("name", "low", "high", "kind"), RANGES, ids=[r[0] for r in RANGES])
def test_every_number_is_held_to_its_range(name: str, low: float, high: float, kind: str) -> None:
    step = 1 if kind == WHOLE else 1e-9
    values: list[Any] = [low - step, high + step, float("nan"), float("inf"), "1", None, True, [1]]
    for value in values + ([1.5] if kind == WHOLE else []):
        with pytest.raises(ParameterError) as caught:
            changed(Scenario(), name, value).validate()
        said = str(caught.value)
        assert said.startswith(f"--{name.replace('_', '-')} is {value}: give a {kind} from ")
        assert "\n" not in said


@pytest.mark.parametrize(("name", "low", "high"), [r[:3] for r in RANGES], ids=[r[0] for r in RANGES])
def test_both_ends_of_a_range_are_inside(name: str, low: float, high: float) -> None:
    for value in (low, high):
        wide = Scenario(operators=10_000, records=0.5)
        changed(wide, name, type(getattr(wide, name))(value)).validate()


@pytest.mark.parametrize(("name", "known"), CHOICES, ids=[c[0] for c in CHOICES])
def test_every_choice_is_one_of_the_known(name: str, known: tuple[str, ...]) -> None:
    for value in known:
        changed(Scenario(), name, value).validate()
    for other in ("steep", "", None, 3):
        with pytest.raises(ParameterError) as caught:
            changed(Scenario(), name, other).validate()
        assert str(caught.value) == f"--{name} is {other!r}: give one of {', '.join(known)}"


@pytest.mark.parametrize("name", SWITCHES)
def test_switches_are_true_or_false(name: str) -> None:
    for value in (0, 1, "yes", None):
        with pytest.raises(ParameterError, match=rf"^{name} is .*: give true or false$"):
            changed(Scenario(), name, value).validate()


def test_no_more_tasks_than_slots() -> None:
    Scenario(operators=6, tasks_per_period=6 * 1_024).validate()
    with pytest.raises(ParameterError, match=r"^--tasks-per-period is 6145: give a whole number from 1 to 6144$"):
        Scenario(operators=6, tasks_per_period=6 * 1_024 + 1).validate()


def test_every_field_is_checked() -> None:
    """A field that no rule names would let anything through; a workload is read, and refused there."""
    named = {rule[0] for rule in (*RANGES, *CHOICES)} | set(SWITCHES)
    assert named | {"workload", "contracts", "classes"} == {f.name for f in fields(Scenario)}


def test_a_run_validates_its_scenario() -> None:
    with pytest.raises(ParameterError, match="--periods is"):
        Run(Scenario(periods=MAX_PERIODS + 1))


@pytest.mark.parametrize("slashing", [0.000001, 0.000003, 0.050003, 1.0])
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("collateral", [0.98, 4.0])
def test_whatever_may_go_to_the_contracts_is_accepted_there(slashing: float, preset: str, collateral: float) -> None:
    """Both ends of every term, all terms together, and numbers that no word holds."""
    ends: dict[str, tuple[Any, ...]] = {name: (low, high) for name, low, high, _ in RANGES if name in TOLD}
    cases = [{name: ends[name][end] for name in TOLD} for end in (0, 1)]
    cases += [{name: value} for name in TOLD for value in (*ends[name], 0.123456789)]
    for case in ({}, {"hard_quality": True}, *cases):
        scenario = Scenario(slashing=slashing, preset=preset, collateral=collateral, **case)
        scenario.validate()
        assert scenario.off_chain() is None
        scenario.network().validate()
        for heavy, complexity in ((False, LIGHT_COMPLEXITY), (True, HEAVY_COMPLEXITY)):
            scenario.task_class(heavy).validate()
            assert scenario.task_class(heavy).complexity == complexity


def test_terms_of_a_class_are_a_scenarios_fractions_in_the_units_of_a_word() -> None:
    own = {
        **{"start_gain": 0.02016, "start_target": 0.1234, "load_bonus": 0.25, "load_malus": 1.5},
        **{"record_weight": 0.5004, "stake_share": 0.01234, "wrong_factor": 0.412345},
    }
    terms = Scenario(preset="monotone", hard_quality=True, **own).task_class()  # type: ignore[arg-type]
    found = [getattr(terms, name) for name in own]
    assert found == [20_200, 123_000, 250_000, 1_500_000, 500_000, 12_300, 412_345]
    assert terms.hard_quality == 1
    assert Scenario().task_class().hard_quality == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_where_f_is_largest_up_to_f_there_is_no_discount_for_load(preset: str) -> None:
    """What an idle bidder is paid less is what the bonus takes off at the best load, to half a permille."""
    terms = Scenario(preset=preset, load_bonus=0.5).task_class()
    curve = load_curve.pack(PRESETS[preset])
    discount = [
        discounts.of_load(curve, terms.idle_discount, terms.load_bonus, terms.load_malus, x)
        for x in range(load_curve.kink(curve) + 1)
    ]
    assert min(discount) <= 500
    assert terms.idle_discount == pytest.approx(load_curve.peak(curve) / 2, abs=500)


def test_a_wrong_result_costs_no_less_of_the_collateral_than_a_late_one() -> None:
    assert Scenario(slashing=0.3, wrong_factor=0.1).task_class().wrong_factor == 300_000
    assert Scenario(slashing=0.3, wrong_factor=0.4).task_class().wrong_factor == 400_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("start_gain", 0.0), ("start_target", 0.05), ("load_bonus", 0.0), ("load_malus", 0.0)],
        *[("record_weight", 0.0), ("hard_quality", True), ("stake_share", 0.05), ("wrong_factor", 0.4)],
        ("rescue_at_cap", False),
    ],
)
def test_every_term_of_a_class_is_played(name: str, value: Any) -> None:
    """Each changes a run, of people whose records fall short, who lock more than the reward, and have much at stake."""
    usual = Scenario(
        operators=8, coprocessors=10, periods=10, tasks_per_period=120, bad_share=0.3, collateral=2.0, stake=60.0
    )
    usual = replace(usual, contracts=ContractParameters(replace(usual.network(), stake_per_unit=10_000)))
    assert value != getattr(usual, name)
    assert run_on(changed(usual, name, value)).digest != run_on(usual).digest
    assert run_on(changed(usual, name, getattr(Scenario, name))).digest == run_on(usual).digest


# Engines


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"collateral": 4.01}, "collateral is 4.01: the contracts take at most 4"),
        ({"allocation": "random"}, "allocation is 'random': the contracts have 'dutch'"),
        ({"learning": False}, "learning is False: the contracts have True"),
        ({"curve": False}, "curve is False: the contracts have True"),
        ({"rescue_at_cap": False}, "rescue_at_cap is False: the contracts have True"),
    ],
)
def test_what_the_contracts_cannot_do_runs_on_the_twin_alone(
    change: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_engine(parameters: Any) -> Any:
        raise AssertionError(parameters)

    scenario = replace(Scenario(operators=2, coprocessors=2, periods=1, tasks_per_period=4), **change)
    assert scenario.off_chain() == reason
    monkeypatch.setitem(run.ENGINES, "anvil", no_engine)
    with pytest.raises(ParameterError) as caught:
        run_on(scenario, "anvil")
    assert str(caught.value) == f"--engine is anvil, and {reason}; give --engine twin"
    assert run_on(scenario, "twin").summary["conserved"]


# Files

UNKNOWN = (
    "is not known: give about, [paper], [ours] and [[classes]], and for the contracts parameters or [network], "
    "[curve], [slash], [filter], [class]"
)
NOTHING = "no field of a scenario is given: give some in [paper] or [ours], such as periods = 50"


@pytest.mark.parametrize("path", SHIPPED, ids=[p.stem for p in SHIPPED])
def test_every_shipped_file_is_valid_and_says_whose_its_numbers_are(path: Path) -> None:
    table = tomllib.loads(path.read_text())
    assert table["about"].strip()
    assert table["paper"]
    assert set(table) - {"classes", "network"} == {"about", "paper", "ours"}
    scenario = load(path.stem)
    if "network" in table:
        told = {name: getattr(scenario.network(), name) for name in table["network"]}
        assert told == table["network"]
        scenario = replace(scenario, contracts=None)
    assert scenario == Scenario(**table["paper"], **table["ours"], classes=kinds_of(table.get("classes", []), "here"))


def test_the_paper_file_is_the_papers_experiment() -> None:
    paper = tomllib.loads((FOLDER / "paper.toml").read_text())["paper"]
    assert (paper["operators"], paper["coprocessors"], paper["periods"]) == (100, 100, 1_000)
    scenario = load("paper")
    assert scenario.periods * scenario.tasks_per_period > 1_000_000
    assert scenario.off_chain() is None


def test_a_file_fills_in_what_it_leaves_out() -> None:
    scenario = from_table({"about": "x", "paper": {"periods": 3}, "ours": {"workload": "jobs.swf"}}, "here")
    assert scenario == Scenario(periods=3, workload=Path("jobs.swf"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", NOTHING),
        ("# mine", NOTHING),
        ('about = "mine"', NOTHING),
        ("[paper]\n[ours]", NOTHING),
        ("[network]\n[class]", NOTHING),
        ("periods = 3", f"'periods' {UNKNOWN}"),
        ("paper = 3", "[paper] is 3: give a table"),
        ("about = 3", "about is 3: give a text"),
        ("[theirs]\nperiods = 3", f"'theirs' {UNKNOWN}"),
        ("[ours]\nperiod = 3", "'period' is no field of a scenario (did you mean periods?)"),
        ("[ours]\nqqq = 3", "'qqq' is no field of a scenario"),
        ("[ours]\nperiods = 3\n[paper]\nperiods = 3", "periods stands in [paper] and in [ours]: give it once"),
        ("[ours]\nworkload = 3", "workload is 3: give a path"),
        ("[ours]\nperiods = 0", "--periods is 0: give a whole number from 1 to 100000"),
        ("[ours]\nperiods = 3.0", "--periods is 3.0: give a whole number from 1 to 100000"),
        ("[ours]\nperiods = '3'", "--periods is 3: give a whole number from 1 to 100000"),
        ("[ours]\nseed = nan", "--seed is nan: give a whole number from 0 to 9223372036854775807"),
        ("[ours]\nslashing = [1]", "--slashing is [1]: give a number from 1e-06 to 1"),
        ("[ours]\nexits = 'no'", "exits is 'no': give true or false"),
        ("[ours]\nhandicap = 0.3", "'handicap' is no field of a scenario"),
        ("[ours]\nstart_gain = 0.21", "--start-gain is 0.21: give a number from 0 to 0.2"),
        ("[ours]\nallocation = {a = 1}", f"--allocation is {{'a': 1}}: give one of {', '.join(ALLOCATIONS)}"),
        (
            "[ours]\nslashing = 0.1\n[class]\nslash_factor = 200_000",
            "slashing is 0.2, and the scenario's is 0.1: give one of the two",
        ),
    ],
)
def test_mistakes_in_a_file_are_one_line(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ParameterError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: {says}"


@pytest.mark.parametrize("content", [b"[ours", b"\xff\xfe", None, b"a = " + b"9" * 5_000])
def test_a_file_that_is_none_is_refused_in_one_line(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ParameterError, match=rf"^scenario {path}") as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_files_that_a_file_names_lie_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the command is called."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "parameters.toml").write_text("[network]\nfee = 700\n")
    (tmp_path / "deep" / "mine.toml").write_text('parameters = "parameters.toml"\n[ours]\nworkload = "jobs.swf"\n')
    monkeypatch.chdir(tmp_path)
    scenario = load("deep/mine.toml")
    assert scenario.network().fee == 700
    assert scenario.workload == Path("deep/jobs.swf")
    (tmp_path / "deep" / "far.toml").write_text(f'[ours]\nworkload = "{tmp_path}/jobs.swf"\n')
    assert load("deep/far.toml").workload == tmp_path / "jobs.swf"


def test_an_unknown_name_lists_the_known_ones() -> None:
    right = f"give one of {', '.join(p.stem for p in SHIPPED)}, or the path of a file"
    for name, near in (
        ("nowhere", ""),
        ("papre", " (did you mean paper?)"),
        ("./Market.toml", " (did you mean market?)"),
    ):
        with pytest.raises(ParameterError) as caught:
            load(name)
        assert str(caught.value) == f"scenario {name} is unknown: {right}{near}"


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_known_name_means_the_same_in_every_folder(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = load("paper")
    if kind == "folder":
        Path("paper").mkdir()
    else:
        Path("paper").write_text("[ours]\nperiods = 3")
        assert load("./paper").periods == 3
    assert load("paper") == expected


def test_a_file_is_found_with_and_without_a_suffix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "paper.toml"):
        Path(name).write_text("[ours]\nperiods = 3")
        assert load(name).periods == 3


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=f"^scenario {tmp_path} is a folder: give a file, or one of "):
        load(tmp_path)


def test_the_scenario_of_commands_that_are_given_none_has_the_defaults() -> None:
    assert load(DEFAULT) == Scenario()
