"""Where files are: in a checkout of the repository, or beside the package that was installed from a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

PACKAGE: Final = Path(__file__).resolve().parent


def _checkout() -> Path | None:
    root = PACKAGE.parents[1]
    return root if (root / "contracts" / "modules").is_dir() and (root / "pyproject.toml").is_file() else None


CHECKOUT: Final = _checkout()
"""Root of the repository this package runs from, or None if it was installed from a wheel."""

DATA: Final = CHECKOUT or PACKAGE / "data"
"""Holds ``abi/``, one JSON file a contract. A wheel has the compiled contracts beside it."""

CACHE: Final = CHECKOUT / "build" if CHECKOUT else user_cache_path("ballast")
"""Takes what can be made anew: compiled contracts, machine code."""
