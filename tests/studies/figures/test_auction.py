"""Figure 1: the auction drawn is the one the rules hold among the bidders of a run."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ballast.errors import MissingResultError
from ballast.model import dutch_auction
from ballast.model.load_curve import PRESETS, pack, rate
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import HEAVY, Scenario
from ballast.studies.figures.auction import BETWEEN
from ballast.studies.figures.catalogue import draw
from ballast.studies.figures.results import read
from ballast.studies.figures.style import Picture
from tests.sim.results import SMALL, columns_of, write_run

F = 8_000
"""Of all presets, basis points."""
ORDER, PLACE, LOAD, REPUTATION, ACCEPTS, OF_LOAD, OF_RECORD, ENTERS, PRICE, WHY, PERIOD, START, PAID = range(13)
FIRST, LAST, NEVER = range(3)
"""Auctions that a bidder bids in."""


def drawn(directory: Path) -> Picture:
    """Draw the figure of a directory."""
    return draw(1, read(directory))


def bidders(picture: Picture) -> list[Any]:
    """Rows of the bidders."""
    return [row for row in picture.table.rows if row[PLACE] is not None]


@dataclass(frozen=True)
class Expected:
    """What a coprocessor is expected to do, and its traits."""

    x: int
    rho: int
    asked: int
    of_load: int
    of_record: int
    present: int
    auction: int
    step: int
    price: int


def start_of(run: Path) -> int:
    """Start price that the auction has, ppm, in thousandths: the mean at the end."""
    return int(columns_of(run / "periods.csv")["start_price"][-1]) // 1_000 * 1_000


def expected(run: Path, scenario: Scenario = SMALL) -> dict[int, Expected]:
    """Say what each coprocessor is expected to do, by its number."""
    accounts = {name: column[-scenario.coprocessors :] for name, column in columns_of(run / "accounts.csv").items()}
    with np.load(run / "history.npz") as file:
        loads = file["load"][-1][accounts["account"].astype(int)]
    terms, start = scenario.task_class(), start_of(run)
    curve = pack(PRESETS[scenario.preset])
    found = {}
    for i in np.flatnonzero((loads > 0) & (accounts["active"] == 1)).tolist():
        x, rho = int(loads[i]), int(accounts["reputation"][i])
        asked = int(asks_at(x, {name: column[i] for name, column in accounts.items()}))
        if x > accounts["patience"][i]:
            continue
        f = rate(curve, x)
        less = terms.load_malus * f // 10**6 if x > F else -min(terms.load_bonus * f // 10**6, terms.idle_discount)
        of_load = terms.idle_discount + less
        of_record = terms.record_weight * max(terms.record_level - rho, 0) // 10**6
        # who waits bids a step later: a second after the turn of a wave tasks are opened, and a step later once more
        present = int(scenario.waiting and x > accounts["comfort"][i])
        step = max(-(-(of_load + of_record) // terms.tick), present)
        auction, price = FIRST, start - step * terms.tick
        if accounts["last_call"][i] or step >= terms.steps or price < max(asked, terms.floor):
            clock = start, terms.floor, terms.cap, terms.steps
            step, price = dutch_auction.entry_rising(*clock, asked, of_load, of_record, terms.hard_quality, 0)
            auction = LAST if step < terms.steps else NEVER
        found[i + 1] = Expected(x, rho, asked, of_load, of_record, present, auction, step, price)
    return found


def asks_at(x: int, who: dict[str, Any]) -> float:
    """Price that a coprocessor asked in the last period: at no load, more by load, and more above F."""
    return float(who["base"] + np.floor((who["slope"] * x + who["steep"] * max(x - F, 0)) / 10_000))


def in_order(bids: dict[int, Expected]) -> list[int]:
    """Numbers of the bidders as they precede one another: by auction, by step, by score."""
    return sorted(bids, key=lambda n: (bids[n].auction, bids[n].step, -(10_000 - bids[n].x) * bids[n].rho))


@pytest.mark.parametrize(
    "changes", [{}, {"waiting": True}, {"utilisation": 3.0}, {"hard_quality": True, "record_weight": 2.0}]
)
def test_bids_enter_where_the_rule_lets_them(tmp_path: Path, changes: dict[str, Any]) -> None:
    run = write_run(tmp_path / "run", **changes)
    bids = expected(run, Scenario(**(vars(SMALL) | changes)))
    assert len(bids) >= 3
    rows = bidders(drawn(run))
    assert sorted(row[PLACE] for row in rows) == sorted(bids)
    for row in rows:
        bid = bids[row[PLACE]]
        shown = row[LOAD], row[REPUTATION], row[ACCEPTS], row[OF_LOAD], row[OF_RECORD]
        means = bid.x / 100, bid.rho / 1e6, bid.asked / 1e4, bid.of_load / 1e4, bid.of_record / 1e4
        assert shown == pytest.approx(means, abs=1e-9)
        assert row[ENTERS] == (None if bid.auction == NEVER else 2 * bid.step)
        assert row[PRICE] == (None if bid.auction == NEVER else pytest.approx(bid.price / 1e4))
        assert (row[WHY] == "would bid in a last call only") == (bid.auction == LAST)
        assert (row[WHY] == "ask more than anybody is paid") == (bid.auction == NEVER)
        assert (row[WHY] == "wait, loaded beyond comfort") == (bid.auction == FIRST and bid.present > 0)


def in_last_call(run: Path, out: Path) -> Path:
    """Copy a run, with coprocessors that bid in a last call only."""
    copy = Path(shutil.copytree(run, out))
    header, *rows = csv.reader(io.StringIO((copy / "accounts.csv").read_text()))
    for row in rows:
        row[header.index("last_call")] = "1"
    (copy / "accounts.csv").write_text("".join(f"{','.join(row)}\n" for row in (header, *rows)))
    return copy


@pytest.mark.parametrize("auction", [FIRST, LAST])
def test_the_first_bid_wins_and_is_paid_the_price_of_its_step(run: Path, tmp_path: Path, auction: int) -> None:
    held = run if auction == FIRST else in_last_call(run, tmp_path / "copy")
    bids, picture = expected(held), drawn(held)
    first = in_order(bids)[0]
    winner = bids[first]
    assert winner.auction == auction
    assert bidders(picture)[0][PLACE] == first
    paid = winner.price / 1e4
    said = f"after {2 * winner.step + 2} s coprocessor {first} has it, paid {paid:.3g}% of the reward"
    before = "; nobody bids in the first auction, and in the last call " if auction == LAST else "; "
    assert f"{before}{said}" in picture.seen
    names = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert f"wins, paid {paid:.3g}%" in names
    (arrow,) = (text for text in picture.figure.axes[0].texts if text.get_text() == "")
    assert arrow.xy[1] == pytest.approx(paid)  # type: ignore[attr-defined]


def test_the_order_is_by_step_and_score(run: Path) -> None:
    bids = expected(run)
    assert {bid.auction for bid in bids.values()} >= {FIRST, LAST}
    assert [row[PLACE] for row in bidders(drawn(run))] == in_order(bids)


def test_both_clocks_are_drawn_step_by_step(run: Path) -> None:
    falling, rising = (patch.get_data() for patch in drawn(run).figure.axes[0].patches)  # type: ignore[attr-defined]
    terms, start = SMALL.task_class(), start_of(run)
    assert terms.floor < start < terms.cap
    prices = [start - k * terms.tick for k in range(terms.steps)]
    assert falling.values.tolist() == [price / 1e4 for price in prices if price >= terms.floor]
    assert falling.edges.tolist() == [2 * k for k in range(len(falling.values) + 1)]
    steps = range(terms.steps)
    assert rising.values.tolist() == [dutch_auction.price_at(start, terms.cap, terms.steps, k) / 1e4 for k in steps]
    assert rising.edges.tolist() == [2 * (terms.steps + BETWEEN + k) for k in range(terms.steps + 1)]


def test_discounts_are_drawn_by_load_above_what_load_alone_costs(run: Path) -> None:
    bids, panel = expected(run), drawn(run).figure.axes[1]
    points = np.concatenate([np.asarray(marks.get_offsets()) for marks in panel.collections])
    for bid in bids.values():
        at = np.array([bid.x / 100, min(bid.of_load + bid.of_record, 800_000) / 1e4])
        assert np.abs(points - at).sum(axis=1).min() < 1e-6
    (line,) = panel.get_lines()
    terms, curve = SMALL.task_class(), pack(PRESETS[SMALL.preset])
    for x, less in zip(np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), strict=True):
        f = rate(curve, round(100 * float(x)))
        more = terms.load_malus * f // 10**6 if x > 80 else -(terms.load_bonus * f // 10**6)
        assert less == pytest.approx((terms.idle_discount + more) / 1e4)


def test_start_prices_and_prices_paid_are_drawn_by_period(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.studies.figures.auction.STRETCHES", SMALL.periods)
    periods, picture = columns_of(run / "periods.csv"), drawn(run)
    assert np.ptp(periods["start_price"]) > 0
    start, paid = (np.asarray(line.get_ydata()) for line in picture.figure.axes[2].get_lines())
    np.testing.assert_allclose(start, periods["start_price"] / 1e4)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(paid, 100 * periods["auctioned_price"] / periods["auctioned_reward"])
    rows = [row for row in picture.table.rows if row[PERIOD] is not None]
    assert [row[PERIOD] for row in rows] == list(range(SMALL.periods))
    np.testing.assert_allclose([row[START] for row in rows], start)
    assert [row[PAID] for row in rows] == [None if np.isnan(p) else pytest.approx(p) for p in paid]


def test_prices_of_a_long_run_are_means_of_stretches(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.studies.figures.auction.STRETCHES", 10)
    periods = {name: column.reshape(10, 5) for name, column in columns_of(run / "periods.csv").items()}
    at, start, paid = zip(*(row[PERIOD:] for row in drawn(run).table.rows if row[PERIOD] is not None), strict=True)
    assert at == tuple(range(2, 50, 5))
    np.testing.assert_allclose(start, periods["start_price"].mean(axis=1) / 1e4)
    # weighted with the rewards: catches a mean of means
    totals = periods["auctioned_price"].sum(axis=1), periods["auctioned_reward"].sum(axis=1)
    np.testing.assert_allclose(paid, 100 * totals[0] / totals[1])


def test_counts_are_of_all_bidders(tmp_path: Path) -> None:
    changes = {"waiting": True, "incentives": False, "room_worth": False}
    scenario = Scenario(**(vars(SMALL) | changes))
    run = write_run(tmp_path / "run", **changes)
    picture = drawn(run)
    bids = expected(run, scenario).values()
    waits = sum(bid.present > 0 and bid.auction == FIRST for bid in bids)
    assert waits > 0
    assert f"{waits} wait, loaded beyond comfort" in picture.seen
    assert picture.seen.startswith(f"One auction of a heavy task among {len(bids)} coprocessors")


def test_many_bids_are_drawn_evenly_with_the_winner(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drawn(run)
    monkeypatch.setattr("ballast.studies.figures.auction.POINTED", 3)
    some = drawn(run)
    assert some.table.rows == whole.table.rows
    stretches = sum(row[PERIOD] is not None for row in some.table.rows)
    assert len(some.hits) - stretches == 6
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


def test_periods_that_tell_no_start_price_make_no_auction(run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    periods = copy / "periods.csv"
    periods.write_text(periods.read_text().replace("start_price", "another"))
    with pytest.raises(MissingResultError, match=r"periods\.csv lacks start_price"):
        drawn(copy)


def test_the_start_price_of_a_period_is_the_mean_of_the_mandates_at_its_end() -> None:
    means = []

    def watch(run: Run) -> None:
        heavy = run.world.market.starts[HEAVY]
        means.append(float(heavy[heavy > 0].mean()))

    run = run_on(replace(SMALL, periods=20), watch=watch)
    np.testing.assert_allclose(run.periods["start_price"], means)
    assert len(set(means)) > 5
