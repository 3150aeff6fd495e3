"""Keccak-256, and the hashes of 64 bytes asked for last."""

from __future__ import annotations

from ballast.evm.layout import HASH_WORDS, HASHES, MULTIPLIER, MachineFields

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
  %table.at = getelementptr i64, ptr %machine, i64 {int(MachineFields.HASHES)}
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
