"""Runs of all rules on the same tasks and seeds, and what their differences are worth.

A seed fixes the workload, the participants and every task's luck: the same task finds the same punctuality and quality
in the same executor, whatever the rule. So rules are compared seed by seed; intervals are 95%, by
`ballast.studies.intervals`.
"""

from __future__ import annotations

import csv
import json
import math
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ballast.errors import BallastError
from ballast.names import check_names
from ballast.signals import withheld
from ballast.sim.known_populations import described
from ballast.sim.origin import stamp
from ballast.sim.run import Progress
from ballast.sim.scenario import Scenario
from ballast.studies.compare.rules import OURS, RULES, rule_of, under
from ballast.studies.compare.settings import check_seeds
from ballast.studies.compare.window import watched
from ballast.studies.intervals import CONFIDENCE, SIGNIFICANCE, Estimate, Samples, estimate, holm, p_value
from ballast.studies.measures import AUCTIONS, EFFICIENCY, MEASURES, Measure, measured, of_auctions, ratio

RUNS: Final = "runs.parquet"
COMPARISON: Final = "comparison.csv"
RESULT: Final = "comparison.json"

Job = TypeVar("Job")
Found = TypeVar("Found")


class Study(Protocol):
    """What was found in one population."""

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON has it."""


@dataclass(frozen=True)
class Contest:
    """A rule's measure, and what ours has on it.

    Attributes
    ----------
    theirs : Estimate
        The rule's measure.
    difference : Estimate
        The rule's less ours, seed by seed.
    verdict : str
        Whether ours ``wins`` or ``loses``; empty if the difference may be chance, beside all other contests (Holm).
    """

    theirs: Estimate
    difference: Estimate
    verdict: str

    def to_json(self) -> dict[str, float | str | None]:
        """As JSON has it; what is not a number is null."""
        pairs = {"mean": self.theirs.mean, "half": self.theirs.half}
        pairs |= {"difference": self.difference.mean, "difference_half": self.difference.half}
        return {**{k: None if math.isnan(v) else v for k, v in pairs.items()}, "ours": self.verdict}


@dataclass(frozen=True)
class Comparison:
    """A finished comparison.

    Attributes
    ----------
    scenario : Scenario
        Ours, with the first seed.
    window : int
        How many periods at the end of a run were compared with the optimum.
    seeds : list of int
        All seeds.
    runs : dict
        By rule and seed, the measures, and ``gap`` if there was such a window.
    made : mapping
        Where it comes from, as `ballast.sim.origin.stamp` says it.
    """

    scenario: Scenario
    window: int
    seeds: list[int]
    runs: dict[str, dict[int, dict[str, float]]]
    made: Mapping[str, Any] = field(default_factory=dict)

    @property
    def measures(self) -> dict[str, Measure]:
        """What the rules are judged by."""
        return {**MEASURES, **AUCTIONS, **(EFFICIENCY if self.window else {})}

    @property
    def worst_gap(self) -> float:
        """Largest share by which a bound may lie above the best assignment."""
        return max(run["gap"] for runs in self.runs.values() for run in runs.values())

    @cached_property
    def contests(self) -> dict[str, dict[str, Contest]]:
        """What became of ours against each rule on each measure."""
        keys = [(rule, name) for rule in self.runs if rule != OURS for name in self.measures]
        p = dict(zip(keys, holm([p_value(self._differences(*key), 0.0) for key in keys]), strict=True))
        return {
            rule: {name: self._contest(rule, name, p.get((rule, name), 1.0)) for name in self.measures}
            for rule in self.runs
        }

    def _differences(self, rule: str, name: str) -> Samples:
        """Take a rule's measure less ours, by seed."""
        return np.array([self.runs[rule][seed][name] - self.runs[OURS][seed][name] for seed in self.seeds])

    def _contest(self, rule: str, name: str, p: float) -> Contest:
        difference = estimate(self._differences(rule, name))
        better = (difference.mean > 0) == self.measures[name].more_is_better
        verdict = "" if p > SIGNIFICANCE else "loses" if better else "wins"
        return Contest(estimate([self.runs[rule][seed][name] for seed in self.seeds]), difference, verdict)

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        parameters = self.scenario.to_table()
        parameters["workload"] = self.scenario.workload.name if self.scenario.workload else None
        rules: dict[str, dict[str, Any]] = {}
        for rule in self.runs:
            rules[rule] = {
                "about": rule_of(rule).about,
                "changes": rule_of(rule).changes,
                "measures": {name: contest.to_json() for name, contest in self.contests[rule].items()},
            }
        found: dict[str, Any] = {
            **self.made,
            "parameters": parameters,
            "seeds": self.seeds,
            "confidence": CONFIDENCE,
            "measures": {name: asdict(measure) for name, measure in self.measures.items()},
            "rules": rules,
        }
        if self.window:
            found["optimum"] = {"periods": self.window, "worst_gap": self.worst_gap}
        return found


def write(studies: Mapping[str, Comparison], directory: Path) -> None:
    """Write results as JSON, what is compared as CSV, and the measures of all runs as Parquet.

    Parameters
    ----------
    studies : mapping
        Comparisons, by population.
    directory : Path
        Where to.
    """
    content = by_population(studies)
    (directory / RESULT).write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    rows = [
        {"population": population, "rule": rule, "seed": seed, **run}
        for population, study in studies.items()
        for rule, runs in study.runs.items()
        for seed, run in runs.items()
    ]
    pq.write_table(pa.Table.from_pylist(rows), directory / RUNS)
    with (directory / COMPARISON).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["population", "rule", "measure", "mean", "half", "difference", "difference_half", "ours"])
        for population, found in content.items():
            for rule, of_rule in found["rules"].items():
                measures = of_rule["measures"].items()
                writer.writerows([population, rule, name, *values.values()] for name, values in measures)


def by_population(studies: Mapping[str, Study]) -> dict[str, dict[str, Any]]:
    """Studies as JSON has them, each with the population that it is of."""
    return {name: {"population": described(name), **study.to_json()} for name, study in studies.items()}


def compare(
    scenario: Scenario,
    seeds: int,
    rules: Sequence[str] = RULES,
    window: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Comparison:
    """Run a scenario under several rules.

    Parameters
    ----------
    scenario : Scenario
        With the protocol's auction. Its seed is the first of the seeds, the others follow one by one.
    seeds : int
        How many.
    rules : sequence of str
        Some of ``RULES``; ours is always run.
    window : int
        How many periods at the end of a run are compared with the optimum.
    workers : int
        Processes.
    progress : callable, optional
        Called after each run with the tasks done so far and all tasks.
    origin : mapping, optional
        Name of the scenario and the fields changed, as `ballast.sim.origin.origin` gives them.

    Raises
    ------
    ParameterError
        If a rule is not known, or something else is out of its range.
    """
    check_names("--rules", rules, RULES)
    check_seeds(scenario, seeds)
    names = [rule for rule in RULES if rule == OURS or rule in rules]
    numbers = list(range(scenario.seed, scenario.seed + seeds))
    jobs = [(rule, replace(under(rule, scenario), seed=seed), window) for seed in numbers for rule in names]
    runs: dict[str, dict[int, dict[str, float]]] = {rule: {} for rule in names}
    done = 0
    for (rule, job, _), found in spread(judged, jobs, workers):
        tasks = int(found.pop("tasks"))
        done += tasks
        runs[rule][job.seed] = found
        if progress:
            progress(done, done + tasks * (len(jobs) - sum(map(len, runs.values()))))
    in_order = {rule: {seed: of_rule[seed] for seed in numbers} for rule, of_rule in runs.items()}
    return Comparison(scenario, window, numbers, in_order, stamp(origin, scenario.seed, "scipy"))


def judged(job: tuple[str, Scenario, int]) -> dict[str, float]:
    """Run a scenario and take its measures; ``tasks`` are those of its workload."""
    _, scenario, window = job
    run = watched(scenario, window)
    found = {"tasks": float(len(run.workload.period)), **measured(run), **of_auctions(run)}
    if window:
        found["efficiency_lp"] = ratio(run.market, run.bound)
        found["gap"] = run.gap
    return found


def spread(work: Callable[[Job], Found], jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Found]]:
    """Do jobs in processes, and give results as they come; the first one here, so that code is compiled once.

    Raises
    ------
    BallastError
        If a process dies.
    """
    yield jobs[0], work(jobs[0])
    if workers == 1:
        yield from ((job, work(job)) for job in jobs[1:])
        return
    with _pool(workers) as pool:
        with withheld():
            waiting: dict[Future[Found], Job] = {pool.submit(work, job): job for job in jobs[1:]}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BrokenProcessPool:
            raise BallastError("a process of the comparison died: give fewer --workers or a smaller scenario") from None


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes that end with the block, however it ends."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    pool.shutdown()
