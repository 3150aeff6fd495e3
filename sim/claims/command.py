"""The command ``ballast claims``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from offchain.cli import INTERRUPTED
from offchain.errors import UserError
from sim.claims.judge import Samples, Verdict, judge, measure
from sim.command import shown
from sim.compare.optimum import Settings, watched
from sim.scenario import load

OPTIMUM_PERIODS, OPTIMUM_EVERY = 30, 15
"""Periods of a run compared with the optimum, and from one comparison to the next."""


def _efficiency(seed: int) -> float:
    scenario = replace(load("paper"), seed=seed, periods=OPTIMUM_PERIODS)
    run = watched(scenario, Settings(every=OPTIMUM_EVERY))
    return float(run.market / run.lp)


def efficiencies(seeds: list[int], workers: int, progress: Callable[[int, int], None]) -> Samples:
    """Allocative efficiency of the market by seed: expected value of its assignment over the optimum's LP bound."""
    found: list[float] = []
    with ProcessPoolExecutor(workers) as pool:
        for value in pool.map(_efficiency, seeds):
            found.append(value)
            progress(len(found), len(seeds))
    return np.array(found)


@click.command()
@click.option("--seeds", default=30, show_default=True, help="Seeds a variant is run with, from 1 on.")
@click.option("--periods", default=1_000, show_default=True, help="Periods of a run.")
@click.option("--workers", default=os.cpu_count() or 1, show_default="cores", help="Runs at a time.")
@click.option("--out", type=click.Path(path_type=Path), help="Directory for claims.json.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def claims(seeds: int, periods: int, workers: int, out: Path | None, as_json: bool) -> None:
    """Judge the paper's claims, C1 to C20, over seeds."""
    for name, value, low in (("seeds", seeds, 2), ("periods", periods, 20), ("workers", workers, 1)):
        if value < low:
            raise UserError(f"--{name} is {value}: give at least {low}")
    if out and (out / "claims.json").exists():
        raise UserError(f"--out {out} holds claims.json: give another directory")
    numbers = list(range(1, seeds + 1))
    try:
        with shown("claims ", "runs") as progress:
            measured = measure(numbers, periods, workers, progress)
        with shown("optimum", "runs") as progress:
            optimum = efficiencies(numbers, workers, progress)
    except KeyboardInterrupt:
        click.echo("ballast: stopped; nothing was written", err=True)
        sys.exit(INTERRUPTED)
    verdicts = judge(measured, optimum, numbers)
    if out:
        write(out, verdicts)
    if as_json:
        click.echo(json.dumps([asdict(v) for v in verdicts], indent=2))
    else:
        show(verdicts)


def write(out: Path, verdicts: list[Verdict]) -> None:
    """Write the verdicts, whole or not at all."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        partial = out / "claims.json.partial"
        partial.write_text(json.dumps([asdict(v) for v in verdicts], indent=2) + "\n")
        partial.replace(out / "claims.json")
    except OSError as error:
        raise UserError(f"--out {out} cannot be written: {error.strerror}; give another directory") from error


def show(verdicts: list[Verdict]) -> None:
    """Print the verdicts, each on a line that begins with its number, and what is to be said of it below."""
    table = Table(title=f"The paper's claims, {verdicts[0].seeds} seeds", show_lines=True)
    for name in ("claim", "estimate", "95% interval", "threshold", "verdict"):
        table.add_column(name)
    table.add_column("what was measured", overflow="fold", ratio=1)
    for v in verdicts:
        said = ". ".join(part for part in (v.measure, v.assumption, v.note) if part)
        interval = f"{v.low:.4g} to {v.high:.4g}"
        table.add_row(v.claim, f"{v.estimate:.4g}", interval, v.threshold, v.verdict, said)
    Console().print(table)
    for v in verdicts:
        click.echo(f"{v.claim} {v.verdict}: {v.estimate:.4g} [{v.low:.4g}, {v.high:.4g}], threshold {v.threshold}")
