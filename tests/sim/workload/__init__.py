"""Workloads: synthetic, and read from traces."""

from __future__ import annotations

from pathlib import Path

HEADER = "; Version: 2.2\n; a comment\n\n"


def job(
    number: int,
    submit: float = 0,
    seconds: float = 10,
    processors: float | str = 4,
    user: float = 7,
    *,
    requested: float = -1,
    status: int = 1,
) -> str:
    """Line of a trace in the Standard Workload Format."""
    fields = [number, submit, 0, seconds, processors, -1, -1, requested, -1, -1, status, user, 1, -1, -1, -1, -1, -1]
    return " ".join(map(str, fields)) + "\n"


def swf(folder: Path, text: str, name: str = "trace.swf") -> Path:
    """Trace file."""
    path = folder / name
    path.write_text(HEADER + text)
    return path
