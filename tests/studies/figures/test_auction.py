"""Figure 1: the auction drawn is the one the rules hold among the bidders of a run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ballast.errors import MissingResultError
from ballast.model import dutch_auction
from ballast.sim.scenario import Scenario
from ballast.studies.figures.catalogue import draw
from ballast.studies.figures.results import read
from ballast.studies.figures.style import Picture
from tests.sim.results import SMALL, columns_of, write_run

F = 8_000
"""Of all presets, basis points."""
ORDER, PLACE, LOAD, REPUTATION, ACCEPTS, READY, ENTERS, PRICE, WHY = range(9)


def drawn(directory: Path) -> Picture:
    """Draw the figure of a directory."""
    return draw(1, read(directory))


def expected(run: Path, scenario: Scenario = SMALL) -> dict[int, tuple[int, int, int, int, int]]:
    """Load, reputation, least price, step from which comfort lets it bid, and step of entry, by coprocessor."""
    accounts = {name: column[-scenario.coprocessors :] for name, column in columns_of(run / "accounts.csv").items()}
    with np.load(run / "history.npz") as file:
        loads = file["load"][-1][accounts["account"].astype(int)]
    terms = scenario.task_class()
    found = {}
    for i in np.flatnonzero((loads > 0) & (accounts["active"] == 1)).tolist():
        x, rho = int(loads[i]), int(accounts["reputation"][i])
        asked = int(asks_at(x, {name: column[i] for name, column in accounts.items()}))
        if x > accounts["patience"][i]:
            continue
        present = 4 if scenario.waiting and x > accounts["comfort"][i] else 0
        clock = (terms.start, terms.floor, terms.steps, terms.handicap, terms.reputation_handicap)
        found[i + 1] = x, rho, asked, present, dutch_auction.entry_step(*clock, asked, x, rho, present)
    return found


def asks_at(x: int, who: dict[str, Any]) -> float:
    """Price that a coprocessor asked in the last period: at no load, more by load, and more above F."""
    return float(who["base"] + np.floor((who["slope"] * x + who["steep"] * max(x - F, 0)) / 10_000))


@pytest.mark.parametrize("changes", [{}, {"waiting": True}, {"clock": "rising", "exits": False}])
def test_bids_enter_where_the_rule_lets_them(tmp_path: Path, changes: dict[str, Any]) -> None:
    run = write_run(tmp_path / "run", **changes)
    scenario = Scenario(**(vars(SMALL) | changes))
    bids = expected(run, scenario)
    assert len(bids) > 3
    rows = drawn(run).table.rows
    assert sorted(row[PLACE] for row in rows) == sorted(bids)
    terms = scenario.task_class()
    for row in rows:
        x, rho, asked, present, step = bids[row[PLACE]]
        assert (row[LOAD], row[REPUTATION], row[ACCEPTS]) == pytest.approx((x / 100, rho / 1e6, asked / 1e4), abs=5e-4)
        assert row[ENTERS] == (None if step == 8 else 2 * step)
        if step < 8:
            assert row[PRICE] == dutch_auction.price_at(terms.start, terms.floor, 8, step) / 1e4
        if scenario.clock == "falling":
            # two seconds a step of seven; what load and reputation cost is rounded to a thousandth of a step
            lost = 7 * (0.3 * x / 10_000 + 0.1 * (1 - rho / 1e6))
            assert row[READY] == pytest.approx(2 * max(lost, present), abs=0.0021)


def test_the_first_bid_wins_and_is_paid_the_price_of_its_step(run: Path) -> None:
    bids = {place: bid for place, bid in expected(run).items() if bid[-1] < 8}
    picture = drawn(run)
    first = min(bids, key=lambda place: (bids[place][-1], -(10_000 - bids[place][0]) * bids[place][1]))
    assert picture.table.rows[0][PLACE] == first
    step = bids[first][-1]
    paid = (980_000 - 480_000 * step // 7) / 1e4
    assert f"after {2 * step + 2} s coprocessor {first} has it, paid {paid:.3g}% of the reward" in picture.seen
    names = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert f"wins, paid {paid:.3g}%" in names
    (arrow,) = (text for text in picture.figure.axes[0].texts if text.get_text() == "")
    assert arrow.xy[1] == pytest.approx(paid)  # type: ignore[attr-defined]


def test_the_order_is_by_step_and_score(run: Path) -> None:
    bids = expected(run)
    order = [row[PLACE] for row in drawn(run).table.rows]
    assert order == sorted(bids, key=lambda place: (bids[place][-1], -(10_000 - bids[place][0]) * bids[place][1]))


def test_the_clock_is_drawn_step_by_step(run: Path) -> None:
    (clock,) = drawn(run).figure.axes[0].patches
    values, edges, _ = clock.get_data()  # type: ignore[attr-defined]
    assert edges.tolist() == [0, 2, 4, 6, 8, 10, 12, 14, 16]
    assert values.tolist() == [dutch_auction.price_at(980_000, 500_000, 8, k) / 1e4 for k in range(8)]


def test_counts_are_of_all_bidders(tmp_path: Path) -> None:
    changes = {"waiting": True, "incentives": False, "room_worth": False}
    scenario = Scenario(**(vars(SMALL) | changes))
    run = write_run(tmp_path / "run", **changes)
    picture = drawn(run)
    bids = expected(run, scenario).values()
    waits = sum(present > 0 and step < 8 for *_, present, step in bids)
    assert waits > 0
    assert f"{waits} wait, loaded beyond comfort" in picture.seen
    assert picture.seen.startswith(f"One auction of a heavy task among {len(bids)} coprocessors")


def test_many_bids_are_drawn_evenly_with_the_winner(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drawn(run)
    monkeypatch.setattr("ballast.studies.figures.auction.POINTED", 3)
    some = drawn(run)
    assert some.table.rows == whole.table.rows
    assert len(some.hits) == 6
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
