"""Printing what is known: JSON whole, or text for people that fits their terminal and names the units."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from ballast.transact import units

LABEL: Final = 24
"""Columns of a name, its indentation included."""
COLUMNS: Final = {
    "kind": "kind",
    "epoch": "epoch",
    "nonce": "nonce",
    "state": "state",
    "block": "block",
    "mined_block": "block",
    "gas_used": "gas",
    "phi": "phi",
    "hash": "hash",
    "code": "code",
    "detail": "detail",
}
"""What tables for people show of rows, and what they call it."""
DISPENSABLE: Final = ("gas", "nonce", "epoch")
"""Columns left out where there is no room, the first one first."""
LEAST: Final = 16
"""Columns within which a last column is wrapped at least."""
Unit = Callable[[int], str]
UNITS: Final[dict[str, Unit]] = {
    "balance": lambda amount: units.wei(amount, "ether"),
    "base_fee": lambda amount: units.wei(amount, "gwei"),
    **dict.fromkeys(("bond_needed", "bond", "free", "payable"), units.tokens),
    "clock": units.duration,
    "at_risk": lambda count: f"{count} value{'s' if count != 1 else ''}",
}
"""How numbers are told that have a unit, by name."""


def show(content: dict[str, Any], as_json: bool, title: str) -> None:
    """Print a table of names and values.

    Parameters
    ----------
    content : dict
        Texts, numbers, tables of them, and lists of rows.
    as_json : bool
        Whether to print all of it as JSON.
    title : str
        Line above the text.
    """
    if as_json:
        click.echo(json.dumps(content, indent=2))
        return
    width = shutil.get_terminal_size().columns
    click.echo("\n".join([title, *_lines(content, 1, width)]))


def _lines(content: dict[str, Any], depth: int, width: int) -> list[str]:
    """Lines about names and values, deeper ones further in."""
    lines = []
    for name, value in content.items():
        label = f"{'  ' * depth}{name.replace('_', ' ')}"
        if isinstance(value, dict):
            lines += [label, *_lines(value, depth + 1, width)] if value else [f"{label:<{LABEL}}none"]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [label, *_table(value, "  " * (depth + 1), width)]
        else:
            lines += _value(label, _text(name, value), width)
    return lines


def _text(name: str, value: Any) -> str:
    if name in UNITS and isinstance(value, int):
        return UNITS[name](value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _value(label: str, text: str, width: int) -> list[str]:
    """Lines of one value: hashes are cut and words wrapped where there is no room."""
    start = f"{label:<{LABEL - 1}} "
    if len(start) + max(map(len, text.split()), default=0) > width:
        text = units.short(text)
    return _wrapped(start, text, width)


def _wrapped(start: str, text: str, width: int) -> list[str]:
    lines = textwrap.wrap(
        text,
        max(width, len(start) + LEAST),
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [start.rstrip()]


def _table(rows: Sequence[dict[str, Any]], margin: str, width: int) -> list[str]:
    """Lines of what a reader looks for in rows, below the names of the columns; ``--json`` gives them whole."""
    columns = {title: [_cell(row[name]) for row in rows] for name, title in COLUMNS.items() if name in rows[0]}
    last = list(columns)[-1]
    sizes = {title: max(len(title), *map(len, cells)) for title, cells in columns.items()}
    sizes[last] = LEAST if last == "detail" else sizes[last]
    for title in DISPENSABLE:
        if len(margin) + sum(sizes.values()) + 2 * (len(sizes) - 1) <= width:
            break
        sizes.pop(title, None)
    lines = []
    heads = {title: title for title in columns}
    for cells in (heads, *({title: column[i] for title, column in columns.items()} for i in range(len(rows)))):
        start = margin + "".join(f"{cells[title]:<{size}}  " for title, size in sizes.items() if title != last)
        lines += _wrapped(start, cells[last], width)
    return [line.rstrip() for line in lines]


def _cell(value: Any) -> str:
    """Cell of a table: hashes cut, and what JSON says without its marks."""
    if value is None:
        return ""
    text = str(value)
    if text.startswith("{"):
        try:
            text = "; ".join(f"{k.replace('_', ' ')} {_plain(v)}" for k, v in json.loads(text).items())
        except (ValueError, AttributeError):
            return units.short(text)
    return units.short(text)


def _plain(value: Any) -> str:
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)
