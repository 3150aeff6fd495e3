"""The paper's piecewise curve f(x) over the load x; twin of ``contracts/modules/load_curve.vy``.

::

    A exp(-((x - B) / B)**2) - C    for x < B
    D + (x - B) E                   for B <= x <= F
    max(G (x - H)**2 + I, 0)        for x > F

Up to F it is a bonus rate; above F it amplifies slashing. A curve is packed into the low 250 bits of a word: B and F,
then the other fields of `Curve` in their order. Rates leave the module as parts per million, rounded down and never
negative: against whoever claims a bonus, in favour of whoever is slashed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from operator import index
from typing import Final, SupportsIndex

from ballast.errors import ModelError, ParameterError
from ballast.model import layout
from ballast.model._evm import ARITHMETIC
from ballast.model.constants import BPS, MAX_AMPLIFIER, NANO, PPM
from ballast.model.fixed_point import exp_q100

MAX_COEFFICIENT: Final = 2 * 10**9
"""Bound of A, C, D and I in magnitude: 2.0."""
MAX_SLOPE: Final = 4 * 10**9
"""Bound of E in magnitude: 4.0."""
MAX_CURVATURE: Final = 2**32 - 1
"""Bound of G: 4,294."""

CURVE_BITS: Final = 250
CURVE_MASK: Final = 2**CURVE_BITS - 1
ONE_Q100: Final = 2**100
NANO_PER_BPS: Final = 10**5
LEFT_PER_PPM: Final = 1000 * 2**100
"""From nano in Q100 to ppm."""
MIDDLE_PER_PPM: Final = 10**7
"""From nano times basis points to ppm."""
RIGHT_PER_PPM: Final = 10**18
"""From micro times nano squared to ppm."""
RIGHT_PER_NANO: Final = 10**15


@dataclass(frozen=True, slots=True)
class Curve:
    """The nine constants of a curve.

    Attributes
    ----------
    a, c, d, e, h, i : int
        Nano (10**-9); a, c, e and i may be negative.
    b, f : int
        Basis points of capacity.
    g : int
        Micro (10**-6).
    """

    a: int = layout.bits(32, signed=True)
    b: int = layout.bits(14, lowest=True)
    c: int = layout.bits(32, signed=True)
    d: int = layout.bits(31)
    e: int = layout.bits(33, signed=True)
    f: int = layout.bits(14, lowest=True)
    g: int = layout.bits(32)
    h: int = layout.bits(30)
    i: int = layout.bits(32, signed=True)


ONE_OVER_E: Final = Fraction(3678794411714423215955237701614608674458111310317678, 10**52)


def designed(idle: int, best: int, b: int, f: int, full: int) -> Curve:
    """Curve through given values, its constants rounded to nearest.

    ``A = (best - idle) / (1 - 1/e)``, ``C = A - best``, ``D = best``, ``E = -best / (F - B)``,
    ``G = (full + E (1 - F)) / (1 - F)**2``, ``H = F + E / (2 G)``, ``I = -G (F - H)**2``. The last three make f(F) = 0
    with slopes of equal size on both sides.

    Parameters
    ----------
    idle, best : int
        f(0) and f(B), nano.
    b, f : int
        B and F, basis points of capacity.
    full : int
        f at full load, nano; without meaning where F is full load.

    Raises
    ------
    ParameterError
        If one is no whole number. Whether they make a curve is for `check` to say.

    Examples
    --------
    >>> designed(idle=20_000_000, best=150_000_000, b=5_000, f=8_000, full=10**9) == PRESETS["hump"]
    True
    """
    given = {"idle": idle, "best": best, "b": b, "f": f, "full": full}
    idle, best, b, f, full = (_whole(name, value) for name, value in given.items())
    a = Fraction(best - idle) / (1 - ONE_OVER_E)
    e = Fraction(-best * BPS, f - b) if f > b else Fraction(0)
    above = Fraction(BPS - f, BPS)
    g = (full + e * above) / (NANO * above**2) if above else Fraction(1)
    drop = -e / (2 * g * NANO) if g > 0 else Fraction(0)
    return Curve(
        a=round(a),
        b=b,
        c=round(a - best),
        d=best,
        e=round(e),
        f=f,
        g=round(g * 10**6),
        h=round((Fraction(f, BPS) - drop) * NANO),
        i=round(-g * drop**2 * NANO),
    )


def _whole(name: str, value: SupportsIndex) -> int:
    """Read a whole number, be it NumPy's."""
    try:
        return index(value)
    except TypeError:
        raise ParameterError(f"{name} of a curve is {value!r}: give a whole number") from None


def _preset(idle: int, best: int) -> Curve:
    return designed(idle=idle, best=best, b=5_000, f=8_000, full=NANO)


PRESETS: Final[dict[str, Curve]] = {
    # Optimum at B and a small bonus for being idle.
    "hump": _preset(idle=20_000_000, best=150_000_000),
    # Optimum at B and nothing for being idle, so that idle identities earn nothing.
    "idle_neutral": _preset(idle=0, best=150_000_000),
    # The literal "unloaded uptime", continuously differentiable: 0 on [B, F].
    "smooth": _preset(idle=150_000_000, best=0),
    # Falls all the way.
    "monotone": _preset(idle=200_000_000, best=100_000_000),
}
"""Named curves with B at 50% and F at 80% of capacity, f(F) = 0 and m = 2 at full load; f(0) and f(B) in nano."""

DEFAULT_PRESET: Final = "monotone"


def left(a: int, b: int, c: int, x: int) -> int:
    """Branch below B, signed and not yet rounded.

    The exponent runs from 1 (x = 0) to 0 (x = B). ``2**200`` over ``e**z`` is ``e**-z`` in Q100. The result is within
    2e-15 nano of the truth, so that the rates of all presets are the truth rounded down.

    Returns
    -------
    int
        Nano in Q100.
    """
    distance = b - x
    grown = exp_q100((distance * distance << 100) // (b * b))
    return a * (2**200 // grown) - c * ONE_Q100


def middle(b: int, d: int, e: int, x: int) -> int:
    """Branch on [B, F], signed and not yet rounded.

    Returns
    -------
    int
        Nano times basis points.
    """
    return d * BPS + (x - b) * e


def right(g: int, h: int, i: int, x: int) -> int:
    """Branch above F before the max, not yet rounded.

    Returns
    -------
    int
        Micro times nano squared.
    """
    distance = x * NANO_PER_BPS - h
    if distance < 0:
        raise ModelError(ARITHMETIC)
    return g * distance * distance + i * RIGHT_PER_NANO


def to_ppm(scaled: int, per_ppm: int) -> int:
    """Parts per million, rounded down; zero where the branch is negative."""
    if scaled <= 0:
        return 0
    return scaled // per_ppm


def unpack(word: int) -> Curve:
    """Nine constants of a packed curve; bits above the curve's 250 are ignored."""
    return layout.unpack(Curve, word)


def pack(curve: Curve) -> int:
    """Packed word of a curve that passed `check`."""
    return layout.pack(curve)


def bits(number: int, mask: int) -> int:
    """Two's complement of a value under a mask."""
    return number & mask


def kink(word: int) -> int:
    """F of a packed curve, basis points."""
    return unpack(word).f


def rate(word: int, x: int) -> int:
    """Rate f(x).

    Parameters
    ----------
    word : int
        A packed curve.
    x : int
        Load in basis points, from 0 to ``BPS``.

    Returns
    -------
    int
        Parts per million, rounded down.
    """
    return _rate(unpack(word), x)


def _rate(c: Curve, x: int) -> int:
    """Rate of a curve at a load, ppm."""
    if x < c.b:
        return to_ppm(left(c.a, c.b, c.c, x), LEFT_PER_PPM)
    if x <= c.f:
        return to_ppm(middle(c.b, c.d, c.e, x), MIDDLE_PER_PPM)
    return to_ppm(right(c.g, c.h, c.i, x), RIGHT_PER_PPM)


def table(word: int) -> tuple[int, ...]:
    """Rates at every load a participant can have: ``table(word)[x] == rate(word, x)``.

    Parameters
    ----------
    word : int
        A packed curve; its table is kept, whatever flags the word carries above the curve.

    Returns
    -------
    tuple of int
        10,001 rates in parts per million.
    """
    return _table(word & CURVE_MASK)


@lru_cache(maxsize=64)
def _table(word: int) -> tuple[int, ...]:
    """Table of a curve without flags."""
    curve = unpack(word)
    return tuple(_rate(curve, x) for x in range(BPS + 1))


def amplifier(word: int, x: int) -> int:
    """m(x): one up to F, 1 + f(x) above it.

    Returns
    -------
    int
        Parts per million, from ``PPM`` to ``MAX_AMPLIFIER``.
    """
    if x <= kink(word):
        return PPM
    return PPM + rate(word, x)


def peak(word: int) -> int:
    """Largest bonus rate, max f on [0, F].

    Each branch is monotone and the branches meet at B within 1 ppm, so the maximum lies at 0 or, within 1 ppm, at B.

    Returns
    -------
    int
        Parts per million.
    """
    return max(rate(word, 0), rate(word, unpack(word).b))


def check(curve: Curve) -> None:
    """Refuse constants that make no curve the protocol can live with.

    Every condition on values is made on rounded ppm.

    Raises
    ------
    ParameterError
        With the reason the contract reverts with.
    """
    if not 0 < curve.b <= curve.f <= BPS:
        raise ParameterError("load_curve: need 0 < B <= F")
    if abs(curve.a) > MAX_COEFFICIENT or abs(curve.c) > MAX_COEFFICIENT:
        raise ParameterError("load_curve: A or C range")
    if not 0 <= curve.d <= MAX_COEFFICIENT:
        raise ParameterError("load_curve: D range")
    if abs(curve.e) > MAX_SLOPE or abs(curve.i) > MAX_COEFFICIENT:
        raise ParameterError("load_curve: E or I range")
    if not 0 < curve.g <= MAX_CURVATURE:
        raise ParameterError("load_curve: G range")
    if not 0 <= curve.h <= curve.f * NANO_PER_BPS:
        raise ParameterError("load_curve: need H <= F")
    if left(curve.a, curve.b, curve.c, 0) <= -LEFT_PER_PPM:
        raise ParameterError("load_curve: f(0) negative")
    if abs(curve.a - curve.c - curve.d) > 1000:
        raise ParameterError("load_curve: jump at B")
    if abs(middle(curve.b, curve.d, curve.e, curve.f)) >= MIDDLE_PER_PPM:
        raise ParameterError("load_curve: f(F) not zero")
    if to_ppm(right(curve.g, curve.h, curve.i, curve.f), RIGHT_PER_PPM) > 1:
        raise ParameterError("load_curve: jump at F")
    word = pack(curve)
    if not 0 < peak(word) <= PPM:
        raise ParameterError("load_curve: peak range")
    if amplifier(word, BPS) > MAX_AMPLIFIER:
        raise ParameterError("load_curve: amplifier")
