"""The less loaded of two drawn with replacement from all who can, at the highest price."""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.bidders import NOT_AT_ALL, Bidders, Fractions, drawn, load_with
from ballast.sim.compiled import compiled

ABOUT: Final = "the less loaded of two drawn at random, at the highest price"
CLOCK: Final = "none"


@compiled
def choose(
    bidders: Bidders, task: Any, task_class: Any, key: Fractions, _best: float, begin: int, draw: Fractions
) -> tuple[int, int]:
    """Draw two, and take the less loaded, with the task."""
    chosen, least = -1, NOT_AT_ALL
    for which in range(1, 3):
        place = (begin + drawn(key, NOT_AT_ALL, draw[which])) % bidders.size[0]
        x = load_with(bidders, place, task.difficulty)
        if x < least:
            least, chosen = x, place
    return chosen, task_class.cap
