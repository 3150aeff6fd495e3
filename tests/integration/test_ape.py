"""Ape as it is installed: its own commands work in the checkout, without an activated environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT

APE = Path(sys.executable).parent / "ape"


def ape(home: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run Ape for a user who has nothing of the environment on the search path."""
    return subprocess.run(
        [str(APE), *arguments],
        cwd=ROOT,
        env={"HOME": str(home), "PATH": os.defpath, "TERM": "dumb"},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("only_ape")
def test_the_console_knows_the_contracts(tmp_path: Path) -> None:
    typed = "print('name:', project.CollateralEscrow.contract_type.name)\nprint(chain.provider.name)\nexit()\n"
    done = ape(tmp_path, "console", "--network", "ethereum:local:foundry", typed=typed)
    assert done.returncode == 0, done.stderr
    assert "name: CollateralEscrow" in done.stdout
    assert "foundry" in done.stdout


def test_ape_test_runs_the_tests(tmp_path: Path) -> None:
    done = ape(tmp_path, "test", "tests/unit/modules/test_epoch_parameter.py", "-k", "no_such_test")
    assert "deselected" in done.stdout.splitlines()[-1], done.stdout + done.stderr
    assert done.stderr == ""
