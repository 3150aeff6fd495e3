"""A rising clock: the first to come is whoever asks least, a score decides within a step."""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.bidders import Bidders, Fractions
from ballast.sim.compiled import compiled

ABOUT: Final = "a rising clock, on which whoever asks least comes first"
CLOCK: Final = "rising"


@compiled
def choose(
    _bidders: Bidders, _task: Any, task_class: Any, _key: Fractions, _best: float, _begin: int, _draw: Fractions
) -> tuple[int, int]:
    """Take nobody: the score and the hash of the clock decide."""
    return -1, task_class.cap
