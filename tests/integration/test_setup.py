"""Setting up: which Python is taken, what is said when something is missing, and what the lock files hold."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT

TOOLS = ("bash", "dirname", "grep", "mkdir")


class Checkout:
    """An empty checkout with the script that makes ``.venv``, and a search path of its own.

    Parameters
    ----------
    folder : Path
        Where to put both.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.bin = folder / "bin"
        (self.root / ".ci").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / ".ci" / "venv", self.root / ".ci" / "venv")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (self.bin / tool).symlink_to(found)

    def python(self, name: str, version: str, complete: bool = True) -> Path:
        """Put a pretended Python on the path; it notes in a file that it was asked to make ``.venv``."""
        path = self.bin / name
        supported = version.startswith(("3.11.", "3.12."))
        path.write_text(
            "#!/usr/bin/env bash\n"
            'case "$*" in\n'
            f"  *python_version*) echo {version} ;;\n"
            f"  *version_info*) exit {0 if supported else 1} ;;\n"
            f"  *ensurepip*) exit {0 if complete else 1} ;;\n"
            f'  "-m venv"*) mkdir .venv; echo {name} > .venv/made-by ;;\n'
            "esac\n"
        )
        path.chmod(0o755)
        return path

    def setup(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script."""
        return subprocess.run(
            [str(self.root / ".ci" / "venv")],
            env={"PATH": str(self.bin), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def made_by(self) -> str:
        """Name of the Python that made ``.venv``."""
        return (self.root / ".venv" / "made-by").read_text().strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Make a checkout that nothing was installed in."""
    return Checkout(tmp_path)


def test_takes_the_first_python_that_does(checkout: Checkout) -> None:
    checkout.python("python3.11", "3.11.9", complete=False)
    checkout.python("python3.12", "3.12.1")
    checkout.python("python3", "3.13.0")
    done = checkout.setup()
    assert (done.returncode, done.stdout) == (0, "Making .venv with Python 3.12.1\n")
    assert checkout.made_by() == "python3.12"


def test_takes_the_python_it_is_told(checkout: Checkout) -> None:
    checkout.python("python3.11", "3.11.9")
    mine = checkout.python("mine", "3.12.1")
    assert checkout.setup(PYTHON=str(mine)).returncode == 0
    assert checkout.made_by() == "mine"


@pytest.mark.parametrize(
    ("pythons", "told", "complaint"),
    [
        ({}, None, "Python 3.11 or 3.12 is needed: none was found, install one, or name it with PYTHON="),
        (
            {"python3": "3.13.0", "python": "3.10.4"},
            None,
            "Python 3.11 or 3.12 is needed: python3 is 3.13.0, python is 3.10.4, install one, or name it with PYTHON=",
        ),
        ({"python3": "3.13.0"}, "python3", "PYTHON=python3 does not do: python3 is 3.13.0, Python 3.11 or 3.12 is"),
        ({}, "nothing", "PYTHON=nothing does not do: it does not run, Python 3.11 or 3.12 is needed"),
    ],
)
def test_says_in_one_line_that_python_is_missing(
    pythons: dict[str, str], told: str | None, complaint: str, checkout: Checkout
) -> None:
    for name, version in pythons.items():
        checkout.python(name, version)
    done = checkout.setup(**({} if told is None else {"PYTHON": told}))
    assert done.returncode == 1
    assert done.stderr.startswith(f"setup: {complaint}")
    assert done.stderr.count("\n") == 1
    assert not (checkout.root / ".venv").exists()


def test_says_in_one_line_that_the_venv_module_is_missing(checkout: Checkout) -> None:
    checkout.python("python3.11", "3.11.9", complete=False)
    done = checkout.setup()
    assert done.returncode == 1
    assert done.stderr.startswith("setup: python3.11 has no venv module: install it (Debian: apt install python3-venv)")
    assert done.stderr.count("\n") == 1


def test_the_lock_of_anvil_names_no_host() -> None:
    text = (ROOT / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)


def test_help_lists_every_target() -> None:
    if shutil.which("make") is None:
        pytest.skip("no make here")
    shown = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    for target in (
        "help",
        "setup",
        "sim",
        "test",
        "test-contracts",
        "bench",
        "lint",
        "format",
        "docs",
        "clean",
        "lock",
    ):
        assert re.search(rf"^make {target} ", shown, re.MULTILINE), target


def test_the_contracts_tests_take_arguments_of_the_user_too() -> None:
    done = subprocess.run(
        ["make", "--dry-run", "test-contracts", "ARGS=--stepwise"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (tests,) = [line for line in done.stdout.splitlines() if "-m pytest" in line]
    assert "--stepwise" in tests
    assert "tests/unit" in tests
