"""How figures look, and how they become files.

Colours are those of Okabe and Ito, told apart by the colour-blind; none carries a meaning alone: lines differ in style
and marker too, points in shape. Ink, rules and paper are colours of their own, so that a page can replace them.
"""

from __future__ import annotations

import io
import re
import textwrap
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from sim.figures.results import Array

INK: Final = "#1b1b1b"
RULE: Final = "#d0d0d0"
PAPER: Final = "#ffffff"
SKY, BLUE, GREEN, ORANGE, VERMILLION, PURPLE = "#56b4e9", "#0072b2", "#009e73", "#e69f00", "#d55e00", "#cc79a7"
THEME: Final = {"ink": INK, "rule": RULE, "paper": PAPER, "blue": BLUE}
"""Colours that a page on dark ground replaces, by the names of its variables."""
LINES: Final = (
    {"color": SKY, "linestyle": "-", "marker": "o"},
    {"color": BLUE, "linestyle": "--", "marker": "s"},
    {"color": GREEN, "linestyle": "-.", "marker": "^"},
    {"color": ORANGE, "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "D"},
    {"color": VERMILLION, "linestyle": ":", "marker": "v"},
    {"color": PURPLE, "linestyle": (0, (8, 2)), "marker": "P"},
)
"""Looks of lines; of more lines than these the next look like the first."""
MARKS: Final = 8
"""Markers a line."""
AMOUNTS: Final = "cividis"
"""Colour map of counts on a ground of their own."""
RAMP: Final = LinearSegmentedColormap.from_list("sky to vermillion", (SKY, ORANGE, VERMILLION))
"""Colour map of things drawn on paper: no end of it is near to paper or ink."""
WIDTH: Final = 4.6
"""Inches."""
DPI: Final = 200
TITLE_COLUMNS: Final = 58
STYLE: Final[Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.columnspacing": 1.2,
    "legend.handlelength": 3.4,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.hashsalt": "ballast",
    "svg.fonttype": "path",
}
SCALES: Final = ((1e9, "billion "), (1e6, "million "), (1e3, "thousand "), (1.0, ""))


@dataclass(frozen=True)
class Picture:
    """A figure, drawn.

    Attributes
    ----------
    number : int
        Its number in the paper.
    title : str
        What it is.
    seen : str
        What is seen in it.
    alt : str
        What it shows, for those who cannot see it.
    figure : Figure
        The drawing, without a title.
    """

    number: int
    title: str
    seen: str
    alt: str
    figure: Figure

    @property
    def name(self) -> str:
        """Name of its files, without an ending."""
        return f"figure-{self.number}"


def canvas(rows: int, height: float, **options: Any) -> tuple[Figure, list[Axes]]:
    """Make a figure of panels one below the other.

    Parameters
    ----------
    rows : int
        Panels.
    height : float
        Inches, of all.
    **options
        As ``Figure.subplots`` takes them.
    """
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, 1, squeeze=False, **options)[:, 0])


def line_style(i: int, points: int) -> dict[str, Any]:
    """Look of the i-th line through a number of points: its markers stand beside those of the others."""
    i, step = i % len(LINES), max(points // MARKS, 1)
    return {**LINES[i], "markevery": (i * step // len(LINES), step)}


def stretches(periods: int, most: int) -> npt.NDArray[np.int64]:
    """Borders of at most so many stretches of time, equally long but for the last, from 0 to the end."""
    return np.append(np.arange(0, periods, -(-periods // most), dtype=np.int64), periods)


def token_scale(*values: Array) -> tuple[float, str]:
    """Divisor and unit that make amounts of token units short to read."""
    largest = max((float(np.abs(v).max()) for v in values if v.size), default=0.0)
    for divisor, word in SCALES[:-1]:
        if largest >= divisor:
            return divisor, f"{word}token units"
    return 1.0, "token units"


def render(picture: Picture, kind: str, titled: bool = True) -> bytes:
    """Make a file's content of a picture, the same bytes for the same picture.

    Parameters
    ----------
    picture : Picture
        What to write.
    kind : str
        ``png`` or ``svg``.
    titled : bool
        Whether what is seen stands above it.
    """
    title = "\n".join(textwrap.wrap(f"Figure {picture.number}. {picture.seen}", TITLE_COLUMNS)) if titled else None
    undated = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
    content = io.BytesIO()
    with mpl.rc_context(STYLE):
        picture.figure.suptitle(title or "", x=0.01, ha="left", fontsize=9, fontweight="bold")
        picture.figure.savefig(content, format=kind, dpi=DPI, metadata=undated)
    return content.getvalue()


def themed(picture: Picture) -> str:
    """Make an SVG element without a title, for a page that sets the variables of `THEME`.

    Its identifiers are its own, its style sheet is left out (``* {stroke-linejoin: round; stroke-linecap: butt}`` would
    hold for the whole page), and its label says what it shows.
    """
    svg = render(picture, "svg", titled=False).decode()
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    for name, colour in THEME.items():
        svg = svg.replace(colour, f"var(--{name})")
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>f{picture.number}-", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(picture.alt)}" ', 1)
