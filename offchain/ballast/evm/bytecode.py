"""Bytecode, read: instructions, and the runs of them that control enters at the first and leaves at the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ballast.evm.opcodes import OPCODES

Block = list["Instruction"]

ENDING = ("STOP", "RETURN", "REVERT", "INVALID", "SELFDESTRUCT", "JUMP", "JUMPI")


@dataclass(frozen=True)
class Instruction:
    """An instruction of a contract.

    Attributes
    ----------
    pc : int
        Where it stands.
    number : int
        Its opcode.
    name : str
        Its name, of PUSH, DUP, SWAP and LOG without number; INVALID if the opcode is undefined.
    argument : int
        What a PUSH puts on the stack, or the number of DUP, SWAP and LOG.
    """

    pc: int
    number: int
    name: str
    argument: int = 0


def disassemble(code: bytes) -> list[Instruction]:
    """Read bytecode. Data behind the code come out as instructions that nothing reaches."""
    found = []
    pc = 0
    while pc < len(code):
        number = code[pc]
        name, argument, size = OPCODES[number].name if number in OPCODES else "INVALID", 0, 0
        for family, first in (("PUSH", 0x5F), ("DUP", 0x7F), ("SWAP", 0x8F), ("LOG", 0xA0)):
            if name.startswith(family):
                name, argument = family, number - first
        if name == "PUSH":
            size = argument
            argument = int.from_bytes(code[pc + 1 : pc + 1 + size].ljust(size, b"\0"))
        found.append(Instruction(pc, number, name, argument))
        pc += 1 + size
    return found


def basic_blocks(code: bytes) -> list[Block]:
    """Instructions in runs that control enters at the first and leaves at the last."""
    blocks: list[Block] = []
    for instruction in disassemble(code):
        if not blocks or instruction.name == "JUMPDEST" or blocks[-1][-1].name in ENDING:
            blocks.append([])
        blocks[-1].append(instruction)
    return blocks


def reachable(blocks: Sequence[Block]) -> list[Block]:
    """Blocks control can come to from the first one if it jumps only to what the code on the way there pushes."""
    targets = {block[0].pc: i for i, block in enumerate(blocks) if block[0].name == "JUMPDEST"}
    found: set[int] = set()
    left = [0]
    while left:
        i = left.pop()
        if i in found or i >= len(blocks):
            continue
        found.add(i)
        left += [targets[x.argument] for x in blocks[i] if x.name == "PUSH" and x.argument in targets]
        if blocks[i][-1].name not in ENDING or blocks[i][-1].name == "JUMPI":
            left.append(i + 1)
    return [blocks[i] for i in sorted(found)]
