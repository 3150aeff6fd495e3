"""Two engines, one result: the twin and Anvil."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from offchain.cli import main
from offchain.errors import DivergenceError
from sim.engines.engine import Engine
from sim.market import Market
from sim.parity import OWN, compared
from sim.run import ENGINES, run_on
from sim.scenario import Scenario

SMALL = Scenario(operators=6, coprocessors=5, periods=7, tasks_per_period=60, seed=11)
OPTIONS = ("--operators", "6", "--coprocessors", "5", "--periods", "7", "--tasks-per-period", "60", "--seed", "11")


@pytest.fixture(scope="module")
def summaries() -> dict[str, dict[str, Any]]:
    """Summary of the small scenario by engine."""
    return {name: run_on(SMALL, name).summary for name in ENGINES}


def test_all_engines_come_to_the_same_end(summaries: dict[str, dict[str, Any]]) -> None:
    rows = compared(list(summaries.values()))
    assert [row["engine"] for row in rows] == ["twin", "anvil"]
    assert len({row["state_digest"] for row in rows}) == 1
    assert all(row["conserved"] for row in rows)


def test_only_the_node_measures_gas(summaries: dict[str, dict[str, Any]]) -> None:
    assert summaries["twin"]["gas_used"] is None
    assert summaries["anvil"]["gas_per_task"] > 0


@pytest.mark.parametrize("name", ["state_digest", "tasks_settled", "escrow_balance", "slash_burned"])
def test_a_difference_is_named(summaries: dict[str, dict[str, Any]], name: str) -> None:
    other = {**summaries["anvil"], name: "something else"}
    with pytest.raises(DivergenceError, match=f"{name} differs: twin has .*, anvil has something else"):
        compared([summaries["twin"], other])


def test_speed_is_no_difference(summaries: dict[str, dict[str, Any]]) -> None:
    other = {**summaries["anvil"], **dict.fromkeys(OWN - {"engine"}, 1.5)}
    compared([summaries["twin"], {**other, "tasks_opened": summaries["twin"]["tasks_opened"]}])


@pytest.mark.parametrize(
    ("field", "spoil"),
    [
        ("balances", lambda market: market.free.__setitem__(5, market.free[5] + 1)),
        ("activity", lambda market: setattr(market.activities[7], "bonus", market.activities[7].bonus + 1)),
        ("fees", lambda market: market.fees[6].__setitem__(market.epoch % 5, 1 | (market.epoch << 192))),
        ("logits", lambda market: market.logits[market.epoch - 1].__setitem__(4, 12_345)),
    ],
)
def test_parity_stops_at_the_first_difference(field: str, spoil: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Market.settle
    periods: list[int] = []

    def settle(self: Market, tasks: Any) -> None:
        original(self, tasks)
        periods.append(1)
        if len(periods) == 3:
            spoil(self)

    monkeypatch.setattr(Market, "settle", settle)
    done = CliRunner().invoke(main, ["parity", "--engines", "anvil", *OPTIONS])
    assert done.exit_code == 1
    assert f"ballast: period 2: {field} of account " in done.output
    assert " differ: chain 0x" in done.output


def test_the_twin_notices_tokens_out_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Market.settle

    def settle(self: Market, tasks: Any) -> None:
        original(self, tasks)
        self.free[5] += 1

    monkeypatch.setattr(Market, "settle", settle)
    assert run_on(SMALL, "twin").summary["conserved"] is False


def test_parity_tells_what_each_engine_came_to() -> None:
    done = CliRunner(mix_stderr=False).invoke(main, ["parity", "--engines", "twin,anvil", *OPTIONS, "--json"])
    assert done.exit_code == 0, done.output
    twin, anvil = json.loads(done.stdout)
    assert (twin["engine"], anvil["engine"]) == ("twin", "anvil")
    assert twin["state_digest"] == anvil["state_digest"]
    assert twin["tasks"] == 420


@pytest.mark.parametrize("engines", ["twin,abacus", "", "twin,"])
def test_unknown_engines_are_one_line(engines: str) -> None:
    done = CliRunner().invoke(main, ["parity", "--engines", engines, *OPTIONS])
    assert done.exit_code == 2
    assert "give some of twin, anvil, separated by commas" in done.output
    assert "Traceback" not in done.output


def test_the_twin_needs_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("offchain.chain.anvil.ROOT", tmp_path)
    done = CliRunner().invoke(main, ["simulate", "--engine", "twin", *OPTIONS, "--out", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert "conserved: true" in done.output
    assert "not measured" in done.output


def test_the_twin_is_the_interface_of_all_engines() -> None:
    assert all(issubclass(engine, Engine) for engine in ENGINES.values())  # type: ignore[arg-type]
