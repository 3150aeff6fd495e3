"""Figure 1: one auction, held by the rules themselves among the bidders that a run leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, Final

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D

from ballast.errors import MissingResultError
from ballast.model import deadlines, dutch_auction, gates, task_number
from ballast.model.class_packing import Auction
from ballast.model.constants import BPS, COPROCESSOR, PPM
from ballast.model.load_curve import kink, pack
from ballast.sim.bidders import asked_at, no_bidders
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
    RAMP,
    RULE,
    FigureTable,
    Hit,
    Look,
    Picture,
    above,
    canvas,
)

FINE: Final = 1_000
"""Parts of a step in which handicaps are drawn, before they are rounded down to steps."""
POINTED: Final = 100
"""Bids drawn at most; of more, as many are taken evenly, in the order of precedence."""
TASK: Final = task_number.pack(FIRST_OPERATOR, 0, 1)
"""Number of the task; it decides between equal scores."""
AT_ONCE, HANDICAPPED, CAUTIOUS, TOO_DEAR = range(4)
WHY: Final = (
    ("o", "bid at once", "bid at once"),
    ("s", "handicapped", "are handicapped by load and reputation"),
    ("^", "beyond comfort", "wait, loaded beyond comfort"),
    ("x", "price too low", "find the price too low by then"),
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
    lost, ready : float
        Steps from the opening until load and reputation let it bid, before they are rounded down; and until its comfort
        does too.
    step : int
        At which its bid enters; the number of steps if it never does.
    why : int
        Place in `WHY`.
    """

    account: int
    place: int
    x: int
    rho: int
    asked: int
    lost: float
    ready: float
    step: int
    why: int

    @property
    def score(self) -> int:
        """Rank within a step."""
        return dutch_auction.score(self.x, self.rho)

    def against(self, other: DrawnBid) -> int:
        """Order of precedence: negative if it leads the other."""
        ours, theirs = ((b.account, b.step, b.score) for b in (self, other))
        return -1 if dutch_auction.leads(TASK, *ours, *theirs) else 1


def one_auction(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw the clock of a heavy task with everybody's bid and the winner, and what load and reputation cost in time."""
    run = results.the_run()
    scenario = run.scenario
    if scenario.allocation != ALLOCATIONS[0]:
        raise MissingResultError(f"{run.directory} held no auctions of ours, but followed {scenario.allocation}")
    terms = scenario.task_class().auction(scenario.network().fee)
    bids = _bids(run, scenario, terms)
    if not bids:
        raise MissingResultError(f"{run.directory}: no coprocessor had work in the last period")
    seconds = scenario.task_class().step_seconds
    prices = [dutch_auction.price_at(terms.start, terms.floor_, terms.steps, k) for k in range(terms.steps)]
    drawn = [bids[i] for i in np.unique(np.linspace(0, len(bids) - 1, min(POINTED, len(bids))).astype(np.int64))]
    figure, (top, bottom) = canvas(look, 2, 7.2, sharex=True)
    borders = np.arange(terms.steps + 1) * seconds
    top.stairs([price * 100 / PPM for price in prices], borders, baseline=None, color=BLUE, linewidth=2)
    known = [bid.rho / PPM for bid in bids]
    colours = ScalarMappable(Normalize(min(known), max(max(known), min(known) + 0.01)), RAMP)
    moments = _spread(drawn, terms.steps)
    handles, names = [Line2D([], [], color=BLUE, linewidth=2)], ["price of the clock"]
    for why, (marker, name, _) in enumerate(WHY):
        some = [i for i, bid in enumerate(drawn) if bid.why == why]
        if not some:
            continue
        handles.append(Line2D([], [], linestyle="", marker=marker, color=INK, markerfacecolor="none"))
        names.append(name)
        shade = colours.to_rgba(np.array([drawn[i].rho / PPM for i in some]))
        style: Any = {"marker": marker, "s": 20, "linewidths": 1.2}
        style |= {"c": shade} if why == TOO_DEAR else {"facecolors": "none", "edgecolors": shade}
        asked = [drawn[i].asked * 100 / PPM for i in some]
        top.scatter([moments[i] * seconds for i in some], asked, **style)
        loads = [drawn[i].x * 100 / BPS for i in some]
        bottom.scatter([drawn[i].ready * seconds for i in some], loads, **style)
    waits = [(bid.x * 100 / BPS, bid.lost * seconds, bid.ready * seconds) for bid in drawn if bid.lost < bid.ready]
    if waits:
        bottom.hlines(*zip(*waits, strict=True), color=RULE, linewidth=0.8, zorder=0.9)
    if (winner := bids[0]).step < terms.steps:
        ring: Any = {"marker": "o", "s": 110, "facecolors": "none", "edgecolors": INK, "linewidths": 1.6, "zorder": 4}
        at, paid, accepted = moments[0] * seconds, prices[winner.step] * 100 / PPM, winner.asked * 100 / PPM
        top.scatter([at], [accepted], **ring)
        bottom.scatter([winner.ready * seconds], [winner.x * 100 / BPS], **ring)
        arrow: Any = {"arrowstyle": "->", "color": INK, "linewidth": 1.3, "shrinkA": 6, "shrinkB": 0}
        top.annotate("", xy=(at, paid), xytext=(at, accepted), arrowprops=arrow)
        handles.append(Line2D([], [], linestyle="", marker="o", color=INK, markerfacecolor="none", markersize=10))
        names.append(f"wins, paid {paid:.3g}%")
    if terms.start >= terms.floor_:
        x = np.arange(0, BPS + 1, 100)
        bottom.plot([_lost(terms, int(n), PPM) * seconds for n in x], x * 100 / BPS, color=GREEN, linestyle="--")
        handles.append(Line2D([], [], color=GREEN, linestyle="--"))
        names.append("cost of load alone")
    top.set_ylabel("price, and smallest price\naccepted (% of the reward)")
    bottom.set_ylabel("load with the task\n(% of capacity)")
    bottom.set_xlabel("time from the opening (s)")
    bottom.set_xticks(np.arange(0, terms.steps + 1, -(-terms.steps // 10)) * seconds)
    bottom.set_xlim(-0.2 * seconds, (terms.steps + 0.2) * seconds)
    bottom.set_ylim(0, 104)
    figure.colorbar(colours, ax=[top, bottom], label="reputation (chance of success)", pad=0.02)
    above(top, look, handles, names)
    return Picture(
        1,
        "One auction: clock, bids and winner",
        told(bids, terms, seconds),
        f"Upper panel: the price of the clock by time, in stairs from {prices[0] * 100 / PPM:g} to "
        f"{prices[-1] * 100 / PPM:g}% of the reward in {terms.steps} steps of {seconds} s, and the smallest price that "
        f"each of {len(drawn)} of {counted(len(bids), 'bidder')} accepts, in the step it may bid in. Lower panel: "
        "the time from which each may bid, by load; right of the dashed line is what its reputation costs"
        f"{', a grey line its waiting' if waits else ''}. Loads are means of the last period, what is asked is "
        f"of its beginning, reputations those at the end. {told(bids, terms, seconds)}.",
        figure,
        FigureTable(
            (
                *("order", "coprocessor", "load (%)", "reputation", "accepts (% of the reward)"),
                *("may bid from (s)", "enters at (s)", "price then (% of the reward)", "why"),
            ),
            [
                (
                    *(i, bid.place, bid.x * 100 / BPS, bid.rho / PPM, bid.asked * 100 / PPM, bid.ready * seconds),
                    *((bid.step * seconds, prices[bid.step] * 100 / PPM) if bid.step < terms.steps else (None, None)),
                    WHY[bid.why][2],
                )
                for i, bid in enumerate(bids, start=1)
            ],
        ),
        [
            Hit(axes, [(across * seconds, up)], _told(bid, terms, seconds))
            for bid, moment in zip(drawn, moments, strict=True)
            for axes, across, up in ((top, moment, bid.asked * 100 / PPM), (bottom, bid.ready, bid.x * 100 / BPS))
        ],
        look,
    )


def _bids(run: RunResults, scenario: Scenario, terms: Auction) -> list[DrawnBid]:
    """Bids in the order of precedence, of coprocessors that had work in the last period and may take the task."""
    rows = run.rows(COPROCESSOR)
    loads = run.of_coprocessors("load")[-1].astype(np.int64)
    there = np.flatnonzero((loads > 0) & (run.accounts["active"][rows] == 1))
    columns = ("account", "reputation", "complexity", "patience", "comfort")
    known = {name: run.accounts[name][rows].astype(np.int64).tolist() for name in columns}
    task_class = scenario.task_class()
    moments = moments_of(task_class, scenario.network().epoch_seconds, scenario.played_waves())
    later = deadlines.present_step(moments.turn, task_class.step_seconds, moments.bid_later)
    complexity = task_class.complexity
    bidders = no_bidders(len(loads), HEAVY)
    bidders.size[2] = kink(pack(scenario.network().chosen_curve))
    bidders.base[HEAVY], bidders.slope[HEAVY], bidders.steep[HEAVY] = (
        run.accounts[name][rows] for name in ("base", "slope", "steep")
    )
    bids = []
    for i in there.tolist():
        x, rho, able, limit = int(loads[i]), *(known[name][i] for name in ("reputation", "complexity", "patience"))
        if gates.for_coprocessor(TASK, able, complexity, terms.min_reputation, x, BPS, x, limit, rho):
            continue
        asked = int(asked_at(bidders, i, HEAVY, float(x)))
        present = later if scenario.waiting and x > known["comfort"][i] else 0
        step = _entry(terms, asked, x, rho, present)
        if step == terms.steps:
            why = TOO_DEAR
        elif present:
            why = CAUTIOUS
        else:
            why = HANDICAPPED if step else AT_ONCE
        falls = terms.start >= terms.floor_
        lost = _lost(terms, x, rho) if falls else float(step)
        bids.append(DrawnBid(known["account"][i], i + 1, x, rho, asked, lost, max(lost, present), step, why))
    return sorted(bids, key=cmp_to_key(DrawnBid.against))


def _entry(terms: Auction, asked: int, x: int, rho: int, present: int) -> int:
    """Step at which a bid enters."""
    handicaps = terms.handicap, terms.reputation_handicap
    return dutch_auction.entry_step(terms.start, terms.floor_, terms.steps, *handicaps, asked, x, rho, present)


def _lost(terms: Auction, x: int, rho: int) -> float:
    """Give the steps of a falling clock that load and reputation cost, before they are rounded down."""
    fine = FINE * (terms.steps - 1) + 1
    return dutch_auction.first_step(fine, terms.handicap, terms.reputation_handicap, x, rho) / FINE


def _spread(bids: Sequence[DrawnBid], steps: int) -> list[float]:
    """Where bids in the order of precedence are drawn, in steps: side by side within the step in which they may bid."""
    at = [bid.step if bid.step < steps else int(min(bid.ready, steps - 1)) for bid in bids]
    count, place = np.bincount(at, minlength=steps), np.zeros(steps)
    found = []
    for step in at:
        place[step] += 1
        found.append(step + (place[step] - 0.5) / count[step])
    return found


def told(bids: Sequence[DrawnBid], terms: Auction, seconds: int) -> str:
    """Say how many bid when, who wins and what it is paid."""
    counts = [(sum(bid.why == why for bid in bids), words) for why, (*_, words) in enumerate(WHY)]
    text = (
        f"One auction of a heavy task among {counted(len(bids), 'coprocessor')}, as loaded as on average in the last "
        f"period: {', '.join(f'{count} {words}' for count, words in counts if count)}"
    )
    winner = bids[0]
    if winner.step == terms.steps:
        return f"{text}; nobody gets the task"
    paid = dutch_auction.price_at(terms.start, terms.floor_, terms.steps, winner.step) * 100 / PPM
    return (
        f"{text}; after {deadlines.awarded(0, winner.step, seconds)} s coprocessor {winner.place} has it, paid "
        f"{paid:.3g}% of the reward where it accepts {winner.asked * 100 / PPM:.3g}%"
    )


def _told(bid: DrawnBid, terms: Auction, seconds: int) -> str:
    """Say what a bid tells when pointed at."""
    text = (
        f"coprocessor {bid.place}\nload {bid.x * 100 / BPS:.3g}%, reputation {bid.rho / PPM:.3f}\n"
        f"accepts {bid.asked * 100 / PPM:.3g}%"
    )
    if bid.step == terms.steps:
        return f"{text}\nnever bids"
    price = dutch_auction.price_at(terms.start, terms.floor_, terms.steps, bid.step) * 100 / PPM
    return f"{text}\nenters at {bid.step * seconds} s, at {price:.3g}%"
