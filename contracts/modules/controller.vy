# pragma version 0.4.3
"""
@title Parameters that adapt
@license MIT
@notice A parameter moves by its gain times the score of what was observed, and never beyond its bounds: a generalized
        autoregressive score model with a coefficient of one, after the paper's section 5. The score of a share against
        its target is taken in two parts: every observation lowers the parameter by the target, and what happened then
        raises it by one. Python twin: ballast.model.controller.
@dev Values, gains and targets are below 2**21.
"""

from contracts.modules import constants


@internal
@pure
def _lowered(parameter: uint256, gain: uint256, target: uint256, low: uint256) -> uint256:
    """
    @notice Parameter after an observation.
    @param gain By how much a score of one moves it, in its unit.
    @param target Share of the observations that shall be so, ppm.
    @param low Its lower bound.
    @return The move is rounded down.
    """
    return max(unsafe_sub(parameter, min(unsafe_mul(gain, target) // constants.PPM, parameter)), low)


@internal
@pure
def _raised(parameter: uint256, gain: uint256, high: uint256) -> uint256:
    """
    @notice Parameter after what was observed has turned out to be so.
    @param gain By how much a score of one moves it, in its unit.
    @param high Its upper bound.
    """
    return min(unsafe_add(parameter, gain), high)
