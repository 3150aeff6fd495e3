"""``bursty``: in one period of twenty tasks come at four times the rate of the others, throughout."""

from __future__ import annotations

from ballast.sim.stresses.arriving import Arriving


class Bursty(Arriving):
    """Arrivals as ``bursty`` tasks have them."""

    arrivals = "bursty"
