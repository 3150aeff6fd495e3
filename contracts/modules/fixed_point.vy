# pragma version 0.4.3
"""
@title Fixed point exponentials
@license MIT
@notice exp and the logistic function by unsigned integers only, so that Vyper's truncation and
        Python's floor agree. Python twin: ballast.model.fixed_point.
@dev Numbers in Q100 carry 100 fractional bits. The exponential divides its argument by 16, sums
     the Taylor series to the twelfth power by Horner's rule and squares four times. The result is never above the
     truth, and below it by a share of at most 5.4e-25 on [0, 1] and 2e-13 on [0, 8]; the sigmoid is the truth rounded
     to the nearest ppm. tests/model/test_fixed_point.py measures this by mpmath.
"""

from contracts.modules import constants

ONE_Q100: constant(uint256) = 2**100
MAX_EXPONENT_Q100: constant(uint256) = 8 * 2**100


@internal
@pure
def _exp_q100(x: uint256) -> uint256:
    """
    @notice e to the power x.
    @param x Exponent in Q100, at most 8.
    @return e**x in Q100, rounded down at each step.
    """
    assert x <= MAX_EXPONENT_Q100, "fixed_point: exponent"
    # Every product stays below 2**224 (e**8 < 2**12), so nothing here can overflow.
    # Two terms of the series at a time, from the last on, which keeps more of them on the stack.
    y: uint256 = x >> 4
    one: uint256 = ONE_Q100
    total: uint256 = unsafe_add(one, unsafe_div(y, 12))
    total = unsafe_add(
        one, unsafe_div(unsafe_mul(y, unsafe_add(one, unsafe_div(unsafe_mul(y, total) >> 100, 11))) >> 100, 10)
    )
    total = unsafe_add(
        one, unsafe_div(unsafe_mul(y, unsafe_add(one, unsafe_div(unsafe_mul(y, total) >> 100, 9))) >> 100, 8)
    )
    total = unsafe_add(
        one, unsafe_div(unsafe_mul(y, unsafe_add(one, unsafe_div(unsafe_mul(y, total) >> 100, 7))) >> 100, 6)
    )
    total = unsafe_add(
        one, unsafe_div(unsafe_mul(y, unsafe_add(one, unsafe_div(unsafe_mul(y, total) >> 100, 5))) >> 100, 4)
    )
    total = unsafe_add(
        one, unsafe_div(unsafe_mul(y, unsafe_add(one, unsafe_div(unsafe_mul(y, total) >> 100, 3))) >> 100, 2)
    )
    total = unsafe_add(one, unsafe_mul(y, total) >> 100)
    total = unsafe_mul(total, total) >> 100
    total = unsafe_mul(total, total) >> 100
    total = unsafe_mul(total, total) >> 100
    return unsafe_mul(total, total) >> 100


@internal
@pure
def _sigmoid(phi: int256) -> uint256:
    """
    @notice Logistic function 1 / (1 + e**-phi).
    @param phi Micro-logits, between -MAX_LOGIT and MAX_LOGIT.
    @return Parts per million, rounded half up.
    """
    magnitude: uint256 = convert(abs(phi), uint256)
    grown: uint256 = self._exp_q100((magnitude << 100) // constants.MICRO)  # below 2**112
    numerator: uint256 = grown if phi >= 0 else ONE_Q100
    denominator: uint256 = unsafe_add(ONE_Q100, grown)
    return unsafe_add(unsafe_mul(2 * constants.PPM, numerator), denominator) // unsafe_mul(2, denominator)
