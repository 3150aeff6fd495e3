"""What a contract sees around it: who calls, with which data, in which block, and what stands elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from ballast.evm.bytecode import Instruction
from ballast.evm.layout import FrameFields, MachineFields
from ballast.evm.writer import Writer

FIELDS: Mapping[str, FrameFields | MachineFields] = {
    "CALLDATASIZE": FrameFields.DATA_SIZE,
    "CODESIZE": FrameFields.CODE_SIZE,
    "RETURNDATASIZE": FrameFields.RETURNED_SIZE,
    "TIMESTAMP": MachineFields.TIMESTAMP,
    "NUMBER": MachineFields.NUMBER,
    "CHAINID": MachineFields.CHAIN_ID,
}
"""Of 64 bits."""
WIDE: Mapping[str, FrameFields | MachineFields] = {
    "ADDRESS": FrameFields.ADDRESS,
    "CALLER": FrameFields.CALLER,
    "COINBASE": MachineFields.COINBASE,
    "PREVRANDAO": MachineFields.PREVRANDAO,
    "GASLIMIT": MachineFields.GASLIMIT,
    "BASEFEE": MachineFields.BASEFEE,
    "BLOBBASEFEE": MachineFields.BLOBBASEFEE,
}
"""Of 256 bits."""


def _field(writer: Writer, instruction: Instruction) -> None:
    writer.push(writer.widen(writer.get(FIELDS[instruction.name])))


def _wide(writer: Writer, instruction: Instruction) -> None:
    writer.push(writer.get(WIDE[instruction.name], "i256"))


def _origin(writer: Writer, _: Instruction) -> None:
    outermost = writer.get(MachineFields.FRAMES, "ptr")
    sender = writer.let(f"getelementptr i64, ptr {outermost}, i64 {int(FrameFields.ADDRESS)}")
    writer.push(writer.let(f"load i256, ptr {sender}, align 8"))


def _value(writer: Writer, _: Instruction) -> None:
    writer.push(0)


def _data(writer: Writer, _: Instruction) -> None:
    data, size = writer.get(FrameFields.DATA, "ptr"), writer.get(FrameFields.DATA_SIZE)
    writer.push(writer.let(f"call fastcc i256 @evm_word(ptr {data}, i64 {size}, i256 {writer.pop()})"))


def _code_size(writer: Writer, _: Instruction) -> None:
    writer.push(writer.let(f"call fastcc i256 @evm_code_size(ptr {writer.machine()}, i256 {writer.pop()})"))


INSTRUCTIONS = {
    **dict.fromkeys(FIELDS, _field),
    **dict.fromkeys(WIDE, _wide),
    "ORIGIN": _origin,
    "CALLVALUE": _value,
    "CALLDATALOAD": _data,
    "EXTCODESIZE": _code_size,
}
