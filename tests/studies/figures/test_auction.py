"""Figure 1: the auction drawn is the one the rules hold among the bidders of a run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ballast.errors import MissingResultError
from ballast.model import discounts, dutch_auction, load_curve
from ballast.sim.scenario import Scenario
from ballast.studies.figures.catalogue import draw
from ballast.studies.figures.results import read
from ballast.studies.figures.style import Picture
from tests.sim.results import SMALL, columns_of, write_run

F = 8_000
"""Of all presets, basis points."""
ORDER, PLACE, LOAD, REPUTATION, ACCEPTS, OF_LOAD, OF_RECORD, ENTERS, PAID, WHY, PERIOD, START, PRICE = range(13)
FIRST, LAST, NEVER = range(3)
"""Auction in which a coprocessor bids."""


def drawn(directory: Path) -> Picture:
    """Draw the figure of a directory."""
    return draw(1, read(directory))


def start_price(run: Path) -> int:
    """Mean start price at the end of a run, ppm of the reward, as a task is given it."""
    return int(columns_of(run / "periods.csv")["start_price"][-1]) // 1_000 * 1_000


def expected(run: Path, scenario: Scenario = SMALL) -> dict[int, tuple[int, int, int, int, int, int, int, int]]:
    """Load, reputation, least price, both discounts, auction, step and price, by coprocessor."""
    accounts = {name: column[-scenario.coprocessors :] for name, column in columns_of(run / "accounts.csv").items()}
    with np.load(run / "history.npz") as file:
        loads = file["load"][-1][accounts["account"].astype(int)]
    c, start = scenario.task_class().auction(), start_price(run)
    curve = load_curve.pack(scenario.network().chosen_curve)
    found = {}
    for i in np.flatnonzero((loads > 0) & (accounts["active"] == 1)).tolist():
        x, rho = int(loads[i]), int(accounts["reputation"][i])
        asked = int(asks_at(x, {name: column[i] for name, column in accounts.items()}))
        if x > accounts["patience"][i]:
            continue
        present = 1 if scenario.waiting and x > accounts["comfort"][i] else 0
        of_load = discounts.of_load(curve, c.idle, c.bonus, c.malus, x)
        of_record = discounts.of_record(c.weight, c.level, rho)
        auction = FIRST
        step, price = dutch_auction.entry_falling(start, c.floor_, c.steps, c.tick, asked, of_load + of_record, present)
        if step == c.steps:
            rising = (start, c.floor_, c.cap, c.steps, asked, of_load, of_record, c.hard, 0)
            step, price = dutch_auction.entry_rising(*rising)
            auction = LAST if step < c.steps else NEVER
        found[i + 1] = x, rho, asked, of_load, of_record, auction, step, price
    return found


def asks_at(x: int, who: dict[str, Any]) -> float:
    """Price that a coprocessor asked in the last period: at no load, more by load, and more above F."""
    return float(who["base"] + np.floor((who["slope"] * x + who["steep"] * max(x - F, 0)) / 10_000))


def bids_of(picture: Picture) -> list[Any]:
    """Rows of a picture that are bids; the others are periods."""
    return [row for row in picture.table.rows if row[PLACE] is not None]


def precedence(bid: tuple[int, ...]) -> tuple[int, int, int]:
    """Order bids: first auction before last call, then step, then score."""
    x, rho, *_, auction, step, _ = bid
    return auction, step, -(10_000 - x) * rho


@pytest.mark.parametrize("changes", [{}, {"waiting": True}, {"hard_quality": True, "exits": False}])
def test_bids_enter_where_the_rule_lets_them(tmp_path: Path, changes: dict[str, Any]) -> None:
    run = write_run(tmp_path / "run", **changes)
    bids = expected(run, Scenario(**(vars(SMALL) | changes)))
    assert len(bids) > 3
    rows = bids_of(drawn(run))
    assert sorted(row[PLACE] for row in rows) == sorted(bids)
    for row in rows:
        x, rho, asked, of_load, of_record, auction, step, price = bids[row[PLACE]]
        assert (row[LOAD], row[REPUTATION], row[ACCEPTS]) == pytest.approx((x / 100, rho / 1e6, asked / 1e4), abs=5e-4)
        assert (row[OF_LOAD], row[OF_RECORD]) == pytest.approx((of_load / 1e4, of_record / 1e4))
        assert row[ENTERS] == (None if auction == NEVER else 2 * step)
        assert row[PAID] == (None if auction == NEVER else price / 1e4)
        assert ("last call" in row[WHY]) == (auction == LAST)


def test_the_first_bid_wins_and_is_paid_the_price_of_its_step(run: Path) -> None:
    bids = expected(run)
    picture = drawn(run)
    first = min(bids, key=lambda place: precedence(bids[place]))
    assert bids_of(picture)[0][PLACE] == first
    *_, auction, step, price = bids[first]
    assert auction == FIRST
    assert price == start_price(run) - 100_000 * step
    paid = price / 1e4
    assert f"after {2 * step + 2} s coprocessor {first} has it, paid {paid:.3g}% of the reward" in picture.seen
    names = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert f"wins, paid {paid:.3g}%" in names
    (arrow,) = (text for text in picture.figure.axes[0].texts if text.get_text() == "")
    assert arrow.xy[1] == pytest.approx(paid)  # type: ignore[attr-defined]


def test_the_order_is_by_auction_step_and_score(run: Path) -> None:
    bids = expected(run)
    order = [row[PLACE] for row in bids_of(drawn(run))]
    assert order == sorted(bids, key=lambda place: precedence(bids[place]))


def test_both_clocks_are_drawn_step_by_step(run: Path) -> None:
    falling, rising = drawn(run).figure.axes[0].patches
    start = start_price(run)
    values, edges, _ = falling.get_data()  # type: ignore[attr-defined]
    sold_at = [start - 100_000 * k for k in range(8) if start - 100_000 * k >= 100_000]
    assert values.tolist() == [price / 1e4 for price in sold_at]
    assert edges.tolist() == [2 * k for k in range(len(sold_at) + 1)]
    values, edges, _ = rising.get_data()  # type: ignore[attr-defined]
    assert values.tolist() == [dutch_auction.price_at(start, 980_000, 8, k) / 1e4 for k in range(8)]
    assert edges.tolist() == [20 + 2 * k for k in range(9)]


def test_start_prices_are_drawn_by_period(run: Path) -> None:
    periods = columns_of(run / "periods.csv")
    rows = [row for row in drawn(run).table.rows if row[PLACE] is None]
    assert [row[PERIOD] for row in rows] == list(range(SMALL.periods))
    for row in rows:
        assert row[START] == pytest.approx(periods["start_price"][row[PERIOD]] / 1e4)
        reward = periods["auctioned_reward"][row[PERIOD]]
        assert row[PRICE] == (pytest.approx(periods["auctioned_price"][row[PERIOD]] / reward * 100) if reward else None)
    assert rows[-1][START] < rows[0][START]


def test_counts_are_of_all_bidders(tmp_path: Path) -> None:
    changes = {"waiting": True, "incentives": False, "room_worth": False}
    scenario = Scenario(**(vars(SMALL) | changes))
    run = write_run(tmp_path / "run", **changes)
    picture = drawn(run)
    bids = expected(run, scenario)
    again = sum(auction == LAST for *_, auction, _, _ in bids.values())
    assert again > 0
    assert f"{again} would bid in a last call only" in picture.seen
    assert picture.seen.startswith(f"One auction of a heavy task among {len(bids)} coprocessors")


def test_many_bids_are_drawn_evenly_with_the_winner(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drawn(run)
    monkeypatch.setattr("ballast.studies.figures.auction.POINTED", 3)
    some = drawn(run)
    assert some.table.rows == whole.table.rows
    # two panels a bid, and a strip a period
    assert len(some.hits) == 6 + SMALL.periods
    assert some.hits[0].text == whole.hits[0].text


def changed(run: Path, out: Path, **parameters: Any) -> Path:
    """Copy a run, with other parameters in its summary."""
    copy = Path(shutil.copytree(run, out))
    summary = json.loads((copy / "summary.json").read_text())
    summary["parameters"] |= parameters
    (copy / "summary.json").write_text(json.dumps(summary))
    return copy


def test_a_run_without_auctions_of_ours_has_no_figure_1(run: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingResultError, match="held no auctions of ours, but followed round_robin"):
        drawn(changed(run, tmp_path / "copy", allocation="round_robin"))


def test_nobody_at_work_makes_no_auction(run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    with np.load(run / "history.npz") as file:
        arrays = dict(file)
    arrays["load"][-1] = 0
    np.savez(copy / "history.npz", **arrays)
    with pytest.raises(MissingResultError, match="no coprocessor had work in the last period"):
        drawn(copy)
