"""Figures 3 and 4: what operators earn over time, and by their reputation."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from scipy.stats import spearmanr

from ballast.errors import MissingResultError
from ballast.model.constants import OPERATOR, PPM
from ballast.studies.figures.results import Array, ResultsDirectory
from ballast.studies.figures.style import (
    BLUE,
    COLUMN,
    INK,
    VERMILLION,
    FigureTable,
    Hit,
    Look,
    Picture,
    above,
    canvas,
    label_ends,
    line_style,
    stretches,
    strips,
    token_scale,
)

SHOWN: Final = 6
"""Operators with a line of their own."""
STRETCHES: Final = 40
"""Stretches of time over which rewards are averaged."""
OUTSTANDING: Final = 4
"""Ratio of the highest spread of a period to the usual one beyond which the scale is logarithmic."""
POINTED: Final = 500
"""Points that tell their values, at most; of more, as many are taken evenly, and the marks are a picture."""
FEWEST: Final = 10
"""Operators, or pairs of values, from which on a course or a correlation is told; of fewer, chance decides."""
FEWEST_PERIODS: Final = 5
"""Periods with a spread that each end of a course needs."""
LEVEL: Final = 0.05
"""Probability of chance from which on no correlation can be told."""
CONVERGED: Final = 0.8
"""Ratio of the last to the first spread below which rewards count as converging; above its inverse as diverging."""


def rewards_over_time(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw operators' profit a period: a few of them, the middle four fifths, and the spread over all."""
    run = results.the_run()
    profit = while_active(run.of_operators("profit"), run.accounts["active"][run.rows(OPERATOR)] == 1)
    periods = len(profit)
    if periods - run.start_up < 10:
        raise MissingResultError(
            f"{run.directory} has {periods} periods, {run.start_up} of them start-up: at least 10 more show a course"
        )
    borders = stretches(periods, STRETCHES)
    means = averages(profit, borders)
    middle = (borders[:-1] + borders[1:] - 1) / 2
    totals = np.nansum(profit, axis=0)
    order = np.argsort(totals, kind="stable")
    order = order[np.isfinite(means).any(axis=0)[order]]
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(SHOWN, len(order))).astype(np.int64))]
    divisor, unit = token_scale(means[np.isfinite(means)])
    means = means / divisor
    figure, (top, bottom) = canvas(look, 2, 5.6, sharex=True, height_ratios=(2, 1))
    there = np.isfinite(means).any(axis=1)
    low, high = np.full((2, len(middle)), np.nan)
    if there.any():
        low[there], high[there] = np.nanquantile(means[there], (0.1, 0.9), axis=1)
    top.fill_between(middle[there], low[there], high[there], color="0.5", alpha=0.3, linewidth=0)
    names, ends, looks = [], [], []
    for i, operator in enumerate(chosen):
        earns = np.isfinite(means[:, operator])
        looks.append(line_style(i, np.count_nonzero(earns)))
        names.append(f"operator {operator + 1}")
        ends.append((float(middle[earns][-1]), float(means[earns, operator][-1])))
        top.plot(middle[earns], means[earns, operator], label=names[-1], **looks[-1])
    top.set_ylabel(f"reward less slashes and costs\n({unit} a period)")
    top.set_xlim(-0.02 * periods, 1.02 * periods)
    top.set_ylim(top.get_ylim())
    top.set_title("grey: 8 of 10 operators")
    label_ends(top, names, ends, looks, look, 1.35 * look.font / (72 * 5.6 * look.taller * 0.5))
    spread = variation(profit)
    spread[: run.start_up] = np.nan
    smooth = averages(spread[:, None], borders)[:, 0]
    least, most = extremes(spread, borders)
    if borders[1] > 1:
        bottom.fill_between(middle, least, most, color="0.5", alpha=0.4, linewidth=0)
    label = f"mean of {borders[1]} periods" if borders[1] > 1 else "each period"
    bottom.plot(middle, smooth, color=BLUE, label=label)
    bottom.set_xlabel(results.time)
    bottom.set_ylabel(f"spread\n(sd / mean, {_scaled(bottom, least, most, smooth)})")
    bottom.set_title(f"mean of {borders[1]} periods; grey: extremes" if borders[1] > 1 else "each period")
    seen = course(profit[run.start_up :], spread[run.start_up :])
    averaged = f"averaged over {borders[1]} periods" if borders[1] > 1 else "period by period"
    stretch = [f"periods {a} to {b - 1}" if b - a > 1 else f"period {a}" for a, b in pairwise(borders.tolist())]
    named = [(name, means[:, operator]) for name, operator in zip(names, chosen, strict=True)]
    earned = [
        "\n".join(
            [t, *(f"{name}: {of[k]:.4g}" for name, of in named if np.isfinite(of[k])), unit, _band(low[k], high[k])]
        )
        for k, t in enumerate(stretch)
    ]
    spreads = [
        f"{t}\nspread: {m:.3g} ({a:.3g} to {b:.3g})" if np.isfinite(m) else f"{t}\nspread: not known"
        for t, m, a, b in zip(stretch, smooth, least, most, strict=True)
    ]
    return Picture(
        3,
        "Operators' reward over time",
        seen,
        f"Upper panel: profit a period of {len(chosen)} of {len(totals)} operators, from the one that earns least to "
        f"the one that earns most, and the band that holds 8 of 10, {averaged}. Lower panel: "
        f"standard deviation over mean of the profits of all operators still active, after the start-up. {seen}.",
        figure,
        FigureTable(
            [
                *("first period", "last period", *(f"{name} ({unit} a period)" for name, _ in named)),
                *("first decile", "last decile", "spread, mean", "spread, lowest", "spread, highest"),
            ],
            [
                [
                    *(int(borders[k]), int(borders[k + 1] - 1), *(of[k] for _, of in named)),
                    *(low[k], high[k], smooth[k], least[k], most[k]),
                ]
                for k in range(len(middle))
            ],
        ),
        [*strips(top, middle, earned), *strips(bottom, middle, spreads)],
        look,
    )


def _band(low: float, high: float) -> str:
    return f"8 of 10: {low:.4g} to {high:.4g}" if np.isfinite(low) else "nobody is left"


def _scaled(axes: Axes, least: Array, most: Array, smooth: Array) -> str:
    """Set the vertical axis so that all is seen, logarithmic if some periods stand out, and name its unit."""
    known = most[np.isfinite(most)]
    if known.size and known.max() > OUTSTANDING * np.nanmedian(smooth) and np.nanmin(least) > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_ylim(float(np.nanmin(least)) / 1.2, float(known.max()) * 1.2)
        return "log scale"
    axes.set_ylim(0, 1.1 * float(known.max()) if known.size and known.max() > 0 else 1.0)
    return "no unit"


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


def extremes(values: Array, borders: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    """Lowest and highest number of each stretch; not a number where there is none."""
    kept = np.isfinite(values)
    none = ~np.logical_or.reduceat(kept, borders[:-1])
    low = np.minimum.reduceat(np.where(kept, values, np.inf), borders[:-1])
    high = np.maximum.reduceat(np.where(kept, values, -np.inf), borders[:-1])
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


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
    """Say whether the spread shrinks from the first tenth of some periods to the last, if there is enough to tell."""
    tenth = len(spread) // 10
    ends = (slice(tenth), slice(-tenth, None))
    operators = [int(np.isfinite(profit[end]).any(axis=0).sum()) for end in ends]
    known = [int(np.isfinite(spread[end]).sum()) for end in ends]
    untold = "Whether operators' rewards converge cannot be told"
    if not all(known):
        which, left = ("first", operators[0]) if not known[0] else ("last", operators[1])
        return (
            f"{untold}: no period of the {which} tenth has a spread, which needs two operators and a profit "
            f"({counted(left, 'operator')})"
        )
    first, last = (float(np.nanmean(spread[end])) for end in ends)
    verdict = "converge" if last < CONVERGED * first else "diverge" if last * CONVERGED > first else "do not converge"
    said = f"In this run operators' rewards {verdict}"
    if min(operators) < FEWEST:
        said = f"{untold} from {counted(min(operators), 'operator')}"
    elif min(known) < FEWEST_PERIODS:
        said = f"{untold} from {counted(min(known), 'period')}"
    rests = [f"{counted(n, 'operator')}, {counted(t, 'period')}" for n, t in zip(operators, known, strict=True)]
    return (
        f"{said}: their spread is {first:.2f} in the first tenth after the start-up ({rests[0]}) and {last:.2f} in the "
        f"last ({rests[1]})"
    )


def counted(number: int, thing: str) -> str:
    """Write a number of things."""
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"


def reputation_and_reward(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw operators' reputation against their total reward."""
    run = results.the_run()
    accounts, rows = run.accounts, run.rows(OPERATOR)
    reputation = accounts["reputation"][rows] / PPM
    reward = accounts["income"][rows] - accounts["slashed"][rows]
    stayed = accounts["active"][rows] == 1
    divisor, unit = token_scale(reward)
    figure, (axes,) = canvas(look, 1, 3.8)
    for who, kind, marker, colour in (
        (stayed, "active at the end", "o", BLUE),
        (~stayed, "have left", "x", VERMILLION),
    ):
        if who.any():
            label = f"{np.count_nonzero(who)} {kind}"
            style: Any = {"marker": marker, "color": colour, "markerfacecolor": "none", "markersize": 5}
            many = np.count_nonzero(who) > POINTED
            axes.plot(reputation[who], reward[who] / divisor, linestyle="", label=label, rasterized=many, **style)
    if reward.min() < 0:
        axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_xlabel("reputation at the end\n(posted chance of success, no unit)")
    axes.set_ylabel(f"total reward less slashes\n({unit})")
    above(axes, look)
    numbers = [
        (i + 1, reputation[i], reward[i] / divisor, "active" if stayed[i] else "has left") for i in range(len(reward))
    ]
    pointed = np.unique(np.linspace(0, len(numbers) - 1, min(len(numbers), POINTED)).astype(np.int64))
    return Picture(
        4,
        "Operators' reputation and total reward",
        together(reputation, reward, stayed),
        f"Scatter plot of {len(reward)} operators: reputation at the end from {reputation.min():.3f} to "
        f"{reputation.max():.3f}, total reward less slashes from {reward.min():.4g} to {reward.max():.4g} token units. "
        f"{np.count_nonzero(stayed)} are active at the end. {together(reputation, reward, stayed)}.",
        figure,
        FigureTable(("operator", "reputation", f"total reward less slashes ({unit})", "state"), numbers),
        [
            Hit(axes, [(x, y)], f"operator {n}, {how}\nreputation {x:.3f}\nreward {y:.4g} {unit}")
            for n, x, y, how in (numbers[i] for i in pointed)
        ],
        look,
    )


def together(reputation: Array, reward: Array, stayed: npt.NDArray[np.bool_]) -> str:
    """Say whether reputation and reward go together, also among those that stayed."""
    over = counted(len(reward), "operator")
    untold = "No correlation of operators' reputation and reward can be told"
    of_all, of_them = rank_correlation(reputation, reward), rank_correlation(reputation[stayed], reward[stayed])
    if of_all is None:
        return f"{untold} from {over}"
    there = np.count_nonzero(stayed)
    survivors = f", {of_them.rank:+.2f} over the {there} active at the end" if of_them and there < len(stayed) else ""
    way = "rise together" if of_all.rank > 0 else "run against each other"
    said = f"In this run operators' reputation and reward {way}" if of_all.told else untold
    return f"{said}: rank correlation {of_all.rank:+.2f} over {over}{survivors}"


class Correlation(NamedTuple):
    """A rank correlation.

    Attributes
    ----------
    rank : float
        Spearman's.
    told : bool
        Whether there are enough values to tell it from chance.
    """

    rank: float
    told: bool


def rank_correlation(first: Array, second: Array) -> Correlation | None:
    """Correlate the ranks of two things; None where there is nothing to correlate."""
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    rank, chance = spearmanr(first, second)
    # of few values the p-value is an approximation that may be far too small: of three in order it is 0
    return Correlation(float(rank), bool(len(first) >= FEWEST and chance < LEVEL))
