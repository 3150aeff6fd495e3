"""The command ``ballast report``: arguments are looked at before what draws is loaded."""

from __future__ import annotations

from pathlib import Path

import click

from ballast.errors import ResultsError
from ballast.sim.result_files import CLAIMS, REPORT, STRESS
from ballast.studies.figures.places import check_places, check_results, write_whole


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help=f"File to write.  [default: DIR/{REPORT}]")
@click.option("--claims", type=click.Path(path_type=Path), help=f"Directory with {CLAIMS}.  [default: DIR]")
@click.option("--stresses", type=click.Path(path_type=Path), help=f"Directory with {STRESS}.  [default: DIR]")
def report(directory: Path, out: Path | None, claims: Path | None, stresses: Path | None) -> None:
    """Write one HTML page about a run or a sweep.

    DIR is the directory of a run or a sweep, or one that holds several runs. The page begins with what came out and
    holds everything: figures with their numbers, claims and stresses if they were studied, parameters, versions and
    digest. A run under a stress is run again on the twin, with and without the stress, to measure what it cost.
    """
    place = out or directory / REPORT
    check_results(directory)
    check_places([place])
    for given, name in ((claims, CLAIMS), (stresses, STRESS)):
        if given and not (given / name).exists():
            raise ResultsError(f"{given} has no {name}")
    from ballast.studies.figures.results import read
    from ballast.studies.report.claims import read_claims
    from ballast.studies.report.stresses import read_stresses

    known = read(directory), read_claims(claims or directory), read_stresses(stresses or directory)
    from ballast.studies.report.page import write_page

    click.echo(f"written to {write_whole(place, write_page(*known).encode())}")
