"""The command ``ballast claims``."""

from __future__ import annotations

import json
import sys
import tempfile
import textwrap
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ballast.cli import INTERRUPTED
from ballast.errors import UserError
from ballast.sim.command import shown
from ballast.sim.origin import stamp
from ballast.sim.result_files import CLAIMS as FILE
from ballast.sim.scenario import MAX_PERIODS, load
from ballast.studies.compare.settings import MAX_SEEDS, cores
from ballast.writing import write_whole

if TYPE_CHECKING:
    from ballast.studies.claims.judge import Verdict

BASE: Final = "paper"
"""Scenario that the variants change."""
LEAST_PERIODS: Final = 30
"""So that stresses, tenths of a run, and looks at tasks all have periods of their own."""
SEEDS: Final = 30
PERIODS: Final = 1_000
"""What the documented verdicts were reached with. Fewer of either widen the intervals, and short runs end before what
some claims are about has happened."""
WIDTH: Final = 120
"""Columns of the details at most."""


@click.command()
@click.option("--seeds", type=int, default=SEEDS, show_default=True, help="Seeds to run each variant with, from 1 on.")
@click.option("--periods", type=int, default=PERIODS, show_default=True, help="Periods of each run.")
@click.option("--workers", type=int, default=cores, show_default="one a core", help="Runs at a time.")
@click.option("--out", type=click.Path(path_type=Path), help=f"Directory for {FILE}.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def claims(seeds: int, periods: int, workers: int, out: Path | None, as_json: bool) -> None:
    """Test the paper's claims, C1 to C20, over many seeds.

    Each claim is one line that begins with its number; the measurements follow, indented. The verdicts in
    docs/claims.md are those of the default numbers of seeds and periods. A shorter run decides little.
    """
    bounds = (
        ("seeds", seeds, 2, MAX_SEEDS),
        ("periods", periods, LEAST_PERIODS, MAX_PERIODS),
        ("workers", workers, 1, 1_000),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise UserError(f"--{name} is {value}: give a whole number from {low} to {high}")
    if out:
        check(out)
    from ballast.studies.claims.efficiency import efficiencies
    from ballast.studies.claims.judge import judge, run_variants

    numbers = list(range(1, seeds + 1))
    try:
        with shown("claims ", "runs") as progress:
            measured = run_variants(numbers, periods, workers, progress)
        with shown("optimum", "runs") as progress:
            optimum = efficiencies(numbers, periods, workers, progress)
        verdicts = judge(measured, optimum, numbers, periods)
        content = document(verdicts)
        if out:
            write(out, content)
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(content)
    else:
        show(verdicts)
    if note := short_run(seeds, periods):
        click.echo(f"ballast: {note}", err=True)


def short_run(seeds: int, periods: int) -> str:
    """Note on a run with fewer seeds or periods than the documented one; empty for others."""
    if seeds >= SEEDS and periods >= PERIODS:
        return ""
    return (
        f"{seeds:,} seeds of {periods:,} periods decide little, and some claims fail for that alone: "
        f"the documented verdicts are those of {SEEDS:,} seeds of {PERIODS:,} periods"
    )


def check(out: Path) -> None:
    """Refuse, before anything is run, a directory that cannot be written to.

    Raises
    ------
    UserError
        With what would be right.
    """
    if (out / FILE).exists():
        raise UserError(f"--out {out} holds {FILE}: give another directory")
    there = next(path for path in (out, *out.absolute().parents) if path.exists())
    try:
        tempfile.TemporaryDirectory(prefix=f".{FILE}.", dir=there).cleanup()
    except OSError as error:
        raise UserError(f"--out {out} cannot be written: {error.strerror}; give another directory") from error


def document(verdicts: list[Verdict]) -> str:
    """Verdicts as JSON, and where they come from."""
    first = verdicts[0]
    made = stamp({"name": BASE, "changed": ["periods"] if first.periods != load(BASE).periods else []}, 1, "scipy")
    seeds = list(range(1, first.seeds + 1))
    claims = [asdict(v) for v in verdicts]
    return json.dumps({**made, "seeds": seeds, "claims": claims}, indent=2, allow_nan=False)


def write(out: Path, content: str) -> None:
    """Write the verdicts, whole or not at all.

    Raises
    ------
    UserError
        If that cannot be done.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / FILE, content + "\n")
    except OSError as error:
        raise UserError(f"--out {out} cannot be written: {error.strerror}; give another directory") from error


def show(verdicts: list[Verdict]) -> None:
    """Print the verdicts: a line for each claim, with the measurements below."""
    from rich.console import Console

    width = min(Console().width, WIDTH)
    extent = f"{verdicts[0].seeds} seeds of {verdicts[0].periods:,} periods"
    click.echo(f"The paper's claims: means over {extent}, 95% intervals")
    for one in verdicts:
        interval = f"[{one.low:.4g}, {one.high:.4g}]"
        click.echo(f"{one.id} {one.verdict}: {one.estimate:.4g} {interval}, threshold {one.threshold}")
        for title, text in (
            ("", one.statement),
            ("measured: ", one.measure),
            ("assuming ", one.assumption),
            ("", one.note),
        ):
            if text:
                click.echo(textwrap.fill(title + text, width, initial_indent="    ", subsequent_indent="    "))
    counts = Counter(one.verdict for one in verdicts)
    click.echo(", ".join(f"{number} {verdict}" for verdict, number in counts.items()))
