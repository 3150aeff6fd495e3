"""A run that was stopped goes on to the same end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ballast.errors import UserError
from ballast.model.parameters import ContractParameters
from ballast.sim import checkpoint
from ballast.sim.directory import simulate
from ballast.sim.market.steps import LATE, NOBODY, SUBMITTED, WON
from ballast.sim.output import CHECKPOINT, partial_of
from ballast.sim.period.pool import LIVING, NEVER
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario, load, with_contracts

SMALL = Scenario(operators=4, coprocessors=5, periods=12, tasks_per_period=40, seed=8, entry=0.5, leaving=0.05)
STOPPED_AFTER = 5


def stop(out: Path, engine: str, monkeypatch: pytest.MonkeyPatch, scenario: Scenario = SMALL) -> None:
    """Interrupt a run after some periods, as Ctrl-C does."""

    def progress(done: int, total: int) -> None:
        if STOPPED_AFTER * SMALL.tasks_per_period <= done < total:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    with pytest.raises(KeyboardInterrupt):
        simulate(scenario, out, progress, engine)


@pytest.mark.parametrize("engine", ["twin", "evm"])
def test_a_stopped_run_goes_on_to_the_same_digest(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    stop(out, engine, monkeypatch)
    assert not out.exists()
    done: list[int] = []
    summary = simulate(SMALL, out, lambda n, _: done.append(n), engine, resume=True)
    assert done[1] == (STOPPED_AFTER + 1) * SMALL.tasks_per_period
    whole = run_on(SMALL).summary
    free = dict.fromkeys(checkpoint_free(summary))
    assert summary | free == whole | free
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("engine", ["twin", "evm"])
def test_start_prices_go_on_where_they_were(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They have moved apart by then, and without them a run goes on to another end."""
    quick = replace(SMALL, start_gain=0.1, start_target=0.6)
    first, whole = quick.task_class().start, run_on(quick).summary["state_digest"]
    for name, spoilt in (("kept", False), ("spoilt", True)):
        out = tmp_path / name
        stop(out, engine, monkeypatch, quick)
        path = partial_of(out) / CHECKPOINT
        with np.load(path) as stored:
            arrays = dict(stored)
        starts = arrays["world.market.starts"]
        assert (starts[starts > 0] != first).any()
        if spoilt:
            starts[starts > 0] = quick.task_class().floor
            np.savez(path, **arrays)
        if not spoilt or engine == "twin":
            found = simulate(quick, out, engine=engine, resume=True)["state_digest"]
            assert (found == whole) is not spoilt


def checkpoint_free(summary: dict[str, object]) -> list[str]:
    """Figures that belong to the engine, the directory and the clock."""
    apart = ("engine", "transactions", "scenario", "date", "versions")
    return [n for n in summary if n in apart or n.startswith(("wall", "tasks_per", "rate"))]


@pytest.mark.parametrize("engine", ["twin", "evm"])
def test_tasks_under_way_go_on_too(engine: str, tmp_path: Path) -> None:
    """A run is stopped after each of its periods in turn, among tasks in every state that lasts."""
    scenario = replace(SMALL, work=2.0, effort=0.5, utilisation=1.0, submit_seconds=1_600, waiting=True)
    people = Run(scenario).people
    for group in people:
        group.traits["punctuality"], group.traits["quality"] = 0.8, 0.8
    whole = run_on(scenario, people=people)
    kept = tmp_path / "kept.npz"
    lived: set[str] = set()

    def stop(run: Run) -> None:
        pool = run.world.pool
        for task in pool.tasks[pool.lists[LIVING, : pool.counts[LIVING]]]:
            states = {
                "for sale": task["status"] == NOBODY,
                "at work": task["status"] == WON and task["ready"] < NEVER,
                "never to come": task["status"] == WON and task["ready"] == NEVER,
                "with a rescuer": task["status"] == WON and task["rescued"] == 1,
                "late": task["status"] == LATE,
                "submitted": task["status"] == SUBMITTED and task["wrong"] == 0,
                "wrong": task["status"] == SUBMITTED and task["wrong"] == 1,
            }
            lived.update(name for name, holds in states.items() if holds)
        run.done += 1
        checkpoint.save(run, kept)
        raise InterruptedError

    for _ in range(scenario.periods):
        with pytest.raises(InterruptedError):
            run_on(scenario, engine, kept_in=kept, watch=stop, people=people)
    last = run_on(scenario, engine, kept_in=kept, people=people)
    assert last.summary["state_digest"] == whole.summary["state_digest"]
    assert last.periods.tobytes() == whole.periods.tobytes()
    assert len(lived) == 7


def test_going_on_asks_for_the_same_options_and_for_something_to_go_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    with pytest.raises(UserError, match="nothing is kept"):
        simulate(SMALL, out, engine="twin", resume=True)
    with pytest.raises(UserError, match="the engine anvil cannot go on"):
        simulate(SMALL, out, engine="anvil", resume=True)
    stop(out, "twin", monkeypatch)
    with pytest.raises(UserError, match="go on with it by --resume, or remove"):
        simulate(SMALL, out, engine="twin")
    with pytest.raises(UserError, match=r"was begun with slashing 0\.1, not 0\.2"):
        simulate(replace(SMALL, slashing=0.2), out, engine="twin", resume=True)
    with pytest.raises(UserError, match=r"was begun with submit_seconds \d+, not 900"):
        simulate(replace(SMALL, submit_seconds=900), out, engine="twin", resume=True)
    with pytest.raises(UserError, match=r"was begun with waves 8, not 4"):
        simulate(replace(SMALL, waves=4), out, engine="twin", resume=True)
    with pytest.raises(UserError, match=r"was begun with work 0\.0, not 2\.0"):
        simulate(replace(SMALL, work=2.0), out, engine="twin", resume=True)
    own = ContractParameters(replace(SMALL.network(), fee=700))
    with pytest.raises(UserError, match="was begun with other parameters of the contracts; give the same") as caught:
        simulate(with_contracts(SMALL, own, "here"), out, engine="twin", resume=True)
    assert len(str(caught.value)) < 300
    with pytest.raises(UserError, match="was begun with engine twin, not evm"):
        simulate(SMALL, out, engine="evm", resume=True)
    path = partial_of(out) / CHECKPOINT
    with np.load(path) as stored:
        arrays = dict(stored)
    known = json.loads(str(arrays["known"]))
    del known["identity"]["contracts"]
    np.savez(path, **arrays | {"known": np.array(json.dumps(known))})
    with pytest.raises(UserError, match=r"cannot be read \('contracts'\); remove .* and begin anew"):
        simulate(SMALL, out, engine="twin", resume=True)
    path.write_bytes(b"no archive")
    with pytest.raises(UserError, match="cannot be read"):
        simulate(SMALL, out, engine="twin", resume=True)


def trace(path: Path, longer: int = 0) -> Path:
    """Write a trace of as many jobs as `SMALL` has tasks; the last may take longer."""
    jobs = [(i, 100 + i % 7) for i in range(SMALL.periods * SMALL.tasks_per_period)]
    jobs[-1] = (jobs[-1][0], jobs[-1][1] + longer)
    path.write_text("submit,duration\n" + "".join(f"{submit},{duration}\n" for submit, duration in jobs))
    return path


def test_going_on_asks_for_the_same_trace_wherever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, path = tmp_path / "run", trace(tmp_path / "trace.csv")
    scenario = replace(SMALL, workload=path)
    stop(out, "twin", monkeypatch, scenario)
    trace(path, longer=1)
    with pytest.raises(UserError, match=r"was begun with other tasks than those of \S+trace\.csv; give the same"):
        simulate(scenario, out, engine="twin", resume=True)
    with pytest.raises(UserError, match="was begun with other tasks than those of the scenario"):
        simulate(SMALL, out, engine="twin", resume=True)
    moved = replace(SMALL, workload=trace(tmp_path / "moved.csv"))
    summary = simulate(moved, out, engine="twin", resume=True)
    assert summary["state_digest"] == run_on(moved).summary["state_digest"]


def test_going_on_asks_for_the_same_scenario_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, path = tmp_path / "run", tmp_path / "mine.toml"
    text = "[ours]\noperators = 4\ncoprocessors = 5\nperiods = 12\ntasks_per_period = 40\n"
    path.write_text(text)
    stop(out, "twin", monkeypatch, load(path))
    path.write_text(text + "effort = 0.3\n")
    with pytest.raises(UserError, match=r"was begun with effort 0\.2, not 0\.3; give the same scenario"):
        simulate(load(path), out, engine="twin", resume=True)
    path.write_text(f'about = "the same"\n{text}')
    assert simulate(load(path), out, engine="twin", resume=True)["conserved"]


def test_a_checkpoint_that_cannot_be_written_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    saves: list[int] = []
    save = checkpoint.save

    def full(run: Run, path: Path) -> None:
        saves.append(run.done)
        if len(saves) == 4:
            raise OSError(28, "No space left on device")
        save(run, path)

    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    monkeypatch.setattr(checkpoint, "save", full)
    with pytest.raises(OSError, match="No space"):
        simulate(SMALL, out, engine="twin")
    monkeypatch.undo()
    assert simulate(SMALL, out, engine="twin", resume=True)["state_digest"] == run_on(SMALL).summary["state_digest"]
