# pragma version 0.4.3
"""
@title Load curve
@license MIT
@notice The paper's piecewise curve f(x) over the load x:
            A exp(-((x - B) / B)**2) - C    for x < B
            D + (x - B) E                   for B <= x <= F
            max(G (x - H)**2 + I, 0)        for x > F
        Up to F it is a bonus rate; above F it amplifies slashing. Python twin: ballast.model.load_curve.
@dev x, B and F are basis points of capacity; A, C, D, E, H, I are nano (10**-9), G is micro (10**-6). A curve is packed
     into the low 250 bits of a word: B 14, F 14, A 32, C 32, D 31, E 33, G 32, H 30, I 32, from the lowest bit; A, C,
     E, I in two's complement. The unchecked arithmetic is on constants of at most 33 bits and loads up to BPS. Rates
     leave the module as parts per million, rounded down and never negative: against whoever claims a bonus, in favour
     of whoever is slashed.
"""

from contracts.modules import constants
from contracts.modules import fixed_point

struct Curve:
    a: int256
    b: uint256
    c: int256
    d: uint256
    e: int256
    f: uint256
    g: uint256
    h: uint256
    i: int256

MAX_COEFFICIENT: constant(int256) = 2 * 10**9  # |A|, |C|, D, |I|: 2.0
MAX_SLOPE: constant(int256) = 4 * 10**9  # |E|: 4.0
MAX_CURVATURE: constant(uint256) = 2**32 - 1  # G: 4,294

CURVE_BITS: constant(uint256) = 250
ONE_Q100: constant(int256) = 2**100
NANO_PER_BPS: constant(uint256) = 10**5
LEFT_PER_PPM: constant(int256) = 1000 * 2**100  # nano in Q100 -> ppm
MIDDLE_PER_PPM: constant(int256) = 10**7  # nano times bps -> ppm
RIGHT_PER_PPM: constant(int256) = 10**18  # micro times nano**2 -> ppm
RIGHT_PER_NANO: constant(int256) = 10**15


@internal
@pure
def _left(a: int256, b: uint256, c: int256, x: uint256) -> int256:
    """
    @notice The branch below B, signed and not yet rounded: nano in Q100.
    @dev The exponent runs from 1 (x = 0) to 0 (x = B). 2**200 over e**z is e**-z in Q100.
    """
    distance: uint256 = unsafe_sub(b, x)  # below 2**14
    grown: uint256 = fixed_point._exp_q100(unsafe_div(unsafe_mul(distance, distance) << 100, unsafe_mul(b, b)))
    return unsafe_sub(unsafe_mul(a, convert(unsafe_div(2**200, grown), int256)), unsafe_mul(c, ONE_Q100))


@internal
@pure
def _middle(b: uint256, d: uint256, e: int256, x: uint256) -> int256:
    """
    @notice The branch on [B, F], signed and not yet rounded: nano times basis points.
    """
    return unsafe_add(convert(unsafe_mul(d, constants.BPS), int256), unsafe_mul(convert(unsafe_sub(x, b), int256), e))


@internal
@pure
def _right(g: uint256, h: uint256, i: int256, x: uint256) -> int256:
    """
    @notice The branch above F before the max, not yet rounded: micro times nano squared.
    """
    distance: uint256 = unsafe_sub(unsafe_mul(x, NANO_PER_BPS), h)
    square: uint256 = unsafe_mul(unsafe_mul(g, distance), distance)
    return unsafe_add(convert(square, int256), unsafe_mul(i, RIGHT_PER_NANO))


@internal
@pure
def _to_ppm(scaled: int256, per_ppm: int256) -> uint256:
    """
    @notice Parts per million, rounded down; zero where the branch is negative.
    """
    if scaled <= 0:
        return 0
    return convert(scaled, uint256) // convert(per_ppm, uint256)


@internal
@pure
def _unpack(word: uint256) -> Curve:
    """
    @notice The nine constants of a packed curve; bits above the curve's 250 are ignored.
    """
    return Curve(
        a=convert(convert(word << 196, bytes32), int256) >> 224,
        b=word & (2**14 - 1),
        c=convert(convert(word << 164, bytes32), int256) >> 224,
        d=(word >> 92) & (2**31 - 1),
        e=convert(convert(word << 100, bytes32), int256) >> 223,
        f=(word >> 14) & (2**14 - 1),
        g=(word >> 156) & (2**32 - 1),
        h=(word >> 188) & (2**30 - 1),
        i=convert(convert(word << 6, bytes32), int256) >> 224,
    )


@internal
@pure
def _pack(curve: Curve) -> uint256:
    """
    @notice The packed word of a curve that passed `_check`.
    """
    low: uint256 = curve.b | (curve.f << 14) | (self._bits(curve.a, 2**32 - 1) << 28)
    low |= (self._bits(curve.c, 2**32 - 1) << 60) | (curve.d << 92) | (self._bits(curve.e, 2**33 - 1) << 123)
    return low | (curve.g << 156) | (curve.h << 188) | (self._bits(curve.i, 2**32 - 1) << 218)


@internal
@pure
def _bits(number: int256, mask: uint256) -> uint256:
    """
    @notice Two's complement of a value under a mask.
    """
    return convert(convert(number, bytes32), uint256) & mask


@internal
@pure
def _kink(word: uint256) -> uint256:
    """
    @notice F of a packed curve, in basis points.
    """
    return (word >> 14) & (2**14 - 1)


@internal
@pure
def _rate(word: uint256, x: uint256) -> uint256:
    """
    @notice f(x).
    @param word A packed curve.
    @param x Load in basis points, at most BPS.
    @return Parts per million, rounded down.
    """
    b: uint256 = word & (2**14 - 1)
    if x < b:
        return self._to_ppm(
            self._left(
                convert(convert(word << 196, bytes32), int256) >> 224,
                b,
                convert(convert(word << 164, bytes32), int256) >> 224,
                x,
            ),
            LEFT_PER_PPM,
        )
    if x <= self._kink(word):
        return self._to_ppm(
            self._middle(
                b, (word >> 92) & (2**31 - 1), convert(convert(word << 100, bytes32), int256) >> 223, x
            ),
            MIDDLE_PER_PPM,
        )
    return self._to_ppm(
        self._right(
            (word >> 156) & (2**32 - 1),
            (word >> 188) & (2**30 - 1),
            convert(convert(word << 6, bytes32), int256) >> 224,
            x,
        ),
        RIGHT_PER_PPM,
    )


@internal
@pure
def _amplifier(word: uint256, x: uint256) -> uint256:
    """
    @notice m(x): one up to F, 1 + f(x) above it.
    @return Parts per million, from PPM to MAX_AMPLIFIER.
    """
    if x <= self._kink(word):
        return constants.PPM
    return constants.PPM + self._rate(word, x)


@internal
@pure
def _peak(word: uint256) -> uint256:
    """
    @notice The largest bonus rate, max f on [0, F].
    @dev Each branch is monotone and the branches meet at B within 1 ppm, so the maximum lies at 0 or, within 1 ppm, at
         B.
    @return Parts per million.
    """
    return max(self._rate(word, 0), self._rate(word, word & (2**14 - 1)))


@internal
@pure
def _check(curve: Curve):
    """
    @notice Reverts unless the constants make a curve the protocol can live with.
    @dev Joints and signs are judged on exact scaled numbers, the right part and the values on rounded ppm.
    """
    assert curve.b > 0 and curve.b <= curve.f and curve.f <= constants.BPS, "load_curve: need 0 < B <= F"
    assert abs(curve.a) <= MAX_COEFFICIENT and abs(curve.c) <= MAX_COEFFICIENT, "load_curve: A or C range"
    assert curve.d <= convert(MAX_COEFFICIENT, uint256), "load_curve: D range"
    assert abs(curve.e) <= MAX_SLOPE and abs(curve.i) <= MAX_COEFFICIENT, "load_curve: E or I range"
    assert curve.g > 0 and curve.g <= MAX_CURVATURE, "load_curve: G range"
    assert curve.h <= curve.f * NANO_PER_BPS, "load_curve: need H <= F"
    assert self._left(curve.a, curve.b, curve.c, 0) > -LEFT_PER_PPM, "load_curve: f(0) negative"
    left_end: int256 = curve.a - curve.c
    assert abs(left_end - convert(curve.d, int256)) <= 1000, "load_curve: jump at B"
    assert abs(self._middle(curve.b, curve.d, curve.e, curve.f)) < MIDDLE_PER_PPM, "load_curve: f(F) not zero"
    right_start: uint256 = self._to_ppm(self._right(curve.g, curve.h, curve.i, curve.f), RIGHT_PER_PPM)
    assert right_start <= 1, "load_curve: jump at F"
    word: uint256 = self._pack(curve)
    peak: uint256 = self._peak(word)
    assert peak > 0 and peak <= constants.PPM, "load_curve: peak range"
    assert self._amplifier(word, constants.BPS) <= constants.MAX_AMPLIFIER, "load_curve: amplifier"
