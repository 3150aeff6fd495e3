"""Storage: one open-addressing table of (space, slot, value).

A contract's space is its number, transient storage has another. What a transaction overwrites goes to the journal,
which undoes it when a call reverts.
"""

from __future__ import annotations

from ballast.evm.layout import (
    ENTRY_WORDS,
    JOURNAL_ENTRIES,
    JOURNAL_WORDS,
    MULTIPLIER,
    OK,
    TRANSIENT,
    MachineFault,
    MachineFields,
)

STORAGE = f"""
; The entry of a slot, or the empty one where it would be.
define internal fastcc ptr @entry(ptr %machine, i64 %space, i256 %slot) alwaysinline {{
  %table.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.STORAGE)}
  %table = load ptr, ptr %table.at
  %mask.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.STORAGE_MASK)}
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
  %length.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.JOURNAL_LENGTH)}
  %length = load i64, ptr %length.at
  %full = icmp uge i64 %length, {JOURNAL_ENTRIES}
  br i1 %full, label %journal.full, label %find
journal.full:
  ret i64 {int(MachineFault.JOURNAL_FULL)}
find:
  %entry = call fastcc ptr @entry(ptr %machine, i64 %space, i256 %slot)
  %held = load i64, ptr %entry
  %new = icmp eq i64 %held, 0
  br i1 %new, label %add, label %write
add:
  store i64 %space, ptr %entry
  %slot.at = getelementptr i64, ptr %entry, i64 1
  store i256 %slot, ptr %slot.at, align 8
  %count.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.STORAGE_COUNT)}
  %count = load i64, ptr %count.at
  %more = add i64 %count, 1
  store i64 %more, ptr %count.at
  br label %write
write:
  %value.at = getelementptr i64, ptr %entry, i64 5
  %before = load i256, ptr %value.at, align 8
  store i256 %value, ptr %value.at, align 8
  %journal.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.JOURNAL)}
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
  %journal.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.JOURNAL)}
  %journal = load ptr, ptr %journal.at
  %length.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.JOURNAL_LENGTH)}
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
  %journal.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.JOURNAL)}
  %journal = load ptr, ptr %journal.at
  %length.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.JOURNAL_LENGTH)}
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
