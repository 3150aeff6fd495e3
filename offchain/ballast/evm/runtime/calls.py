"""Calls between contracts, and lists of calls from outside."""

from __future__ import annotations

from ballast.evm.layout import (
    HALTED,
    OK,
    PRECOMPILES,
    CallFields,
    ContractFields,
    FrameFields,
    MachineFault,
    MachineFields,
)

CALLS = f"""
; A contract by its address, or null.
define internal fastcc ptr @contract(ptr %machine, i256 %address) {{
  %contracts.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.CONTRACTS)}
  %contracts = load ptr, ptr %contracts.at
  %count.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.CONTRACTS_COUNT)}
  %count = load i64, ptr %count.at
  %words = mul i64 %count, {int(ContractFields.SIZE)}
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
  %next = getelementptr i64, ptr %c, i64 {int(ContractFields.SIZE)}
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
  %size.at = getelementptr i64, ptr %c, i64 {int(ContractFields.SHOWN_SIZE)}
  %size = load i64, ptr %size.at
  %wide = zext i64 %size to i256
  ret i256 %wide
}}

; Copies the code of a contract, which zeros follow, into memory.
define fastcc void @evm_copy_code(ptr %machine, i256 %of, ptr %to, i64 %size, i256 %offset) {{
  %address = and i256 %of, {2**160 - 1}
  %c = call fastcc ptr @contract(ptr %machine, i256 %address)
  %none = icmp eq ptr %c, null
  br i1 %none, label %nothing, label %some
nothing:
  call void @llvm.memset.p0.i64(ptr %to, i8 0, i64 %size, i1 false)
  ret void
some:
  %code.at = getelementptr i64, ptr %c, i64 {int(ContractFields.CODE)}
  %code = load ptr, ptr %code.at
  %held.at = getelementptr i64, ptr %c, i64 {int(ContractFields.SHOWN_SIZE)}
  %held = load i64, ptr %held.at
  call fastcc void @evm_copy(ptr %to, i64 %size, ptr %code, i64 %held, i256 %offset)
  ret void
}}

; A call from a frame to an address.
define fastcc i64 @evm_call(ptr %frame, i256 %to, ptr %data, i64 %size, i64 %static) {{
  %own.at = getelementptr i64, ptr %frame, i64 {int(FrameFields.ADDRESS)}
  %own = load i256, ptr %own.at, align 8
  %status = call fastcc i64 @enter(ptr %frame, i256 %to, ptr %data, i64 %size, i64 %static, i1 false, i256 %own)
  ret i64 %status
}}

; The code at an address, run by the contract of a frame as its own; it sees a caller.
define fastcc i64 @evm_borrow(ptr %frame, i256 %to, ptr %data, i64 %size, i256 %caller) {{
  %static.at = getelementptr i64, ptr %frame, i64 {int(FrameFields.STATIC)}
  %static = load i64, ptr %static.at
  %status = call fastcc i64 @enter(ptr %frame, i256 %to, ptr %data, i64 %size, i64 %static, i1 true, i256 %caller)
  ret i64 %status
}}

; Runs the code at an address, with its own storage or with that of the contract which calls. What it returns is the
; frame's until its next call.
define internal fastcc i64 @enter(
    ptr %frame, i256 %to, ptr %data, i64 %size, i64 %static, i1 %borrowed, i256 %caller) alwaysinline {{
  %machine.at = getelementptr i64, ptr %frame, i64 {int(FrameFields.MACHINE)}
  %machine = load ptr, ptr %machine.at
  %returned.at = getelementptr i64, ptr %frame, i64 {int(FrameFields.RETURNED)}
  %returned.size.at = getelementptr i64, ptr %frame, i64 {int(FrameFields.RETURNED_SIZE)}
  store i64 0, ptr %returned.size.at
  %address = and i256 %to, {2**160 - 1}
  %c = call fastcc ptr @contract(ptr %machine, i256 %address)
  %none = icmp eq ptr %c, null
  br i1 %none, label %nobody, label %somebody
nobody:
  %before.first = sub i256 %address, 1
  %precompiled = icmp ult i256 %before.first, {PRECOMPILES}
  %status.nobody = select i1 %precompiled, i64 {int(MachineFault.PRECOMPILE)}, i64 {OK}
  ret i64 %status.nobody
somebody:
  %next.at = getelementptr i64, ptr %frame, i64 {int(FrameFields.NEXT)}
  %next = load ptr, ptr %next.at
  %last = icmp eq ptr %next, null
  br i1 %last, label %deep, label %enter
deep:
  ret i64 {int(MachineFault.TOO_DEEP)}
enter:
  %memory = load ptr, ptr %next
  %touched.at = getelementptr i64, ptr %next, i64 {int(FrameFields.TOUCHED)}
  %touched = load i64, ptr %touched.at
  call void @llvm.memset.p0.i64(ptr %memory, i8 0, i64 %touched, i1 false)
  %code.from = getelementptr i64, ptr %c, i64 {int(ContractFields.CODE)}
  %code = load ptr, ptr %code.from
  %code.at = getelementptr i64, ptr %next, i64 {int(FrameFields.CODE)}
  store ptr %code, ptr %code.at
  %code.size.from = getelementptr i64, ptr %c, i64 {int(ContractFields.CODE_SIZE)}
  %code.size = load i64, ptr %code.size.from
  %code.size.at = getelementptr i64, ptr %next, i64 {int(FrameFields.CODE_SIZE)}
  store i64 %code.size, ptr %code.size.at
  %data.at = getelementptr i64, ptr %next, i64 {int(FrameFields.DATA)}
  store ptr %data, ptr %data.at
  %data.size.at = getelementptr i64, ptr %next, i64 {int(FrameFields.DATA_SIZE)}
  store i64 %size, ptr %data.size.at
  %inner.at = getelementptr i64, ptr %next, i64 {int(FrameFields.RETURNED_SIZE)}
  store i64 0, ptr %inner.at
  %output.size.at = getelementptr i64, ptr %next, i64 {int(FrameFields.OUTPUT_SIZE)}
  store i64 0, ptr %output.size.at
  %static.at = getelementptr i64, ptr %next, i64 {int(FrameFields.STATIC)}
  store i64 %static, ptr %static.at
  %here = ptrtoint ptr %c to i64
  %contracts.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.CONTRACTS)}
  %contracts = load i64, ptr %contracts.at
  %before = sub i64 %here, %contracts
  %index = udiv exact i64 %before, {8 * ContractFields.SIZE}
  %its.number = add i64 %index, 1
  %own.number.at = getelementptr i64, ptr %frame, i64 {int(FrameFields.CONTRACT)}
  %own.number = load i64, ptr %own.number.at
  %number = select i1 %borrowed, i64 %own.number, i64 %its.number
  %number.at = getelementptr i64, ptr %next, i64 {int(FrameFields.CONTRACT)}
  store i64 %number, ptr %number.at
  %own.at = getelementptr i64, ptr %frame, i64 {int(FrameFields.ADDRESS)}
  %own = load i256, ptr %own.at, align 8
  %here.address = select i1 %borrowed, i256 %own, i256 %address
  %address.at = getelementptr i64, ptr %next, i64 {int(FrameFields.ADDRESS)}
  store i256 %here.address, ptr %address.at, align 8
  %caller.at = getelementptr i64, ptr %next, i64 {int(FrameFields.CALLER)}
  store i256 %caller, ptr %caller.at, align 8
  %length.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.JOURNAL_LENGTH)}
  %mark = load i64, ptr %length.at
  %run.at = getelementptr i64, ptr %c, i64 {int(ContractFields.RUN)}
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
  %output.at = getelementptr i64, ptr %next, i64 {int(FrameFields.OUTPUT)}
  %output = load ptr, ptr %output.at
  store ptr %output, ptr %returned.at
  ret i64 %status
}}

; Executes calls in order, and writes down how each ended. Stops after one that failed, and when storage is half full.
; The number of calls done.
define i64 @evm_execute(ptr %machine, ptr %calls, i64 %count, i64 %keep) {{
  %frame.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.FRAMES)}
  %frame = load ptr, ptr %frame.at
  %sender.at = getelementptr i64, ptr %frame, i64 {int(FrameFields.ADDRESS)}
  %mask.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.STORAGE_MASK)}
  %mask = load i64, ptr %mask.at
  %half = lshr i64 %mask, 1
  %held.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.STORAGE_COUNT)}
  %discard = icmp eq i64 %keep, 0
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %closed ]
  %finished = icmp eq i64 %i, %count
  br i1 %finished, label %end, label %one
one:
  %word = mul i64 %i, {int(CallFields.SIZE)}
  %call = getelementptr i64, ptr %calls, i64 %word
  %sender = load i256, ptr %call, align 8
  store i256 %sender, ptr %sender.at, align 8
  %to.at = getelementptr i64, ptr %call, i64 {int(CallFields.TO)}
  %to = load i256, ptr %to.at, align 8
  %data.at = getelementptr i64, ptr %call, i64 {int(CallFields.DATA)}
  %data = load ptr, ptr %data.at
  %size.at = getelementptr i64, ptr %call, i64 {int(CallFields.DATA_SIZE)}
  %size = load i64, ptr %size.at
  %status = call fastcc i64 @evm_call(ptr %frame, i256 %to, ptr %data, i64 %size, i64 0)
  %status.at = getelementptr i64, ptr %call, i64 {int(CallFields.STATUS)}
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
