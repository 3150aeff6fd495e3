"""Three engines, one result: the twin, the EVM within the process, and Anvil."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ballast.chain.artifacts import artifacts
from ballast.chain.rpc import JsonRpc
from ballast.cli import main
from ballast.errors import ChainError, DivergenceError
from ballast.evm.chain import EvmTransaction, encoded
from ballast.sim.engines import RESUMABLE
from ballast.sim.engines.anvil import AnvilEngine
from ballast.sim.engines.contracts import StateWords
from ballast.sim.engines.engine import Engine, Resumable
from ballast.sim.engines.evm import EvmEngine
from ballast.sim.parity import OWN, compared
from ballast.sim.run import ENGINES, Run, run_on
from ballast.sim.scenario import Scenario
from tests.evm.both import SENDER, assemble
from tests.sim.spoiling import FIELDS, spoil

SMALL = Scenario(operators=6, coprocessors=5, periods=7, tasks_per_period=60, seed=11)
OPTIONS = ("--operators", "6", "--coprocessors", "5", "--periods", "7", "--tasks-per-period", "60", "--seed", "11")


@pytest.fixture(scope="module")
def summaries() -> dict[str, dict[str, Any]]:
    """Summary of the small scenario by engine."""
    return {name: run_on(SMALL, name).summary for name in ENGINES}


def test_all_engines_come_to_the_same_end(summaries: dict[str, dict[str, Any]]) -> None:
    rows = compared(list(summaries.values()))
    assert [row["engine"] for row in rows] == ["twin", "evm", "anvil"]
    assert len({row["state_digest"] for row in rows}) == 1
    assert all(row["conserved"] for row in rows)


def test_only_the_node_measures_gas(summaries: dict[str, dict[str, Any]]) -> None:
    assert summaries["twin"]["gas_used"] is summaries["evm"]["gas_used"] is None
    assert summaries["anvil"]["gas_per_task"] > 0


@pytest.mark.parametrize("name", ["state_digest", "tasks_settled", "tasks_unplaced", "escrow_balance", "slash_burned"])
def test_a_difference_is_named(summaries: dict[str, dict[str, Any]], name: str) -> None:
    other = {**summaries["anvil"], name: "something else"}
    with pytest.raises(DivergenceError, match=f"{name} differs: twin has .*, anvil has something else"):
        compared([summaries["twin"], other])


def test_contracts_in_memory_end_tasks_in_all_ways_as_the_twin_does() -> None:
    twin, evm = (run_on(replace(SMALL, coprocessors=8, seed=3), name).summary for name in ("twin", "evm"))
    ways = ("self_executed", "auctioned", "unsold", "settled", "failed", "forfeited", "late", "rescued")
    assert all(evm[f"tasks_{way}"] > 0 for way in ways)
    compared([twin, evm])


def test_both_chains_execute_the_same_transactions(summaries: dict[str, dict[str, Any]]) -> None:
    assert summaries["evm"]["transactions"] == summaries["anvil"]["transactions"] > 0


def test_speed_is_no_difference(summaries: dict[str, dict[str, Any]]) -> None:
    other = {**summaries["anvil"], **dict.fromkeys(OWN - {"engine"}, 1.5)}
    compared([summaries["twin"], {**other, "tasks_opened": summaries["twin"]["tasks_opened"]}])


@pytest.mark.parametrize("engine", ["evm", "anvil"])
@pytest.mark.parametrize("field", FIELDS)
def test_parity_stops_at_the_first_difference(engine: str, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = spoil(monkeypatch, field, after=3)
    done = CliRunner().invoke(main, ["parity", "--engines", f"{engine},twin", *OPTIONS])
    assert done.exit_code == 1
    assert f"ballast: period 2: {field} of account {account} differ: chain 0x" in done.output
    assert "Traceback" not in done.output


PROGRAM = "{value} {slot} SSTORE"
"""Writes a word into the storage of whoever runs it."""


@pytest.mark.parametrize(
    ("field", "contract"),
    [
        ("balances", "CollateralEscrow"),
        ("activity", "ParticipantRegistry"),
        ("fees", "TaskRegistry"),
        ("logits", "GasReputation"),
    ],
)
def test_a_word_of_storage_that_changes_is_noticed(field: str, contract: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After period 2 the word of account 7 is changed by another program at the contract's address."""

    class Tampered(EvmEngine):
        def expect(self, expected: StateWords, epoch: int, period: int) -> None:
            if period == 2:
                self.wait()
                self.spoil(expected[field], field == "logits")
            super().expect(expected, epoch, period)

        def spoil(self, column: list[int], packed: bool) -> None:
            address = self.deployment.address(contract)
            code = self.chain.code(address)
            word = sum(column[i] << (24 * i) for i in range(8)) if packed else column[7]
            kept = self.chain.storage(address)
            kept_bits = 192 if packed else 256
            (slot,) = (slot for slot, value in kept.items() if value % 2**kept_bits == word)
            changed = kept[slot] ^ (1 << (24 * 7 if packed else 0))
            self.chain.install(address, assemble(PROGRAM.format(value=changed, slot=slot)))
            self.chain.execute([EvmTransaction(encoded(SENDER), encoded(address), b"")])
            assert self.chain.storage(address) == {**kept, slot: changed}
            self.chain.install(address, code, artifacts()[contract].runtime_size)

    monkeypatch.setitem(ENGINES, "evm", Tampered)
    with pytest.raises(DivergenceError) as caught:
        run_on(SMALL, "evm")
    said = re.fullmatch(rf"period 2: {field} of account 7 differ: chain 0x(\w+), model 0x(\w+)", str(caught.value))
    assert said is not None
    assert int(said[1], 16) ^ int(said[2], 16) == 1


def test_a_call_that_reverts_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the tasks to be settled is none: the contract refuses the batch."""

    class Tampered(EvmEngine):
        def settle(self, keeper: int, tasks: Sequence[int]) -> None:
            super().settle(keeper, [*tasks[:-1], tasks[-1] + 1] if tasks else tasks)

    monkeypatch.setitem(ENGINES, "evm", Tampered)
    with pytest.raises(DivergenceError, match=r"^period 0: balances of account \d+ differ: .*; a call reverted: "):
        run_on(SMALL, "evm")


def test_the_twin_notices_tokens_out_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, "balances", after=1)
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
    assert "give some of twin, evm, anvil, separated by commas" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("engines", ["twin", "anvil", "evm,evm", "twin,evm,twin"])
def test_parity_compares_two_things(engines: str) -> None:
    done = CliRunner(mix_stderr=False).invoke(main, ["parity", "--engines", engines, *OPTIONS])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"ballast: --engines is {engines}: give at least two of twin, evm, anvil, each once\n"


@pytest.mark.parametrize("mistake", [("twin,abacus",), ("twin,evm", "--scenario", "deterrence")])
def test_parity_finds_mistakes_before_an_engine_runs(mistake: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.sim.run.run_on", None)
    done = CliRunner(mix_stderr=False).invoke(main, ["parity", "--engines", *mistake])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("engine", ["twin", "evm"])
def test_only_anvil_needs_a_node(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("ballast.chain.anvil.CHECKOUT", tmp_path)
    done = CliRunner().invoke(main, ["simulate", "--engine", engine, *OPTIONS, "--out", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert "conserved: true" in done.output
    assert "not measured" in done.output


def test_the_node_computes_no_state_roots_and_both_nodes_end() -> None:
    engine = AnvilEngine(SMALL.network())
    try:
        run = Run(replace(SMALL, periods=1))
        run.execute(engine)
        blocks = [engine.rpc.call("eth_getBlockByNumber", hex(number), False) for number in range(1, 4)]
        origin = JsonRpc(engine.rpc.call("anvil_nodeInfo")["forkConfig"]["forkUrl"])
        assert origin.call("eth_blockNumber") == "0x0"
    finally:
        engine.close()
    assert [int(block["stateRoot"], 16) for block in blocks] == [0, 0, 0]
    assert not engine.anvil.running
    with pytest.raises(ChainError):
        origin.call("eth_blockNumber")


def test_engines_that_can_go_on_are_those_that_say_so() -> None:
    for name, made in ENGINES.items():
        engine: Engine = made(SMALL.network())
        engine.close()
        assert engine.name == name
        assert isinstance(engine, Resumable) == (name in RESUMABLE)
