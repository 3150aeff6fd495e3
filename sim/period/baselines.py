"""The rules of `ballast.sim.allocations` behind two functions, which choose among them by number."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from ballast.sim.allocations import NAMES
from ballast.sim.compiled import allocating, compiled
from ballast.sim.handicaps import FALLING, FREE, RISING, SCORED

MODULES: Final = {name: import_module(f"ballast.sim.allocations.{name}") for name in NAMES}
BATCHED: Final = tuple(hasattr(module, "clear") for module in MODULES.values())
"""Whether a rule clears all tasks of a wave and class together, in the order of ``NAMES``."""
CLOCK_NUMBERS: Final = {"none": FREE, "falling": FALLING, "handicaps": SCORED, "rising": RISING}
CLOCKS: Final = tuple(CLOCK_NUMBERS[getattr(module, "CLOCK", "none")] for module in MODULES.values())
"""Clock of each rule, see `ballast.sim.handicaps`, in the order of ``NAMES``."""


def ladder(name: str, function: str, given: str, otherwise: str) -> Any:
    """Write a function: machine code calls a function by its name, and cannot take one out of a list.

    Parameters
    ----------
    name : str
        Of the function.
    function : str
        Name of what it calls in a rule's file; rules without are left out.
    given, otherwise : str
        What it takes besides the rule's place, and what it answers for any other place.
    """
    offered = {rule: module for rule, module in MODULES.items() if hasattr(module, function)}
    steps = [f"    if place == {NAMES.index(rule)}: return {rule}({given})" for rule in offered]
    text = "\n".join([f"def {name}(place, {given}):", *steps, f"    return {otherwise}"])
    names = {"__name__": __name__} | {rule: getattr(module, function) for rule, module in offered.items()}
    exec(compile(text, __file__, "exec"), names)
    return names[name]


by_baseline = compiled(ladder("by_baseline", "choose", "bidders, task, task_class, key, best, begin, draw", "(-1, 0)"))
"""Find the winner's position and the price by the rule at a place of ``NAMES``; see `ballast.sim.allocations`."""
clear_by_baseline = allocating(ladder("clear_by_baseline", "clear", "bidders, batch, task_class", "0.0"))
"""Clear a batch by the rule at a place of ``NAMES``, and give what is left over; see `ballast.sim.allocations`."""
