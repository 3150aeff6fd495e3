"""What the twins share about the machine they copy: two's complement, and how checked arithmetic ends."""

from __future__ import annotations

ARITHMETIC = "arithmetic"
"""Message of the error raised where Vyper's checked arithmetic reverts without a reason."""


def signed(bits: int, width: int) -> int:
    """Read the lowest bits of an integer as two's complement.

    Parameters
    ----------
    bits : int
        Not negative; what lies above ``width`` is ignored.
    width : int
        Number of bits, with the sign.
    """
    sign = 1 << (width - 1)
    return (bits & (2 * sign - 1) ^ sign) - sign


def unsigned(number: int, width: int) -> int:
    """Two's complement of an integer in a number of bits."""
    return number & ((1 << width) - 1)
