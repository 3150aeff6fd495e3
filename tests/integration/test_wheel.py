"""The wheel, installed into an empty environment and used from an empty folder."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT

BUILDERS = ("vyper", "setuptools", "wheel")
"""What makes a wheel and is not needed to run it."""

Command = Callable[..., str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a source distribution, and the wheel from that."""
    out = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT)
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = out.glob("ballast-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Install the wheel with the locked versions of what it depends on; give what runs the programs there."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "empty"
    folder.mkdir()
    own = home / "venv"
    venv.create(own, with_pip=True)
    python = own / "bin" / "python"

    def run(*command: str | Path) -> str:
        environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    subprocess.run((ROOT / ".ci" / "install", own, ROOT / "requirements" / "run.txt"), capture_output=True, check=True)
    run(python, "-m", "pip", "uninstall", "--quiet", "--yes", *BUILDERS)
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    run(python, "-m", "pip", "check")
    return lambda *arguments: run(own / "bin" / arguments[0], *arguments[1:])


def test_a_wheel_brings_one_package_and_its_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"ballast"}
    wanted = {
        "ballast/py.typed",
        "ballast/data/contracts.json",
        "ballast/sim/scenarios/market.toml",
        "ballast/studies/claims/claims.toml",
        "ballast/studies/report/page.html",
        *(f"ballast/data/abi/{path.name}" for path in (ROOT / "abi").glob("*.json")),
    }
    assert wanted <= set(names)
    modules = {path.relative_to(ROOT / "sim").as_posix() for path in (ROOT / "sim").rglob("*.py")}
    assert {f"ballast/sim/{module}" for module in modules} <= set(names)


@pytest.fixture(scope="module")
def ballast(installed: Command) -> Command:
    """Give what runs its command."""
    return lambda *arguments: installed("ballast", *arguments)


def test_its_command_works_without_a_checkout(ballast: Command) -> None:
    small = ("--operators", "10", "--coprocessors", "10", "--periods", "2", "--tasks-per-period", "50")
    assert ballast("--version").startswith("ballast ")
    twin = ballast("simulate", "--engine", "twin", *small, "--out", "twin", "--json")
    evm = ballast("simulate", "--engine", "evm", *small, "--out", "evm", "--json")
    digests = [line for text in (twin, evm) for line in text.splitlines() if "state_digest" in line]
    assert len(digests) == 2
    assert len(set(digests)) == 1
    assert "report.html" in ballast("report", "twin")
    assert "agrees" in ballast("gas", "check")


def test_programs_import_it_without_a_checkout(installed: Command) -> None:
    market = "ballast.Scenario(operators=5, coprocessors=5, periods=2, tasks_per_period=20)"
    program = f"import ballast; print([ballast.simulate({market}, engine=e) for e in ('twin', 'evm')])"
    assert installed("python", "-c", program).count("40 tasks") == 2
