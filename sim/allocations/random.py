"""Anybody who can, at the highest price."""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.bidders import NOT_AT_ALL, Bidders, Fractions, drawn
from ballast.sim.compiled import compiled

ABOUT: Final = "anybody who can, at the highest price"
CLOCK: Final = "none"


@compiled
def choose(
    bidders: Bidders, _task: Any, task_class: Any, key: Fractions, _best: float, begin: int, draw: Fractions
) -> tuple[int, int]:
    """Draw one of them."""
    return (begin + drawn(key, NOT_AT_ALL, draw[1])) % bidders.size[0], task_class.cap
