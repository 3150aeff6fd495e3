"""A Dutch auction on price alone: drawn from all who bid at the first step at which anybody does."""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.bidders import Bidders, Fractions, drawn
from ballast.sim.compiled import compiled

ABOUT: Final = "a falling clock without handicaps and scores"
CLOCK: Final = "falling"


@compiled
def choose(
    bidders: Bidders, _task: Any, task_class: Any, key: Fractions, best: float, begin: int, draw: Fractions
) -> tuple[int, int]:
    """Draw one of those who bid first."""
    return (begin + drawn(key, best + 1.0, draw[1])) % bidders.size[0], task_class.cap
