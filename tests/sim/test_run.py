"""Whole runs on a real Anvil: agreement with the model, conservation, digests, and what a failure leaves behind."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from ballast.errors import DivergenceError, UserError
from ballast.sim.directory import simulate
from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario
from tests.sim.spoiling import FIELDS, spoil
from tests.support.waiting import until

SMALL = Scenario(
    operators=6,
    coprocessors=4,
    periods=7,
    tasks_per_period=60,
    seed=12,
    effort=0.5,
    utilisation=1.0,
    waiting=True,
    break_even=False,
    record_weight=0.2,
)
PROGRAM = [sys.executable, "-m", "ballast.cli"]


def ballast(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Summary and directory of a small run."""
    out = tmp_path_factory.mktemp("small") / "run"
    return simulate(SMALL, out), out


def test_the_chain_does_what_the_model_predicts_and_keeps_every_token(small: tuple[dict[str, Any], Path]) -> None:
    summary, _ = small
    assert summary["conserved"] is True
    assert summary["escrow_balance"] == summary["accounts_sum"]
    assert summary["tasks_opened"] == 420


def test_every_task_ends_once(small: tuple[dict[str, Any], Path]) -> None:
    summary, _ = small
    ends = ("tasks_settled", "tasks_failed", "tasks_forfeited", "tasks_unsold", "tasks_live")
    assert sum(summary[name] for name in ends) == summary["tasks_opened"]
    assert summary["tasks_self_executed"] + summary["tasks_auctioned"] == summary["tasks_opened"]


def test_every_kind_of_step_happened(small: tuple[dict[str, Any], Path]) -> None:
    summary, _ = small
    for name in ("self_executed", "auctioned", "unsold", "settled", "failed", "forfeited", "late", "rescued"):
        assert summary[f"tasks_{name}"] > 0, name
    assert summary["uptime_paid"] > 0
    assert summary["keepers_paid"] > 0
    happened = run_on(SMALL).periods
    for name in ("sold_early", "sold_later", "sold_again", "shirked", "above_kink", "heavy_delegated", "idle_expired"):
        assert happened[name].sum() > 0, name


def test_slashes_are_split_to_the_unit(small: tuple[dict[str, Any], Path]) -> None:
    summary, _ = small
    parts = ("slash_burned", "slash_compensation", "slash_finder", "slash_pool")
    assert sum(summary[part] for part in parts) == summary["slashed_total"] > 0
    assert summary["slash_burned"] * 10 >= summary["slashed_total"] - 10 * summary["tasks_opened"]
    assert summary["uptime_paid"] <= summary["fees_paid"]


def test_the_directory_holds_the_summary_and_the_periods(small: tuple[dict[str, Any], Path]) -> None:
    summary, out = small
    assert json.loads((out / "summary.json").read_text())["state_digest"] == summary["state_digest"]
    with (out / "periods.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["period"]) for row in rows] == list(range(SMALL.periods))
    for name in ("opened", "unsold", "settled", "late", "self_executed"):
        assert sum(int(row[name]) for row in rows) == summary[f"tasks_{name}"]


def test_another_process_comes_to_the_same_digest(small: tuple[dict[str, Any], Path]) -> None:
    summary, _ = small
    program = (
        "from ballast.sim.run import run_on; from ballast.sim.scenario import Scenario; "
        f"print(run_on({SMALL!r}).summary['state_digest'])"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300, env=environment)
    assert done.stdout.strip() == summary["state_digest"]


def test_same_seed_same_run_other_seed_other_run() -> None:
    once, again, other = (run_on(scenario) for scenario in (SMALL, SMALL, replace(SMALL, seed=13)))
    assert once.summary["state_digest"] == again.summary["state_digest"] != other.summary["state_digest"]
    assert once.periods.tobytes() == again.periods.tobytes()
    assert all(np.array_equal(once.history[name], again.history[name]) for name in once.history)


@pytest.mark.parametrize("field", FIELDS)
def test_a_difference_stops_the_run_and_is_named(field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = spoil(monkeypatch, field, after=2)
    with pytest.raises(DivergenceError) as caught:
        simulate(SMALL, tmp_path / "run")
    says = rf"period 1: {field} of account {account} differ: chain (0x[0-9a-f]+), model (0x[0-9a-f]+)"
    found = re.match(says, str(caught.value))
    assert found
    chain, model = (int(value, 16) for value in found.groups())
    assert model - chain == {"balances": 1, "activity": 1 << 148, "fees": 1 << 96, "logits": 1}[field]
    assert not any(tmp_path.iterdir())


def test_an_existing_directory_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "mine").write_text("keep")
    with pytest.raises(UserError, match="exists"):
        simulate(SMALL, out)
    assert [p.name for p in out.iterdir()] == ["mine"]


def test_the_command_prints_json(tmp_path: Path) -> None:
    options = ["--operators", "2", "--coprocessors", "2", "--periods", "2", "--tasks-per-period", "6"]
    done = ballast("simulate", *options, "--out", str(tmp_path / "run"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["conserved"] is True


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--slashing", "2"], "--slashing is 2.0"),
        (["--workload", "nowhere.swf"], "nowhere.swf cannot be read"),
        (["--preset", "steep"], "idle_neutral"),
        (["--seed", "abc"], "a whole number is wanted, not 'abc'"),
        (["--out", "/proc/x"], "--out /proc/x cannot be made"),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = ballast("simulate", "--out", str(tmp_path / "run"), *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("ballast: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert not any(tmp_path.iterdir())


def chains_of(process: int) -> list[psutil.Process]:
    """Anvils a process has started."""
    found = []
    for child in psutil.Process(process).children():
        with suppress(psutil.NoSuchProcess):
            found += [child] * (child.name() == "anvil")
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: str(n.name))
def test_a_signal_ends_a_run_and_its_chain(number: signal.Signals, tmp_path: Path) -> None:
    command = [*PROGRAM, "simulate", "--out", str(tmp_path / "run")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        # Other children come and go: numpy asks lscpu when it is imported.
        chains = until(lambda: chains_of(process.pid), process)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "ballast: stopped; nothing was written"
    assert "Traceback" not in said
    assert not any(chain.is_running() for chain in chains)
    assert not any(tmp_path.iterdir())
