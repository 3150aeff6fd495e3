"""Traces from the file to the run: units, what is told, what waits, and every command that reads one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ballast.cli import main
from ballast.model.constants import BPS, MAX_TASK_SLOTS
from ballast.sim import checkpoint
from ballast.sim.population import Population, draw_people
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.sim.workload import MAX_REWARDS, workload_of
from ballast.sim.workload.jobs import MAX_DIFFICULTY
from ballast.sim.workload.trace import check, read_trace
from tests.sim.workload import job, swf

SMALL = Scenario(operators=3, coprocessors=6, periods=4, seed=3)


def ballast(*arguments: object) -> Result:
    """Run the command line in this process."""
    return CliRunner(mix_stderr=False).invoke(main, list(map(str, arguments)))


# Units


@pytest.mark.parametrize(
    ("largest", "unit"),
    [(MAX_DIFFICULTY, 1), (MAX_DIFFICULTY + 1, 10), (10 * MAX_DIFFICULTY, 10), (131_072 * 43_200, 10), (1e15, 10**6)],
)
def test_the_unit_is_the_smallest_in_which_the_largest_job_fits(largest: float, unit: int, tmp_path: Path) -> None:
    path = swf(tmp_path, job(1, 0, 12_345, 1_000) + job(2, 1, largest, 1))
    found = read_trace(path, Scenario())
    assert found.notes["unit"] == unit
    assert found.difficulty.tolist() == [max(round(12_345_000 / unit), 1), round(largest / unit)]
    assert (found.notes["jobs_unusable"], found.notes["work_left_out"]) == (0, 0.0)


def test_rewards_of_a_large_machine_fit_into_a_run_even_in_a_burst(tmp_path: Path) -> None:
    path = swf(tmp_path, "".join(job(i, i, MAX_DIFFICULTY, 1) for i in range(400)))
    found = read_trace(path, Scenario(periods=2, utilisation=10.0))
    assert found.notes["unit"] == 10, "a tenth of 4e11 units earns 4e11 token units"
    assert found.reward.sum() <= MAX_REWARDS / 4 < 10 * found.reward.sum()
    run = run_on(replace(SMALL, workload=path, stress="burst"))
    assert run.summary["conserved"]
    assert run.summary["workload"]["unit"] == 100, "few participants have to have large capacities"


# What is told


def evenly(jobs: int, step: int = 60) -> str:
    """Jobs at equal distances."""
    return "".join(job(i, i * step) for i in range(jobs))


@pytest.mark.parametrize(
    ("submit", "times"),
    [(10**6 + 5_820, 173), (6_000_000, 1_040)],
)
def test_a_job_far_from_all_others_is_told_with_its_line(submit: int, times: int, tmp_path: Path) -> None:
    path = swf(tmp_path, evenly(50) + job(99, submit, 7) + evenly(100))
    [said] = check(path)
    assert said.startswith(f"workload {path}, line 54: submitted at {submit} s, {times} times as far from the others ")
    assert "mend or leave out the line" in said
    assert "more like it" not in said
    assert check(swf(tmp_path, evenly(150), "even.swf")) == []


def test_jobs_before_and_after_the_others_are_told_too(tmp_path: Path) -> None:
    late = "".join(job(i, 10**7 + i * 60) for i in range(100))
    [said] = check(swf(tmp_path, job(1, 0) + late + job(2, 10**8)))
    assert "line 105: submitted at 100000000 s" in said
    assert "and 1 more like it" in said


def test_few_jobs_and_real_gaps_are_not_told(tmp_path: Path) -> None:
    for text in (evenly(1), evenly(2, 10**6), job(1) * 9, evenly(60) + job(61, 60 * 60 * 5)):
        assert check(swf(tmp_path, text)) == []


def test_a_job_that_makes_the_unit_too_large_for_the_others_is_told(tmp_path: Path) -> None:
    [said] = check(swf(tmp_path, evenly(9) + job(10, 300, 10**9, 10**6)))
    assert "line 13: 1e+15 processor-seconds make the unit of difficulty 1000000" in said


@pytest.mark.parametrize(
    "command",
    [("simulate", "--engine", "twin"), ("parity", "--engines", "twin,evm"), ("stress", "--stress", "outage")],
    ids=lambda command: command[0],
)
def test_commands_warn_once_on_stderr(command: tuple[str, ...], tmp_path: Path) -> None:
    path = swf(tmp_path, evenly(60) + job(99, 10**7))
    size = ("--operators", 2, "--coprocessors", 3, "--periods", 3)
    out = () if command[0] == "parity" else ("--out", tmp_path / "out")
    seeds = ("--seeds", 2, "--workers", 1) if command[0] == "stress" else ()
    done = ballast(*command, *size, *seeds, *out, "--workload", path, "--json")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("ballast: warning: workload ") == 1
    json.loads(done.stdout)


# Every command that reads one


COMMANDS = {
    "simulate": ("simulate", "--engine", "twin", "--workload"),
    "plan": ("plan", "--workload"),
    "parity": ("parity", "--engines", "twin,evm", "--workload"),
    "compare": ("compare", "--seeds", "2", "--workload"),
    "regret": ("compare", "--regret", "--seeds", "2", "--workload"),
    "stress": ("stress", "--seeds", "2", "--workload"),
    "sweep": ("sweep", "--seeds", "2", "--set"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_mistaken_trace_is_one_line_and_leaves_no_folder(command: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("submit,duration\n0,1\n5,1_000\n")
    out = () if command == "parity" else ("--out", tmp_path / "new" / "out")
    name = f"workload={path}" if command == "sweep" else path
    done = ballast(*COMMANDS[command], name, *out)
    assert done.exit_code == 2
    says = f"ballast: workload {path}, line 3: duration is '1_000': give seconds, a number from 0\n"
    assert (done.stdout, done.stderr) == ("", says)
    assert list(tmp_path.iterdir()) == [path]


def test_a_trace_of_a_scenario_file_is_read_by_the_same_rules(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.toml"
    scenario.write_text(f'[ours]\nworkload = "{tmp_path / "nowhere.swf"}"\n')
    done = ballast("simulate", "--scenario", scenario, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"ballast: workload {tmp_path / 'nowhere.swf'} cannot be read: No such file")
    assert not (tmp_path / "out").exists()


# Runs


def accounted(run: Run, jobs: int) -> dict[str, int]:
    """Figures of a run in which every job is accounted for."""
    s = run.summary
    assert s["workload"]["jobs_read"] == jobs
    assert s["tasks_opened"] + s["tasks_unplaced"] + s["tasks_waiting"] == jobs
    assert s["conserved"]
    return {name: s[name] for name in ("tasks_opened", "tasks_waited", "tasks_waiting", "longest_wait")}


def roomy(scenario: Scenario) -> tuple[Population, Population]:
    """Participants who have room for everything at once, so that nothing expires."""
    people = draw_people(scenario, workload_of(scenario, np.random.default_rng(1)), np.random.default_rng(2))
    for each in people:
        each.capacity[:], each.funds[:] = 10**6, 10**10
    return people


def test_what_does_not_fit_into_the_slots_of_an_operator_waits(tmp_path: Path) -> None:
    path = swf(
        tmp_path, "".join(job(i, 0 if i < 2_100 else 999, 3, 1, user=1 + i % 2 * (i > 2_050)) for i in range(2_200))
    )
    slow = replace(SMALL, workload=path, work=2.0, periods=10)
    run = run_on(slow, people=roomy(slow))
    came = read_trace(path, SMALL)
    assert np.bincount(came.period * 3 + came.operator).max() > 2 * MAX_TASK_SLOTS - 3
    found = accounted(run, 2_200)
    assert found["tasks_opened"] == 2_200
    assert found["tasks_waited"] == 2_075 - MAX_TASK_SLOTS
    assert found["longest_wait"] > 1
    assert run.periods["opened"][0] == MAX_TASK_SLOTS + 25
    assert run.periods["queued"][0] == 2_075 - MAX_TASK_SLOTS
    assert (np.diff(run.periods["queued"]) <= 0).all()
    short = run_on(replace(slow, periods=1), people=roomy(slow))
    assert accounted(short, 2_200)["tasks_waiting"] == 2_200 - MAX_TASK_SLOTS - 75


def test_jobs_of_nobody_are_shared_out_and_wait_for_any_slot(tmp_path: Path) -> None:
    path = swf(tmp_path, "".join(job(i, 0, 3, 1, user=-1) for i in range(4_000)))
    slow = replace(SMALL, workload=path, work=2.0, periods=6)
    run = run_on(slow, people=roomy(slow))
    found = accounted(run, 4_000)
    assert found["tasks_opened"] == 4_000
    assert run.periods["opened"][0] == 3 * MAX_TASK_SLOTS
    assert found["tasks_waited"] == 4_000 - 3 * MAX_TASK_SLOTS


def test_which_operators_the_users_are_is_drawn(tmp_path: Path) -> None:
    """A log numbers its users as it meets them, so the first would always be the busiest; each has one operator."""
    path = swf(tmp_path, "".join(job(i, i, 5, 1, user=i % 3 if i % 4 else -1) for i in range(60)))
    scenario = Scenario(operators=8, coprocessors=4, periods=4, workload=path)
    met = set()
    for seed in range(60):
        workload = Run(replace(scenario, seed=seed)).workload
        read = read_trace(path, scenario)
        assert np.array_equal(workload.operator < 0, read.operator < 0)
        pairs = set(zip(read.operator.tolist(), workload.operator.tolist(), strict=True)) - {(-1, -1)}
        assert len(pairs) == len({new for _, new in pairs}) == 3
        met |= {new for old, new in pairs if old == 0}
    assert met == set(range(8))


@pytest.mark.parametrize("jobs", [1, 2, 10])
@pytest.mark.parametrize("user", [-1, 7])
def test_small_traces_are_done_with_the_default_options(jobs: int, user: int, tmp_path: Path) -> None:
    path = swf(tmp_path, "".join(job(i, i * 100, 10 + i * 1_000, 4, user) for i in range(jobs)))
    # who fears for its record asks too much for a task that takes its whole machine
    run = run_on(Scenario(workload=path, incentives=False))
    assert accounted(run, jobs)["tasks_opened"] == jobs
    assert run.summary["tasks_unsold"] == 0


def test_jobs_of_one_second_come_in_one_period(tmp_path: Path) -> None:
    path = swf(tmp_path, "".join(job(i, 5, 10 + i % 50, 4, i % 3) for i in range(300)))
    run = run_on(Scenario(workload=path))
    assert accounted(run, 300)["tasks_opened"] == 300
    assert run.periods["opened"].tolist() == [300] + [0] * 49


def test_somebody_has_room_for_the_largest_job_and_every_operator_for_the_largest_light_one(tmp_path: Path) -> None:
    path = swf(tmp_path, evenly(40) + job(50, 70, 10**6, 100) + job(51, 71, 9, 4))
    for seed in range(8):
        operators, coprocessors = Run(Scenario(workload=path, coprocessors=1, operators=5, seed=seed)).people
        assert coprocessors.capacity[0] * coprocessors.traits["patience"][0] // BPS >= 10**8
        assert operators.capacity.min() >= 40


@pytest.mark.parametrize("user", [-1, 7])
def test_the_contracts_agree_on_traces_that_wait(user: int, tmp_path: Path) -> None:
    path = swf(tmp_path, "".join(job(i, 0, 3, 1, user if i % 3 else -1) for i in range(1_300)))
    scenario = Scenario(operators=1, coprocessors=4, periods=5, workload=path, work=2.0)
    twin, evm = (run_on(scenario, engine, people=roomy(scenario)) for engine in ("twin", "evm"))
    assert accounted(evm, 1_300)["tasks_waited"] == 1_300 - MAX_TASK_SLOTS
    assert twin.summary["state_digest"] == evm.summary["state_digest"]


def test_a_stopped_run_of_a_trace_that_waits_goes_on_to_the_same_end(tmp_path: Path) -> None:
    path = swf(tmp_path, "".join(job(i, 99 * (i > 3_000), 3, 1, i % 2) for i in range(4_000)))
    scenario = replace(SMALL, workload=path, periods=6, work=2.0)
    kept = tmp_path / "checkpoint.npz"

    def stop(run: Run) -> None:
        if run.done == 0:
            run.done += 1
            checkpoint.save(run, kept)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run_on(scenario, watch=stop, people=roomy(scenario))
    whole = run_on(scenario, people=roomy(scenario))
    assert whole.periods["queued"][0] > 0
    assert (
        run_on(scenario, kept_in=kept, people=roomy(scenario)).summary["state_digest"] == whole.summary["state_digest"]
    )


def test_summary_and_report_tell_the_unit_and_what_waits(tmp_path: Path) -> None:
    path = swf(tmp_path, evenly(60, 1) + job(1, 30, 2**31, 1))
    out = tmp_path / "run"
    size = ("--operators", 2, "--coprocessors", 3, "--workload", path)
    shown = ballast("simulate", "--engine", "twin", "--periods", 4, *size, "--out", out).stdout
    for phrase in ("tasks waiting", "longest wait", "jobs cancelled", "unit of", "processor-seconds", "work left out"):
        assert phrase in shown
    assert ballast("report", out).exit_code == 0
    page = " ".join((out / "report.html").read_text().split())
    for phrase in (">Trace<", "processor-seconds", "waiting", "work left out"):
        assert phrase in page
