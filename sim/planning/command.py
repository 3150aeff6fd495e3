"""The command ``ballast plan``."""

from __future__ import annotations

import csv
import json
import platform
from contextlib import ExitStack
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from offchain.errors import BallastError
from offchain.model.load_curve import DEFAULT_PRESET, PRESETS
from offchain.signals import interruptible
from sim.directory import made_whole
from sim.planning.forecast import NAMES, QUANTILES, Forecast
from sim.planning.plan import Answer, Question, Record, answer
from sim.scenario import Scenario


@click.command()
@click.option(
    "--workload",
    type=click.Path(path_type=Path),
    help="Trace in the Standard Workload Format, plain or gzip; otherwise a seasonal demand is made up.",
)
@click.option("--periods", type=int, default=480, show_default=True, help="Equal parts of the demand.")
@click.option(
    "--tasks-per-period", type=int, default=400, show_default=True, help="Of a demand made up; three in five are heavy."
)
@click.option("--season", type=int, default=24, show_default=True, help="Periods after which the demand repeats.")
@click.option("--horizon", type=int, default=24, show_default=True, help="Periods to plan for.")
@click.option("--windows", type=int, default=8, show_default=True, help="Last horizons of the demand, to try plans on.")
@click.option(
    "--service-level",
    "level",
    type=float,
    default=0.99,
    show_default=True,
    help="Share of the heavy tasks to be sold in their period.",
)
@click.option("--operators", type=int, default=Scenario.operators, show_default=True)
@click.option("--coprocessors", type=int, default=50, show_default=True, help="To share the capacity equally.")
@click.option("--preset", default=DEFAULT_PRESET, show_default=True, help=f"Load curve: {', '.join(PRESETS)}.")
@click.option("--seed", type=int, default=Scenario.seed, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Directory to make for the plan, its figure and data.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def plan(
    season: int, horizon: int, windows: int, level: float, out: Path | None, as_json: bool, **options: Any
) -> None:
    """Forecast the demand for heavy tasks, and plan the capacity and stake it will need.

    Three forecasters are compared on the last windows of the demand, and a plan made from each of their forecasts is
    tried in the market on what came. The one with the smallest pinball loss plans for the periods after that.
    """
    question = Question(Scenario(**options), season, horizon, windows, level)
    try:
        with interruptible(), ExitStack() as stack:
            directory = stack.enter_context(made_whole(out)) if out else None
            status = stack.enter_context(Console(stderr=True).status("planning"))
            found = answer(question, lambda n, of: status.update(f"planning: window {n} of {of}"))
            if directory:
                write(found, directory)
    except OSError as error:
        raise BallastError(f"the plan could not be written to {out}: {error.strerror}") from error
    if as_json:
        click.echo(json.dumps(report(found), indent=2))
    else:
        show(found)
        if out:
            click.echo(f"written to {out}")


def report(found: Answer) -> dict[str, Any]:
    """Everything there is to say, as JSON has it."""
    question, plan = found.question, found.plan
    scenario = question.scenario
    return {
        "asked": {
            "workload": scenario.workload.name if scenario.workload else None,
            "tasks_per_period": None if scenario.workload else scenario.tasks_per_period,
            **{name: getattr(scenario, name) for name in ("periods", "operators", "coprocessors", "preset", "seed")},
            **{name: getattr(question, name) for name in ("season", "horizon", "windows")},
            "service_level": question.level,
        },
        "workload": found.demand.tasks.notes,
        "versions": {
            "ballast": version("ballast"),
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scipy", "statsmodels")},
        },
        "forecasters": {name: _record(record) for name, record in found.records.items()},
        "plan": {
            "forecaster": found.best,
            "first_period": found.forecast.origin,
            **asdict(plan),
            "total_capacity": plan.total_capacity,
            "total_stake": plan.total_stake,
        },
    }


def _record(record: Record) -> dict[str, Any]:
    return {
        "mase": record.scores.mase,
        "pinball": record.scores.loss,
        "pinball_by_quantile": record.scores.pinball,
        "coverage": record.scores.coverage,
        "capacity": record.capacity,
        "load": record.load,
        "sold": record.sold,
        "windows": [
            {
                "first_period": trial.forecast.origin,
                "capacity": trial.plan.total_capacity,
                "stake": trial.plan.total_stake,
                "tasks": trial.tasks,
                "work": trial.work,
                "sold": trial.sold,
            }
            for trial in record.trials
        ],
    }


def write(found: Answer, directory: Path) -> None:
    """Write ``plan.json``, ``forecast.csv``, ``plan.png`` and ``plan.svg``."""
    from sim.planning.figure import draw

    (directory / "plan.json").write_text(json.dumps(report(found), indent=2) + "\n")
    arrivals = found.demand.arrivals
    with (directory / "forecast.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["forecaster", "origin", "period", "came", "mean", *(f"q{q:g}" for q in QUANTILES)])

        def put(name: str, f: Forecast) -> None:
            for ahead, (mean, quantiles) in enumerate(zip(f.mean, f.quantiles, strict=True)):
                period = f.origin + ahead
                came = int(arrivals[period]) if period < len(arrivals) else ""
                rows.writerow([name, f.origin, period, came, f"{mean:.6g}", *(f"{q:.6g}" for q in quantiles)])

        for name, record in found.records.items():
            for trial in record.trials:
                put(name, trial.forecast)
        put(found.best, found.forecast)
    draw(found, directory)


def show(found: Answer) -> None:
    """Print tables."""
    console = Console()
    console.print(_scores(found), _trials(found), _plan(found), sep="\n")


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(columns[0])
    for name in columns[1:]:
        table.add_column(name, justify="right")
    return table


def _scores(found: Answer) -> Table:
    question = found.question
    naive = found.records["seasonal_naive"].scores.loss
    table = _table(
        f"Forecasts of heavy tasks, {question.windows} windows of {question.horizon} periods",
        ("forecaster", "MASE", "pinball", "to naive", "in 50%", "in 90%"),
    )
    for name, record in found.records.items():
        s = record.scores
        cells = (f"{s.mase:.3f}", f"{s.loss:.3f}", f"{s.loss / naive:.3f}", *(f"{c:.1%}" for c in s.coverage.values()))
        table.add_row(NAMES[name], *cells)
    return table


def _trials(found: Answer) -> Table:
    question = found.question
    table = _table(
        f"Plans for a service level of {question.level:.2%}, run in the market on what came",
        ("forecaster", "capacity", "mean load", "sold", "worst", "kept"),
    )
    for name, record in found.records.items():
        shares = [t.sold for t in record.trials]
        kept = sum(share >= question.level for share in shares)
        cells = (f"{record.capacity:,.0f}", f"{record.load:.1%}", f"{record.sold:.2%}", f"{min(shares):.2%}")
        table.add_row(NAMES[name], *cells, f"{kept} of {len(shares)}")
    return table


def _plan(found: Answer) -> Table:
    p, first = found.plan, found.forecast.origin
    last = first + found.question.horizon - 1
    table = _table(f"Plan for periods {first} to {last}, by {NAMES[found.best]}", ("what", "value", "unit"))
    sections = (
        (
            ("heavy tasks, mean", f"{p.arrivals:,.1f}", "a period"),
            ("heavy tasks, busiest period", f"{p.busiest:,.1f}", "a period"),
            ("their difficulty, mean", f"{p.work:,.0f}", "units a period"),
            (f"their difficulty, {p.level:.2%} quantile", f"{p.work_quantile:,.0f}", "units a period"),
        ),
        (
            ("capacity", f"{p.total_capacity:,}", "units"),
            (f"of each of {p.coprocessors} coprocessors", f"{p.capacity:,}", "units"),
            ("stake", f"{p.total_stake:,}", "token units"),
            ("of each", f"{p.stake:,}", "token units"),
        ),
        (
            ("to compare: room for that quantile", f"{p.rule:,}", "units"),
            ("to compare: by Erlang-C", f"{p.queue.capacity:,}", "units"),
            ("load offered, busiest period", f"{p.queue.offered:,.1f}", "erlangs"),
            ("tasks at a time", f"{p.queue.servers:,}", "tasks"),
            ("by the square-root rule", f"{p.queue.square_root:,.1f}", "tasks"),
        ),
    )
    for rows in sections:
        for row in rows:
            table.add_row(*row)
        table.add_section()
    return table
