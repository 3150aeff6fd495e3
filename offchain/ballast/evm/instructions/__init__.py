"""How instructions are written in LLVM's language, by family: a module each has a table ``INSTRUCTIONS`` by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ballast.evm.bytecode import Instruction
from ballast.evm.instructions import arithmetic, bits, calls, flow, memory, stack, storage, surroundings
from ballast.evm.layout import FAULT
from ballast.evm.opcodes import OPCODES
from ballast.evm.writer import Writer

FAMILIES: Final = (arithmetic, bits, calls, flow, memory, stack, storage, surroundings)
WRITTEN: Final[Mapping[str, Callable[[Writer, Instruction], None]]] = {
    name: write for family in FAMILIES for name, write in family.INSTRUCTIONS.items()
}


def write_instruction(writer: Writer, instruction: Instruction) -> None:
    """Write an instruction. One that is not supported ends the call with a fault of its number."""
    if (write := WRITTEN.get(instruction.name)) is not None:
        write(writer, instruction)
        return
    opcode = OPCODES[instruction.number]
    writer.end(FAULT + instruction.number)
    writer.label(writer.new("on"))
    writer.drop(opcode.pops)
    for _ in range(opcode.pushes):
        writer.push(0)
