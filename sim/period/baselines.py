"""The rules of `ballast.sim.allocations` behind one function, since machine code chooses by number."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import numba

from ballast.sim.allocations import NAMES
from ballast.sim.compiled import compiled
from ballast.sim.period.bidders import Bidders, Fractions

MODULES: Final = tuple(import_module(f"ballast.sim.allocations.{name}") for name in NAMES)
CLOCKED: Final = tuple(bool(module.CLOCKED) for module in MODULES)
"""Whether a rule has a clock, in the order of ``NAMES``."""
CHOICES: Final = tuple(module.choose for module in MODULES)


@compiled
def by_baseline(
    place: int, b: Bidders, t: Any, c: Any, key: Fractions, best: float, begin: int, draw: Fractions
) -> tuple[int, int]:
    """Find the winner's position and the price by the rule at a place of ``NAMES``."""
    chosen, price, at = -1, 0, 0
    for choose in numba.literal_unroll(CHOICES):
        if at == place:
            chosen, price = choose(b, t, c, key, best, begin, draw)
        at += 1  # noqa: SIM113 (Numba unrolls a tuple of functions, but not an enumeration of it)
    return chosen, price
