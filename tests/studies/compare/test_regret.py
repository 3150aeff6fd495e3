"""What one deviating coprocessor gains."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ballast.sim.engines.twin import Twin
from ballast.sim.period.auctions import EARLY, SECOND_CHANCE
from ballast.sim.period.behaviour import TRAITS, slowed
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario
from ballast.studies.compare.regret import (
    GRID,
    QUANTILES,
    STRAIGHT,
    Deviation,
    DeviationJob,
    deviators,
    grid,
    largest,
    profits,
    regret,
)
from ballast.studies.intervals import Estimate

SMALL = Scenario(operators=10, coprocessors=10, periods=6, tasks_per_period=100, seed=31)


def test_who_deviates_is_cheap_middling_and_dear() -> None:
    run = Run(SMALL)
    costs = np.sort(run.people[1].traits["cost"])
    assert [int(run.people[1].traits["cost"][row]) for row in deviators(run)] == costs[[2, 4, 6]].tolist()


def test_profit_is_what_was_made_after_the_warm_up() -> None:
    longer = replace(SMALL, periods=12)
    made, even = profits(DeviationJob("ours", longer, STRAIGHT, None))
    run = run_on(longer)
    accounts = run.first_coprocessor + np.array(deviators(run))
    assert run.summary["start_up"] == 3
    after = 3 + 3  # of nine periods that are left, three tenths, rounded up
    assert made[:-1] == pytest.approx(run.history["profit"][after:, accounts].sum(axis=0).tolist())
    ring = run.first_coprocessor + run.stress.ring
    assert made[-1] == pytest.approx(run.history["profit"][after:, ring].sum(axis=0).mean())
    assert even == run.periods["auctioned_reward"][after:].sum() / 10


def test_profit_is_what_is_left_of_the_deposit_less_the_cost_of_work() -> None:
    single = replace(SMALL, periods=1)
    made, even = profits(DeviationJob("ours", single, STRAIGHT, None))
    run = run_on(single)
    for row, profit in zip(deviators(run), made[:-1], strict=True):
        account = run.first_coprocessor + row
        f, a = run.world.fortune[account], run.world.market.accounts[account]
        uptime = int(a["free"] + a["locked"]) - int(run.people[1].funds[row]) - int(f["income"] - f["slashed"])
        assert uptime >= 0
        assert profit == pytest.approx(float(f["income"] - f["slashed"] - f["spent"]) + uptime)
    assert even == run.periods["auctioned_reward"].sum() / 10


def test_a_deviation_of_nothing_gains_nothing() -> None:
    straight = profits(DeviationJob("ours", SMALL, STRAIGHT, None))
    assert all(profits(DeviationJob("ours", SMALL, Deviation("", 0.0, 0.0), q)) == straight for q in QUANTILES)


def test_who_asks_more_than_any_task_pays_makes_and_loses_nothing() -> None:
    earning = replace(SMALL, incentives=False, room_worth=False)
    straight, _ = profits(DeviationJob("ours", earning, STRAIGHT, None))
    made, _ = profits(DeviationJob("ours", earning, Deviation("", markup=3.0), QUANTILES[0]))
    assert made[0] == 0 < straight[0]


@pytest.mark.parametrize("usual", [False, True])
@pytest.mark.parametrize("name", ["incentives", "room_worth"])
def test_what_an_ask_counts_is_a_deviation_from_what_all_count(name: str, usual: bool) -> None:
    busy: dict[str, Any] = {"incentives": True, "room_worth": True, name: usual}
    scenario = replace(SMALL, periods=20, utilisation=1.2, **busy)
    straight = profits(DeviationJob("ours", scenario, STRAIGHT, None))
    (other,) = (d for d in grid(scenario) if getattr(d, name) is not None)
    assert getattr(other, name) is not usual
    assert profits(DeviationJob("ours", scenario, other, 0.5)) != straight
    assert profits(DeviationJob("ours", scenario, Deviation("", **{name: usual}), 0.5)) == straight


@pytest.mark.parametrize("waiting", [False, True])
def test_whether_one_waits_is_a_deviation_from_what_all_do(waiting: bool) -> None:
    scenario = replace(SMALL, waiting=waiting, records=0.9, utilisation=1.5, periods=12)
    names = {d.name for d in GRID} - {d.name for d in grid(scenario)}
    assert names == {"waits" if waiting else "does not wait", "counts incentives", "asks for room"}
    straight = profits(DeviationJob("ours", scenario, STRAIGHT, None))
    (other,) = (d for d in grid(scenario) if d.waits is not None)
    assert other.waits is not waiting
    assert profits(DeviationJob("ours", scenario, other, 0.5)) != straight
    assert profits(DeviationJob("ours", scenario, Deviation("", waits=waiting), 0.5)) == straight


def test_who_waits_for_the_last_call_wins_second_chances_alone() -> None:
    busy = Run(replace(SMALL, utilisation=1.5, records=0.9))  # a newcomer's record is too dear for a first auction
    waits = busy.people[1].traits
    waits["last_call"][:5] = 1
    rounds: dict[bool, list[int]] = {True: [], False: []}

    def watch(run: Run) -> None:
        sold = run.tasks[(run.tasks["round"] >= 0) & (run.tasks["rescued"] == 0)]
        for task in sold:
            rounds[bool(run.world.traits[task["executor"]]["last_call"])].append(int(task["round"]))

    busy.watch = watch
    busy.execute(Twin(busy.scenario.network()))
    assert set(rounds[True]) == {SECOND_CHANCE}
    assert set(rounds[False]) == {EARLY, SECOND_CHANCE}


def test_the_second_price_of_one_task_rewards_straight_asks() -> None:
    # With room for everything, a second-price auction is the textbook's: asking more can only lose work.
    roomy = replace(SMALL, utilisation=0.05, heavy_share=1.0, deliberate=True)
    gains = regret(roomy, 3, ("second_price",))["second_price"]
    for deviation in GRID[:5]:
        assert gains[deviation.name].mean <= 0.005, deviation
    assert set(gains) == {STRAIGHT.name, *(d.name for d in grid(roomy))}


def test_the_regret_is_the_largest_gain_on_the_grid() -> None:
    gains = {STRAIGHT.name: Estimate(9.0, 1.0), **{d.name: Estimate(-1.0, 1.0) for d in GRID}}
    gains[GRID[3].name] = Estimate(0.5, 1.0)
    assert largest(gains) == (GRID[3].name, Estimate(0.5, 1.0))


def test_a_coalition_is_the_ring_of_the_stress_and_is_no_regret() -> None:
    (coalition,) = (d for d in GRID if d.coalition)
    made, _ = profits(DeviationJob("ours", SMALL, coalition, None))
    straight, _ = profits(DeviationJob("ours", SMALL, STRAIGHT, None))
    run = run_on(replace(SMALL, stress="collusion"))
    after, ring = 3, run.first_coprocessor + run.stress.ring
    assert made[-1] == pytest.approx(run.history["profit"][after:, ring].sum(axis=0).mean())
    assert made[-1] != straight[-1]
    assert coalition not in grid(replace(SMALL, stress="outage"))
    gains = {d.name: Estimate(5.0 if d.coalition else 1.0, 1.0) for d in GRID}
    assert largest(gains)[0] != coalition.name


def test_who_declares_more_than_it_has_is_late() -> None:
    """With as much demand as there is room, work piles up on a machine that is a tenth of what it says."""
    busy = replace(SMALL, utilisation=1.0, periods=20)
    late: dict[float, list[int]] = {}
    for k in (1.0, 10.0):
        run = Run(busy)
        row = deviators(run)[0]
        run.people[1].traits["declared"][row] = k
        run.people[1].capacity[row] *= int(k)
        run.people[1].funds[row] *= int(k)
        mine = late.setdefault(k, [])
        account = run.first_coprocessor + row

        def watch(run: Run, mine: list[int] = mine, account: int = account) -> None:
            tasks = run.tasks
            mine += tasks["late"][(tasks["executor"] == account) | (tasks["culprit"] == account)].tolist()

        run.watch = watch
        run.execute(Twin(busy.network()))
    assert len(late[10.0]) > 5
    assert np.mean(late[10.0]) > np.mean(late[1.0]) + 0.1


def test_a_machine_is_slowed_down_by_what_it_cannot_hold() -> None:
    who = np.zeros(1, TRAITS)[0]
    assert [slowed(who, 100, x, 250) for x in (0, 10_000)] == [100, 100]
    who["declared"] = 3.0
    assert [slowed(who, 100, x, 250) for x in (0, 3_333, 5_000, 10_000)] == [100, 100, 150, 251]
