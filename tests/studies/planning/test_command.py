"""The command: a small trace planned for, its files, and one line for a mistake."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from click.testing import CliRunner, Result

from ballast.cli import main
from ballast.sim.population import draw_operators
from ballast.sim.run import generators
from ballast.sim.scenario import Scenario
from ballast.studies.planning.capacity import at_pace, participants
from ballast.studies.planning.demand import demand_of
from ballast.studies.planning.figure import draw
from ballast.studies.planning.plan import Answer, answer, streams_of
from ballast.studies.planning.printed import show
from ballast.studies.planning.question import Question

PERIODS, SEASON, HORIZON, WINDOWS = 60, 6, 6, 2
PERIOD_SECONDS = 3_600


def trace(path: Path, last: float = 1.0) -> Path:
    """Write a trace whose demand repeats every six hours, the last six of them ``last`` times as many heavy jobs."""
    rng = np.random.default_rng(1)
    mean = 20.0 * np.exp(0.6 * np.cos(2.0 * np.pi * np.arange(PERIODS) / SEASON))
    heavy = rng.poisson(mean)
    heavy[-HORIZON:] = np.rint(last * heavy[-HORIZON:])
    lines: list[str] = []
    for period, jobs in enumerate(heavy):
        # More light jobs than heavy ones, so that light is the median, and one on each border of a period.
        for seconds, number in ((10, 60), (100 + period % 3, jobs)):
            for submitted in np.linspace(period * PERIOD_SECONDS, (period + 1) * PERIOD_SECONDS - 1, number):
                lines.append(
                    f"{len(lines) + 1} {int(submitted)} 0 {seconds} 1 -1 -1 1 -1 -1 1 {len(lines) % 7} 1" + " -1" * 5
                )
    path.write_text("\n".join(lines) + "\n")
    return path


def question(workload: Path) -> Question:
    """Ask for a plan for a trace."""
    scenario = Scenario(operators=5, coprocessors=8, periods=PERIODS, workload=workload)
    return Question(scenario, SEASON, HORIZON, WINDOWS, 0.95)


def arguments(workload: Path) -> list[str]:
    """Ask the same in words."""
    asked = {"workload": workload, "periods": PERIODS, "season": SEASON, "horizon": HORIZON, "windows": WINDOWS}
    asked |= {"operators": 5, "coprocessors": 8, "service-level": 0.95}
    return [part for name, value in asked.items() for part in (f"--{name}", str(value))]


def run(*arguments: str | Path) -> Result:
    """Run ``ballast plan``."""
    return CliRunner(mix_stderr=False).invoke(main, ["plan", *map(str, arguments)])


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the trace."""
    return trace(tmp_path_factory.mktemp("trace") / "trace.swf")


@pytest.fixture(scope="module")
def found(workload: Path) -> Answer:
    """Plan for it."""
    return answer(question(workload))


def heavy_jobs(workload: Path) -> list[int]:
    """Jobs of a hundred seconds or more, by hour."""
    jobs = [line.split() for line in workload.read_text().splitlines()]
    hours = [int(j[1]) // PERIOD_SECONDS for j in jobs if int(j[3]) >= 100]
    return [hours.count(hour) for hour in range(PERIODS)]


def test_the_demand_is_the_heavy_jobs_by_period(found: Answer, workload: Path) -> None:
    expected = heavy_jobs(workload)
    assert found.demand.arrivals.tolist() == expected
    pace = found.demand.pace
    assert found.demand.work == pytest.approx([n * pace * (100 + hour % 3) ** 1.5 for hour, n in enumerate(expected)])


def test_demand_people_and_what_happens_to_tasks_have_streams_of_their_own() -> None:
    scenario = Scenario(operators=5, coprocessors=5, periods=30, tasks_per_period=20, seed=5)
    found = answer(Question(scenario, season=4, horizon=2, windows=1, level=0.9))
    streams = streams_of(5, 3)
    drawn = demand_of(scenario, 4, 28, np.random.default_rng(streams[0]))
    assert found.demand.tasks.difficulty.tolist() == drawn.tasks.difficulty.tolist()
    # those of a run, its people among them, and those of the plan
    states = [str(rng.bit_generator.state) for rng in (*generators(5), *map(np.random.default_rng, streams))]
    assert len(set(states)) == len(states)
    operators = draw_operators(at_pace(scenario, drawn), drawn.tasks, 5, generators(5)[1])
    assert participants(scenario, drawn)[0].traits["speed"].tolist() == operators.traits["speed"].tolist()


def test_plans_keep_their_promise(found: Answer) -> None:
    for record in found.records.values():
        tasks = sum(trial.tasks for trial in record.trials)
        # The promise is of the mean over futures, of which two came: two standard errors of so many tasks are left.
        assert record.sold >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / tasks)
    assert found.plan.total_capacity > found.plan.work


def test_best_has_the_smallest_loss_and_plans_for_what_comes(found: Answer) -> None:
    losses = {name: record.scores.loss for name, record in found.records.items()}
    assert losses[found.best] == min(losses.values())
    assert found.forecast.origin == PERIODS
    assert len(found.forecast.mean) == HORIZON


def test_what_comes_later_changes_no_plan_made_before(found: Answer, tmp_path: Path) -> None:
    other = answer(question(trace(tmp_path / "other.swf", last=0.5)))
    for name, record in found.records.items():
        for mine, its in zip(record.trials, other.records[name].trials, strict=True):
            assert mine.plan == its.plan
            assert (mine.forecast.quantiles == its.forecast.quantiles).all()
        assert record.trials[1].tasks > 1.5 * other.records[name].trials[1].tasks
        assert record.trials[0].sold == other.records[name].trials[0].sold
        assert record.scores != other.records[name].scores
    assert found.plan != other.plan


def test_records_add_up(found: Answer) -> None:
    record = found.records["ets"]
    sold = sum(t.tasks * t.sold for t in record.trials)
    assert record.sold == pytest.approx(sold / sum(t.tasks for t in record.trials))
    assert sum(t.work for t in record.trials) == found.demand.work[-WINDOWS * HORIZON :].sum()
    offered = sum(t.plan.total_capacity for t in record.trials) * HORIZON
    assert record.load == pytest.approx(sum(t.work for t in record.trials) / offered)


def test_files_say_what_was_found(found: Answer, workload: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan"
    result = run(*arguments(workload), "--out", out, "--json")
    assert result.exit_code == 0, result.output
    printed: dict[str, Any] = json.loads(result.stdout)
    assert printed == json.loads((out / "plan.json").read_text())
    assert printed["plan"]["total_capacity"] == found.plan.total_capacity
    assert printed["scenario"]["name"] == "market"
    assert {"coprocessors", "periods", "workload"} <= set(printed["scenario"]["changed"])
    assert {"seed", "date", "versions"} <= printed.keys()
    assert printed["plan"]["total_stake"] == found.plan.total_stake
    assert printed["asked"]["workload"] == "trace.swf"
    assert [w["sold"] for w in printed["forecasters"]["ets"]["windows"]] == [
        t.sold for t in found.records["ets"].trials
    ]
    with (out / "forecast.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == (3 * WINDOWS + 1) * HORIZON
    jobs = heavy_jobs(workload)
    for row in rows:
        period = int(row["period"])
        assert row["came"] == (str(jobs[period]) if period < PERIODS else "")
        assert float(row["q0.05"]) <= float(row["q0.5"]) <= float(row["q0.99"])
    assert rows[-1]["forecaster"] == found.best
    assert int(rows[-1]["period"]) == PERIODS + HORIZON - 1
    assert {path.name for path in out.iterdir()} == {"plan.json", "forecast.csv", "plan.png", "plan.svg"}


def test_the_picture_shows_the_windows_and_what_comes(found: Answer, tmp_path: Path) -> None:
    draw(found, tmp_path)
    image = matplotlib.image.imread(tmp_path / "plan.png")[..., :3]
    for color in ((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), (0, 0, 0)):
        assert (np.abs(image - np.array(color) / 255.0) < 0.02).all(axis=-1).sum() > 300
    first = (tmp_path / "plan.svg").read_bytes()
    draw(found, tmp_path)
    assert (tmp_path / "plan.svg").read_bytes() == first


def test_tables_are_printed(found: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    show(found)
    printed = capsys.readouterr().out
    record = found.records["ets"]
    for word in ("NB2 GAS", "ETS of logs", "seasonal naive", f"{record.scores.mase:.3f}", f"{record.sold:.2%}"):
        assert word in printed
    for number in (found.plan.total_capacity, found.plan.total_stake, found.plan.queue.servers):
        assert f"{number:,}" in printed
    jobs = found.demand.tasks.notes["jobs_read"]
    assert printed.endswith(f"{jobs:,} jobs read; 1 unit of difficulty is 1 processor-seconds\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--season", "1"], "--season is 1: give a whole number from 2"),
        (["--horizon", "0"], "--horizon is 0"),
        (["--windows", "0"], "--windows is 0"),
        (["--service-level", "1"], "--service-level is 1.0: give a fraction between 0 and 1"),
        (["--service-level", "nan"], "--service-level is nan"),
        (["--coprocessors", "0"], "--coprocessors is 0"),
        (["--preset", "steep"], "--preset is 'steep'"),
        (["--windows", "30"], "30 windows of 24 leave 0 of 480 periods to learn from"),
        (["--workload", "/nowhere/trace.swf"], "workload /nowhere/trace.swf cannot be read"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("ballast: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


def test_a_directory_that_exists_is_not_overwritten(workload: Path, tmp_path: Path) -> None:
    result = run(*arguments(workload), "--out", tmp_path)
    assert result.exit_code == 2
    assert f"--out {tmp_path} exists" in result.stderr


def test_a_demand_without_heavy_tasks_or_change_is_refused(tmp_path: Path) -> None:
    line = "{} {} 0 {} 1 -1 -1 1 -1 -1 1 1 1" + " -1" * 5 + "\n"
    alike, steady = tmp_path / "alike.swf", tmp_path / "steady.swf"
    alike.write_text("".join(line.format(i, i * 60, 10) for i in range(PERIODS)))
    steady.write_text("".join(line.format(i, i * 30, 10 + i % 2) for i in range(2 * PERIODS)))
    assert "no task of the workload is heavy" in run(*arguments(alike)).stderr
    assert "arrivals repeat exactly every 6 periods" in run(*arguments(steady)).stderr
