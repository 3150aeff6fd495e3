"""From measurements over seeds to verdicts."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ballast.errors import ParameterError
from ballast.sim.scenario import Scenario, load
from ballast.studies.claims.evidence import ClaimEvidence, Gathered, Observed, said
from ballast.studies.claims.observe import Measures, observed
from ballast.studies.claims.theory import Samples
from ballast.studies.compare.comparison import Estimate, estimate, spread

FILE: Final = Path(__file__).parent / "claims.toml"
COUNT: Final = 20
HOLDS, FAILS, UNDER_ASSUMPTION = "holds", "fails", "holds only under an assumption"


@dataclass(frozen=True)
class Verdict:
    """A claim and what became of it.

    Attributes
    ----------
    id : str
        ``C1`` to ``C20``.
    statement, measure, threshold : str
        As fixed beforehand.
    estimate, low, high : float
        Mean over the seeds and its 95% interval (Student's t).
    seeds, periods : int
        How many seeds, and periods of a run.
    verdict : str
        ``HOLDS``, ``FAILS`` or ``UNDER_ASSUMPTION``.
    assumption : str
        Those that were tried as well, and what was measured under them; empty if there are none.
    note : str
        What else was measured.
    """

    id: str
    statement: str
    measure: str
    threshold: str
    estimate: float
    low: float
    high: float
    seeds: int
    periods: int
    verdict: str
    assumption: str
    note: str


def read_claims() -> dict[str, Any]:
    """Claims as fixed beforehand."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def scenario_of(changes: Mapping[str, Any], base: Scenario, periods: int) -> Scenario:
    """Scenario of a variant."""
    changed = dict(changes)
    if "assumption" in changed:
        base = load(changed.pop("assumption"))
    return replace(base, periods=periods, **changed)


def run_variants(
    seeds: Sequence[int], periods: int, workers: int, progress: Callable[[int, int], None] | None = None
) -> dict[str, dict[str, Samples]]:
    """Run all variants with all seeds; those that are the same scenario once.

    Parameters
    ----------
    seeds : sequence of int
        The same for every variant, so that differences are paired.
    periods : int
        Of each run.
    workers : int
        Processes.
    progress : callable, optional
        Called with the runs done and all runs.
    """
    base = load("paper")
    variants = {n: scenario_of(v, base, periods) for n, v in read_claims()["variants"].items()}
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


def judge(observed: Observed, efficiency: Mapping[str, Samples], seeds: Sequence[int], periods: int) -> list[Verdict]:
    """Judge every claim.

    Parameters
    ----------
    observed : mapping
        Measurements, as `run_variants` gives them.
    efficiency : mapping
        Allocative efficiency of the market, by figure and seed.
    seeds : sequence of int
        In the order of the measurements.
    periods : int
        Of a run.
    """
    table = read_claims()
    evidence = Gathered(observed, efficiency, seeds)
    numbers = [f"C{n}" for n in range(1, COUNT + 1)]
    return [judged(number, table[number], evidence[number], table["assumptions"], periods) for number in numbers]


def judged(
    number: str, claim: Mapping[str, Any], evidence: ClaimEvidence, assumptions: Mapping[str, str], periods: int
) -> Verdict:
    """Judge one claim.

    Parameters
    ----------
    number : str
        ``C1`` to ``C20``.
    claim : mapping
        Statement, measure and threshold, as in the file.
    evidence : ClaimEvidence
        What was measured.
    assumptions : mapping
        What each assumption is, by name.
    periods : int
        Of a run.

    Raises
    ------
    ParameterError
        If the claim has no threshold, or two.
    """
    if ("above" in claim) == ("below" in claim):
        raise ParameterError(f"{FILE.name}: {number} needs one of above and below")
    side = "above" if "above" in claim else "below"
    limit = float(claim[side])
    own = estimate(evidence.samples.tolist())
    verdict = HOLDS if _beyond(own, side, limit) else FAILS
    for samples in evidence.assumed.values():
        if verdict == FAILS and _beyond(estimate(samples.tolist()), side, limit):
            verdict = UNDER_ASSUMPTION
    return Verdict(
        id=number,
        statement=claim["statement"],
        measure=claim["measure"],
        threshold=f"{side} {limit:g}",
        estimate=own.mean,
        low=own.mean - own.half,
        high=own.mean + own.half,
        seeds=len(evidence.samples),
        periods=periods,
        verdict=verdict,
        assumption="; ".join(f"{assumptions[name]}: {said(samples)}" for name, samples in evidence.assumed.items()),
        note=evidence.note,
    )


def _beyond(found: Estimate, side: str, limit: float) -> bool:
    """Whether the whole interval lies on the right side of a threshold."""
    return found.mean - found.half > limit if side == "above" else found.mean + found.half < limit
