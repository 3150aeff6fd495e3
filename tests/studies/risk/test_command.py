"""The command ``ballast risk``: tiny runs of each study, and one line for a mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest
from click.testing import CliRunner, Result

from ballast.cli import main

SMALL = [
    "--operators",
    "6",
    "--coprocessors",
    "8",
    "--periods",
    "24",
    "--tasks-per-period",
    "80",
    "--population",
    "uniform",
    "--workers",
    "1",
]
ONE = ["--paths", "2000", "--epochs", "10"]


def run(*arguments: str | Path) -> Result:
    """Run ``ballast risk``."""
    return CliRunner(mix_stderr=False).invoke(main, ["risk", *map(str, arguments)])


def found(*arguments: str | Path) -> dict[str, Any]:
    """Run it, and read its JSON."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def test_one_participant_has_numbers_and_a_figure(tmp_path: Path) -> None:
    result = run(*ONE, "--stake", "600000", "--out", tmp_path / "risk")
    assert result.exit_code == 0, result.stderr
    for words in ("value at risk, 99%", "expected shortfall, 95%", "break-even price", "largest load", "stake for a"):
        assert words in result.stdout
    content = json.loads((tmp_path / "risk" / "risk.json").read_text())
    assert content["horizon"]["epochs"] == 10
    assert 0 < content["ruin"] < 0.2
    assert matplotlib.image.imread(tmp_path / "risk" / "risk.png").std() > 0.05


def test_the_same_seed_gives_the_same_answer_and_another_one_another() -> None:
    first, again, other = (found(*ONE, "--seed", seed)["horizon"]["mean"] for seed in ("7", "7", "8"))
    assert first == again != other


def test_an_operator_gains_by_own_tasks_and_delegated_ones() -> None:
    both, own, delegated = (found(*ONE, "--role", "operator", "--own", share) for share in ("0.3", "1", "0"))
    assert own["epoch"]["by_cause"]["delegated"] == 0
    assert delegated["epoch"]["by_cause"]["late"] == 0
    assert both["epoch"]["by_cause"]["delegated"] > 0  # compensations outweigh penalties
    worse = found(*ONE, "--role", "operator", "--own", "0", "--their-right", "0.5")
    assert worse["epoch"]["mean"] < delegated["epoch"]["mean"] + worse["epoch"]["by_cause"]["delegated"]


def test_terms_come_from_a_parameter_file(tmp_path: Path) -> None:
    path = tmp_path / "parameters.toml"
    path.write_text("[class]\nslash_factor = 900_000\ncollateral = 3_000_000\n")
    usual, hard = found(*ONE), found(*ONE, "--parameters", path)
    assert hard["epoch"]["by_cause"]["late"] < 10 * usual["epoch"]["by_cause"]["late"] < 0
    assert hard["break_even"] > usual["break_even"]
    assert hard["load_limit"]["load"] is None or hard["load_limit"]["load"] < usual["load_limit"]["load"]


def test_everybody_in_a_scenario(tmp_path: Path) -> None:
    result = run(*SMALL, *ONE, "--out", tmp_path / "all")
    assert result.exit_code == 0, result.stderr
    assert "coprocessors together" in result.stdout
    people = json.loads((tmp_path / "all" / "risk.json").read_text())["populations"]["uniform"]["participants"]
    assert len(people) == 14
    assert matplotlib.image.imread(tmp_path / "all" / "risk.png").std() > 0.05


def test_a_population_may_be_named_in_place_of_a_scenario(tmp_path: Path) -> None:
    few = [*SMALL[:8], *ONE]
    assert found(*few, "--scenario", "mixed") == found(*few, "--population", "mixed")
    result = run(*few, "--population", "uniform,mixed", "--out", tmp_path / "both")
    assert result.exit_code == 0, result.stderr
    assert all((tmp_path / "both" / name / "risk.png").exists() for name in ("uniform", "mixed"))


def test_a_map_is_held_against_the_simulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.studies.risk.deterrence.map_of.__defaults__", ((0.01, 1.0), (1.0, 4.0)))
    result = run("--map", "--simulate", "--scenario", "deterrence", *SMALL, "--seeds", "1", "--out", tmp_path / "map")
    assert result.exit_code == 0, result.stderr
    assert "theory and simulation agree in" in result.stdout
    cells = json.loads((tmp_path / "map" / "risk.json").read_text())["populations"]["uniform"]["cells"]
    assert [cell["verdict"] for cell in cells] == ["shirks", "works", "shirks", "works"]
    assert matplotlib.image.imread(tmp_path / "map" / "map.png").std() > 0.05


def test_a_back_test_prints_every_quantile() -> None:
    content = found("--back-test", *SMALL, "--seeds", "2", "--epochs", "4")
    rows = content["populations"]["uniform"]["coverage"]
    assert {(row["role"], row["span"], row["quantile"]) for row in rows} == {
        (role, span, quantile)
        for role in ("operator", "coprocessor")
        for span in ("epoch", "horizon")
        for quantile in (0.01, 0.05, 0.5, 0.95)
    }
    assert content["seeds"] == [1_001, 1_002]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--in-time", "3/2"], "--in-time is '3/2': give good/all"),
        (["--right", "nan"], "--right is 'nan'"),
        (["--their-right", "1.5", "--role", "operator"], "--their-right is '1.5'"),
        (["--map", "--back-test"], "--map and --back-test are two studies"),
        (["--simulate"], "--simulate holds a map against the market"),
        (["--scenario", "classes", "--population", "uniform"], "classes of its own"),
        (["--back-test", "--epochs", "90"], "--epochs is 90"),
        (["--back-test", "--seeds", "1"], "--seeds is 1"),
        (["--map", "--simulate", "--seeds", "0"], "--seeds is 0"),
        (["--scenario", "nowhere"], "nowhere"),
        (["--population", "nobody"], "nobody"),
        (["--scenario", "mixed", "--population", "uniform"], "--scenario mixed is a population"),
        (["--correlation", "1"], "--correlation"),
        (["--parameters", "none.toml"], "none.toml"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], told: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert not result.stdout
