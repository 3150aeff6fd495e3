"""``double_demand``: the demand is twice the coprocessors' capacity, throughout."""

from __future__ import annotations

from typing import Final

from ballast.sim.population import Population, whole
from ballast.sim.stresses.stress import Stress

DOUBLE: Final = 2.0
"""Demand as a share of the capacity."""


class DoubleDemand(Stress):
    """Coprocessors have less to work with; operators and tasks are the same."""

    def prepare(self, operators: Population, coprocessors: Population) -> None:  # noqa: ARG002
        """Cut the coprocessors' capacities."""
        coprocessors.capacity[:] = whole(self.scenario.utilisation / DOUBLE * coprocessors.capacity)
