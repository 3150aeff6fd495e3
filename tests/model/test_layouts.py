"""Where a field lies in a packed word is written in a pure module and its twin; nothing else shifts or masks."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "offchain" / "ballast"

SHIFT: Final = re.compile(r"<<|>>|[&|] ?\(?(?:0x|2\*\*|~|U16|U32)|& \d")
"""A shift in Vyper, or a mask."""
BY_HAND: Final = {
    "TaskRegistry.vy": 33,  # numbers of tasks: a call for each part would cost more than the shift
}
"""Lines of contracts that may hold one, and how many do."""
ARITHMETIC: Final = {
    "ballast/sim/market/keccak.py": 4,  # a hash is made of shifts
    "ballast/sim/market/rules.py": 9,  # long division in parts, and by bits
    "ballast/sim/market/storage_words.py": 2,  # words in four parts; the places in them are the twins'
    "ballast/studies/sweep/recipe.py": 1,  # half of a random number
}
"""Files with shifts and masks: arithmetic, but where another reason stands beside them; and how many."""
LAYOUTS: Final = ("model", "evm")
"""Rooms that are made of them: the twins, and a machine whose instructions they are."""


def lines(path: Path) -> Iterator[str]:
    """Lines of a contract without comments and docstrings."""
    code = re.sub(r'"""[\s\S]*?"""', "", path.read_text(encoding="utf-8"))
    for line in code.splitlines():
        yield line.partition("#")[0]


def number(node: ast.expr) -> bool:
    """Whether an expression is made of nothing but numbers, such as a mask."""
    match node:
        case ast.Constant():
            return isinstance(node.value, int) and not isinstance(node.value, bool)
        case ast.BinOp():
            return number(node.left) and number(node.right)
        case ast.UnaryOp():
            return number(node.operand)
        case ast.Call(func=ast.Attribute(attr="uint64"), args=[argument]):
            return number(argument)
    return False


def places(path: Path) -> int:
    """Count the shifts and literal masks in a file."""
    operations = (n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.BinOp))
    return sum(
        isinstance(n.op, ast.LShift | ast.RShift)
        or (isinstance(n.op, ast.BitAnd) and (number(n.left) or number(n.right)))
        for n in operations
    )


def product() -> Iterator[tuple[str, Path]]:
    """All files of the product but those of the rooms that hold layouts."""
    for folder, name in ((PACKAGE, "ballast"), (ROOT / "sim", "ballast/sim"), (ROOT / "scripts", "scripts")):
        for path in sorted(folder.rglob("*.py")):
            inside = path.relative_to(folder)
            if folder == PACKAGE and inside.parts[0] in (*LAYOUTS, "sim"):
                continue
            yield f"{name}/{inside.as_posix()}", path


def test_no_contract_shifts_or_masks() -> None:
    found = {p.name: sum(map(bool, map(SHIFT.search, lines(p)))) for p in sorted((ROOT / "contracts").glob("*.vy"))}
    assert {name: count for name, count in found.items() if count} == BY_HAND


def test_no_file_of_the_product_shifts_or_masks() -> None:
    found = Counter({name: places(path) for name, path in product()})
    assert +found == ARITHMETIC


def test_the_guard_sees_what_it_is_for() -> None:
    """Shifts and masks as they are written; not what looks like them."""
    for code in ("a << 3", "word & 0xFF", "word & (2**96 - 1)", "(w >> 3) & U16", "w & ~(15 << 72)", "c & 3"):
        assert SHIFT.search(code), code
    for code in ("a < b", "MAX: constant(uint256) = 2**16 - 1", "assert finder < 2**32", "role & activity.LEFT"):
        assert not SHIFT.search(code), code
