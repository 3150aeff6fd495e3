"""The command ``ballast report``."""

from __future__ import annotations

from pathlib import Path

import click

from offchain.errors import ResultsError


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="File to write.  [default: DIR/report.html]")
@click.option("--claims", type=click.Path(path_type=Path), help="Directory with claims.json.  [default: DIR]")
@click.option("--stresses", type=click.Path(path_type=Path), help="Directory with stress.json.  [default: DIR]")
def report(directory: Path, out: Path | None, claims: Path | None, stresses: Path | None) -> None:
    """Write one HTML page about a run or a sweep.

    DIR is the directory of a run or a sweep, or one that holds several runs. The page holds everything: summary,
    figures, claims and stresses if they were studied, parameters, versions and digest. A run under a stress is run
    again on the twin, with and without the stress, to measure what it cost.
    """
    from sim.figures.catalogue import write_whole
    from sim.figures.results import read
    from sim.report.page import CLAIMS, NAME, read_claims, write_page
    from sim.report.stresses import read_stresses
    from sim.stress.study import RESULT as STRESSES

    for given, name in ((claims, CLAIMS), (stresses, STRESSES)):
        if given and not (given / name).exists():
            raise ResultsError(f"{given} has no {name}")
    page = write_page(read(directory), read_claims(claims or directory), read_stresses(stresses or directory))
    click.echo(f"written to {write_whole(out or directory / NAME, page.encode())}")
