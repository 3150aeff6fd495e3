"""What is kept of a run, the folder of a sweep, and the tables made of both; no Dask."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from ballast.errors import ClusterError, UserError
from ballast.sim.market.steps import SETTLED
from ballast.sim.period.world import TALLY
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario, load
from ballast.sim.state import FIRST_OPERATOR
from ballast.studies.measures import warmed_up
from ballast.studies.sweep import parts
from ballast.studies.sweep.folder import PARTS, PERIODS, RUNS, Folder
from ballast.studies.sweep.recipe import recipe_of
from ballast.studies.sweep.row import parameters, row_of
from tests.sim.results import columns_of

SMALL = Scenario(operators=6, coprocessors=5, periods=7, tasks_per_period=60, seed=11)
RECIPE = recipe_of(SMALL, {"slashing": (0.1, 0.5)}, 3)


@pytest.fixture(scope="module")
def run() -> Run:
    """Run a small scenario."""
    return run_on(SMALL)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder of a sweep whose runs are all there, not merged."""
    folder = Folder.begin(tmp_path_factory.mktemp("finished") / "sweep", RECIPE)
    for job in folder.jobs.values():
        folder.keep(job, parts.carry_out(job))
    return folder.path


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Folder:
    """Copy it."""
    shutil.copytree(finished, tmp_path / "sweep")
    return Folder(tmp_path / "sweep")


def test_what_was_earned_is_what_the_accounts_grew_by(run: Run) -> None:
    row = row_of(run, SMALL)
    last = int(run.world.market.ledger[0]["accounts"])
    accounts = run.world.market.accounts[FIRST_OPERATOR:last]
    deposits = sum(int(people.funds.sum()) for people in run.people)
    held = int(accounts["free"].sum() + accounts["locked"].sum())
    assert row["operators_earned"] + row["coprocessors_earned"] == held - deposits


def test_a_row_holds_parameters_figures_and_means_and_nothing_of_the_machine(run: Run) -> None:
    row = row_of(run, SMALL)
    assert row["slashing"] == 0.1
    assert row["seed"] == 11
    assert row["tasks_settled"] == run.summary["tasks_settled"]
    assert row["state_digest"] == run.summary["state_digest"]
    assert row["operators_active"] == 6
    assert row["mean_load_jain"] == run.periods["load_jain"][warmed_up(run.scenario) :].mean()
    assert {f"mean_{name}" for name in TALLY.names or () if "earned" not in name} <= set(row)
    figures = row.keys() - parameters(SMALL).keys()
    assert not {name for name in figures if "second" in name or "rate_" in name or "gas" in name}
    assert {type(value) for value in row.values()} == {bool, int, float, str, type(None)}


def test_whole_numbers_in_a_file_are_the_same_column_as_broken_ones() -> None:
    assert type(parameters(replace(SMALL, collateral=2))["collateral"]) is float
    assert parameters(replace(SMALL, workload=Path("/x/trace.swf")))["workload"] == "trace.swf"
    several = load("classes")
    assert parameters(several)["classes"].split(", ") == [kind.name for kind in several.classes]
    assert parameters(SMALL)["classes"] == ""


def test_the_tables_are_those_of_the_runs(folder: Folder) -> None:
    assert folder.finished() == set(folder.jobs)
    folder.merge()
    folder.clear()
    assert sorted(path.name for path in folder.path.iterdir()) == [PERIODS, RUNS, "sweep.json"]
    runs, periods = (pq.read_table(folder.path / name).to_pylist() for name in (RUNS, PERIODS))
    assert [(row["point"], row["replicate"]) for row in runs] == list(folder.jobs)
    alone = {place: run_on(job.scenario) for place, job in folder.jobs.items()}
    for row in runs:
        run = alone[row["point"], row["replicate"]]
        expected = row_of(run, folder.jobs[row["point"], row["replicate"]].scenario)
        assert {name: row[name] for name in expected} == expected
    assert [(row["point"], row["period"], row["slashing"]) for row in periods] == [
        (p, t, s) for p, s in enumerate((0.1, 0.5)) for t in range(7)
    ]
    for row in periods:
        for name in ("settled", "operators_earned", "load_jain"):
            values = [float(alone[row["point"], r].periods[name][row["period"]]) for r in range(3)]
            assert row[name] == pytest.approx(np.mean(values))
            assert row[f"{name}_sd"] == pytest.approx(np.std(values, ddof=1))
        assert row["seeds"] == 3


def test_replicates_have_the_same_seed_at_each_point_and_the_same_tasks(folder: Folder) -> None:
    for r in range(3):
        one, other = folder.jobs[0, r].scenario, folder.jobs[1, r].scenario
        assert other == replace(one, slashing=0.5)
        assert np.array_equal(Run(one).workload.reward, Run(other).workload.reward)
    assert len({job.scenario.seed for job in folder.jobs.values()}) == 3


def test_overview_has_student_s_intervals(folder: Folder) -> None:
    folder.merge()
    values = pq.read_table(folder.path / RUNS)["served"].to_numpy()[3:]
    row = folder.overview()[1]
    assert row["slashing"] == 0.5
    assert row["served"] == pytest.approx(values.mean())
    # Student's 97.5% quantile with two degrees of freedom, from a table.
    assert row["served_ci"] == pytest.approx(4.30265 * values.std(ddof=1) / math.sqrt(3), rel=1e-5)


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(UserError, match="exists: give a folder that does not, or --resume"):
        Folder.begin(tmp_path, RECIPE)
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]
    with pytest.raises(UserError, match="cannot be made: Not a directory"):
        Folder.begin(tmp_path / "notes" / "sweep", RECIPE)


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"about": "a shopping list"}', "\xff"])
def test_a_folder_of_something_else_is_refused(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "sweep.json").write_text(content, encoding="latin-1")
    with pytest.raises(UserError, match=r"is no folder of a sweep: sweep\.json is missing or damaged"):
        Folder(tmp_path)


def test_the_manifest_says_where_the_sweep_comes_from(tmp_path: Path) -> None:
    origin = {"name": "mine", "changed": ["slashing"]}
    Folder.begin(tmp_path / "sweep", RECIPE, origin)
    table = json.loads((tmp_path / "sweep" / "sweep.json").read_text())
    assert table["scenario"] == origin
    assert table["seed"] == RECIPE.base.seed
    assert {"date", "versions"} <= table.keys()


def test_a_manifest_that_was_changed_is_refused(folder: Folder) -> None:
    manifest = folder.path / "sweep.json"
    table = json.loads(manifest.read_text())
    for change, said in (
        ({"code": "0" * 64}, "was begun by another version of Ballast or NumPy"),
        ({"recipe": {**table["recipe"], "seeds": 4}}, "was begun for other runs than sweep.json now says"),
        ({"recipe": {**table["recipe"], "axes": {"slashing": [0.1, 7]}}}, "--slashing is 7"),
        ({"recipe": {"base": table["recipe"]["base"]}}, "does not say what was to be run: KeyError"),
        ({"recipe": "paper"}, "does not say what was to be run"),
    ):
        manifest.write_text(json.dumps(table | change))
        with pytest.raises(UserError, match=said):
            Folder(folder.path)


def test_a_part_that_is_damaged_or_of_another_place_is_refused_by_name(folder: Folder) -> None:
    first, second = (folder.path / PARTS / f"{folder.jobs[place].place}.parquet" for place in ((0, 0), (0, 1)))
    sound = first.read_bytes()
    for content in (b"", sound[:-9], second.read_bytes()):
        first.write_bytes(content)
        with pytest.raises(UserError, match=rf"{first} is damaged or of another sweep: remove it"):
            folder.finished()
    first.write_bytes(sound[:100] + bytes([sound[100] ^ 1]) + sound[101:])
    with pytest.raises(UserError, match=rf"{first} is damaged or of another sweep: remove it"):
        folder.merge()
    assert not folder.complete
    first.unlink()
    assert folder.finished() == set(folder.jobs) - {(0, 0)}
    assert folder.count() == 5


def test_only_one_sweep_works_in_a_folder(folder: Folder) -> None:
    with folder.held(), pytest.raises(UserError, match="another sweep is at work in it"), Folder(folder.path).held():
        pass
    with Folder(folder.path).held():
        pass


def test_a_worker_with_other_code_refuses() -> None:
    job = parts.SweepJob("sweep", 0, 0, SMALL, "another version", True)
    with pytest.raises(ClusterError, match="another version of Ballast"):
        parts.carry_out(job)


def test_tasks_are_written_as_they_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.sim.directory.TASKS_HELD", 100)
    from ballast.sim.directory import simulate

    summary = simulate(SMALL, tmp_path / "run", engine="twin", tasks=True)
    simulate(SMALL, tmp_path / "without", engine="twin")
    stored = pq.ParquetFile(tmp_path / "run" / "tasks.parquet")
    groups = [stored.metadata.row_group(i).num_rows for i in range(stored.num_row_groups)]
    assert len(groups) > 2
    assert min(groups[:-1]) >= 100
    tasks = stored.read()
    period, outcome = tasks["period"].to_numpy(), tasks["outcome"].to_numpy()
    tally = columns_of(tmp_path / "run" / "periods.csv")
    ended = np.sum([tally[name] for name in ("settled", "failed", "forfeited", "unsold")], axis=0)
    assert np.array_equal(period, np.repeat(np.arange(7), ended.astype(int)))
    assert (outcome == SETTLED).sum() == summary["tasks_settled"]
    assert tasks["price"].to_numpy()[outcome == SETTLED].sum() == summary["price_paid"]
    assert not (tmp_path / "without" / "tasks.parquet").exists()
    with pytest.raises(UserError, match="leave --tasks out"):
        simulate(SMALL, tmp_path / "again", engine="twin", tasks=True, resume=True)
