"""Rules that clear the tasks of a wave together: by hand, and by all misreports of small markets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from ballast.model.constants import BURN_ACCOUNT
from ballast.sim import allocations, checkpoint
from ballast.sim.allocations import clearing_dutch
from ballast.sim.allocations.proof_contest import total_bid
from ballast.sim.batch import REVEALED, Batch
from ballast.sim.bidders import KEPT, Bidders, no_bidders
from ballast.sim.market.records import CLASS, TASK
from ballast.sim.period.baselines import BATCHED, MODULES, clear_by_baseline
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario

START, FLOOR, STEPS = 980_000, 500_000, 8
UNIT = 100
"""Difficulty of a task, if nothing else is said; a bidder has room for so many tasks of it."""
BATCHES = [name for name, batched in zip(allocations.NAMES, BATCHED, strict=True) if batched]
SMALL = Scenario(operators=12, coprocessors=12, periods=12, tasks_per_period=120, bad_share=0.2)


class Cleared(NamedTuple):
    """What came of a batch: winners, prices and steps by task, what each bidder paid, and the surplus."""

    winner: list[int]
    price: list[int]
    step: list[int]
    paid: list[float]
    surplus: float


def bidders_asking(asks: Sequence[int], rooms: Sequence[int], slope: int = 0) -> Bidders:
    """Bidders with room for so many tasks, who ask so much at no load, and more by a slope."""
    b = no_bidders(len(asks), 1)
    b.size[0] = len(asks)
    b.size[2] = 10_000
    b.account[:] = 40 + np.arange(len(asks))
    b.share[:] = [1e4 / max(room * UNIT, 1) for room in rooms]
    b.late[:] = [room * UNIT for room in rooms]
    b.free[:] = 1e12
    b.base[1], b.slope[1], b.reach[1] = asks, slope, 1e6
    return b


def cleared(
    rule: str,
    asks: Sequence[int],
    lots: int | Sequence[tuple[int, int]],
    rooms: Sequence[int] | None = None,
    slope: int = 0,
    draws: Sequence[float] | None = None,
    kept: Any = None,
    epoch: int = 2,
) -> Cleared:
    """Clear a batch of so many equal tasks, or of tasks with difficulties and rewards."""
    terms = [(UNIT, 1_000 * UNIT)] * lots if isinstance(lots, int) else list(lots)
    b = bidders_asking(asks, rooms or [1] * len(asks), slope)
    tasks = np.zeros(len(terms), TASK)
    tasks["class_id"] = 1
    tasks["difficulty"], tasks["reward"] = np.array(terms).T
    record = np.zeros(1, CLASS)
    record["cap"], record["floor_"], record["steps"] = START, FLOOR, STEPS
    count = len(terms)
    batch = Batch(
        tasks=tasks,
        needed=np.ones(count, dtype=np.int64),
        draws=np.array(draws or [0.0] * count),
        most=np.array([b.late, b.late]),
        kept=np.zeros(KEPT) if kept is None else kept,
        epoch=epoch,
        key=b.key,
        winner=np.full(count, -1),
        price=np.zeros(count, dtype=np.int64),
        step=np.zeros(count, dtype=np.int64),
        paid=np.zeros(len(asks)),
    )
    surplus = clear_by_baseline(allocations.NAMES.index(rule), b, batch, record[0])
    won = np.bincount(batch.winner[batch.winner >= 0], tasks["difficulty"][batch.winner >= 0], len(asks))
    assert b.load.tolist() == won.tolist()
    assert (b.load <= b.late).all()
    return Cleared(batch.winner.tolist(), batch.price.tolist(), batch.step.tolist(), batch.paid.tolist(), surplus)


# Uniform price


def test_the_cheapest_win_and_all_get_the_first_losing_ask() -> None:
    found = cleared("uniform_batch", [700_000, 600_000, 900_000, 650_000], 2)
    assert sorted(found.winner) == [1, 3]
    assert found.price == [700_000] * 2
    assert found.step == [REVEALED] * 2


def test_the_cheapest_has_all_that_it_has_room_for() -> None:
    found = cleared("uniform_batch", [700_000, 600_000, 900_000], 3, rooms=[1, 2, 1])
    assert found.winner == [1, 1, 0]
    assert found.price == [900_000] * 3


def test_without_a_losing_ask_the_price_is_the_highest_of_the_class() -> None:
    assert cleared("uniform_batch", [700_000, 600_000], 2).price == [START] * 2
    assert cleared("uniform_batch", [START + 1, 600_000], 2).winner == [1, -1]


def test_no_ask_that_won_is_above_the_price() -> None:
    """The first bidder alone has room for the large task, and the cheap second could take one more small one."""
    found = cleared("uniform_batch", [900_000, 600_000], [(200, 200_000), (100, 100_000)], rooms=[2, 3], slope=0)
    assert found.price[0] >= max((900_000, 600_000)[place] for place in found.winner)


@pytest.mark.parametrize("seed", range(20))
def test_who_has_room_for_one_task_gains_nothing_by_misreporting(seed: int) -> None:
    """Catches a price that a winner's own ask sets, as paying the dearest ask that won would."""
    rng = np.random.default_rng(seed)
    grid = list(range(520_000, 1_000_001, 40_000))
    asks, lots = [int(rng.choice(grid)) for _ in range(4)], int(rng.integers(1, 5))

    def profit(reported: list[int], who: int) -> int:
        found = cleared("uniform_batch", reported, lots)
        return sum(price - asks[who] for place, price in zip(found.winner, found.price, strict=True) if place == who)

    for who in range(4):
        straight = profit(asks, who)
        assert straight >= 0
        for other in (ask + step for ask in grid for step in (-1, 0, 1)):
            assert profit([*asks[:who], other, *asks[who + 1 :]], who) <= straight


# Knapsack


def test_the_trade_that_sets_prices_is_given_up() -> None:
    """Mean rate 1,000: bids of 1.078, 0.98 and 0.882 for a unit; the dearest ask that won is 700,000."""
    lots = [(100, 110_000), (100, 100_000), (100, 90_000)]
    found = cleared("knapsack", [600_000, 650_000, 700_000, 950_000], lots)
    assert found.winner == [0, 1, -1]
    assert found.price == [636_363, 700_000, 0]
    assert found.surplus == pytest.approx(2 * (882_000 - 700_000) / 10, abs=1)


def test_who_bids_less_for_a_unit_than_anybody_asks_does_not_trade() -> None:
    found = cleared("knapsack", [990_000, 990_000], [(100, 110_000), (100, 90_000)])
    assert found.winner == [-1, -1]
    assert found.surplus == 0


def test_whose_ask_sets_the_price_gives_up_all_it_won() -> None:
    found = cleared("knapsack", [600_000, 700_000], 4, rooms=[1, 3])
    assert found.winner == [0, -1, -1, -1]
    assert found.price[0] == 700_000


@pytest.mark.parametrize("seed", range(60))
def test_sellers_never_get_more_than_buyers_pay(seed: int) -> None:
    """Budget balance, and nobody trades at a loss. Catches prices of trades that were not given up."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 7))
    lots = [(int(d), int(d * rng.uniform(700, 1_300))) for d in rng.integers(20, 200, count)]
    asks, rooms = rng.integers(500_000, 1_000_000, 5).tolist(), rng.integers(0, 4, 5).tolist()
    found = cleared("knapsack", asks, lots, rooms, slope=int(rng.integers(0, 200_000)))
    assert found.surplus >= 0
    rate = sum(reward for _, reward in lots) / sum(difficulty for difficulty, _ in lots)
    for (difficulty, reward), place, price in zip(lots, found.winner, found.price, strict=True):
        if place >= 0:
            assert price <= START
            assert math.ceil(price + 1) * reward >= asks[place] * rate * difficulty


# Clearing price


def test_all_pay_one_price_for_a_unit() -> None:
    kept = np.array([800_000.0, 0.0, 0.0, 2.0])
    lots = [(100, 110_000), (50, 45_000), (100, 95_000)]
    found = cleared("clearing_dutch", [600_000, 700_000, 790_000, 900_000], lots, kept=kept)
    assert all(0 <= place < 3 for place in found.winner)
    rate = 250_000 / 250
    assert found.price == [int(800_000 * rate * d / r) for d, r in lots]
    assert found.step == [STEPS - 1] * 3


def test_the_price_stops_falling_where_all_that_is_offered_is_taken() -> None:
    kept = np.array([650_000.0, 0.0, 0.0, 2.0])
    found = cleared("clearing_dutch", [600_000, 700_000, 750_000, 900_000], 3, kept=kept)
    assert sorted(found.winner) == [0, 1, 2]
    assert found.price == [750_000] * 3
    # from 1,300,000 down by 650,000 / 7 a step: 835,714 at the fifth, 742,857 at the sixth
    assert found.step == [6] * 3


def test_who_executes_is_drawn_from_those_who_offer() -> None:
    kept = [np.array([800_000.0, 0.0, 0.0, 2.0]) for _ in range(2)]
    asks = [600_000, 700_000, 790_000, 900_000]
    found = [
        cleared("clearing_dutch", asks, 1, draws=[draw], kept=k) for draw, k in zip((0.0, 0.99), kept, strict=True)
    ]
    assert [each.winner for each in found] == [[0], [2]]
    assert kept[0][clearing_dutch.WAVES] == 1
    assert kept[0][clearing_dutch.CONSUMED] == pytest.approx(100 / 300)


def test_the_reserve_follows_consumption_once_a_period() -> None:
    kept = np.array([600_000.0, 2 * 0.95, 2.0, 2.0])
    cleared("clearing_dutch", [600_000], 1, kept=kept, epoch=2)
    assert kept[clearing_dutch.RESERVE] == 600_000
    kept = np.array([600_000.0, 2 * 0.95, 2.0, 2.0])
    cleared("clearing_dutch", [600_000], 1, kept=kept, epoch=3)
    assert kept[clearing_dutch.RESERVE] == pytest.approx(600_000 * math.exp(2 * 0.05))
    for consumed, bound in ((-9.0, FLOOR), (9.0, START)):
        kept = np.array([600_000.0, consumed, 1.0, 2.0])
        cleared("clearing_dutch", [600_000], 1, kept=kept, epoch=3)
        assert kept[clearing_dutch.RESERVE] == bound


# Contest


def test_bids_are_those_of_the_lottery_in_equilibrium() -> None:
    """Two alike bid a quarter of the value each; of values 4, 2 and 1 the third, not above 4/3, bids nothing."""
    assert total_bid(np.array([1.0, 1.0])) == pytest.approx(0.5)
    assert total_bid(np.array([1.0, 4.0, 2.0, 0.0])) == pytest.approx(4 / 3)
    assert total_bid(np.array([3.0])) == 0
    assert total_bid(np.array([0.0, 0.0])) == 0


def test_no_bid_of_the_lottery_is_better_than_that_of_the_equilibrium() -> None:
    values = np.array([5.0, 4.0, 3.5, 0.5])
    total = total_bid(values)
    bids = np.maximum(total * (1 - total / values), 0)
    assert bids.sum() == pytest.approx(total)
    for value, bid in zip(values, bids, strict=True):
        others = total - bid
        worth = [value * b / (others + b) - b for b in (bid, *np.linspace(0, 5, 200))]
        assert worth[0] == pytest.approx(max(worth), abs=1e-3)
        assert worth[0] >= max(worth) - 1e-12


def test_a_higher_value_wins_as_often_as_its_share_of_bids() -> None:
    """Values of 400,000 and 200,000 ppm, less one: shares of two thirds and one third."""
    asks = [START + 1 - 400_000, START + 1 - 200_000]
    draws = ((np.arange(300) + 0.5) / 300).tolist()
    found = [cleared("proof_contest", asks, 1, draws=[draw]) for draw in draws]
    assert sum(each.winner == [0] for each in found) == 200
    assert {each.price[0] for each in found} == {START}
    total = 1 / (1 / 400_000 + 1 / 200_000)
    for each in found:  # all pay, whoever wins
        assert each.paid == pytest.approx([0.1 * total * 2 / 3, 0.1 * total / 3])


def test_one_alone_bids_nothing_and_wins() -> None:
    found = cleared("proof_contest", [600_000, START + 1], 1)
    assert (found.winner, found.price, found.paid) == ([0], [START], [0.0, 0.0])


# Ramp


def test_the_first_who_profits_locks_at_the_price_of_that_step() -> None:
    """From 500,000 up by 480,000 / 7 a step: 568,571, 637,142, 705,714 and so on."""
    found = cleared("boundless_ramp", [700_000, 650_000, 710_000], 1, draws=[0.99])
    assert (found.winner, found.price, found.step) == ([1], [705_714], [3])
    assert cleared("boundless_ramp", [700_000, 650_000, 710_000], 1, draws=[0.0]).winner == [0]
    assert cleared("boundless_ramp", [400_000, START], 1)[:3] == ([0], [FLOOR], [0])
    assert cleared("boundless_ramp", [START, START + 1], 1)[:3] == ([0], [START], [STEPS - 1])
    assert cleared("boundless_ramp", [START + 1], 1).winner == [-1]


# In a market


@pytest.mark.parametrize("rule", BATCHES)
def test_tokens_and_awards_add_up(rule: str) -> None:
    run = run_on(replace(SMALL, allocation=rule, waiting=True, **getattr(MODULES[rule], "TERMS", {})))
    assert run.summary["conserved"]
    tally = run.periods
    assert tally["settled"].sum() > 500
    wins = sum(int(tally[name].sum()) for name in ("sold_early", "sold_later", "sold_again"))
    assert wins > 300
    assert (run.world.market.accounts["free"] >= 0).all()
    assert (tally["surplus"] >= 0).all()
    assert (tally["surplus"].sum() > 0) == (rule in ("knapsack", "proof_contest"))
    if rule in ("uniform_batch", "knapsack", "proof_contest"):
        assert tally["steps"].sum() == REVEALED * wins


def test_what_bidders_pay_to_take_part_is_burned() -> None:
    run = run_on(replace(SMALL, allocation="proof_contest"))
    market = run.world.market
    opened = int(market.ledger[0]["accounts"]) - 2  # all but those for what is burned and the pool's
    burned = int(market.accounts[BURN_ACCOUNT]["free"]) - opened * run.parameters.entry_fee
    assert burned - int(market.ledger[0]["burned"]) == run.periods["surplus"].sum() > 0


def test_what_a_wave_clears_for_one_price_is_paid_at_one_price() -> None:
    """Of the tasks won together, by their due times, and never taken over."""
    won: dict[tuple[int, int], set[int]] = {}

    def watch(run: Run) -> None:
        tasks = run.tasks
        for task in tasks[(tasks["own"] == 0) & (tasks["executor"] > 0) & (tasks["rescued"] == 0)]:
            price = round(int(task["price"]) / int(task["reward"]) * 1_000)
            won.setdefault((int(task["class_id"]), int(task["due"])), set()).add(price)

    run_on(replace(SMALL, allocation="uniform_batch"), watch=watch)
    assert len(won) > 30
    assert all(len(prices) == 1 or max(prices) - min(prices) <= 1 for prices in won.values())


def test_what_a_rule_remembers_outlives_a_stop(tmp_path: Path) -> None:
    """Catches a reserve that begins anew when a run goes on from a checkpoint."""
    scenario = replace(SMALL, allocation="clearing_dutch", utilisation=1.0)
    whole = run_on(scenario)
    assert (whole.world.bidders.kept[1:3, clearing_dutch.RESERVE] > FLOOR).any()
    kept = tmp_path / "kept.npz"

    def stop(run: Run) -> None:
        if run.done == 8:
            run.done += 1
            checkpoint.save(run, kept)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run_on(scenario, kept_in=kept, watch=stop)
    last = run_on(scenario, kept_in=kept)
    assert last.summary["state_digest"] == whole.summary["state_digest"]
