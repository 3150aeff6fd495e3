"""What there is to do: tasks by period, synthetic (`synthetic`) or read from a trace (`trace`).

A trace is a file of jobs in the Standard Workload Format (`swf`) or a CSV (`table`); `source` gives its text and
`jobs` makes tasks of what was read. `waiting` says how many slots operators have.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ballast.sim.scenario import Scenario
from ballast.sim.workload.synthetic import synthetic
from ballast.sim.workload.tasks import ANYBODY, MAX_REWARDS, UNIT_REWARD, Integers, Workload
from ballast.sim.workload.trace import read_trace

__all__ = ["ANYBODY", "MAX_REWARDS", "UNIT_REWARD", "Integers", "Workload", "workload_of"]


def workload_of(scenario: Scenario, rng: np.random.Generator) -> Workload:
    """Workload of a scenario: its trace if it names one, else a synthetic one.

    Which operators the users of a trace are is drawn: a log numbers its users as it meets them, the busiest first.
    """
    if scenario.workload is None:
        return synthetic(scenario, rng)
    tasks, drawn = read_trace(scenario.workload, scenario), rng.permutation(scenario.operators)
    return replace(tasks, operator=np.where(tasks.operator == ANYBODY, ANYBODY, drawn[tasks.operator]))
