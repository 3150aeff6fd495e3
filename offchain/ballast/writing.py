"""Writing a file whole or not at all: whoever reads it, and whatever ends the writer, finds the old one or the new.

Whether it can be written at all is found out before any work, and without leaving a trace.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a stream whose content takes a file's place when the block ends; if it fails, the file stays as it was.

    Parameters
    ----------
    path : Path
        The file; its folder must be there. A link stays one: what it leads to is replaced.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path = Path(os.path.realpath(path))
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())  # else the name may reach the disk before the content
        partial.replace(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise
    with suppress(OSError):  # not all file systems know how to do that to a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, text as UTF-8; as `replacing`."""
    with replacing(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


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
