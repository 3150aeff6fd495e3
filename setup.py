"""Puts the compiled contracts into a wheel; everything else stands in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent


class BuildPackage(build_py):
    """Packages, with ``data/contracts.json`` and ``data/abi/`` for where there are no sources to compile."""

    def run(self) -> None:
        """Copy the packages, then compile."""
        super().run()
        if self.editable_mode:
            return
        sys.path.insert(0, str(HERE / "offchain"))
        from ballast.chain.artifacts import ABI, FILE, STORE, artifacts

        artifacts()
        data = Path(self.build_lib) / "ballast" / "data"
        self.copy_tree(str(ABI), str(data / "abi"))
        self.copy_file(str(STORE), str(data / FILE))


setup(cmdclass={"build_py": BuildPackage})
