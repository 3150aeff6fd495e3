"""Storage, lasting and transient, and logs: what a static call must not change."""

from __future__ import annotations

from ballast.evm.bytecode import Instruction
from ballast.evm.layout import TRANSIENT, FrameFields
from ballast.evm.writer import Writer


def _load(writer: Writer, instruction: Instruction) -> None:
    space = _space(writer, instruction)
    loaded = f"ptr {writer.machine()}, i64 {space}, i256 {writer.pop()}"
    writer.push(writer.let(f"call fastcc i256 @evm_load({loaded})"))


def _store(writer: Writer, instruction: Instruction) -> None:
    _refuse_if_static(writer)
    space = _space(writer, instruction)
    stored = f"ptr {writer.machine()}, i64 {space}, i256 {writer.pop()}, i256 {writer.pop()}"
    writer.check(writer.let(f"call fastcc i64 @evm_store({stored})"))


def _log(writer: Writer, instruction: Instruction) -> None:
    """Grow memory as a log does, and drop it."""
    _refuse_if_static(writer)
    writer.region(writer.pop(), writer.pop())
    writer.drop(instruction.argument)


def _space(writer: Writer, instruction: Instruction) -> str:
    contract = writer.fixed(FrameFields.CONTRACT)
    lasting = instruction.name in ("SLOAD", "SSTORE")
    return contract if lasting else writer.let(f"or i64 {contract}, {TRANSIENT}")


def _refuse_if_static(writer: Writer) -> None:
    writer.guard(writer.let(f"icmp ne i64 {writer.fixed(FrameFields.STATIC)}, 0"))


INSTRUCTIONS = {"SLOAD": _load, "TLOAD": _load, "SSTORE": _store, "TSTORE": _store, "LOG": _log}
