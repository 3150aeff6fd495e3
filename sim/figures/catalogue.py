"""All figures, and how they are drawn and written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import matplotlib as mpl

from offchain.errors import MissingResultError, ResultsError
from sim.figures.coprocessors import load_and_amplification, load_and_reward, network, tasks_over_time
from sim.figures.curve import load_curve
from sim.figures.operators import reputation_and_reward, rewards_over_time
from sim.figures.results import Results
from sim.figures.slashing import slashing
from sim.figures.style import STYLE, Picture, render

FIGURES: Final[dict[int, Callable[[Results], Picture]]] = {
    2: slashing,
    3: rewards_over_time,
    4: reputation_and_reward,
    5: network,
    6: load_and_reward,
    7: tasks_over_time,
    8: load_curve,
    9: load_and_amplification,
}
"""By their numbers in the paper."""
KINDS: Final = ("png", "svg")


def draw(number: int, results: Results) -> Picture:
    """Draw a figure.

    Raises
    ------
    MissingResultError
        If the results lack what it shows.
    ResultsError
        If something in them cannot be read.
    """
    with mpl.rc_context(STYLE):
        return FIGURES[number](results)


def drawn(results: Results) -> Iterator[tuple[int, Picture | str]]:
    """Draw all figures.

    Yields
    ------
    (int, Picture or str)
        A figure's number and the figure, or why it cannot be drawn.

    Raises
    ------
    ResultsError
        If something in the directory cannot be read.
    """
    for number in FIGURES:
        picture: Picture | str
        try:
            picture = draw(number, results)
        except MissingResultError as reason:
            picture = str(reason)
        yield number, picture


def write(picture: Picture, out: Path) -> list[Path]:
    """Write a picture's files; each is there whole or not at all.

    Raises
    ------
    ResultsError
        If that fails.
    """
    return [write_whole(out / f"{picture.name}.{kind}", render(picture, kind)) for kind in KINDS]


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file by another name first, so that it never stands there in part; returns its path.

    Raises
    ------
    ResultsError
        If that fails.
    """
    if not path.name:
        raise ResultsError(f"{path} cannot be written: Is a directory")
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise ResultsError(f"{path} cannot be written: {error.strerror}") from None
    return path
