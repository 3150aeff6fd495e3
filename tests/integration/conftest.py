"""An Anvil a test on 127.0.0.1, gone after it; and programs run as a user runs them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ballast.chain.anvil import Anvil

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def listens(url: str) -> bool:
    """Tell whether anybody listens on the port of an address."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    """Anvil that mines every transaction at once."""
    with Anvil() as node:
        yield node
    assert not node.running


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Give programs an empty environment whose home and deployment files are the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "BALLAST_DEPLOYMENTS": str(tmp_path / "deployments"),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "200",
        **{name: value for name, value in os.environ.items() if name.startswith("COV_")},
    }


@pytest.fixture
def ballast(environment: dict[str, str]) -> Run:
    """Run the command ``ballast`` to its end."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ballast.cli", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def ape_deploy(environment: dict[str, str]) -> Run:
    """Run ``ape run deploy`` to its end."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(BIN / "ape"), "run", "deploy", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    return run
