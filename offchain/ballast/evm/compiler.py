"""A compiler from EVM bytecode to LLVM's language.

The instructions from a JUMPDEST on, as far as control can go without a jump, become a function; jumps are tail calls.
Within a function the EVM's stack is kept by the compiler, its words are values of LLVM. At its border they lie in
memory: what a function changed is written there before it ends, what it needs is read when it is needed. A jump to a
constant calls the function there; any other goes to a ``switch`` over all JUMPDESTs. (As one function, a contract would
run no faster and take LLVM three times as long.)

The semantics are those of Cancun, with the exceptions named in ``ballast.evm``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from ballast.evm.layout import FAULT, HALTED, MEMORY, OK, REVERTED, STACK, TRANSIENT, Fault, Frame, Machine
from ballast.evm.opcodes import OPCODES

Block = list["Instruction"]
Value = int | str
"""A word known now, or the name of an LLVM value of 256 bits."""

ENDING = ("STOP", "RETURN", "REVERT", "INVALID", "SELFDESTRUCT", "JUMP", "JUMPI")
ARITHMETIC = {"ADD": "add", "SUB": "sub", "MUL": "mul", "AND": "and", "OR": "or", "XOR": "xor"}
COMPARISONS = {"LT": "ult", "GT": "ugt", "SLT": "slt", "SGT": "sgt", "EQ": "eq"}
SHIFTS = {"SHL": "shl", "SHR": "lshr"}
CALLED = ("DIV", "SDIV", "MOD", "SMOD", "ADDMOD", "MULMOD", "EXP")
SIZES = {
    "CALLDATASIZE": Frame.DATA_SIZE,
    "CODESIZE": Frame.CODE_SIZE,
    "RETURNDATASIZE": Frame.RETURNED_SIZE,
}
BLOCK = {"TIMESTAMP": Machine.TIMESTAMP, "NUMBER": Machine.NUMBER, "CHAINID": Machine.CHAIN_ID}
WIDE_BLOCK = {
    "COINBASE": Machine.COINBASE,
    "PREVRANDAO": Machine.PREVRANDAO,
    "GASLIMIT": Machine.GASLIMIT,
    "BASEFEE": Machine.BASEFEE,
    "BLOBBASEFEE": Machine.BLOBBASEFEE,
}
GAS_LEFT = 2**62
"""What GAS says: gas is not metered."""

ENTRY = f"""
define i64 @NAME(ptr %frame) {{
  %touched = getelementptr i64, ptr %frame, i64 {int(Frame.TOUCHED)}
  store i64 0, ptr %touched
  %memory = load ptr, ptr %frame
  %stack.at = getelementptr i64, ptr %frame, i64 {int(Frame.STACK)}
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
    text = _Compiler(blocks, whole).text()
    name = f"contract_{hashlib.sha256(text.encode()).hexdigest()}"
    return name, f"{DECLARATIONS}\n{text}\n{ENTRY.replace('NAME', name)}"


class _Compiler:
    """Writes the functions of a contract, instruction by instruction."""

    def __init__(self, blocks: Sequence[Block], whole: bool) -> None:
        self._blocks = blocks
        self._elsewhere, self._after = (HALTED, OK) if whole else (Fault.NOT_COMPILED,) * 2
        self._targets = {block[0].pc for block in blocks if block[0].name == "JUMPDEST"}
        self._lines: list[str] = []
        self._count = 0

    def text(self) -> str:
        """Text of all functions."""
        self._begin("start")
        falls_in = True
        for block in self._blocks:
            if block[0].name == "JUMPDEST":
                if falls_in:
                    self._leave(block[0].pc)
                self._finish()
                self._begin(f"at{block[0].pc}")
            elif not falls_in:
                continue  # data, or code nobody reaches
            self._check_height(block)
            for instruction in block:
                self._instruction(instruction)
            falls_in = block[-1].name not in ENDING or block[-1].name == "JUMPI"
        if falls_in:
            self._put(f"br label %{self._ending(self._after)}")
        self._finish()
        self._write_jump()
        return "\n".join(self._lines)

    def _begin(self, name: str) -> None:
        """Begin a function: nothing is known but where the stack ends."""
        self._put_line(f"define internal tailcc i64 @{name}(ptr %frame, ptr %memory, ptr %top) {{")
        self._endings: set[int] = set()
        self._fields: dict[Frame, str] = {}
        self._height = 0
        self._words: dict[int, Value] = {}
        self._stored: dict[int, Value] = {}
        self._needed = self._risen = 0
        self._extent = 0

    def _finish(self) -> None:
        """Write where a function ends without a jump."""
        for status in sorted(self._endings):
            self._label(self._ending(status))
            self._put(f"ret i64 {status}")
        self._put_line("}")

    def _write_jump(self) -> None:
        """Write the function that goes to a computed place."""
        self._put_line("define internal tailcc i64 @jump(ptr %frame, ptr %memory, ptr %top, i64 %place) {")
        cases = " ".join(f"i64 {pc}, label %at{pc}" for pc in sorted(self._targets))
        self._put(f"switch i64 %place, label %elsewhere [{cases}]")
        for pc in sorted(self._targets):
            self._label(f"at{pc}")
            self._tail_call(f"@at{pc}(ptr %frame, ptr %memory, ptr %top)")
        self._label("elsewhere")
        self._put(f"ret i64 {int(self._elsewhere)}")
        self._put_line("}")

    # Writing

    def _put_line(self, line: str) -> None:
        self._lines.append(line)

    def _put(self, *lines: str) -> None:
        self._lines.extend(f"  {line}" for line in lines)

    def _label(self, name: str) -> None:
        self._lines.append(f"{name}:")

    def _new(self, what: str) -> str:
        self._count += 1
        return f"{what}{self._count}"

    def _let(self, instruction: str) -> str:
        name = self._new("%v")
        self._put(f"{name} = {instruction}")
        return name

    def _field(self, field: Frame | Machine) -> str:
        start = self._machine() if isinstance(field, Machine) else "%frame"
        return self._let(f"getelementptr i64, ptr {start}, i64 {int(field)}")

    def _get(self, field: Frame | Machine, kind: str = "i64") -> str:
        return self._let(f"load {kind}, ptr {self._field(field)}, align 8")

    def _set(self, field: Frame, kind: str, value: str) -> None:
        self._put(f"store {kind} {value}, ptr {self._field(field)}, align 8")

    def _fixed(self, field: Frame, kind: str = "i64") -> str:
        """Field that stays as it is during a call."""
        if field not in self._fields:
            self._fields[field] = self._get(field, kind)
        return self._fields[field]

    def _machine(self) -> str:
        return self._fixed(Frame.MACHINE, "ptr")

    def _widen(self, value: str) -> str:
        return self._let(f"zext i64 {value} to i256")

    def _truth(self, condition: str) -> str:
        return self._let(f"zext i1 {condition} to i256")

    def _guard(self, bad: str, status: int = HALTED) -> None:
        """End the call with a status if a condition holds, which it hardly ever does."""
        on = self._new("on")
        self._put(f"br i1 {self._unlikely(bad)}, label %{self._ending(status)}, label %{on}")
        self._label(on)

    def _unlikely(self, condition: str) -> str:
        return self._let(f"call i1 @llvm.expect.i1(i1 {condition}, i1 false)")

    def _ending(self, status: int) -> str:
        """Label of the end with a status."""
        self._endings.add(int(status))
        return f"end{int(status)}"

    def _end(self, status: int) -> None:
        """End the call; what follows is not reached."""
        self._put(f"br label %{self._ending(status)}")
        self._label(self._new("on"))

    def _tail_call(self, function: str) -> None:
        status = self._let(f"musttail call tailcc i64 {function}")
        self._put(f"ret i64 {status}")

    # The stack. Positions count from where it ended when the function began.

    def _slot(self, position: int) -> str:
        return self._let(f"getelementptr i256, ptr %top, i64 {position}")

    def _at(self, position: int) -> Value:
        if position not in self._words:
            value = self._let(f"load i256, ptr {self._slot(position)}, align 32")
            self._words[position] = self._stored[position] = value
        return self._words[position]

    def _pop(self) -> Value:
        self._height -= 1
        return self._at(self._height)

    def _push(self, value: Value) -> None:
        self._words[self._height] = value
        self._height += 1

    def _leave(self, target: Value) -> None:
        """Write the stack down and go to a place."""
        if isinstance(target, int) and target not in self._targets:
            self._put(f"br label %{self._ending(self._elsewhere)}")
            return
        for position, value in sorted(self._words.items()):
            if position < self._height and self._stored.get(position) != value:
                self._put(f"store i256 {value}, ptr {self._slot(position)}, align 32")
        arguments = f"ptr %frame, ptr %memory, ptr {self._slot(self._height)}"
        if isinstance(target, int):
            self._tail_call(f"@at{target}({arguments})")
        else:
            place = self._let(f"call i256 @llvm.umin.i256(i256 {target}, i256 {2**32})")
            self._tail_call(f"@jump({arguments}, i64 {self._let(f'trunc i256 {place} to i64')})")

    def _check_height(self, block: Sequence[Instruction]) -> None:
        """Halt if the stack is too low or too high for a block."""
        height, needed, risen = self._height, self._needed, self._risen
        for instruction in block:
            opcode = OPCODES.get(instruction.number)
            if opcode is not None:
                needed = max(needed, opcode.pops - height)
                height += opcode.pushes - opcode.pops
                risen = max(risen, height)
        if needed == self._needed and risen == self._risen:
            return
        start, end = (self._let(f"ptrtoint ptr {p} to i64") for p in (self._fixed(Frame.STACK, "ptr"), "%top"))
        depth = self._let(f"sub i64 {end}, {start}")
        if needed > self._needed:
            self._guard(self._let(f"icmp ult i64 {depth}, {32 * needed}"))
        if risen > self._risen:
            self._guard(self._let(f"icmp sgt i64 {depth}, {32 * (STACK - risen)}"))
        self._needed, self._risen = needed, risen

    # Memory

    def _short(self, value: Value, limit: int = MEMORY) -> str:
        """Word as 64 bits; halts above a limit."""
        if isinstance(value, int):
            if value > limit:
                self._end(HALTED)
            return str(min(value, limit))
        self._guard(self._let(f"icmp ugt i256 {value}, {limit}"))
        return self._let(f"trunc i256 {value} to i64")

    def _region(self, offset: Value, size: Value) -> tuple[str, str]:
        """Where a part of memory begins, and its size; memory grows to hold it."""
        length = self._short(size)
        if size == 0:
            return "%memory", length
        if isinstance(offset, int) and isinstance(size, int) and offset + size <= MEMORY:
            extent = -(-(offset + size) // 32) * 32
            if extent > self._extent:
                self._extent = extent
                self._grow(str(extent))
            return self._let(f"getelementptr i8, ptr %memory, i64 {offset}"), length
        if isinstance(size, str):
            empty = self._let(f"icmp eq i256 {size}, 0")
            offset = self._let(f"select i1 {empty}, i256 0, i256 {offset}")
        start = self._short(offset)
        end = self._let(f"add i64 {start}, {length}")
        self._guard(self._let(f"icmp ugt i64 {end}, {MEMORY}"))
        self._grow(self._let(f"and i64 {self._let(f'add i64 {end}, 31')}, -32"))
        return self._let(f"getelementptr i8, ptr %memory, i64 {start}"), length

    def _grow(self, end: str) -> None:
        touched = self._get(Frame.TOUCHED)
        self._set(Frame.TOUCHED, "i64", self._let(f"call i64 @llvm.umax.i64(i64 {touched}, i64 {end})"))

    def _swapped(self, value: Value) -> str:
        return self._let(f"call i256 @llvm.bswap.i256(i256 {value})")

    # Instructions

    def _instruction(self, instruction: Instruction) -> None:
        """Write one instruction."""
        name, n = instruction.name, instruction.argument
        match name:
            case "JUMPDEST":
                pass
            case "PUSH":
                self._push(n)
            case "POP":
                self._height -= 1
            case "DUP":
                self._push(self._at(self._height - n))
            case "SWAP":
                top, other = self._height - 1, self._height - 1 - n
                self._words[top], self._words[other] = self._at(other), self._at(top)
            case "JUMP":
                self._leave(self._pop())
            case "JUMPI":
                self._jump_if(self._pop(), self._pop())
            case "STOP" | "INVALID":
                self._put(f"br label %{self._ending(OK if name == 'STOP' else HALTED)}")
            case "SELFDESTRUCT":
                self._put(f"br label %{self._ending(FAULT + instruction.number)}")
            case "RETURN" | "REVERT":
                self._return(OK if name == "RETURN" else REVERTED)
            case "MLOAD":
                start, _ = self._region(self._pop(), 32)
                self._push(self._swapped(self._let(f"load i256, ptr {start}, align 1")))
            case "MSTORE":
                start, _ = self._region(self._pop(), 32)
                self._put(f"store i256 {self._swapped(self._pop())}, ptr {start}, align 1")
            case "MSTORE8":
                start, _ = self._region(self._pop(), 1)
                self._put(f"store i8 {self._let(f'trunc i256 {self._pop()} to i8')}, ptr {start}")
            case "MCOPY":
                self._copy_memory()
            case "CALLDATACOPY" | "CODECOPY":
                self._copy(Frame.DATA if name == "CALLDATACOPY" else Frame.CODE)
            case "RETURNDATACOPY":
                self._copy_returned()
            case "KECCAK256":
                start, size = self._region(self._pop(), self._pop())
                self._push(self._let(f"call fastcc i256 @evm_hash(ptr {self._machine()}, ptr {start}, i64 {size})"))
            case "LOG":
                self._guard(self._locked())
                self._region(self._pop(), self._pop())
                self._height -= n
            case "SLOAD" | "TLOAD":
                space = self._space(name)
                self._push(
                    self._let(f"call fastcc i256 @evm_load(ptr {self._machine()}, i64 {space}, i256 {self._pop()})")
                )
            case "SSTORE" | "TSTORE":
                self._guard(self._locked())
                space = self._space(name)
                written = f"ptr {self._machine()}, i64 {space}, i256 {self._pop()}, i256 {self._pop()}"
                self._check(self._let(f"call fastcc i64 @evm_store({written})"))
            case "EXTCODECOPY":
                self._copy_code()
            case "CALL" | "CALLCODE" | "DELEGATECALL" | "STATICCALL":
                self._call(name)
            case _:
                self._compute(instruction)

    def _compute(self, instruction: Instruction) -> None:
        """Write an instruction that takes words and gives one, and does nothing else."""
        name = instruction.name
        if name in ARITHMETIC:
            self._push(self._let(f"{ARITHMETIC[name]} i256 {self._pop()}, {self._pop()}"))
        elif name in COMPARISONS:
            self._push(self._truth(self._let(f"icmp {COMPARISONS[name]} i256 {self._pop()}, {self._pop()}")))
        elif name in SHIFTS:
            by, value = self._pop(), self._pop()
            shifted = self._let(f"{SHIFTS[name]} i256 {value}, {by}")
            fits = self._let(f"icmp ult i256 {by}, 256")
            self._push(self._let(f"select i1 {fits}, i256 {shifted}, i256 0"))
        elif name in CALLED:
            words = ", ".join(f"i256 {self._pop()}" for _ in range(OPCODES[instruction.number].pops))
            self._push(self._let(f"call fastcc i256 @evm_{name.lower()}({words})"))
        elif name in SIZES:
            self._push(self._widen(self._get(SIZES[name])))
        elif name in BLOCK:
            self._push(self._widen(self._get(BLOCK[name])))
        elif name in WIDE_BLOCK:
            self._push(self._get(WIDE_BLOCK[name], "i256"))
        else:
            self._compute_other(instruction)

    def _compute_other(self, instruction: Instruction) -> None:
        match instruction.name:
            case "ISZERO":
                self._push(self._truth(self._let(f"icmp eq i256 {self._pop()}, 0")))
            case "NOT":
                self._push(self._let(f"xor i256 {self._pop()}, -1"))
            case "SAR":
                by = self._let(f"call i256 @llvm.umin.i256(i256 {self._pop()}, i256 255)")
                self._push(self._let(f"ashr i256 {self._pop()}, {by}"))
            case "BYTE":
                place, value = self._pop(), self._pop()
                by = self._let(f"shl i256 {self._let(f'sub i256 31, {place}')}, 3")
                byte = self._let(f"and i256 {self._let(f'lshr i256 {value}, {by}')}, 255")
                inside = self._let(f"icmp ult i256 {place}, 32")
                self._push(self._let(f"select i1 {inside}, i256 {byte}, i256 0"))
            case "SIGNEXTEND":
                size, value = self._pop(), self._pop()
                least = self._let(f"call i256 @llvm.umin.i256(i256 {size}, i256 31)")
                by = self._let(f"shl i256 {self._let(f'sub i256 31, {least}')}, 3")
                self._push(self._let(f"ashr i256 {self._let(f'shl i256 {value}, {by}')}, {by}"))
            case "PC":
                self._push(instruction.pc)
            case "MSIZE":
                self._push(self._widen(self._get(Frame.TOUCHED)))
            case "GAS":
                self._push(GAS_LEFT)
            case "CALLVALUE":
                self._push(0)
            case "ADDRESS" | "CALLER":
                self._push(self._get(Frame.ADDRESS if instruction.name == "ADDRESS" else Frame.CALLER, "i256"))
            case "ORIGIN":
                outermost = self._get(Machine.FRAMES, "ptr")
                sender = self._let(f"getelementptr i64, ptr {outermost}, i64 {int(Frame.ADDRESS)}")
                self._push(self._let(f"load i256, ptr {sender}, align 8"))
            case "CALLDATALOAD":
                data, size = self._get(Frame.DATA, "ptr"), self._get(Frame.DATA_SIZE)
                self._push(self._let(f"call fastcc i256 @evm_word(ptr {data}, i64 {size}, i256 {self._pop()})"))
            case "EXTCODESIZE":
                self._push(self._let(f"call fastcc i256 @evm_code_size(ptr {self._machine()}, i256 {self._pop()})"))
            case _:
                self._end(FAULT + instruction.number)
                opcode = OPCODES[instruction.number]
                self._height -= opcode.pops
                for _ in range(opcode.pushes):
                    self._push(0)

    def _space(self, name: str) -> str:
        contract = self._fixed(Frame.CONTRACT)
        return contract if name in ("SLOAD", "SSTORE") else self._let(f"or i64 {contract}, {TRANSIENT}")

    def _locked(self) -> str:
        return self._let(f"icmp ne i64 {self._fixed(Frame.STATIC)}, 0")

    def _check(self, status: str) -> None:
        """End the call with a status that is a fault."""
        bad, on = self._new("bad"), self._new("on")
        fault = self._unlikely(self._let(f"icmp uge i64 {status}, {FAULT}"))
        self._put(f"br i1 {fault}, label %{bad}, label %{on}")
        self._label(bad)
        self._put(f"ret i64 {status}")
        self._label(on)

    # Control

    def _jump_if(self, target: Value, condition: Value) -> None:
        away, on = self._new("away"), self._new("on")
        self._put(f"br i1 {self._let(f'icmp ne i256 {condition}, 0')}, label %{away}, label %{on}")
        self._label(away)
        self._leave(target)
        self._label(on)

    def _return(self, status: int) -> None:
        start, size = self._region(self._pop(), self._pop())
        self._set(Frame.OUTPUT, "ptr", start)
        self._set(Frame.OUTPUT_SIZE, "i64", size)
        self._put(f"ret i64 {status}")

    def _call(self, name: str) -> None:
        self._pop()
        to = self._pop()
        if name in ("CALL", "CALLCODE") and (value := self._pop()) != 0:
            self._guard(self._let(f"icmp ne i256 {value}, 0"), Fault.VALUE)
        data, data_size = self._region(self._pop(), self._pop())
        out, out_size = self._region(self._pop(), self._pop())
        called = f"ptr %frame, i256 {to}, ptr {data}, i64 {data_size}"
        if name in ("CALL", "STATICCALL"):
            locked = "1" if name == "STATICCALL" else self._fixed(Frame.STATIC)
            status = self._let(f"call fastcc i64 @evm_call({called}, i64 {locked})")
        else:
            caller = self._get(Frame.CALLER if name == "DELEGATECALL" else Frame.ADDRESS, "i256")
            status = self._let(f"call fastcc i64 @evm_borrow({called}, i256 {caller})")
        self._check(status)
        returned = self._get(Frame.RETURNED, "ptr")
        size = self._let(f"call i64 @llvm.umin.i64(i64 {self._get(Frame.RETURNED_SIZE)}, i64 {out_size})")
        self._put(f"call void @llvm.memcpy.p0.p0.i64(ptr {out}, ptr {returned}, i64 {size}, i1 false)")
        self._push(self._truth(self._let(f"icmp eq i64 {status}, {OK}")))

    # Copies

    def _copy_memory(self) -> None:
        to, source, size = self._pop(), self._pop(), self._pop()
        target, length = self._region(to, size)
        start, _ = self._region(source, size)
        self._put(f"call void @llvm.memmove.p0.p0.i64(ptr {target}, ptr {start}, i64 {length}, i1 false)")

    def _copy(self, field: Frame) -> None:
        """Copy from calldata or code, which are followed by zeros."""
        to, offset, size = self._pop(), self._pop(), self._pop()
        target, length = self._region(to, size)
        source, held = self._get(field, "ptr"), self._get(Frame(field + 1))
        copied = f"ptr {target}, i64 {length}, ptr {source}, i64 {held}, i256 {offset}"
        self._put(f"call fastcc void @evm_copy({copied})")

    def _copy_code(self) -> None:
        """Copy the code of a contract, which is followed by zeros."""
        address, to, offset, size = self._pop(), self._pop(), self._pop(), self._pop()
        target, length = self._region(to, size)
        copied = f"i256 {address}, ptr {target}, i64 {length}, i256 {offset}"
        self._put(f"call fastcc void @evm_copy_code(ptr {self._machine()}, {copied})")

    def _copy_returned(self) -> None:
        """Copy from what the last call returned, which nothing follows."""
        to, offset, size = self._pop(), self._pop(), self._pop()
        target, length = self._region(to, size)
        start = self._short(offset)
        held = self._get(Frame.RETURNED_SIZE)
        self._guard(self._let(f"icmp ugt i64 {self._let(f'add i64 {start}, {length}')}, {held}"))
        source = self._let(f"getelementptr i8, ptr {self._get(Frame.RETURNED, 'ptr')}, i64 {start}")
        self._put(f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {source}, i64 {length}, i1 false)")
