"""``wash_trading``: a ring of operators and coprocessors trades with itself, at prices that leave outsiders out.

Two in a hundred operators and a fifth of the coprocessors are in it. Nothing is done for it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ballast.sim.market.records import Integers, Records
from ballast.sim.state import RunState
from ballast.sim.stresses.stress import Stress
from ballast.sim.workload import UNIT_REWARD, Workload

OPERATORS: Final = 0.02
"""Share of the operators in the ring."""
TASKS, DIFFICULTY = 10, 100
"""Tasks an operator of the ring opens a period, and their difficulty."""


class WashTrading(Stress):
    """A ring with tasks of its own."""

    def workload(self, workload: Workload) -> Workload:
        """Add the ring's tasks."""
        periods, operators = self.scenario.periods, _operators(self.scenario.operators)
        tasks = periods * operators * TASKS
        wash = Workload(
            period=np.repeat(np.arange(periods), operators * TASKS),
            operator=np.tile(np.repeat(np.arange(operators), TASKS), periods),
            difficulty=np.full(tasks, DIFFICULTY),
            reward=np.full(tasks, DIFFICULTY * UNIT_REWARD),
            heavy=np.ones(tasks, dtype=np.bool_),
            notes={},
            wash=np.ones(tasks, dtype=np.bool_),
        )
        return workload.joined(wash)

    def prepare(self, operators: Records, coprocessors: Records) -> None:
        """Let the members know each other."""
        coprocessors["ring"][self.ring] = 1
        operators["ring"][: _operators(len(operators))] = 1

    def attackers(self, state: RunState) -> Integers:
        """Operators and coprocessors of the ring."""
        return np.flatnonzero(state.world.traits["ring"] == 1)


def _operators(all_: int) -> int:
    return max(1, round(OPERATORS * all_))
