"""Tables of raw numbers: what a run's summary counts, beside its shares, and the parameters by whose number each is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ballast.sim.scenario import FOLDER
from ballast.studies.figures.results import PAPER_SLASHING, RunResults
from ballast.studies.report.front import count, percent

GROUPS: Final = (
    (
        *("Tasks that came", "number", "share of the tasks that came"),
        *(("tasks_opened", "tasks_unplaced", "tasks_waiting"), "tasks_"),
        ("opened", "unplaced", "waited", "waiting"),
    ),
    (
        *("Tasks opened", "number", "share of the tasks opened", ("tasks_opened",), "tasks_"),
        ("self_executed", "auctioned", "late", "rescued"),
    ),
    (
        *("What became of the tasks opened", "number", "share of the tasks opened", ("tasks_opened",), "tasks_"),
        ("settled", "failed", "forfeited", "unsold", "live"),
    ),
    (
        *("Payments", "token units", "share of the rewards", ("reward_paid",), ""),
        ("reward_paid", "price_paid", "fees_paid", "uptime_paid", "keepers_paid"),
    ),
    (
        *("Slashes", "token units", "share of what is slashed", ("slashed_total",), "slash"),
        ("ed_total", "_burned", "_compensation", "_finder", "_pool"),
    ),
    ("Conservation", "token units", "", (), "", ("escrow_balance", "accounts_sum", "conserved")),
)
"""Groups of a summary's figures: heading, unit, what shares are of and the names of its parts, what names begin with,
their rest."""
MACHINE: Final = (
    ("wall_seconds", "seconds"),
    ("tasks_per_second", "tasks a second"),
    ("transactions", "transactions"),
    ("gas_used", "gas"),
    ("gas_per_task", "gas a task"),
)
"""Figures of a summary that are of the machine and the chain, with their units."""


@dataclass(frozen=True)
class Group:
    """A table of numbers: heading, unit, what the shares are of, if any, and rows of name, number and share."""

    heading: str
    unit: str
    of: str
    rows: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class ParameterTable:
    """Parameters of one kind: heading, whether the paper gives another number, and rows of name, value and that."""

    heading: str
    differ: bool
    rows: Sequence[tuple[str, str, str]]


def in_words(value: object) -> str:
    """Write a value as people read it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e5 else f"{value:,.0f}"
    return str(value)


def groups(summary: Mapping[str, Any]) -> Iterator[Group]:
    """Tables of a summary; what it lacks is left out."""
    for heading, unit, of, whole, start, names in GROUPS:
        parts = [summary.get(name) for name in whole]
        total = sum(part for part in parts if isinstance(part, int)) if None not in parts else 0
        rows = []
        for name in names:
            value = summary.get(start + name)
            if value is not None:
                share = percent(value / total) if isinstance(value, int) and total > 0 else ""
                rows.append((name.strip("_").removeprefix("ed_").replace("_", " "), in_words(value), share))
        if rows:
            yield Group(heading, unit, of if any(share for *_, share in rows) else "", rows)
    if "start_up" in summary and "capacity_used" in summary:
        course = [
            ("start-up", count(summary["start_up"], "period"), ""),
            ("utilisation after it", percent(summary["capacity_used"]), ""),
        ]
        yield Group("Capacity of the coprocessors", "", "", course)
    trace = [(name.replace("_", " "), in_words(value), "") for name, value in summary.get("workload", {}).items()]
    if trace:
        yield Group("Trace", "", "", trace)


def machine(summary: Mapping[str, Any]) -> str:
    """How fast it was, and what it cost on a chain if it was on one."""
    known = [(summary.get(name), unit) for name, unit in MACHINE]
    return ", ".join(f"{in_words(value)} {unit}" for value, unit in known if value)


def parameters(run: RunResults) -> list[ParameterTable]:
    """Parameters of a scenario: as in the paper, other than in it, and those it gives no number for."""
    paper = tomllib.loads((FOLDER / "paper.toml").read_text(encoding="utf-8"))["paper"]
    same, other, ours = [], [], []
    for name, value in run.parameters.items():
        cells = (name.replace("_", " "), in_words(value))
        if name == "contracts":
            continue
        if name not in (*paper, "slashing"):
            ours.append((*cells, ""))
        elif value in (PAPER_SLASHING if name == "slashing" else (paper[name],)):
            same.append((*cells, ""))
        else:
            theirs = ", ".join(map(str, PAPER_SLASHING)) if name == "slashing" else in_words(paper[name])
            other.append((*cells, theirs))
    kinds = (
        ParameterTable("As in the paper", False, same),
        ParameterTable("Other than in the paper", True, other),
        ParameterTable("Ours: the paper gives none", False, ours),
    )
    return [kind for kind in kinds if kind.rows]


def contracts(tables: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Parameters of the contracts by table: names and values."""
    return [
        (title, [(name.replace("_", " "), in_words(value)) for name, value in table.items()])
        for title, table in tables.items()
    ]
