"""The command ``ballast claims``."""

from __future__ import annotations

import json
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import click
import numpy as np
from rich.console import Console

from offchain.cli import INTERRUPTED
from offchain.errors import UserError
from sim.claims.judge import Verdict, judge, measure
from sim.claims.theory import Samples
from sim.command import shown
from sim.compare.optimum import Settings, watched
from sim.compare.study import MAX_SEEDS, cores, spread
from sim.measures import ratio
from sim.scenario import MAX_PERIODS, Scenario, load

FILE: Final = "claims.json"
LEAST_PERIODS: Final = 30
"""So that stresses, tenths of a run, and looks at tasks all have periods of their own."""
WIDTH: Final = 120
"""Columns of the details at most."""


def efficiency(scenario: Scenario) -> dict[str, float]:
    """Efficiency of the market's assignment in one period, two thirds into the run: shares of the LP's bounds."""
    run = watched(scenario, Settings(every=max(2 * scenario.periods // 3, 1), gap=1.0))
    return {"efficiency_lp": ratio(run.market, run.lp), "efficiency_patient": ratio(run.market, run.patient)}


def efficiencies(
    seeds: list[int], periods: int, workers: int, progress: Callable[[int, int], None]
) -> dict[str, Samples]:
    """Allocative efficiency of the market by seed: expected value of its assignment over the optimum's LP bound."""
    jobs = [replace(load("paper"), seed=seed, periods=periods) for seed in seeds]
    found: dict[Scenario, dict[str, float]] = {}
    for job, shares in spread(efficiency, jobs, workers):
        found[job] = shares
        progress(len(found), len(jobs))
    return {name: np.array([found[job][name] for job in jobs]) for name in found[jobs[0]]}


@click.command()
@click.option("--seeds", type=int, default=30, show_default=True, help="Seeds a variant is run with, from 1 on.")
@click.option("--periods", type=int, default=1_000, show_default=True, help="Periods of a run.")
@click.option("--workers", type=int, default=cores, show_default="cores", help="Runs at a time.")
@click.option("--out", type=click.Path(path_type=Path), help=f"Directory for {FILE}.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def claims(seeds: int, periods: int, workers: int, out: Path | None, as_json: bool) -> None:
    """Judge the paper's claims, C1 to C20, over seeds.

    Each claim is one line that begins with its number; what was measured follows, indented.
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
    numbers = list(range(1, seeds + 1))
    try:
        with shown("claims ", "runs") as progress:
            measured = measure(numbers, periods, workers, progress)
        with shown("optimum", "runs") as progress:
            optimum = efficiencies(numbers, periods, workers, progress)
        verdicts = judge(measured, optimum, numbers, periods)
        if out:
            write(out, verdicts)
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(document(verdicts))
    else:
        show(verdicts)


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
    """Verdicts as JSON."""
    return json.dumps([asdict(v) for v in verdicts], indent=2, allow_nan=False)


def write(out: Path, verdicts: list[Verdict]) -> None:
    """Write the verdicts, whole or not at all.

    Raises
    ------
    UserError
        If that cannot be done.
    """
    partial = out / f".{FILE}.partial"
    try:
        out.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(document(verdicts) + "\n")
            partial.replace(out / FILE)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"--out {out} cannot be written: {error.strerror}; give another directory") from error


def show(verdicts: list[Verdict]) -> None:
    """Print the verdicts: a line for each claim, and what is to be said of it below."""
    width = min(Console().width, WIDTH)
    of = f"{verdicts[0].seeds} seeds of {verdicts[0].periods:,} periods"
    click.echo(f"The paper's claims: means over {of}, 95% intervals")
    for v in verdicts:
        click.echo(f"{v.id} {v.verdict}: {v.estimate:.4g} [{v.low:.4g}, {v.high:.4g}], threshold {v.threshold}")
        for title, text in (("", v.statement), ("measured: ", v.measure), ("assuming ", v.assumption), ("", v.note)):
            if text:
                click.echo(textwrap.fill(title + text, width, initial_indent="    ", subsequent_indent="    "))
    click.echo(", ".join(f"{number} {verdict}" for verdict, number in Counter(v.verdict for v in verdicts).items()))
