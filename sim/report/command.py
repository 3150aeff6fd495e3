"""The command ``ballast report``."""

from __future__ import annotations

from pathlib import Path

import click

from offchain.errors import ResultsError
from sim.figures.catalogue import write_whole
from sim.figures.results import read
from sim.report.page import CLAIMS, NAME, read_claims, write_page
from sim.report.stresses import read_stresses
from sim.stress.study import RESULT as STRESSES


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help=f"File to write; DIR/{NAME} by default.")
@click.option("--claims", type=click.Path(path_type=Path), help=f"Directory with {CLAIMS}; DIR by default.")
@click.option("--stresses", type=click.Path(path_type=Path), help=f"Directory with {STRESSES}; DIR by default.")
def report(directory: Path, out: Path | None, claims: Path | None, stresses: Path | None) -> None:
    """Write one HTML page about a run or a sweep.

    DIR is what a run or a sweep has written, or holds several runs. The page has everything in it: summary, figures,
    claims and stresses if they were looked at, parameters, versions and digest. A run under a stress is run again on
    the twin, and the same seed without the stress, to say what that cost.
    """
    for given, name in ((claims, CLAIMS), (stresses, STRESSES)):
        if given and not (given / name).exists():
            raise ResultsError(f"{given} has no {name}")
    page = write_page(read(directory), read_claims(claims or directory), read_stresses(stresses or directory))
    click.echo(f"written to {write_whole(out or directory / NAME, page.encode())}")
