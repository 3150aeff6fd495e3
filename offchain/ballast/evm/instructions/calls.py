"""Calls of contracts by contracts."""

from __future__ import annotations

from ballast.evm.bytecode import Instruction
from ballast.evm.layout import OK, FrameFields, MachineFault
from ballast.evm.writer import Writer


def _call(writer: Writer, instruction: Instruction) -> None:
    name = instruction.name
    writer.pop()  # gas, which is not metered
    to = writer.pop()
    if name in ("CALL", "CALLCODE") and (value := writer.pop()) != 0:
        writer.guard(writer.let(f"icmp ne i256 {value}, 0"), MachineFault.VALUE)
    data, data_size = writer.region(writer.pop(), writer.pop())
    out, out_size = writer.region(writer.pop(), writer.pop())
    called = f"ptr %frame, i256 {to}, ptr {data}, i64 {data_size}"
    if name in ("CALL", "STATICCALL"):
        locked = "1" if name == "STATICCALL" else writer.fixed(FrameFields.STATIC)
        status = writer.let(f"call fastcc i64 @evm_call({called}, i64 {locked})")
    else:
        caller = writer.get(FrameFields.CALLER if name == "DELEGATECALL" else FrameFields.ADDRESS, "i256")
        status = writer.let(f"call fastcc i64 @evm_borrow({called}, i256 {caller})")
    writer.check(status)
    returned = writer.get(FrameFields.RETURNED, "ptr")
    size = writer.let(f"call i64 @llvm.umin.i64(i64 {writer.get(FrameFields.RETURNED_SIZE)}, i64 {out_size})")
    writer.put(f"call void @llvm.memcpy.p0.p0.i64(ptr {out}, ptr {returned}, i64 {size}, i1 false)")
    writer.push(writer.truth(writer.let(f"icmp eq i64 {status}, {OK}")))


INSTRUCTIONS = dict.fromkeys(("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"), _call)
