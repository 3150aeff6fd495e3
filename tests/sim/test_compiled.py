"""Machine code is made anew when any source it was made of changes, and only then."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

from ballast.sim.compiled import HERE, SOURCES

PACKAGE = {
    "door.py": (
        "from pathlib import Path\n"
        "from ballast.machine_code import compiler\n"
        "compiled = compiler(Path(__file__).parent, Path(__file__).parent.glob('*.py'))\n"
    ),
    "numbers.py": "FACTOR = 3\n",
    "inner.py": (
        "from parts.door import compiled\n"
        "from parts.numbers import FACTOR\n"
        "@compiled\n"
        "def inner(x):\n"
        "    return FACTOR * x\n"
    ),
    "outer.py": (
        "from parts.door import compiled\n"
        "from parts.inner import inner\n"
        "@compiled\n"
        "def outer(x):\n"
        "    return inner(x) + 1\n"
    ),
}
WITHOUT_NUMBERS = ("ballast.errors", "ballast.names", "ballast.sim.compiled")
"""Imported by sources, but nothing in them is compiled."""
PROGRAM = "from parts.outer import outer; print(outer(10), sum(outer.stats.cache_hits.values()))"


def call(folder: Path) -> list[str]:
    """Call the outer function in a process of its own: its result and how often the code was found."""
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, timeout=120).stdout.split()


def test_a_change_in_another_file_is_noticed(tmp_path: Path) -> None:
    package = tmp_path / "parts"
    package.mkdir()
    for name, text in PACKAGE.items():
        (package / name).write_text(text)
    assert call(tmp_path) == ["31", "0"]
    assert call(tmp_path) == ["31", "1"]
    (package / "numbers.py").write_text("FACTOR = 4\n")
    assert call(tmp_path) == ["41", "0"]
    (package / "inner.py").write_text(PACKAGE["inner.py"].replace("FACTOR * x", "FACTOR * x + 1"))
    assert call(tmp_path) == ["42", "0"]
    assert len(list((package / "__pycache__").glob("parts-*"))) == 1


def test_whatever_compiled_code_imports_from_here_is_among_its_sources() -> None:
    paths = {path.resolve() for path in SOURCES}
    for path in paths:
        if not path.is_relative_to(HERE.resolve()):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("ballast")):
                continue
            if node.module in WITHOUT_NUMBERS:
                continue
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                try:
                    found = importlib.util.find_spec(name)
                except ModuleNotFoundError:
                    continue
                if found and found.origin and not found.origin.endswith(("__init__.py", "machine_code.py")):
                    assert Path(found.origin).resolve() in paths, f"{path.name} imports {name}"
