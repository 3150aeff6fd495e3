"""Figure 1: one auction, held by the rules themselves among the bidders that a run leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D

from ballast.errors import MissingResultError
from ballast.model import deadlines, discounts, dutch_auction, gates, task_number
from ballast.model.class_packing import PERMILLE, Auction
from ballast.model.constants import BPS, COPROCESSOR, PPM
from ballast.model.load_curve import kink, pack
from ballast.sim.bidders import asked_at, no_bidders
from ballast.sim.directory import PERIODS
from ballast.sim.moments import moments_of
from ballast.sim.scenario import ALLOCATIONS, HEAVY, Scenario
from ballast.sim.state import FIRST_OPERATOR
from ballast.studies.figures.operators import counted
from ballast.studies.figures.results import ResultsDirectory, RunResults
from ballast.studies.figures.style import (
    BLUE,
    COLUMN,
    GREEN,
    INK,
    ORANGE,
    RAMP,
    FigureTable,
    Hit,
    Look,
    Picture,
    above,
    canvas,
    stretches,
    strips,
)

AUCTIONED: Final = ("start_price", "auctioned_price", "auctioned_reward")
"""Columns of the periods that are drawn here alone."""
STRETCHES: Final = 40
"""Stretches of time at most of which prices are drawn."""
BETWEEN: Final = 2
"""Steps between the first auction and the last call, as drawn."""
POINTED: Final = 100
"""Bids drawn at most; of more, as many are taken evenly, in the order of precedence."""
TASK: Final = task_number.pack(FIRST_OPERATOR, 0, 1)
"""Number of the task; it decides between equal scores."""
AT_ONCE, DISCOUNTED, CAUTIOUS, LAST_CALL, TOO_DEAR = range(5)
WHY: Final = (
    ("o", "bid at once", "bid at once"),
    ("s", "discounted", "bid ticks later, by their discounts for load and record"),
    ("^", "beyond comfort", "wait, loaded beyond comfort"),
    ("D", "last call only", "would bid in a last call only"),
    ("x", "never", "ask more than anybody is paid"),
)
"""When bidders bid and why: marker, name, and words."""


@dataclass(frozen=True)
class DrawnBid:
    """What a coprocessor does in the auction.

    Attributes
    ----------
    account, place : int
        Escrow account, and number among coprocessors, from 1.
    x : int
        Load with the task, basis points.
    rho : int
        Reputation, ppm.
    asked : int
        Smallest price it accepts, ppm of the reward.
    of_load, of_record : int
        Its discounts, ppm of the reward.
    step : int
        At which its bid enters, in the last call if it is for that; the number of steps if it never does.
    price : int
        What it is paid if it wins, ppm of the reward.
    why : int
        Place in `WHY`.
    """

    account: int
    place: int
    x: int
    rho: int
    asked: int
    of_load: int
    of_record: int
    step: int
    price: int
    why: int

    @property
    def score(self) -> int:
        """Rank within a step."""
        return dutch_auction.score(self.x, self.rho)

    @property
    def bids(self) -> bool:
        """Whether it bids at all."""
        return self.why != TOO_DEAR

    @property
    def last_call(self) -> bool:
        """Whether it bids in a last call only."""
        return self.why == LAST_CALL

    @property
    def discount(self) -> float:
        """Both discounts, percent of the reward."""
        return (self.of_load + self.of_record) * 100 / PPM

    def against(self, other: DrawnBid) -> int:
        """Order of precedence: negative if it leads the other."""
        auctions = [LAST_CALL if b.last_call else TOO_DEAR if not b.bids else AT_ONCE for b in (self, other)]
        if auctions[0] != auctions[1]:
            return auctions[0] - auctions[1]
        ours, theirs = ((b.account, b.step, b.score) for b in (self, other))
        return -1 if dutch_auction.leads(TASK, *ours, *theirs) else 1


def one_auction(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw both clocks of a heavy task with all bids and the winner, their discounts, and start prices by period."""
    run = results.the_run()
    scenario = run.scenario
    if scenario.allocation != ALLOCATIONS[0]:
        raise MissingResultError(f"{run.directory} held no auctions of ours, but followed {scenario.allocation}")
    if missing := [name for name in AUCTIONED if name not in run.periods]:
        raise MissingResultError(f"{run.directory / PERIODS} lacks {', '.join(missing)}")
    terms = scenario.task_class().auction(scenario.network().fee)
    start = int(run.periods["start_price"][-1]) // PERMILLE * PERMILLE
    bids = _bids(run, scenario, terms, start)
    if not bids:
        raise MissingResultError(f"{run.directory}: no coprocessor had work in the last period")
    seconds = scenario.task_class().step_seconds
    drawn = [bids[i] for i in np.unique(np.linspace(0, len(bids) - 1, min(POINTED, len(bids))).astype(np.int64))]
    figure, (top, middle, bottom) = canvas(look, 3, 9.0, height_ratios=(3, 2.4, 1.6))
    known = [bid.rho / PPM for bid in bids]
    colours = ScalarMappable(Normalize(min(known), max(max(known), min(known) + 0.01)), RAMP)
    clocks = _draw_clocks(top, terms, start, seconds)
    moments = [moment * seconds for moment in _spread(drawn, terms.steps)]
    edge = terms.steps * terms.tick * 100 / PPM
    curve = pack(scenario.network().chosen_curve)
    x = np.arange(0, BPS + 1, 50)
    less = np.array([_of_load(curve, terms, int(n)) for n in x]) * 100 / PPM
    middle.plot(x * 100 / BPS, less, color=GREEN, linestyle="--")
    handles = [*clocks, Line2D([], [], color=GREEN, linestyle="--")]
    names = ["first auction's clock", "last call's clock", "discount for load"]
    for why, (marker, name, _) in enumerate(WHY):
        some = [i for i, bid in enumerate(drawn) if bid.why == why]
        if not some:
            continue
        handles.append(Line2D([], [], linestyle="", marker=marker, color=INK, markerfacecolor="none"))
        names.append(name)
        shade = colours.to_rgba(np.array([drawn[i].rho / PPM for i in some]))
        style: Any = {"marker": marker, "s": 20, "linewidths": 1.2, "clip_on": False}
        style |= {"c": shade} if why == TOO_DEAR else {"facecolors": "none", "edgecolors": shade}
        if why != TOO_DEAR:
            top.scatter([moments[i] for i in some], [drawn[i].asked * 100 / PPM for i in some], **style)
        loads = [drawn[i].x * 100 / BPS for i in some]
        middle.scatter(loads, [min(drawn[i].discount, edge) for i in some], **style)
    if (winner := bids[0]).bids:
        ring: Any = {"marker": "o", "s": 110, "facecolors": "none", "edgecolors": INK, "linewidths": 1.6, "zorder": 4}
        at, paid, accepted = moments[0], winner.price * 100 / PPM, winner.asked * 100 / PPM
        top.scatter([at], [accepted], **ring)
        middle.scatter([winner.x * 100 / BPS], [min(winner.discount, edge)], clip_on=False, **ring)
        arrow: Any = {"arrowstyle": "->", "color": INK, "linewidth": 1.3, "shrinkA": 6, "shrinkB": 0}
        top.annotate("", xy=(at, paid), xytext=(at, accepted), arrowprops=arrow)
        handles.append(Line2D([], [], linestyle="", marker="o", color=INK, markerfacecolor="none", markersize=10))
        names.append(f"wins, paid {paid:.3g}%")
    top.set_ylabel("price, and smallest price\naccepted (% of the reward)")
    middle.set_ylabel("discount\n(% of the reward)")
    middle.set_xlabel("load with the task (% of capacity)")
    highest = min(max(max(bid.discount for bid in drawn), float(less[x <= kink(curve)].max())), edge)
    middle.set_ylim(-0.02 * highest, 1.02 * max(highest, terms.tick * 100 / PPM))
    middle.set_xlim(0, 101)
    figure.colorbar(colours, ax=[top, middle], label="reputation (chance of success)", pad=0.02)
    by_period = _draw_starts(bottom, run, results.time)
    lines, prices = bottom.get_legend_handles_labels()
    above(top, look, [*handles, *lines], [*names, *prices])
    said = told(bids, seconds)
    return Picture(
        1,
        "One auction: clocks, bids and winner",
        said,
        "Upper panel: the price by time. On the clock of the first auction it falls from "
        f"{start * 100 / PPM:g}% of the reward by {terms.tick * 100 / PPM:g}% every {seconds} s; if nobody bids, on "
        f"that of the last call it rises to {terms.cap * 100 / PPM:g}%. Marks are the smallest price that each of "
        f"{len(drawn)} of {counted(len(bids), 'bidder')} accepts, in the step in which it enters. Middle panel: its "
        "discounts for load and record together, by load; above the dashed line is what its record costs. Loads are "
        "means of the last period, what is asked is of its beginning, reputations and start price are those at the "
        f"end. {said}. Lower panel: by period, the mean start price and the mean price paid, {by_period.said}.",
        figure,
        FigureTable(
            (
                *("order", "coprocessor", "load (%)", "reputation", "accepts (% of the reward)"),
                *("discount for load (% of the reward)", "discount for record (% of the reward)"),
                *("enters at (s)", "is paid (% of the reward)", "why"),
                *("period", "start price (% of the reward)", "price paid (% of the reward)"),
            ),
            [
                (
                    *(i, bid.place, bid.x * 100 / BPS, bid.rho / PPM, bid.asked * 100 / PPM),
                    *(bid.of_load * 100 / PPM, bid.of_record * 100 / PPM),
                    *((bid.step * seconds, bid.price * 100 / PPM) if bid.bids else (None, None)),
                    *(WHY[bid.why][2], None, None, None),
                )
                for i, bid in enumerate(bids, start=1)
            ]
            + [(*[None] * 10, *row) for row in by_period.rows],
        ),
        [
            Hit(axes, [at], _told(bid, seconds))
            for bid, moment in zip(drawn, moments, strict=True)
            for axes, at in (
                (top, (moment, bid.asked * 100 / PPM)),
                (middle, (bid.x * 100 / BPS, min(bid.discount, edge))),
            )
            if axes is middle or bid.bids
        ]
        + by_period.hits,
        look,
    )


def _draw_clocks(axes: Axes, terms: Auction, start: int, seconds: int) -> list[Any]:
    """Draw the clock of the first auction, as far as it sells, and beside it that of the last call; both."""
    falling = [start - k * terms.tick for k in range(terms.steps) if start - k * terms.tick >= terms.floor_]
    rising = [dutch_auction.price_at(start, terms.cap, terms.steps, k) for k in range(terms.steps)]
    clocks: list[Any] = []
    for prices, begin, style in ((falling, 0, "-"), (rising, terms.steps + BETWEEN, (0, (3, 1)))):
        borders = (begin + np.arange(len(prices) + 1)) * seconds
        look: Any = {"color": BLUE, "linewidth": 2, "linestyle": style}
        axes.stairs([price * 100 / PPM for price in prices], borders, baseline=None, **look)
        clocks.append(Line2D([], [], **look))
    every = np.arange(0, terms.steps + 1, -(-terms.steps // 4)) * seconds
    later = (terms.steps + BETWEEN) * seconds
    axes.set_xticks([*every, *(every + later)], [f"{at:g}" for at in (*every, *every)])
    axes.axvline((terms.steps + BETWEEN / 2) * seconds, color=INK, linewidth=0.6)
    axes.set_xlim(-0.2 * seconds, later + (terms.steps + 0.2) * seconds)
    axes.set_xlabel("time from opening, and from reopening (s)")
    for middle, name in ((terms.steps / 2, "first auction"), (1.5 * terms.steps + BETWEEN, "last call")):
        axes.text(middle * seconds, 1.0, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom")
    return clocks


@dataclass(frozen=True)
class StartPrices:
    """What is drawn of start prices by period.

    Attributes
    ----------
    said : str
        How they begin and end.
    rows : sequence of (float, float, float)
        Middle of a stretch of periods, mean start price, and mean price paid, percent of the reward.
    hits : list of Hit
        Places that tell their values.
    """

    said: str
    rows: Sequence[tuple[Any, ...]]
    hits: list[Hit]


def _draw_starts(axes: Axes, run: RunResults, time: str) -> StartPrices:
    """Draw the mean start price of the heavy tasks' mandates, and the mean price paid, by period."""
    periods = run.periods
    borders = stretches(len(periods["period"]), STRETCHES)
    start, price, reward = (np.add.reduceat(periods[name], borders[:-1]) for name in AUCTIONED)
    start = start * 100 / PPM / np.diff(borders)
    paid = np.divide(100 * price, reward, out=np.full(len(reward), np.nan), where=reward > 0)
    at = (borders[:-1] + borders[1:] - 1) / 2
    axes.plot(at, start, color=BLUE, label="mean start price")
    axes.plot(at, paid, color=ORANGE, linestyle="-.", label="mean price paid")
    axes.set_xlabel(time)
    axes.set_ylabel("price\n(% of the reward)")
    axes.margins(x=0.01)
    rows = [(x, s, None if np.isnan(p) else p) for x, s, p in zip(at, start, paid, strict=True)]
    ends = periods["start_price"][[0, -1]] * 100 / PPM
    return StartPrices(
        f"from {ends[0]:.3g}% at the end of the first period to {ends[1]:.3g}% at the end of the last",
        rows,
        strips(axes, at, (_told_of_period(*row) for row in rows)),
    )


def _told_of_period(middle: float, start: float, paid: float | None) -> str:
    """Say what a stretch of time tells when pointed at."""
    text = f"about period {middle:g}\nstart price {start:.3g}%"
    return text if paid is None else f"{text}\nprice paid {paid:.3g}%"


def _of_load(curve: int, terms: Auction, x: int) -> int:
    """Discount for a load, ppm of the reward."""
    return discounts.of_load(curve, terms.idle, terms.bonus, terms.malus, x)


def _bids(run: RunResults, scenario: Scenario, terms: Auction, start: int) -> list[DrawnBid]:
    """Bids in the order of precedence, of coprocessors that had work in the last period and may take the task."""
    rows = run.rows(COPROCESSOR)
    loads = run.of_coprocessors("load")[-1].astype(np.int64)
    there = np.flatnonzero((loads > 0) & (run.accounts["active"][rows] == 1))
    columns = ("account", "reputation", "complexity", "patience", "comfort", "last_call")
    known = {name: run.accounts[name][rows].astype(np.int64).tolist() for name in columns}
    task_class = scenario.task_class()
    moments = moments_of(task_class, scenario.network().epoch_seconds, scenario.played_waves())
    later = deadlines.present_step(moments.turn, task_class.step_seconds, moments.bid_later)
    curve = pack(scenario.network().chosen_curve)
    bidders = no_bidders(len(loads), HEAVY)
    bidders.size[2] = kink(curve)
    bidders.base[HEAVY], bidders.slope[HEAVY], bidders.steep[HEAVY] = (
        run.accounts[name][rows] for name in ("base", "slope", "steep")
    )
    bids = []
    for i in there.tolist():
        x, rho, able, limit = int(loads[i]), *(known[name][i] for name in ("reputation", "complexity", "patience"))
        complexity, least = task_class.complexity, terms.min_reputation
        if gates.for_coprocessor(TASK, able, complexity, least, x, BPS, x, limit, rho):
            continue
        asked = int(asked_at(bidders, i, HEAVY, float(x)))
        less = _of_load(curve, terms, x), discounts.of_record(terms.weight, terms.level, rho)
        present = later if scenario.waiting and x > known["comfort"][i] else 0
        step, price = terms.steps, 0
        if not known["last_call"][i]:
            clock = start, terms.floor_, terms.steps, terms.tick
            step, price = dutch_auction.entry_falling(*clock, asked, sum(less), present)
        if step < terms.steps:
            why = CAUTIOUS if present else DISCOUNTED if step else AT_ONCE
        else:
            rising = start, terms.floor_, terms.cap, terms.steps
            step, price = dutch_auction.entry_rising(*rising, asked, *less, terms.hard, 0)
            why = LAST_CALL if step < terms.steps else TOO_DEAR
        bids.append(DrawnBid(known["account"][i], i + 1, x, rho, asked, *less, step, price, why))
    return sorted(bids, key=cmp_to_key(DrawnBid.against))


def _spread(bids: Sequence[DrawnBid], steps: int) -> list[float]:
    """Where bids in the order of precedence are drawn, in steps: side by side within the step in which they enter.

    The last call begins `BETWEEN` steps after the end of the first auction.
    """
    at = [bid.step + (steps + BETWEEN) * bid.last_call for bid in bids]
    count = np.bincount(at)
    place = np.zeros(len(count))
    found = []
    for step in at:
        place[step] += 1
        found.append(step + (place[step] - 0.5) / count[step])
    return found


def told(bids: Sequence[DrawnBid], seconds: int) -> str:
    """Say how many bid when, who wins and what it is paid."""
    counts = [(sum(bid.why == why for bid in bids), words) for why, (*_, words) in enumerate(WHY)]
    text = (
        f"One auction of a heavy task among {counted(len(bids), 'coprocessor')}, as loaded as on average in the last "
        f"period: {', '.join(f'{count} {words}' for count, words in counts if count)}"
    )
    winner = bids[0]
    if not winner.bids:
        return f"{text}; nobody gets the task"
    after = f"after {deadlines.awarded(0, winner.step, seconds)} s coprocessor {winner.place} has it"
    if winner.last_call:
        after = f"nobody bids in the first auction, and in the last call {after}"
    return (
        f"{text}; {after}, paid {winner.price * 100 / PPM:.3g}% of the reward where it accepts "
        f"{winner.asked * 100 / PPM:.3g}%"
    )


def _told(bid: DrawnBid, seconds: int) -> str:
    """Say what a bid tells when pointed at."""
    text = (
        f"coprocessor {bid.place}\nload {bid.x * 100 / BPS:.3g}%, reputation {bid.rho / PPM:.3f}\n"
        f"accepts {bid.asked * 100 / PPM:.3g}%\ndiscounts {bid.of_load * 100 / PPM:.3g}% for load, "
        f"{bid.of_record * 100 / PPM:.3g}% for record"
    )
    if not bid.bids:
        return f"{text}\nnever bids"
    where = "the last call" if bid.last_call else "the first auction"
    return f"{text}\nenters {where} at {bid.step * seconds} s, for {bid.price * 100 / PPM:.3g}%"
