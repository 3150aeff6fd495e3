"""No file of the package needs a file that needs it, however far around: not in functions, not for types alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import ballast

PACKAGE = Path(ballast.__file__).parent


def _modules() -> dict[str, Path]:
    """Files by module name; the simulator is linked into the package."""
    found = {}
    for path in [*PACKAGE.rglob("*.py"), *(PACKAGE / "sim").rglob("*.py")]:
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(("ballast", *(parts[:-1] if parts[-1] == "__init__" else parts)))] = path
    return found


def _imported(tree: ast.Module, modules: dict[str, Path]) -> Iterator[str]:
    """Modules of the package that a file imports anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules else node.module


def _circles(needs: dict[str, set[str]]) -> list[set[str]]:
    """Find sets of modules that all need one another (Tarjan 1972, SIAM Journal on Computing 1(2))."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        stack.append(name)
        for other in sorted(needs[name]):
            if other not in order:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in stack:
                lowest[name] = min(lowest[name], order[other])
        if lowest[name] == order[name]:
            circle = set(stack[stack.index(name) :])
            del stack[stack.index(name) :]
            if len(circle) > 1:
                found.append(circle)

    for name in sorted(needs):
        if name not in order:
            visit(name)
    return found


def test_a_circle_is_found() -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == [{"b", "c"}]


def test_no_file_needs_one_that_needs_it() -> None:
    modules = _modules()
    assert {"ballast.cli", "ballast.sim.run"} <= set(modules)
    needs = {name: set(_imported(ast.parse(path.read_text()), modules)) - {name} for name, path in modules.items()}
    assert [sorted(circle) for circle in _circles(needs)] == []
