"""Sweeps on real Dask clusters: processes killed, sweeps stopped and gone on with, schedulers elsewhere and lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from ballast.cli import main
from ballast.sim.scenario import load
from ballast.studies.sweep.folder import PARTS, PERIODS, RUNS, Folder
from ballast.studies.sweep.recipe import Recipe, recipe_of, values_of
from ballast.studies.sweep.sweep import sweep
from tests.support.waiting import until

PROGRAM = [sys.executable, "-m", "ballast.cli", "sweep"]
FIELDS = {"operators": "20", "coprocessors": "20", "periods": "150", "tasks_per_period": "400"}
OPTIONS = ["--scenario", "market", "--slashing", "0.1,0.5", "--seeds", "8", "--workers", "2"]
OPTIONS += [word for name, value in FIELDS.items() for word in ("--set", f"{name}={value}")]
RUNS_OF_ALL = 16


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """Give the tables of a sweep that nothing happened to."""
    out = tmp_path_factory.mktemp("whole") / "sweep"
    done = json.loads(ballast(*OPTIONS, "--out", str(out), "--json").stdout)
    assert (done["runs"], done["kept"], done["carried_out"]) == (RUNS_OF_ALL, 0, RUNS_OF_ALL)
    assert not (out / PARTS).exists()
    return tables(out)


def ballast(*arguments: str) -> Result:
    """Run ``ballast sweep`` to its end in this process."""
    return CliRunner(mix_stderr=False).invoke(main, ["sweep", *arguments])


def begun(*arguments: str) -> subprocess.Popen[str]:
    """Start ``ballast sweep`` in a process and a process group of its own."""
    return subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def tables(out: Path) -> dict[str, pa.Table]:
    """Read the tables of a sweep."""
    return {name: pq.read_table(out / name) for name in (RUNS, PERIODS)}


def parts_of(out: Path) -> dict[str, int]:
    """When each finished run was written, by its name."""
    return {path.name: path.stat().st_mtime_ns for path in (out / PARTS).glob("[!.]*")}


def gone(processes: list[psutil.Process]) -> bool:
    """Whether processes end by themselves."""
    return not psutil.wait_procs(processes, timeout=60)[1]


def test_a_killed_sweep_goes_on_and_repeats_nothing_that_was_finished(
    whole: dict[str, pa.Table], tmp_path: Path
) -> None:
    out = tmp_path / "sweep"
    process = begun(*OPTIONS, "--out", str(out))
    until(lambda: parts_of(out), process)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    assert gone(workers)
    kept = parts_of(out)
    assert 0 < len(kept) < RUNS_OF_ALL
    again = begun("--out", str(out), "--resume", "--json", "--workers", "1")
    until(lambda: len(parts_of(out)) > len(kept), again)
    assert kept.items() <= parts_of(out).items()
    again.send_signal(signal.SIGTERM)
    stopped, said = again.communicate()
    assert (again.returncode, stopped) == (130, "")
    kept = parts_of(out)
    assert said.splitlines()[-1] == (
        f"ballast: stopped; {len(kept)} of 16 runs finished and kept; go on with `ballast sweep --out {out} --resume`"
    )
    done = json.loads(ballast(*OPTIONS, "--out", str(out), "--resume", "--json").stdout)
    assert (done["runs"], done["kept"], done["carried_out"]) == (RUNS_OF_ALL, len(kept), RUNS_OF_ALL - len(kept))
    assert tables(out) == whole
    nothing = json.loads(ballast("--out", str(out), "--resume", "--json").stdout)
    assert (nothing["kept"], nothing["carried_out"]) == (RUNS_OF_ALL, 0)
    assert nothing["overview"] == done["overview"]


def test_nothing_listens_but_on_this_machine_and_ctrl_c_ends_it_all(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    process = begun(*OPTIONS, "--out", str(out))
    until(lambda: parts_of(out), process)
    workers = psutil.Process(process.pid).children(recursive=True)
    ours = [psutil.Process(process.pid), *workers]
    sockets = [c.laddr for p in ours for c in p.net_connections("all") if c.status == psutil.CONN_LISTEN]
    # The scheduler, and two for each worker: itself and its nanny. No pages.
    assert [address.ip for address in sockets] == ["127.0.0.1"] * 5
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert f"stopped; {len(parts_of(out))} of 16 runs finished and kept" in said
    assert "Traceback" not in said
    assert gone(workers)
    assert not (out / RUNS).exists()


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_ctrl_c_while_workers_start_ends_in_one_line(processes: int, tmp_path: Path) -> None:
    process = begun(*OPTIONS, "--out", str(tmp_path / "sweep"))
    until((tmp_path / "sweep").exists, process)  # what is imported before starts processes of its own
    workers: list[psutil.Process] = []

    def started() -> bool:
        workers[:] = psutil.Process(process.pid).children(recursive=True)
        return len(workers) >= processes

    until(started, process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("ballast: stopped; ")
    assert "Traceback" not in said
    assert gone(workers)


def test_a_killed_worker_costs_what_it_had_not_handed_over(
    whole: dict[str, pa.Table], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sweep"
    killed: list[int] = []
    done: list[int] = []

    def progress(finished: int, _: int) -> None:
        done.append(finished)
        if finished == 3:
            children = psutil.Process().children(recursive=True)
            victim = next(child for child in children if "spawn_main" in " ".join(child.cmdline()))
            victim.kill()
            killed.append(victim.pid)

    outcome = sweep(Folder.begin(out, recipe()), None, 2, progress, tell=pytest.fail)
    assert len(killed) == 1
    assert done == list(range(RUNS_OF_ALL + 1))
    assert outcome.carried_out == RUNS_OF_ALL
    assert tables(out) == whole
    assert capfd.readouterr().err == ""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a Dask scheduler and a worker as anybody would; the address, and the scheduler's process."""
    file = tmp_path / "scheduler.json"
    local = ["--host", "127.0.0.1", "--scheduler-file", str(file), "--dashboard-address", "127.0.0.1:0"]

    def started(what: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", what, *local, "--no-dashboard", *options]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    scheduler = started("scheduler", "--port", "0")
    worker = started("worker", "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path))
    try:
        until(lambda: file.exists() and file.read_text(), scheduler)
        yield json.loads(file.read_text())["address"], scheduler
    finally:
        for process in (worker, scheduler):
            process.terminate()
            process.wait(60)


def test_a_scheduler_elsewhere_gives_the_same_tables_and_its_loss_costs_nothing_that_was_finished(
    whole: dict[str, pa.Table],
    cluster: tuple[str, subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    address, scheduler = cluster
    options = [option for option in OPTIONS if option not in ("--workers", "2")]
    out = tmp_path / "sweep"
    finished = ballast(*options, "--scheduler", address, "--out", str(out))
    assert finished.exit_code == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == f"written to {out}: runs.parquet, periods.parquet"
    assert tables(out) == whole

    out = tmp_path / "failed"
    empty = ["--scenario", "market", "--set", "arrivals=poisson", "--set", "tasks_per_period=1", "--set", "periods=1"]
    failed = ballast(*empty, "--seeds", "8", "--scheduler", address, "--out", str(out))
    assert failed.exit_code == 2
    assert "no task arrives in any period" in failed.stderr.splitlines()[-1]
    assert "(run 000000-0000" in failed.stderr.splitlines()[-1]

    out = tmp_path / "lost"
    process = begun(*options, "--seed", "2", "--scheduler", address, "--out", str(out))
    until(lambda: parts_of(out), process)
    scheduler.kill()
    _, said = process.communicate()
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith("ballast: the Dask scheduler was lost; ")
    assert "Traceback" not in said
    done = json.loads(ballast("--out", str(out), "--resume", "--json").stdout)
    assert done["kept"] > 0
    assert done["kept"] + done["carried_out"] == RUNS_OF_ALL


def test_sensitivity_indices_of_a_small_market(tmp_path: Path) -> None:
    options = ["--scenario", "market", "--set", "periods=4", "--set", "tasks_per_period=40", "--sobol", "4"]
    out = tmp_path / "sweep"
    printed = ballast(*options, "--out", str(out))
    assert printed.exit_code == 0, printed.stderr
    ranges = Folder(out).recipe.ranges
    assert f"{4 * (len(ranges) + 2)} runs carried out in" in printed.stdout
    indices = pq.read_table(out / "indices.parquet")
    assert indices.num_rows == 5 * len(ranges)
    assert (out / "indices.png").read_bytes().startswith(b"\x89PNG")
    assert {*indices["parameter"].to_pylist()} >= {"slashing", "utilisation", "careless", "curve.full", "filter.beta"}
    runs = pq.read_table(out / RUNS)
    points = Folder(out).recipe.points()
    assert runs["slashing"].to_pylist() == [point.slashing for point in points]
    filters = [point.network().filter.alpha for point in points]
    assert [round(1e6 * alpha) for alpha in runs["filter.alpha"].to_pylist()] == filters
    assert len(set(runs["seed"].to_pylist())) == 1
    assert not (out / PERIODS).exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scenario", "papre"], "scenario papre is unknown: give one of"),
        (["--slashing", "a"], "slashing is 'a': give a number"),
        (["--slashing", "0.1", "--set", "slashing=0.2,0.3"], "slashing is given twice"),
        (["--set", "watch"], "--set is 'watch': give FIELD=VALUE,VALUE"),
        (["--set", "wacht=5"], "'wacht' is no field of a scenario"),
        (["--seeds", "0"], "--seeds is 0: give a whole number from 1 to 10000"),
        (["--workers", "0"], "--workers is 0: give at least 1"),
        (["--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], "--workers are of its own"),
        (["--scheduler", "127.0.0.1:8786"], "--scheduler is '127.0.0.1:8786': give tcp://HOST:PORT"),
        (["--scheduler", "tls://127.0.0.1:1"], "give Dask a certificate"),
        (["--sobol", "100"], "--sobol is 100: give a power of two from 2 to 65536"),
        (["--sobol", "8", "--slashing", "0.1,0.2"], "--sobol chooses its points"),
        (["--set", "workload=nosuch"], "nosuch cannot be read: No such file or directory"),
        (["--resume"], "is no folder of a sweep: sweep.json is missing or damaged"),
    ],
)
def test_bad_options_are_one_line_and_nothing_is_made(arguments: list[str], said: str, tmp_path: Path) -> None:
    failed = ballast(*arguments, "--out", str(tmp_path / "new" / "sweep"))
    assert failed.exit_code == 2
    assert failed.stdout == ""
    assert failed.stderr.startswith("ballast: ")
    assert said in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_other_options_than_the_folder_s_are_refused(tmp_path: Path) -> None:
    Folder.begin(tmp_path / "sweep", recipe())
    failed = ballast("--slashing", "0.2", "--out", str(tmp_path / "sweep"), "--resume")
    assert failed.exit_code == 2
    assert "was begun for other runs: give --resume without these options" in failed.stderr


def test_nobody_at_an_address_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.studies.sweep.cluster.PATIENCE", 1)
    failed = ballast(
        "--scenario", "market", "--scheduler", "tcp://127.0.0.1:1", "--out", str(tmp_path / "new" / "sweep")
    )
    assert failed.exit_code == 1
    said = "ballast: no Dask scheduler answers at tcp://127.0.0.1:1; nothing was written"
    assert failed.stderr.splitlines()[-1] == said
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in failed.stderr


def recipe() -> Recipe:
    """Recipe of ``OPTIONS``."""
    fields = {name: values_of(name, value) for name, value in FIELDS.items()}
    return recipe_of(load("market"), {"slashing": (0.1, 0.5), **fields}, 8)
