"""Who takes part: capacities that fit the demand, funds that cover it, traits within their bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ballast.errors import WorkloadError
from ballast.sim.pace import held
from ballast.sim.period.behaviour import TRAITS
from ballast.sim.population import FUNDS, OWN_SHARE, Population, draw_coprocessors, draw_operators
from ballast.sim.run import run_on
from ballast.sim.scenario import HEAVY_COMPLEXITY, LIGHT_COMPLEXITY, Scenario
from ballast.sim.workload import Workload
from ballast.sim.workload.synthetic import synthetic
from ballast.sim.workload.trace import read_trace

SCENARIO = Scenario(operators=400, coprocessors=500, periods=10, tasks_per_period=4_000, stake=3.0, collateral=2.0)


@pytest.fixture(scope="module")
def workload() -> Workload:
    """Many tasks."""
    return synthetic(SCENARIO, np.random.default_rng(1))


def test_coprocessors_have_the_capacity_the_utilisation_asks_for(workload: Workload) -> None:
    people = draw_coprocessors(SCENARIO, workload, 500, np.random.default_rng(2))
    demand = held(SCENARIO, workload, workload.heavy)
    assert demand / people.capacity.sum() == pytest.approx(SCENARIO.utilisation, rel=0.001)
    spread = np.log(people.capacity).std()
    assert spread == pytest.approx(0.3, abs=0.03)


def test_a_tenth_can_take_the_largest_task_however_small_the_others_are(workload: Workload) -> None:
    busy = replace(SCENARIO, utilisation=10.0)
    capacity = draw_coprocessors(busy, workload, 500, np.random.default_rng(2)).capacity
    largest = int(workload.difficulty[workload.heavy].max())
    assert (capacity >= largest + largest // 4).sum() == 50
    # of newcomers it is not asked
    assert draw_coprocessors(busy, workload, 1, np.random.default_rng(2)).capacity[0] < largest


def test_operators_have_room_for_light_tasks(workload: Workload) -> None:
    people = draw_operators(SCENARIO, workload, 400, np.random.default_rng(2))
    demand = held(SCENARIO, workload, ~workload.heavy)
    assert demand / people.capacity.sum() == pytest.approx(OWN_SHARE, rel=0.001)
    able = people.traits["complexity"] == HEAVY_COMPLEXITY
    assert able.mean() == pytest.approx(0.5, abs=0.08)
    assert set(people.traits["complexity"].tolist()) == {LIGHT_COMPLEXITY, HEAVY_COMPLEXITY}


def test_funds_cover_a_full_load_and_the_contracts_capacity(workload: Workload, tmp_path: Path) -> None:
    people = draw_coprocessors(SCENARIO, workload, 500, np.random.default_rng(2))
    i = workload.reward.argmax()
    rate = workload.reward[i] / workload.difficulty[i]
    assert np.abs(people.funds - FUNDS - 3.0 * 2.0 * rate * people.capacity).max() <= 1
    poor = replace(SCENARIO, stake=1.0, collateral=0.98, periods=1)
    path = tmp_path / "trace.swf"
    path.write_text("".join(f"1 0 0 {10**6 + i} 4 -1 -1 1 -1 -1 1 7 1 -1 -1 -1 -1 -1\n" for i in range(4)))
    people = draw_coprocessors(poor, read_trace(path, poor), 500, np.random.default_rng(2))
    assert (people.funds >= poor.network().stake_per_unit * people.capacity).all()


def test_traits_are_within_their_bounds(workload: Workload) -> None:
    for draw in (draw_operators, draw_coprocessors):
        traits = draw(SCENARIO, workload, 300, np.random.default_rng(2)).traits
        assert traits.dtype == TRAITS
        for name in ("punctuality", "quality", "careless"):
            assert ((traits[name] >= 0) & (traits[name] <= 1)).all()
        assert (traits["cost"] > 0).all()
        assert (traits["comfort"] <= 10_000).all()
        assert (traits["patience"] <= 10_000).all()
        assert (traits["effort"] > 0).all()
        assert (traits["shirks"] == 0).all()


def test_coprocessors_can_take_the_tasks_of_the_class(workload: Workload) -> None:
    """Whatever its complexity, so that the gate keeps nobody out who was not lowered."""
    traits = draw_coprocessors(SCENARIO, workload, 300, np.random.default_rng(2)).traits
    assert (traits["complexity"] == HEAVY_COMPLEXITY).all()


@pytest.mark.parametrize("draw", [draw_operators, draw_coprocessors])
def test_without_errors_everybody_is_right_and_all_else_stays(
    workload: Workload,
    draw: Callable[[Scenario, Workload, int, np.random.Generator], Population],
) -> None:
    rngs = [np.random.default_rng(2), np.random.default_rng(2)]
    usual, right = (
        draw(replace(SCENARIO, errors=e), workload, 50, g) for e, g in zip((True, False), rngs, strict=True)
    )
    assert (right.traits["quality"] == 1).all()
    assert (usual.traits["quality"] < 1).all()
    for name in set(TRAITS.names or ()) - {"quality"}:
        assert np.array_equal(usual.traits[name], right.traits[name])
    assert np.array_equal(usual.capacity, right.capacity)
    assert rngs[0].random() == rngs[1].random()


def test_more_than_fits_into_the_words_of_the_contracts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(f"submit,cost,reward\n0,1,{2 * 10**12}\n")
    scenario = Scenario(workload=path, periods=1, coprocessors=99, operators=2)
    with pytest.raises(
        WorkloadError, match=r"^the workload asks for a capacity of .*: give more periods or participants"
    ):
        run_on(scenario, "twin")
