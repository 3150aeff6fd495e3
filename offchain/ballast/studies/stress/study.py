"""Every stress beside the same seeds without it: what the network lost, who gained, and how soon it was over.

Both runs of a pair have the same participants, tasks and, as long as as many tasks come, the same luck for every task.
Intervals are 95%, of the differences within the pairs, by `ballast.studies.intervals`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ballast.names import check_names
from ballast.sim.bidders import Fractions
from ballast.sim.origin import stamp
from ballast.sim.result_files import STRESS
from ballast.sim.run import Progress
from ballast.sim.scenario import CALM, STRESSED, Scenario
from ballast.sim.stresses import stress_named
from ballast.sim.stresses.stress import stressed_periods
from ballast.studies.compare.comparison import by_population, spread
from ballast.studies.compare.settings import check_seeds
from ballast.studies.intervals import CONFIDENCE, Estimate, estimate
from ballast.studies.measures import MEASURES as ALL_MEASURES
from ballast.studies.stress.books import COLUMNS, PARTIES, Books, books_of
from ballast.wording import counted

PASSING: Final = tuple(name for name in STRESSED if stress_named(name).ends)
"""Stresses that end before the run does."""
RECOVERING: Final = tuple(name for name in STRESSED if stress_named(name).begins)
"""Stresses from which the market can recover while the run goes on."""
WHO: Final = {
    "burned": "burned",
    "pool": "the pool",
    "avs": "the AVS",
    "keeper": "the keeper",
    "operators": "operators",
    "coprocessors": "coprocessors",
    "attackers": "attackers",
}
"""Names of the parties."""
WORTH_SAYING: Final = 0.0005
"""Share of all rewards below which a party's gain or loss is left to the table."""
TABLE: Final = "stress.csv"
MEASURES: Final = {name: ALL_MEASURES[name].about for name in ("served", "faults", "price", "slashes", "welfare")}
"""Of `ballast.studies.measures`, but that a ring's trade with itself is no task."""
TOLERANCE: Final = 0.1
"""Share of its value without the stress to which served and faults have to come back."""
SPAN: Final = 5
"""Periods over which that is looked at."""


def measured(periods: Fractions) -> dict[str, float]:
    """Take ``MEASURES`` of some periods of a run's books; not a number where nothing was there to measure."""
    total = dict(zip(COLUMNS, periods.sum(axis=0).tolist(), strict=True))

    def share(part: float, whole: str) -> float:
        return part / total[whole] if total[whole] else float("nan")

    return {
        "served": share(total["settled"], "ended"),
        "faults": share(total["faulted"], "executed"),
        "price": share(total["auctioned_price"], "auctioned_reward"),
        "slashes": share(total["slashed"], "ended_reward"),
        "welfare": share(total["settled_reward"] - total["cost"], "ended_reward"),
    }


@dataclass(frozen=True)
class Pair:
    """A run under a stress, and the same seed without.

    Attributes
    ----------
    stress : str
        Its name.
    stressed, calm : Books
        Of the two runs.
    """

    stress: str
    stressed: Books
    calm: Books

    @property
    def span(self) -> slice:
        """Periods in which the stress is felt: its window; from its beginning on; or all after the warm-up."""
        periods = len(self.calm.periods)
        first, last = stressed_periods(Scenario(periods=periods))
        if self.stress in PASSING:
            return slice(first, last)
        return slice(first if self.stress in RECOVERING else self.calm.steady, periods)

    @property
    def members(self) -> int:
        """Participants in the ring, however many accounts they have had."""
        ring = self.stressed.attackers
        return int(np.count_nonzero(ring < self.stressed.first_entrant))

    def measures(self) -> tuple[dict[str, float], dict[str, float]]:
        """``MEASURES`` with and without the stress, of the periods in which it is felt."""
        return measured(self.stressed.periods[self.span]), measured(self.calm.periods[self.span])

    def gains(self) -> tuple[dict[str, float], dict[str, float]]:
        """Gains by party with and without the stress; without it, attackers are those that would be. Token units."""
        ring = self.stressed.attackers
        return self.stressed.gains(ring), self.calm.gains(ring[ring < self.calm.first_entrant])

    def moved(self) -> dict[str, float]:
        """Give what the stress changed of the parties' gains, as a share of the rewards of what ended without it."""
        rewards = float(self.calm.periods[:, COLUMNS.index("ended_reward")].sum())
        with_it, without = self.gains()
        return {party: (with_it[party] - without[party]) / rewards for party in PARTIES}


def recovery(pairs: Sequence[Pair]) -> int | None:
    """Periods until served and faults are back: after the end of a stress, or after the beginning of one that stays.

    Over five periods and all pairs together, as much is served as nine tenths of what is without the stress, and faults
    are at most eleven tenths.

    Returns
    -------
    int or None
        0 if they are at once; None if they are not before the run ends.
    """
    span = pairs[0].span
    since = int(span.stop if pairs[0].stress in PASSING else span.start)
    stressed = np.sum([pair.stressed.periods for pair in pairs], axis=0)
    calm = np.sum([pair.calm.periods for pair in pairs], axis=0)
    for first in range(since, len(stressed) - SPAN + 1):
        now, usual = (measured(periods[first : first + SPAN]) for periods in (stressed, calm))
        if now["served"] >= (1 - TOLERANCE) * usual["served"] and now["faults"] <= (1 + TOLERANCE) * usual["faults"]:
            return first - since
    return None


# What is found


@dataclass(frozen=True)
class StressFinding:
    """What a stress came to, over all seeds.

    Attributes
    ----------
    stress : str
        Its name.
    pairs : sequence of Pair
        One a seed. The estimates of a single one have intervals of no width.
    """

    stress: str
    pairs: Sequence[Pair]

    def estimates(self, name: str) -> tuple[Estimate, Estimate, Estimate]:
        """One of ``MEASURES`` with and without the stress, and the difference."""
        stressed, calm = np.array([[of[name] for of in pair.measures()] for pair in self.pairs]).T
        return estimated(stressed), estimated(calm), estimated(stressed - calm)

    def moved(self, party: str) -> Estimate:
        """Give what the stress changed of a party's gain, as a share of the rewards of all tasks without it."""
        return estimated([pair.moved()[party] for pair in self.pairs])

    @property
    def members(self) -> int:
        """Participants in the ring; 0 of a stress that is no attack."""
        return self.pairs[0].members

    def earned(self) -> tuple[Estimate, Estimate, Estimate]:
        """Gain of one attacker with and without the attack, and the difference; token units."""
        with_it, without = np.array([[of["attackers"] for of in pair.gains()] for pair in self.pairs]).T / self.members
        return estimated(with_it), estimated(without), estimated(with_it - without)

    def more(self) -> Estimate:
        """Give what the attackers earn more, as a share of what they earn without the attack."""
        with_it, without = np.array([[of["attackers"] for of in pair.gains()] for pair in self.pairs]).T
        return estimated((with_it - without) / np.abs(without))

    @property
    def recovered(self) -> str:
        """When served and faults are back."""
        periods = recovery(self.pairs)
        since = "its end" if self.stress in PASSING else "its beginning"
        if periods is None:
            return "not back in this run"
        return f"back {counted(periods, 'period') if periods else 'at once'} after {since}"

    def to_json(self) -> dict[str, Any]:
        """As JSON has it; what is not a number is null."""
        span = self.pairs[0].span
        found: dict[str, Any] = {
            "said": said(self),
            "periods_measured": [span.start, span.stop],
            "measures": {
                name: dict(zip(("stressed", "calm", "difference"), map(_plain, self.estimates(name)), strict=True))
                for name in MEASURES
            },
            "moved": {party: _plain(self.moved(party)) for party in PARTIES},
        }
        if self.members:
            sides = dict(zip(("stressed", "calm", "difference"), map(_plain, self.earned()), strict=True))
            return found | {"members": self.members, "earned_each": sides, "earned_more": _plain(self.more())}
        return found | ({"recovered_after": recovery(self.pairs)} if self.stress in RECOVERING else {})


def estimated(values: Sequence[float] | Fractions) -> Estimate:
    """Mean with its interval, which has no width if there is but one value."""
    return estimate(list(values)) if len(values) > 1 else Estimate(float(values[0]), 0.0)


def _plain(given: Estimate) -> dict[str, float | None]:
    return {name: value if np.isfinite(value) else None for name, value in asdict(given).items()}


# In words


def said(finding: StressFinding) -> str:
    """Say in a line what attackers or the network gained or lost, and who else did."""
    parts = [_of_attackers(finding) if finding.members else _of_network(finding)]
    parts.append(", ".join(_change(name, finding.estimates(name)) for name in ("welfare", "served", "faults")))
    if finding.stress in RECOVERING:
        parts.append(finding.recovered)
    moved = {party: finding.moved(party) for party in WHO if party not in ("burned", "attackers")}
    for verb, sign in (("gain", 1), ("lose", -1)):
        some = [f"{WHO[p]} {_percent(e)}" for p, e in moved.items() if e.sign == sign and abs(e.mean) >= WORTH_SAYING]
        if some:
            parts.append(f"{'others that ' if finding.members else ''}{verb}, of all rewards: {', '.join(some)}")
    return f"{finding.stress}: {'; '.join(parts)}"


def _of_attackers(finding: StressFinding) -> str:
    *_, change = finding.earned()
    if not change.sign:
        return f"whether the attack pays cannot be told: an attacker earns {_amount(change, '+')} token units by it"
    verdict, word = ("pays", "more") if change.sign > 0 else ("does not pay", "less")
    each = f"each of {finding.members} attackers earns {_amount(change)} token units {word} than without it"
    return f"the attack {verdict}: {each} ({_percent(finding.more(), '+')})"


def _of_network(finding: StressFinding) -> str:
    *_, welfare = finding.estimates("welfare")
    return {1: "the network gains", -1: "the network loses", 0: "no gain or loss of the network can be told"}[
        welfare.sign
    ]


def _change(name: str, sides: tuple[Estimate, Estimate, Estimate]) -> str:
    stressed, calm, change = sides
    if not np.isfinite(change.mean):
        return f"{name} not known"
    half = f" ± {100 * change.half:.2f}" if change.half else ""
    return f"{name} {100 * stressed.mean:.2f}% instead of {100 * calm.mean:.2f}% ({100 * change.mean:+.2f}{half})"


def _percent(given: Estimate, sign: str = "") -> str:
    mean = given.mean if sign else abs(given.mean)
    return f"{100 * mean:{sign}.2f}%" + (f" ± {100 * given.half:.2f}" if given.half else "")


def _amount(given: Estimate, sign: str = "") -> str:
    mean = given.mean if sign else abs(given.mean)
    return f"{mean:{sign},.0f}" + (f" ± {given.half:,.0f}" if given.half else "")


# All stresses


@dataclass(frozen=True)
class StressStudy:
    """What some stresses came to.

    Attributes
    ----------
    scenario : Scenario
        Without a stress, with the first seed.
    seeds : list of int
        All seeds.
    findings : list of StressFinding
        One a stress.
    made : mapping
        Where it comes from, as `ballast.sim.origin.stamp` says it.
    """

    scenario: Scenario
    seeds: list[int]
    findings: list[StressFinding]
    made: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        parameters = self.scenario.to_table()
        parameters["workload"] = self.scenario.workload.name if self.scenario.workload else None
        return {
            **self.made,
            "parameters": parameters,
            "seeds": self.seeds,
            "confidence": CONFIDENCE,
            "measures": MEASURES,
            "parties": WHO,
            "stresses": {finding.stress: finding.to_json() for finding in self.findings},
        }


def write(studies: Mapping[str, StressStudy], directory: Path) -> None:
    """Write everything as JSON, and measures, gains and earnings as a table.

    Parameters
    ----------
    studies : mapping
        By population.
    directory : Path
        Where to.
    """
    content = json.dumps(by_population(studies), indent=2, allow_nan=False)
    (directory / STRESS).write_text(content + "\n", encoding="utf-8")
    with (directory / TABLE).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["population", "stress", "what", "stressed", "calm", "difference", "difference_half"])
        for population, found in studies.items():
            writer.writerows([population, *row] for finding in found.findings for row in _rows(finding))


def _rows(finding: StressFinding) -> Iterator[tuple[str | float, ...]]:
    sides = {name: finding.estimates(name) for name in MEASURES}
    if finding.members:
        sides["earned_each"] = finding.earned()
    for name, (stressed, calm, change) in sides.items():
        yield finding.stress, name, stressed.mean, calm.mean, change.mean, change.half
    for party in PARTIES:
        given = finding.moved(party)
        yield finding.stress, f"moved_{party}", "", "", given.mean, given.half


def study(
    scenario: Scenario,
    seeds: int,
    stresses: Sequence[str] = STRESSED,
    workers: int = 1,
    progress: Progress | None = None,
    origin: Mapping[str, Any] | None = None,
) -> StressStudy:
    """Run a scenario under some stresses and without, on the same seeds.

    Parameters
    ----------
    scenario : Scenario
        Its own stress is left out. Its seed is the first of the seeds, the others follow one by one.
    seeds : int
        How many.
    stresses : sequence of str
        Some of ``STRESSED``.
    workers : int
        Processes.
    progress : callable, optional
        Called after each run with the runs done so far and all runs.
    origin : mapping, optional
        Name of the scenario and the fields changed, as `ballast.sim.origin.origin` gives them.

    Raises
    ------
    ParameterError
        If a stress is not known, or something else is out of its range.
    """
    check_names("--stress", stresses, STRESSED)
    calm = replace(scenario, stress=CALM)
    check_seeds(calm, seeds)
    names = [name for name in STRESSED if name in stresses]
    numbers = list(range(scenario.seed, scenario.seed + seeds))
    jobs = [replace(calm, seed=seed, stress=name) for seed in numbers for name in (CALM, *names)]
    kept: dict[tuple[str, int], Books] = {}
    for job, books in spread(books_of, jobs, workers):
        kept[job.stress, job.seed] = books
        if progress:
            progress(len(kept), len(jobs))
    findings = [
        StressFinding(name, [Pair(name, kept[name, seed], kept[CALM, seed]) for seed in numbers]) for name in names
    ]
    return StressStudy(calm, numbers, findings, stamp(origin, calm.seed, "scipy"))
