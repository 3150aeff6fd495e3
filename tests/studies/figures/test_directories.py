"""Directories that lack something, that are broken, or cannot be written to."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

from ballast.cli import main
from ballast.studies.figures.catalogue import drawn
from ballast.studies.figures.places import check_places
from ballast.studies.figures.results import read
from tests.sim.results import FACTORS, HARSH, MEANT, SMALL, write_run, write_table

NAMES = [f"figure-{n}.{kind}" for n in (1, *range(3, 10)) for kind in ("csv", "png", "svg")]


def ballast(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner(mix_stderr=False).invoke(main, [str(argument) for argument in arguments])


def refused(result: Result) -> str:
    """Check that a command ended with one line and status 2; the line."""
    assert result.exit_code == 2, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    (line,) = result.stderr.splitlines()
    assert line.startswith("ballast: ")
    return line


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    """Copy of a run to damage."""
    return Path(shutil.copytree(run, tmp_path / "copy"))


def test_a_run_gives_eight_figures_in_three_formats(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    result = ballast("figures", run, "--out", out)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == NAMES
    for path in out.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    for path in out.glob("*.svg"):
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
    first, said, *drawn_ones = result.output.splitlines()
    assert said == "figure 2 not drawn: one slash factor alone shows no effect: give a sweep of several"
    assert [line.split()[1] for line in (first, *drawn_ones)] == [str(n) for n in (1, *range(3, 10))]


def test_figures_stand_in_the_directory_unless_told_otherwise(copy: Path) -> None:
    before = sorted(path.name for path in copy.iterdir())
    assert ballast("figures", copy).exit_code == 0
    assert sorted(path.name for path in (copy / "figures").iterdir()) == NAMES
    assert sorted(path.name for path in copy.iterdir()) == sorted([*before, "figures"])


def test_a_sweeps_table_gives_the_figures_it_can(sweep: Path, tmp_path: Path) -> None:
    result = ballast("figures", sweep, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert sorted(path.stem for path in (tmp_path / "out").glob("*.png")) == ["figure-2", "figure-8", "figure-9"]
    for number in (1, 3, 4, 5, 6, 7):
        assert f"figure {number} not drawn: {sweep} holds no directory of a single run\n" in result.output


def test_a_real_sweep_is_drawn(tmp_path: Path) -> None:
    fields = ("operators=4", "coprocessors=4", "periods=6", "tasks_per_period=30")
    options = [part for field in fields for part in ("--set", field)]
    swept = ballast("sweep", "--slashing", "0.1,0.5", *options, "--seeds", 3, "--workers", 1, "--out", tmp_path / "out")
    assert swept.exit_code == 0, swept.output
    runs = pyarrow.parquet.read_table(tmp_path / "out" / "runs.parquet").to_pylist()
    for line in read(tmp_path / "out").lines:
        settled = [run["reward_paid"] for run in runs if run["slashing"] == line.slashing]
        assert len(settled) == 3
        assert 0.7 * np.mean(settled) < line.reward[-1] < np.mean(settled)
        assert line.low is not None
    assert "figure 2 " in ballast("figures", tmp_path / "out").output


def test_a_sweep_may_hold_a_run_too(runs: Path, run: Path, tmp_path: Path) -> None:
    sweep = write_table(tmp_path / "sweep", runs)
    shutil.copytree(run, sweep / "run")
    results = read(sweep)
    assert len(results.lines) == len(FACTORS)
    assert results.run is not None
    assert results.run.directory.name == "run"
    assert not [reason for _, reason in drawn(results) if isinstance(reason, str)]


def test_of_several_runs_the_middle_slash_factor_and_the_first_seed_is_looked_at(runs: Path) -> None:
    assert read(runs).the_run().directory.name == "s0.1-3"


def test_of_other_varied_fields_the_default_is_drawn_and_said(runs: Path, tmp_path: Path) -> None:
    results = read(write_table(tmp_path / "presets", runs, presets=["hump"]))
    assert results.others == {"preset": SMALL.preset}
    assert [line.slashing for line in results.lines] == list(FACTORS)
    assert all(len(line.active) == SMALL.periods and line.active[0] == SMALL.operators for line in results.lines)


def test_runs_of_other_presets_are_not_mixed(runs: Path, tmp_path: Path) -> None:
    mixed = Path(shutil.copytree(runs, tmp_path / "mixed"))
    write_run(mixed / "another", preset="hump", slashing=0.5, **HARSH)
    results = read(mixed)
    assert results.others == {"preset": SMALL.preset}
    np.testing.assert_array_equal(results.lines[-1].active, read(runs).lines[-1].active)


def test_without_its_history_a_run_has_no_course(copy: Path) -> None:
    (copy / "history.npz").unlink()
    result = ballast("figures", copy)
    assert result.exit_code == 0
    assert sorted(path.stem for path in (copy / "figures").glob("*.svg")) == ["figure-4", "figure-8"]
    assert result.output.count("not drawn: ") == 7
    assert f"figure 5 not drawn: {copy} has no history.npz" in result.output


def test_a_run_of_few_periods_has_no_course(tmp_path: Path) -> None:
    short = write_run(tmp_path / "short", periods=2, tasks_per_period=5)
    output = ballast("figures", short).output
    assert f"figure 3 not drawn: {short} has 2 periods, 1 of them start-up: at least 10 more" in output
    assert "figure 6 not drawn" in output
    assert not (short / "figures" / "figure-3.png").exists()


def test_a_table_without_slash_factors_gives_no_figure_2(tmp_path: Path) -> None:
    columns = {name: [1.0] for name in MEANT}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "periods.parquet")
    assert "figure 2 not drawn" in ballast("figures", tmp_path, "--out", tmp_path / "out").output


def damage_json(copy: Path) -> None:
    (copy / "summary.json").write_text('{"parameters": ')


def damage_parameters(copy: Path) -> None:
    (copy / "summary.json").write_text('{"parameters": {"slashing": "much"}}')


def damage_preset(copy: Path) -> None:
    summary = json.loads((copy / "summary.json").read_text())
    summary["parameters"]["preset"] = "steep"
    (copy / "summary.json").write_text(json.dumps(summary))


def damage_contracts(copy: Path) -> None:
    summary = json.loads((copy / "summary.json").read_text())
    (copy / "summary.json").write_text(json.dumps(summary | {"contracts": 3}))


def damage_cell(copy: Path) -> None:
    path = copy / "periods.csv"
    path.write_text(path.read_text().replace("\n0,", "\nzero,", 1))


def damage_row(copy: Path) -> None:
    with (copy / "accounts.csv").open("a") as stream:
        stream.write("1,2,3\n")


def damage_column(copy: Path) -> None:
    path = copy / "periods.csv"
    path.write_text(path.read_text().replace("slashed,", "slushed,", 1))


def damage_rows(copy: Path) -> None:
    path = copy / "periods.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")


def damage_archive(copy: Path) -> None:
    path = copy / "history.npz"
    path.write_bytes(path.read_bytes()[:-200])


def damage_shapes(copy: Path) -> None:
    with np.load(copy / "history.npz") as file:
        arrays = dict(file)
    arrays["load"] = arrays["load"][:-1]
    np.savez(copy / "history.npz", **arrays)


def damage_edges(copy: Path) -> None:
    with np.load(copy / "history.npz") as file:
        arrays = dict(file)
    del arrays["edges"]
    np.savez(copy / "history.npz", **arrays)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_json, "summary.json cannot be read"),
        (damage_parameters, "lacks the parameter slashing"),
        (damage_preset, "preset 'steep' is none of hump"),
        (damage_contracts, "summary.json: contracts are 3: must be tables"),
        (damage_cell, "periods.csv cannot be read"),
        (damage_row, "accounts.csv cannot be read"),
        (damage_column, "periods.csv lacks slashed"),
        (damage_rows, "periods.csv has no rows"),
        (damage_archive, "history.npz cannot be read"),
        (damage_shapes, "history.npz does not belong to periods.csv"),
        (damage_edges, "history.npz lacks edges"),
    ],
)
def test_what_is_broken_is_said_in_one_line(copy: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(copy)
    assert said in refused(ballast("figures", copy))


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_broken_table_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "periods.parquet").write_bytes(content)
    assert "periods.parquet cannot be read" in refused(ballast("figures", tmp_path))


def test_a_table_of_words_or_without_rows_is_refused(tmp_path: Path) -> None:
    names = ("slashing", *MEANT)
    path = tmp_path / "periods.parquet"
    pyarrow.parquet.write_table(pyarrow.table({name: ["many"] for name in names}), path)
    assert "cannot be read" in refused(ballast("figures", tmp_path))
    pyarrow.parquet.write_table(pyarrow.table({name: pyarrow.array([], "double") for name in names}), path)
    assert "has no rows" in refused(ballast("figures", tmp_path))
    pyarrow.parquet.write_table(pyarrow.table({"period": [0.0], "slashing": [0.1]}), path)
    assert "lacks operators_active" in refused(ballast("figures", tmp_path))


def test_no_directory_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    assert "is no directory" in refused(ballast("figures", tmp_path / "nowhere"))
    assert "holds no results" in refused(ballast("figures", tmp_path))
    assert "is no directory" in refused(ballast("report", tmp_path / "nowhere"))


def test_a_place_that_cannot_be_written_to_is_said(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refused(ballast("figures", run, "--out", tmp_path / "file"))
    assert "cannot be written: Is a directory" in refused(ballast("report", run, "--out", "."))


def test_a_write_that_fails_leaves_what_was_there(run: Path, tmp_path: Path) -> None:
    (tmp_path / "figure-9.svg").mkdir()  # the others could be written, this one cannot take its name
    line = refused(ballast("figures", run, "--out", tmp_path))
    assert "figure-9.svg cannot be written" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figure-9.svg"]


BEFORE_ANYTHING = """
import sys
from pathlib import Path
from ballast.cli import main
try:
    main(sys.argv[1:])
finally:
    heavy = {"matplotlib", "numba", "pyarrow", "ballast.sim.run"} & sys.modules.keys()
    print(*sorted(heavy), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["figures", "EMPTY"], "holds no results"),
        (["figures", "EMPTY/none"], "is no directory"),
        (["report", "EMPTY"], "holds no results"),
        (["report", "RUN", "--out", "/proc/x"], "/proc/x cannot be written"),
        (["report", "RUN", "--out", "RUN/summary.json/x"], "summary.json/x cannot be written"),
        (["report", "RUN", "--out", "EMPTY"], "Is a directory"),
        (["figures", "RUN", "--out", "/proc/x"], "/proc/x/figure-1.png cannot be written"),
        (["report", "RUN", "--claims", "EMPTY"], "has no claims.json"),
        (["report", "RUN", "--stresses", "EMPTY"], "has no stress.json"),
    ],
)
def test_arguments_are_looked_at_before_anything_is_loaded(
    run: Path, tmp_path: Path, command: list[str], said: str
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    before = sorted(path.name for path in run.iterdir())
    arguments = [word.replace("EMPTY", str(empty)).replace("RUN", str(run)) for word in command]
    done = subprocess.run([sys.executable, "-c", BEFORE_ANYTHING, *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    line, loaded = done.stderr.splitlines()
    assert said in line
    assert loaded == ""
    assert sorted(path.name for path in run.iterdir()) == before
    assert list(empty.iterdir()) == []


def test_looking_at_a_place_leaves_nothing_there(tmp_path: Path) -> None:
    check_places([tmp_path / "deep" / "down" / "page.html", tmp_path / "page.html"])
    assert list(tmp_path.iterdir()) == []
