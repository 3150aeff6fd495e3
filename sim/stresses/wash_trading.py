"""``wash_trading``: a ring of operators and coprocessors trades with itself, at prices that leave outsiders out.

Two in a hundred operators and a fifth of the coprocessors are in it. Nothing is done for it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ballast.sim.market.records import Integers
from ballast.sim.population import Population
from ballast.sim.scenario import Scenario
from ballast.sim.state import RunState
from ballast.sim.stresses.stress import Stress
from ballast.sim.workload import UNIT_REWARD, Workload
from ballast.sim.workload.tasks import spread

OPERATORS: Final = 0.02
"""Share of the operators in the ring."""
TASKS, DIFFICULTY = 10, 100
"""Tasks an operator of the ring opens a period, and their difficulty."""


class WashTrading(Stress):
    """A ring with tasks of its own, whose members are drawn; the first operator drawn acts as its AVS."""

    changes_tasks = True

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        super().__init__(scenario, rng)
        members = max(1, round(OPERATORS * scenario.operators))
        self._operators = rng.permutation(scenario.operators)[:members]

    def workload(self, workload: Workload) -> Workload:
        """Add the ring's tasks."""
        periods, operators = self.scenario.periods, len(self._operators)
        tasks = periods * operators * TASKS
        period = np.repeat(np.arange(periods), operators * TASKS)
        wash = Workload(
            period=period,
            moment=spread(period),
            operator=np.tile(self._operators, periods * TASKS),
            difficulty=np.full(tasks, DIFFICULTY),
            reward=np.full(tasks, DIFFICULTY * UNIT_REWARD),
            heavy=np.ones(tasks, dtype=np.bool_),
            notes={},
            wash=np.ones(tasks, dtype=np.bool_),
            kind=np.zeros(tasks, dtype=np.int64),
        )
        return workload.joined(wash)

    def prepare(self, operators: Population, coprocessors: Population) -> None:
        """Let the members know each other."""
        coprocessors.traits["ring"][self.ring] = 1
        operators.traits["ring"][self._operators] = 1

    def attackers(self, state: RunState) -> Integers:
        """Operators and coprocessors of the ring."""
        return np.flatnonzero(state.world.traits["ring"] == 1)
