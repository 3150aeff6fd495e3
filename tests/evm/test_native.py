"""Machine code is kept, and compiled anew when what is kept cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from ballast.evm import native
from ballast.evm.bytecode import basic_blocks, reachable
from ballast.evm.compiler import compile_blocks
from tests.evm.both import assemble

PROGRAM = "5 PUSH0 MSTORE 32 PUSH0 RETURN"


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a module to compile, and name an empty folder to keep it in."""
    monkeypatch.setattr(native, "STORE", tmp_path / "deep" / "evm")
    return compile_blocks(basic_blocks(assemble(PROGRAM)), whole=True)[1]


def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Texts compiled from now on."""
    texts: list[str] = []
    original = native._compile

    def note(text: str) -> bytes:
        texts.append(text)
        return original(text)

    monkeypatch.setattr(native, "_compile", note)
    return texts


def test_what_is_compiled_is_kept(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = compiled(monkeypatch)
    first = native.machine_code(text)
    assert native.machine_code(text) == first
    assert texts == [text]
    assert [path.suffix for path in native.STORE.iterdir()] == [".o"]


def test_another_text_is_another_code(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = compiled(monkeypatch)
    other = compile_blocks(basic_blocks(assemble(PROGRAM.replace("5", "6"))), whole=True)[1]
    assert native.machine_code(text) != native.machine_code(other)
    assert texts == [text, other]


@pytest.mark.parametrize("damage", [b"", b"\0" * 40, b"half"])
def test_damaged_code_is_compiled_anew(text: str, damage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = compiled(monkeypatch)
    first = native.machine_code(text)
    (path,) = native.STORE.iterdir()
    path.write_bytes(path.read_bytes()[:200] if damage == b"half" else damage)
    assert native.machine_code(text) == first
    assert len(texts) == 2


def test_a_folder_that_cannot_be_made_is_no_error(text: str) -> None:
    native.STORE.parent.parent.mkdir(exist_ok=True)
    native.STORE.parent.write_text("a file")
    assert native.machine_code(text)


def test_only_what_can_be_reached_of_creation_code_is_compiled() -> None:
    """Reached: the start, what it pushes, and what follows a JUMPI; not the data behind."""
    code = assemble("1 @there JUMPI @on JUMP other: STOP on: PUSH0 PUSH0 RETURN there: STOP data: PUSH0 ADD")
    blocks = basic_blocks(code)
    assert [block[0].name for block in blocks] == ["PUSH", "PUSH", "JUMPDEST", "JUMPDEST", "JUMPDEST", "JUMPDEST"]
    assert reachable(blocks) == [blocks[i] for i in (0, 1, 3, 4)]


def test_bytecode_ends_anywhere() -> None:
    assert basic_blocks(b"") == []
    assert basic_blocks(bytes([0x61, 0x01]))[0][0].argument == 0x0100
