"""How often the intervals of ``ballast.studies.intervals`` hold the mean they are to hold 95% of the time.

Run by ``python -m ballast.studies.coverage [SEEDS [RUNS]]``: samples of SEEDS values are drawn from skewed shares whose
means are known and, with RUNS, the ``runs.parquet`` of a comparison of many seeds, from what its runs came to: these
samples are drawn with replacement, and the mean of all runs is what they are to hold.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from scipy import stats

from ballast.studies.compare.rules import OURS
from ballast.studies.intervals import Samples, estimate, student_half
from ballast.studies.measures import MEASURES

SEEDS: Final = 30
TRIALS: Final = 1_000
SKEWED: Final = 1.0
"""Skewness from which on a measure of runs is looked at."""
Draw = Callable[[np.random.Generator, int], Samples]
MADE_UP: Final[dict[str, tuple[Draw, float]]] = {
    "no skew: normal": (lambda rng, n: rng.normal(size=n), 0.0),
    "share near 0: beta(0.5, 50)": (lambda rng, n: rng.beta(0.5, 50, n), 0.5 / 50.5),
    "share near 1: beta(20, 0.2)": (lambda rng, n: rng.beta(20, 0.2, n), 20 / 20.2),
    "nothing in four of five seeds": (lambda rng, n: (rng.random(n) < 0.2) * rng.exponential(0.01, n), 0.002),
}
"""Distributions over seeds, and their means."""


class Coverage(NamedTuple):
    """What intervals of samples came to.

    Attributes
    ----------
    student, ours : float
        Share of samples whose interval holds the mean.
    width : float
        Mean width of ours as a multiple of that of Student's.
    """

    student: float
    ours: float
    width: float

    def __str__(self) -> str:
        """Say the three in a line."""
        return f"{self.student:.3f} {self.ours:.3f}, {self.width:.2f} times as wide"


def coverage(draw: Draw, mean: float, seeds: int, trials: int = TRIALS) -> Coverage:
    """Count how often intervals hold a mean.

    Parameters
    ----------
    draw : callable
        Draws a sample of some size, given a generator.
    mean : float
        What it is to hold.
    seeds : int
        Size of a sample.
    trials : int
        Samples.
    """
    rng = np.random.default_rng(seeds)
    held, widths = np.zeros(2), np.zeros(2)
    for _ in range(trials):
        sample = draw(rng, seeds)
        found = estimate(sample)
        halves = np.array((student_half(sample.std(ddof=1), seeds), found.half))
        held += abs(found.mean - mean) <= halves
        widths += halves
    student, ours = (held / trials).tolist()
    return Coverage(student, ours, float(widths[1] / widths[0]))


def of_runs(path: Path) -> Iterator[tuple[str, Samples]]:
    """Skewed measures of the runs of a comparison, by rule, and of the rules' differences to ours."""
    rows = pq.read_table(path).to_pylist()
    rules = list(dict.fromkeys(row["rule"] for row in rows))
    found = {
        rule: {name: np.array([r[name] for r in rows if r["rule"] == rule]) for name in MEASURES} for rule in rules
    }
    for rule in rules:
        for name in MEASURES:
            sides = {f"{rule}: {name}": found[rule][name]}
            if rule != OURS:
                sides[f"{rule} less ours: {name}"] = found[rule][name] - found[OURS][name]
            yield from ((title, of) for title, of in sides.items() if abs(stats.skew(of)) > SKEWED)


def main() -> None:
    """Print what was found."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    print(f"{TRIALS:,} samples of {seeds} seeds, intervals of 95%: coverage of Student's, and of ours")
    for title, (draw, mean) in MADE_UP.items():
        print(f"{title}: {coverage(draw, mean, seeds)}")
    for path in sys.argv[2:]:
        for title, values in of_runs(Path(path)):
            found = coverage(lambda rng, n, of=values: rng.choice(of, n), float(values.mean()), seeds)  # type: ignore[misc]
            print(f"{title}, skewness {stats.skew(values):.1f}: {found}")


if __name__ == "__main__":
    main()
