"""Memory: its words, what is copied there, and hashes of it."""

from __future__ import annotations

from ballast.evm.bytecode import Instruction
from ballast.evm.layout import FrameFields
from ballast.evm.writer import Writer

COPIED = {
    "CALLDATACOPY": (FrameFields.DATA, FrameFields.DATA_SIZE),
    "CODECOPY": (FrameFields.CODE, FrameFields.CODE_SIZE),
}


def _load(writer: Writer, _: Instruction) -> None:
    start, _size = writer.region(writer.pop(), 32)
    writer.push(writer.swapped(writer.let(f"load i256, ptr {start}, align 1")))


def _store(writer: Writer, _: Instruction) -> None:
    start, _size = writer.region(writer.pop(), 32)
    writer.put(f"store i256 {writer.swapped(writer.pop())}, ptr {start}, align 1")


def _store_byte(writer: Writer, _: Instruction) -> None:
    start, _size = writer.region(writer.pop(), 1)
    writer.put(f"store i8 {writer.let(f'trunc i256 {writer.pop()} to i8')}, ptr {start}")


def _size(writer: Writer, _: Instruction) -> None:
    writer.push(writer.widen(writer.get(FrameFields.TOUCHED)))


def _hash(writer: Writer, _: Instruction) -> None:
    start, size = writer.region(writer.pop(), writer.pop())
    writer.push(writer.let(f"call fastcc i256 @evm_hash(ptr {writer.machine()}, ptr {start}, i64 {size})"))


def _copy(writer: Writer, instruction: Instruction) -> None:
    """Copy from calldata or code, which are followed by zeros."""
    to, offset, size = writer.pop(), writer.pop(), writer.pop()
    target, length = writer.region(to, size)
    place, extent = COPIED[instruction.name]
    source, held = writer.get(place, "ptr"), writer.get(extent)
    writer.put(f"call fastcc void @evm_copy(ptr {target}, i64 {length}, ptr {source}, i64 {held}, i256 {offset})")


def _copy_within(writer: Writer, _: Instruction) -> None:
    to, source, size = writer.pop(), writer.pop(), writer.pop()
    target, length = writer.region(to, size)
    start, _size = writer.region(source, size)
    writer.put(f"call void @llvm.memmove.p0.p0.i64(ptr {target}, ptr {start}, i64 {length}, i1 false)")


def _copy_code(writer: Writer, _: Instruction) -> None:
    """Copy the code of a contract, which is followed by zeros."""
    address, to, offset, size = writer.pop(), writer.pop(), writer.pop(), writer.pop()
    target, length = writer.region(to, size)
    copied = f"i256 {address}, ptr {target}, i64 {length}, i256 {offset}"
    writer.put(f"call fastcc void @evm_copy_code(ptr {writer.machine()}, {copied})")


def _copy_returned(writer: Writer, _: Instruction) -> None:
    """Copy from what the last call returned, which nothing follows."""
    to, offset, size = writer.pop(), writer.pop(), writer.pop()
    target, length = writer.region(to, size)
    start = writer.short(offset)
    held = writer.get(FrameFields.RETURNED_SIZE)
    writer.guard(writer.let(f"icmp ugt i64 {writer.let(f'add i64 {start}, {length}')}, {held}"))
    source = writer.let(f"getelementptr i8, ptr {writer.get(FrameFields.RETURNED, 'ptr')}, i64 {start}")
    writer.put(f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {source}, i64 {length}, i1 false)")


INSTRUCTIONS = {
    "MLOAD": _load,
    "MSTORE": _store,
    "MSTORE8": _store_byte,
    "MSIZE": _size,
    "KECCAK256": _hash,
    **dict.fromkeys(COPIED, _copy),
    "MCOPY": _copy_within,
    "EXTCODECOPY": _copy_code,
    "RETURNDATACOPY": _copy_returned,
}
