"""A copy of the checkout that takes one mutant after the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import warnings
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from vyper.compiler import compile_from_file_input
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.exceptions import VyperException, VyperInternalException

from tests.mutants.sources import contracts_with, stages

LEFT: Final = (".git", ".make", ".venv", "build", "docs", "node_modules", "runs", "deployments", ".hypothesis")
"""What a copy does not need."""
LONGEST: Final = 1_800
"""Seconds after which tests of a mutant that does not end are ended."""
SURVIVED: Final = "survived"
COMPILER: Final = threading.Lock()
"""The compiler keeps settings in global variables."""


class Mutant(NamedTuple):
    """A line that is another.

    Attributes
    ----------
    path : str
        Of the source, from the root of the checkout.
    number : int
        Of the line, from 1.
    line : str
        As the mutant has it, without its comment.
    """

    path: str
    number: int
    line: str


def mutated(source: str, mutant: Mutant) -> str:
    """Source with a line replaced."""
    lines = source.splitlines()
    lines[mutant.number - 1] = mutant.line
    return "\n".join(lines) + "\n"


def compiled(folder: Path, contract: str) -> str | None:
    """Code a contract in a folder is deployed with, None if it does not compile."""
    bundle = FilesystemInputBundle([folder])
    try:
        with COMPILER, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            source = bundle.load_file(Path("contracts") / f"{contract}.vy")
            out = compile_from_file_input(source, input_bundle=bundle, output_formats=["bytecode"])
    # For a power of 1 the compiler divides by the logarithm of 1; in an imported module that is a failure of its own.
    except (VyperException, VyperInternalException, ArithmeticError):
        return None
    return str(out["bytecode"])


class Tree:
    """A copy of a checkout below its ``build`` folder.

    Parameters
    ----------
    root : Path
        The checkout.
    name : str
        Of the copy.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.folder = root / "build" / "mutants" / name
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(root, self.folder, symlinks=True, ignore=self._left)
        if (compiled := root / "build" / "titanoboa").exists():  # by tests that were run before
            shutil.copytree(compiled, self.folder / "build" / "titanoboa")
        (self.folder / "node_modules").symlink_to(root / "node_modules")

    def _left(self, folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name in LEFT] if Path(folder) == self.root else []

    @cache  # noqa: B019 -- there are two trees, which live as long as the process
    def _original(self, contract: str) -> str:
        code = compiled(self.folder, contract)
        assert code is not None, f"{contract} does not compile as it is"
        return code

    def verdict(self, mutant: Mutant) -> str:
        """Find out what becomes of a mutant.

        Returns
        -------
        str
            ``invalid`` (does not compile), ``same`` (compiles to the same code), ``survived``, or the test that
            noticed it.
        """
        path = self.folder / mutant.path
        source = path.read_text(encoding="utf-8")
        contracts = contracts_with(path, self.folder)
        originals = {contract: self._original(contract) for contract in contracts}
        try:
            path.write_text(mutated(source, mutant), encoding="utf-8")
            changed = False
            for contract in contracts:
                code = compiled(self.folder, contract)
                if code is None:
                    return "invalid"
                if code != originals[contract]:
                    changed = True
                    break
            return self._tested(path) if changed else "same"
        finally:
            path.write_text(source, encoding="utf-8")

    def _tested(self, path: Path) -> str:
        for tests in stages(path, self.folder):
            command = [sys.executable, "-m", "pytest", "-x", "--no-header", *tests]
            search = os.pathsep.join((str(self.folder / "offchain"), str(self.folder)))
            try:
                done = subprocess.run(
                    command,
                    cwd=self.folder,
                    env=os.environ | {"PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"},
                    capture_output=True,
                    text=True,
                    timeout=LONGEST,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return "no end"
            if done.returncode != 0:
                return next(
                    (line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))),
                    (done.stdout + done.stderr)[-200:],
                )
        return SURVIVED
