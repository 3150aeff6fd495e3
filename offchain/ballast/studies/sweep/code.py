"""Which code gave a result: results of different versions are never mixed."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ballast.places import PACKAGE

SOURCES: Final = ("sim", "model")
"""Packages whose Python files decide what a run gives."""


def files(folder: str) -> list[Path]:
    """Python files of a folder of the package, in order."""
    return sorted((PACKAGE / folder).rglob("*.py"))


@cache
def fingerprint() -> str:
    """SHA-256 of the code a run goes through: the files of ``SOURCES``, and the release of NumPy, which draws."""
    digest = hashlib.sha256(f"numpy {version('numpy')}\n".encode())
    for folder in SOURCES:
        for path in files(folder):
            digest.update(f"{path.relative_to(PACKAGE).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()
