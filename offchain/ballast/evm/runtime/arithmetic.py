"""Arithmetic that LLVM does not define, or does slowly, and reading data beyond its end."""

from __future__ import annotations

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

define internal fastcc i256 @left_over(i512 %number, i256 %m) alwaysinline {
  %zero = icmp eq i256 %m, 0
  br i1 %zero, label %nothing, label %divide
nothing:
  ret i256 0
divide:
  %n = zext i256 %m to i512
  %r = urem i512 %number, %n
  %q = trunc i512 %r to i256
  ret i256 %q
}

define fastcc i256 @evm_addmod(i256 %a, i256 %b, i256 %m) {
  %x = zext i256 %a to i512
  %y = zext i256 %b to i512
  %s = add i512 %x, %y
  %q = call fastcc i256 @left_over(i512 %s, i256 %m)
  ret i256 %q
}

define fastcc i256 @evm_mulmod(i256 %a, i256 %b, i256 %m) {
  %x = zext i256 %a to i512
  %y = zext i256 %b to i512
  %s = mul i512 %x, %y
  %q = call fastcc i256 @left_over(i512 %s, i256 %m)
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
