"""What a run leaves in its directory."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from ballast.cli import main
from ballast.errors import UserError
from ballast.model.constants import COPROCESSOR, OPERATOR
from ballast.sim import run
from ballast.sim.directory import participants, simulate, write_run
from ballast.sim.output import made_whole
from ballast.sim.period.behaviour import FORTUNE, TRAITS
from ballast.sim.run import HISTORY, Run, run_on
from ballast.sim.scenario import Scenario
from ballast.sim.state import FIRST_OPERATOR

SMALL = Scenario(operators=3, coprocessors=8, periods=5, tasks_per_period=12, leaving=0.1, entry=1.0, utilisation=0.2)


@pytest.fixture(scope="module")
def done() -> Run:
    """Small run, in which some never work and some leave."""
    return run_on(SMALL)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of a table."""
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_directory_holds_summary_periods_accounts_and_history(done: Run, tmp_path: Path) -> None:
    write_run(tmp_path, done)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["accounts.csv", "history.npz", "periods.csv", "summary.json"]
    assert json.loads((tmp_path / "summary.json").read_text()) == done.summary
    for i, row in enumerate(rows_of(tmp_path / "periods.csv")):
        assert row.pop("period") == str(i)
        assert row == {name: str(value) for name, value in zip(row, done.periods[i].tolist(), strict=True)}
    with np.load(tmp_path / "history.npz") as kept:
        assert set(kept) == {*(name for name, _ in HISTORY), "edges"}
        assert all(np.array_equal(kept[name], done.history[name]) for name in done.history)
        assert np.array_equal(kept["edges"], done.edges)


def test_every_participant_has_a_row_and_nobody_else(done: Run, tmp_path: Path) -> None:
    write_run(tmp_path, done)
    rows = rows_of(tmp_path / "accounts.csv")
    last = int(done.world.market.ledger[0]["accounts"])
    assert [int(row["account"]) for row in rows] == list(range(FIRST_OPERATOR, last))
    assert [int(row["role"]) for row in rows] == [OPERATOR] * 3 + [COPROCESSOR] * (last - FIRST_OPERATOR - 3)
    assert last > FIRST_OPERATOR + 11
    for row in rows:
        account = int(row["account"])
        for table in (done.world.traits, done.world.fortune):
            for name in table.dtype.names or ():
                assert row[name] == str(table[account][name].item())
    assert set(TRAITS.names or ()) | set(FORTUNE.names or ()) < set(rows[0])


def test_the_capacity_is_the_one_from_now_on_whether_used_or_not(done: Run) -> None:
    table = participants(done)[3:]
    active = table["left"] == 0
    assert (table["capacity"][active] > 0).all()
    assert (table["capacity"][~active] == 0).all()
    assert (~active).any()
    stayed = active[:8]
    assert table["capacity"][:8][stayed].tolist() == done.people[1].capacity[stayed].tolist()


def test_a_run_too_large_keeps_no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MAX_HISTORY", 10)
    large = run_on(SMALL)
    assert (large.history, large.edges.size) == ({}, 0)
    write_run(tmp_path, large)
    assert not (tmp_path / "history.npz").exists()
    monkeypatch.undo()
    assert large.summary["state_digest"] == run_on(SMALL).summary["state_digest"]


def test_nothing_is_left_of_a_run_that_fails(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--collateral is 0"):
        simulate(replace(SMALL, collateral=0.0), tmp_path / "run", engine="twin")

    def half() -> None:
        with made_whole(tmp_path / "deep" / "run") as folder:
            (folder / "summary.json").write_text("{}")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert not any(tmp_path.iterdir())


def test_a_complete_run_takes_its_name(tmp_path: Path) -> None:
    summary = simulate(SMALL, tmp_path / "new" / "run", engine="twin")
    assert json.loads((tmp_path / "new" / "run" / "summary.json").read_text()) == summary
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["run"]
    assert (tmp_path / "new" / "run").stat().st_mode & 0o777 == 0o755


def test_what_fails_leaves_no_folders_above_it_either(tmp_path: Path) -> None:
    """Neither a run nor anything else that is made whole; folders that were there stay."""
    (tmp_path / "there").mkdir()
    none = replace(SMALL, workload=tmp_path / "nosuch")
    with pytest.raises(UserError, match="nosuch"):
        simulate(none, tmp_path / "there" / "new" / "run", engine="twin")
    with pytest.raises(ZeroDivisionError), made_whole(tmp_path / "there" / "deep" / "new" / "run"):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_the_summary_names_the_scenario_and_the_date_and_the_digest_does_not_know_them(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    origin = {"name": "paper", "changed": ["seed"]}
    named = simulate(SMALL, tmp_path / "named", engine="twin", origin=origin)
    nameless = simulate(SMALL, tmp_path / "nameless", engine="twin")
    assert json.loads((tmp_path / "named" / "summary.json").read_text())["scenario"] == origin
    assert nameless["scenario"] == {}
    assert before <= datetime.fromisoformat(named["date"]) <= datetime.now(UTC)
    assert named["state_digest"] == nameless["state_digest"] == run_on(SMALL).summary["state_digest"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {"name": "market", "changed": ["periods"]}),
        (["--scenario", "faultless", "--seed", "2"], {"name": "faultless", "changed": ["periods", "seed"]}),
        (["--scenario", "FILE"], {"name": "mine", "changed": ["periods"]}),
    ],
)
def test_the_command_tells_where_a_scenario_comes_from(
    tmp_path: Path, options: list[str], expected: dict[str, Any]
) -> None:
    (tmp_path / "mine.toml").write_text("[ours]\noperators = 4\ncoprocessors = 4\ntasks_per_period = 20\n")
    given = [word.replace("FILE", str(tmp_path / "mine.toml")) for word in options]
    command = ["simulate", "--engine", "twin", *given, "--periods", "2", "--out", str(tmp_path / "run")]
    result = CliRunner(mix_stderr=False).invoke(main, command)
    assert result.exit_code == 0, result.stderr
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["scenario"] == expected
