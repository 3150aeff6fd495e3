"""A small filesystem of a process's own, which can be full."""

from __future__ import annotations

import contextlib
import ctypes
import os
import tempfile
from functools import cache
from pathlib import Path

from tests.support.process import forked

NEW_MOUNTS, NEW_USER = 0x00020000, 0x10000000
"""Flags of unshare(2): CLONE_NEWNS, CLONE_NEWUSER."""
PRIVATE = 0x4000 | 0x40000
"""Flags of mount(2): MS_REC, MS_PRIVATE."""
FILLER = "filler"


def _system(name: str, *arguments: object) -> None:
    """Call a function of the C library; raises OSError."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def mount(folder: Path, size: int) -> None:
    """Put a filesystem in memory where only this process and its children see it, and no others on the machine.

    Parameters
    ----------
    folder : Path
        Where.
    size : int
        Bytes it holds.

    Raises
    ------
    OSError
        If the system does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    try:
        _system("unshare", NEW_USER | NEW_MOUNTS)
    except OSError:
        _system("unshare", NEW_MOUNTS)  # root may, also where users of one's own are not allowed
    else:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _system("mount", None, b"/", None, PRIVATE, None)
    _system("mount", b"tmpfs", bytes(folder), b"tmpfs", 0, f"size={size}".encode())


@cache
def mountable() -> bool:
    """Whether this system allows `mount`."""
    with tempfile.TemporaryDirectory() as folder:

        def attempt() -> int:
            try:
                mount(Path(folder), 2**16)
            except OSError:
                return 1
            return 0

        _, status = os.waitpid(forked(attempt), 0)
    return status == 0


def fill(folder: Path, left: int) -> None:
    """Fill a filesystem up, but for some bytes."""
    with (folder / FILLER).open("wb", buffering=0) as stream:
        with contextlib.suppress(OSError):
            while True:
                stream.write(bytes(4_096))
        assert os.statvfs(folder).f_bfree == 0
        stream.truncate(stream.tell() - left)


def clear(folder: Path) -> None:
    """Make room again."""
    (folder / FILLER).unlink()
