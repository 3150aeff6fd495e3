"""``scarcity``: everybody has a quarter of the capacity, throughout."""

from __future__ import annotations

from typing import Final

from ballast.sim.population import Population, whole
from ballast.sim.stresses.stress import Stress

LEFT: Final = 0.25
"""What is left of a capacity."""


class Scarcity(Stress):
    """Operators and coprocessors have less to work with; the tasks are the same."""

    def prepare(self, operators: Population, coprocessors: Population) -> None:
        """Cut all capacities."""
        for people in (operators, coprocessors):
            people.capacity[:] = whole(LEFT * people.capacity)
