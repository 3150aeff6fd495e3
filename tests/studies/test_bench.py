"""The bench prints and writes what was measured; a mistake is one line, before anything is measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ballast.errors import PeerError
from ballast.studies import bench
from ballast.studies.bench import RateRow, Rows

ROWS = {
    "twin": RateRow("twin 100 x 100", "tasks/s", 1_000_000.0, "Mesa 3.3.1", 40_000.0),
    "anvil_flatness": RateRow("anvil, last tenth", "tasks/s", 1_900.0, "first tenth", 2_000.0),
    "twin_memory": RateRow("twin, memory", "MB", 288.4),
}


def unmeasured() -> Rows:
    """Stand where nothing may be measured."""
    raise AssertionError


def test_rows_are_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "new" / "rates.json"
    bench.main([str(target)], lambda: ROWS)
    lines = [line.split("│")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert [[cell.strip() for cell in line] for line in lines] == [
        ["twin 100 x 100", "1,000,000", "tasks/s", "40,000", "Mesa 3.3.1", "25.0"],
        ["anvil, last tenth", "1,900", "tasks/s", "2,000", "first tenth", "0.95"],
        ["twin, memory", "288", "MB", "", "", ""],
    ]
    written = json.loads(target.read_text())
    assert [(name, row["ours"], row["theirs"], row["ratio"]) for name, row in written.items()] == [
        ("twin", 1_000_000.0, 40_000.0, 25.0),
        ("anvil_flatness", 1_900.0, 2_000.0, 0.95),
        ("twin_memory", 288.4, None, None),
    ]


def test_a_mistake_is_one_line_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments, said in (
        (["a", "b"], "a b is not understood: give nothing, or one file to write"),
        (["--fast"], "--fast is not understood: give nothing, or one file to write"),
        ([str(tmp_path)], f"{tmp_path} cannot be written: Is a directory; give another file"),
        ([f"{tmp_path}/file/a"], f"{tmp_path}/file/a cannot be written: Not a directory; give another file"),
    ):
        with pytest.raises(SystemExit) as caught:
            bench.main(arguments, unmeasured)
        assert caught.value.code == f"bench: {said}"


def test_what_was_not_measured_leaves_nothing(tmp_path: Path) -> None:
    def fails() -> Rows:
        raise PeerError("Mesa did not run: killed")

    kept = tmp_path / "rates.json"
    kept.write_text("of before")
    for target in (tmp_path / "new" / "rates.json", kept):
        with pytest.raises(SystemExit):
            bench.main([str(target)], fails)
    assert list(tmp_path.iterdir()) == [kept]
    assert kept.read_text() == "of before"


def test_a_peer_that_fails_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> Rows:
        raise PeerError("verbs_calls.py did not run: killed")

    with pytest.raises(SystemExit) as caught:
        bench.main([], fails)
    assert caught.value.code == "bench: verbs_calls.py did not run: killed"
    assert capsys.readouterr().out == ""
