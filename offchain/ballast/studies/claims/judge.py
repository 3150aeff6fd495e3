"""From measurements over seeds to verdicts."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ballast.errors import ParameterError
from ballast.sim.known_populations import inhabited
from ballast.sim.scenario import Scenario, load
from ballast.studies.claims.evidence import ClaimEvidence, Gathered, said
from ballast.studies.claims.observe import Measures, observed
from ballast.studies.compare.comparison import spread
from ballast.studies.intervals import SIGNIFICANCE, Samples, estimate, holm, p_value

FILE: Final = Path(__file__).parent / "claims.toml"
COUNT: Final = 20
HOLDS, FAILS, UNDER_ASSUMPTION = "holds", "fails", "holds only under an assumption"
OPEN: Final = "open"
"""Significant alone, and no longer beside the other tests."""
CHECKED: Final = "checked"
"""What cannot fail unless the program is broken, and did not."""
READING: Final = "b"
"""Put behind a claim's number where our own reading of it is judged."""


@dataclass(frozen=True)
class Verdict:
    """A claim, or our own reading of it, and what became of it.

    Attributes
    ----------
    id : str
        ``C1`` to ``C20``; with ``READING`` behind it for our own reading.
    statement, measure, threshold : str
        As in the file of claims.
    estimate, low, high : float or None
        Mean over the seeds and its 95% interval (``ballast.studies.intervals``); None if it is not a number.
    p, p_holm : float or None
        Two-sided p-value of the threshold, alone and adjusted for all tests of all populations judged together; None
        of a check.
    seeds, periods : int
        How many seeds, and periods of a run.
    verdict : str
        ``HOLDS``, ``FAILS``, ``UNDER_ASSUMPTION``, ``OPEN`` or ``CHECKED``.
    check : str
        Why it cannot fail and is not counted; empty of what can.
    assumption : str
        Those that were tried as well, and what was measured under them; empty if there are none.
    note : str
        What else was measured.
    """

    id: str
    statement: str
    measure: str
    threshold: str
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    seeds: int
    periods: int
    verdict: str
    check: str
    assumption: str
    note: str


@dataclass(frozen=True)
class Tested:
    """A measure beside its threshold.

    Attributes
    ----------
    samples : array
        By seed.
    beyond : bool
        Whether the mean is on the right side.
    p : float
        Two-sided p-value.
    """

    samples: Samples
    beyond: bool
    p: float

    def shown(self, p: float) -> bool:
        """Whether the mean is beyond the threshold, given its p-value, adjusted or not."""
        return self.beyond and p <= SIGNIFICANCE


@dataclass(frozen=True)
class ClaimLine:
    """What is judged: a claim, or our own reading of one.

    Attributes
    ----------
    id : str
        As in `Verdict`.
    claim : mapping
        Statement, measure, threshold, and perhaps a check, as in the file.
    evidence : ClaimEvidence
        What was measured.
    """

    id: str
    claim: Mapping[str, Any]
    evidence: ClaimEvidence

    @property
    def threshold(self) -> tuple[str, float]:
        """Which side of what number is right."""
        side = "above" if "above" in self.claim else "below"
        return side, float(self.claim[side])

    @property
    def check(self) -> str:
        """Why it cannot fail; empty if it can."""
        return str(self.claim.get("check", ""))

    def tests(self) -> dict[str, Tested]:
        """Test the claim, under no name, and under assumptions, by their names."""
        return {name: self._tested(of) for name, of in {"": self.evidence.samples, **self.evidence.assumed}.items()}

    def _tested(self, samples: Samples) -> Tested:
        side, limit = self.threshold
        mean = float(samples.mean())
        return Tested(samples, mean > limit if side == "above" else mean < limit, p_value(samples, limit))


def read_claims() -> dict[str, Any]:
    """Claims as fixed beforehand."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def scenario_of(changes: Mapping[str, Any], population: str, periods: int) -> Scenario:
    """Scenario of a variant, with the people of a population."""
    changed = dict(changes)
    base = load(changed.pop("assumption", "paper"))
    return replace(inhabited(base, population), periods=periods, **changed)


def run_variants(
    population: str,
    seeds: Sequence[int],
    periods: int,
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, dict[str, Samples]]:
    """Run all variants with all seeds; those that are the same scenario once.

    Parameters
    ----------
    population : str
        Who takes part, as in `ballast.sim.known_populations`.
    seeds : sequence of int
        The same for every variant, so that differences are paired.
    periods : int
        Of each run.
    workers : int
        Processes.
    progress : callable, optional
        Called with the runs done and all runs.
    """
    variants = {n: scenario_of(v, population, periods) for n, v in read_claims()["variants"].items()}
    jobs = list(dict.fromkeys(replace(v, seed=s) for v in variants.values() for s in seeds))
    found: dict[Scenario, Measures] = {}
    for job, measures in spread(observed, jobs, workers):
        found[job] = measures
        if progress:
            progress(len(found), len(jobs))
    figures = next(iter(found.values()))
    return {
        name: {figure: np.array([found[replace(v, seed=s)][figure] for s in seeds]) for figure in figures}
        for name, v in variants.items()
    }


def judge(gathered: Mapping[str, Gathered], periods: int) -> dict[str, list[Verdict]]:
    """Judge every claim in some populations, and our own readings behind theirs.

    Parameters
    ----------
    gathered : mapping
        What was measured, by population.
    periods : int
        Of a run.
    """
    table = read_claims()
    numbers = [f"C{n}" for n in range(1, COUNT + 1)]
    lines = {
        population: [line for number in numbers for line in lines_of(number, table[number], evidence[number])]
        for population, evidence in gathered.items()
    }
    return verdicts(lines, table["assumptions"], periods)


def lines_of(number: str, claim: Mapping[str, Any], evidence: ClaimEvidence) -> list[ClaimLine]:
    """Give what is judged of a claim: itself, and our own reading if there is one.

    Raises
    ------
    ParameterError
        If one has no threshold, or two.
    """
    found = [ClaimLine(number, claim, evidence)]
    if evidence.reading:
        reading = {"statement": claim["statement"], **claim["reading"]}
        found.append(ClaimLine(number + READING, reading, evidence.reading))
    for line in found:
        if ("above" in line.claim) == ("below" in line.claim):
            raise ParameterError(f"{FILE.name}: {line.id} needs one of above and below")
    return found


def verdicts(
    lines: Mapping[str, Sequence[ClaimLine]], assumptions: Mapping[str, str], periods: int
) -> dict[str, list[Verdict]]:
    """Judge several lines together: all tests of those that can fail are one family, those of all populations.

    Who sees verdicts on two populations beside each other has two chances to find that a claim holds.

    Parameters
    ----------
    lines : mapping
        What is judged, by population.
    assumptions : mapping
        What each assumption is, by name.
    periods : int
        Of a run.
    """
    every = [(population, line, line.tests()) for population, of_one in lines.items() for line in of_one]
    adjusted = iter(holm([test.p for _, line, tests in every if not line.check for test in tests.values()]))
    found: dict[str, list[Verdict]] = {population: [] for population in lines}
    for population, line, tests in every:
        beside = {} if line.check else {name: next(adjusted) for name in tests}
        found[population].append(_judged(line, tests, beside, assumptions, periods))
    return found


def _judged(
    line: ClaimLine,
    tests: Mapping[str, Tested],
    adjusted: Mapping[str, float],
    assumptions: Mapping[str, str],
    periods: int,
) -> Verdict:
    (side, limit), own, found = line.threshold, tests[""], estimate(line.evidence.samples)
    names = [name for name in line.evidence.assumed if not line.check]
    if line.check:
        verdict = CHECKED if own.beyond else FAILS
    elif own.shown(adjusted[""]):
        verdict = HOLDS
    elif any(tests[name].shown(adjusted[name]) for name in names):
        verdict = UNDER_ASSUMPTION
    elif any(test.shown(test.p) for test in tests.values()):
        verdict = OPEN
    else:
        verdict = FAILS
    return Verdict(
        id=line.id,
        statement=line.claim["statement"],
        measure=line.claim["measure"],
        threshold=f"{side} {limit:g}",
        estimate=_known(found.mean),
        low=_known(found.mean - found.half),
        high=_known(found.mean + found.half),
        p=None if line.check else own.p,
        p_holm=adjusted.get(""),
        seeds=len(line.evidence.samples),
        periods=periods,
        verdict=verdict,
        check=line.check,
        assumption="; ".join(
            f"{assumptions[name]}: {said(tests[name].samples)}, {p_values(tests[name].p, adjusted[name])}"
            for name in names
        ),
        note=line.evidence.note,
    )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def p_values(alone: float, adjusted: float) -> str:
    """Say a p-value, alone and by Holm."""
    return f"p {alone:.2g}, {adjusted:.2g} by Holm"
