"""Comparing rules: measures, paired intervals, what is written and said."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from ballast.cli import main
from ballast.errors import ParameterError
from ballast.model.constants import PPM
from ballast.signals import withheld
from ballast.sim.known_populations import POPULATIONS, inhabited, peopled
from ballast.sim.market.records import Records
from ballast.sim.market.steps import EXPIRED, FAILED, FORFEITED
from ballast.sim.period.pool import LIVING
from ballast.sim.run import Progress, Run, run_on
from ballast.sim.scenario import ALLOCATIONS, Scenario
from ballast.studies.compare.command import in_each
from ballast.studies.compare.comparison import Comparison, by_population, compare, spread, write
from ballast.studies.compare.regret import regret
from ballast.studies.compare.rules import FIXED, OURS, RULES, rule_of, under
from ballast.studies.compare.settings import FIRST_SEED, published
from ballast.studies.measures import AUCTIONS, EFFICIENCY, MEASURES, measured, of_auctions

JUDGED = (*MEASURES, *AUCTIONS)
"""What rules are always judged by."""
SMALL = Scenario(operators=10, coprocessors=10, periods=6, tasks_per_period=100, seed=21)
SHORT = Scenario(operators=5, coprocessors=5, periods=3, tasks_per_period=30)
OPTIONS = ["--operators", "5", "--coprocessors", "5", "--periods", "3", "--tasks-per-period", "30", "--seeds", "2"]


def ballast(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner(mix_stderr=False).invoke(main, ["compare", *arguments])


@pytest.fixture(scope="module")
def study() -> Comparison:
    """Return a small study of all rules, with the optimum of the last periods."""
    return compare(SMALL, 3, window=2)


def test_ours_wins_where_the_other_is_worse_whichever_way_better_lies() -> None:
    ours = dict.fromkeys(JUDGED, 0.5)
    low, high = (dict.fromkeys(JUDGED, v) for v in (0.4, 0.6))
    runs = {rule: {s: dict(of) for s in (1, 2)} for rule, of in ((OURS, ours), ("random", low), ("rising", high))}
    study = Comparison(SMALL, 0, [1, 2], runs)
    assert study.contests["random"]["price"].verdict == study.contests["rising"]["welfare"].verdict == "loses"
    assert study.contests["random"]["welfare"].verdict == study.contests["rising"]["price"].verdict == "wins"
    assert study.contests[OURS]["price"].verdict == ""


def test_what_may_be_chance_beside_the_other_differences_is_no_verdict() -> None:
    # Three seeds, a mean of 0.1: p = 0.029 by Student's t, of one difference among 15. Catches verdicts by intervals.
    ours = {s: dict.fromkeys(JUDGED, 0.5) for s in (1, 2, 3)}
    theirs = {s: dict.fromkeys(JUDGED, 0.5) | {"price": 0.5 + d} for s, d in ((1, 0.07), (2, 0.1), (3, 0.13))}
    study = Comparison(SMALL, 0, [1, 2, 3], {OURS: ours, "random": theirs})
    assert study.contests["random"]["price"].difference.sign == 1
    assert study.contests["random"]["price"].verdict == ""


def test_differences_are_taken_seed_by_seed() -> None:
    ours = {1: dict.fromkeys(JUDGED, 0.1), 2: dict.fromkeys(JUDGED, 0.9)}
    theirs = {s: {n: v + 0.01 for n, v in of.items()} for s, of in ours.items()}
    contest = Comparison(SMALL, 0, [1, 2], {OURS: ours, "random": theirs}).contests["random"]["price"]
    assert contest.difference.mean == pytest.approx(0.01)
    assert contest.difference.half < 1e-9
    assert contest.theirs.half > 1


def test_every_rule_changes_what_it_says_and_nothing_else() -> None:
    for name, rule in ((name, rule_of(name)) for name in RULES):
        scenario = under(name, SMALL)
        scenario.validate()
        assert replace(SMALL, **rule.changes) == scenario
    assert {rule.changes.get("allocation", "dutch") for rule in map(rule_of, RULES)} == set(ALLOCATIONS)


@pytest.mark.parametrize("rule", ["random", "rising", "static_reputation", "no_curve", "waiting", "rising_marked_up"])
def test_a_scenario_that_departs_from_our_auction_is_refused(rule: str) -> None:
    with pytest.raises(ParameterError, match="is what is compared"):
        compare(under(rule, SMALL), 2)


def test_measures_are_shares_of_what_they_say() -> None:
    books: list[tuple[int, int, int]] = []
    ended: list[Records] = []

    def watch(run: Run) -> None:
        known = run.world.fortune[4:]
        rewards = int(run.world.market.ledger[0]["rewards"])
        books.append((rewards, int(known["spent"].sum()), int(known["slashed"].sum())))
        ended.append(run.tasks.copy())

    run = run_on(replace(SMALL, periods=12), watch=watch)
    start_up = run.summary["start_up"]
    assert start_up == 3
    after = start_up + 3  # of nine periods that are left, three tenths, rounded up
    p, tasks = run.periods[after:], np.concatenate(ended[after:])
    assert p["unplaced"].sum() == 0
    found = measured(run)
    offered, executed = tasks["reward"].sum(), tasks[tasks["outcome"] != EXPIRED]
    assert len(executed) < len(tasks)
    failed = np.isin(executed["outcome"], (FAILED, FORFEITED))
    won = p["sold_early"].sum() + p["sold_later"].sum() + p["sold_again"].sum()
    assert found["fill"] == won / (won + len(tasks) - len(executed))
    auctioned = executed[~failed & (executed["own"] == 0)]
    assert found["price"] == auctioned["price"].sum() / auctioned["reward"].sum()
    # Transfers cancel: what executors, operators and the fee take is the reward.
    rewards, spent, lost = np.subtract(books[-1], books[after - 1])
    assert found["welfare"] == pytest.approx((rewards - spent) / offered, rel=1e-7)
    assert found["benefit"] == pytest.approx((rewards - spent - lost) / offered, rel=1e-7)
    assert 0 < found["failures"] == failed.mean()
    assert found["late"] == executed["late"].mean()
    assert found["slashes"] == p["slashed"].sum() / offered
    assert found["served"] == (~failed).sum() / len(tasks)


def test_held_fixed_all_rules_auction_the_same_tasks_and_pay_rescuers_the_same() -> None:
    kept, rescued = [], 0
    for rule in RULES:
        ended: list[Records] = []
        scenario = replace(under(rule, SMALL), **FIXED)  # type: ignore[arg-type]
        run = run_on(scenario, watch=lambda run, ended=ended: ended.append(run.tasks.copy()))  # type: ignore[misc]
        pool = run.world.pool
        tasks = np.concatenate((*ended, pool.tasks[pool.lists[LIVING, : pool.counts[LIVING]]]))
        own = tasks[(tasks["own"] == 1) & (tasks["second_chance"] == 0)]
        kept.append(sorted(own[["operator", "difficulty", "reward"]].tolist()))
        taken = tasks[tasks["rescued"] == 1]
        assert (taken["price"] == taken["reward"] * scenario.task_class().cap // PPM).all()
        rescued += len(taken)
    assert len(kept[0]) > 100
    assert all(of_rule == kept[0] for of_rule in kept)
    assert rescued > 10


def test_what_never_happens_is_not_a_number_and_null_in_json() -> None:
    nothing = replace(SMALL, heavy_share=0.0, periods=1, tasks_per_period=1)
    run = run_on(nothing)
    found = measured(run) | of_auctions(run)
    assert math.isnan(found["price"])
    study = Comparison(nothing, 0, [1, 2], {OURS: {1: found, 2: found}})
    assert study.to_json()["rules"][OURS]["measures"]["price"]["mean"] is None
    json.dumps(study.to_json(), allow_nan=False)


def test_rules_meet_the_same_tasks_and_the_result_does_not_depend_on_who_runs_it(study: Comparison) -> None:
    again = compare(SMALL, 3, ("random", "shortest_queue"), 2, workers=2)
    assert list(again.runs) == [OURS, "random", "shortest_queue"]
    for rule, runs in again.runs.items():
        assert runs == study.runs[rule]
    assert measured(run_on(replace(SMALL, seed=22)))["slashes"] == study.runs[OURS][22]["slashes"]


def test_known_orders_come_out(study: Comparison) -> None:
    def mean(rule: str, name: str) -> float:
        return float(np.mean([run[name] for run in study.runs[rule].values()]))

    for rule in ("random", "round_robin", "shortest_queue", "two_choices"):
        assert mean(rule, "price") == pytest.approx(0.98, abs=1e-5)
    # start prices that learn lead below those that stay, and so do handicaps; a rising clock begins where asks are low
    assert mean(OURS, "price") < mean("handicaps", "price") < mean("price_dutch", "price") < 0.98
    assert mean("rising", "price") < mean("handicaps", "price")
    # who asks more is paid more
    for rule in ("rising", "second_price"):
        assert mean(rule, "price") < mean(f"{rule}_marked_up", "price")
    assert mean("shortest_queue", "jain") > mean("two_choices", "jain") > mean("random", "jain")
    for rule in RULES:
        assert 0 < mean(rule, "efficiency_lp") <= 1
    assert study.worst_gap < 0.2


def test_the_directory_holds_every_run_and_every_difference(study: Comparison, tmp_path: Path) -> None:
    studies = {"uniform": study, "mixed": replace(study, runs={rule: study.runs[rule] for rule in (OURS, "random")})}
    write(studies, tmp_path)
    written = json.loads((tmp_path / "comparison.json").read_text())
    assert written == json.loads(json.dumps(by_population(studies)))
    for name in studies:
        assert written[name]["population"]["fields"] == POPULATIONS[name].fields
    runs = pq.read_table(tmp_path / "runs.parquet").to_pylist()
    assert len(runs) == 3 * (len(RULES) + 2)
    assert runs[4] == {"population": "uniform", "rule": RULES[1], "seed": 22, **study.runs[RULES[1]][22]}
    with (tmp_path / "comparison.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == (len(RULES) + 2) * (len(JUDGED) + len(EFFICIENCY))
    assert len({(r["population"], r["rule"], r["measure"]) for r in rows}) == len(rows)
    contest = study.contests["rising"]["price"]
    (row,) = [r for r in rows if (r["population"], r["rule"], r["measure"]) == ("uniform", "rising", "price")]
    assert float(row["difference"]) == contest.difference.mean
    assert float(row["difference_half"]) == contest.difference.half
    assert row["ours"] == contest.verdict


def test_the_command_prints_both_tables_and_writes_what_it_prints(tmp_path: Path) -> None:
    out = tmp_path / "new" / "study"
    done = ballast(*OPTIONS, "--rules", "rising", "--workers", "1", "--optimum", "3", "--out", str(out))
    assert done.exit_code == 0, done.stderr
    for text in (
        "2 seeds from 1001 on, 3 periods less start-up and warm-up, percent",
        "difference to ours",
        "ours wins:",
        "ours loses:",
        "largest distance of a bound",
    ):
        assert text in " ".join(done.stdout.split())
    assert sorted(p.name for p in out.iterdir()) == ["comparison.csv", "comparison.json", "runs.parquet"]
    written = json.loads((out / "comparison.json").read_text())
    assert list(written) == list(POPULATIONS)
    for population, found in written.items():
        assert {"scenario", "seed", "date", "versions"} <= found.keys()
        assert found["parameters"].items() >= POPULATIONS[population].fields.items()
    assert max(map(len, done.stdout.splitlines())) <= 160


def test_progress_is_that_of_all_populations() -> None:
    seen: list[tuple[int, int]] = []

    def study(scenario: Scenario, progress: Progress) -> float:
        for done in (1, 2):
            progress(done, 2)
        return scenario.bad_share

    found = in_each(peopled(SMALL), study, lambda done, total: seen.append((done, total)))
    assert found == {"uniform": 0.0, "mixed": 0.2}
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_gains_of_deviating_are_told_by_population() -> None:
    done = ballast(*OPTIONS, "--regret", "--population", "mixed", "--workers", "1", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["mixed"]
    gains = regret(inhabited(replace(SHORT, seed=FIRST_SEED), "mixed"), 2, ["rising"])["rising"]
    assert found["mixed"]["rules"]["rising"] == {name: asdict(gain) for name, gain in gains.items()}


def test_a_scenario_file_is_the_base_and_options_go_before_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[ours]\ntasks_per_period = 30\noperators = 5\ncoprocessors = 5\nperiods = 9\nseed = 40\n")
    options = ["--scenario", str(file), "--periods", "2", "--utilisation", "0.5", "--seeds", "2", "--workers", "1"]
    done = ballast(*options, "--rules", "random", "--population", "mixed", "--json")
    assert done.exit_code == 0, done.stderr
    (found,) = json.loads(done.stdout).values()
    assert found["parameters"]["bad_share"] == 0.2
    kept = {name: found["parameters"][name] for name in ("operators", "periods", "utilisation", "tasks_per_period")}
    assert kept == {"operators": 5, "periods": 2, "utilisation": 0.5, "tasks_per_period": 30}
    assert found["seeds"] == [40, 41]
    assert found["seed"] == 40
    assert found["scenario"] == {"name": "mine", "changed": ["periods", "utilisation"]}
    assert list(found["rules"]) == ["ours", "random"]


def test_a_file_with_another_rule_is_no_base(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[ours]\nallocation = "rising"\n')
    done = ballast("--scenario", str(file), "--seeds", "2")
    assert done.exit_code == 2
    assert "allocation is 'rising', and is what is compared" in done.stderr


def test_the_auction_before_keeps_what_else_was_otherwise() -> None:
    before = under("handicaps", SMALL)
    assert (before.rescue_at_cap, before.preset) == (False, "idle_neutral")
    assert under("rising", SMALL) == replace(SMALL, allocation="rising")


@pytest.mark.parametrize(("seed", "given", "first"), [(1, None, FIRST_SEED), (1, 1, 1), (40, None, 40), (40, 40, 40)])
def test_a_seed_that_is_given_is_taken_and_others_are_those_of_figures(
    seed: int, given: int | None, first: int
) -> None:
    assert published(replace(SMALL, seed=seed), given).seed == first


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seeds", "1"], "--seeds is 1"),
        (["--rules", "random,lottery"], "--rules has 'lottery'"),
        (["--utilisation", "0"], "--utilisation is 0.0"),
        (["--periods", "3", "--optimum", "4"], "--optimum is 4"),
        (["--scenario", "nowhere"], "scenario nowhere is unknown"),
        (["--workers", "0"], "--workers"),
        (["--seed", str(2**63 - 1)], "--seed is"),
        (["--regret", "--seeds", "1"], "--seeds is 1"),
        (["--range", "--seeds", "1"], "--seeds is 1"),
        (["--population", "mixed,martians"], "--population has 'martians'"),
        (["--range", "--population", "mixed"], "--range and --population both say who takes part"),
        (["--range", "--utilisation", "0.5"], "utilisation is 0.5, and --range decides it"),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = ballast("--out", str(tmp_path / "study"), *arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("ballast: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert not any(tmp_path.iterdir())


def deaf(_job: int) -> bool:
    """Whether Ctrl-C does not reach this process."""
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_ctrl_c_reaches_no_process_from_its_start_on() -> None:
    assert dict(spread(deaf, [0, 1, 2], workers=2)) == {0: False, 1: True, 2: True}


@pytest.mark.parametrize("threads", [0, 1])
def test_ctrl_c_that_comes_while_processes_start_is_taken_when_they_have(threads: int) -> None:
    came = []
    over = threading.Event()

    def starting() -> None:
        with withheld():
            os.kill(os.getpid(), signal.SIGINT)  # the system gives it to any thread that takes it
            time.sleep(0.01)
            came.append("not yet")

    others = [threading.Thread(target=over.wait) for _ in range(threads)]
    for other in others:
        other.start()
    with pytest.raises(KeyboardInterrupt):
        starting()
    over.set()
    assert came
    assert not deaf(0)
