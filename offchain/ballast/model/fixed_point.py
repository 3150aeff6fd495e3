"""Exponential and logistic function by unsigned integers only; twin of ``contracts/modules/fixed_point.vy``.

Numbers in Q100 carry 100 fractional bits.
"""

from __future__ import annotations

from typing import Final

from ballast.errors import ModelError
from ballast.model.constants import MICRO, PPM

ONE_Q100: Final = 2**100
MAX_EXPONENT_Q100: Final = 8 * 2**100


def exp_q100(x: int) -> int:
    """Raise e to a power.

    The argument is divided by 16, the Taylor series summed to the twelfth power by Horner's rule, and the sum squared
    four times.

    Parameters
    ----------
    x : int
        Exponent in Q100, from 0 to 8.

    Returns
    -------
    int
        ``e**x`` in Q100, rounded down at each step: never above the truth, and below it by a share of at most 5.4e-25
        on [0, 1] and 2e-13 on [0, 8].

    Raises
    ------
    ModelError
        If the exponent is above 8.
    """
    if x > MAX_EXPONENT_Q100:
        raise ModelError("fixed_point: exponent")
    y = x >> 4
    total = ONE_Q100 + y // 12
    total = ONE_Q100 + (y * total >> 100) // 11
    total = ONE_Q100 + (y * total >> 100) // 10
    total = ONE_Q100 + (y * total >> 100) // 9
    total = ONE_Q100 + (y * total >> 100) // 8
    total = ONE_Q100 + (y * total >> 100) // 7
    total = ONE_Q100 + (y * total >> 100) // 6
    total = ONE_Q100 + (y * total >> 100) // 5
    total = ONE_Q100 + (y * total >> 100) // 4
    total = ONE_Q100 + (y * total >> 100) // 3
    total = ONE_Q100 + (y * total >> 100) // 2
    total = ONE_Q100 + (y * total >> 100)
    total = total * total >> 100
    total = total * total >> 100
    total = total * total >> 100
    return total * total >> 100


def sigmoid(phi: int) -> int:
    """Logistic function ``1 / (1 + e**-phi)``.

    Parameters
    ----------
    phi : int
        Micro-logits, between ``-MAX_LOGIT`` and ``MAX_LOGIT``.

    Returns
    -------
    int
        Parts per million, rounded half up: the truth rounded to nearest wherever it was measured, so at most 0.5 off.

    Raises
    ------
    ModelError
        If phi is out of its range.
    """
    grown = exp_q100((abs(phi) << 100) // MICRO)
    numerator = grown if phi >= 0 else ONE_Q100
    denominator = ONE_Q100 + grown
    return (2 * PPM * numerator + denominator) // (2 * denominator)
