"""All figures, and how they are drawn and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import matplotlib as mpl

from ballast.errors import MissingResultError
from ballast.sim.result_files import KINDS
from ballast.studies.figures.auction import one_auction
from ballast.studies.figures.coprocessors import network, tasks_over_time
from ballast.studies.figures.curve import load_curve
from ballast.studies.figures.files import content
from ballast.studies.figures.loads import load_and_alpha, load_and_reward
from ballast.studies.figures.operators import reputation_and_reward, rewards_over_time
from ballast.studies.figures.places import write_whole
from ballast.studies.figures.results import ResultsDirectory
from ballast.studies.figures.slashing import slashing
from ballast.studies.figures.style import COLUMN, Look, Picture

FIGURES: Final[dict[int, Callable[[ResultsDirectory, Look], Picture]]] = {
    1: one_auction,
    2: slashing,
    3: rewards_over_time,
    4: reputation_and_reward,
    5: network,
    6: load_and_reward,
    7: tasks_over_time,
    8: load_curve,
    9: load_and_alpha,
}
"""By their numbers in the paper."""


def draw(number: int, results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw a figure for a look.

    Raises
    ------
    MissingResultError
        If the results lack what it shows.
    ResultsError
        If something in them cannot be read.
    """
    with mpl.rc_context(look.style):
        return FIGURES[number](results, look)


def drawn(results: ResultsDirectory) -> Iterator[tuple[int, Picture | str]]:
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
    return [write_whole(out / f"{picture.name}.{kind}", content(picture, kind)) for kind in KINDS]
