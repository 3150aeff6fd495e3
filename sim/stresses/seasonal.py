"""``seasonal``: demand goes up and down by two fifths, in waves of 24 periods, throughout."""

from __future__ import annotations

from ballast.sim.stresses.arriving import Arriving


class Seasonal(Arriving):
    """Arrivals as ``seasonal`` tasks have them."""

    arrivals = "seasonal"
