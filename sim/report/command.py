"""The command ``ballast report``."""

from __future__ import annotations

from pathlib import Path

import click

from offchain.errors import ResultsError
from sim.figures.catalogue import write_whole
from sim.figures.results import read
from sim.report.page import CLAIMS, NAME, read_claims, write_page


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help=f"File to write; DIR/{NAME} by default.")
@click.option("--claims", type=click.Path(path_type=Path), help=f"Directory with {CLAIMS}; DIR by default.")
def report(directory: Path, out: Path | None, claims: Path | None) -> None:
    """Write one HTML page about a run or a sweep.

    DIR is what a run or a sweep has written, or holds several runs. The page has everything in it: summary, figures,
    claims if they were checked, parameters, versions and digest.
    """
    if claims and not (claims / CLAIMS).exists():
        raise ResultsError(f"{claims} has no {CLAIMS}")
    page = write_page(read(directory), read_claims(claims or directory))
    click.echo(f"written to {write_whole(out or directory / NAME, page.encode())}")
