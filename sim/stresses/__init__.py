"""Stresses and attacks, one file each: what they do to a run is said at the head of the file.

A stress of the network begins a third into the run and ends two thirds into it, unless its file says otherwise; one by
a ring of attackers lasts throughout. Who is hit, who attacks and which tasks come is drawn from a generator of its own,
so that a run without it has all else in common. A new one is a file here, with a class of its name, and that name among
`ballast.sim.scenario.STRESSED`, which is all that there is to know of it elsewhere.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ballast.sim.scenario import CALM

if TYPE_CHECKING:
    from ballast.sim.stresses.stress import Stress


def stress_named(name: str) -> type[Stress]:
    """Find the class of a stress: in the file of its name, or `Stress` itself, which interferes nowhere."""
    if name == CALM:
        name = "stress"
    found: type[Stress] = getattr(import_module(f"{__name__}.{name}"), name.title().replace("_", ""))
    return found
