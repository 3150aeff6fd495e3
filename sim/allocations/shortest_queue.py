"""The least loaded who can, at the highest price."""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.bidders import NOT_AT_ALL, Bidders, Fractions, load_with
from ballast.sim.compiled import compiled

ABOUT: Final = "the least loaded who can, at the highest price"
CLOCK: Final = "none"


@compiled
def choose(
    bidders: Bidders, task: Any, task_class: Any, key: Fractions, _best: float, begin: int, _draw: Fractions
) -> tuple[int, int]:
    """Take the least loaded, with the task."""
    chosen, least = -1, NOT_AT_ALL
    for i in range(len(key)):
        place = (begin + i) % bidders.size[0]
        x = load_with(bidders, place, task.difficulty)
        if key[i] < NOT_AT_ALL and x < least:
            least, chosen = x, place
    return chosen, task_class.cap
