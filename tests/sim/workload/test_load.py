"""A trace keeps its load: the utilisation asked for is the one that comes out, or it is refused in a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ballast.errors import WorkloadError
from ballast.model.constants import BPS
from ballast.sim.bidders import Fractions
from ballast.sim.machines import place_all
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from tests.sim.workload import job, swf

JOBS = 4_000
Works = Callable[[np.random.Generator], Fractions]
KINDS: dict[str, Works] = {
    "exponential": lambda rng: rng.exponential(500, JOBS),
    # run times spread evenly over the magnitudes, on processors that are powers of two
    "parallel": lambda rng: np.exp(rng.uniform(0, np.log(80_000), JOBS)) * 2.0 ** rng.integers(0, 9, JOBS),
    "lognormal": lambda rng: rng.lognormal(3, 1.75, JOBS),
    "pareto": lambda rng: 10 * (1 + rng.pareto(1.1, JOBS)),
}


def trace(folder: Path, kind: str, seed: int = 5) -> Scenario:
    """Scenario with a trace whose jobs' works are of a kind, at moments and of users that are drawn."""
    rng = np.random.default_rng(seed)
    submitted, work = np.sort(rng.uniform(0, 3e6, JOBS)), KINDS[kind](rng)
    user = np.minimum(rng.zipf(1.6, JOBS), 80)
    if kind == "parallel":
        jobs = zip(submitted.tolist(), work.tolist(), user.tolist(), strict=True)
        path = swf(
            folder, "".join(job(i, int(at), max(int(size), 1), 1, who) for i, (at, size, who) in enumerate(jobs))
        )
    else:
        path = folder / "trace.csv"
        rows = zip(submitted.tolist(), work.tolist(), user.tolist(), strict=True)
        path.write_text("submit,cost,user\n" + "".join(f"{at:.0f},{size:.4f},{who}\n" for at, size, who in rows))
    # who fears for its record asks too much for the tasks that take its whole machine, and the tail is left
    return Scenario(operators=30, coprocessors=30, workload=path, incentives=False)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        *(("exponential", asked) for asked in (0.3, 0.5, 0.75)),
        *(("parallel", asked) for asked in (0.3, 0.5, 0.75)),
        *(("lognormal", asked) for asked in (0.3, 0.5)),
        ("pareto", 0.3),
    ],
)
def test_the_utilisation_asked_for_comes_out_of_a_trace(kind: str, asked: float, tmp_path: Path) -> None:
    scenario = replace(trace(tmp_path, kind), utilisation=asked)
    runs = [run_on(replace(scenario, seed=seed)) for seed in (1, 2, 3)]
    # of so heavy a tail some are too large for all but the largest, and are not sold each time
    near = 0.2 if kind == "pareto" else 0.1
    assert np.mean([run.summary["capacity_used"] for run in runs]) == pytest.approx(asked, rel=near)
    for run in runs:
        late = run.summary["start_up"]
        assert run.summary["capacity_used"] == round(run.periods["capacity_used"][late:].mean(), 4)
        assert run.summary["tasks_unsold"] < 0.05 * JOBS


@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_coprocessor_can_take_the_largest_task(kind: str, tmp_path: Path) -> None:
    scenario = replace(trace(tmp_path, kind), utilisation=0.3)
    for seed in range(5):
        run = Run(replace(scenario, seed=seed))
        people = run.people[1]
        strongest = people.capacity.argmax()
        largest = run.demand.difficulty.max()
        assert people.capacity[strongest] * people.traits["patience"][strongest] // BPS >= largest
        assert run.pace * np.sqrt(largest) / people.traits["speed"][strongest] <= run.scenario.submit_seconds


def test_a_utilisation_that_cannot_be_had_is_refused_with_one_that_can(tmp_path: Path) -> None:
    scenario = trace(tmp_path, "pareto")
    with pytest.raises(WorkloadError) as caught:
        Run(replace(scenario, utilisation=0.8))
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    assert said.startswith("utilisation is 0.8: of these tasks at most 0.")
    had = float(said.split("at most ")[1].split(" ")[0])
    assert 0.3 < had < 0.8
    found = run_on(replace(scenario, utilisation=had - 0.05))
    assert found.summary["capacity_used"] == pytest.approx(had - 0.05, rel=0.15)


def test_fewer_tasks_than_coprocessors_have_to_do_are_taken_whatever_they_are(tmp_path: Path) -> None:
    path = swf(tmp_path, "".join(job(i, i * 100, 10 + i * 1_000, 4) for i in range(10)))
    run = run_on(Scenario(workload=path))
    assert (run.summary["tasks_opened"], run.summary["tasks_unsold"]) == (10, 0)
    assert run.summary["capacity_used"] < 0.75


def placed(difficulty: list[int], wave: list[int], capacity: list[float], limit: float = 1.0) -> tuple[float, float]:
    """Place tasks that take two waves of 40 seconds, on machines of speed 1, over four waves."""
    machines = len(capacity)
    return place_all(  # type: ignore[no-any-return]
        np.array(wave),
        np.full(len(wave), 75.0),
        np.array(difficulty),
        np.array(capacity),
        np.full(machines, limit),
        np.ones(machines),
        40,
        200,
        1 / 61,
        4,
        0,
    )


def test_tasks_are_placed_where_the_load_is_least_and_lost_without_room() -> None:
    assert placed([6], [0], [12.0]) == (2 * 6 / 4 / 12, 0)
    assert placed([6, 6], [0, 0], [12.0]) == (2 * 12 / 4 / 12, 0)
    assert placed([6, 6], [0, 0], [10.0]) == (2 * 6 / 4 / 10, 0.5)
    assert placed([6, 6], [0, 2], [10.0]) == (4 * 6 / 4 / 10, 0)
    assert placed([6, 6], [0, 0], [10.0, 10.0]) == (2 * 12 / 4 / 20, 0)
    assert placed([9, 1], [0, 0], [10.0, 10.0], 0.8) == (2 * 1 / 4 / 20, 0.9)
    # the second goes to the empty machine, so that there is no room for the third
    assert placed([4, 4, 8], [0, 0, 0], [10.0, 10.0]) == (2 * 8 / 4 / 20, 0.5)
