"""What is measured of one run for the claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from offchain.model import dutch_auction
from offchain.model.constants import BPS, PPM
from sim.market.steps import SETTLED
from sim.opening import FIRST_OPERATOR
from sim.run import Run

Measures = dict[str, float]


def ratio(over: float, under: float) -> float:
    """Quotient, 0 where there is nothing to divide by."""
    return float(over / under) if under else 0.0


def observe(run: Run) -> Measures:
    """Measure a run that is over.

    Returns
    -------
    dict
        Figures by name; what they are is said where they are computed.
    """
    p, summary = run.periods, run.summary
    periods = len(p)
    tenth = max(1, periods // 10)
    operators = slice(FIRST_OPERATOR, run.first_coprocessor)
    coprocessors = slice(run.first_coprocessor, run.first_coprocessor + run.scenario.coprocessors)
    rewards = float(run.workload.reward.sum())
    ends = sum(summary[f"tasks_{name}"] for name in ("settled", "failed", "forfeited", "unsold"))
    auctioned = p["auctioned"].sum()
    profit = run.history["profit"]
    failures = p["failed"] + p["forfeited"] + p["late"]
    own = run.w.m.accounts
    found: Measures = {
        "tasks": float(summary["tasks_opened"]),
        "exact": float(ends == summary["tasks_opened"] and summary["conserved"]),
        "by_choice": ratio(p["by_choice"].sum(), auctioned),
        "price_right": _prices(run),
        "jain": float(p["load_jain"].mean()),
        "load_p95": float(p["load_p95"].mean()),
        "load_above": float(p["load_above"].mean()),
        "load_from_b": float(p["load_from_b"].mean()),
        "winners_gap": ratio(p["winners_gap"].sum(), auctioned),
        "price": ratio(p["auctioned_price"].sum(), p["auctioned_reward"].sum()),
        "fill": 1 - ratio(p["unsold"].sum(), auctioned),
        "operators_active": float(p["operators_active"][-1]),
        "operators_active_100": float(p["operators_active"][min(100, periods) - 1]),
        "profit": float(profit.sum() / rewards),
        "shirked": ratio(p["shirked"].sum(), p["opened"].sum() - p["unsold"].sum()),
        "failures": ratio(failures.sum(), p["opened"].sum()),
        "failures_end": ratio(failures[-tenth:].sum(), p["opened"][-tenth:].sum()),
        "slashed": ratio(p["slashed"].sum(), rewards),
        "delegated_first": ratio(p["heavy_delegated"][:tenth].sum(), p["heavy"][:tenth].sum()),
        "delegated_last": ratio(p["heavy_delegated"][-tenth:].sum(), p["heavy"][-tenth:].sum()),
        "edges_exact": float(int(run.edges.sum()) == _settled_by_coprocessors(run)),
        "welfare": ratio(p["settled_reward"].sum() - p["cost"].sum(), rewards),
    }
    spread = profit[:, operators].std(axis=1) / np.maximum(np.abs(profit[:, operators].mean(axis=1)), 1e-9)
    found["convergence"] = ratio(spread[-tenth:].mean(), spread[:tenth].mean())
    capacity = np.maximum(own["capacity"], 1).astype(np.float64)
    per_unit = profit.sum(axis=0) / capacity
    known: npt.NDArray[np.float64] = np.asarray(own["reputation"][operators], dtype=np.float64)
    varied = len(set(known.tolist())) > 1
    found["reputation_pays"] = float(stats.spearmanr(known, per_unit[operators]).statistic) if varied else 0.0
    found["variance_ratio"] = _variance_ratio(run, capacity[coprocessors], coprocessors)
    tasks = run.history["tasks"][:, coprocessors].sum(axis=0) / capacity[coprocessors]
    shares = tasks / max(tasks.sum(), 1e-9)
    entropy = -(shares[shares > 0] * np.log(shares[shares > 0])).sum()
    found["entropy"] = ratio(entropy, np.log(max(len(shares), 2)))
    found["largest_share"] = float(shares.max())
    first, last = run.schedule.first, run.schedule.last
    found["fill_stressed"] = 1 - ratio(p["unsold"][first:last].sum(), p["auctioned"][first:last].sum())
    return found


def _settled_by_coprocessors(run: Run) -> int:
    """Settled tasks whose executor was not their operator, from what was paid to whom."""
    good = run.w.fortune["good"]
    return int(good[run.first_coprocessor :].sum())


def _prices(run: Run) -> float:
    """Share of the last period's auctioned tasks paid the price of their step; 0 if anybody was overloaded."""
    if run.history["load"].max() > BPS:
        return 0.0
    right = seen = 0
    for t in run.tasks[(run.tasks["wave"] >= 0) & (run.tasks["outcome"] == SETTLED)]:
        c = run.w.m.classes[t["class_id"]]
        prices = (int(c["start"]), int(c["floor_"]))
        start, floor = (min(prices), max(prices)) if t["rising"] else prices
        price = dutch_auction.price_at(start, floor, int(c["steps"]), int(t["step"]))
        right += int(t["price"]) == int(t["reward"]) * price // PPM and min(prices) <= price <= max(prices)
        seen += 1
    return ratio(right, seen)


def _variance_ratio(run: Run, capacity: Any, coprocessors: slice) -> float:
    """Variance of profits per unit of capacity in the upper third of loads over that in the lower third."""
    load: npt.NDArray[np.float64] = run.history["load"][:, coprocessors].ravel().astype(np.float64)
    earned = (run.history["profit"][:, coprocessors] / capacity).ravel()
    low, high = np.quantile(load, (1 / 3, 2 / 3))
    return ratio(earned[load >= high].var(), earned[load <= low].var())
