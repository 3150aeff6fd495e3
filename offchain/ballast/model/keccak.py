"""Keccak-256, as the EVM has it: the sponge of FIPS 202 with Keccak's own padding.

In plain integers, for the few hashes that rules need; the compiled market hashes by the same tables.
"""

from __future__ import annotations

from typing import Final

RATE: Final = 136
"""Bytes the sponge takes at a time."""
LANE: Final = 2**64 - 1
"""Mask of a lane."""


def _round_constants() -> tuple[int, ...]:
    """Compute the 24 round constants, from the linear feedback shift register of FIPS 202, section 3.2.5."""
    constants, state = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if state & 1:
                constant |= 1 << (2**j - 1)
            state = (state << 1) ^ (0x171 if state & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


def _moves() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Where each lane goes in the steps rho and pi, and by how many bits it is rotated."""
    targets, bits = [0] * 25, [0] * 25
    x, y = 1, 0
    for t in range(24):
        bits[x + 5 * y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    for x in range(5):
        for y in range(5):
            targets[x + 5 * y] = y + 5 * ((2 * x + 3 * y) % 5)
    return tuple(targets), tuple(bits)


ROUND_CONSTANTS: Final = _round_constants()
TARGETS, BITS = _moves()


def keccak_256(data: bytes) -> int:
    """Hash of bytes, read as a big-endian number."""
    padded = bytearray(data + bytes(RATE - len(data) % RATE))
    padded[len(data)] |= 0x01
    padded[-1] |= 0x80
    lanes = [0] * 25
    for block in range(0, len(padded), RATE):
        for i in range(RATE // 8):
            lanes[i] ^= int.from_bytes(padded[block + 8 * i : block + 8 * i + 8], "little")
        lanes = _permuted(lanes)
    return int.from_bytes(b"".join(lane.to_bytes(8, "little") for lane in lanes[:4]), "big")


def _permuted(a: list[int]) -> list[int]:
    """State after 24 rounds."""
    for constant in ROUND_CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ _rotated(c[(x + 1) % 5], 1) for x in range(5)]
        b = [0] * 25
        for i in range(25):
            b[TARGETS[i]] = _rotated(a[i] ^ d[i % 5], BITS[i])
        a = [b[i] ^ (~b[i - i % 5 + (i + 1) % 5] & b[i - i % 5 + (i + 2) % 5]) for i in range(25)]
        a[0] ^= constant
    return a


def _rotated(lane: int, bits: int) -> int:
    return (lane << bits | lane >> (64 - bits)) & LANE
