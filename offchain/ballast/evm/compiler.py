"""A compiler from EVM bytecode to LLVM's language.

The instructions from a JUMPDEST on, as far as control can go without a jump, become a function; jumps are tail calls. A
jump to a constant calls the function there; any other goes to a ``switch`` over all JUMPDESTs. (As one function, a
contract would run no faster and take LLVM three times as long.)

``bytecode`` reads the code, ``instructions`` says how each instruction is written, by family, and ``writer`` writes.
The semantics are those of Cancun, with the exceptions named in ``ballast.evm``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ballast.evm.bytecode import ENDING, Block
from ballast.evm.instructions import write_instruction
from ballast.evm.layout import HALTED, OK, FrameFields, MachineFault
from ballast.evm.writer import Writer

ENTRY = f"""
define i64 @NAME(ptr %frame) {{
  %touched = getelementptr i64, ptr %frame, i64 {int(FrameFields.TOUCHED)}
  store i64 0, ptr %touched
  %memory = load ptr, ptr %frame
  %stack.at = getelementptr i64, ptr %frame, i64 {int(FrameFields.STACK)}
  %stack = load ptr, ptr %stack.at
  %status = call tailcc i64 @start(ptr %frame, ptr %memory, ptr %stack)
  ret i64 %status
}}
"""
DECLARATIONS = """
declare i256 @llvm.bswap.i256(i256)
declare i64 @llvm.umax.i64(i64, i64)
declare i64 @llvm.umin.i64(i64, i64)
declare i256 @llvm.umin.i256(i256, i256)
declare i1 @llvm.expect.i1(i1, i1)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare fastcc i256 @evm_div(i256, i256)
declare fastcc i256 @evm_mod(i256, i256)
declare fastcc i256 @evm_sdiv(i256, i256)
declare fastcc i256 @evm_smod(i256, i256)
declare fastcc i256 @evm_addmod(i256, i256, i256)
declare fastcc i256 @evm_mulmod(i256, i256, i256)
declare fastcc i256 @evm_exp(i256, i256)
declare fastcc i256 @evm_hash(ptr, ptr, i64)
declare fastcc i256 @evm_load(ptr, i64, i256)
declare fastcc i64 @evm_store(ptr, i64, i256, i256)
declare fastcc i256 @evm_code_size(ptr, i256)
declare fastcc void @evm_copy_code(ptr, i256, ptr, i64, i256)
declare fastcc i64 @evm_call(ptr, i256, ptr, i64, i64)
declare fastcc i64 @evm_borrow(ptr, i256, ptr, i64, i256)
declare fastcc i256 @evm_word(ptr, i64, i256)
declare fastcc void @evm_copy(ptr, i64, ptr, i64, i256)
"""


def compile_blocks(blocks: Sequence[Block], whole: bool) -> tuple[str, str]:
    """Compile a contract.

    Parameters
    ----------
    blocks : sequence of list of Instruction
        Its basic blocks, or some of them, in order.
    whole : bool
        Whether these are all. If not, to leave them is a fault.

    Returns
    -------
    name, text : str
        Of a function ``i64 name(ptr frame)``, and the module of LLVM it is in. The name is made of what the function
        does.
    """
    text = _written(blocks, *((HALTED, OK) if whole else (MachineFault.NOT_COMPILED,) * 2))
    name = f"contract_{hashlib.sha256(text.encode()).hexdigest()}"
    return name, f"{DECLARATIONS}\n{text}\n{ENTRY.replace('NAME', name)}"


def _written(blocks: Sequence[Block], elsewhere: int, after: int) -> str:
    """Write all functions; what a jump elsewhere ends with is given, and what the end of the code does."""
    writer = Writer((block[0].pc for block in blocks if block[0].name == "JUMPDEST"), elsewhere)
    writer.begin("start")
    falls_in = True
    for block in blocks:
        if block[0].name == "JUMPDEST":
            if falls_in:
                writer.leave(block[0].pc)
            writer.finish()
            writer.begin(f"at{block[0].pc}")
        elif not falls_in:
            continue  # data, or code nobody reaches
        writer.check_height(block)
        for instruction in block:
            write_instruction(writer, instruction)
        falls_in = block[-1].name not in ENDING or block[-1].name == "JUMPI"
    if falls_in:
        writer.end(after)
    writer.finish()
    writer.write_jump()
    return writer.text
