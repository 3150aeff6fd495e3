"""Columns of numbers from CSV files."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Final

import numpy as np

from offchain.errors import GasModelError
from offchain.gas.links import Array

MISSING: Final = ("", "na", "nan")


def read_table(path: Path) -> dict[str, list[str]]:
    """Read a CSV file with a header; cells by column.

    Raises
    ------
    GasModelError
        If it cannot be read, or its rows differ in length.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except OSError as error:
        raise GasModelError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise GasModelError(f"{path} is not a CSV file in UTF-8") from None
    if len(rows) < 2:
        raise GasModelError(f"{path} has no rows; it must have a header and rows of numbers")
    header = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise GasModelError(f"{path}: row {number} has {len(row)} cells and the header has {len(header)}")
    return {name: [row[i].strip() for row in rows[1:]] for i, name in enumerate(header)}


def numeric(path: Path, table: dict[str, list[str]], name: str) -> Array:
    """Numbers of a column; empty cells, NA and NaN are missing.

    Raises
    ------
    GasModelError
        If there is no such column or a cell is not a number.
    """
    if name not in table:
        raise GasModelError(f"{path} has no column {name!r}; it has {', '.join(table)}")
    values = []
    for number, cell in enumerate(table[name], start=2):
        try:
            values.append(math.nan if cell.lower() in MISSING else float(cell))
        except ValueError:
            raise GasModelError(f"{path}: {cell!r} in row {number} of {name} is not a number") from None
    return np.array(values)


def read_column(path: Path) -> Array:
    """Read the first column of a file; the errors of `read_table` and `numeric`."""
    table = read_table(path)
    return numeric(path, table, next(iter(table)))
