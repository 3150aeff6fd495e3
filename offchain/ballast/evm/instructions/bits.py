"""Comparisons, and what works on the bits of words."""

from __future__ import annotations

from ballast.evm.bytecode import Instruction
from ballast.evm.writer import Writer

COMPARISONS = {"LT": "ult", "GT": "ugt", "SLT": "slt", "SGT": "sgt", "EQ": "eq"}
LOGIC = {"AND": "and", "OR": "or", "XOR": "xor"}
SHIFTS = {"SHL": "shl", "SHR": "lshr"}


def _compare(writer: Writer, instruction: Instruction) -> None:
    order = COMPARISONS[instruction.name]
    writer.push(writer.truth(writer.let(f"icmp {order} i256 {writer.pop()}, {writer.pop()}")))


def _is_zero(writer: Writer, _: Instruction) -> None:
    writer.push(writer.truth(writer.let(f"icmp eq i256 {writer.pop()}, 0")))


def _combine(writer: Writer, instruction: Instruction) -> None:
    writer.push(writer.let(f"{LOGIC[instruction.name]} i256 {writer.pop()}, {writer.pop()}"))


def _not(writer: Writer, _: Instruction) -> None:
    writer.push(writer.let(f"xor i256 {writer.pop()}, -1"))


def _shift(writer: Writer, instruction: Instruction) -> None:
    by, value = writer.pop(), writer.pop()
    shifted = writer.let(f"{SHIFTS[instruction.name]} i256 {value}, {by}")
    fits = writer.let(f"icmp ult i256 {by}, 256")
    writer.push(writer.let(f"select i1 {fits}, i256 {shifted}, i256 0"))


def _shift_signed(writer: Writer, _: Instruction) -> None:
    by = writer.let(f"call i256 @llvm.umin.i256(i256 {writer.pop()}, i256 255)")
    writer.push(writer.let(f"ashr i256 {writer.pop()}, {by}"))


def _byte(writer: Writer, _: Instruction) -> None:
    place, value = writer.pop(), writer.pop()
    by = writer.let(f"shl i256 {writer.let(f'sub i256 31, {place}')}, 3")
    byte = writer.let(f"and i256 {writer.let(f'lshr i256 {value}, {by}')}, 255")
    inside = writer.let(f"icmp ult i256 {place}, 32")
    writer.push(writer.let(f"select i1 {inside}, i256 {byte}, i256 0"))


INSTRUCTIONS = {
    **dict.fromkeys(COMPARISONS, _compare),
    **dict.fromkeys(LOGIC, _combine),
    **dict.fromkeys(SHIFTS, _shift),
    "ISZERO": _is_zero,
    "NOT": _not,
    "SAR": _shift_signed,
    "BYTE": _byte,
}
