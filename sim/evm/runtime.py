"""What compiled contracts call: arithmetic LLVM does not define, hashes, storage, calls. All in LLVM's language.

Storage is one open-addressing table of (space, slot, value); a contract's space is its number, transient storage has
another. What a transaction overwrites goes to the journal, which undoes it when a call reverts.
"""

from __future__ import annotations

from sim.evm.layout import (
    ENTRY_WORDS,
    HALTED,
    HASH_WORDS,
    HASHES,
    JOURNAL_ENTRIES,
    JOURNAL_WORDS,
    OK,
    TRANSIENT,
    Call,
    Contract,
    Fault,
    Frame,
    Machine,
)

MULTIPLIER = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio: multiplying by it spreads words (Knuth, TAOCP 6.4)."""
RATE = 136
"""Bytes keccak-256 takes in at a time."""
ROTATIONS = (
    (0, 36, 3, 41, 18),
    (1, 44, 10, 45, 2),
    (62, 6, 43, 15, 61),
    (28, 55, 25, 21, 56),
    (27, 20, 39, 8, 14),
)
"""Of lane (x, y), by x and y (FIPS 202, table 2, modulo 64)."""
MASK = 2**64 - 1

ARITHMETIC = """
define fastcc i256 @evm_div(i256 %a, i256 %b) {
  %both = or i256 %a, %b
  %small = icmp ult i256 %both, 18446744073709551616
  br i1 %small, label %short, label %long
short:
  %a64 = trunc i256 %a to i64
  %b64 = trunc i256 %b to i64
  %zero = icmp eq i64 %b64, 0
  br i1 %zero, label %nothing, label %divide
nothing:
  ret i256 0
divide:
  %q64 = udiv i64 %a64, %b64
  %q = zext i64 %q64 to i256
  ret i256 %q
long:
  %nought = icmp eq i256 %b, 0
  br i1 %nought, label %nothing, label %slow
slow:
  %q256 = call fastcc i256 @long_division(i256 %a, i256 %b)
  ret i256 %q256
}

; Takes about 31 bits of the quotient at a time: the first 63 bits of what is left by the first 32 of the divisor, moved
; to the left where it is much smaller and rounded up, so that no guess is too high. LLVM would take one bit at a time.
define internal fastcc i256 @long_division(i256 %a, i256 %b) {
  %b.zeros = call i256 @llvm.ctlz.i256(i256 %b, i1 true)
  br label %loop
loop:
  %left = phi i256 [ %a, %0 ], [ %smaller, %step ]
  %quotient = phi i256 [ 0, %0 ], [ %larger, %step ]
  %done = icmp ult i256 %left, %b
  br i1 %done, label %end, label %step
step:
  %zeros = call i256 @llvm.ctlz.i256(i256 %left, i1 true)
  %longer = sub i256 %b.zeros, %zeros
  %move = call i256 @llvm.usub.sat.i256(i256 %longer, i256 31)
  %divisor = shl i256 %b, %move
  %divisor.zeros = sub i256 %b.zeros, %move
  %dropped = call i256 @llvm.usub.sat.i256(i256 224, i256 %divisor.zeros)
  %top = lshr i256 %divisor, %dropped
  %top64 = trunc i256 %top to i64
  %exact = shl i256 %top, %dropped
  %inexact = icmp ne i256 %exact, %divisor
  %round = zext i1 %inexact to i64
  %rounded = add i64 %top64, %round
  %head = lshr i256 %left, %dropped
  %head64 = trunc i256 %head to i64
  %ratio = udiv i64 %head64, %rounded
  %guess = call i64 @llvm.umax.i64(i64 %ratio, i64 1)
  %digit = zext i64 %guess to i256
  %taken = mul i256 %digit, %divisor
  %smaller = sub i256 %left, %taken
  %part = shl i256 %digit, %move
  %larger = add i256 %quotient, %part
  br label %loop
end:
  ret i256 %quotient
}

define fastcc i256 @evm_mod(i256 %a, i256 %b) {
  %zero = icmp eq i256 %b, 0
  br i1 %zero, label %nothing, label %divide
nothing:
  ret i256 0
divide:
  %q = call fastcc i256 @evm_div(i256 %a, i256 %b)
  %p = mul i256 %q, %b
  %r = sub i256 %a, %p
  ret i256 %r
}

define fastcc i256 @evm_sdiv(i256 %a, i256 %b) {
  %x = call i256 @llvm.abs.i256(i256 %a, i1 false)
  %y = call i256 @llvm.abs.i256(i256 %b, i1 false)
  %q = call fastcc i256 @evm_div(i256 %x, i256 %y)
  %sign = xor i256 %a, %b
  %negative = icmp slt i256 %sign, 0
  %opposite = sub i256 0, %q
  %r = select i1 %negative, i256 %opposite, i256 %q
  ret i256 %r
}

define fastcc i256 @evm_smod(i256 %a, i256 %b) {
  %x = call i256 @llvm.abs.i256(i256 %a, i1 false)
  %y = call i256 @llvm.abs.i256(i256 %b, i1 false)
  %q = call fastcc i256 @evm_mod(i256 %x, i256 %y)
  %negative = icmp slt i256 %a, 0
  %opposite = sub i256 0, %q
  %r = select i1 %negative, i256 %opposite, i256 %q
  ret i256 %r
}

define fastcc i256 @evm_addmod(i256 %a, i256 %b, i256 %m) {
  %zero = icmp eq i256 %m, 0
  br i1 %zero, label %nothing, label %divide
nothing:
  ret i256 0
divide:
  %x = zext i256 %a to i512
  %y = zext i256 %b to i512
  %n = zext i256 %m to i512
  %s = add i512 %x, %y
  %r = urem i512 %s, %n
  %q = trunc i512 %r to i256
  ret i256 %q
}

define fastcc i256 @evm_mulmod(i256 %a, i256 %b, i256 %m) {
  %zero = icmp eq i256 %m, 0
  br i1 %zero, label %nothing, label %divide
nothing:
  ret i256 0
divide:
  %x = zext i256 %a to i512
  %y = zext i256 %b to i512
  %n = zext i256 %m to i512
  %s = mul i512 %x, %y
  %r = urem i512 %s, %n
  %q = trunc i512 %r to i256
  ret i256 %q
}

define fastcc i256 @evm_exp(i256 %base, i256 %exponent) {
  br label %loop
loop:
  %e = phi i256 [ %exponent, %0 ], [ %half, %on ]
  %b = phi i256 [ %base, %0 ], [ %square, %on ]
  %product = phi i256 [ 1, %0 ], [ %taken, %on ]
  %done = icmp eq i256 %e, 0
  br i1 %done, label %end, label %on
on:
  %odd = trunc i256 %e to i1
  %multiplied = mul i256 %product, %b
  %taken = select i1 %odd, i256 %multiplied, i256 %product
  %square = mul i256 %b, %b
  %half = lshr i256 %e, 1
  br label %loop
end:
  ret i256 %product
}
"""

DATA = """
; Bytes from an offset on; zeros follow the data.
define fastcc void @evm_copy(ptr %to, i64 %size, ptr %data, i64 %held, i256 %offset) {
  %wide = zext i64 %held to i256
  %start256 = call i256 @llvm.umin.i256(i256 %offset, i256 %wide)
  %start = trunc i256 %start256 to i64
  %left = sub i64 %held, %start
  %copied = call i64 @llvm.umin.i64(i64 %size, i64 %left)
  %source = getelementptr i8, ptr %data, i64 %start
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %source, i64 %copied, i1 false)
  %rest = sub i64 %size, %copied
  %after = getelementptr i8, ptr %to, i64 %copied
  call void @llvm.memset.p0.i64(ptr %after, i8 0, i64 %rest, i1 false)
  ret void
}

; The word of calldata at an offset.
define fastcc i256 @evm_word(ptr %data, i64 %held, i256 %offset) {
  %wide = zext i64 %held to i256
  %far = icmp uge i256 %offset, %wide
  br i1 %far, label %nothing, label %some
nothing:
  ret i256 0
some:
  %start = trunc i256 %offset to i64
  %left = sub i64 %held, %start
  %whole = icmp uge i64 %left, 32
  %source = getelementptr i8, ptr %data, i64 %start
  br i1 %whole, label %all, label %part
all:
  %word = load i256, ptr %source, align 1
  %swapped = call i256 @llvm.bswap.i256(i256 %word)
  ret i256 %swapped
part:
  %room = alloca i256
  store i256 0, ptr %room
  call void @llvm.memcpy.p0.p0.i64(ptr %room, ptr %source, i64 %left, i1 false)
  %padded = load i256, ptr %room
  %turned = call i256 @llvm.bswap.i256(i256 %padded)
  ret i256 %turned
}
"""

STORAGE = f"""
; The entry of a slot, or the empty one where it would be.
define internal fastcc ptr @entry(ptr %machine, i64 %space, i256 %slot) alwaysinline {{
  %table.at = getelementptr i64, ptr %machine, i64 {int(Machine.STORAGE)}
  %table = load ptr, ptr %table.at
  %mask.at = getelementptr i64, ptr %machine, i64 {int(Machine.STORAGE_MASK)}
  %mask = load i64, ptr %mask.at
  %low = trunc i256 %slot to i64
  %turned = call i64 @llvm.fshl.i64(i64 %space, i64 %space, i64 32)
  %mixed = xor i64 %low, %turned
  %spread = mul i64 %mixed, {MULTIPLIER}
  %first = lshr i64 %spread, 32
  br label %probe
probe:
  %number = phi i64 [ %first, %0 ], [ %next, %other ]
  %place = and i64 %number, %mask
  %word = mul i64 %place, {ENTRY_WORDS}
  %entry = getelementptr i64, ptr %table, i64 %word
  %held = load i64, ptr %entry
  %free = icmp eq i64 %held, 0
  br i1 %free, label %end, label %check
check:
  %slot.at = getelementptr i64, ptr %entry, i64 1
  %slot.held = load i256, ptr %slot.at, align 8
  %same.slot = icmp eq i256 %slot.held, %slot
  %same.space = icmp eq i64 %held, %space
  %same = and i1 %same.slot, %same.space
  br i1 %same, label %end, label %other
other:
  %next = add i64 %number, 1
  br label %probe
end:
  ret ptr %entry
}}

define fastcc i256 @evm_load(ptr %machine, i64 %space, i256 %slot) {{
  %entry = call fastcc ptr @entry(ptr %machine, i64 %space, i256 %slot)
  %value.at = getelementptr i64, ptr %entry, i64 5
  %value = load i256, ptr %value.at, align 8
  ret i256 %value
}}

; Stores a value, and writes the one before into the journal.
define fastcc i64 @evm_store(ptr %machine, i64 %space, i256 %slot, i256 %value) {{
  %length.at = getelementptr i64, ptr %machine, i64 {int(Machine.JOURNAL_LENGTH)}
  %length = load i64, ptr %length.at
  %full = icmp uge i64 %length, {JOURNAL_ENTRIES}
  br i1 %full, label %journal.full, label %find
journal.full:
  ret i64 {int(Fault.JOURNAL_FULL)}
find:
  %entry = call fastcc ptr @entry(ptr %machine, i64 %space, i256 %slot)
  %held = load i64, ptr %entry
  %new = icmp eq i64 %held, 0
  br i1 %new, label %add, label %write
add:
  store i64 %space, ptr %entry
  %slot.at = getelementptr i64, ptr %entry, i64 1
  store i256 %slot, ptr %slot.at, align 8
  %count.at = getelementptr i64, ptr %machine, i64 {int(Machine.STORAGE_COUNT)}
  %count = load i64, ptr %count.at
  %more = add i64 %count, 1
  store i64 %more, ptr %count.at
  br label %write
write:
  %value.at = getelementptr i64, ptr %entry, i64 5
  %before = load i256, ptr %value.at, align 8
  store i256 %value, ptr %value.at, align 8
  %journal.at = getelementptr i64, ptr %machine, i64 {int(Machine.JOURNAL)}
  %journal = load ptr, ptr %journal.at
  %word = mul i64 %length, {JOURNAL_WORDS}
  %line = getelementptr i64, ptr %journal, i64 %word
  store ptr %entry, ptr %line
  %before.at = getelementptr i64, ptr %line, i64 1
  store i256 %before, ptr %before.at, align 8
  %longer = add i64 %length, 1
  store i64 %longer, ptr %length.at
  ret i64 {OK}
}}

; Brings the entries of a table over into the machine's.
define void @evm_move(ptr %machine, ptr %table, i64 %entries) {{
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %on ]
  %done = icmp eq i64 %i, %entries
  br i1 %done, label %end, label %look
look:
  %word = mul i64 %i, {ENTRY_WORDS}
  %old = getelementptr i64, ptr %table, i64 %word
  %space = load i64, ptr %old
  %free = icmp eq i64 %space, 0
  br i1 %free, label %on, label %move
move:
  %slot.at = getelementptr i64, ptr %old, i64 1
  %slot = load i256, ptr %slot.at, align 8
  %new = call fastcc ptr @entry(ptr %machine, i64 %space, i256 %slot)
  call void @llvm.memcpy.p0.p0.i64(ptr %new, ptr %old, i64 {8 * ENTRY_WORDS}, i1 false)
  br label %on
on:
  %next = add i64 %i, 1
  br label %loop
end:
  ret void
}}

; Undoes what was written since the journal had a length.
define internal fastcc void @undo(ptr %machine, i64 %mark) {{
  %journal.at = getelementptr i64, ptr %machine, i64 {int(Machine.JOURNAL)}
  %journal = load ptr, ptr %journal.at
  %length.at = getelementptr i64, ptr %machine, i64 {int(Machine.JOURNAL_LENGTH)}
  %length = load i64, ptr %length.at
  br label %loop
loop:
  %left = phi i64 [ %length, %0 ], [ %last, %back ]
  %done = icmp ule i64 %left, %mark
  br i1 %done, label %end, label %back
back:
  %last = sub i64 %left, 1
  %word = mul i64 %last, {JOURNAL_WORDS}
  %line = getelementptr i64, ptr %journal, i64 %word
  %entry = load ptr, ptr %line
  %before.at = getelementptr i64, ptr %line, i64 1
  %before = load i256, ptr %before.at, align 8
  %value.at = getelementptr i64, ptr %entry, i64 5
  store i256 %before, ptr %value.at, align 8
  br label %loop
end:
  store i64 %mark, ptr %length.at
  ret void
}}

; Ends a transaction: empties transient storage and the journal.
define internal fastcc void @close(ptr %machine) {{
  %journal.at = getelementptr i64, ptr %machine, i64 {int(Machine.JOURNAL)}
  %journal = load ptr, ptr %journal.at
  %length.at = getelementptr i64, ptr %machine, i64 {int(Machine.JOURNAL_LENGTH)}
  %length = load i64, ptr %length.at
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %on ]
  %done = icmp eq i64 %i, %length
  br i1 %done, label %end, label %look
look:
  %word = mul i64 %i, {JOURNAL_WORDS}
  %line = getelementptr i64, ptr %journal, i64 %word
  %entry = load ptr, ptr %line
  %space = load i64, ptr %entry
  %bit = and i64 %space, {TRANSIENT}
  %lasting = icmp eq i64 %bit, 0
  br i1 %lasting, label %on, label %empty
empty:
  %value.at = getelementptr i64, ptr %entry, i64 5
  store i256 0, ptr %value.at, align 8
  br label %on
on:
  %next = add i64 %i, 1
  br label %loop
end:
  store i64 0, ptr %length.at
  ret void
}}
"""

CALLS = f"""
; A contract by its address, or null.
define internal fastcc ptr @contract(ptr %machine, i256 %address) {{
  %contracts.at = getelementptr i64, ptr %machine, i64 {int(Machine.CONTRACTS)}
  %contracts = load ptr, ptr %contracts.at
  %count.at = getelementptr i64, ptr %machine, i64 {int(Machine.CONTRACTS_COUNT)}
  %count = load i64, ptr %count.at
  %words = mul i64 %count, {int(Contract.SIZE)}
  %end = getelementptr i64, ptr %contracts, i64 %words
  br label %loop
loop:
  %c = phi ptr [ %contracts, %0 ], [ %next, %on ]
  %done = icmp eq ptr %c, %end
  br i1 %done, label %none, label %look
look:
  %its = load i256, ptr %c, align 8
  %same = icmp eq i256 %its, %address
  br i1 %same, label %found, label %on
on:
  %next = getelementptr i64, ptr %c, i64 {int(Contract.SIZE)}
  br label %loop
none:
  ret ptr null
found:
  ret ptr %c
}}

define fastcc i256 @evm_code_size(ptr %machine, i256 %to) {{
  %address = and i256 %to, {2**160 - 1}
  %c = call fastcc ptr @contract(ptr %machine, i256 %address)
  %none = icmp eq ptr %c, null
  br i1 %none, label %nothing, label %some
nothing:
  ret i256 0
some:
  %size.at = getelementptr i64, ptr %c, i64 {int(Contract.SHOWN_SIZE)}
  %size = load i64, ptr %size.at
  %wide = zext i64 %size to i256
  ret i256 %wide
}}

; A call from a frame to an address. What it returns is the caller's until its next call.
define fastcc i64 @evm_call(ptr %frame, i256 %to, ptr %data, i64 %size, i64 %static) {{
  %machine.at = getelementptr i64, ptr %frame, i64 {int(Frame.MACHINE)}
  %machine = load ptr, ptr %machine.at
  %returned.at = getelementptr i64, ptr %frame, i64 {int(Frame.RETURNED)}
  %returned.size.at = getelementptr i64, ptr %frame, i64 {int(Frame.RETURNED_SIZE)}
  store i64 0, ptr %returned.size.at
  %address = and i256 %to, {2**160 - 1}
  %c = call fastcc ptr @contract(ptr %machine, i256 %address)
  %none = icmp eq ptr %c, null
  br i1 %none, label %nobody, label %somebody
nobody:
  %low = icmp ult i256 %address, 65536
  %status.nobody = select i1 %low, i64 {int(Fault.PRECOMPILE)}, i64 {OK}
  ret i64 %status.nobody
somebody:
  %next.at = getelementptr i64, ptr %frame, i64 {int(Frame.NEXT)}
  %next = load ptr, ptr %next.at
  %last = icmp eq ptr %next, null
  br i1 %last, label %deep, label %enter
deep:
  ret i64 {int(Fault.TOO_DEEP)}
enter:
  %memory = load ptr, ptr %next
  %touched.at = getelementptr i64, ptr %next, i64 {int(Frame.TOUCHED)}
  %touched = load i64, ptr %touched.at
  call void @llvm.memset.p0.i64(ptr %memory, i8 0, i64 %touched, i1 false)
  %code.from = getelementptr i64, ptr %c, i64 {int(Contract.CODE)}
  %code = load ptr, ptr %code.from
  %code.at = getelementptr i64, ptr %next, i64 {int(Frame.CODE)}
  store ptr %code, ptr %code.at
  %code.size.from = getelementptr i64, ptr %c, i64 {int(Contract.CODE_SIZE)}
  %code.size = load i64, ptr %code.size.from
  %code.size.at = getelementptr i64, ptr %next, i64 {int(Frame.CODE_SIZE)}
  store i64 %code.size, ptr %code.size.at
  %data.at = getelementptr i64, ptr %next, i64 {int(Frame.DATA)}
  store ptr %data, ptr %data.at
  %data.size.at = getelementptr i64, ptr %next, i64 {int(Frame.DATA_SIZE)}
  store i64 %size, ptr %data.size.at
  %inner.at = getelementptr i64, ptr %next, i64 {int(Frame.RETURNED_SIZE)}
  store i64 0, ptr %inner.at
  %output.size.at = getelementptr i64, ptr %next, i64 {int(Frame.OUTPUT_SIZE)}
  store i64 0, ptr %output.size.at
  %static.at = getelementptr i64, ptr %next, i64 {int(Frame.STATIC)}
  store i64 %static, ptr %static.at
  %here = ptrtoint ptr %c to i64
  %contracts.at = getelementptr i64, ptr %machine, i64 {int(Machine.CONTRACTS)}
  %contracts = load i64, ptr %contracts.at
  %before = sub i64 %here, %contracts
  %index = udiv exact i64 %before, {8 * Contract.SIZE}
  %number = add i64 %index, 1
  %number.at = getelementptr i64, ptr %next, i64 {int(Frame.CONTRACT)}
  store i64 %number, ptr %number.at
  %address.at = getelementptr i64, ptr %next, i64 {int(Frame.ADDRESS)}
  store i256 %address, ptr %address.at, align 8
  %own.at = getelementptr i64, ptr %frame, i64 {int(Frame.ADDRESS)}
  %own = load i256, ptr %own.at, align 8
  %caller.at = getelementptr i64, ptr %next, i64 {int(Frame.CALLER)}
  store i256 %own, ptr %caller.at, align 8
  %length.at = getelementptr i64, ptr %machine, i64 {int(Machine.JOURNAL_LENGTH)}
  %mark = load i64, ptr %length.at
  %run.at = getelementptr i64, ptr %c, i64 {int(Contract.RUN)}
  %run = load ptr, ptr %run.at
  %status = call i64 %run(ptr %next)
  %well = icmp eq i64 %status, {OK}
  br i1 %well, label %done, label %failed
failed:
  call fastcc void @undo(ptr %machine, i64 %mark)
  br label %done
done:
  %halted = icmp eq i64 %status, {HALTED}
  %output.size = load i64, ptr %output.size.at
  %returned.size = select i1 %halted, i64 0, i64 %output.size
  store i64 %returned.size, ptr %returned.size.at
  %output.at = getelementptr i64, ptr %next, i64 {int(Frame.OUTPUT)}
  %output = load ptr, ptr %output.at
  store ptr %output, ptr %returned.at
  ret i64 %status
}}

; Executes calls in order, and writes down how each ended. Stops after one that failed, and when storage is half full.
; The number of calls done.
define i64 @evm_execute(ptr %machine, ptr %calls, i64 %count, i64 %keep) {{
  %frame.at = getelementptr i64, ptr %machine, i64 {int(Machine.FRAMES)}
  %frame = load ptr, ptr %frame.at
  %sender.at = getelementptr i64, ptr %frame, i64 {int(Frame.ADDRESS)}
  %mask.at = getelementptr i64, ptr %machine, i64 {int(Machine.STORAGE_MASK)}
  %mask = load i64, ptr %mask.at
  %half = lshr i64 %mask, 1
  %held.at = getelementptr i64, ptr %machine, i64 {int(Machine.STORAGE_COUNT)}
  %discard = icmp eq i64 %keep, 0
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %closed ]
  %finished = icmp eq i64 %i, %count
  br i1 %finished, label %end, label %one
one:
  %word = mul i64 %i, {int(Call.SIZE)}
  %call = getelementptr i64, ptr %calls, i64 %word
  %sender = load i256, ptr %call, align 8
  store i256 %sender, ptr %sender.at, align 8
  %to.at = getelementptr i64, ptr %call, i64 {int(Call.TO)}
  %to = load i256, ptr %to.at, align 8
  %data.at = getelementptr i64, ptr %call, i64 {int(Call.DATA)}
  %data = load ptr, ptr %data.at
  %size.at = getelementptr i64, ptr %call, i64 {int(Call.DATA_SIZE)}
  %size = load i64, ptr %size.at
  %status = call fastcc i64 @evm_call(ptr %frame, i256 %to, ptr %data, i64 %size, i64 0)
  %status.at = getelementptr i64, ptr %call, i64 {int(Call.STATUS)}
  store i64 %status, ptr %status.at
  br i1 %discard, label %back, label %close
back:
  call fastcc void @undo(ptr %machine, i64 0)
  br label %close
close:
  call fastcc void @close(ptr %machine)
  br label %closed
closed:
  %next = add i64 %i, 1
  %held = load i64, ptr %held.at
  %full = icmp ugt i64 %held, %half
  %bad = icmp ne i64 %status, {OK}
  %stop = or i1 %full, %bad
  br i1 %stop, label %end, label %loop
end:
  %did = phi i64 [ %i, %loop ], [ %next, %closed ]
  ret i64 %did
}}
"""


def round_constants() -> list[int]:
    """Constants of keccak's 24 rounds, by the shift register that defines them (FIPS 202, algorithm 5)."""
    constants = []
    register = 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << (2**j - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


def permutation() -> str:
    """Keccak-f[1600] on 25 lanes in memory, a loop over its rounds (FIPS 202, section 3.2)."""
    lines = [f"@rounds = internal constant [24 x i64] [{', '.join(f'i64 {c}' for c in round_constants())}]"]
    lines += ["define internal fastcc void @permute(ptr %state) {"]
    for i in range(25):
        lines += [f"  %p{i} = getelementptr i64, ptr %state, i64 {i}", f"  %s{i} = load i64, ptr %p{i}"]
    lines += ["  br label %round", "round:", "  %r = phi i64 [ 0, %0 ], [ %r.next, %round ]"]
    lines += [f"  %a{i} = phi i64 [ %s{i}, %0 ], [ %z{i}, %round ]" for i in range(25)]
    count = 0

    def let(instruction: str) -> str:
        nonlocal count
        count += 1
        lines.append(f"  %t{count} = {instruction}")
        return f"%t{count}"

    def turned(lane: str, by: int) -> str:
        return let(f"call i64 @llvm.fshl.i64(i64 {lane}, i64 {lane}, i64 {by})") if by else lane

    parity = []
    for x in range(5):
        lane = f"%a{x}"
        for y in range(1, 5):
            lane = let(f"xor i64 {lane}, %a{x + 5 * y}")
        parity.append(lane)
    moved: dict[tuple[int, int], str] = {}
    for x in range(5):
        mixed = let(f"xor i64 {parity[x - 1]}, {turned(parity[(x + 1) % 5], 1)}")
        for y in range(5):
            lane = let(f"xor i64 %a{x + 5 * y}, {mixed}")
            moved[y, (2 * x + 3 * y) % 5] = turned(lane, ROTATIONS[x][y])
    lines += ["  %c.at = getelementptr i64, ptr @rounds, i64 %r", "  %c = load i64, ptr %c.at"]
    for y in range(5):
        for x in range(5):
            flipped = let(f"xor i64 {moved[(x + 1) % 5, y]}, -1")
            both = let(f"and i64 {flipped}, {moved[(x + 2) % 5, y]}")
            lane = let(f"xor i64 {moved[x, y]}, {both}")
            lines.append(f"  %z{x + 5 * y} = xor i64 {lane}, {'%c' if x == y == 0 else 0}")
    lines += ["  %r.next = add i64 %r, 1", "  %more = icmp ult i64 %r.next, 24"]
    lines += ["  br i1 %more, label %round, label %end", "end:"]
    lines += [f"  store i64 %z{i}, ptr %p{i}" for i in range(25)]
    return "\n".join([*lines, "  ret void", "}"])


def absorption() -> str:
    """Add a block of the message to the state."""
    lines = ["define internal fastcc void @absorb(ptr %state, ptr %block) {"]
    for i in range(RATE // 8):
        lines += [
            f"  %s{i} = getelementptr i64, ptr %state, i64 {i}",
            f"  %b{i} = getelementptr i64, ptr %block, i64 {i}",
            f"  %x{i} = load i64, ptr %s{i}",
            f"  %y{i} = load i64, ptr %b{i}, align 1",
            f"  %z{i} = xor i64 %x{i}, %y{i}",
            f"  store i64 %z{i}, ptr %s{i}",
        ]
    return "\n".join([*lines, "  call fastcc void @permute(ptr %state)", "  ret void", "}"])


HASHING = f"""
define fastcc i256 @evm_keccak(ptr %data, i64 %size) {{
  %state = alloca [25 x i64]
  %last = alloca [{RATE} x i8]
  call void @llvm.memset.p0.i64(ptr %state, i8 0, i64 200, i1 false)
  call void @llvm.memset.p0.i64(ptr %last, i8 0, i64 {RATE}, i1 false)
  br label %loop
loop:
  %start = phi i64 [ 0, %0 ], [ %next, %whole ]
  %left = sub i64 %size, %start
  %from = getelementptr i8, ptr %data, i64 %start
  %enough = icmp uge i64 %left, {RATE}
  br i1 %enough, label %whole, label %part
whole:
  call fastcc void @absorb(ptr %state, ptr %from)
  %next = add i64 %start, {RATE}
  br label %loop
part:
  call void @llvm.memcpy.p0.p0.i64(ptr %last, ptr %from, i64 %left, i1 false)
  %pad.at = getelementptr i8, ptr %last, i64 %left
  store i8 1, ptr %pad.at
  %end.at = getelementptr i8, ptr %last, i64 {RATE - 1}
  %end = load i8, ptr %end.at
  %closed = or i8 %end, 128
  store i8 %closed, ptr %end.at
  call fastcc void @absorb(ptr %state, ptr %last)
  %hash = load i256, ptr %state, align 8
  %turned = call i256 @llvm.bswap.i256(i256 %hash)
  ret i256 %turned
}}

; A hash of 64 bytes is where a mapping keeps a value; those asked for last are remembered. No hash is zero, so a zero
; is an empty place.
define fastcc i256 @evm_hash(ptr %machine, ptr %data, i64 %size) {{
  %pair = icmp eq i64 %size, 64
  br i1 %pair, label %look, label %compute
look:
  %key = load i512, ptr %data, align 1
  %high = lshr i512 %key, 256
  %folded.both = xor i512 %key, %high
  %half = lshr i512 %folded.both, 128
  %folded.half = xor i512 %folded.both, %half
  %quarter = lshr i512 %folded.half, 64
  %low = trunc i512 %folded.half to i64
  %upper = trunc i512 %quarter to i64
  %scaled = mul i64 %low, {MULTIPLIER}
  %sum = add i64 %scaled, %upper
  %spread = mul i64 %sum, {MULTIPLIER}
  %place = lshr i64 %spread, {64 - (HASHES.bit_length() - 1)}
  %word = mul i64 %place, {HASH_WORDS}
  %table.at = getelementptr i64, ptr %machine, i64 {int(Machine.HASHES)}
  %table = load ptr, ptr %table.at
  %entry = getelementptr i64, ptr %table, i64 %word
  %held = load i512, ptr %entry, align 8
  %value.at = getelementptr i64, ptr %entry, i64 8
  %value = load i256, ptr %value.at, align 8
  %same = icmp eq i512 %held, %key
  %full = icmp ne i256 %value, 0
  %known = and i1 %same, %full
  br i1 %known, label %remembered, label %learn
remembered:
  ret i256 %value
learn:
  %new = call fastcc i256 @evm_keccak(ptr %data, i64 64)
  store i512 %key, ptr %entry, align 8
  store i256 %new, ptr %value.at, align 8
  ret i256 %new
compute:
  %hash = call fastcc i256 @evm_keccak(ptr %data, i64 %size)
  ret i256 %hash
}}
"""

DECLARATIONS = """
declare i256 @llvm.bswap.i256(i256)
declare i256 @llvm.umin.i256(i256, i256)
declare i64 @llvm.umax.i64(i64, i64)
declare i256 @llvm.usub.sat.i256(i256, i256)
declare i256 @llvm.ctlz.i256(i256, i1)
declare i256 @llvm.abs.i256(i256, i1)
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.fshl.i64(i64, i64, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""


def runtime() -> str:
    """Text of the module."""
    return "\n".join((DECLARATIONS, ARITHMETIC, DATA, STORAGE, CALLS, permutation(), absorption(), HASHING))
