"""What ``ballast plan`` prints and writes."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from ballast.studies.planning.forecast import NAMES, QUANTILES, DemandForecast
from ballast.studies.planning.plan import Answer, Backtest
from ballast.wording import counted


def report(found: Answer) -> dict[str, Any]:
    """Everything there is to say, as JSON has it."""
    question, plan = found.question, found.plan
    scenario = question.scenario
    return {
        **found.made,
        "asked": {
            "workload": scenario.workload.name if scenario.workload else None,
            "tasks_per_period": None if scenario.workload else scenario.tasks_per_period,
            **{
                name: getattr(scenario, name)
                for name in ("periods", "operators", "coprocessors", "work", "preset", "seed")
            },
            **{name: getattr(question, name) for name in ("season", "horizon", "windows")},
            "service_level": question.level,
        },
        "workload": found.demand.tasks.notes,
        "forecasters": {name: _record(record) for name, record in found.records.items()},
        "plan": {
            "forecaster": found.best,
            "first_period": found.forecast.origin,
            **asdict(plan),
            "total_capacity": plan.total_capacity,
            "total_stake": plan.total_stake,
        },
    }


def _record(record: Backtest) -> dict[str, Any]:
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
    from ballast.studies.planning.figure import draw

    (directory / "plan.json").write_text(json.dumps(report(found), indent=2) + "\n", encoding="utf-8")
    arrivals = found.demand.arrivals
    with (directory / "forecast.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["forecaster", "origin", "period", "came", "mean", *(f"q{q:g}" for q in QUANTILES)])

        def put(name: str, forecast: DemandForecast) -> None:
            for ahead, (mean, quantiles) in enumerate(zip(forecast.mean, forecast.quantiles, strict=True)):
                period = forecast.origin + ahead
                came = int(arrivals[period]) if period < len(arrivals) else ""
                rows.writerow([name, forecast.origin, period, came, f"{mean:.6g}", *(f"{q:.6g}" for q in quantiles)])

        for name, record in found.records.items():
            for trial in record.trials:
                put(name, trial.forecast)
        put(found.best, found.forecast)
    draw(found, directory)


def show(found: Answer) -> None:
    """Print tables."""
    console = Console()
    console.print(_scores(found), _trials(found), _plan(found), sep="\n")
    notes = found.demand.tasks.notes
    if notes:
        unit = f"1 unit of difficulty is {notes['unit']:,} {notes['unit_of']}"
        click.echo(f"{counted(notes['jobs_read'], 'job')} read; {unit}")


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
        f"Forecasts of heavy tasks, {counted(question.windows, 'window')} of {counted(question.horizon, 'period')}",
        ("forecaster", "MASE", "pinball", "to naive", "in 50%", "in 90%"),
    )
    for name, record in found.records.items():
        scores = record.scores
        cells = (
            f"{scores.mase:.3f}",
            f"{scores.loss:.3f}",
            f"{scores.loss / naive:.3f}",
            *(f"{c:.1%}" for c in scores.coverage.values()),
        )
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
    plan, first = found.plan, found.forecast.origin
    last = first + found.question.horizon - 1
    table = _table(f"Plan for periods {first} to {last}, by {NAMES[found.best]}", ("what", "value", "unit"))
    sections = (
        (
            ("heavy tasks, mean", f"{plan.arrivals:,.1f}", "a period"),
            ("heavy tasks, busiest period", f"{plan.busiest:,.1f}", "a period"),
            ("room they take, mean", f"{plan.work:,.0f}", "units"),
            (f"room they take, {plan.level:.2%} quantile", f"{plan.work_quantile:,.0f}", "units"),
        ),
        (
            ("capacity", f"{plan.total_capacity:,}", "units"),
            (f"of each of {counted(plan.coprocessors, 'coprocessor')}", f"{plan.capacity:,}", "units"),
            ("stake", f"{plan.total_stake:,}", "token units"),
            ("of each", f"{plan.stake:,}", "token units"),
        ),
        (
            ("to compare: room for that quantile", f"{plan.rule:,}", "units"),
            ("to compare: by Erlang-C", f"{plan.queue.capacity:,}", "units"),
            ("load offered, busiest period", f"{plan.queue.offered:,.1f}", "erlangs"),
            ("tasks at a time", f"{plan.queue.servers:,}", "tasks"),
            ("by the square-root rule", f"{plan.queue.square_root:,.1f}", "tasks"),
        ),
    )
    for rows in sections:
        for row in rows:
            table.add_row(*row)
        table.add_section()
    return table
