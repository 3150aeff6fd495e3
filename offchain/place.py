"""Whether a file can be written where it is asked for, found out before any work and without leaving a trace."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path


def try_place(path: Path) -> None:
    """Try to write beside a file; folders made for it go again, since what comes next may be refused.

    Raises
    ------
    OSError
        If that fails.
    """
    made: list[Path] = []
    try:
        for folder in [*reversed(path.parent.parents), path.parent]:
            if not folder.exists():
                folder.mkdir()
                made.append(folder)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    finally:
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
