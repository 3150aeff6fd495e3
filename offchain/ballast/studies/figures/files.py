"""How figures become files and parts of a page: PNG, SVG that tells its values when pointed at, and CSV."""

from __future__ import annotations

import csv
import io
import re
import textwrap
from html import escape
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.layout_engine import ConstrainedLayoutEngine

from ballast.studies.figures.style import THEME, FigureTable, Hit, Picture

DPI: Final = 200
"""Dots an inch of a PNG, and of what is no line in an SVG file."""
PAGE_DPI: Final = 110
"""The same on a page."""
TITLE_COLUMNS: Final = 58
REACH: Final = 0.55
"""Radius of a point to be pointed at, and half the width of a curve, in heights of the text."""


def content(picture: Picture, kind: str) -> bytes:
    """Make a file's content of a picture; drawn anew from the same results, it gives the same bytes.

    Parameters
    ----------
    picture : Picture
        What to write.
    kind : str
        One of `ballast.sim.result_files.KINDS`.
    """
    if kind == "csv":
        return as_csv(picture.table).encode()
    title = "\n".join(textwrap.wrap(f"Figure {picture.number}. {picture.seen}", TITLE_COLUMNS))
    if kind == "svg":
        return _svg(picture, title, "path", DPI).encode()
    return _saved(picture, title, "png", DPI, {"Software": None})


def themed(picture: Picture, variant: str = "") -> str:
    """Make an SVG element without a title, for a page that sets the variables of `THEME`.

    Its identifiers are its own, its text takes the page's font, its style sheet is left out (``* {stroke-linejoin:
    round; stroke-linecap: butt}`` would hold for the whole page), and its label says what it shows.

    Parameters
    ----------
    picture : Picture
        What to show.
    variant : str
        Class of the element, if the page has several of the same figure.
    """
    svg = _svg(picture, "", "none", PAGE_DPI)
    svg = re.sub(
        r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.DOTALL
    )
    svg = re.sub(r"font: ([0-9.]+)px [^;\"]+", r"font-size: \1px", svg)
    svg = re.sub(r">\s+<", "><", svg)
    svg = re.sub(r' (d|x|y)="[^"]+"', lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found[0]).replace("\n", ""), svg)
    for name, colour in THEME.items():
        svg = svg.replace(colour, f"var(--{name})")
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>f{picture.number}{variant}-", svg)
    kept = f'class="{variant}" ' if variant else ""
    return svg.replace("<svg ", f'<svg {kept}role="img" aria-label="{escape(picture.alt)}" ', 1)


def as_csv(table: FigureTable) -> str:
    """Write a table as CSV, numbers with at most seven digits."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.names)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return stream.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (float, np.floating)):
        return f"{value:.7g}" if np.isfinite(value) else ""
    return str(value)


def _svg(picture: Picture, title: str, fonts: str, dpi: int) -> str:
    with mpl.rc_context({"svg.fonttype": fonts}):
        svg = _saved(picture, title, "svg", dpi, {"Date": None, "Creator": None}).decode()
    told = "".join(_told(picture, hit) for hit in picture.hits)
    group = f'<g class="hits" fill="none" stroke="none" pointer-events="all">{told}</g>'
    return svg[: svg.rindex("</svg>")] + group + "</svg>\n"


def _saved(picture: Picture, title: str, kind: str, dpi: int, metadata: Any) -> bytes:
    saved = io.BytesIO()
    with mpl.rc_context(picture.look.style):
        _lay_out(picture, title)
        picture.figure.savefig(saved, format=kind, dpi=dpi, metadata=metadata)
    return saved.getvalue()


def _lay_out(picture: Picture, title: str) -> None:
    """Lay a figure out with a title on top, and its legends and panels below.

    The layout alone would put a legend outside of panels in the place of the title, so legends are moved after it.
    """
    figure, layout = picture.figure, ConstrainedLayoutEngine()
    head = figure.suptitle(title, x=0.01, y=0.99, ha="left", fontsize=picture.look.font, fontweight="bold")
    head.set_in_layout(False)
    top = head.get_window_extent().y0 / figure.bbox.height if title else 1.0
    layout.set(rect=(0, 0, 1, top))
    for legend in figure.legends:
        legend.set_bbox_to_anchor(None)
    figure.set_layout_engine(layout)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0, 0, 1, top), figure.transFigure)


def _told(picture: Picture, hit: Hit) -> str:
    """Give the element of a place; the drawing has been laid out."""
    reach = REACH * picture.look.font
    points = [_place(hit, point) for point in hit.points]
    (x, y), title = points[0], f"<title>{escape(hit.text, quote=False)}</title>"
    if len(points) == 1:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{reach:.1f}">{title}</circle>'
    if len(points) == 2:
        (left, right), (top, bottom) = (sorted(side) for side in zip(*points, strict=True))
        box = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'
        return f"<rect {box}>{title}</rect>"
    course = "M{} C{} {} {}".format(*(f"{a:.1f},{b:.1f}" for a, b in points))
    return f'<path d="{course}" stroke-width="{2 * reach:.1f}">{title}</path>'


def _place(hit: Hit, point: tuple[float, float]) -> tuple[float, float]:
    """Where a point of a panel is in the SVG: points from the left and from the top."""
    figure, limits = hit.axes.get_figure(root=True), (hit.axes.get_xlim(), hit.axes.get_ylim())
    assert figure is not None
    inside = [float(np.clip(v, min(ends), max(ends))) for v, ends in zip(point, limits, strict=True)]
    across, up = figure.transFigure.inverted().transform(hit.axes.transData.transform(inside))
    width, height = figure.get_size_inches() * 72
    return float(across * width), float((1 - up) * height)
