"""Names that a user types, also where a file may stand: ``--scenario paper``, ``--scenario my/market.toml``.

A name that Ballast knows wins; anything else is the path of a file. So a name means the same in every folder, and a
file of that name is given with a slash or a suffix: ``./paper``, ``paper.toml``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from ballast.errors import ParameterError

NEAR: Final = 0.7
"""Least similarity, from 0 to 1, of a name that is suggested."""


def named_or_file(text: str, known: Mapping[str, Path]) -> Path:
    """File that is meant: that of a known name, or else the path itself."""
    return known.get(text, Path(text))


def suggestion(given: object, known: Iterable[str]) -> str:
    """Write a question for the end of a message, such as `` (did you mean paper?)``; nothing if no name is near."""
    near = difflib.get_close_matches(given.lower() if isinstance(given, str) else "", sorted(known), 1, NEAR)
    return f" (did you mean {near[0]}?)" if near else ""


def check_names(option: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names of a list that are not known.

    Raises
    ------
    ParameterError
        With the first of them, and what would be right.
    """
    names = tuple(known)
    for name in given:
        if name not in names:
            right = f"give some of {', '.join(names)}, separated by commas{suggestion(name, names)}"
            raise ParameterError(f"{option} has {name!r}: {right}")
