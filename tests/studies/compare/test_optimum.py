"""The bound: against enumeration, the whole linear programme, and assignment of one to one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment, linprog

from ballast.sim.market.records import Integers
from ballast.studies.compare.optimum import Instance, optimum, possible


def allowed(instance: Instance, chosen: Integers) -> bool:
    """Whether an assignment keeps every condition."""
    load = np.zeros(instance.room.shape)
    for task in np.flatnonzero(chosen >= 0):
        place = task, chosen[task]
        load[instance.machine[place], instance.first[place] : instance.until[place]] += instance.difficulty[task]
    return bool((load <= instance.room).all() and np.isfinite(instance.worth(chosen)))


def enumerated(instance: Instance) -> float:
    """Largest worth of all allowed assignments, tried one by one."""
    tasks, options = instance.value.shape
    trials = (np.array(c, dtype=np.int64) for c in itertools.product(range(-1, options), repeat=tasks))
    return max(instance.worth(chosen) for chosen in trials if allowed(instance, chosen))


def relaxation(instance: Instance) -> float:
    """Optimum of the whole LP, written down row by row."""
    tasks, options = instance.value.shape
    (machines, waves), columns = instance.room.shape, tasks * options
    rows = np.zeros((tasks + machines * waves, columns))
    for column, place in enumerate(np.ndindex(tasks, options)):
        rows[place[0], column] = 1
        for wave in range(instance.first[place], instance.until[place]):
            rows[tasks + instance.machine[place] * waves + wave, column] = instance.difficulty[place[0]]
    value = np.where(np.isfinite(instance.value), instance.value, -1.0).ravel()
    limits = np.concatenate((np.ones(tasks), instance.room.ravel()))
    return -float(linprog(-value, A_ub=rows, b_ub=limits, bounds=(0, None)).fun)


def drawn(rng: np.random.Generator, tasks: int, machines: int, waves: int) -> Instance:
    """Draw an instance with some impossible options, some worth less than nothing, and machines that fill up."""
    shape = tasks, 2 * machines
    value = np.rint(rng.normal(60, 60, shape))
    value[rng.random(shape) < 0.1] = -np.inf
    opened = np.sort(rng.integers(0, waves, tasks))
    first = np.minimum(np.repeat(opened[:, None] + np.array([0, 1]), machines, axis=1), waves)
    return Instance(
        value=value,
        machine=np.broadcast_to(np.tile(np.arange(machines), 2), shape),
        first=first,
        until=np.minimum(first + rng.integers(1, 4, shape), waves),
        difficulty=rng.integers(1, 9, tasks),
        room=rng.integers(0, 14, (machines, waves)),
    )


@pytest.mark.parametrize("seed", range(40))
def test_no_assignment_of_a_small_instance_is_worth_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    instance = drawn(rng, int(rng.integers(1, 6)), int(rng.integers(1, 3)), int(rng.integers(1, 5)))
    best = enumerated(instance)
    found = optimum(instance, gap=0.0)
    assert found.bound >= best - 1e-6
    assert found.bound == pytest.approx(relaxation(possible(instance)), abs=1e-4)
    assert allowed(instance, found.chosen)
    assert found.value == instance.worth(found.chosen) <= best


@pytest.mark.parametrize("seed", range(10))
def test_any_prices_at_all_give_a_bound(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    instance = drawn(rng, 5, 2, 3)
    best = enumerated(instance)
    for scale in (0.0, 1.0, 10.0, 100.0):
        assert instance.bound(scale * rng.random(instance.room.shape)) >= best


def test_what_finds_no_room_even_alone_is_ruled_out() -> None:
    zeros = np.zeros((2, 2), dtype=np.int64)
    machine, room = np.array([[0, 1], [0, 1]]), np.array([[5, 4, 9], [6, 6, 3]])
    instance = Instance(np.ones((2, 2)), machine, zeros, zeros + 2, np.array([5, 6]), room)
    assert np.isfinite(possible(instance).value).tolist() == [[False, True], [False, True]]


@pytest.mark.parametrize("seed", range(5))
def test_with_room_for_one_task_each_it_is_the_assignment_problem(seed: int) -> None:
    value = np.random.default_rng(seed).uniform(1, 100, (40, 25))
    zeros = np.zeros(value.shape, dtype=np.int64)
    machine = np.broadcast_to(np.arange(25), value.shape)
    one = np.ones((25, 1), dtype=np.int64)
    found = optimum(Instance(value, machine, zeros, zeros + 1, np.ones(40, dtype=np.int64), one), gap=1e-6)
    best = value[linear_sum_assignment(value, maximize=True)].sum()
    assert best <= found.bound * (1 + 1e-12)
    assert found.bound == pytest.approx(best, rel=1e-5)


def test_room_is_free_again_when_work_is_done() -> None:
    """Three tasks of two waves each on one machine: those of waves 0 and 2 fit, and that of wave 1 does not."""
    first = np.array([[0], [1], [2]])
    room = np.full((1, 4), 5)
    instance = Instance(np.array([[10.0], [9.0], [8.0]]), 0 * first, first, first + 2, np.full(3, 5), room)
    found = optimum(instance, gap=0.0)
    assert found.chosen.tolist() == [0, -1, 0]
    assert found.bound == pytest.approx(found.value) == 18


def test_where_nothing_is_worth_doing_nothing_is_done() -> None:
    zeros = np.zeros((2, 2), dtype=np.int64)
    value = np.array([[-1.0, -np.inf], [0.0, -5.0]])
    found = optimum(Instance(value, zeros, zeros, zeros + 1, np.ones(2, dtype=np.int64), np.ones((1, 1), np.int64)))
    assert found.chosen.tolist() == [-1, -1]
    assert (found.value, found.bound, found.gap) == (0, 0, 0)
