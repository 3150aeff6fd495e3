"""How figures look: colours, sizes, panels, and names at the ends of lines.

Colours are those of Okabe and Ito, told apart by the colour-blind; none carries a meaning alone: lines differ in style
and marker too, points in shape. Ink, rules and paper are colours of their own, so that a page can replace them; amounts
are a blue that covers more of the ground the more there is, so that they stand out on any paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ballast.studies.figures.results import Array

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
AMOUNTS: Final = LinearSegmentedColormap.from_list("more and more blue", [(0.12, 0.51, 0.77, a) for a in (0.14, 1.0)])
"""Colour map of counts."""
RAMP: Final = LinearSegmentedColormap.from_list("sky to vermillion", (SKY, ORANGE, VERMILLION))
"""Colour map of things drawn on paper: no end of it is near to paper or ink."""
SAMPLES: Final = 250
"""Points of a line over time at most."""
HANDLE: Final = 2.8
"""Length of a line in a legend, in heights of the text."""
STYLE: Final[Any] = {
    "font.family": "DejaVu Sans",
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
    "legend.columnspacing": 1.2,
    "legend.handlelength": HANDLE,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.hashsalt": "ballast",
}
SCALES: Final = ((1e9, "billion "), (1e6, "million "), (1e3, "thousand "), (1.0, ""))


@dataclass(frozen=True)
class Look:
    """A size to draw for; text has the same size wherever it stands.

    Attributes
    ----------
    width : float
        Inches of 72 points.
    font : float
        Size of all text, points.
    taller : float
        Factor of all heights.
    """

    width: float
    font: float
    taller: float

    @property
    def style(self) -> Any:
        """Settings to draw with."""
        sizes = (
            "font.size",
            "axes.titlesize",
            "axes.labelsize",
            "xtick.labelsize",
            "ytick.labelsize",
            "legend.fontsize",
        )
        return STYLE | dict.fromkeys(sizes, self.font)

    def wrapped(self, text: str) -> str:
        """Put the unit of an axis on a line of its own if all would be too long for one."""
        return text if 0.6 * self.font * len(text) < 0.7 * 72 * self.width else text.replace(" (", "\n(")


COLUMN: Final = Look(4.6, 9, 1.0)
"""A column of a paper: what files have."""
WIDE: Final = Look(10.0, 12.5, 1.15)
"""A page on a desk, a point a pixel."""
NARROW: Final = Look(4.6, 11.5, 1.15)
"""A page on a phone, a point a pixel."""


@dataclass(frozen=True)
class Hit:
    """A place in a figure that tells a value when pointed at.

    Attributes
    ----------
    axes : Axes
        Panel it is in.
    points : sequence of (float, float)
        One point; two corners of a box, infinite where the panel ends; or four points of a Bezier curve.
    text : str
        What it tells.
    """

    axes: Axes
    points: Sequence[tuple[float, float]]
    text: str


@dataclass(frozen=True)
class FigureTable:
    """The numbers of a figure, in the units of its axes.

    Attributes
    ----------
    names : sequence of str
        Names of the columns, with units.
    rows : sequence of sequence
        Numbers, words, or None for what is not there.
    """

    names: Sequence[str]
    rows: Sequence[Sequence[Any]]


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
    table : FigureTable
        The numbers drawn.
    hits : sequence of Hit
        Places that tell their values.
    look : Look
        What it was drawn for.
    """

    number: int
    title: str
    seen: str
    alt: str
    figure: Figure
    table: FigureTable
    hits: Sequence[Hit]
    look: Look

    @property
    def name(self) -> str:
        """Name of its files, without an ending."""
        return f"figure-{self.number}"


def canvas(look: Look, rows: int, height: float, **options: Any) -> tuple[Figure, list[Axes]]:
    """Make a figure of panels one below the other.

    Parameters
    ----------
    look : Look
        What to draw for.
    rows : int
        Panels.
    height : float
        Inches, of all, before the look makes it taller.
    **options
        As ``Figure.subplots`` takes them.
    """
    figure = Figure(figsize=(look.width, height * look.taller), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, 1, squeeze=False, **options)[:, 0])


def samples(points: int) -> npt.NDArray[np.int64]:
    """Places of at most `SAMPLES` of so many points, evenly taken, with the first and the last."""
    return np.unique(np.linspace(0, points - 1, min(points, SAMPLES)).astype(np.int64))


def strips(axes: Axes, ascending: Array, texts: Iterable[str]) -> list[Hit]:
    """Places as high as a panel about ascending points of its horizontal axis."""
    middles = (ascending[:-1] + ascending[1:]) / 2
    edges = [-np.inf, *middles.tolist(), np.inf]
    return [Hit(axes, ((a, -np.inf), (b, np.inf)), t) for (a, b), t in zip(pairwise(edges), texts, strict=True)]


def above(axes: Axes, look: Look, handles: Sequence[Any] = (), names: Sequence[str] = (), larger: float = 1.0) -> None:
    """Put the legend of a panel, or one of other marks, on top of the figure, in as many columns as have room.

    Marks may be larger in it than in the panel.
    """
    if not names:
        handles, names = axes.get_legend_handles_labels()
    across = look.font * (0.6 * max(map(len, names)) + HANDLE + 2.5)
    columns = min(max(int(look.width * 72 / across), 1), len(names))
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    figure.legend(handles, names, loc="outside upper left", ncols=columns, markerscale=larger)


def label_ends(
    axes: Axes, names: Sequence[str], ends: Sequence[tuple[float, float]], looks: Sequence[Any], look: Look, gap: float
) -> None:
    """Write names beside the ends of lines, on the right of a panel whose limits are set.

    Parameters
    ----------
    axes : Axes
        The panel.
    names, ends, looks : sequence
        Of the lines: their names, their last points, and their looks.
    look : Look
        What is drawn for.
    gap : float
        Least distance of two names, as a share of the panel's height.
    """
    bottom, top = axes.get_ylim()
    leader = {"arrowstyle": "-", "linewidth": 1.0, "shrinkA": 1, "shrinkB": 1, "relpos": (0, 0.5)}
    heights = np.array([(y - bottom) / (top - bottom) for _, y in ends])
    for i, place in zip(np.argsort(heights, kind="stable"), apart(np.sort(heights), gap), strict=True):
        axes.annotate(
            names[i],
            xy=ends[i],
            xytext=(1.01 + 0.2 / look.width, place),
            textcoords="axes fraction",
            va="center",
            annotation_clip=False,
            arrowprops=leader | {"color": looks[i]["color"]},
        )


def apart(heights: Array, gap: float) -> Array:
    """Ascending heights between 0 and 1, moved as far as they have to be to stand a gap apart and within."""
    crowds: list[tuple[float, int]] = []
    for height in heights.tolist():
        middle, count = _within(height, 1, gap), 1
        while crowds and middle - crowds[-1][0] < gap * (count + crowds[-1][1]) / 2:
            before, others = crowds.pop()
            middle, count = (
                _within((before * others + middle * count) / (count + others), count + others, gap),
                count + others,
            )
        crowds.append((middle, count))
    return np.array([middle + gap * (j - (count - 1) / 2) for middle, count in crowds for j in range(count)])


def _within(middle: float, count: int, gap: float) -> float:
    """Middle of a crowd of so many, moved so that all of it is between 0 and 1 if that is possible."""
    half = min(gap * (count - 1) / 2, 0.5)
    return min(max(middle, half), 1 - half)


def line_style(place: int, points: int) -> dict[str, Any]:
    """Look of the i-th line through a number of points: its markers stand beside those of the others."""
    place, step = place % len(LINES), max(points // MARKS, 1)
    return {**LINES[place], "markevery": (place * step // len(LINES), step)}


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
