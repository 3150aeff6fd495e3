"""Claims that are computed rather than simulated: the load curve's jumps, the filter's reaction, theory's window."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import numpy as np

from ballast.model import load_curve, reputation_filter
from ballast.model.constants import BPS
from ballast.model.fixed_point import sigmoid
from ballast.model.load_curve import Curve
from ballast.model.parameters import DEFAULT_FILTER
from ballast.scoring.densities import DENSITIES
from ballast.scoring.scores import score
from ballast.sim.scenario import Scenario
from ballast.studies.claims.observe import MIDDLE
from ballast.studies.intervals import Samples

SETTLING, TASKS, LONGEST = 60, 10, 200
"""Epochs before a change of quality, tasks an epoch, and epochs after which nobody waits any longer."""
HALF: Final = 50
"""Of the paper's 100 operators: as many have to stay for a network to count as stable."""


def jumps(curve: Curve) -> tuple[Fraction, Fraction]:
    """Jumps of a curve at B and of its signed form (bonus up to F, loss beyond) at F, exactly, ppm.

    Both are zero if the bonus has one value at B from either side, and bonus and amplification are nothing at F.
    """
    below = Fraction(load_curve.left(curve.a, curve.b, curve.c, curve.b), load_curve.LEFT_PER_PPM)
    at_b, at_f = (load_curve.middle(curve.b, curve.d, curve.e, x) for x in (curve.b, curve.f))
    beyond = Fraction(load_curve.right(curve.g, curve.h, curve.i, curve.f), load_curve.RIGHT_PER_PPM)
    per_ppm = load_curve.MIDDLE_PER_PPM
    return abs(below - Fraction(at_b, per_ppm)), abs(Fraction(at_f, per_ppm)) + max(beyond, Fraction(0))


def shape() -> str:
    """Say of how many presets the curve pays, amplifies, and pays most at B."""
    pays = amplifies = peaks = 0
    for curve in load_curve.PRESETS.values():
        rates = np.array(load_curve.table(load_curve.pack(curve)))
        pays += bool(rates[: curve.f + 1].min() >= 0)
        amplifies += bool((np.diff(rates[curve.f + 1 :]) > 0).all() and rates[BPS] > 0)
        peaks += bool(rates[: curve.f + 1].argmax() == curve.b)
    return (
        f"computed exactly, not simulated; of {len(load_curve.PRESETS)} presets {pays} take nothing up to F, "
        f"{amplifies} amplify more with every basis point beyond, {peaks} pay most at B (the others when idle)"
    )


def crossing_time(rng: np.random.Generator) -> float:
    """Epochs until the reputation of somebody whose quality falls from 0.97 to 0.60 is below the middle, 0.785.

    Tasks are of equal value, and worth enough to count in full.
    """
    phi, fee = DEFAULT_FILTER.newcomer, DEFAULT_FILTER.n0
    good = np.concatenate((rng.binomial(TASKS, 0.97, SETTLING), rng.binomial(TASKS, 0.60, LONGEST)))
    for epoch, good_tasks in enumerate(good.tolist()):
        phi = reputation_filter.step(DEFAULT_FILTER, phi, TASKS * fee, good_tasks * fee, 0, 0)
        if epoch >= SETTLING and sigmoid(phi) < MIDDLE:
            return float(epoch - SETTLING + 1)
    return float(LONGEST)


def outlier() -> str:
    """Say how far an outlier moves the location of score-driven models, Student-t and Gaussian, of unit scale."""
    moved = {}
    for name, theta in (("student_t", (0.0, 1.0, 5.0)), ("gaussian", (0.0, 1.0))):
        near, far = (score(DENSITIES[name].code, 0, e, 1.0, np.array(theta)) for e in (2.0, 20.0))
        moved[name] = far / near
    return (
        f"An observation 20 sigma off moves a Student-t filter (5 degrees of freedom) {moved['student_t']:.2g} times "
        f"as far as one 2 sigma off, a Gaussian one {moved['gaussian']:.2g} times"
    )


def deterrence_window(scenario: Scenario) -> tuple[float, float]:
    """Slashing factors between which work pays and staying pays, by the incentive constraints.

    ``s_IC = (c / (p1 - p0) - r) / K`` and ``s_IR = (r p1 - c) / (K (1 - p1))``: K the collateral and c the cost of
    effort as multiples of the reward, r = 0.9 what an executor is paid of it, p1 = 0.98 and p0 the chances of success
    with and without effort.
    """
    r, p1 = 0.9, 0.98
    k, c = scenario.collateral, scenario.effort
    return (c / (p1 - scenario.careless) - r) / k, (r * p1 - c) / (k * (1 - p1))


def as_predicted(found: Mapping[str, Samples], scenario: Scenario) -> Samples:
    """Whether effort and survival are what the incentive constraints say, by seed.

    Effort: most executed tasks are worked for. Survival: at least half of the operators stay.
    """
    works_from, stays_until = deterrence_window(scenario)
    works = found["shirked"] < 0.5
    stays = found["operators_active"] >= HALF
    right = (works == (scenario.slashing >= works_from)) & (stays == (scenario.slashing < stays_until))
    return np.asarray(right, dtype=np.float64)
