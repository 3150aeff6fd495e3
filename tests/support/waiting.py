"""Waiting for what another process or thread does, with a limit: a test fails where it would stand still for ever."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

Found = TypeVar("Found")

PATIENCE: Final = 240.0
"""Seconds after which nothing more is expected."""


def until(reached: Callable[[], Found], process: subprocess.Popen[Any] | None = None) -> Found:
    """Wait until something holds, and give what it is.

    Parameters
    ----------
    reached : callable
        Gives something true when it holds.
    process : Popen, optional
        What brings it about; it must not end before.

    Raises
    ------
    AssertionError
        If the process ends before, or patience does.
    """
    end = time.monotonic() + PATIENCE
    while not (found := reached()):
        if process is not None and process.poll() is not None:
            said = process.stderr.read() if process.stderr else ""
            raise AssertionError(f"it ended before, with status {process.returncode}: {said}")
        assert time.monotonic() < end, f"it did not come in {PATIENCE:g} s"
        time.sleep(0.01)
    return found
