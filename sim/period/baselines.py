"""The rules of `ballast.sim.allocations` behind one function, which chooses among them by number."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from ballast.sim.allocations import NAMES
from ballast.sim.compiled import compiled
from ballast.sim.period.handicaps import FALLING, FREE, RISING, SCORED

MODULES: Final = {name: import_module(f"ballast.sim.allocations.{name}") for name in NAMES}
CLOCK_NUMBERS: Final = {"none": FREE, "falling": FALLING, "handicaps": SCORED, "rising": RISING}
CLOCKS: Final = tuple(CLOCK_NUMBERS[module.CLOCK] for module in MODULES.values())
"""Clock of each rule, see `ballast.sim.period.handicaps`, in the order of ``NAMES``."""


def ladder() -> Any:
    """Write the function: machine code calls a function by its name, and cannot take one out of a list."""
    given = "bidders, task, task_class, key, best, begin, draw"
    steps = [f"    if place == {i}: return {name}({given})" for i, name in enumerate(NAMES)]
    text = "\n".join([f"def by_baseline(place, {given}):", *steps, "    return -1, 0"])
    names = {"__name__": __name__} | {name: module.choose for name, module in MODULES.items()}
    exec(compile(text, __file__, "exec"), names)
    return names["by_baseline"]


by_baseline = compiled(ladder())
"""Find the winner's position and the price by the rule at a place of ``NAMES``; see `ballast.sim.allocations`."""
