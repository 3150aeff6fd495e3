"""What docstrings name is there: arguments, fields, modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDERS: Final = ("offchain/ballast", "sim", "scripts")
SECTION: Final = re.compile(r"^ *(Parameters|Attributes)\n *-+\n(.*?)(?=^ *\w+\n *-+\n|\Z)", re.M | re.S)
MODULE: Final = re.compile(r"`(ballast(?:\.[a-z_]+)+)")
INHERITED: Final = {"GasModel"}
"""Classes whose fields are those of a base in another file."""


def sources() -> list[Path]:
    """All files of the product."""
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def documented(docstring: str) -> Iterator[str]:
    """Arguments and fields that a docstring explains."""
    for _, lines in SECTION.findall(docstring):
        margin = min((len(line) - len(line.lstrip()) for line in lines.splitlines() if line.strip()), default=0)
        for line in lines.splitlines():
            if line.strip() and len(line) - len(line.lstrip()) == margin:
                yield from (name.strip(" *") for name in line.partition(":")[0].split(","))


def there(node: ast.AST) -> set[str]:
    """Names of a function's arguments; of a class, of its fields, methods, and what they take and set."""
    found = {child.arg for child in ast.walk(node) if isinstance(child, ast.arg)}
    if isinstance(node, ast.ClassDef):
        found |= {child.attr for child in ast.walk(node) if isinstance(child, ast.Attribute)}
        found |= {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
        found |= {child.name for child in node.body if isinstance(child, ast.FunctionDef)}
    return found


def unknown(source: str) -> list[str]:
    """Explained names that are not there, with the function or class."""
    return [
        f"{node.name}: {name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name not in INHERITED
        for name in documented(ast.get_docstring(node) or "")
        if name not in there(node)
    ]


def missing(module: str) -> bool:
    """Whether a dotted name leads to no file, and to no name that a package offers."""
    place = ROOT / "offchain"
    for part in module.split("."):
        if place.joinpath(part).with_suffix(".py").exists():
            return False
        if not (place / part).is_dir():
            return re.search(rf"\b{part}\b", (place / "__init__.py").read_text(encoding="utf-8")) is None
        place /= part
    return False


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_file_explains_and_refers_to_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert unknown(text) == []
    assert [module for module in MODULE.findall(text) if missing(module)] == []


def test_names_that_are_not_there_are_found() -> None:
    text = 'def f(world: int):\n    """F.\n\n    Parameters\n    ----------\n    w : int\n        Everything.\n    """'
    assert unknown(text) == ["f: w"]
    assert unknown(text.replace("    w :", "    world :")) == []
    assert missing("ballast.sim.replay")
    assert not any(map(missing, ("ballast.sim.engines.replay", "ballast.sim.engines.replay.posts", "ballast.workload")))
