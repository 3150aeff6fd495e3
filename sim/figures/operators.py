"""Figures 3 and 4: what operators earn over time, and by their reputation."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from offchain.errors import MissingResultError
from offchain.model.constants import OPERATOR, PPM
from sim.figures.results import Array, Results
from sim.figures.slashing import TIME
from sim.figures.style import BLUE, INK, VERMILLION, Picture, canvas, line_style, stretches, token_scale

SHOWN: Final = 6
"""Operators with a line of their own."""
STRETCHES: Final = 40
"""Stretches of time over which rewards are averaged."""
CONVERGED: Final = 0.8
"""Ratio of the last to the first spread below which rewards count as converging; above its inverse as diverging."""


def rewards_over_time(results: Results) -> Picture:
    """Draw operators' profit a period: a few of them, the middle four fifths, and the spread over all."""
    run = results.the_run()
    profit = while_active(run.of_operators("profit"), run.accounts["active"][run.rows(OPERATOR)] == 1)
    periods = len(profit)
    if periods < 10:
        raise MissingResultError(f"{run.directory} has {periods} periods: at least 10 show a course")
    borders = stretches(periods, STRETCHES)
    means = averages(profit, borders)
    middle = (borders[:-1] + borders[1:] - 1) / 2
    totals = np.nansum(profit, axis=0)
    order = np.argsort(totals, kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(SHOWN, len(order))).astype(np.int64))]
    divisor, unit = token_scale(means[np.isfinite(means)])
    figure, (top, bottom) = canvas(2, 5.6, sharex=True, height_ratios=(2, 1))
    there = np.isfinite(means).any(axis=1)
    low, high = np.nanquantile(means[there], (0.1, 0.9), axis=1) / divisor
    top.fill_between(middle[there], low, high, color="0.5", alpha=0.3, linewidth=0, label="8 of 10 operators")
    for i, operator in enumerate(chosen):
        earns = np.isfinite(means[:, operator])
        style = line_style(i, np.count_nonzero(earns))
        top.plot(middle[earns], means[earns, operator] / divisor, label=f"operator {operator + 1}", **style)
    top.set_ylabel(f"reward less slashes and costs\n({unit} a period)")
    top.set_xlim(-0.02 * periods, 1.02 * periods)
    spread = variation(profit)
    smooth = averages(spread[:, None], borders)[:, 0]
    limit = _limit(spread, smooth)
    beyond = np.count_nonzero(spread > limit)
    label = f"each period ({beyond} beyond the axis)" if beyond else "each period"
    bottom.plot(np.arange(periods), spread, color="0.5", linewidth=0.6, label=label)
    if borders[1] > 1:
        bottom.plot(middle, smooth, color=BLUE, label=f"mean of {borders[1]} periods")
    bottom.set_ylim(0, limit)
    bottom.set_ylabel("spread\n(sd / mean, no unit)")
    bottom.set_xlabel(TIME)
    bottom.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    figure.legend(*top.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    seen = course(profit, spread)
    return Picture(
        3,
        "Operators' reward over time",
        seen,
        f"Upper panel: profit a period of {len(chosen)} of {len(order)} operators, from the one that earns least to "
        f"the one that earns most, and the band that holds 8 of 10, averaged over {borders[1]} periods. Lower panel: "
        f"standard deviation over mean of the profits of all operators still active. {seen}.",
        figure,
    )


def while_active(profit: Array, stayed: Array) -> Array:
    """Profits, not a number from the period on in which an operator has left.

    Parameters
    ----------
    profit : array of shape (periods, operators)
        Zero once an operator has left.
    stayed : array of shape (operators,)
        Whether it is active at the end.
    """
    periods = len(profit)
    last = periods - 1 - np.argmax(profit[::-1] != 0, axis=0)
    last = np.where(stayed, periods - 1, np.where((profit != 0).any(axis=0), last, -1))
    return np.where(np.arange(periods)[:, None] <= last, profit, np.nan)


def averages(values: Array, borders: npt.NDArray[np.int64]) -> Array:
    """Means over stretches of the first axis, of what is a number."""
    kept = np.isfinite(values)
    sums = np.add.reduceat(np.where(kept, values, 0.0), borders[:-1], axis=0)
    counts = np.add.reduceat(kept.astype(np.int64), borders[:-1], axis=0)
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


def variation(profit: Array) -> Array:
    """Compute standard deviation over mean, by period, of those active.

    Not a number where fewer than two are active, or where the mean is not positive.
    """
    kept = np.isfinite(profit)
    n = np.maximum(kept.sum(axis=1), 1)
    mean = np.where(kept, profit, 0.0).sum(axis=1) / n
    squares = np.where(kept, (profit - mean[:, None]) ** 2, 0.0).sum(axis=1) / n
    return np.divide(np.sqrt(squares), mean, out=np.full(len(mean), np.nan), where=(mean > 0) & (n > 1))


def course(profit: Array, spread: Array) -> str:
    """Say whether the spread shrinks from the first tenth of the periods to the last."""
    tenth = len(spread) // 10
    parts = (spread[:tenth], spread[-tenth:])
    if not all(np.isfinite(part).any() for part in parts):
        left = int(np.isfinite(profit[-tenth:]).any(axis=0).sum()) or "no"
        return f"Whether operators' rewards converge cannot be said: {left} operators are left in the last tenth"
    first, last = (float(np.nanmean(part)) for part in parts)
    verdict = "converge" if last < CONVERGED * first else "diverge" if last * CONVERGED > first else "do not converge"
    before, after = (int(np.isfinite(part).any(axis=0).sum()) for part in (profit[:tenth], profit[-tenth:]))
    return (
        f"Operators' rewards {verdict}: their spread is {first:.2f} in the first tenth of the periods "
        f"({before} operators) and {last:.2f} in the last ({after})"
    )


def _limit(spread: Array, smooth: Array) -> float:
    """Top of the axis: above all means and 99 of 100 periods."""
    known = spread[np.isfinite(spread)]
    return 1.1 * float(max(np.quantile(known, 0.99), np.nanmax(smooth))) if known.size else 1.0


def reputation_and_reward(results: Results) -> Picture:
    """Draw operators' reputation against their total reward."""
    run = results.the_run()
    accounts, rows = run.accounts, run.rows(OPERATOR)
    reputation = accounts["reputation"][rows] / PPM
    reward = accounts["income"][rows] - accounts["slashed"][rows]
    stayed = accounts["active"][rows] == 1
    divisor, unit = token_scale(reward)
    figure, (axes,) = canvas(1, 3.8)
    for who, kind, marker, colour in (
        (stayed, "active at the end", "o", BLUE),
        (~stayed, "have left", "x", VERMILLION),
    ):
        if who.any():
            label = f"{np.count_nonzero(who)} {kind}"
            look: Any = {"marker": marker, "color": colour, "markerfacecolor": "none", "markersize": 5}
            axes.plot(reputation[who], reward[who] / divisor, linestyle="", label=label, **look)
    if reward.min() < 0:
        axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_xlabel("reputation at the end (posted chance of success, no unit)")
    axes.set_ylabel(f"total reward less slashes\n({unit})")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return Picture(
        4,
        "Operators' reputation and total reward",
        _correlated(reputation, reward, stayed),
        f"Scatter plot of {len(reward)} operators: reputation at the end from {reputation.min():.3f} to "
        f"{reputation.max():.3f}, total reward less slashes from {reward.min():.4g} to {reward.max():.4g} token units. "
        f"{np.count_nonzero(stayed)} are active at the end. {_correlated(reputation, reward, stayed)}.",
        figure,
    )


def _correlated(reputation: Array, reward: Array, stayed: npt.NDArray[np.bool_]) -> str:
    """Say whether reputation and reward go together, also among those that stayed."""
    rank, p = rank_correlation(reputation, reward)
    verdict = "do not go together" if p >= 0.05 else "rise together" if rank > 0 else "run against each other"
    survivors = ""
    if 2 < np.count_nonzero(stayed) < len(stayed):
        rank_of_them, _ = rank_correlation(reputation[stayed], reward[stayed])
        survivors = f", {rank_of_them:+.2f} over the {np.count_nonzero(stayed)} active at the end"
    all_of_them = f"rank correlation {rank:+.2f} over {len(reward)} operators"
    return f"Operators' reputation and reward {verdict}: {all_of_them}{survivors}"


def rank_correlation(x: Array, y: Array) -> tuple[float, float]:
    """Spearman's rank correlation and its p-value; 0 and 1 where there is nothing to correlate."""
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0, 1.0
    rank, p = spearmanr(x, y)
    return float(rank), float(p)
