"""From measurements over seeds to verdicts."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import stats

from offchain.errors import ParameterError
from offchain.model import load_curve, reputation_filter
from offchain.model.constants import PPM
from offchain.model.fixed_point import sigmoid
from offchain.model.parameters import DEFAULT_FILTER
from sim.claims.observe import Measures, observe
from sim.run import run_on
from sim.scenario import Scenario, load

FILE: Final = Path(__file__).parent / "claims.toml"
COUNT: Final = 20
HOLDS, FAILS, UNDER_ASSUMPTION = "holds", "fails", "holds only under an assumption"
Samples = npt.NDArray[np.float64]
Observed = Mapping[str, Mapping[str, Samples]]
"""By variant and by figure, one number a seed."""


@dataclass(frozen=True)
class Verdict:
    """A claim and what became of it.

    Attributes
    ----------
    claim : str
        ``C1`` to ``C20``.
    statement, measure, threshold : str
        As fixed beforehand.
    estimate, low, high : float
        Mean over the seeds and its 95% interval (Student's t).
    seeds : int
        How many.
    verdict : str
        ``HOLDS``, ``FAILS`` or ``UNDER_ASSUMPTION``.
    assumption : str
        Under which, and what was measured then; empty if none was needed.
    note : str
        What else was measured.
    """

    claim: str
    statement: str
    measure: str
    threshold: str
    estimate: float
    low: float
    high: float
    seeds: int
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


def _measured(job: tuple[str, Scenario]) -> tuple[str, int, Measures]:
    name, scenario = job
    return name, scenario.seed, observe(run_on(scenario))


def measure(
    seeds: Sequence[int], periods: int, workers: int, progress: Callable[[int, int], None] | None = None
) -> dict[str, dict[str, Samples]]:
    """Run all variants with all seeds.

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
    variants = read_claims()["variants"]
    jobs = [(n, replace(scenario_of(v, base, periods), seed=s)) for n, v in variants.items() for s in seeds]
    found: dict[tuple[str, int], Measures] = {}
    with ProcessPoolExecutor(workers) as pool:
        for name, seed, measures in pool.map(_measured, jobs):
            found[name, seed] = measures
            if progress:
                progress(len(found), len(jobs))
    figures = next(iter(found.values()))
    return {n: {f: np.array([found[n, s][f] for s in seeds]) for f in figures} for n in variants}


def interval(samples: Samples) -> tuple[float, float, float]:
    """Mean and its 95% interval by Student's t; the interval is the mean where nothing varies."""
    mean = float(np.mean(samples))
    if len(samples) < 2 or np.ptp(samples) == 0:
        return mean, mean, mean
    half = float(stats.t.ppf(0.975, len(samples) - 1) * stats.sem(samples))
    return mean, mean - half, mean + half


def crossing_time(rng: np.random.Generator, before: int = 60, tasks: int = 10) -> float:
    """Epochs until the reputation of somebody whose quality falls from 0.97 to 0.60 is below the middle, 0.785."""
    phi = 2_000_000
    middle = round(0.785 * PPM)
    fee = 10 * DEFAULT_FILTER.n0
    for epoch in range(before + 200):
        good = int(rng.binomial(tasks, 0.97 if epoch < before else 0.60))
        phi = reputation_filter.step(DEFAULT_FILTER, phi, tasks * fee, good * fee, 0, 0)
        if epoch >= before and sigmoid(phi) < middle:
            return float(epoch - before + 1)
    return 200.0


def jumps() -> Samples:
    """Jump of each preset's rate at B and of its amplifier at F, beyond what one basis point changes, ppm."""
    found = []
    for curve in load_curve.PRESETS.values():
        word = load_curve.pack(curve)
        at = [load_curve.rate(word, x) for x in (curve.b - 2, curve.b - 1, curve.b, curve.b + 1)]
        found.append(abs((at[2] - at[1]) - (at[1] - at[0])) if abs(at[2] - at[1]) > 100 else 0)
        found.append(load_curve.rate(word, curve.f))
    return np.array(found, dtype=np.float64)


def as_predicted(o: Observed, s: str, factor: float) -> Samples:
    """Whether effort and survival at a slashing factor are what the incentive constraints say, by seed.

    ``s_IC = (c / (p1 - p0) - r) / K`` and ``s_IR = (r p1 - c) / (K (1 - p1))`` with K = 50, r = 0.9, p1 = 0.98,
    p0 = 0.6 and c = 0.743: effort from 0.021 on, and losses from 0.14 on.
    """
    effort, losses = 0.021, 0.14
    works = o[s]["shirked"] < 0.5
    stays = o[s]["operators_active"] >= 50
    found: Samples = ((works == (factor >= effort)) & (stays == (factor < losses))).astype(np.float64)
    return found


def _best(o: Observed, names: Sequence[str]) -> Samples:
    best: Samples = np.max([o[name]["profit"] for name in names], axis=0)
    return best


def _samples(o: Observed, optimum: Samples, seeds: Sequence[int]) -> dict[str, tuple[Samples, Samples | None, str]]:
    """By claim: the estimate by seed, that under its assumption, and what else is worth saying."""
    base = o["base"]

    def mean(variant: str, name: str) -> str:
        return f"{float(np.mean(o[variant][name])):.3g}"

    def fig2(letter: str) -> tuple[Samples, Samples]:
        active = o[f"{letter}001"]["operators_active"] - o[f"{letter}050"]["operators_active"]
        middle = _best(o, (f"{letter}003", f"{letter}010"))
        return active, middle - _best(o, tuple(f"{letter}{s}" for s in ("001", "020", "050")))

    (active, earned), (active_d, earned_d) = fig2("s"), fig2("d")
    by_factor = tuple(zip(("001", "003", "010", "020", "050"), (0.01, 0.03, 0.1, 0.2, 0.5), strict=True))
    crossing = [crossing_time(np.random.default_rng([16, seed, i])) for seed in seeds for i in range(10)]
    percentiles = np.array([np.percentile(crossing[i : i + 10], 95) for i in range(0, len(crossing), 10)])
    lasting = o["shock"]["failures_end"] / np.maximum(o["shock_unlearned"]["failures_end"], 1e-9) - 1
    survivors = ", ".join(f"s={f}: {mean('d' + s, 'operators_active')}" for s, f in by_factor)
    profits = ", ".join(f"s={f}: {mean('s' + s, 'profit')} / {mean('d' + s, 'profit')}" for s, f in by_factor)
    stable = np.mean([as_predicted(o, f"d{s}", f) for s, f in by_factor], axis=0)
    stable_s = np.mean([as_predicted(o, f"s{s}", f) for s, f in by_factor], axis=0)
    more_sold = o["price_only"]["fill"] - base["fill"]
    return {
        "C1": (base["exact"], None, f"{mean('base', 'tasks')} tasks a run"),
        "C2": (
            1 - o["rule_of_thumb"]["by_choice"],
            None,
            f"operators that weigh costs auction {mean('base', 'by_choice')} of what they auction by choice",
        ),
        "C3": (base["price_right"], None, "tasks of the last period"),
        "C4": (
            base["jain"] - o["price_only"]["jain"],
            None,
            f"Jain {mean('base', 'jain')}; price only {mean('price_only', 'jain')}, random {mean('random', 'jain')}, "
            f"two choices {mean('two_choices', 'jain')}; winners' load less the mean {mean('base', 'winners_gap')} bps",
        ),
        "C5": (optimum, None, ""),
        "C6": (active, active_d, f"active operators at the end under the assumption: {survivors}"),
        "C7": (earned, earned_d, f"profit as a share of rewards, without / with the assumption: {profits}"),
        "C8": (
            o["s001"]["shirked"] - o["s010"]["shirked"],
            o["d000"]["shirked"] - o["d010"]["shirked"],
            "without the assumption s = 0.01 stands for 0",
        ),
        "C9": (
            base["convergence"],
            None,
            f"heavy tasks delegated: {mean('base', 'delegated_first')} at first, {mean('base', 'delegated_last')} at "
            f"last; without learning the ratio is {mean('no_learning', 'convergence')}",
        ),
        "C10": (
            base["reputation_pays"],
            None,
            f"{mean('even_mandates', 'reputation_pays')} when the AVS shares tasks out evenly",
        ),
        "C11": (base["edges_exact"], None, ""),
        "C12": (base["variance_ratio"], None, ""),
        "C13": (base["entropy"], None, f"largest share {mean('base', 'largest_share')}"),
        "C14": (np.full(len(seeds), jumps().max()), None, "computed, not simulated"),
        "C15": (
            o["no_curve"]["load_above"] - base["load_above"],
            None,
            f"above F {mean('base', 'load_above')} with the curve, {mean('no_curve', 'load_above')} without; distance "
            f"from B {mean('base', 'load_from_b')} and {mean('no_curve', 'load_from_b')} bps; slashed of all rewards "
            f"{mean('base', 'slashed')} and {mean('no_curve', 'slashed')}",
        ),
        "C16": (percentiles, None, "10 tasks an epoch; the filter as the contracts have it"),
        "C17": (lasting, None, f"failures per task at the end {mean('shock', 'failures_end')}"),
        "C18": (
            o["outage"]["fill_stressed"],
            None,
            f"in a burst of three times the tasks {mean('burst', 'fill_stressed')}",
        ),
        "C19": (stable_s, stable, ""),
        "C20": (
            base["price"] - o["random"]["price"],
            None,
            f"price {mean('base', 'price')}, random {mean('random', 'price')}, price only "
            f"{mean('price_only', 'price')}, which sells {float(np.mean(more_sold)):+.3g} of the auctioned tasks more",
        ),
    }


def judge(o: Observed, optimum: Samples, seeds: Sequence[int]) -> list[Verdict]:
    """Judge every claim.

    Parameters
    ----------
    o : mapping
        Measurements.
    optimum : array
        Allocative efficiency by seed.
    seeds : sequence of int
        In the order of the measurements.
    """
    table = read_claims()
    verdicts = []
    for number in range(1, COUNT + 1):
        claim = table[f"C{number}"]
        samples, assumed, note = _samples(o, optimum, seeds)[f"C{number}"]
        mean, low, high = interval(samples)
        verdict, assumption = (HOLDS if _right(claim, low, high) else FAILS), ""
        if verdict == FAILS and assumed is not None:
            other, other_low, other_high = interval(assumed)
            if _right(claim, other_low, other_high):
                verdict = UNDER_ASSUMPTION
            what = table["assumptions"][claim["assumption"]]
            assumption = f"{what}: {other:.4g} [{other_low:.4g}, {other_high:.4g}]"
        threshold = f"above {claim['above']:g}" if "above" in claim else f"below {claim['below']:g}"
        verdicts.append(
            Verdict(
                f"C{number}",
                claim["statement"],
                claim["measure"],
                threshold,
                mean,
                low,
                high,
                len(samples),
                verdict,
                assumption,
                note,
            )
        )
    return verdicts


def _right(claim: Mapping[str, Any], low: float, high: float) -> bool:
    if ("above" in claim) == ("below" in claim):
        raise ParameterError(f"{FILE.name}: a claim needs one of above and below")
    return bool(low > claim["above"]) if "above" in claim else bool(high < claim["below"])
