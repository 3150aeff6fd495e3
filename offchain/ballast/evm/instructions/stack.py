"""What moves words on the stack alone: it costs nothing when the contract runs."""

from __future__ import annotations

from ballast.evm.bytecode import Instruction
from ballast.evm.writer import Writer


def _push(writer: Writer, instruction: Instruction) -> None:
    writer.push(instruction.argument)


def _pop(writer: Writer, _: Instruction) -> None:
    writer.drop(1)


def _duplicate(writer: Writer, instruction: Instruction) -> None:
    writer.duplicate(instruction.argument)


def _swap(writer: Writer, instruction: Instruction) -> None:
    writer.swap(instruction.argument)


INSTRUCTIONS = {"PUSH": _push, "POP": _pop, "DUP": _duplicate, "SWAP": _swap}
