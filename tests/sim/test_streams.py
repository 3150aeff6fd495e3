"""Streams of random numbers: one for each thing that is drawn, and none that moves another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ballast.sim.run import generators, run_on
from ballast.sim.scenario import Scenario

BASE = Scenario(operators=20, coprocessors=20, periods=40, tasks_per_period=200)
DRAWS = 10_000
LUCK, ORDER = 0, 3
"""Places among the generators that a run goes on with."""


def test_streams_of_a_run_and_of_its_neighbours_are_not_correlated() -> None:
    drawn = np.array([rng.normal(size=DRAWS) for seed in (1, 2, 3) for rng in generators(seed)])
    correlations = np.corrcoef(drawn)[np.triu_indices(len(drawn), 1)]
    # 210 pairs: the largest of so many is hardly ever beyond four and a half standard errors
    assert np.abs(correlations).max() < 4.5 / np.sqrt(DRAWS)


@pytest.mark.parametrize(
    "changes",
    [
        {"allocation": "random"},
        {"allocation": "rising"},
        {"learning": False},
        {"incentives": False, "room_worth": False},
        {"exits": True, "leaving": 0.02, "entry": 0.5},
        {"resizing": True, "rent": 0.02},
        {"stress": "outage"},
    ],
)
def test_rules_and_people_move_nothing_that_is_drawn(changes: dict[str, Any]) -> None:
    usual, other = run_on(BASE), run_on(replace(BASE, **changes))
    assert usual.summary["state_digest"] != other.summary["state_digest"]
    for name in ("period", "difficulty", "reward", "heavy", "operator"):
        assert np.array_equal(getattr(usual.workload, name), getattr(other.workload, name))
    first = slice(0, usual.first_coprocessor + BASE.coprocessors)
    for name in ("cost", "quality", "punctuality", "speed", "effort", "taste"):
        assert np.array_equal(usual.world.traits[name][first], other.world.traits[name][first])
    # what tasks drew, and the order of operators and auctions: as many numbers of the same streams
    for place in (LUCK, ORDER):
        assert usual.generators[place].bit_generator.state == other.generators[place].bit_generator.state
