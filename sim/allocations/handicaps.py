"""A falling clock from a price that never changes, on which load and record cost a share of the time."""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.bidders import Bidders, Fractions
from ballast.sim.compiled import compiled

ABOUT: Final = "a falling clock that load and record hold back, from a price that stays"
CLOCK: Final = "handicaps"
TERMS: Final[dict[str, Any]] = {"rescue_at_cap": False, "preset": "idle_neutral"}
"""What else was otherwise: rescuers got the price that was agreed, and the curve paid idle capacity nothing."""


@compiled
def choose(
    _bidders: Bidders, _task: Any, task_class: Any, _key: Fractions, _best: float, _begin: int, _draw: Fractions
) -> tuple[int, int]:
    """Take nobody: the score and the hash of the clock decide."""
    return -1, task_class.cap
