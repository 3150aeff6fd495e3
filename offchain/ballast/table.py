"""Columns of numbers from CSV files: a file is read as it is, or refused in one line.

Cells are separated by commas, or by semicolons or tabs where these make columns. The first line that is not empty is
the header. An empty line after it is a row of missing values, also at the end; the newline that ends the last line
makes no row. Missing values are empty cells, NA and NaN.

Traces of the simulation have a reader of their own, `ballast.sim.workload.table`: their columns are fixed, hold names
and truths too, and lack nothing; blank lines in them are no rows. What a number is, both ask `number`.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ballast.errors import TableError

MISSING: Final = ("", "na", "nan")
SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
LIKE_A_NUMBER: Final = re.compile(
    r"[+-]?[.,]?[0-9][0-9.,_' \u00a0]*([eE][+-]?[0-9]+)?%?|[+-]?(inf|infinity|0x[0-9a-f]+)", re.I
)
"""What somebody may have meant as a number."""
UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Column:
    """A column: its cells, and the lines of the file they are in."""

    path: Path
    name: str
    cells: tuple[str, ...]
    lines: tuple[int, ...]

    def numbers(self) -> NDArray[np.float64]:
        """Read the cells as numbers, NaN where they are missing.

        Raises
        ------
        TableError
            If one is neither a number nor missing.
        """
        return np.array([self._number(cell, line) for cell, line in zip(self.cells, self.lines, strict=True)])

    def _number(self, cell: str, line: int) -> float:
        if cell.lower() in MISSING:
            return math.nan
        where = f"{self.path}, line {line}, column {self.name}: {cell!r} is not a number"
        value = number(cell)
        if value is not None:
            return value
        if NUMBER.fullmatch(cell):
            raise TableError(f"{where} that fits into 64 bits")
        if LIKE_A_NUMBER.fullmatch(cell):
            raise TableError(f"{where}; write plain digits and a decimal point, as in 1234.5 or 1.5e3")
        raise TableError(f"{where}; missing ones are left empty, or written NA or NaN")


@dataclass(frozen=True)
class Table:
    """A table of named columns.

    Attributes
    ----------
    path : Path
        Its file.
    columns : tuple of Column
        In order; one without a name, as R writes for the names of rows, cannot be chosen.
    """

    path: Path
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns that can be chosen."""
        return [column.name for column in self.columns if column.name]

    def column(self, name: str) -> Column:
        """Find a column by its name.

        Raises
        ------
        TableError
            If there is none.
        """
        wanted = _plain(name)
        for column in self.columns:
            if column.name and column.name == wanted:
                return column
        raise TableError(f"{self.path} has no column {name!r}; it has {', '.join(self.names)}")

    def only(self, apart: tuple[str, ...] = (), option: str = "--column") -> Column:
        """Find the one column besides others.

        Raises
        ------
        TableError
            If there are several, or none.
        """
        taken = {self.column(name).name for name in apart}
        left = [column for column in self.columns if column.name not in taken]
        named = [column.name for column in left if column.name]
        if len(left) == 1 and named:
            return left[0]
        if not named:
            raise TableError(f"{self.path} has no named column{' besides those' if taken else ''}; give one a name")
        unnamed = ", one without a name (names of rows, as R writes them?)" if len(named) < len(left) else ""
        raise TableError(f"{self.path} has {len(left)} columns{unnamed}; choose with {option}: {', '.join(named)}")


def number(text: str) -> float | None:
    """Value of a number in decimal digits that fits into 64 bits.

    None of anything else, as ``nan``, ``inf``, ``1_000``, ``1,5``, ``1e400`` or ``1e-400``.
    """
    if not NUMBER.fullmatch(text):
        return None
    value = float(text)
    lost = value == 0.0 and re.search("[1-9]", re.split("[eE]", text)[0])
    return None if math.isinf(value) or lost else value


def read_table(path: Path, header: bool = True) -> Table:
    """Read a CSV file.

    Parameters
    ----------
    path : Path
        The file.
    header : bool
        Whether the first line names the columns; their names are 1, 2 .. otherwise.

    Raises
    ------
    TableError
        If it cannot be read, or could be read in more than one way.
    """
    rows = _rows(path, _text(path))
    while header and rows and not rows[0][1]:
        rows.pop(0)
    if len(rows) < 1 + header:
        raise TableError(f"{path} has no rows; it must have a {'header and ' if header else ''}rows of numbers")
    width = len(rows[0][1]) if header else max(len(cells) for _, cells in rows)
    names = _names(path, rows.pop(0)[1]) if header else [str(i + 1) for i in range(width)]
    for line, cells in rows:
        if len(cells) not in (0, width):
            raise TableError(_ragged(path, line, len(cells), width, header))
    filled = [cells or [""] * width for _, cells in rows]
    lines = tuple(line for line, _ in rows)
    columns = (Column(path, name, tuple(cells[i] for cells in filled), lines) for i, name in enumerate(names))
    return Table(path, tuple(columns))


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}") from None
    try:
        text = content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise TableError(f"{path} is not a text file in UTF-8")
    return text


def _rows(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """Rows with their lines, cells without blanks around them; no cells of an empty line."""
    found = {}
    for separator in SEPARATORS:
        if separator not in text and separator != ",":
            continue
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
        except csv.Error as error:
            if separator == ",":
                raise TableError(f"{path} is not a CSV file: {error}") from None
            continue
        found[separator] = [(line, [] if cells == [""] else cells) for line, cells in rows]
    widths = {separator: {len(cells) for _, cells in rows if cells} for separator, rows in found.items()}
    fitting = [separator for separator, counts in widths.items() if len(counts) == 1 and counts != {1}]
    if len(fitting) > 1:
        ways = " or ".join(SEPARATORS[separator] for separator in fitting)
        raise TableError(f"{path} has columns by {ways}; use one of them only")
    return found[fitting[0] if fitting else ","]


def _names(path: Path, cells: list[str]) -> list[str]:
    names = [_plain(cell) for cell in cells]
    for name in names:
        if LIKE_A_NUMBER.fullmatch(name) or (name and name.lower() in MISSING):
            raise TableError(
                f"{path}: the header has {name!r} where a name should be; if the file has no header, give --no-header"
            )
        if name and names.count(name) > 1:
            raise TableError(f"{path}: the header has {name!r} twice; give each column its own name")
    return names


def _plain(name: str) -> str:
    return " ".join(name.split())


def _ragged(path: Path, line: int, cells: int, width: int, header: bool) -> str:
    if not header:
        return f"{path}: line {line} has {cells} cells and another has {width}; all must have as many"
    told = f"{path}: line {line} has {cells} cells and the header has {width}"
    if cells == width + 1:
        return f"{told}; name the first column if these are names of rows, and write decimal points if these are commas"
    return f"{told}; all must have as many"
