"""The cheapest, at the second cheapest's ask, or at the highest price if there is no other."""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.bidders import Bidders, Fractions
from ballast.sim.compiled import compiled

ABOUT: Final = "sealed bids that break even; the cheapest, at the second cheapest's bid"
CLOCK: Final = "none"


@compiled
def choose(
    bidders: Bidders, _task: Any, task_class: Any, key: Fractions, best: float, begin: int, _draw: Fractions
) -> tuple[int, int]:
    """Take the first of the cheapest, and find the next price."""
    chosen, second = -1, float(task_class.cap)
    for i in range(len(key)):
        if key[i] == best and chosen < 0:
            chosen = (begin + i) % bidders.size[0]
        elif key[i] < second:
            second = key[i]
    return chosen, int(second)
