"""The command ``ballast claims``."""

from __future__ import annotations

import json
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ballast.cli import INTERRUPTED
from ballast.errors import UserError
from ballast.sim.command import console, shown
from ballast.sim.known_populations import described
from ballast.sim.origin import stamp
from ballast.sim.result_files import CLAIMS as FILE
from ballast.sim.scenario import MAX_PERIODS, load
from ballast.studies.compare.settings import FIRST_SEED, MAX_SEEDS, chosen_populations, cores, population_option
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
MAX_SEED: Final = 2**63 - 1 - MAX_SEEDS
"""First seed at most, so that all are seeds of scenarios."""
WIDTH: Final = 120
"""Columns of the details at most."""


@click.command()
@population_option
@click.option("--seed", type=int, default=FIRST_SEED, show_default=True, help="First seed.")
@click.option("--seeds", type=int, default=SEEDS, show_default=True, help="Seeds to run each variant with.")
@click.option("--periods", type=int, default=PERIODS, show_default=True, help="Periods of each run.")
@click.option("--workers", type=int, default=cores, show_default="one a core", help="Runs at a time.")
@click.option("--out", type=click.Path(path_type=Path), help=f"Directory for {FILE}.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def claims(
    populations: str | None, seed: int, seeds: int, periods: int, workers: int, out: Path | None, as_json: bool
) -> None:
    """Test the paper's claims, C1 to C20, over many seeds.

    Populations are judged together, and their verdicts printed beside each other in the end. Before that each claim is
    one line for each population, which begins with its number; the measurements follow, indented. Nothing was chosen on
    the default seeds. A shorter run decides little.
    """
    bounds = (
        ("seed", seed, 0, MAX_SEED),
        ("seeds", seeds, 2, MAX_SEEDS),
        ("periods", periods, LEAST_PERIODS, MAX_PERIODS),
        ("workers", workers, 1, 1_000),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise UserError(f"--{name} is {value}: give a whole number from {low} to {high}")
    peopled = chosen_populations(load(BASE), populations)
    if out:
        check(out)
    from ballast.studies.claims.efficiency import efficiencies
    from ballast.studies.claims.evidence import Gathered
    from ballast.studies.claims.judge import judge, run_variants

    numbers = list(range(seed, seed + seeds))
    try:
        gathered = {}
        for population in peopled:
            with shown(f"{population}, claims ", "runs") as progress:
                measured = run_variants(population, numbers, periods, workers, progress)
            with shown(f"{population}, optimum", "runs") as progress:
                optimum = efficiencies(population, numbers, periods, workers, progress)
            gathered[population] = Gathered(measured, optimum, numbers)
        verdicts = judge(gathered, periods)
        content = document(verdicts, numbers)
        if out:
            write(out, content)
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(content)
    else:
        for population, of_population in verdicts.items():
            show(population, of_population)
        if len(verdicts) > 1:
            show_beside(verdicts)
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


def document(verdicts: Mapping[str, list[Verdict]], seeds: list[int]) -> str:
    """Verdicts as JSON, by population, with all that were judged together, and where they come from."""
    content = {}
    for population, found in verdicts.items():
        changed = ["periods"] if found[0].periods != load(BASE).periods else []
        made = {"population": described(population), **stamp({"name": BASE, "changed": changed}, seeds[0], "scipy")}
        content[population] = {
            **made,
            "seeds": seeds,
            "judged_with": list(verdicts),
            "claims": [asdict(v) for v in found],
        }
    return json.dumps(content, indent=2, allow_nan=False)


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


def show(population: str, verdicts: list[Verdict]) -> None:
    """Print verdicts on a population, a line for each claim and reading, measurements below; then their numbers."""
    from rich.console import Console

    from ballast.studies.claims.judge import READING, p_values

    width = min(Console().width, WIDTH)
    extent = f"{verdicts[0].seeds} seeds of {verdicts[0].periods:,} periods"
    click.echo(f"Claims, population {population}: means over {extent}, 95% intervals")
    for one in verdicts:
        click.echo(f"{one.id} {one.verdict}: {_interval(one)}, threshold {one.threshold}")
        for title, text in (
            ("", one.statement),
            ("measured: ", one.measure),
            ("", p_values(one.p, one.p_holm) if one.p is not None and one.p_holm is not None else ""),
            ("not counted: ", one.check),
            ("assuming ", one.assumption),
            ("", one.note),
        ):
            if text:
                click.echo(textwrap.fill(title + text, width, initial_indent="    ", subsequent_indent="    "))
    kinds = {
        "claims": [one for one in verdicts if not one.check and not one.id.endswith(READING)],
        "our own readings": [one for one in verdicts if one.id.endswith(READING)],
        "not counted, since they cannot fail": [one for one in verdicts if one.check],
    }
    for kind, of_kind in kinds.items():
        counts = Counter(one.verdict for one in of_kind)
        click.echo(f"{kind}: {', '.join(f'{number} {verdict}' for verdict, number in counts.items())}")


def show_beside(verdicts: Mapping[str, list[Verdict]]) -> None:
    """Print the verdicts on some populations beside each other, and which are the same in all."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from ballast.studies.claims.judge import HOLDS

    table = Table(
        title="verdicts by population, means, 95% intervals; all tests of all populations are one family (Holm)",
        box=SIMPLE_HEAD,
        title_justify="left",
    )
    for head in ("", "threshold", *verdicts):
        table.add_column(head)
    beside = list(zip(*verdicts.values(), strict=True))
    for claim in beside:
        table.add_row(claim[0].id, claim[0].threshold, *(f"{one.verdict}\n{_interval(one)}" for one in claim))
    console().print(table)
    everywhere = [claim[0].id for claim in beside if all(one.verdict == HOLDS for one in claim)]
    otherwise = [claim[0].id for claim in beside if len({one.verdict for one in claim}) > 1]
    for told, ids in (("holds in every population", everywhere), ("not the same in all", otherwise)):
        click.echo(f"{told}: {', '.join(ids) or 'none'}")


def _interval(one: Verdict) -> str:
    """Say an estimate and its interval."""
    estimate, low, high = (f"{v:.4g}" if v is not None else "not known" for v in (one.estimate, one.low, one.high))
    return f"{estimate} [{low}, {high}]"
