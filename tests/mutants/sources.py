"""The contracts' sources: which of their lines are code, which contracts they are part of, which tests concern them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from vyper.ast import parse_to_ast

UNIT: Final = {
    "ClassRegistry": "classes",
    "CollateralEscrow": "escrow",
    "GasReputation": "reputation",
    "ParticipantRegistry": "participants",
    "Slasher": "slasher",
    "TaskRegistry": "registry",
}
"""Folder below ``tests/unit`` of each contract."""


def sources(root: Path) -> list[Path]:
    """All contracts and modules of a checkout that are deployed."""
    return sorted((root / "contracts").glob("*.vy")) + sorted((root / "contracts" / "modules").glob("*.vy"))


def code(source: str) -> list[str]:
    """Lines of a contract with all emptied that does nothing: comments, docstrings, heads, declarations of types.

    What is left are the bodies of functions, and constants and variables.
    """
    parts: list[Any] = []
    for node in parse_to_ast(source).body:
        if node.ast_type == "FunctionDef":
            parts += node.body
        elif node.ast_type == "VariableDecl":
            parts.append(node)
    kept = {number for part in parts for number in range(part.lineno, part.end_lineno + 1)}
    return [
        re.sub(r"\s*#.*$", "", line) + "\n" if number in kept else "\n"
        for number, line in enumerate(source.splitlines(), start=1)
    ]


def imports(path: Path) -> set[str]:
    """Modules that a contract or module imports, by name."""
    return set(re.findall(r"^from contracts\.modules import (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def contracts_with(path: Path, root: Path) -> list[str]:
    """Deployed contracts that a source is part of: itself, or those that import it, however far."""
    reached: set[str] = set()
    more = {path.stem}
    while more - reached:
        reached |= more
        more = {other.stem for other in sources(root) if imports(other) & reached}
    return sorted(reached & set(UNIT))


def stages(path: Path, root: Path) -> list[list[str]]:
    """Name the tests that concern a source, the nearest first; a stage is run if those before it notice nothing."""
    own = [f"tests/unit/{UNIT[name]}" for name in contracts_with(path, root)]
    near = own if path.stem in UNIT else ["tests/differential", "tests/unit/modules"]
    return [near, ["tests/unit", "tests/differential", "tests/security"], ["tests/stateful"]]
