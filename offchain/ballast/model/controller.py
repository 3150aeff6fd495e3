"""Parameters that adapt; twin of ``contracts/modules/controller.vy``.

A parameter moves by its gain times the score of what was observed, and never beyond its bounds: a generalized
autoregressive score model with a coefficient of one, after the paper's section 5. The score of a share against its
target is that of a Bernoulli observation up to its variance: 1 less the target for what happened, minus the target for
what did not. It is taken in two parts: every observation lowers the parameter by the target, and what happened then
raises it by one.
"""

from __future__ import annotations

from ballast.model.constants import PPM


def lowered(parameter: int, gain: int, target: int, low: int) -> int:
    """Parameter after an observation.

    Parameters
    ----------
    parameter : int
        The parameter.
    gain : int
        By how much a score of one moves it, in its unit.
    target : int
        Share of the observations that shall be so, ppm.
    low : int
        Its lower bound.

    Returns
    -------
    int
        The move is rounded down.
    """
    return max(parameter - min(gain * target // PPM, parameter), low)


def raised(parameter: int, gain: int, high: int) -> int:
    """Parameter after what was observed has turned out to be so.

    Parameters
    ----------
    parameter : int
        The parameter.
    gain : int
        By how much a score of one moves it, in its unit.
    high : int
        Its upper bound.
    """
    return min(parameter + gain, high)
