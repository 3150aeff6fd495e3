"""Traces as CSV with named columns.

=============  ============================================================================
``submit``     seconds since any moment, from 0
``duration``   seconds
``processors`` how many, or what share of one; 1 without this column
``cost``       in place of duration and processors: work in any unit
``user``       any name or number; empty where it is not known
``reward``     token units, a whole number; 10 a unit of difficulty without this column
``heavy``      true or false; whether the work is above the median without this column
=============  ============================================================================

Nothing is guessed: what cannot be read as that is refused, with its line and column.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ballast.errors import WorkloadError
from ballast.sim.workload.jobs import MAX_MOMENT, MAX_WORK, Jobs
from ballast.sim.workload.tasks import MAX_REWARDS
from ballast.table import number

COLUMNS: Final = ("submit", "duration", "processors", "cost", "user", "reward", "heavy")
DELIMITERS: Final = (",", ";", "\t")
TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}
NEAR: Final = 0.75
"""Likeness from which on a column's name is taken for a known one misspelt."""
LONG: Final = 60
"""Characters of a file that a message repeats at most."""


@dataclass(frozen=True)
class Cell:
    """A value of a table, and where it stands."""

    path: Path
    line: int
    column: str
    text: str

    def wrong(self, right: str) -> WorkloadError:
        """Error that says what is there and what would be right."""
        there = f"is {brief(self.text)!r}" if self.text else "is empty"
        return WorkloadError(f"workload {self.path}, line {self.line}: {self.column} {there}: give {right}")

    def number(self, most: float, right: str, positive: bool = False) -> float:
        """Value of a number from 0, or above it, to a bound.

        Raises
        ------
        WorkloadError
            If it is none.
        """
        value = number(self.text)
        if value is None or not 0 <= value <= most or (positive and value == 0):
            raise self.wrong(right)
        return value

    def truth(self) -> bool:
        """Value of a yes or no.

        Raises
        ------
        WorkloadError
            If it is none.
        """
        try:
            return TRUTHS[self.text.casefold()]
        except KeyError:
            raise self.wrong("true or false") from None


def read(path: Path, text: str) -> Jobs:
    """Read the jobs of a table.

    Raises
    ------
    WorkloadError
        If it is not as it has to be; with the line and the column.
    """
    rows = cells(path, text)
    names = next(rows)[1]
    known = known_columns(path, names)
    priced = "cost" in known
    lines: list[int] = []
    submitted: list[int] = []
    work: list[float] = []
    users: list[str] = []
    rewards: list[int] = []
    heavy: list[bool] = []
    for line, row in rows:
        if len(row) != len(names):
            raise WorkloadError(f"workload {path}, line {line}: {len(row)} fields, the header has {len(names)}")
        if row[known["submit"]].casefold() == "submit":
            raise WorkloadError(f"workload {path}, line {line} repeats the header: leave it out")
        at = {name: Cell(path, line, name, row[place]) for name, place in known.items()}
        lines.append(line)
        submitted.append(round(at["submit"].number(MAX_MOMENT, f"seconds, a number from 0 to {MAX_MOMENT}")))
        work.append(at["cost"].number(MAX_WORK, "a number from 0") if priced else product(at))
        if "user" in at:
            users.append(at["user"].text)
        if "reward" in at:
            rewards.append(reward(at["reward"]))
        if "heavy" in at:
            heavy.append(at["heavy"].truth())
    if not lines:
        raise WorkloadError(f"workload {path} has a header and no job")
    place_of = {user: place for place, user in enumerate(sorted(set(users) - {""}, key=in_order))}
    ignored = [name for name in names if name not in known]
    return Jobs(
        line=np.array(lines, dtype=np.int64),
        submitted=np.array(submitted, dtype=np.int64),
        work=np.array(work),
        user=np.array([place_of.get(user, -1) for user in users or [""] * len(lines)], dtype=np.int64),
        reward=np.array(rewards, dtype=np.int64) if rewards else None,
        heavy=np.array(heavy) if heavy else None,
        counted="cost" if priced else "processor-seconds",
        notes={"columns_ignored": ", ".join(ignored)} if ignored else {},
        left_out=0.0,
    )


def brief(text: str) -> str:
    """Text of one line that is not too long for a message."""
    return text if len(text) <= LONG else f"{text[:LONG]}..."


def product(cells: dict[str, Cell]) -> float:
    """Processor-seconds of a row."""
    seconds = cells["duration"].number(MAX_MOMENT, "seconds, a number from 0")
    if "processors" not in cells:
        return seconds
    return seconds * cells["processors"].number(MAX_WORK / MAX_MOMENT, "a number above 0", positive=True)


def reward(cell: Cell) -> int:
    """Reward of a row."""
    right = f"token units, a whole number from 1 to {MAX_REWARDS}"
    value = cell.number(MAX_REWARDS, right, positive=True)
    if value % 1:
        raise cell.wrong(right)
    return int(value)


def in_order(user: str) -> tuple[float, str]:
    """Key by which users are sorted: numbers by their values, then names."""
    value = number(user)
    return (math.inf, user) if value is None else (value, user)


def cells(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of a table that are not blank, header first, with their lines; spaces around values are left out.

    Raises
    ------
    WorkloadError
        If quotes are not closed.
    """
    head = next(line for line in io.StringIO(text, newline=None) if line.strip())
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    line, begun = 1, False
    try:
        for row in reader:
            values = [value.strip() for value in row]
            if any(values):
                yield line, values if begun else [value.casefold() for value in values]
                begun = True
            line = reader.line_num + 1
    except csv.Error as error:
        raise WorkloadError(f"workload {path}, line {line} cannot be read as CSV: {error}") from error


def known_columns(path: Path, names: list[str]) -> dict[str, int]:
    """Places of the columns that are used.

    Raises
    ------
    WorkloadError
        If one is missing, doubled, misspelt, or contradicts another.
    """

    def refused(why: str) -> WorkloadError:
        return WorkloadError(f"workload {path}: {why}")

    if all(number(name) is not None for name in names):
        raise refused(f"the first line is no header: give the names of its columns, some of {', '.join(COLUMNS)}")
    known: dict[str, int] = {name: names.index(name) for name in COLUMNS if name in names}
    for name in names:
        if names.count(name) > 1 and name:
            raise refused(f"two columns are named {brief(name)}: give each a name of its own")
    misspelt: dict[str, str] = {}
    for name in names:
        others = [column for column in COLUMNS if column not in known]
        near = [c for c in others if name.startswith(c)] or difflib.get_close_matches(name, others, 1, NEAR)
        if name not in known and near:
            misspelt[near[0]] = name
    needed = ["submit", *([] if "cost" in known else ["duration"])]
    for name in [*needed, *misspelt]:
        if name not in known:
            there = brief(misspelt[name] if name in misspelt else ", ".join(names))
            instead = f"; is {there} meant?" if name in misspelt else f"; it has {there}"
            either = "duration, or cost" if name == "duration" else name
            raise refused(f"there is no column {either}{instead}")
    both = [name for name in ("duration", "processors") if name in known]
    if "cost" in known and both:
        raise refused(f"cost stands in place of duration and processors, and there is {both[0]} too: give one of them")
    return known


def looks_like_one(head: str, name: str) -> bool:
    """Whether a file whose first line is ``head`` is meant as a table rather than as a trace of numbers."""
    if name.endswith((".csv", ".tsv")):
        return True
    if name.endswith(".swf") or head.lstrip().startswith((";", "#")):
        return False
    return any(number(field) is None for field in head.split()) and any(delimiter in head for delimiter in DELIMITERS)
