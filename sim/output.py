"""Where results go: a directory that is made whole or not at all, and the state of a run that was stopped."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ballast.errors import UserError
from ballast.sim.engines import RESUMABLE

CHECKPOINT: Final = "checkpoint.npz"
"""State of a run that was stopped, in the directory `partial_of`."""


@contextmanager
def made_whole(out: Path) -> Iterator[Path]:
    """Give a directory beside ``out`` to write to; it takes that name when the block ends well, and goes otherwise.

    Raises
    ------
    UserError
        If ``out`` exists or cannot be made.
    """
    if out.exists():
        raise UserError(f"--out {out} exists: give a directory that does not")
    with parents_made(out):
        try:
            partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        except OSError as error:
            raise UserError(f"--out {out} cannot be made: {error.strerror}; give another directory") from error
        try:
            yield partial
            partial.chmod(0o755)
            partial.rename(out)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


@contextmanager
def parents_made(out: Path) -> Iterator[None]:
    """Make the folders above ``out``; those that were missing go again, if empty, when the block fails.

    Raises
    ------
    UserError
        If they cannot be made.
    """
    missing = [folder for folder in out.absolute().parents if not folder.exists()]
    try:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"--out {out} cannot be made: {error.strerror}; give another directory") from error
        yield
    except BaseException:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()
        raise


def partial_of(out: Path) -> Path:
    """Where a run to a directory is kept while it goes on."""
    return out.parent / f".{out.name}.partial"


def check_run(out: Path, engine: str, resume: bool, tasks: bool) -> None:
    """Refuse a directory that a run cannot be written to, or a run that cannot go on.

    Parameters
    ----------
    out : Path
        Directory to make.
    engine : str
        Its name.
    resume, tasks : bool
        Whether to go on, and whether to write a row for every task.

    Raises
    ------
    UserError
        With what would be right.
    """
    partial = partial_of(out)
    if resume and engine not in RESUMABLE:
        raise UserError(f"--resume: the engine {engine} cannot go on with a run; begin anew")
    if resume and tasks:
        raise UserError("--resume: the tasks of the periods before were not kept; leave --tasks out, or begin anew")
    if out.exists():
        raise UserError(f"--out {out} exists: give a directory that does not")
    if resume and not (partial / CHECKPOINT).exists():
        raise UserError(f"--resume: nothing is kept of a run to {out}; begin without it")
    if not resume and partial.exists():
        raise UserError(f"a run to {out} was stopped: go on with it by --resume, or remove {partial}")
