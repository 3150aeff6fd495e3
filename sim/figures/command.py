"""The command ``ballast figures``."""

from __future__ import annotations

from pathlib import Path

import click

from sim.figures.catalogue import drawn, write
from sim.figures.results import read


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Where to write; DIR/figures by default.")
def figures(directory: Path, out: Path | None) -> None:
    """Draw the paper's figures 2 to 9.

    DIR is what a run or a sweep has written, or holds several runs. Each figure becomes a PNG and an SVG; one that DIR
    lacks the data for is not drawn, and named with the reason.
    """
    for number, picture in drawn(read(directory)):
        if isinstance(picture, str):
            click.echo(f"figure {number} not drawn: {picture}")
        else:
            paths = write(picture, out or directory / "figures")
            click.echo(f"figure {number} {' '.join(map(str, paths))}")
