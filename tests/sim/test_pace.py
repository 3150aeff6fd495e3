"""How long work takes: capacity fits the load that is held, whatever the tasks are and a scenario says of time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ballast
from ballast.errors import ParameterError, WorkloadError
from ballast.model.parameters import MAX_WINDOW, ClassParameters, ContractParameters
from ballast.sim.pace import HELD, LONGEST, SLACK, fitted, gap_of, held, pace_of, start_up
from ballast.sim.population import draw_people
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import EPOCH_SECONDS, Scenario, with_contracts
from ballast.sim.workload import Workload, workload_of
from ballast.sim.workload.jobs import LATEST
from tests.model.properties import given, integers

BASE = Scenario(
    operators=20, coprocessors=40, periods=40, tasks_per_period=400, heavy_share=1.0, utilisation=0.5, overload=0.0
)


def sizes(kind: str, count: int = 16_000) -> list[int]:
    """Difficulties of many tasks."""
    rng = np.random.default_rng(1)
    found = {
        "equal": np.full(count, 7),
        "of one unit": np.ones(count),
        "huge": rng.lognormal(0, 0.5, count) * 1e6,
        "spread over three powers of ten": 10 ** rng.uniform(0, 3, count),
    }[kind]
    return [int(size) for size in np.ceil(found)]


def tasks(difficulty: list[int], heavy: bool = True) -> Workload:
    """Tasks of some difficulties, spread over the periods of `BASE`."""
    count = len(difficulty)
    return ballast.workload(np.arange(count) * BASE.periods // count, difficulty, heavy=[heavy] * count)


def trace(folder: Path) -> Path:
    """Write a trace of heavy jobs, two to a second."""
    path = folder / "trace.csv"
    rows = (f"{i // 2},{20 + i * 37 % 400},1" for i in range(12_000))
    path.write_text("\n".join(("submit,duration,heavy", *rows)) + "\n")
    return path


def measured(scenario: Scenario, workload: Workload | None = None) -> float:
    """Utilisation that comes out where operators execute nothing themselves and all machines are equally fast."""
    run = Run(scenario, workload=workload)
    operators, coprocessors = run.people
    operators.traits["complexity"], coprocessors.traits["speed"] = 0, 1
    # a load is held while the clock runs, so all bids win at its first step
    at_once = scenario if scenario.contracts else replace(scenario, record_weight=0.0, load_bonus=0.0)
    done = run_on(at_once, workload=workload, people=(operators, coprocessors))
    assert done.summary["tasks_self_executed"] == 0
    assert done.summary["tasks_unsold"] < 0.01 * done.summary["tasks_auctioned"]
    return float(done.periods["capacity_used"][start_up(done.scenario) :].mean())


@pytest.mark.parametrize(
    "change",
    [
        *({"utilisation": asked} for asked in (0.1, 0.3, 0.7)),
        *({"work": epochs} for epochs in (0.5, 2.0, 4.0)),
        *({"submit_seconds": seconds} for seconds in (400, 2_500)),
        {"work": 1.0, "submit_seconds": 1_500},
        *({"waves": waves} for waves in (1, 3, 20)),
    ],
    ids=str,
)
def test_little_s_law(change: dict[str, Any]) -> None:
    """What is held is what comes in a second times how long it stays, so the utilisation is the one asked for.

    A late task stays until its time is over, and as long again with its rescuer: more, where that time is long.
    """
    # results that overload makes late stay longer than their work takes
    scenario = replace(BASE, incentives=False, room_worth=False, **change)
    within = 0.09 if scenario.submit_seconds > 2_000 else 0.06
    assert measured(scenario) == pytest.approx(scenario.utilisation, rel=within)


@pytest.mark.parametrize("kind", ["equal", "of one unit", "huge", "spread over three powers of ten"])
def test_little_s_law_whatever_the_sizes(kind: str) -> None:
    asked = replace(BASE, utilisation=0.3)
    assert measured(asked, tasks(sizes(kind))) == pytest.approx(0.3, rel=0.12)


def test_little_s_law_for_a_trace(tmp_path: Path) -> None:
    assert measured(replace(BASE, workload=trace(tmp_path))) == pytest.approx(BASE.utilisation, rel=0.12)


def test_where_all_is_light_operators_have_the_capacity() -> None:
    """Twice what they need, as they are meant to, and half of it is used."""
    scenario = replace(BASE, heavy_share=0.0)
    run = run_on(scenario)
    assert run.summary["tasks_self_executed"] > 0.85 * run.summary["tasks_opened"]
    used = run.history["load"][start_up(run.scenario) :, 4:24].mean() / 10_000
    assert used == pytest.approx(0.5, rel=0.15)
    assert run.people[1].capacity.sum() < run.people[0].capacity.sum() / 10


def test_one_giant_among_small_tasks_is_refused() -> None:
    """Who can take it would have so much room that no utilisation that may be asked for can be had."""
    with pytest.raises(
        WorkloadError, match=r"at most 0\.00\d+ can be had, .* of 1000000 units; give fewer --periods, or"
    ):
        run_on(BASE, workload=tasks([10] * 7_999 + [10**6]))


# How long it is


def test_work_that_is_given_is_what_the_mean_heavy_task_takes() -> None:
    demand = workload_of(replace(BASE, heavy_share=0.5), np.random.default_rng(1))
    for epochs in (0.5, 1.0, 7.5):
        pace = pace_of(replace(BASE, work=epochs), demand)
        assert pace * np.sqrt(demand.difficulty[demand.heavy].mean()) == pytest.approx(epochs * EPOCH_SECONDS)
    mean = demand.difficulty[demand.heavy].mean()
    shortest = pace_of(replace(BASE, work=0.01), demand)
    assert shortest * np.sqrt(mean) == pytest.approx(2 * gap_of(BASE)), "results are looked at once a wave"


def test_else_a_coprocessor_has_some_to_do_at_a_time() -> None:
    """As many at a time as Little's law says: what comes in a second times the seconds, for each."""
    demand = tasks(sizes("equal"))
    seconds = pace_of(BASE, demand) * np.sqrt(7)
    run = BASE.periods * EPOCH_SECONDS
    assert len(demand.difficulty) / run * seconds / BASE.coprocessors == pytest.approx(HELD)


@given(
    spread=integers(0, 30),
    count=integers(1, 2_000),
    periods=integers(1, 60),
    coprocessors=integers(1, 200),
    waves=integers(1, 20),
    light=integers(0, 1),
)
def test_there_is_time_for_every_task_and_the_run_is_longer_than_any(
    spread: int, count: int, periods: int, coprocessors: int, waves: int, light: int
) -> None:
    rng = np.random.default_rng(count)
    size = np.ceil(np.minimum(rng.lognormal(3, spread / 10, count), 1e8)).astype(np.int64)
    demand = ballast.workload(np.arange(count) * periods // count, size, heavy=[not light] * count)
    scenario = replace(BASE, periods=periods, coprocessors=coprocessors, waves=waves)
    ready = fitted(scenario, demand)
    assert fitted(ready, demand) == ready
    pace, gap, run = pace_of(ready, demand), gap_of(scenario), periods * EPOCH_SECONDS
    assert pace == pytest.approx(pace_of(scenario, demand))
    longest, mean = pace * np.sqrt(size.max()), pace * np.sqrt(size.mean())
    assert 2 * gap + SLACK * longest <= ready.submit_seconds + 1e-6 < 2 * gap + SLACK * longest + 1.001
    assert ready.submit_seconds <= MAX_WINDOW
    assert mean == pytest.approx(2 * gap) or 2 * gap < mean <= LONGEST * run * (1 + 1e-9)
    assert mean == pytest.approx(2 * gap) or longest <= LATEST * run * (1 + 1e-9)
    ready.task_class().validate()
    assert 0 <= start_up(ready) <= periods - 1
    with suppress(WorkloadError):  # sizes may differ so much that the utilisation cannot be had
        for people in draw_people(ready, demand, rng):
            assert (people.capacity > 0).all()
    assert held(scenario, demand, demand.heavy) == pytest.approx(held(ready, demand, demand.heavy))


def test_the_start_up_is_the_time_for_a_result() -> None:
    assert start_up(replace(BASE, submit_seconds=EPOCH_SECONDS)) == 1
    assert start_up(replace(BASE, submit_seconds=EPOCH_SECONDS + 1)) == 2
    assert start_up(replace(BASE, submit_seconds=EPOCH_SECONDS * 1_000)) == BASE.periods - 1
    assert start_up(replace(BASE, periods=1)) == 0


def test_load_adds_up_and_follows_the_unit() -> None:
    difficulty = sizes("spread over three powers of ten", 2_000)
    demand, larger = tasks(difficulty), tasks([10 * size for size in difficulty])
    scenario = replace(BASE, work=1.0)
    some = np.arange(2_000) % 3 == 0
    everything = held(scenario, demand, some | ~some)
    assert held(scenario, demand, some) + held(scenario, demand, ~some) == pytest.approx(everything)
    assert held(scenario, larger, some | ~some) == pytest.approx(10 * everything, rel=0.001)


# What does not fit


def test_work_that_the_time_for_results_does_not_allow() -> None:
    demand = workload_of(BASE, np.random.default_rng(BASE.seed))
    asked = replace(BASE, work=3.0)
    needed = fitted(asked, demand).submit_seconds
    assert fitted(replace(asked, submit_seconds=needed), demand).submit_seconds == needed
    message = (
        rf"^work is 3\.0: the result of the largest task may take {needed} seconds, and has {needed - 1}: "
        rf"give less work, or submit_seconds of {needed}, or of 0 for what it takes$"
    )
    with pytest.raises(ParameterError, match=message):
        fitted(replace(asked, submit_seconds=needed - 1), demand)
    for refused in (Run, ballast.simulate, ballast.population):
        with pytest.raises(ParameterError, match=r"^work is 3\.0: "):
            refused(replace(asked, submit_seconds=300))
    with pytest.raises(ParameterError, match=rf"^work is 200\.0: .* seconds, and has {MAX_WINDOW}: give less work$"):
        fitted(replace(BASE, work=200.0), tasks([1] * 1_000 + [10**6]))


def test_a_class_that_is_given_has_the_time_it_has() -> None:
    """What it leaves time for is what work takes, at most."""
    demand = workload_of(BASE, np.random.default_rng(1))
    terms = ContractParameters(
        BASE.network(), ClassParameters(submit_seconds=400, complexity=10, record_weight=0, idle_discount=0)
    )
    scenario = with_contracts(replace(BASE, work=3.0), terms, "here")
    longest = pace_of(scenario, demand) * np.sqrt(demand.difficulty.max())
    assert longest * SLACK + 2 * gap_of(scenario) == pytest.approx(400)
    assert measured(scenario) == pytest.approx(scenario.utilisation, rel=0.06)
