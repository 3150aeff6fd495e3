"""Where results are and where files go: looked at before anything is drawn, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ballast import writing
from ballast.errors import ResultsError
from ballast.sim.result_files import BY_PERIOD, SUMMARY


def check_results(directory: Path) -> None:
    """Check that a directory is one of results.

    Raises
    ------
    ResultsError
        If it is not.
    """
    if not directory.is_dir():
        raise ResultsError(f"{directory} is no directory: give one that a run or a sweep has written")
    if not any((directory / name).exists() for name in (SUMMARY, BY_PERIOD)) and not any(
        directory.glob(f"*/{SUMMARY}")
    ):
        raise ResultsError(f"{directory} holds no results: neither {SUMMARY} nor {BY_PERIOD} nor directories of runs")


def check_places(paths: Iterable[Path]) -> None:
    """Check that files can be written, by writing one beside them that goes at once; folders made for it go too.

    Raises
    ------
    ResultsError
        If one of them cannot.
    """
    known: set[Path] = set()
    for path in paths:
        if not path.name or path.is_dir():
            raise ResultsError(f"{path} cannot be written: Is a directory")
        if path.parent not in known:
            known.add(path.parent)
            try:
                writing.try_place(path)
            except OSError as error:
                raise ResultsError(f"{path} cannot be written: {error.strerror}") from None


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, and the folders it is in; returns its path.

    Raises
    ------
    ResultsError
        If that fails.
    """
    if not path.name:
        raise ResultsError(f"{path} cannot be written: Is a directory")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writing.write_whole(path, content)
    except OSError as error:
        raise ResultsError(f"{path} cannot be written: {error.strerror}") from None
    return path
