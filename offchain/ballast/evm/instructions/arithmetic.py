"""Arithmetic on words."""

from __future__ import annotations

from ballast.evm.bytecode import Instruction
from ballast.evm.opcodes import OPCODES
from ballast.evm.writer import Writer

PLAIN = {"ADD": "add", "SUB": "sub", "MUL": "mul"}
CALLED = ("DIV", "SDIV", "MOD", "SMOD", "ADDMOD", "MULMOD", "EXP")


def _plain(writer: Writer, instruction: Instruction) -> None:
    writer.push(writer.let(f"{PLAIN[instruction.name]} i256 {writer.pop()}, {writer.pop()}"))


def _called(writer: Writer, instruction: Instruction) -> None:
    """Have the runtime compute what LLVM does not define as the EVM does."""
    words = ", ".join(f"i256 {writer.pop()}" for _ in range(OPCODES[instruction.number].pops))
    writer.push(writer.let(f"call fastcc i256 @evm_{instruction.name.lower()}({words})"))


def _sign_extend(writer: Writer, _: Instruction) -> None:
    size, value = writer.pop(), writer.pop()
    least = writer.let(f"call i256 @llvm.umin.i256(i256 {size}, i256 31)")
    by = writer.let(f"shl i256 {writer.let(f'sub i256 31, {least}')}, 3")
    writer.push(writer.let(f"ashr i256 {writer.let(f'shl i256 {value}, {by}')}, {by}"))


INSTRUCTIONS = {**dict.fromkeys(PLAIN, _plain), **dict.fromkeys(CALLED, _called), "SIGNEXTEND": _sign_extend}
