"""Which code gave a result: results of different versions are never mixed."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = ("sim", "offchain/ballast/model")
"""Folders whose Python files decide what a run gives."""


@cache
def fingerprint() -> str:
    """SHA-256 of the code a run goes through: the files of ``SOURCES``, and the release of NumPy, which draws."""
    digest = hashlib.sha256(f"numpy {version('numpy')}\n".encode())
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(f"{path.relative_to(ROOT).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()
