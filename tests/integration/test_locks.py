"""What `make` installs: the same packages today and tomorrow, with any pip from the oldest supported one on."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.integration.conftest import ROOT
from tests.support.waiting import until

REQUIREMENTS = ROOT / "requirements"
LOCKS = ("run", "ape", "develop", "peers", "oldest-pip", "uv", "mutants")
EXTRAS = {"run": (), "ape": ("ape",), "develop": ("ape", "dev")}
"""Extras of the project that its own locks hold."""
OLDEST_PIP = ROOT / ".make" / "oldest-pip"
SCRIPT = ROOT / ".ci" / "install"


def blocks(lock: str) -> list[str]:
    """Entries of a lock file, each with its hashes."""
    text = (REQUIREMENTS / f"{lock}.txt").read_text()
    return [block for block in re.split(r"\n(?=[A-Za-z0-9])", text) if block.strip()]


def requirement(block: str) -> Requirement:
    """Package, extras, version and marker of an entry."""
    return Requirement(block.partition("\\")[0].partition("\n")[0].strip())


def applies(wanted: Requirement, extra: str = "") -> bool:
    """Tell whether a requirement holds on this machine, for one extra of the package that has it."""
    return wanted.marker is None or wanted.marker.evaluate({"extra": extra})


def asked(lock: str) -> Iterator[Requirement]:
    """Read the requirements that a lock is written from: the project's with some extras, or those of a file."""
    if lock in EXTRAS:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        extras = [name for extra in EXTRAS[lock] for name in project["optional-dependencies"][extra]]
        own = map(Requirement, (*project["dependencies"], *extras))
        yield from (wanted for wanted in own if wanted.name != project["name"])
    for line in (REQUIREMENTS / f"{'build' if lock in EXTRAS else lock}.in").read_text().splitlines():
        if line and not line.startswith("#"):
            yield Requirement(line)


def closure(lock: str) -> dict[str, set[str]]:
    """All packages that a lock has to hold by the installed packages' metadata, with the extras asked of each."""
    found: dict[str, set[str]] = {}
    waiting = list(asked(lock))
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        new = set(wanted.extras) - found.get(name, set())
        if name in found and not new:
            continue
        extras = found.setdefault(name, set())
        extras |= new
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            if any(applies(needed, extra) for extra in ("", *extras)):
                waiting.append(needed)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_is_locked_by_hash_and_no_host_is_named(lock: str) -> None:
    assert "://" not in (REQUIREMENTS / f"{lock}.txt").read_text()
    entries = blocks(lock)
    assert all("--hash=sha256:" in block for block in entries)
    locked = {canonicalize_name(requirement(block).name): requirement(block) for block in entries}
    for wanted in asked(lock):
        (version,) = locked[canonicalize_name(wanted.name)].specifier
        assert version.operator == "=="
        assert version.version in wanted.specifier


@pytest.mark.parametrize("lock", ["run", "ape", "develop"])
def test_the_lock_holds_all_packages_with_the_extras_asked_of_them(lock: str) -> None:
    # Where an extra is left out, pip before 23.3 looks for it among the newest releases, which have no hash here.
    locked: dict[str, set[str]] = {}
    for entry in map(requirement, blocks(lock)):
        locked.setdefault(canonicalize_name(entry.name), set()).update(entry.extras)
    for name, extras in closure(lock).items():
        assert name in locked, f"{name} is not locked"
        assert extras <= locked[name], f"{name} is locked without {extras - locked[name]}"


def test_what_runs_needs_nothing_of_tests() -> None:
    names = {canonicalize_name(requirement(block).name) for block in blocks("run")}
    assert names.isdisjoint({"pytest", "hypothesis", "titanoboa", "mypy", "ruff", "arch", "insurance-gas", "eth-ape"})


def test_locks_that_share_an_environment_agree() -> None:
    largest = {requirement(block).name: str(requirement(block).specifier) for block in blocks("develop")}
    for lock in ("run", "ape"):
        for entry in map(requirement, blocks(lock)):
            assert largest[entry.name] == str(entry.specifier)


def test_the_makefile_installs_by_the_lock_alone() -> None:
    # The other calls of pip are for the mutator and for the project itself, without what they require.
    calls = [line for line in (ROOT / "Makefile").read_text().splitlines() if "pip install" in line]
    assert len(calls) == 2
    assert "--no-deps --require-hashes --requirement $<" in calls[0]
    assert "--no-deps --no-build-isolation --editable ." in calls[1]


def pretended(folder: Path, does: str) -> list[str | Path]:
    """Make an environment whose Python does something in the place of pip; the command that installs into it."""
    python = folder / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/usr/bin/env bash\n{does}\n")
    python.chmod(0o755)
    lock = folder / "lock.txt"
    lock.write_text("empty==1\n")
    return [SCRIPT, folder / "venv", lock]


def test_an_install_goes_on_where_its_progress_cannot_be_told(tmp_path: Path) -> None:
    # There is no folder of packages, as there is none any more where pip moves one while its content is counted.
    done = subprocess.run(pretended(tmp_path, "sleep 0.5"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Installing Python packages: 0 of 1 fetched, 0 unpacked",
        "Installed 1 Python packages",
    ]


def test_an_interrupted_install_leaves_no_pip_behind(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    noted.touch()
    command = pretended(tmp_path, f"echo $$ > {noted}\nexec sleep 60")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as installing:
        until(lambda: noted.read_text().endswith("\n"), installing)
        pip = int(noted.read_text())
        installing.terminate()
        assert installing.wait() == 130
    try:
        assert ended(pip)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pip, signal.SIGKILL)


def ended(process: int) -> bool:
    """Wait until a process has ended; False if it goes on."""
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("name", ["peers", "oldest-pip", "uv"])
def test_an_environment_that_was_not_finished_is_made_again(tmp_path: Path, name: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(REQUIREMENTS, tmp_path / "requirements")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    python.write_text('#!/usr/bin/env bash\nmkdir -p "${@: -1}"\n')
    python.chmod(0o755)
    scripts = tmp_path / ".ci"
    scripts.mkdir()
    for script in ("venv", "install"):
        (scripts / script).write_text(f"#!/usr/bin/env bash\necho {script}\n[ {script} = venv ]\n")
        (scripts / script).chmod(0o755)
    for _ in range(2):
        done = subprocess.run(
            ["make", f".make/packages.{name}"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert done.stdout.endswith("install\n")


class Tomorrow:
    """A folder of made packages that stands in for the registry of some day after the lock was written.

    It holds an empty package for each entry of a lock, with the requirements of the real one, and newer releases of
    all of them. The lock is the real one but for the hashes.

    Parameters
    ----------
    folder : Path
        Where to put everything.
    chosen : set of str, optional
        Names of the entries to take; all if left out.
    """

    def __init__(self, folder: Path, chosen: set[str] | None = None) -> None:
        self.packages = folder / "packages"
        self.packages.mkdir()
        self.lock = folder / "lock.txt"
        self.stripped = folder / "stripped.txt"
        entries = [entry for entry in map(requirement, blocks("develop")) if applies(entry)]
        self.entries = [e for e in entries if chosen is None or e.name in chosen]
        lines = []
        for entry in self.entries:
            name = canonicalize_name(entry.name)
            (locked,) = entry.specifier
            major = int(locked.version.partition(".")[0])
            needs = metadata.distribution(name).metadata.get_all("Requires-Dist") or []
            wheel = self._wheel(name, locked.version, needs)
            lines.append(f"{str(entry).partition(';')[0]} --hash=sha256:{hashlib.sha256(wheel).hexdigest()}\n")
            for newer in {f"{major}.{10**9}", str(10**9)}:
                self._wheel(name, newer, needs)
        self.lock.write_text("".join(lines))
        self.stripped.write_text("".join(sorted({re.sub(r"\[[^]]*\]", "", line) for line in lines})))
        assert OLDEST_PIP.is_dir(), "run `make .make/packages.oldest-pip` first, or the tests by `make test`"
        self.venv = folder / "venv"
        venv.create(self.venv, symlinks=True)
        self.site = next((self.venv / "lib").glob("python3.*")) / "site-packages"
        for part in next((OLDEST_PIP / "lib").glob("python3.*")).glob("site-packages/pip*"):
            shutil.copytree(part, self.site / part.name)

    def _wheel(self, name: str, version: str, needs: list[str]) -> bytes:
        """Make an empty package and give its bytes."""
        stem = f"{name.replace('-', '_')}-{version}"
        path = self.packages / f"{stem}-py3-none-any.whl"
        files = {
            "METADATA": "\n".join(
                ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
                + [f"Requires-Dist: {need}" for need in needs]
                + [f"Provides-Extra: {extra}" for extra in re.findall(r"extra == ['\"]([^'\"]+)", "\n".join(needs))]
            )
            + "\n",
            "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = ""
        with zipfile.ZipFile(path, "w") as wheel:
            for file, text in files.items():
                wheel.writestr(f"{stem}.dist-info/{file}", text)
                digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
                record += f"{stem}.dist-info/{file},sha256={digest},{len(text)}\n"
            wheel.writestr(f"{stem}.dist-info/RECORD", record + f"{stem}.dist-info/RECORD,,\n")
        return path.read_bytes()

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command for which no other packages exist than these."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        return subprocess.run(
            [str(part) for part in command],
            env=kept | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.packages), "PIP_CONFIG_FILE": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> dict[str, str]:
        """Names and versions of what is in the environment."""
        found = metadata.distributions(path=[str(self.site)])
        return {canonicalize_name(package.metadata["Name"]): package.version for package in found}


@pytest.fixture
def few(tmp_path: Path) -> Tomorrow:
    """Three packages that need no others; one asks another for an extra."""
    return Tomorrow(tmp_path, {"eth-bloom", "eth-hash", "pycryptodome"})


def test_newer_releases_change_nothing(tmp_path: Path) -> None:
    tomorrow = Tomorrow(tmp_path)
    done = tomorrow.run(SCRIPT, tomorrow.venv, tomorrow.lock)
    assert done.returncode == 0, done.stderr
    found = tomorrow.installed()
    assert found.pop("pip") == "23.0.1"
    assert found == {canonicalize_name(e.name): next(iter(e.specifier)).version for e in tomorrow.entries}
    number = len(tomorrow.entries)
    first, *_, last = done.stdout.splitlines()
    assert re.fullmatch(rf"Installing Python packages: \d+ of {number} fetched, \d+ unpacked", first)
    assert last == f"Installed {number} Python packages"


def test_a_resolver_would_stumble_over_newer_releases(few: Tomorrow) -> None:
    # What the set-up must not do: shows that the day is one on which it would have failed.
    pip = (few.venv / "bin" / "python", "-m", "pip", "install", "--dry-run", "--require-hashes", "--requirement")
    done = few.run(*pip, few.stripped)
    assert done.returncode == 1
    assert "must have their versions pinned" in done.stderr


def test_a_lock_that_is_not_complete_is_noticed(few: Tomorrow) -> None:
    lines = [line for line in few.lock.read_text().splitlines(keepends=True) if not line.startswith("eth-hash")]
    assert len(lines) < len(few.entries)
    few.lock.write_text("".join(lines))
    done = few.run(SCRIPT, few.venv, few.lock)
    assert done.returncode == 1
    assert "requires eth-hash, which is not installed" in done.stderr
    assert done.stderr.splitlines()[-1] == f"setup: the packages of {few.lock} could not be installed"


def test_a_package_whose_hash_is_another_is_refused(few: Tomorrow) -> None:
    few.lock.write_text(re.sub(r"(?m)^(eth-bloom\S+ --hash=sha256:)....", r"\g<1>0000", few.lock.read_text()))
    done = few.run(SCRIPT, few.venv, few.lock)
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert set(few.installed()) == {"pip"}


def test_a_package_without_wheel_is_built_by_the_locked_setuptools(few: Tomorrow, tmp_path: Path) -> None:
    # An environment made for the build would look for a setuptools outside the lock: here there is none.
    source = tmp_path / "old-1.0"
    source.mkdir()
    (source / "setup.py").write_text("import setuptools\nsetuptools.setup(name='old', version='1.0', packages=[])\n")
    (source / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: old\nVersion: 1.0\n")
    archive = Path(shutil.make_archive(str(few.packages / "old-1.0"), "gztar", tmp_path, "old-1.0"))
    few.lock.write_text(f"old==1.0 --hash=sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}\n")
    for part in ("setuptools", "_distutils_hack", f"setuptools-{metadata.version('setuptools')}.dist-info"):
        shutil.copytree(Path(str(metadata.distribution("setuptools").locate_file(part))), few.site / part)
    done = few.run(SCRIPT, few.venv, few.lock)
    assert done.returncode == 0, done.stderr
    assert few.installed()["old"] == "1.0"


def test_this_environment_has_a_python_that_the_locks_are_for() -> None:
    assert (3, 11) <= sys.version_info < (3, 13)
