"""Stresses by name: whom they hit is drawn, what comes is drawn like the rest, and all else is as without them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

from ballast.errors import WorkloadError
from ballast.sim.run import Run, generators, run_on
from ballast.sim.scenario import CALM, STRESSED, STRESSES, Scenario
from ballast.sim.stresses import stress_named
from ballast.sim.stresses.burst import TIMES
from ballast.sim.stresses.double_demand import DOUBLE
from ballast.sim.stresses.hard_tasks import HARD
from ballast.sim.stresses.scarcity import LEFT
from ballast.sim.turnover import SETTLING_IN
from ballast.sim.workload import Workload, workload_of

TINY = Scenario(operators=8, coprocessors=9, periods=3, tasks_per_period=20)
SOME = Scenario(operators=10, coprocessors=12, periods=30, tasks_per_period=200, seed=7)
INSIDE = slice(10, 20)
DRAWN = ("outage", "quality_drift", "correlated_failure", "shirking", "whitewashing", "collusion", "wash_trading")
SEEDS = 90


def tasks_under(name: str, scenario: Scenario) -> tuple[Workload, Workload]:
    """Tasks without and with a stress."""
    rngs = generators(scenario.seed)
    usual = workload_of(scenario, rngs[0])
    return usual, stress_named(name)(scenario, rngs[-1]).workload(usual)


def counts(tasks: Workload, chosen: Any = slice(None)) -> Any:
    """Tasks of each period."""
    return np.bincount(tasks.period[chosen], minlength=SOME.periods)


def rows(tasks: Workload) -> set[tuple[int, ...]]:
    """Give what tasks are, but for when they come."""
    columns = (tasks.difficulty, tasks.reward, tasks.heavy, tasks.operator)
    return set(zip(*(column.tolist() for column in columns), strict=True))


@pytest.fixture
def trace(tmp_path: Path) -> Scenario:
    """Jobs of many sizes, at moments that differ."""
    rng = np.random.default_rng(3)
    jobs = zip(np.sort(rng.uniform(0, 1e6, 3_000)), rng.lognormal(5, 1, 3_000), rng.integers(0, 10, 3_000), strict=True)
    path = tmp_path / "trace.csv"
    path.write_text("submit,cost,user\n" + "".join(f"{at:.0f},{cost:.3f},u{user}\n" for at, cost, user in jobs))
    return replace(SOME, workload=path)


# Who


def touched(name: str, seed: int) -> Any:
    """Operators and coprocessors that a stress makes different, or takes offline, in its first period."""
    found = []

    def watch(run: Run) -> None:
        if run.done == 1:
            world, last = run.world, run.first_coprocessor + TINY.coprocessors
            usual = np.concatenate([people.traits["quality"] for people in run.people])
            traits, fortune = world.traits[4:last], world.fortune[4:last]
            worse = (world.quality[4:last] < usual) | (fortune["online"] == 0)
            found.append(worse | (traits["markup"] > 0) | (traits["shirks"] == 1) | (traits["ring"] == 1))

    run_on(replace(TINY, stress=name, seed=seed), watch=watch)
    return found[0]


def test_without_a_stress_nobody_is_touched() -> None:
    assert not any(touched(CALM, seed).any() for seed in range(10))


@pytest.mark.parametrize("name", DRAWN)
def test_whom_a_stress_touches_is_drawn(name: str) -> None:
    """Everybody as often as others over many seeds: by a chi-squared test of what is drawn without replacement."""
    times = sum(touched(name, seed).astype(int) for seed in range(SEEDS))
    for each in (times[: TINY.operators], times[TINY.operators :]):
        if not each.any():
            continue
        expected, number = each.mean(), len(each)
        statistic = ((each - expected) ** 2).sum() / (expected * (1 - expected / SEEDS)) * (number - 1) / number
        assert chi2.sf(statistic, number - 1) > 0.001
    assert times[TINY.operators :].all()
    assert times[: TINY.operators].all() == (name == "wash_trading")


def test_the_operator_that_acts_as_avs_of_a_ring_is_drawn() -> None:
    """The first of the ring by number is no more often its AVS than the last."""
    scenario = replace(TINY, operators=100, stress="wash_trading")
    firsts = 0
    for seed in range(SEEDS):
        run = Run(replace(scenario, seed=seed))
        ring = np.unique(run.workload.operator[run.workload.wash])
        assert len(ring) == 2
        firsts += int(run.workload.operator[np.argmax(run.workload.wash)] == ring[0])
    assert 30 < firsts < 60


def test_a_stress_shares_all_else_with_a_run_without_it() -> None:
    """Who comes and goes is drawn apart from the stress, and as long as nobody heeds profits the same."""
    early = replace(SOME, periods=SETTLING_IN, entry=1.0, leaving=0.02)
    runs = [run_on(replace(early, stress=name)) for name in (CALM, "burst", "correlated_failure")]
    for run in runs[1:]:
        assert run.turnover.entered == runs[0].turnover.entered > 10
        assert run.periods["coprocessors_active"].tolist() == runs[0].periods["coprocessors_active"].tolist()


# What


def test_a_burst_brings_new_tasks_drawn_like_the_others() -> None:
    usual, burst = tasks_under("burst", SOME)
    assert counts(burst)[INSIDE].tolist() == [TIMES * 200] * 10
    assert np.delete(counts(burst), range(10, 20)).tolist() == [200] * 20
    assert rows(usual) <= rows(burst)
    assert len(rows(burst)) > 0.99 * len(burst.period)  # copies would be no rows of their own
    inside = (burst.period >= 10) & (burst.period < 20)
    assert burst.heavy[inside].mean() == pytest.approx(0.6, abs=0.03)
    assert burst.difficulty[inside].mean() == pytest.approx(usual.difficulty.mean(), rel=0.05)


def test_a_burst_of_a_trace_brings_jobs_of_its_own_at_other_moments(trace: Scenario) -> None:
    usual, burst = tasks_under("burst", trace)
    assert counts(burst)[INSIDE].tolist() == (TIMES * counts(usual)[INSIDE]).tolist()
    assert rows(burst) == rows(usual)
    near = (np.diff(burst.difficulty) == 0) & (np.diff(burst.operator) == 0)
    assert near.sum() < 0.01 * len(near)
    assert (np.diff(burst.period * 10**6 + burst.moment) >= 0).all()
    assert len(np.unique(burst.period * 10**6 + burst.moment)) > 0.98 * len(burst.period)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hard_tasks_are_nine_in_ten_among_as_many(seed: int) -> None:
    usual, hard = tasks_under("hard_tasks", replace(SOME, seed=seed))
    assert counts(hard).tolist() == counts(usual).tolist()
    heavy = counts(hard, hard.heavy)
    assert heavy[INSIDE].sum() == HARD * counts(usual)[INSIDE].sum()
    assert np.delete(heavy, range(10, 20)).tolist() == np.delete(counts(usual, usual.heavy), range(10, 20)).tolist()
    inside = hard.heavy & (hard.period >= 10) & (hard.period < 20)
    assert hard.difficulty[inside].mean() == pytest.approx(usual.difficulty[usual.heavy].mean(), rel=0.05)


def test_hard_tasks_of_a_trace_are_its_heavy_jobs(trace: Scenario) -> None:
    usual, hard = tasks_under("hard_tasks", trace)
    assert rows(hard) <= rows(usual)
    assert counts(hard, hard.heavy)[INSIDE].sum() == round(HARD * counts(usual)[INSIDE].sum())


def test_hard_tasks_are_refused_where_none_is_heavy(tmp_path: Path) -> None:
    path = tmp_path / "even.csv"
    path.write_text("submit,cost\n" + "".join(f"{i},5\n" for i in range(90)))
    with pytest.raises(WorkloadError, match="heavy tasks are asked for, and the workload has none"):
        Run(replace(TINY, workload=path, stress="hard_tasks"))


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("name", ["seasonal", "bursty", "heavy_tailed"])
def test_arrivals_change_when_tasks_come_and_not_what_they_are(name: str, traced: bool, trace: Scenario) -> None:
    base = trace if traced else SOME
    usual, changed = zip(*(tasks_under(name, replace(base, seed=seed)) for seed in range(40)), strict=True)
    rate = np.array([counts(tasks) for tasks in changed]) / np.array([counts(tasks) for tasks in usual])
    assert rate.mean() == pytest.approx(1, abs=0.06)
    if name == "seasonal":
        assert rate.mean(axis=0)[6] > 1.3
        assert rate.mean(axis=0)[18] < 0.7
    else:
        assert rate.max() > (2.5 if name == "bursty" else 3)
        assert rate.mean(axis=0).std() < 0.2 < rate.std()
    for ours, theirs in zip(changed, usual, strict=True):
        assert ours.difficulty.mean() == pytest.approx(theirs.difficulty.mean(), rel=0.1)
        assert not traced or rows(ours) <= rows(theirs)


@pytest.mark.parametrize("name", [name for name in STRESSED if stress_named(name).changes_tasks])
def test_people_are_those_of_the_usual_demand(name: str) -> None:
    stressed, calm = Run(replace(SOME, stress=name)), Run(SOME)
    assert len(stressed.workload.period) != len(calm.workload.period) or name == "hard_tasks"
    for ours, theirs in zip(stressed.people, calm.people, strict=True):
        assert ours.capacity.tolist() == theirs.capacity.tolist()
        assert ours.funds.tolist() == theirs.funds.tolist()


def test_scarcity_leaves_everybody_a_quarter() -> None:
    scarce, calm = run_on(replace(SOME, stress="scarcity")), run_on(SOME)
    for ours, theirs in zip(scarce.people, calm.people, strict=True):
        assert ours.capacity.tolist() == np.rint(LEFT * theirs.capacity).tolist()
    assert scarce.periods["settled"].sum() < 0.8 * calm.periods["settled"].sum()
    assert scarce.summary["capacity_used"] > 0.9 * calm.summary["capacity_used"]


@pytest.mark.parametrize("utilisation", [0.3, 0.75])
def test_double_demand_is_twice_the_capacity(utilisation: float) -> None:
    base = replace(SOME, utilisation=utilisation)
    stressed, calm = Run(replace(base, stress="double_demand")), Run(base)
    assert stressed.people[1].capacity.sum() == pytest.approx(
        calm.people[1].capacity.sum() * utilisation / DOUBLE, rel=0.01
    )
    assert stressed.people[0].capacity.tolist() == calm.people[0].capacity.tolist()


# All of them


def test_there_is_one_list_of_stresses_and_the_document_has_it() -> None:
    folder = Path(__file__).parents[2]
    text = (folder / "docs" / "stresses.md").read_text(encoding="utf-8")
    assert (CALM, *STRESSED) == STRESSES
    assert sorted(re.findall(r"^- `(\w+)`: ", text, re.MULTILINE)) == sorted(STRESSED)
    assert all(stress_named(name).begins for name in STRESSED if stress_named(name).ends)
