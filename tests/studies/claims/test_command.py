"""The command ``ballast claims``: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result

from ballast.cli import main
from ballast.errors import UserError
from ballast.sim.known_populations import POPULATIONS
from ballast.studies.claims import command
from ballast.studies.claims.judge import CHECKED, FAILS, HOLDS, OPEN, UNDER_ASSUMPTION, Verdict
from ballast.studies.compare.settings import FIRST_SEED
from ballast.studies.report.claims import read_claims as read_for_the_page
from tests.support.waiting import until

SHORT = ["--seed", "1", "--seeds", "2", "--periods", "30"]
VERDICTS = (HOLDS, FAILS, UNDER_ASSUMPTION, OPEN, CHECKED)


def ballast(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner(mix_stderr=False).invoke(main, ["claims", *arguments])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[Verdict]], Path]:
    """Judge the claims by short runs, written to a directory that holds something else already."""
    out = tmp_path_factory.mktemp("claims") / "there"
    out.mkdir()
    (out / "summary.json").write_text("{}")
    done = ballast(*SHORT, "--workers", "2", "--json", "--out", str(out))
    assert done.exit_code == 0, done.stderr
    assert done.stderr.splitlines()[-1] == (
        "ballast: 2 seeds of 30 periods decide little, and some claims fail for that alone: "
        "the documented verdicts are those of 30 seeds of 1,000 periods"
    )
    found = json.loads(done.stdout).items()
    return {population: [Verdict(**claim) for claim in judged["claims"]] for population, judged in found}, out


@pytest.mark.parametrize("population", POPULATIONS)
def test_all_claims_are_judged_by_what_was_measured(
    told: tuple[dict[str, list[Verdict]], Path], population: str
) -> None:
    verdicts = told[0][population]
    assert [v.id for v in verdicts if not v.id.endswith("b")] == [f"C{n}" for n in range(1, 21)]
    for v in verdicts:
        assert v.estimate is not None
        assert v.low is not None
        assert v.high is not None
        assert v.low <= v.estimate <= v.high
        assert v.verdict in VERDICTS
        assert v.seeds == 2
        assert not re.search(r"\bnan\b", f"{v.note} {v.assumption}")
    of = {v.id: v for v in verdicts}
    assert {of[n].verdict for n in ("C1", "C2", "C3", "C11", "C14")} == {CHECKED}
    assert "30,300 to 30,300 tasks opened a run; exact in all runs" in of["C1"].note
    assert of["C18"].note.endswith("Balances add up in all 4 runs")
    assert re.search(r"; \d+\.\d% are won at the first step", of["C3"].note)
    assert re.match(r"[\d,]+ tasks a run over \d+\.\d% of the pairs", of["C11"].note)


@pytest.mark.parametrize(("seeds", "periods", "short"), [(29, 1_000, True), (30, 999, True), (30, 1_000, False)])
def test_only_a_run_shorter_than_the_documented_one_has_a_note(seeds: int, periods: int, short: bool) -> None:
    assert bool(command.short_run(seeds, periods)) == short


def test_the_file_is_what_was_printed_and_what_the_report_reads(told: tuple[dict[str, list[Verdict]], Path]) -> None:
    verdicts, out = told
    assert sorted(path.name for path in out.iterdir()) == ["claims.json", "summary.json"]
    written = json.loads((out / "claims.json").read_text())
    assert list(written) == list(verdicts) == list(POPULATIONS)
    assert all(found["judged_with"] == list(POPULATIONS) for found in written.values())
    for population, found in written.items():
        assert found["claims"] == [asdict(v) for v in verdicts[population]]
        assert found["scenario"] == {"name": "paper", "changed": ["periods"]}
        assert found["population"]["fields"] == POPULATIONS[population].fields
        assert found["seeds"] == [1, 2]
        assert {"seed", "date", "versions"} <= found.keys()
    assert verdicts["uniform"] != verdicts["mixed"]
    alone = json.loads(command.document({"mixed": verdicts["mixed"]}, [1, 2]))
    assert alone == {"mixed": written["mixed"] | {"judged_with": ["mixed"], "date": alone["mixed"]["date"]}}
    beside = [[(v.id, population) for population in POPULATIONS] for v in verdicts["uniform"]]
    assert [[(one["id"], one["population"]) for one in claim] for claim in read_for_the_page(out)] == beside


@pytest.mark.parametrize("columns", [80, 120, 300])
def test_each_claim_is_one_line_that_begins_with_its_number(
    told: tuple[dict[str, list[Verdict]], Path],
    columns: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    verdicts = told[0]["mixed"]
    command.show("mixed", verdicts)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Claims, population mixed: ")
    rows = [line for line in lines if re.match(r"C\d+b? ", line)]
    assert [row.split()[0] for row in rows] == [v.id for v in verdicts]
    number = r"-?[\d.]+(e[+-]\d+)?"
    kinds = "|".join(VERDICTS)
    for row in rows:
        assert re.fullmatch(
            rf"C\d+b? ({kinds}): {number} \[{number}, {number}\], threshold (above|below) {number}", row
        )
    assert all(line.startswith("    ") for line in lines[1:-3] if line not in rows)
    assert max(map(len, lines)) <= min(columns, command.WIDTH)
    # what cannot fail, and our own readings, are not counted among the claims
    assert [line.partition(":")[0] for line in lines[-3:]] == [
        "claims",
        "our own readings",
        "not counted, since they cannot fail",
    ]
    counts = [{name: int(n) for n, name in re.findall(r"(\d+) ([a-z ]+)", line)} for line in lines[-3:]]
    assert [sum(of.values()) for of in counts] == [15, 7, 5]
    assert counts[0].get(HOLDS, 0) == sum(v.verdict == HOLDS for v in verdicts if v.id[-1] != "b")
    assert counts[2] == {CHECKED: 5}
    assert sum("by Holm" in line for line in lines) >= 15
    assert sum(line.startswith("    not counted: ") for line in lines) == 5


def test_verdicts_on_populations_stand_beside_each_other(
    told: tuple[dict[str, list[Verdict]], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    changed = {
        population: [
            replace(v, verdict=HOLDS if v.id in ("C4", also) else FAILS, estimate=0.25, low=0.125, high=0.5) for v in of
        ]
        for (population, of), also in zip(told[0].items(), ("C5", "C6"), strict=True)
    }
    command.show_beside(changed)
    lines = capsys.readouterr().out.splitlines()
    (head,) = (line for line in lines if "threshold" in line)
    assert head.split() == ["threshold", *POPULATIONS]
    cells = {line.split()[0]: line.split()[3:] for line in lines if re.match(r" *C\d", line)}
    assert list(cells) == [v.id for v in told[0]["uniform"]]
    assert [cells[number] for number in ("C4", "C5", "C6", "C7")] == [
        [HOLDS, HOLDS],
        [HOLDS, FAILS],
        [FAILS, HOLDS],
        [FAILS, FAILS],
    ]
    assert sum(line.split() == ["0.25", "[0.125,", "0.5]"] * 2 for line in lines) == len(cells)
    assert lines[-2:] == ["holds in every population: C4", "not the same in all: C5, C6"]


def test_what_is_not_known_is_said(
    told: tuple[dict[str, list[Verdict]], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    command.show("uniform", [replace(told[0]["uniform"][0], estimate=None, low=None, high=None)])
    assert "C1 checked: not known [not known, not known], threshold above 0.999" in capsys.readouterr().out


def test_published_verdicts_come_from_seeds_that_tests_do_not_use() -> None:
    seed = next(option for option in command.claims.params if option.name == "seed")
    assert seed.default == FIRST_SEED == 1_001


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seed", "-1"], "--seed is -1: give a whole number from 0"),
        (["--seed", str(2**63 - 1)], f"--seed is {2**63 - 1}: give a whole number"),
        (["--seeds", "1"], "--seeds is 1: give a whole number from 2"),
        (["--seeds", "1001"], "--seeds is 1001"),
        (["--periods", "29"], "--periods is 29: give a whole number from 30"),
        (["--population", "martians"], "--population has 'martians'"),
        (["--workers", "0"], "--workers is 0: give a whole number from 1"),
        (["--workers", "many"], "a whole number is wanted, not 'many'"),
        (["--out", "/proc/here"], "--out /proc/here cannot be written"),
    ],
)
def test_mistakes_are_one_line_before_anything_is_run(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = ballast(*SHORT, *arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("ballast: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert not any(tmp_path.iterdir())


def test_a_directory_with_claims_or_in_the_way_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "claims.json").write_text("mine")
    for out, says in (
        (tmp_path, "holds claims.json"),
        (tmp_path / "claims.json" / "x", "cannot be written: Not a directory"),
    ):
        done = ballast(*SHORT, "--out", str(out))
        assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
        assert says in done.stderr
    assert (tmp_path / "claims.json").read_text() == "mine"


def test_what_cannot_be_written_whole_is_not_written(
    told: tuple[dict[str, list[Verdict]], Path], tmp_path: Path
) -> None:
    (tmp_path / "claims.json").mkdir()
    (tmp_path / "claims.json" / "x").write_text("in the way")
    with pytest.raises(UserError, match=r"--out .* cannot be written"):
        command.write(tmp_path, command.document(told[0], [1, 2]))
    assert [path.name for path in tmp_path.iterdir()] == ["claims.json"]


def test_ctrl_c_ends_everything_and_writes_nothing(tmp_path: Path) -> None:
    arguments = ["claims", "--seeds", "30", "--workers", "2", "--out", str(tmp_path / "claims")]
    process = subprocess.Popen(
        [sys.executable, "-m", "ballast.cli", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    workers: list[psutil.Process] = []

    def started() -> bool:
        workers[:] = psutil.Process(process.pid).children()
        return len(workers) >= 2

    until(started, process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "ballast: stopped; nothing was written"
    assert "Traceback" not in said
    psutil.wait_procs(workers, timeout=60)
    assert not [worker for worker in workers if worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE]
    assert not any(tmp_path.iterdir())
