"""Simulated epochs: profit and loss by path, epoch and cause.

The number of tasks of an epoch is of the Panjer class, with a mean and a dispersion: binomial below 1, Poisson at 1,
negative binomial above. Their rewards are gamma. Given the epoch's common factor (`ballast.studies.risk.copula`) each
is late, wrong or good. Chances, volume and price are drawn once a path: what is not known of them stays so for a whole
horizon.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ballast.studies.risk.copula import given_factor
from ballast.studies.risk.lines import Exposure, TaskLine

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
EARNED, LATE, WRONG, CORRELATED, DELEGATED = CAUSES = ("earned", "late", "wrong", "correlated", "delegated")
"""Causes of a profit or loss: work that went well less the cost of all work, and other income; own late and wrong
results; what more of them there was in an epoch than is usual, for its common factor; delegated tasks that failed."""
POISSON_WITHIN: Final = 1e-3
"""Distance of a dispersion from 1 up to which it is 1."""
BLOCK: Final = 5
"""Epochs in a row that are drawn from the past together: longer than most tasks live."""
LEAST_CHANCE: Final = 1e-12
"""What chances of failure are kept away from 0 and 1, so that their normal quantiles are finite."""


def counts(mean: Floats, dispersion: float, shape: tuple[int, ...], rng: np.random.Generator) -> Counts:
    """Numbers of tasks, one mean for each row.

    Parameters
    ----------
    mean : array of shape (rows,)
        Tasks an epoch.
    dispersion : float
        Variance over mean. A binomial needs a whole number of trials, so that of a small mean is nearly kept.
    shape : tuple
        Rows and columns.
    rng : Generator
        Source of randomness.
    """
    means = np.broadcast_to(mean[:, None], shape)
    if abs(dispersion - 1.0) < POISSON_WITHIN:
        return np.asarray(rng.poisson(means))
    if dispersion > 1.0:
        return np.asarray(rng.poisson(rng.gamma(means / (dispersion - 1.0), dispersion - 1.0)))
    trials = np.maximum(np.ceil(means / (1.0 - dispersion)).astype(np.int64), 1)
    return np.asarray(rng.binomial(trials, means / trials))


def simulate_epochs(
    exposure: Exposure, factor: Floats, correlation: float, rng: np.random.Generator
) -> dict[str, Floats]:
    """Simulate what happens to somebody.

    Parameters
    ----------
    exposure : Exposure
        Who.
    factor : array of shape (paths, epochs + 1)
        Common factor of each epoch, from one before the first on: its outcomes may come later.
    correlation : float
        rho of the copula.
    rng : Generator
        Of all that is not common.

    Returns
    -------
    dict
        By cause an array of shape (paths, epochs), token units; their sum is the profit.
    """
    paths, epochs = factor.shape[0], factor.shape[1] - 1
    found = {cause: np.zeros((paths, epochs)) for cause in CAUSES}
    found[EARNED] += exposure.income
    places = _places(max(len(line.past) for line in exposure.lines), factor.shape, rng)
    for line in exposure.lines:
        _add(found, line, places, factor, correlation, rng)
    return found


def _places(epochs: int, shape: tuple[int, ...], rng: np.random.Generator) -> Counts:
    """Past epochs that those to come are like: runs of ``BLOCK``, the first after the last, the same for all lines.

    The circular block bootstrap (Politis and Romano, 1992): what follows on a busy epoch, and what all lines of one
    operator have in common, stays as it was.
    """
    blocks = -(-shape[1] // BLOCK)
    starts = rng.integers(max(epochs, 1), size=(shape[0], blocks))
    places = (starts[:, :, None] + np.arange(BLOCK)).reshape(shape[0], -1)
    return np.asarray(places[:, : shape[1]] % max(epochs, 1))


def _add(
    found: dict[str, Floats],
    line: TaskLine,
    places: Counts,
    factor: Floats,
    correlation: float,
    rng: np.random.Generator,
) -> None:
    """Add what a line of tasks brings and loses."""
    paths = len(factor)
    volume = np.maximum(1.0 + line.volume_error * rng.standard_normal(paths), 0.0)
    paid = line.paid + line.paid_error * rng.standard_normal(paths)
    number, later, reward = _volume(line, places, volume, rng)
    late = np.minimum(1.0 - line.in_time.draws(paths, rng) + line.strained, 1.0)
    fail = np.clip(1.0 - (1.0 - late) * line.right.draws(paths, rng), LEAST_CHANCE, 1.0 - LEAST_CHANCE)
    late = np.clip(late, LEAST_CHANCE, fail)
    late_now = given_factor(late[:, None], correlation, factor)
    fail_now = np.maximum(given_factor(fail[:, None], correlation, factor), late_now)
    wrong_now = (fail_now - late_now) / np.maximum(1.0 - late_now, LEAST_CHANCE)
    usual = np.minimum(fail[:, None] / fail_now, 1.0)
    spent = line.cost * reward
    found[EARNED] -= spent[:, 1:]
    for after, (some, worth) in enumerate(_parts(line, number, later, reward, rng)):
        came = slice(0, -1) if after else slice(1, None)
        sums = _sums(line, some, worth, late_now, np.clip(wrong_now, 0.0, 1.0), rng)
        brought = paid[:, None] * (sums["good"] + sums["rescued"]) + sums["spread"]
        losses = {
            LATE: line.late * sums["late"] + line.late_rescued * sums["rescued"],
            WRONG: line.wrong * sums["wrong"],
        }
        found[EARNED] += brought[:, came]
        for cause, lost in losses.items():
            found[DELEGATED if line.delegated else cause] -= (usual * lost)[:, came]
            found[CORRELATED] -= ((1.0 - usual) * lost)[:, came]


def _volume(line: TaskLine, places: Counts, volume: Floats, rng: np.random.Generator) -> tuple[Counts, Counts, Floats]:
    """Numbers of tasks, those of them whose outcome comes an epoch later, and the sums of their rewards."""
    if not line.past:
        number = counts(line.tasks * volume, line.dispersion, places.shape, rng)
        later = rng.binomial(number, line.carry)
        if line.reward_spread == 0.0:
            return number, later, number * line.reward
        shape = 1.0 / line.reward_spread**2
        return number, later, rng.standard_gamma(number * shape) * (line.reward / shape)
    past = np.array(line.past, dtype=np.float64)[places]
    number = _whole(past[..., 0] * volume[:, None], rng)
    later = np.minimum(_whole(past[..., 1] * volume[:, None], rng), number)
    return number, later, number * past[..., 2]


def _whole(number: Floats, rng: np.random.Generator) -> Counts:
    """Round up or down at random, so that means are kept."""
    return np.floor(number + rng.random(number.shape)).astype(np.int64)


def _parts(
    line: TaskLine, number: Counts, later: Counts, reward: Floats, rng: np.random.Generator
) -> tuple[tuple[Counts, Floats], ...]:
    """Tasks whose outcome comes in the same epoch, and those whose comes in the next one; with their rewards."""
    if not later.any():
        return ((number, reward),)
    worth = _split(line, later, number, reward, rng)
    return (number - later, reward - worth), (later, worth)


def _sums(
    line: TaskLine,
    number: Counts,
    reward: Floats,
    late_chance: Floats,
    wrong_chance: Floats,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Rewards of tasks by outcome, and by how much the good ones were paid more or less than usual, token units."""
    late = rng.binomial(number, late_chance)
    wrong = rng.binomial(number - late, wrong_chance)
    rescued = rng.binomial(late, line.rescued)
    good = number - late - wrong
    of_late = _split(line, late, number, reward, rng)
    of_wrong = _split(line, wrong, number - late, reward - of_late, rng)
    of_rescued = _split(line, rescued, late, of_late, rng)
    return {
        "good": reward - of_late - of_wrong,
        "late": of_late - of_rescued,
        "rescued": of_rescued,
        "wrong": of_wrong,
        "spread": line.paid_spread * line.reward * np.sqrt(good) * rng.standard_normal(good.shape),
    }


def _split(line: TaskLine, some: Counts, every: Counts, reward: Floats, rng: np.random.Generator) -> Floats:
    """Rewards of some of the tasks that together have a reward: a beta share of it, as of rewards that are gamma."""
    share = np.where(some > 0, 1.0, 0.0)
    mixed = (some > 0) & (some < every)
    k, n = some[mixed], every[mixed]
    if line.reward_spread == 0.0:
        share[mixed] = k / n
    else:
        shape = 1.0 / line.reward_spread**2
        share[mixed] = rng.beta(k * shape, (n - k) * shape)
    return np.asarray(reward * share)
