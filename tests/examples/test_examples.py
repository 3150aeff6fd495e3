"""Every example runs in an empty folder, says what it found, and leaves nothing there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SAID = {
    "first_run": [r"tasks settled: [1-9]\d* of 4000", r"slashing 0\.5: \d+\.\d\d% of the rewards lost"],
    "own_workload_and_curve": [r"twin: [1-9]\d* of 540 tasks settled", "model and contracts agree: True"],
    "gas_fit": ["converged: True", r"next five means: \[( *\d+\.\d?){5}\]"],
}


def test_all_examples_are_run_here() -> None:
    assert {path.stem for path in EXAMPLES.iterdir() if path.suffix} == set(SAID)


@pytest.mark.parametrize("name", SAID)
def test_an_example(name: str, tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    for line in SAID[name]:
        assert re.search(f"^{line}$", done.stdout, re.MULTILINE), done.stdout
    assert list(tmp_path.iterdir()) == []
