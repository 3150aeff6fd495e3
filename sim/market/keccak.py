"""Keccak-256 of two words, compiled: the hash by which a tie between equal scores is broken.

The sponge of FIPS 202 with Keccak's own padding (0x01), as the EVM has it; 64 bytes fit into one block of 136. There
too ``a`` is the state; ``b`` is what the steps rho and pi make of it, and ``c`` and ``d`` are of the step theta.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ballast.model import keccak
from ballast.sim.compiled import compiled

Lanes = npt.NDArray[np.uint64]
ROUND_CONSTANTS = np.array(keccak.ROUND_CONSTANTS, dtype=np.uint64)
TARGETS, BITS = np.array(keccak.TARGETS), np.array(keccak.BITS, dtype=np.uint64)
LANES: Final = 55
"""Scratch a hash needs: two states of 25 lanes, and a row."""
ONE, SIXTY_FOUR, EIGHT, BYTE = np.uint64(1), np.uint64(64), np.uint64(8), np.uint64(0xFF)


@compiled
def _rotated(lane: np.uint64, bits: np.uint64) -> np.uint64:
    return lane if bits == 0 else (lane << bits) | (lane >> (SIXTY_FOUR - bits))


@compiled
def _swapped(lane: np.uint64) -> np.uint64:
    """Lane with its bytes in reverse order."""
    turned = np.uint64(0)
    for _ in range(8):
        turned = (turned << EIGHT) | (lane & BYTE)
        lane >>= EIGHT
    return turned


@compiled
def hash_of_two(first: int, second: int, lanes: Lanes, out: Lanes) -> None:
    """Keccak-256 of two words of 32 bytes.

    Parameters
    ----------
    first, second : int
        Numbers below 2**63.
    lanes : array of shape (LANES,)
        Scratch.
    out : array of shape (4,)
        Takes the hash, most significant part first.
    """
    a, b, c = lanes[:25], lanes[25:50], lanes[50:55]
    a[:] = 0
    a[3] = _swapped(np.uint64(first))
    a[7] = _swapped(np.uint64(second))
    a[8] = ONE
    a[16] = ONE << np.uint64(63)
    for constant in ROUND_CONSTANTS:
        for x in range(5):
            c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]
        for x in range(5):
            d = c[(x + 4) % 5] ^ _rotated(c[(x + 1) % 5], ONE)
            for y in range(0, 25, 5):
                a[x + y] ^= d
        for i in range(25):
            b[TARGETS[i]] = _rotated(a[i], BITS[i])
        for y in range(0, 25, 5):
            for x in range(5):
                a[x + y] = b[x + y] ^ (~b[(x + 1) % 5 + y] & b[(x + 2) % 5 + y])
        a[0] ^= constant
    for i in range(4):
        out[i] = _swapped(a[i])
