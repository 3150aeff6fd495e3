"""Jumps, and how a call ends."""

from __future__ import annotations

from ballast.evm.bytecode import Instruction
from ballast.evm.layout import FAULT, HALTED, OK, REVERTED, FrameFields
from ballast.evm.writer import Writer

GAS_LEFT = 2**62
"""What GAS says: gas is not metered."""


def _nothing(_writer: Writer, _instruction: Instruction) -> None:
    """Do nothing."""


def _jump(writer: Writer, _: Instruction) -> None:
    writer.leave(writer.pop())


def _jump_if(writer: Writer, _: Instruction) -> None:
    target, condition = writer.pop(), writer.pop()
    away, on = writer.new("away"), writer.new("on")
    writer.put(f"br i1 {writer.let(f'icmp ne i256 {condition}, 0')}, label %{away}, label %{on}")
    writer.label(away)
    writer.leave(target)
    writer.label(on)


def _stop(writer: Writer, _: Instruction) -> None:
    writer.end(OK)


def _halt(writer: Writer, _: Instruction) -> None:
    writer.end(HALTED)


def _refuse(writer: Writer, instruction: Instruction) -> None:
    writer.end(FAULT + instruction.number)


def _return(writer: Writer, instruction: Instruction) -> None:
    start, size = writer.region(writer.pop(), writer.pop())
    writer.set(FrameFields.OUTPUT, "ptr", start)
    writer.set(FrameFields.OUTPUT_SIZE, "i64", size)
    writer.put(f"ret i64 {OK if instruction.name == 'RETURN' else REVERTED}")


def _place(writer: Writer, instruction: Instruction) -> None:
    writer.push(instruction.pc)


def _gas(writer: Writer, _: Instruction) -> None:
    writer.push(GAS_LEFT)


INSTRUCTIONS = {
    "JUMPDEST": _nothing,
    "JUMP": _jump,
    "JUMPI": _jump_if,
    "STOP": _stop,
    "INVALID": _halt,
    "SELFDESTRUCT": _refuse,
    "RETURN": _return,
    "REVERT": _return,
    "PC": _place,
    "GAS": _gas,
}
