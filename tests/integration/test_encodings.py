"""Files mean the same in every locale: whatever opens one as text says that it is UTF-8."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = ("read_text", "write_text")
OPENING = ("open", "fdopen", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile")
MODE = re.compile(r"[rwaxbt+]+")


def unsaid(source: str) -> Iterator[int]:
    """Lines that open a file as text and leave the encoding to the locale."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or any(keyword.arg == "encoding" for keyword in node.keywords):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
        texts = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        modes = [text for text in texts if MODE.fullmatch(text)]
        # what is called `open` and takes something else is no file; temporary files are binary unless a mode is given
        opens = name in OPENING and (bool(modes) or (name == "open" and (not given or isinstance(node.func, ast.Name))))
        if name in TEXT or (opens and not any("b" in mode for mode in modes)):
            yield node.lineno


@pytest.mark.parametrize("folder", ["offchain", "sim", "scripts"])
def test_no_file_is_read_or_written_in_the_encoding_of_a_locale(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in unsaid(path.read_text(encoding="utf-8"))
    ]
    assert found == [], 'give them encoding="utf-8"'


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        ("path.read_text()", True),
        ("path.write_text(text, newline='')", True),
        ("path.open()", True),
        ("path.open('w', newline='')", True),
        ("path.open(mode='r')", True),
        ("open(path)", True),
        ("os.fdopen(number, 'w')", True),
        ("tempfile.NamedTemporaryFile('w')", True),
        ("path.read_text(encoding='utf-8')", False),
        ("path.open('w', encoding='utf-8')", False),
        ("path.open('rb')", False),
        ("open(path, mode='wb')", False),
        ("os.open(path, os.O_RDONLY)", False),
        ("tempfile.TemporaryFile(dir=folder)", False),
        ("engine.open(task)", False),
        ("Journal.open('sqlite://')", False),
    ],
)
def test_what_leaves_the_encoding_to_the_locale(call: str, wrong: bool) -> None:
    assert list(unsaid(call)) == [1] * wrong
