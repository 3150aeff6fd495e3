"""Load curves made from knobs, as the presets were."""

from __future__ import annotations

from fractions import Fraction

from ballast.errors import ParameterError
from ballast.model import load_curve
from ballast.model.constants import BPS, NANO
from ballast.model.load_curve import Curve

ONE_OVER_E = Fraction(3678794411714423215955237701614608674458111310317678, 10**52)


def curve(idle: int, best: int, b: int, f: int, full: int) -> Curve:
    """Curve through given values, its constants rounded to nearest.

    Parameters
    ----------
    idle, best : int
        f(0) and f(B), nano.
    b, f : int
        B and F, basis points.
    full : int
        f at full load, nano; without meaning where F is full load.
    """
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


def valid(constants: Curve) -> bool:
    """Whether a curve passes `load_curve.check`."""
    try:
        load_curve.check(constants)
    except ParameterError:
        return False
    return True
