"""The optimum: against enumeration, against assignment of one to one, and beside whole periods of the market."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from ballast.model import class_packing, slash_split
from ballast.model.constants import PPM
from ballast.sim.market.records import TASK, Integers
from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario
from ballast.studies.compare.optimum import CELLS, Instance, Seen, instance_of, optimum, pack, packed, watched
from ballast.studies.compare.settings import OptimumSettings

SMALL = Scenario(operators=10, coprocessors=10, periods=6, tasks_per_period=100, utilisation=0.9, seed=4)


def allowed(instance: Instance, chosen: Integers) -> bool:
    """Whether an assignment keeps every condition."""
    for j in range(len(instance.room)):
        mine = chosen == j
        if instance.difficulty[mine].sum() > instance.room[j] or instance.collateral[mine].sum() > instance.free[j]:
            return False
    return not np.isnan(instance.worth(chosen))


def enumerated(instance: Instance) -> float:
    """Largest worth of all allowed assignments, tried one by one."""
    tasks, coprocessors = instance.value.shape
    trials = (np.array(c, dtype=np.int64) for c in itertools.product(range(-1, coprocessors), repeat=tasks))
    return max(instance.worth(chosen) for chosen in trials if allowed(instance, chosen))


def drawn(rng: np.random.Generator, tasks: int, coprocessors: int, room: int, free: int) -> Instance:
    """Draw an instance in which some assignments are impossible and some are worth less than nothing."""
    value = np.rint(rng.normal(60, 60, (tasks, coprocessors)))
    value[rng.random(value.shape) < 0.1] = np.nan
    difficulty = rng.integers(1, 9, tasks)
    return Instance(
        value=value,
        difficulty=difficulty,
        collateral=difficulty * rng.integers(1, 4, tasks),
        room=rng.integers(0, room, coprocessors),
        free=rng.integers(0, free, coprocessors),
    )


@pytest.mark.parametrize("seed", range(40))
def test_no_assignment_of_a_small_instance_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    instance = drawn(rng, int(rng.integers(1, 6)), int(rng.integers(1, 4)), 20, (25, 1_000)[seed % 2])
    found = optimum(instance)
    assert allowed(instance, found.chosen)
    assert found.value == instance.worth(found.chosen) == enumerated(instance)
    assert found.value <= found.bound <= found.lp * (1 + 1e-9)
    assert found.gap == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_with_room_for_one_task_each_it_is_the_assignment_problem(seed: int) -> None:
    rng = np.random.default_rng(seed)
    value = rng.uniform(1, 100, (40, 25))
    one = np.ones(40, dtype=np.int64)
    found = optimum(Instance(value, one, one, one[:25], 100 * one[:25]))
    best = value[linear_sum_assignment(value, maximize=True)].sum()
    assert found.value == pytest.approx(best, rel=1e-9)
    assert found.lp == pytest.approx(best, rel=1e-6)


def test_where_nothing_is_worth_doing_nothing_is_done() -> None:
    one = np.ones(2, dtype=np.int64)
    found = optimum(Instance(np.array([[-1.0, np.nan], [0.0, -5.0]]), one, one, one, one))
    assert found.chosen.tolist() == [-1, -1]
    assert (found.value, found.bound, found.lp, found.gap) == (0, 0, 0, 0)


things = st.lists(st.tuples(st.integers(-3, 40), st.integers(1, 12)), max_size=9)


@settings(max_examples=200)
@given(things=things, size=st.integers(0, 40))
def test_a_knapsack_is_filled_in_the_best_way(things: list[tuple[int, int]], size: int) -> None:
    profit = np.array([p for p, _ in things], dtype=np.float64)
    weight = np.array([w for _, w in things], dtype=np.int64)
    inside = pack(profit, weight, size)
    assert weight[inside].sum() <= size
    subsets = itertools.product((False, True), repeat=len(things))
    fitting = (np.array(s, dtype=bool) for s in subsets if weight[np.array(s, dtype=bool)].sum() <= size)
    assert profit[inside].sum() == max(profit[s].sum() for s in fitting)


def test_rooms_of_many_units_are_cut_into_cells_and_never_overfilled() -> None:
    rng = np.random.default_rng(8)
    difficulty = rng.integers(10**6, 10**7, 160)
    room = rng.integers(5 * 10**7, 9 * 10**7, 6)
    assert room.min() > CELLS
    value = difficulty[:, None] * rng.uniform(0.2, 1, 6)
    instance = Instance(value, difficulty, difficulty, room, np.full(6, 10**12))
    chosen = packed(instance, np.zeros(160), np.zeros(6))
    assert allowed(instance, chosen)
    used = np.bincount(chosen[chosen >= 0], difficulty[chosen >= 0], minlength=6)
    assert (used > 0.99 * room).all()
    assert optimum(instance, gap=0.01).gap < 0.01


def test_a_full_size_period_is_solved_within_the_gap() -> None:
    run = watched(Scenario(periods=1), OptimumSettings(every=1, gap=0.005, seconds=0.0))
    assert run.worst < 0.005
    assert run.market <= run.best <= run.bound <= run.lp * (1 + 1e-9)
    assert run.patient < run.lp


def test_looking_for_the_optimum_changes_nothing_and_bounds_every_market() -> None:
    for allocation in ("dutch", "random", "second_price"):
        scenario = replace(SMALL, allocation=allocation)
        run = watched(scenario, OptimumSettings(every=2, gap=0.02, seconds=5.0))
        assert run.digest == run_on(scenario).digest
        assert 0 < run.market <= run.best <= run.bound
        assert run.market <= run.patient * (1 + 1e-9)
        assert run.patient <= run.lp * (1 + 1e-9)


def test_only_periods_that_are_asked_for_count() -> None:
    # of four periods two are warm-up
    every_second = watched(replace(SMALL, periods=4), OptimumSettings(every=2, gap=0.02))
    both = watched(replace(SMALL, periods=4), OptimumSettings(every=1, gap=0.02))
    assert 0 < every_second.market < both.market < 2.5 * every_second.market
    assert watched(replace(SMALL, periods=2), OptimumSettings()).lp == 0


def test_an_assignment_is_worth_what_the_paper_says() -> None:
    run = run_on(replace(SMALL, periods=1))
    tasks = np.zeros(4, TASK)
    tasks["status"], tasks["class_id"], tasks["difficulty"], tasks["reward"] = [2, 2, 2, -1], 2, 70, 71_003
    accounts = run.first_coprocessor + np.array([3, 5])
    tasks["executor"], tasks["own"], tasks["second_chance"] = (
        [accounts[1], 4, accounts[1], 0],
        [0, 1, 0, 0],
        [0, 1, 0, 0],
    )
    tasks["culprit"], tasks["rescued"] = [0, 0, accounts[0], 0], [0, 0, 1, 0]
    run.world.traits["shirks"][accounts[1]] = 1
    seen = Seen(
        account=accounts,
        load=np.array([0, 5]),
        capacity=np.array([100, 100]),
        room=np.array([70, 75]),
        free=np.array([10**9, 10**9]),
        reputation=np.array([800_000, 800_000]),
        punctuality=np.array([0.9, 0.95]),
        quality=np.array([0.99, 0.97]),
    )
    instance, won = instance_of(run.world.market, run.world.traits, tasks, seen)
    assert won.tolist() == [1, -1, 0]
    terms = SMALL.task_class().auction(0)
    collateral = class_packing.collateral(terms, 71_003)
    floor_ = SMALL.network().slash.lateness_floor
    late = slash_split.late_amount(71_003, collateral, terms.slash_factor, PPM, floor_)
    penalty = class_packing.penalty(terms, collateral)
    for j, in_time, quality, saved in (
        (0, 0.9, 0.99, 0.0),
        (1, float(run.world.traits["careless"][accounts[1]]), 0.97, float(run.world.traits["effort"][accounts[1]])),
    ):
        p = in_time * quality
        cost = max(run.world.traits["cost"][accounts[j]] / PPM - saved, 0)
        lost = (1 - in_time) * late + in_time * (1 - quality) * collateral + (1 - p) * penalty
        assert instance.value[:, j] == pytest.approx([71_003 * (p - cost) - lost] * 3, rel=1e-12)
    assert instance.room.tolist() == [70, 70]


@pytest.mark.parametrize("lacks", ["room", "free", "reputation", "complexity"])
def test_what_the_contracts_refuse_is_not_offered(lacks: str) -> None:
    run = run_on(replace(SMALL, periods=1))
    run.world.market.classes[2]["min_reputation"] = 500_000
    tasks = np.zeros(1, TASK)
    tasks["class_id"], tasks["difficulty"], tasks["reward"] = 2, 70, 71_003
    run.world.traits["complexity"][run.first_coprocessor + np.array([3, 5])] = 10 - (lacks == "complexity"), 10
    enough = {"room": 70, "free": 71_003, "reputation": 500_000}
    has = {name: np.array([least - (name == lacks), least]) for name, least in enough.items()}
    seen = Seen(
        account=run.first_coprocessor + np.array([3, 5]),
        load=np.zeros(2, dtype=np.int64),
        capacity=np.full(2, 100),
        punctuality=np.ones(2),
        quality=np.ones(2),
        **has,
    )
    instance, _ = instance_of(run.world.market, run.world.traits, tasks, seen)
    assert (instance.useful > 0).tolist() == [[False, True]]
