"""Writes functions in LLVM's language, as instructions ask for it.

Within a function the EVM's stack is kept here, its words are values of LLVM. At its border they lie in memory: what a
function changed is written there before it ends, what it needs is read when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ballast.evm.bytecode import Instruction
from ballast.evm.layout import FAULT, HALTED, MEMORY, STACK, FrameFields, MachineFields
from ballast.evm.opcodes import OPCODES

Value = int | str
"""A word known now, or the name of an LLVM value of 256 bits."""


class Writer:
    """Writes the functions of a contract.

    Parameters
    ----------
    targets : iterable of int
        Where its jumps may go.
    elsewhere : int
        Status that any other jump ends with.
    """

    def __init__(self, targets: Iterable[int], elsewhere: int) -> None:
        self._targets = set(targets)
        self._elsewhere = elsewhere
        self._lines: list[str] = []
        self._count = 0

    @property
    def text(self) -> str:
        """All that is written."""
        return "\n".join(self._lines)

    # Functions

    def begin(self, name: str) -> None:
        """Begin a function: nothing is known but where the stack ends."""
        self._lines.append(f"define internal tailcc i64 @{name}(ptr %frame, ptr %memory, ptr %top) {{")
        self._endings: set[int] = set()
        self._fields: dict[FrameFields, str] = {}
        self._height = 0
        self._words: dict[int, Value] = {}
        self._stored: dict[int, Value] = {}
        self._needed = self._risen = 0
        self._extent = 0

    def finish(self) -> None:
        """Write where a function ends without a jump."""
        for status in sorted(self._endings):
            self.label(f"end{status}")
            self.put(f"ret i64 {status}")
        self._lines.append("}")

    def write_jump(self) -> None:
        """Write the function that goes to a computed place."""
        self._lines.append("define internal tailcc i64 @jump(ptr %frame, ptr %memory, ptr %top, i64 %place) {")
        cases = " ".join(f"i64 {pc}, label %at{pc}" for pc in sorted(self._targets))
        self.put(f"switch i64 %place, label %elsewhere [{cases}]")
        for pc in sorted(self._targets):
            self.label(f"at{pc}")
            self._tail_call(f"@at{pc}(ptr %frame, ptr %memory, ptr %top)")
        self.label("elsewhere")
        self.put(f"ret i64 {int(self._elsewhere)}")
        self._lines.append("}")

    # Lines and values

    def put(self, *lines: str) -> None:
        """Write instructions of LLVM."""
        self._lines.extend(f"  {line}" for line in lines)

    def label(self, name: str) -> None:
        """Write a label."""
        self._lines.append(f"{name}:")

    def new(self, what: str) -> str:
        """Name something."""
        self._count += 1
        return f"{what}{self._count}"

    def let(self, instruction: str) -> str:
        """Write an instruction of LLVM that gives a value, and name the value."""
        name = self.new("%v")
        self.put(f"{name} = {instruction}")
        return name

    def widen(self, value: str) -> str:
        """Make a word of 64 bits."""
        return self.let(f"zext i64 {value} to i256")

    def truth(self, condition: str) -> str:
        """Make a word of a condition."""
        return self.let(f"zext i1 {condition} to i256")

    def swapped(self, value: Value) -> str:
        """Turn the bytes of a word."""
        return self.let(f"call i256 @llvm.bswap.i256(i256 {value})")

    # Fields of the frame and of the machine

    def get(self, field: FrameFields | MachineFields, kind: str = "i64") -> str:
        """Read a field."""
        return self.let(f"load {kind}, ptr {self._field(field)}, align 8")

    def set(self, field: FrameFields, kind: str, value: str) -> None:
        """Write a field."""
        self.put(f"store {kind} {value}, ptr {self._field(field)}, align 8")

    def fixed(self, field: FrameFields, kind: str = "i64") -> str:
        """Read a field that stays as it is during a call."""
        if field not in self._fields:
            self._fields[field] = self.get(field, kind)
        return self._fields[field]

    def machine(self) -> str:
        """Give where the machine is."""
        return self.fixed(FrameFields.MACHINE, "ptr")

    def _field(self, field: FrameFields | MachineFields) -> str:
        start = self.machine() if isinstance(field, MachineFields) else "%frame"
        return self.let(f"getelementptr i64, ptr {start}, i64 {int(field)}")

    # Ends

    def end(self, status: int) -> None:
        """End the call."""
        self.put(f"br label %{self._ending(status)}")

    def guard(self, bad: str, status: int = HALTED) -> None:
        """End the call with a status if a condition holds, which it hardly ever does."""
        on = self.new("on")
        self.put(f"br i1 {self._unlikely(bad)}, label %{self._ending(status)}, label %{on}")
        self.label(on)

    def check(self, status: str) -> None:
        """End the call with a status that is a fault."""
        bad, on = self.new("bad"), self.new("on")
        fault = self._unlikely(self.let(f"icmp uge i64 {status}, {FAULT}"))
        self.put(f"br i1 {fault}, label %{bad}, label %{on}")
        self.label(bad)
        self.put(f"ret i64 {status}")
        self.label(on)

    def _unlikely(self, condition: str) -> str:
        return self.let(f"call i1 @llvm.expect.i1(i1 {condition}, i1 false)")

    def _ending(self, status: int) -> str:
        self._endings.add(int(status))
        return f"end{int(status)}"

    # The stack. Positions count from where it ended when the function began.

    def pop(self) -> Value:
        """Take the word on top."""
        self._height -= 1
        return self._at(self._height)

    def drop(self, count: int) -> None:
        """Take words away unseen."""
        self._height -= count

    def push(self, value: Value) -> None:
        """Put a word on top."""
        self._words[self._height] = value
        self._height += 1

    def duplicate(self, n: int) -> None:
        """Put the n-th word from the top there once more."""
        self.push(self._at(self._height - n))

    def swap(self, n: int) -> None:
        """Exchange the word on top and the n-th under it."""
        top, other = self._height - 1, self._height - 1 - n
        self._words[top], self._words[other] = self._at(other), self._at(top)

    def leave(self, target: Value) -> None:
        """Write the stack down and go to a place."""
        if isinstance(target, int) and target not in self._targets:
            self.end(self._elsewhere)
            return
        for position, value in sorted(self._words.items()):
            if position < self._height and self._stored.get(position) != value:
                self.put(f"store i256 {value}, ptr {self._slot(position)}, align 32")
        arguments = f"ptr %frame, ptr %memory, ptr {self._slot(self._height)}"
        if isinstance(target, int):
            self._tail_call(f"@at{target}({arguments})")
        else:
            place = self.let(f"call i256 @llvm.umin.i256(i256 {target}, i256 {2**32})")
            self._tail_call(f"@jump({arguments}, i64 {self.let(f'trunc i256 {place} to i64')})")

    def check_height(self, block: Sequence[Instruction]) -> None:
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
        start, end = (self.let(f"ptrtoint ptr {p} to i64") for p in (self.fixed(FrameFields.STACK, "ptr"), "%top"))
        depth = self.let(f"sub i64 {end}, {start}")
        if needed > self._needed:
            self.guard(self.let(f"icmp ult i64 {depth}, {32 * needed}"))
        if risen > self._risen:
            self.guard(self.let(f"icmp sgt i64 {depth}, {32 * (STACK - risen)}"))
        self._needed, self._risen = needed, risen

    def _slot(self, position: int) -> str:
        return self.let(f"getelementptr i256, ptr %top, i64 {position}")

    def _at(self, position: int) -> Value:
        if position not in self._words:
            value = self.let(f"load i256, ptr {self._slot(position)}, align 32")
            self._words[position] = self._stored[position] = value
        return self._words[position]

    def _tail_call(self, function: str) -> None:
        status = self.let(f"musttail call tailcc i64 {function}")
        self.put(f"ret i64 {status}")

    # Memory

    def short(self, value: Value, limit: int = MEMORY) -> str:
        """Make 64 bits of a word; halt above a limit."""
        if isinstance(value, int):
            if value > limit:
                self.end(HALTED)
                self.label(self.new("on"))
            return str(min(value, limit))
        self.guard(self.let(f"icmp ugt i256 {value}, {limit}"))
        return self.let(f"trunc i256 {value} to i64")

    def region(self, offset: Value, size: Value) -> tuple[str, str]:
        """Give where a part of memory begins, and its size; memory grows to hold it."""
        length = self.short(size)
        if size == 0:
            return "%memory", length
        if isinstance(offset, int) and isinstance(size, int) and offset + size <= MEMORY:
            extent = -(-(offset + size) // 32) * 32
            if extent > self._extent:
                self._extent = extent
                self._grow(str(extent))
            return self.let(f"getelementptr i8, ptr %memory, i64 {offset}"), length
        if isinstance(size, str):
            empty = self.let(f"icmp eq i256 {size}, 0")
            offset = self.let(f"select i1 {empty}, i256 0, i256 {offset}")
        start = self.short(offset)
        end = self.let(f"add i64 {start}, {length}")
        self.guard(self.let(f"icmp ugt i64 {end}, {MEMORY}"))
        self._grow(self.let(f"and i64 {self.let(f'add i64 {end}, 31')}, -32"))
        return self.let(f"getelementptr i8, ptr %memory, i64 {start}"), length

    def _grow(self, end: str) -> None:
        touched = self.get(FrameFields.TOUCHED)
        self.set(FrameFields.TOUCHED, "i64", self.let(f"call i64 @llvm.umax.i64(i64 {touched}, i64 {end})"))
