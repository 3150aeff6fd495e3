"""Which load curves the contracts take."""

from __future__ import annotations

from ballast.errors import ParameterError
from ballast.model import load_curve
from ballast.model.load_curve import Curve


def valid(constants: Curve) -> bool:
    """Whether a curve passes `load_curve.check`."""
    try:
        load_curve.check(constants)
    except ParameterError:
        return False
    return True
