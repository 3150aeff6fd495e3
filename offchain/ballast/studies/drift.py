"""From when on a run no longer drifts: what ``ballast.studies.measures.WARM_UP`` was chosen by.

Run by ``python -m ballast.studies.drift [SCENARIO ...]``, with the seeds 1 to 20, on which things are chosen.

For trust, price, load and margin: the mean over the seeds of each twentieth of what follows the start-up, and the first
twentieth from which on all are within 2% of the mean of the second half.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ballast.model.constants import BPS, PPM
from ballast.sim.market.records import Records
from ballast.sim.pace import start_up
from ballast.sim.run import run_on
from ballast.sim.scenario import load

SEEDS: Final = range(1, 21)
PARTS: Final = 20
NEAR: Final = 0.02
COURSES: Final[dict[str, Callable[[Records], npt.NDArray[np.float64]]]] = {
    "trust": lambda periods: periods["coprocessors_reputation"] / PPM,
    "price": lambda periods: periods["auctioned_price"] / np.maximum(periods["auctioned_reward"], 1),
    "load": lambda periods: periods["load_mean"] / BPS,
    "margin": lambda periods: 1 - periods["cost"] / np.maximum(periods["settled_reward"], 1),
}
"""What is followed, by period: a coprocessor's mean reputation; prices as a share of rewards; loads as a share of
capacity; and what settled tasks are worth less the cost of all work, as a share of their rewards."""


def steady_from(course: npt.NDArray[np.float64]) -> int:
    """First part of a course from which on all parts are near the mean of its second half."""
    end = course[len(course) // 2 :].mean()
    away = np.flatnonzero(abs(course - end) > NEAR * abs(end))
    return int(away[-1]) + 1 if len(away) else 0


def main() -> None:
    """Print what was found."""
    for name in sys.argv[1:] or ("market", "paper"):
        runs = [run_on(replace(load(name), seed=seed)) for seed in SEEDS]
        begin = max(start_up(run.scenario) for run in runs)
        for title, follow in COURSES.items():
            mean = np.mean([follow(run.periods[begin:]) for run in runs], axis=0)
            course = np.array([part.mean() for part in np.array_split(mean, PARTS)])
            parts = " ".join(f"{part:.3f}" for part in course)
            print(f"{name}, {title}: within {NEAR:.0%} after {steady_from(course) / PARTS:.0%} of the rest; {parts}")


if __name__ == "__main__":
    main()
