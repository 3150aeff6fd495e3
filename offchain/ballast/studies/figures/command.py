"""The command ``ballast figures``: arguments are looked at before what draws is loaded."""

from __future__ import annotations

from pathlib import Path

import click

from ballast.sim.result_files import FIGURES, KINDS
from ballast.studies.figures.places import check_places, check_results


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Directory to write to.  [default: DIR/figures]")
def figures(directory: Path, out: Path | None) -> None:
    """Draw the paper's figures 1 to 9 from a run or a sweep.

    DIR is the directory of a run or a sweep, or one that holds several runs. Each figure becomes a PNG, an SVG that
    shows its values when pointed at, and a CSV of the numbers drawn. A figure that DIR lacks the data for is not drawn;
    the reason is printed.
    """
    place = out or directory / "figures"
    check_results(directory)
    check_places(place / f"figure-{number}.{kind}" for number in FIGURES for kind in KINDS)
    from ballast.studies.figures.results import read

    results = read(directory)
    from ballast.studies.figures.catalogue import drawn, write

    for number, picture in drawn(results):
        if isinstance(picture, str):
            click.echo(f"figure {number} not drawn: {picture}")
        else:
            click.echo(f"figure {number} {' '.join(map(str, write(picture, place)))}")
